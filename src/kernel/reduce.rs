//! Overviews: rasters of half the size.

use crate::raster::{Buffer, Sample, Window, dispatch};

/// Fills band `out_band` of `out` with the averages of 2 x 2 pixels of band
/// `band` of `source` (bands from 0).
///
/// Pixel (i, j) of `out` is the mean of the valid samples among the pixels
/// (2i..=2i+1, 2j..=2j+1) that `source` holds, absolute positions both: at the
/// edge of a raster of odd extent there are fewer. It is invalid if there is
/// none. Integer sums are exact and round half up, floor(mean + 0.5), as GDAL's
/// average overviews do; floats are summed in `f64`, NaN stays NaN. Each
/// part of a complex mean is the mean of that part.
///
/// # Panics
/// If the buffers' types differ or there is no such band.
pub fn halve_average(band: u16, source: &Buffer, out_band: u16, out: &mut Buffer) {
    assert_eq!(source.dtype(), out.dtype(), "one type");
    dispatch!(source.dtype(), T => halve::<T>(band, source, out_band, out));
}

/// Fills band `out_band` of `out` with every second pixel of every second row of
/// band `band` of `source` (bands from 0): pixel (i, j) is a copy of (2i, 2j),
/// as GDAL's nearest overviews (source column int(0.5 + 2i)). It is invalid if
/// that sample is, or if `source` does not hold it.
///
/// # Panics
/// If the buffers' types differ or there is no such band.
pub fn halve_nearest(band: u16, source: &Buffer, out_band: u16, out: &mut Buffer) {
    assert_eq!(source.dtype(), out.dtype(), "one type");
    let (from, to) = (source.window(), out.window());
    // A source that holds every pixel that is copied, all valid, needs no validity.
    let complete = source.valid(band).is_none()
        && from.col <= 2 * to.col
        && from.row <= 2 * to.row
        && from.col_end() >= 2 * to.col_end() - 1
        && from.row_end() >= 2 * to.row_end() - 1;
    if !complete {
        out.add_mask();
    }
    let width = from.width as usize;
    dispatch!(source.dtype(), T => {
        let samples = source.plane::<T>(band);
        let source_valid = source.valid(band);
        let (plane, mut valid) = out.plane_and_valid_mut::<T>(out_band);
        for (k, sample) in plane.iter_mut().enumerate() {
            let col = 2 * (to.col + (k % to.width as usize) as i64);
            let row = 2 * (to.row + (k / to.width as usize) as i64);
            let held = (from.col..from.col_end()).contains(&col)
                && (from.row..from.row_end()).contains(&row);
            let at = held.then(|| (row - from.row) as usize * width + (col - from.col) as usize);
            let counts = at.filter(|&at| source_valid.is_none_or(|v| v[at] != 0));
            *sample = counts.map_or_else(bytemuck::Zeroable::zeroed, |at| samples[at]);
            if let Some(valid) = &mut valid {
                valid[k] = if counts.is_some() { 255 } else { 0 };
            }
        }
    });
}

/// A type with exact means.
trait Mean: Copy {
    /// Returns the mean of four samples.
    fn mean_of_4(four: [Self; 4]) -> Self;
    /// Returns the mean of one to four samples.
    fn mean(some: &[Self]) -> Self;
}

macro_rules! integer_mean {
    ($($t:ty, $sum:ty;)*) => { $(
        impl Mean for $t {
            #[inline(always)]
            fn mean_of_4(four: [Self; 4]) -> Self {
                let [a, b, c, d] = four.map(<$sum>::from);
                // The shift rounds down for negative sums too.
                ((a + b + c + d + 2) >> 2) as $t
            }
            fn mean(some: &[Self]) -> Self {
                let sum: $sum = some.iter().map(|&v| <$sum>::from(v)).sum();
                let n = some.len() as $sum;
                (2 * sum + n).div_euclid(2 * n) as $t
            }
        }
    )* };
}
integer_mean! { u8, i32; i8, i32; u16, i32; i16, i32; u32, i64; i32, i64; u64, i128; i64, i128; }

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
impl<P: Mean + Default> Mean for [P; 2] {
    #[inline(always)]
    fn mean_of_4(four: [Self; 4]) -> Self {
        [0, 1].map(|part| P::mean_of_4(four.map(|sample| sample[part])))
    }
    fn mean(some: &[Self]) -> Self {
        [0, 1].map(|part| {
            let mut parts = [P::default(); 4];
            for (to, from) in parts.iter_mut().zip(some) {
                *to = from[part];
            }
            P::mean(&parts[..some.len().min(4)])
        })
    }
}

/// Averages into one band.
fn halve<T: Mean + Sample>(band: u16, source: &Buffer, out_band: u16, out: &mut Buffer) {
    let (from, to) = (source.window(), out.window());
    if to.is_empty() {
        return;
    }
    let needed = Window::new(2 * to.col, 2 * to.row, 2 * to.width, 2 * to.height);
    let source_valid = source.valid(band);
    let samples = source.plane::<T>(band);
    // Only a whole block has four samples without looking.
    let edge = !from.contains(needed) || source_valid.is_some();
    if edge {
        out.add_mask();
    }
    let (width, out_width) = (from.width as usize, to.width as usize);
    let (plane, mut valid) = out.plane_and_valid_mut::<T>(out_band);
    for (j, line) in plane.chunks_exact_mut(out_width).enumerate() {
        let row = 2 * (to.row + j as i64) - from.row;
        let col = 2 * to.col - from.col;
        if !edge {
            let start = row as usize * width + col as usize;
            let top = samples[start..][..2 * out_width].as_chunks::<2>().0;
            let bottom = samples[start + width..][..2 * out_width].as_chunks::<2>().0;
            for ((sample, top), bottom) in line.iter_mut().zip(top).zip(bottom) {
                *sample = T::mean_of_4([top[0], top[1], bottom[0], bottom[1]]);
            }
            if let Some(valid) = &mut valid {
                valid[j * out_width..][..out_width].fill(255);
            }
            continue;
        }
        for (i, sample) in line.iter_mut().enumerate() {
            let mut some = [T::zeroed(); 4];
            let mut count = 0;
            for (dy, dx) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let (y, x) = (row + dy, col + 2 * i as i64 + dx);
                if (0..i64::from(from.width)).contains(&x)
                    && (0..i64::from(from.height)).contains(&y)
                {
                    let at = y as usize * width + x as usize;
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{DataType, Pool};

    fn filled<T: Sample>(window: Window, value: impl Fn(i64, i64) -> f64) -> Buffer {
        let mut buffer = Buffer::new(&Pool::new(0), window, 1, T::DTYPE);
        let width = i64::from(window.width);
        for (k, v) in (0..).zip(buffer.plane_mut::<T>(0)) {
            *v = T::from_f64(value(window.col + k % width, window.row + k / width));
        }
        buffer
    }

    #[test]
    fn integers_round_half_up_and_floats_do_not_round() {
        let values = [[-3.0, -2.0, 1.0, 2.0, 9.0], [-2.0, -3.0, 1.0, 2.0, 8.0], [5.0; 5]];
        let source =
            filled::<i16>(Window::new(4, 2, 5, 3), |x, y| values[y as usize - 2][x as usize - 4]);
        let mut out = Buffer::new(&Pool::new(0), Window::new(2, 1, 3, 2), 1, DataType::I16);
        halve_average(0, &source, 0, &mut out);
        assert_eq!(out.plane::<i16>(0), [-2, 2, 9, 5, 5, 5]);
        assert!(out.valid(0).is_some_and(|v| v.iter().all(|&v| v == 255)));
        halve_nearest(0, &source, 0, &mut out);
        assert_eq!(out.plane::<i16>(0), [-3, 1, 9, 5, 5, 5]);
        let source = filled::<f32>(Window::new(0, 0, 2, 2), |x, y| (x + 2 * y) as f64);
        let mut out = Buffer::new(&Pool::new(0), Window::new(0, 0, 1, 1), 1, DataType::F32);
        halve_average(0, &source, 0, &mut out);
        assert_eq!((out.plane::<f32>(0), out.valid(0)), (&[1.5][..], None));
    }

    #[test]
    fn only_valid_samples_count() {
        let mut source = filled::<u8>(Window::new(0, 0, 4, 4), |x, y| (10 * x + y) as f64);
        source.add_mask();
        let (_, valid) = source.plane_and_valid_mut::<u8>(0);
        let valid = valid.expect("has a mask");
        for at in [1, 2, 3, 6, 7, 12, 13, 8, 9] {
            valid[at] = 0;
        }
        let mut out = Buffer::new(&Pool::new(0), Window::new(0, 0, 2, 2), 1, DataType::U8);
        halve_average(0, &source, 0, &mut out);
        assert_eq!(out.valid(0), Some(&[255, 0, 0, 255][..]));
        assert_eq!(out.plane::<u8>(0), [4, 0, 0, 28]);
        halve_nearest(0, &source, 0, &mut out);
        assert_eq!(out.valid(0), Some(&[255, 0, 0, 255][..]));
        assert_eq!(out.plane::<u8>(0), [0, 0, 0, 22]);
    }

    #[test]
    fn extremes_of_every_type_survive() {
        for dtype in DataType::ALL {
            dispatch!(dtype, T => {
                for extreme in [T::from_f64(f64::MIN / 8.0), T::from_f64(f64::MAX / 8.0)] {
                    if extreme.to_f64().is_finite() {
                        assert_eq!(T::mean_of_4([extreme; 4]), extreme);
                        assert_eq!(T::mean(&[extreme; 3]), extreme);
                    }
                }
            });
        }
    }

    #[test]
    fn tiles_agree_with_the_whole() {
        let value = |x: i64, y: i64| ((x * 7919 + y * 104_729) % 251) as f64;
        let source = filled::<u16>(Window::new(0, 0, 33, 21), value);
        let mut whole = Buffer::new(&Pool::new(0), Window::new(0, 0, 17, 11), 1, DataType::U16);
        halve_average(0, &source, 0, &mut whole);
        for (col, row) in [(0, 0), (8, 0), (0, 5), (8, 5)] {
            let from = Window::new(2 * col, 2 * row, 33 - 2 * col as u32, 21 - 2 * row as u32);
            let to = Window::new(col, row, 17 - col as u32, 11 - row as u32);
            let mut tile = Buffer::new(&Pool::new(0), to, 1, DataType::U16);
            halve_average(0, &filled::<u16>(from, value), 0, &mut tile);
            let mut crop = Buffer::new(&Pool::new(0), to, 1, DataType::U16);
            crop.copy_band(0, &whole, 0);
            assert_eq!(tile.plane::<u16>(0), crop.plane::<u16>(0));
        }
    }
}
