//! What a file says of a raster besides its pixels and their place.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Point;
use crate::crs::Crs;

/// Named texts, sorted by name.
pub type Items = BTreeMap<String, String>;

/// What a file says of a raster besides its pixels and their place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// Items of the whole raster by domain; the unnamed domain is `""`. Items
    /// that stand for TIFF tags are named as GDAL names them (`TIFFTAG_SOFTWARE`).
    pub domains: BTreeMap<String, Items>,
    /// What is said of single bands, counted from 0.
    pub bands: BTreeMap<u16, BandMetadata>,
    /// Whether samples are measurements at the centres of pixels, not over
    /// their area. The raster's GeoTransform maps corners in any case.
    pub pixel_is_point: bool,
    /// Ground control points, which may stand in for a GeoTransform.
    pub gcps: Option<Gcps>,
    /// Rational polynomial coefficients, from ground to image.
    pub rpc: Option<Arc<Rpc>>,
    /// An ICC colour profile.
    pub icc: Option<Arc<[u8]>>,
    /// An XMP packet.
    pub xmp: Option<Arc<str>>,
    /// What a camera said of the picture (EXIF and GPS), as a TIFF stream of its own: a directory
    /// with the tags 34665 and 34853. What it says of sizes is of the picture that was taken.
    pub exif: Option<Arc<[u8]>>,
    /// The CRS as a file beside the raster words it, if swath does not
    /// understand that; the grid then has none.
    pub crs_text: Option<Arc<str>>,
}

/// What a file says of one band.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BandMetadata {
    /// A name.
    pub description: Option<String>,
    /// What a sample is multiplied by to be a value in `unit`; 1 if unset.
    pub scale: Option<f64>,
    /// What is added to that; 0 if unset.
    pub offset: Option<f64>,
    /// The unit of values, as the file words it.
    pub unit: Option<String>,
    /// What the band means as a colour, where the image's kind says otherwise.
    pub color: Option<ColorInterpretation>,
    /// Items by domain.
    pub domains: BTreeMap<String, Items>,
}

/// Ground control points.
#[derive(Debug, Clone, PartialEq)]
pub struct Gcps {
    /// The CRS of `x` and `y`.
    pub crs: Option<Crs>,
    /// The points.
    pub points: Arc<[Gcp]>,
}

/// A pixel position whose place is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gcp {
    /// Columns and rows from the raster's top left corner.
    pub pixel: Point,
    /// East first.
    pub ground: Point,
    /// The height, mostly 0.
    pub z: f64,
}

/// Rational polynomial coefficients (RPC00B), as in tag 50844: from longitude
/// and latitude in degrees and height in metres to line and sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Rpc {
    /// The 92 numbers in the tag's order.
    pub values: [f64; 92],
}

impl Rpc {
    /// The names of the first twelve numbers, as GDAL has them.
    pub const SINGLE: [&str; 12] = [
        "ERR_BIAS",
        "ERR_RAND",
        "LINE_OFF",
        "SAMP_OFF",
        "LAT_OFF",
        "LONG_OFF",
        "HEIGHT_OFF",
        "LINE_SCALE",
        "SAMP_SCALE",
        "LAT_SCALE",
        "LONG_SCALE",
        "HEIGHT_SCALE",
    ];
    /// The names of the four groups of 20 numbers after them.
    pub const POLYNOMIALS: [&str; 4] =
        ["LINE_NUM_COEFF", "LINE_DEN_COEFF", "SAMP_NUM_COEFF", "SAMP_DEN_COEFF"];

    /// Returns the numbers by name: one, or the 20 of a polynomial.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &[f64])> {
        let (single, polynomials) = self.values.split_at(Self::SINGLE.len());
        let single = Self::SINGLE.into_iter().zip(single.chunks(1));
        single.chain(Self::POLYNOMIALS.into_iter().zip(polynomials.chunks(20)))
    }
}

macro_rules! color_interpretation {
    ($($variant:ident, $name:literal;)*) => {
        /// What a band means as a colour, as GDAL has it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[non_exhaustive]
        pub enum ColorInterpretation {
            $(
                #[doc = concat!("GDAL's `", $name, "`.")]
                $variant,
            )*
            /// Nothing that is known.
            #[default]
            Undefined,
        }

        impl ColorInterpretation {
            /// Returns GDAL's name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Undefined => "Undefined",
                }
            }

            /// Finds what GDAL's name stands for, in any case.
            pub fn parse(name: &str) -> Option<Self> {
                [$(Self::$variant,)* Self::Undefined]
                    .into_iter()
                    .find(|color| color.name().eq_ignore_ascii_case(name.trim()))
            }
        }
    };
}

color_interpretation! {
    Gray, "Gray";
    Palette, "Palette";
    Red, "Red";
    Green, "Green";
    Blue, "Blue";
    Alpha, "Alpha";
    Hue, "Hue";
    Saturation, "Saturation";
    Lightness, "Lightness";
    Cyan, "Cyan";
    Magenta, "Magenta";
    Yellow, "Yellow";
    Black, "Black";
    Luma, "YCbCr_Y";
    ChromaBlue, "YCbCr_Cb";
    ChromaRed, "YCbCr_Cr";
    Pan, "Pan";
    Coastal, "Coastal";
    RedEdge, "RedEdge";
    NearInfrared, "NIR";
    ShortWaveInfrared, "SWIR";
    MidWaveInfrared, "MWIR";
    LongWaveInfrared, "LWIR";
    ThermalInfrared, "TIR";
    OtherInfrared, "OtherIR";
    SarKa, "SAR_Ka";
    SarK, "SAR_K";
    SarKu, "SAR_Ku";
    SarX, "SAR_X";
    SarC, "SAR_C";
    SarS, "SAR_S";
    SarL, "SAR_L";
    SarP, "SAR_P";
}

/// What decides which samples of a band are valid, as GDAL's mask flags say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Validity {
    /// Nothing: all are.
    All,
    /// A value that stands for "no value".
    NoData,
    /// A mask that all bands share.
    Mask,
    /// A mask of the band's own.
    BandMask,
    /// The opacity band. Samples under it are read as valid: it is for the
    /// reader to blend.
    Alpha,
}
