//! Overviews: rasters smaller by a whole factor.
//!
//! With a factor of f, pixel (i, j) of an overview stands for its *block*, the
//! pixels (f i ..= f i + f - 1, f j ..= f j + f - 1) above it, or what there is
//! of them at the right and bottom edge. Whatever the method, it is invalid if
//! no sample of its block is valid: gaps neither grow nor, where they are
//! larger than a block, shrink.

/// Means of blocks.
mod average;
/// Blocks' most frequent values, and their root mean squares.
mod block;
/// Sums with weights that reach beyond the block.
mod weighted;

use crate::error::Error;
use crate::raster::{Buffer, Sample, Size, dispatch};
use weighted::Weights;

/// How the pixels of an overview are made of those of the level above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OverviewResampling {
    /// The top left one of the block, valid or not.
    Nearest,
    /// The mean of the block's valid ones; integers round half away from 0, as in GDAL.
    Average,
    /// Weights that fall linearly to 0 over two blocks' width.
    Bilinear,
    /// Catmull-Rom's cubic (a = -0.5) over four blocks.
    Cubic,
    /// Lanczos' kernel of radius 3 over six blocks.
    Lanczos,
    /// The most frequent of the block's valid ones; of several the one that,
    /// row by row, is the first to have been met so often.
    Mode,
    /// The root of the mean square of the block's valid ones.
    Rms,
    /// A binomial kernel of 3 (up to a factor of 2), 5 (up to 4) or 7 pixels.
    Gauss,
}

impl OverviewResampling {
    /// Every method.
    pub const ALL: [Self; 8] = [
        Self::Nearest,
        Self::Average,
        Self::Bilinear,
        Self::Cubic,
        Self::Lanczos,
        Self::Mode,
        Self::Rms,
        Self::Gauss,
    ];

    /// Returns the name at the prompt, which is GDAL's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Average => "average",
            Self::Bilinear => "bilinear",
            Self::Cubic => "cubic",
            Self::Lanczos => "lanczos",
            Self::Mode => "mode",
            Self::Rms => "rms",
            Self::Gauss => "gauss",
        }
    }
}

impl std::str::FromStr for OverviewResampling {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|method| method.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            Error::usage("resampling of overviews").expected(names.join(", ")).found(name)
        })
    }
}

/// A way to make rasters smaller: a method and a factor.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduction {
    factor: u32,
    how: How,
}

#[derive(Debug, Clone, PartialEq)]
enum How {
    Nearest,
    Average,
    Mode,
    Rms,
    Weighted(Weights),
}

impl Reduction {
    /// Plans to make rasters smaller by `factor`, 1 to 4096 (others are taken for
    /// the nearest of these).
    pub fn new(method: OverviewResampling, factor: u32) -> Self {
        let factor = factor.clamp(1, 4096);
        let how = match method {
            OverviewResampling::Nearest => How::Nearest,
            OverviewResampling::Average => How::Average,
            OverviewResampling::Mode => How::Mode,
            OverviewResampling::Rms => How::Rms,
            OverviewResampling::Bilinear => How::Weighted(Weights::bilinear(factor)),
            OverviewResampling::Cubic => How::Weighted(Weights::cubic(factor)),
            OverviewResampling::Lanczos => How::Weighted(Weights::lanczos(factor)),
            OverviewResampling::Gauss => How::Weighted(Weights::gauss(factor)),
        };
        Self { factor, how }
    }

    /// Returns the factor.
    pub fn factor(&self) -> u32 {
        self.factor
    }

    /// Returns how many pixels beyond its block, on each side, a pixel is made of.
    pub fn halo(&self) -> u32 {
        match &self.how {
            How::Weighted(weights) => weights.halo(),
            _ => 0,
        }
    }

    /// Fills band `out_band` of `out` with pixels made of band `band` of
    /// `source` (bands from 0), a part of a raster of `whole` pixels. Positions
    /// are absolute: pixel (i, j) of `out` is made of its block in `source` and
    /// of the [halo](Self::halo) around it, as far as the raster has them;
    /// `source` has to hold them. What it gives depends on those samples alone.
    ///
    /// Complex samples are averaged and copied; the other methods look at their
    /// real part only, and are not meant for them.
    ///
    /// # Panics
    /// If the buffers' types differ, there is no such band, or `source` does
    /// not hold what is needed.
    pub fn fill(&self, band: u16, source: &Buffer, whole: Size, out_band: u16, out: &mut Buffer) {
        assert_eq!(source.dtype(), out.dtype(), "one type");
        if out.window().is_empty() {
            return;
        }
        let dtype = source.dtype();
        match &self.how {
            How::Nearest => dispatch!(dtype, T => {
                block::nearest::<T>(self.factor, band, source, out_band, out);
            }),
            How::Average if self.factor == 2 => dispatch!(dtype, T => {
                average::halve::<T>(band, source, whole, out_band, out);
            }),
            How::Average => dispatch!(dtype, T => {
                block::fill(self.factor, band, source, whole, out_band, out, average::mean::<T>);
            }),
            How::Mode => dispatch!(dtype, T => {
                block::fill(self.factor, band, source, whole, out_band, out, block::mode::<T>);
            }),
            How::Rms => dispatch!(dtype, T => {
                block::fill(self.factor, band, source, whole, out_band, out, block::rms::<T>);
            }),
            How::Weighted(weights) => weights.fill(band, source, whole, out_band, out),
        }
    }
}

/// Converts a sum to a sample; integers round half away from 0, as GDAL has it.
fn rounded<T: Sample>(value: f64) -> T {
    T::from_f64(if T::DTYPE.is_float() {
        value
    } else {
        (value.abs() + 0.5).floor().copysign(value)
    })
}

#[cfg(test)]
mod tests;
