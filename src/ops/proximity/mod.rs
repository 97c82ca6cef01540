//! The verb [`Raster::proximity`](crate::Raster::proximity): how far the nearest of some pixels is.

/// Where targets are, in blocks.
mod index;
/// The nodes.
mod node;
/// What distances are to.
mod targets;

use std::sync::Arc;

use self::index::Index;
use self::node::{Anywhere, Near};
use self::targets::Targets;
use crate::engine::{Engine, Observer};
use crate::kernel::{Classes, Interval, Metric};
use crate::ops::reclassify::Rules;
use crate::raster::{DataType, Info, Metadata, NoData, Raster};
use crate::{Error, Result};

/// What distances are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DistanceUnit {
    /// Pixels.
    #[default]
    Pixel,
    /// Units of the grid, such as metres; of degrees, degrees.
    Grid,
}

/// How distances are found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProximityOptions {
    /// The values of targets; `None` for all but 0.
    pub targets: Option<Vec<Interval>>,
    /// The furthest distance, in `unit`; what is further away is missing. `None` for any.
    pub furthest: Option<f64>,
    /// What distances are measured in.
    pub unit: DistanceUnit,
    /// Whether pixels that are missing themselves have no distance.
    pub keep_missing: bool,
}

/// Reads the values of targets: values and intervals as in [`Rules::parse`], without new
/// ones.
///
/// # Errors
/// [`Error::Usage`] with a caret where one breaks that form.
pub fn parse_targets<S: AsRef<str>>(targets: &[S]) -> Result<Vec<Interval>> {
    Rules::parse_intervals(targets)
}

impl Raster {
    /// Returns the distance from the centre of each pixel to that of the nearest target, a
    /// pixel of a band (from 0) with one of some values: `f32`, 0 for targets themselves, -1
    /// (nodata) where there is none. Missing pixels are no targets.
    ///
    /// Distances are exact but for the last rounding, where gdal_proximity's are
    /// approximate: in squares of whole numbers of pixels; of pixels that are not square the
    /// ratio of the sides is rounded to 2^-26. With a furthest distance a tile is made of the
    /// samples as far around it; without one a first pass through `engine` notes where
    /// targets are, in blocks of 64 x 64 pixels with four bytes each, and a tile reads the
    /// blocks that may hold its nearest ones.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is no such band, the furthest distance is not positive, or
    /// two targets share a value; [`Error::Unsupported`] if samples are complex, or units of
    /// a grid are asked for that is turned or whose pixels are over 16 times as long as
    /// wide; [`Error::Limit`] if the blocks take more than a quarter of the engine's memory;
    /// without a furthest distance whatever keeps a pixel from being made.
    pub fn proximity(
        &self,
        band: u16,
        how: &ProximityOptions,
        engine: &Engine,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let from = self.info();
        from.check_real_band(band, "targets of")?;
        let zero = Some((NoData::Integer(0), false));
        let all_but_zero =
            || vec![Interval { from: None, to: zero }, Interval { from: zero, to: None }];
        let intervals = how.targets.clone().unwrap_or_else(all_but_zero);
        let classes = Classes::new(from.dtype, &intervals).map_err(|(a, b)| {
            Error::usage("targets").expected("each value once").found(format!(
                "the {}. and the {}. share one",
                a + 1,
                b + 1
            ))
        })?;
        let (metric, unit) = scale(from, how.unit)?;
        let metadata =
            Metadata { pixel_is_point: from.metadata.pixel_is_point, ..Metadata::default() };
        let info = Info {
            nodata: Some(NoData::Integer(-1)),
            chunk: from.chunk,
            metadata: Arc::new(metadata),
            ..Info::new(from.grid.clone(), 1, DataType::F32)
        };
        let targets =
            Targets { input: self.select_bands(&[band])?, classes, keep_missing: how.keep_missing };
        let Some(furthest) = how.furthest else {
            let index = Index::of(&targets, engine, observer)?;
            return Ok(Self::new(Anywhere { targets, info, index, metric, unit }));
        };
        if !(furthest > 0.0 && furthest.is_finite()) {
            return Err(Error::usage("furthest distance")
                .expected("a positive number")
                .found(furthest));
        }
        // Pixels beside, no more than the raster has.
        let size = from.grid.size;
        let beside = |side: f64, all: u32| (furthest / side).min(f64::from(all)) as u32;
        let height = unit * metric.height() / metric.width();
        let columns = beside(unit, size.width);
        let rows = beside(height, size.height);
        Ok(Self::new(Near { targets, info, metric, unit, furthest, columns, rows }))
    }
}

/// The metric, and the width of a pixel in the unit asked for.
fn scale(info: &Info, unit: DistanceUnit) -> Result<(Metric, f64)> {
    if unit == DistanceUnit::Pixel {
        return Ok((Metric::SQUARE, 1.0));
    }
    let transform = info.grid.transform;
    if !transform.is_unrotated() {
        return Err(Error::unsupported("distances in units of a grid that is turned")
            .hint("ask for pixels, or warp it to a grid with north up first"));
    }
    let (width, height) = (transform.pixel_width.abs(), transform.pixel_height.abs());
    let ratio = height / width;
    if !(1.0 / 16.0..=16.0).contains(&ratio) {
        return Err(Error::unsupported("distances in units of a grid of such pixels")
            .expected("sides that differ by up to 16 times")
            .found(format!("{width} x {height}")));
    }
    Ok((Metric::of_ratio(ratio), width))
}
