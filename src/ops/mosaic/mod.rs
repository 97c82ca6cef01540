//! Many rasters as one.

/// Seams that fade.
mod blend;
/// What overlapping samples come to.
mod fold;
/// [`Footprint`]: where a raster lies in another system.
mod footprint;
/// [`MosaicGrid`]: the grid of all inputs together.
mod grid;
/// The node, and which inputs a window needs.
mod node;
/// [`Order`], [`OrderBy`]: which input comes before which.
mod order;
/// What the samples of several inputs have in common.
mod promote;

use std::fmt;
use std::str::FromStr;

pub use footprint::Footprint;
pub use grid::{MosaicGrid, Pixels};
pub use node::Mosaic;
pub use order::{Order, OrderBy, OrderKey};
pub use promote::promoted;

use super::warp::WarpOptions;
use crate::raster::{DataType, NoData, Raster};
use crate::{Error, Result};

/// What becomes of samples that lie on one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// That of the first input that has one.
    First,
    /// That of the last input that has one, as in gdalwarp and gdalbuildvrt.
    #[default]
    Last,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The mean.
    Mean,
    /// The median: of an even number, the mean of the two in the middle.
    Median,
    /// The sum.
    Sum,
    /// How many there are.
    Count,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 8] = [
        Self::First,
        Self::Last,
        Self::Min,
        Self::Max,
        Self::Mean,
        Self::Median,
        Self::Sum,
        Self::Count,
    ];

    /// Returns its name at the prompt.
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::Min => "min",
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Sum => "sum",
            Self::Count => "count",
        }
    }

    /// Returns the type of its results, of samples of `dtype`: that type for those that
    /// choose; `f32` for mean and median, `f64` if `f32` has not all the samples;
    /// `f64` for sums, exact for integers up to 2^53; `u32` for counts.
    pub const fn dtype(self, dtype: DataType) -> DataType {
        match self {
            Self::First | Self::Last | Self::Min | Self::Max => dtype,
            Self::Mean | Self::Median if dtype.bytes() <= 2 => DataType::F32,
            Self::Mean | Self::Median if matches!(dtype, DataType::F32) => DataType::F32,
            Self::Mean | Self::Median | Self::Sum => DataType::F64,
            Self::Count => DataType::U32,
        }
    }

    /// Whether each result is a sample of one input.
    const fn chooses(self) -> bool {
        matches!(self, Self::First | Self::Last | Self::Min | Self::Max)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|method| method.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::usage("method").expected(format!("one of {names}")).found(text)
        })
    }
}

/// An input of a mosaic.
#[derive(Debug, Clone)]
pub struct MosaicInput {
    /// What errors call it: its path.
    pub name: String,
    /// Its pixels; [`Raster::lazy`] ones are opened when they are needed.
    pub raster: Raster,
}

/// How a mosaic is made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MosaicOptions {
    /// What becomes of samples that lie on one another.
    pub method: Method,
    /// Which pixels the mosaic has.
    pub grid: MosaicGrid,
    /// How inputs on other pixels are resampled. Its nodata value is the output's;
    /// `None` for that of the first input that has one, and NaN for means, medians
    /// and sums of inputs that have none.
    pub warp: WarpOptions,
    /// Over how many output pixels an input fades into those below it, from where its
    /// own samples end inwards; 0 for not at all. For [`Method::First`] and
    /// [`Method::Last`].
    pub blend: f64,
}

/// Returns the mosaic's nodata value.
fn nodata(inputs: &[MosaicInput], options: &MosaicOptions, dtype: DataType) -> Option<NoData> {
    if options.method == Method::Count {
        return None;
    }
    let own = || inputs.iter().find_map(|input| input.raster.info().nodata);
    let made = !options.method.chooses();
    let usual = made.then_some(NoData::Float(f64::NAN));
    options.warp.nodata.or_else(|| own().filter(|n| n.fits(dtype))).or(usual)
}
