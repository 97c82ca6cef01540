//! Which of a source's images a warp reads.

use super::suggest::Suggestion;
use crate::crs::TransformOptions;
use crate::kernel::Resampling;
use crate::raster::{Grid, Info, Masked, Raster};
use crate::{Error, Result};

/// Which of a source's overviews a warp reads, as gdalwarp's `-ovr` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SourceOverview {
    /// The coarsest that is still finer than the output, or as fine; the image
    /// itself for `sum` and `area`, whose totals an overview may not have.
    #[default]
    Auto,
    /// The image itself.
    None,
    /// The one of this number, counted from 0, the largest.
    Level(usize),
}

impl SourceOverview {
    /// Returns the image to read for an output grid, and the number of the overview that it is.
    pub(super) fn choose(
        self,
        input: &Raster,
        to: &Grid,
        resampling: Resampling,
        how: &TransformOptions,
    ) -> Result<(Raster, Option<usize>)> {
        let own = input.info();
        let ratio = match self {
            Self::Auto if resampling.is_exact_cover() => 1.0,
            Self::Auto => ratio(&own.grid, to, how),
            Self::None | Self::Level(_) => 1.0,
        };
        // A file may have to be opened to see what overviews it has.
        let mut overviews = match self {
            Self::Auto if !is_coarser(ratio) => Vec::new(),
            Self::None => Vec::new(),
            Self::Auto | Self::Level(_) => input.overviews(),
        };
        let level = match self {
            Self::None => None,
            Self::Level(level) if level >= overviews.len() => {
                return Err(Error::usage("overview of the source")
                    .expected(format!("a number below {}", overviews.len()))
                    .found(level));
            }
            Self::Level(level) => Some(level),
            Self::Auto => {
                let width = |grid: &Grid| f64::from(grid.size.width);
                let factors = overviews.iter().map(|o| width(&own.grid) / width(&o.info().grid));
                level(ratio, &factors.collect::<Vec<_>>())
            }
        };
        let alike = |raster: &Raster| {
            let info = raster.info();
            let is_masked = |info: &Info| info.masked != Masked::No;
            (info.bands, info.dtype, is_masked(info)) == (own.bands, own.dtype, is_masked(own))
        };
        Ok(level
            .map(|level| (overviews.swap_remove(level), Some(level)))
            .filter(|(overview, _)| alike(overview))
            .unwrap_or_else(|| (input.clone(), None)))
    }
}

/// Returns how many source pixels an output pixel is long, by the diagonal; 1 if
/// the source has no extent in the output's system.
fn ratio(from: &Grid, to: &Grid, how: &TransformOptions) -> f64 {
    let pixel = match &to.crs {
        Some(crs) => Suggestion::new(from, crs, how).map(|s| s.resolution).ok(),
        None => Some(super::Resolution {
            x: from.transform.pixel_width.hypot(from.transform.column_rotation),
            y: from.transform.row_rotation.hypot(from.transform.pixel_height),
        }),
    };
    let Some(pixel) = pixel else { return 1.0 };
    let x = to.transform.pixel_width.hypot(to.transform.column_rotation);
    let y = to.transform.row_rotation.hypot(to.transform.pixel_height);
    let (w, h) = (f64::from(from.size.width), f64::from(from.size.height));
    w.hypot(h) / (w * pixel.x / x).hypot(h * pixel.y / y)
}

/// Whether an output is so much coarser than the image that overviews come into question.
fn is_coarser(ratio: f64) -> bool {
    ratio > 1.0 && ratio - 1.0 >= 0.1
}

/// Chooses among overviews by how much coarser they are than the image: GDAL's
/// rule (gdalwarp_lib.cpp), which takes one that is coarser by up to a tenth.
fn level(ratio: f64, factors: &[f64]) -> Option<usize> {
    if !is_coarser(ratio) {
        return None;
    }
    let mut chosen = None;
    for (next, &factor) in factors.iter().enumerate() {
        let own = chosen.map_or(1.0, |level: usize| factors[level]);
        if (own < ratio && factor > ratio) || (own - ratio).abs() < 0.1 {
            break;
        }
        chosen = Some(next);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarsest_that_is_still_finer() {
        let factors = [2.0, 4.0, 8.0];
        for (ratio, wanted) in [
            (0.5, None),
            (1.0, None),
            (1.05, None),
            (1.9, None),
            (1.95, None),
            (2.0, Some(0)),
            (2.05, Some(0)),
            (3.9, Some(0)),
            (4.0, Some(1)),
            (7.5, Some(1)),
            (8.0, Some(2)),
            (100.0, Some(2)),
        ] {
            assert_eq!(level(ratio, &factors), wanted, "{ratio}");
        }
        assert_eq!(level(50.0, &[]), None);
    }
}
