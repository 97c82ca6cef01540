//! What can make pixels on demand.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::{
    Buffer, CancelFlag, ChunkCache, ChunkKey, ColorInterpretation, Context, DataType, Grid,
    Metadata, NoData, Pool, Size, Validity, Window,
};
use crate::error::{Error, Result};

/// What the bands of a raster mean as colours.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Colors {
    /// Nothing: each band is a quantity, or a grey that grows brighter.
    Gray,
    /// A grey that grows darker.
    WhiteIsZero,
    /// The first three bands are red, green and blue.
    Rgb,
    /// The one band holds indices into a table: all reds, then all greens,
    /// then all blues, each 0 to 65535.
    Palette(Arc<[u16]>),
    /// The first four bands are cyan, magenta, yellow and black.
    Cmyk,
    /// Something else that the type names no colours for, such as CIE L*a*b*:
    /// the samples are as stored. The number is that of TIFF's photometric
    /// interpretation.
    Other(u16),
}

impl Colors {
    /// Returns a word for them; `other` for those that need more than a word.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Gray => "gray",
            Self::Rgb => "rgb",
            Self::Cmyk => "cmyk",
            Self::WhiteIsZero => "whiteiszero",
            Self::Palette(_) | Self::Other(_) => "other",
        }
    }
}

/// What an opacity band has done to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alpha {
    /// Nothing.
    Straight,
    /// Multiplied them.
    Premultiplied,
}

/// Whether a mask, stored beside the samples, says which of them are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Masked {
    /// There is none.
    #[default]
    No,
    /// One that all bands share.
    Shared,
    /// One for each band.
    EachBand,
}

/// What a raster is, before any pixel is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// Where the pixels lie.
    pub grid: Grid,
    /// The number of bands, at least 1.
    pub bands: u16,
    /// The type of every sample.
    pub dtype: DataType,
    /// The value that stands for "no value", in every band.
    pub nodata: Option<NoData>,
    /// What the bands mean as colours.
    pub colors: Colors,
    /// What the last band means, if it is opacity.
    pub alpha: Option<Alpha>,
    /// Whether a mask makes samples invalid; the nodata value then does not.
    pub masked: Masked,
    /// What else is known.
    pub metadata: Arc<Metadata>,
    /// The size of the chunks that the source reads at once: windows aligned
    /// to it cost least.
    pub chunk: Size,
}

impl Info {
    /// Makes what a plain raster is: grey bands of which nothing else is known,
    /// read as one chunk.
    pub fn new(grid: Grid, bands: u16, dtype: DataType) -> Self {
        Self {
            chunk: grid.size,
            grid,
            bands,
            dtype,
            nodata: None,
            colors: Colors::Gray,
            alpha: None,
            masked: Masked::No,
            metadata: Arc::default(),
        }
    }

    /// Returns what a band (from 0) means as a colour: what is said of the band
    /// itself, else what the image's colours and opacity say.
    pub fn color(&self, band: u16) -> ColorInterpretation {
        let said = self.metadata.bands.get(&band).and_then(|b| b.color);
        said.unwrap_or_else(|| self.usual_color(band))
    }

    /// Returns what a band (from 0) means by the image's colours and opacity alone.
    pub(crate) fn usual_color(&self, band: u16) -> ColorInterpretation {
        use ColorInterpretation as Color;
        if self.alpha.is_some() && band + 1 == self.bands {
            return Color::Alpha;
        }
        let colors: &[Color] = match &self.colors {
            Colors::Gray => &[Color::Gray],
            Colors::Rgb => &[Color::Red, Color::Green, Color::Blue],
            Colors::Palette(_) => &[Color::Palette],
            Colors::Cmyk => &[Color::Cyan, Color::Magenta, Color::Yellow, Color::Black],
            // GDAL makes a palette of a grey that grows darker, unless it were large.
            Colors::WhiteIsZero if self.dtype.bytes() <= 2 => &[Color::Palette],
            Colors::WhiteIsZero | Colors::Other(_) => &[],
        };
        colors.get(usize::from(band)).copied().unwrap_or_default()
    }

    /// Refuses a band (from 0) that is not there, and samples that are complex: `what` is made
    /// of real ones.
    pub(crate) fn check_real_band(&self, band: u16, what: &str) -> Result<()> {
        if band >= self.bands {
            return Err(Error::usage("band")
                .expected(format!("1 to {}", self.bands))
                .found(u32::from(band) + 1));
        }
        if self.dtype.is_complex() {
            return Err(Error::unsupported(format!("{what} complex samples")).found(self.dtype));
        }
        Ok(())
    }

    /// Returns what decides which samples of a band (from 0) are valid, by
    /// GDAL's order: a mask, the nodata value, then opacity, which GDAL heeds
    /// only beside 1 or 3 bands of 8 or 16 bits.
    pub fn validity(&self, band: u16) -> Validity {
        let opacity = self.alpha.is_some()
            && matches!(self.bands, 2 | 4)
            && matches!(self.dtype, DataType::U8 | DataType::U16);
        if self.masked != Masked::No {
            if self.masked == Masked::Shared { Validity::Mask } else { Validity::BandMask }
        } else if self.nodata.is_some() && !self.dtype.is_complex() {
            Validity::NoData
        } else if opacity && band + 1 < self.bands {
            Validity::Alpha
        } else {
            Validity::All
        }
    }
}

/// What holds the samples of a raster as they are, and which bands of it they are.
#[derive(Debug)]
pub struct Origin<'a> {
    /// Something that whoever knows its type can take encoded samples out of.
    pub store: &'a (dyn Any + Send + Sync),
    /// The store's band (from 0) for each band of the raster.
    pub bands: Vec<u16>,
}

/// A stored chunk that a read needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Its name.
    pub key: ChunkKey,
    /// Its length as it is stored; 0 if the file leaves it out.
    pub stored_bytes: u64,
    /// The length of its samples.
    pub decoded_bytes: u64,
}

/// Who is told what a read needs.
pub trait Tell {
    /// Takes note of a chunk; returns whether it wants to hear of more.
    fn tell(&mut self, need: Need) -> bool;

    /// Whether files are opened and read to find out. What is not known without is left
    /// out otherwise, lengths as they are stored among it.
    fn may_read(&self) -> bool;
}

/// To plan a run it may be worth it to open all files.
impl<F: FnMut(Need)> Tell for F {
    fn tell(&mut self, need: Need) -> bool {
        self(need);
        true
    }

    fn may_read(&self) -> bool {
        true
    }
}

/// A raster that can make any window of itself, on any thread, at any time.
pub trait Source: Send + Sync + fmt::Debug {
    /// Returns what the raster is.
    fn info(&self) -> &Info;

    /// Fills all of `out`, which has the raster's bands and type. Pixels
    /// beyond the raster's edge become invalid.
    ///
    /// # Errors
    /// Whatever keeps the pixels from being made; `out` then holds anything.
    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()>;

    /// Returns the peak bytes that `read` of `window` holds besides `out`, its
    /// inputs' reads included and cached chunks not.
    fn footprint(&self, window: Window) -> u64;

    /// Tells of every stored chunk that `read` of `window` takes samples from, as often as it asks
    /// for it; what cannot be found out is left out. For plans, and to know how long chunks are
    /// kept: what is told changes no pixel.
    fn needs(&self, _window: Window, _tell: &mut dyn Tell) {}

    /// Returns a raster of these bands alone (from 0, ascending, each once) on the same grid and of
    /// the same type, which takes less to read than all of them; `None` if there is none. What else
    /// that says of itself does not count.
    fn only_bands(&self, _bands: &[u16]) -> Option<Raster> {
        None
    }

    /// Returns the stored overviews, largest first, each a whole raster.
    fn overviews(&self) -> Vec<Raster> {
        Vec::new()
    }

    /// Returns what holds these very samples on this very grid; `None` if they are made.
    fn origin(&self) -> Option<Origin<'_>> {
        None
    }
}

/// A raster: lazy, immutable, cheap to clone.
#[derive(Debug, Clone)]
pub struct Raster(Arc<dyn Source>);

impl Raster {
    /// Makes a raster of anything that can make pixels.
    pub fn new(source: impl Source + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// Returns what the raster is.
    pub fn info(&self) -> &Info {
        self.0.info()
    }

    /// Returns what makes the pixels.
    pub fn source(&self) -> &dyn Source {
        &*self.0
    }

    /// Returns the stored overviews, largest first.
    pub fn overviews(&self) -> Vec<Self> {
        self.0.overviews()
    }

    /// Reads one window on the calling thread. For a whole raster an engine is
    /// faster and bounds memory; here a chunk read by two calls is decoded twice.
    ///
    /// # Errors
    /// Whatever keeps the pixels from being made.
    pub fn read(&self, window: Window) -> Result<Buffer> {
        let cx = Context {
            pool: &Pool::new(0),
            cache: &ChunkCache::new(64 << 20),
            cancel: &CancelFlag::new(),
            once: true,
            trial: false,
        };
        cx.read_tile(self, window)
    }
}
