//! Means of blocks.

use crate::raster::{Buffer, Sample, Size};

/// A type with exact means.
pub(in crate::kernel) trait Mean: Copy {
    /// Returns the mean of four samples.
    fn mean_of_4(four: [Self; 4]) -> Self;
    /// Returns the mean of one to 2^24 samples.
    fn mean(some: &[Self]) -> Self;
}

macro_rules! integer_mean {
    ($($t:ty, $sum:ty, $wide:ty;)*) => { $(
        impl Mean for $t {
            #[inline(always)]
            fn mean_of_4(four: [Self; 4]) -> Self {
                let [a, b, c, d] = four.map(<$sum>::from);
                let sum = a + b + c + d;
                // The shift rounds down; a half below 0 is to go down, not up.
                ((sum + 2 - <$sum>::from(sum < 0)) >> 2) as $t
            }
            fn mean(some: &[Self]) -> Self {
                let sum: $wide = some.iter().map(|&v| <$wide>::from(v)).sum();
                let n = some.len() as $wide;
                (2 * sum + n - <$wide>::from(sum < 0)).div_euclid(2 * n) as $t
            }
        }
    )* };
}
integer_mean! {
    u8, i32, i64; i8, i32, i64; u16, i32, i64; i16, i32, i64; u32, i64, i64; i32, i64, i64;
    u64, i128, i128; i64, i128, i128;
}

macro_rules! float_mean {
    ($($t:ty)*) => { $(
        impl Mean for $t {
            #[inline(always)]
            fn mean_of_4(four: [Self; 4]) -> Self {
                let [a, b, c, d] = four.map(f64::from);
                (((a + b) + (c + d)) * 0.25) as $t
            }
            fn mean(some: &[Self]) -> Self {
                let sum = some.iter().fold(0.0, |sum, &v| sum + f64::from(v));
                (sum / some.len() as f64) as $t
            }
        }
    )* };
}
float_mean! { f32 f64 }

/// A complex mean is the mean of each part.
impl<P: Mean> Mean for [P; 2] {
    #[inline(always)]
    fn mean_of_4(four: [Self; 4]) -> Self {
        [0, 1].map(|part| P::mean_of_4(four.map(|sample| sample[part])))
    }
    fn mean(some: &[Self]) -> Self {
        [0, 1].map(|part| {
            if let [a, b, c, d] = *some {
                return P::mean_of_4([a, b, c, d].map(|sample| sample[part]));
            }
            P::mean(&some.iter().map(|sample| sample[part]).collect::<Vec<_>>())
        })
    }
}

/// Returns the mean of a block's samples, at least one: exact for integers, which
/// round half away from 0; floats are summed in `f64`; NaN stays NaN. Each part of a
/// complex mean is the mean of that part.
pub(super) fn mean<T: Mean>(block: &[T]) -> T {
    T::mean(block)
}

/// Fills a band with the [means](mean) of the valid samples of blocks of 2 x 2.
pub(super) fn halve<T: Mean + Sample>(
    band: u16,
    source: &Buffer,
    whole: Size,
    out_band: u16,
    out: &mut Buffer,
) {
    let (from, to) = (source.window(), out.window());
    let source_valid = source.valid(band);
    let samples = source.plane::<T>(band);
    if source_valid.is_some() {
        out.add_mask();
    }
    let (width, out_width) = (from.width as usize, to.width as usize);
    // How many blocks of a row, and rows, are whole.
    let halves = |all: u32, first: i64, most: u32| {
        (i64::from(all / 2) - first).clamp(0, most.into()) as usize
    };
    let inner = halves(whole.width, to.col, to.width);
    let (plane, mut valid) = out.plane_and_valid_mut::<T>(out_band);
    for (j, line) in plane.chunks_exact_mut(out_width).enumerate() {
        let row = 2 * (to.row + j as i64);
        let start = (row - from.row) as usize * width + (2 * to.col - from.col) as usize;
        let pair = row + 1 < i64::from(whole.height);
        if let (None, true) = (source_valid, pair) {
            let top = samples[start..][..2 * inner].as_chunks::<2>().0;
            let bottom = samples[start + width..][..2 * inner].as_chunks::<2>().0;
            for ((sample, top), bottom) in line.iter_mut().zip(top).zip(bottom) {
                *sample = T::mean_of_4([top[0], top[1], bottom[0], bottom[1]]);
            }
        }
        let done = if source_valid.is_none() && pair { inner } else { 0 };
        for (i, sample) in line.iter_mut().enumerate().skip(done) {
            let mut some = [T::zeroed(); 4];
            let mut count = 0;
            let wide = if i < inner { 2 } else { 1 };
            for y in 0..if pair { 2 } else { 1 } {
                for x in 0..wide {
                    let at = start + y * width + 2 * i + x;
                    if source_valid.is_none_or(|v| v[at] != 0) {
                        some[count] = samples[at];
                        count += 1;
                    }
                }
            }
            *sample = match count {
                0 => T::zeroed(),
                4 => T::mean_of_4(some),
                n => T::mean(&some[..n]),
            };
            if let Some(valid) = &mut valid {
                valid[j * out_width + i] = if count > 0 { 255 } else { 0 };
            }
        }
        if let Some(valid) = &mut valid {
            valid[j * out_width..][..done].fill(255);
        }
    }
}
