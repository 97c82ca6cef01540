//! Samples of any type as numbers to calculate with, and back.

use multiversion::multiversion;

use crate::raster::{Buffer, Sample, dispatch};

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
        to_numbers(&source.plane::<T>(band)[run.clone()], out);
    });
    if let Some(valid) = source.valid(band) {
        for (out, &valid) in out.iter_mut().zip(&valid[run]) {
            *out = if valid == 0 { f64::NAN } else { *out };
        }
    }
}

/// Stores values as samples of a band (from 0), from the one at `start` on; NaN is
/// missing. Integers round half to even and saturate.
///
/// # Panics
/// If `out` ends before the last of them.
pub fn narrow(values: &[f64], band: u16, start: usize, out: &mut Buffer) {
    if values.iter().fold(false, |any, v| any | v.is_nan()) {
        out.add_mask();
    }
    let run = start..start + values.len();
    dispatch!(out.dtype(), T => {
        let (samples, valid) = out.plane_and_valid_mut::<T>(band);
        to_samples(values, &mut samples[run.clone()]);
        if let Some(valid) = valid {
            for (valid, value) in valid[run].iter_mut().zip(values) {
                *valid = if value.is_nan() { 0 } else { 255 };
            }
        }
    });
}

#[multiversion(targets("x86_64+avx2"))]
fn to_numbers<T: Sample>(samples: &[T], out: &mut [f64]) {
    for (out, sample) in out.iter_mut().zip(samples) {
        *out = sample.to_f64();
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn to_samples<T: Sample>(values: &[f64], out: &mut [T]) {
    for (out, &value) in out.iter_mut().zip(values) {
        *out = T::from_f64(value);
    }
}
