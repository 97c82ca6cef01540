//! Statistics of the image's samples, made in the same pass.

use std::sync::{Mutex, PoisonError};

use super::super::metadata::significant;
use super::plan::Plan;
use crate::kernel::Statistics;
use crate::raster::{Buffer, Metadata, dispatch};

/// Statistics of every band, gathered by all workers.
///
/// Sums are exact, so what they come to does not depend on who adds what.
#[derive(Debug)]
pub(super) struct Gathered {
    spare: Mutex<Vec<Vec<Statistics>>>,
}

impl Gathered {
    pub(super) fn new() -> Self {
        Self { spare: Mutex::default() }
    }

    /// Adds the samples of a tile.
    pub(super) fn add(&self, plan: &Plan, pixels: &Buffer) {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut bands =
            spare.unwrap_or_else(|| (0..plan.bands).map(|_| Statistics::new(plan.dtype)).collect());
        dispatch!(plan.dtype, T => {
            for (statistics, band) in bands.iter_mut().zip(0..) {
                statistics.add(pixels.plane::<T>(band), pixels.valid(band));
            }
        });
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(bands);
    }

    /// Says what they come to by the names that GDAL has; bands without a valid
    /// sample have none.
    pub(super) fn describe(&self, metadata: &mut Metadata) {
        let mut all = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut bands) = all.pop() else { return };
        for more in all.drain(..) {
            bands.iter_mut().zip(&more).for_each(|(own, more)| own.merge(more));
        }
        for (statistics, band) in bands.iter().zip(0..) {
            let Some(summary) = statistics.summary() else { continue };
            let valid = 100.0 * summary.valid as f64 / statistics.samples() as f64;
            let band = metadata.bands.entry(band).or_default();
            let items = band.domains.entry(String::new()).or_default();
            for (name, value, digits) in [
                ("STATISTICS_MINIMUM", summary.min, 14),
                ("STATISTICS_MAXIMUM", summary.max, 14),
                ("STATISTICS_MEAN", summary.mean, 14),
                ("STATISTICS_STDDEV", summary.std, 14),
                ("STATISTICS_VALID_PERCENT", valid, 4),
            ] {
                items.insert(name.into(), significant(value, digits));
            }
        }
    }
}
