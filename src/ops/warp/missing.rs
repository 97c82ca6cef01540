//! Which samples of a source count as missing.

use std::ops::Range;

use crate::kernel::Segment;
use crate::ops::nodata::fill_missing;
use crate::raster::{Buffer, Info, dispatch};

/// Which bands decide that a pixel of the source is missing, as gdalwarp's
/// `UNIFIED_SRC_NODATA` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unified {
    /// Each band for itself, and a pixel whose centre lies on a source pixel that
    /// is missing in all of them is missing: what gdalwarp does by default.
    #[default]
    Mixed,
    /// Each band for itself.
    No,
    /// A source pixel is missing where all bands are; where only some are, the
    /// nodata value counts as a value.
    Yes,
    /// A source pixel is missing where any band is.
    Partial,
}

impl Unified {
    /// Makes validity that of all bands together, where this asks for it.
    pub(super) fn unify(self, info: &Info, source: &mut Buffer) {
        if matches!(self, Self::Mixed | Self::No) {
            return;
        }
        let bands = source.bands();
        let Some(first) = source.valid(0) else { return };
        let mut all = first.to_vec();
        for band in 1..bands {
            for (all, valid) in all.iter_mut().zip(source.valid(band).unwrap_or_default()) {
                *all = if self == Self::Yes { *all | valid } else { *all & valid };
            }
        }
        if self == Self::Yes {
            dispatch!(source.dtype(), T => fill_missing::<T>(info.nodata, source));
        }
        for band in 0..bands {
            source.valid_mut(band).into_iter().for_each(|valid| valid.copy_from_slice(&all));
        }
    }

    /// Makes the pixels of a run invalid whose positions lie on samples that are
    /// missing in all bands, or in their own; returns whether there are none.
    pub(super) fn keep_gaps(
        self,
        segment: &Segment,
        source: &Buffer,
        run: Range<usize>,
        out: &mut Buffer,
    ) -> bool {
        let mut seen = [0; Segment::MAX];
        let seen = &mut seen[..run.len()];
        if self == Self::No {
            let mut none = true;
            for band in 0..source.bands() {
                let Some(valid) = source.valid(band) else { return none };
                seen.fill(0);
                segment.see(valid, seen);
                none &= clear(out, band, run.clone(), seen);
            }
            return none;
        }
        for band in 0..source.bands() {
            match source.valid(band) {
                Some(valid) => segment.see(valid, seen),
                None => return true,
            }
        }
        (0..out.bands()).fold(true, |none, band| none & clear(out, band, run.clone(), seen))
    }
}

/// Makes the pixels of a run invalid that are not seen; returns whether there are none.
fn clear(out: &mut Buffer, band: u16, run: Range<usize>, seen: &[u8]) -> bool {
    if seen.iter().fold(255, |all, &s| all & s) == 255 {
        return true;
    }
    dispatch!(out.dtype(), T => {
        if let (plane, Some(valid)) = out.plane_and_valid_mut::<T>(band) {
            let pixels = plane[run.clone()].iter_mut().zip(&mut valid[run]);
            for ((sample, valid), _) in pixels.zip(seen).filter(|(_, seen)| **seen == 0) {
                *sample = bytemuck::Zeroable::zeroed();
                *valid = 0;
            }
        }
    });
    false
}
