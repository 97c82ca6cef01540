//! Methods that look at a pixel's block alone.

use std::collections::HashMap;

use super::rounded;
use crate::raster::{Buffer, Sample, Size};

/// Fills a band with what `pick` makes of the valid samples of each block,
/// given row by row, at least one.
pub(super) fn fill<T: Sample>(
    factor: u32,
    band: u16,
    source: &Buffer,
    whole: Size,
    out_band: u16,
    out: &mut Buffer,
    pick: fn(&[T]) -> T,
) {
    let (from, to, factor) = (source.window(), out.window(), i64::from(factor));
    let (samples, source_valid) = (source.plane::<T>(band), source.valid(band));
    if source_valid.is_some() {
        out.add_mask();
    }
    let (plane, mut valid) = out.plane_and_valid_mut::<T>(out_band);
    let mut block = Vec::new();
    for (k, sample) in plane.iter_mut().enumerate() {
        let col = factor * (to.col + (k % to.width as usize) as i64);
        let row = factor * (to.row + (k / to.width as usize) as i64);
        let width = (i64::from(whole.width) - col).min(factor) as usize;
        let rows = row..(row + factor).min(i64::from(whole.height));
        block.clear();
        for row in rows {
            let start = (row - from.row) as usize * from.width as usize + (col - from.col) as usize;
            let line = &samples[start..][..width];
            match source_valid {
                None => block.extend_from_slice(line),
                Some(valid) => {
                    let pairs = line.iter().zip(&valid[start..][..width]);
                    block.extend(pairs.filter(|&(_, &valid)| valid != 0).map(|(&v, _)| v));
                }
            }
        }
        *sample = if block.is_empty() { T::zeroed() } else { pick(&block) };
        if let Some(valid) = &mut valid {
            valid[k] = if block.is_empty() { 0 } else { 255 };
        }
    }
}

/// Fills a band with the top left pixel of each block.
pub(super) fn nearest<T: Sample>(
    factor: u32,
    band: u16,
    source: &Buffer,
    out_band: u16,
    out: &mut Buffer,
) {
    let (from, to, factor) = (source.window(), out.window(), i64::from(factor));
    let (samples, source_valid) = (source.plane::<T>(band), source.valid(band));
    if source_valid.is_some() {
        out.add_mask();
    }
    let width = to.width as usize;
    let (plane, mut valid) = out.plane_and_valid_mut::<T>(out_band);
    for (j, line) in plane.chunks_exact_mut(width).enumerate() {
        let row = factor * (to.row + j as i64) - from.row;
        let col = factor * to.col - from.col;
        let start = row as usize * from.width as usize + col as usize;
        for (to, from) in line.iter_mut().zip(samples[start..].iter().step_by(factor as usize)) {
            *to = *from;
        }
        if let Some(valid) = &mut valid {
            let line = &mut valid[j * width..][..width];
            match source_valid {
                None => line.fill(255),
                Some(from) => {
                    let from = from[start..].iter().step_by(factor as usize);
                    line.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }
}

/// Returns the value that is the first to be met as often as any other is at most.
pub(super) fn mode<T: Sample>(block: &[T]) -> T {
    // Two of four are found sooner by looking at all.
    if block.len() <= 16 {
        let mut best = (0, block[0]);
        for (i, &value) in block.iter().enumerate() {
            let met = 1 + block[..i].iter().filter(|&&other| key(other) == key(value)).count();
            if met > best.0 {
                best = (met, value);
            }
        }
        return best.1;
    }
    let mut counts = HashMap::new();
    let mut best = (0_u32, block[0]);
    for &value in block {
        let count = counts.entry(key(value)).or_insert(0);
        *count += 1;
        if *count > best.0 {
            best = (*count, value);
        }
    }
    best.1
}

/// Returns what tells one value from another: its bits, but there is one zero.
fn key<T: Sample>(value: T) -> [u8; 16] {
    let mut key = [0; 16];
    if value != T::zeroed() {
        key[..size_of::<T>()].copy_from_slice(bytemuck::bytes_of(&value));
    }
    key
}

/// Returns the root of the mean square.
pub(super) fn rms<T: Sample>(block: &[T]) -> T {
    let squares = block.iter().fold(0.0, |sum, &v| sum + v.to_f64() * v.to_f64());
    rounded((squares / block.len() as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_to_be_most_frequent_wins() {
        assert_eq!(mode(&[3_u8, 7, 7, 3]), 7);
        assert_eq!(mode(&[1_i16, 2, 3, 4]), 1);
        assert_eq!(mode(&[0.0_f32, 2.5, -0.0, 1.0]), 0.0);
        assert!(mode(&[f64::NAN, 1.0, f64::NAN]).is_nan());
        let many: Vec<u16> = (0..100).map(|i| if i % 3 == 1 { 9 } else { i }).collect();
        assert_eq!(mode(&many), 9);
    }

    #[test]
    fn root_mean_squares_round_half_up() {
        assert_eq!(rms(&[3_u8, 4]), 4);
        assert_eq!(rms(&[-3_i8, 3]), 3);
        assert_eq!(rms(&[1.0_f64, 7.0]), 5.0);
    }
}
