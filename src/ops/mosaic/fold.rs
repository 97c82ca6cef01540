//! What overlapping samples come to.

use std::ops::Range;

use super::Method;
use crate::raster::{Buffer, DataType, Pool, Sample, Window, dispatch};

/// The rows of a window within another: their indices there, and in itself.
pub(super) fn rows(
    part: Window,
    whole: Window,
) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let width = part.width as usize;
    let left = (part.col - whole.col) as usize;
    let top = (part.row - whole.row) as usize;
    (0..part.height as usize).map(move |row| {
        let there = (top + row) * whole.width as usize + left;
        (there..there + width, row * width..(row + 1) * width)
    })
}

/// Whether any sample of some pixels is missing.
pub(super) fn has_holes(out: &Buffer, part: Window) -> bool {
    let missing = |valid: &[u8]| {
        rows(part, out.window()).any(|(row, _)| valid[row].iter().fold(255, |all, &v| all & v) == 0)
    };
    (0..out.bands()).any(|band| out.valid(band).is_some_and(missing))
}

/// Which of two samples stays, where both are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// The one that is there.
    Own,
    /// The smaller one.
    Least,
    /// The larger one.
    Most,
}

impl Keep {
    /// Takes the valid samples of `pixels` to where they are missing, or wanted rather
    /// than what is there; `out` has validity and holds all of `pixels`.
    pub(super) fn fold(self, out: &mut Buffer, pixels: &Buffer) {
        for band in 0..pixels.bands() {
            dispatch!(pixels.dtype(), T => self.fold_band::<T>(band, out, pixels));
        }
    }

    fn fold_band<T: Sample>(self, band: u16, out: &mut Buffer, pixels: &Buffer) {
        let whole = out.window();
        let (from, mask) = (pixels.plane::<T>(band), pixels.valid(band));
        let (to, Some(valid)) = out.plane_and_valid_mut::<T>(band) else { return };
        for (there, here) in rows(pixels.window(), whole) {
            let (to, valid) = (&mut to[there.clone()], &mut valid[there]);
            let (from, mask) = (&from[here.clone()], mask.map(|mask| &mask[here]));
            // Most rows come whole to where nothing was.
            if mask.is_none() && valid.iter().fold(0, |any, &v| any | v) == 0 {
                to.copy_from_slice(from);
                valid.fill(255);
                continue;
            }
            match mask {
                None => each(to, valid, from, |_| 255, self),
                Some(mask) => each(to, valid, from, |i| mask[i], self),
            }
        }
    }
}

/// One row; `mask` tells which samples of `from` are valid.
#[inline(always)]
fn each<T: Sample>(
    to: &mut [T],
    valid: &mut [u8],
    from: &[T],
    mask: impl Fn(usize) -> u8,
    keep: Keep,
) {
    for (i, ((to, valid), from)) in to.iter_mut().zip(valid).zip(from).enumerate() {
        let rather = match keep {
            Keep::Own => false,
            Keep::Least => *from < *to,
            Keep::Most => *from > *to,
        };
        let takes = mask(i) != 0 && (*valid == 0 || rather);
        *to = if takes { *from } else { *to };
        *valid |= if takes { 255 } else { 0 };
    }
}

/// Sums of samples, and how many there were, in the order they come.
#[derive(Debug)]
pub(super) struct Sums {
    sums: Buffer,
    counts: Buffer,
}

impl Sums {
    pub(super) fn new(window: Window, bands: u16, pool: &Pool) -> Self {
        let mut sums = Buffer::new(pool, window, bands, DataType::F64);
        let mut counts = Buffer::new(pool, window, bands, DataType::U32);
        for band in 0..bands {
            sums.plane_mut::<f64>(band).fill(0.0);
            counts.plane_mut::<u32>(band).fill(0);
        }
        Self { sums, counts }
    }

    pub(super) fn add(&mut self, pixels: &Buffer) {
        let whole = self.sums.window();
        for band in 0..pixels.bands() {
            let sums = self.sums.plane_mut::<f64>(band);
            let counts = self.counts.plane_mut::<u32>(band);
            let mask = pixels.valid(band);
            dispatch!(pixels.dtype(), T => {
                let from = pixels.plane::<T>(band);
                for (there, here) in rows(pixels.window(), whole) {
                    let sums = sums[there.clone()].iter_mut().zip(&mut counts[there]);
                    for ((sum, count), at) in sums.zip(here) {
                        if mask.is_none_or(|mask| mask[at] != 0) {
                            *sum += from[at].to_f64();
                            *count += 1;
                        }
                    }
                }
            });
        }
    }

    /// Makes means, sums or counts of them; what no sample came to is missing, but for
    /// counts.
    pub(super) fn finish(&self, method: Method, out: &mut Buffer) {
        out.validate();
        let holes = |band| self.counts.plane::<u32>(band).contains(&0);
        if method != Method::Count && (0..out.bands()).any(holes) {
            out.add_mask();
        }
        for band in 0..out.bands() {
            let made = self.sums.plane::<f64>(band).iter().zip(self.counts.plane::<u32>(band));
            dispatch!(out.dtype(), T => {
                let (to, valid) = out.plane_and_valid_mut::<T>(band);
                for (to, (sum, &count)) in to.iter_mut().zip(made.clone()) {
                    *to = T::from_f64(match method {
                        Method::Count => f64::from(count),
                        Method::Mean => sum / f64::from(count.max(1)),
                        _ => *sum,
                    });
                }
                for (valid, (_, &count)) in valid.into_iter().flatten().zip(made) {
                    *valid = if count == 0 { 0 } else { 255 };
                }
            });
        }
    }
}

/// Makes the medians of a strip of `out`, which has validity.
pub(super) fn median(parts: &[Buffer], strip: Window, out: &mut Buffer) {
    let width = strip.width as usize;
    let mut lists: Vec<Vec<f64>> = vec![Vec::with_capacity(parts.len()); width];
    for band in 0..out.bands() {
        for row in strip.row..strip.row_end() {
            lists.iter_mut().for_each(Vec::clear);
            for part in parts {
                let own = part.window();
                if !(own.row..own.row_end()).contains(&row) {
                    continue;
                }
                let start = (row - own.row) as usize * own.width as usize;
                let here = start..start + own.width as usize;
                let mask = part.valid(band).map(|mask| &mask[here.clone()]);
                let left = (own.col - strip.col) as usize;
                dispatch!(part.dtype(), T => {
                    let samples = &part.plane::<T>(band)[here];
                    for (i, sample) in samples.iter().enumerate() {
                        if mask.is_none_or(|mask| mask[i] != 0) {
                            lists[left + i].push(sample.to_f64());
                        }
                    }
                });
            }
            let whole = out.window();
            let start = (row - whole.row) as usize * whole.width as usize;
            dispatch!(out.dtype(), T => {
                let (to, valid) = out.plane_and_valid_mut::<T>(band);
                let valid = valid.into_iter().flatten().skip(start);
                let to = to[start..].iter_mut().zip(valid);
                for ((to, valid), list) in to.zip(&mut lists) {
                    if let Some(value) = middle(list) {
                        (*to, *valid) = (T::from_f64(value), 255);
                    }
                }
            });
        }
    }
}

/// The median of some values, sorted on the way.
fn middle(list: &mut [f64]) -> Option<f64> {
    list.sort_unstable_by(f64::total_cmp);
    let (below, above) = (list.get(list.len().checked_sub(1)? / 2)?, list.get(list.len() / 2)?);
    Some(if list.len().is_multiple_of(2) { (below + above) / 2.0 } else { *above })
}
