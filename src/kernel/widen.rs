//! Samples of any type as numbers to calculate with.

use crate::raster::{Buffer, dispatch};

/// Fills `out` with the samples of a band (from 0) of one row, from a column on;
/// missing ones become NaN. Positions are absolute; 64-bit integers beyond 2^53
/// round; of complex samples the real parts are taken.
///
/// # Panics
/// If `source` does not hold that row, or so many samples of it.
pub fn widen(source: &Buffer, band: u16, col: i64, row: i64, out: &mut [f64]) {
    let window = source.window();
    let start = (row - window.row) as usize * window.width as usize + (col - window.col) as usize;
    let run = start..start + out.len();
    dispatch!(source.dtype(), T => {
        for (out, sample) in out.iter_mut().zip(&source.plane::<T>(band)[run.clone()]) {
            *out = crate::raster::Sample::to_f64(*sample);
        }
    });
    if let Some(valid) = source.valid(band) {
        for (out, &valid) in out.iter_mut().zip(&valid[run]) {
            *out = if valid == 0 { f64::NAN } else { *out };
        }
    }
}
