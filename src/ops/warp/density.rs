//! Opacity as density: colours weigh as much as they are seen.
//!
//! A mean of colours that forgets opacity takes in what nobody sees, and makes
//! dark edges. So colours are multiplied by their opacity first, opacity is
//! resampled like any band, and the quotient is the colour.

use crate::kernel::Resampling;
use crate::raster::{Buffer, DataType, Pool, Sample, dispatch};

/// The share of full opacity below which nothing is seen (gdalwarpkernel.cpp).
const LEAST: f64 = 1e-4;

/// Returns the sample that stands for full opacity, as gdalwarp has it: 65535 for
/// `uint16`, 32767 for `int16`, 127 for `int8`, 255 for all other types.
pub(super) const fn opaque(dtype: DataType) -> f64 {
    match dtype {
        DataType::U16 => 65_535.0,
        DataType::I16 => 32_767.0,
        DataType::I8 => 127.0,
        _ => 255.0,
    }
}

/// How the samples of a raster are brought into a form that can be resampled
/// band by band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// They are already.
    Plain,
    /// Real and imaginary parts of complex samples.
    Parts,
    /// Colours (or their squares) times opacity, and opacity.
    Weighted,
    /// Colours that are missing where nothing is seen of them, and opacity.
    Seen,
}

/// Multiplies all bands but the last with it; a pixel that is missing in one
/// band is missing in all.
pub(super) fn weigh(source: &Buffer, how: Resampling, pool: &Pool) -> Buffer {
    let mut weighted = Buffer::new(pool, source.window(), source.bands(), DataType::F64);
    let last = source.bands() - 1;
    let square = how == Resampling::Rms;
    dispatch!(source.dtype(), T => {
        let alpha = source.plane::<T>(last);
        for band in 0..last {
            let samples = source.plane::<T>(band).iter().zip(alpha);
            let to = weighted.plane_mut::<f64>(band).iter_mut();
            for (to, (sample, alpha)) in to.zip(samples) {
                let value = sample.to_f64();
                *to = if square { value * value } else { value } * alpha.to_f64();
            }
        }
        let to = weighted.plane_mut::<f64>(last).iter_mut();
        to.zip(alpha).for_each(|(to, alpha)| *to = alpha.to_f64());
    });
    for band in 0..source.bands() {
        let Some(valid) = source.valid(band) else { continue };
        weighted.add_mask();
        for to in 0..source.bands() {
            let to = weighted.valid_mut(to).into_iter().flatten();
            to.zip(valid).for_each(|(to, valid)| *to &= valid);
        }
    }
    weighted
}

/// Divides all bands but the last by it, and rounds to the type of `out`; returns
/// how many samples did not fit. `opaque` is full opacity.
pub(super) fn unweigh(weighted: &Buffer, how: Resampling, opaque: f64, out: &mut Buffer) -> u64 {
    let last = out.bands() - 1;
    let mut saturated = 0;
    out.validate();
    for band in 0..out.bands() {
        let Some(valid) = weighted.valid(band) else { continue };
        out.add_mask();
        out.valid_mut(band).into_iter().for_each(|to| to.copy_from_slice(valid));
    }
    let alpha = weighted.plane::<f64>(last);
    dispatch!(out.dtype(), T => {
        for band in 0..last {
            let colors = weighted.plane::<f64>(band).iter().zip(alpha);
            for (to, (&color, &alpha)) in out.plane_mut::<T>(band).iter_mut().zip(colors) {
                let mean = if is_seen::<T>(alpha, opaque) { color / alpha } else { 0.0 };
                let value = if how == Resampling::Rms { mean.max(0.0).sqrt() } else { mean };
                *to = T::from_f64(value);
                saturated += u64::from((to.to_f64() - value).abs() > 0.5 && !T::DTYPE.is_float());
            }
        }
        for (to, &alpha) in out.plane_mut::<T>(last).iter_mut().zip(alpha) {
            // A kernel that rings knows no more than full opacity, nor less than none.
            *to = T::from_f64(if is_seen::<T>(alpha, opaque) { alpha.min(opaque) } else { 0.0 });
        }
    });
    saturated
}

/// Returns whether opacity is enough to be seen, and to be written.
fn is_seen<T: Sample>(alpha: f64, opaque: f64) -> bool {
    alpha >= LEAST * opaque && T::from_f64(alpha).to_f64() > 0.0
}

/// Makes the samples of the first bands, so many, missing where opacity is 0.
pub(in crate::ops) fn hide_unseen(source: &mut Buffer, bands: u16) {
    let last = source.bands() - 1;
    dispatch!(source.dtype(), T => {
        let unseen: Vec<bool> =
            source.plane::<T>(last).iter().map(|alpha| alpha.to_f64() == 0.0).collect();
        if unseen.contains(&true) {
            source.add_mask();
            for band in 0..bands {
                let valid = source.valid_mut(band).into_iter().flatten();
                valid.zip(&unseen).filter(|(_, unseen)| **unseen).for_each(|(v, _)| *v = 0);
            }
        }
    });
}

/// Makes colours valid, though 0, where opacity is: what was hidden. Where
/// opacity came to 0, colours do too.
pub(super) fn show_unseen(out: &mut Buffer) {
    let last = out.bands() - 1;
    let seen = out.valid(last).map(<[u8]>::to_vec);
    dispatch!(out.dtype(), T => {
        let unseen: Vec<bool> =
            out.plane::<T>(last).iter().map(|alpha| alpha.to_f64() == 0.0).collect();
        for band in 0..last {
            let (samples, valid) = out.plane_and_valid_mut::<T>(band);
            for (sample, _) in samples.iter_mut().zip(&unseen).filter(|(_, unseen)| **unseen) {
                *sample = bytemuck::Zeroable::zeroed();
            }
            let valid = valid.into_iter().flatten();
            valid.zip(seen.iter().flatten()).for_each(|(valid, seen)| *valid |= seen);
        }
    });
}
