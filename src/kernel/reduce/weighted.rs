//! Sums with weights that reach beyond the block.

use super::rounded;
use crate::kernel::{Resampling, widen};
use crate::raster::{Buffer, Size, dispatch};

/// The weights of a method along one axis, the same for both.
///
/// Weights of samples beyond the raster's edge are dropped and the rest
/// renormalised, as in GDAL. Where a sample among those left is invalid, weights
/// with negative lobes give way to the triangle's, so that nothing rings off a
/// gap, and those of invalid samples are dropped.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weights {
    factor: i64,
    taps: Taps,
    /// Without negative weights.
    calm: Taps,
}

/// Weights of neighbouring pixels.
#[derive(Debug, Clone, PartialEq)]
struct Taps {
    /// The first pixel, counted from the first of the block.
    start: i64,
    weights: Vec<f64>,
}

impl Taps {
    /// Samples a kernel of some radius, in blocks, at the centres of pixels.
    fn sampled(factor: u32, radius: f64, kernel: impl Fn(f64) -> f64) -> Self {
        let factor = f64::from(factor);
        // Pixel j lies in the kernel if |j + 0.5 - factor / 2| < radius * factor.
        let before = (radius * factor - factor / 2.0 + 0.5).ceil() as i64 - 1;
        let all = -before..factor as i64 + before;
        let weights = all.map(|j| kernel((j as f64 + 0.5 - factor / 2.0) / factor)).collect();
        Self { start: -before, weights }
    }

    fn len(&self) -> i64 {
        self.weights.len() as i64
    }

    /// Returns the pixels, as far as there are any, that pixel `i` of the
    /// overview is made of, their weights, and the weights' sum.
    fn at(&self, i: i64, factor: i64, whole: u32) -> (i64, &[f64], f64) {
        let first = factor * i + self.start;
        let (low, high) = (first.max(0), (first + self.len()).min(whole.into()));
        let weights =
            &self.weights[(low - first) as usize..(high - first).max(low - first) as usize];
        (low, weights, weights.iter().sum())
    }
}

impl Weights {
    pub(super) fn bilinear(factor: u32) -> Self {
        let taps = Taps::sampled(factor, 1.0, |x| Resampling::Bilinear.weight(x));
        Self { factor: factor.into(), calm: taps.clone(), taps }
    }

    pub(super) fn cubic(factor: u32) -> Self {
        let kernel = |x: f64| Resampling::Cubic.weight(x);
        let calm = Taps::sampled(factor, 1.0, |x| Resampling::Bilinear.weight(x));
        Self { factor: factor.into(), taps: Taps::sampled(factor, 2.0, kernel), calm }
    }

    pub(super) fn lanczos(factor: u32) -> Self {
        let sinc = |x: f64| if x == 0.0 { 1.0 } else { x.sin() / x };
        let kernel = |x: f64| {
            let x = x * std::f64::consts::PI;
            sinc(x) * sinc(x / 3.0)
        };
        let calm = Taps::sampled(factor, 1.0, |x| Resampling::Bilinear.weight(x));
        Self { factor: factor.into(), taps: Taps::sampled(factor, 3.0, kernel), calm }
    }

    /// Binomial weights around the pixel right of and below the block's middle,
    /// as GDAL has them (GDALResampleChunk_Gauss in overview.cpp).
    pub(super) fn gauss(factor: u32) -> Self {
        let weights: &[f64] = match factor {
            0..=2 => &[1.0, 2.0, 1.0],
            3..=4 => &[1.0, 4.0, 6.0, 4.0, 1.0],
            _ => &[1.0, 6.0, 15.0, 20.0, 15.0, 6.0, 1.0],
        };
        let factor = i64::from(factor);
        let start = factor / 2 - weights.len() as i64 / 2;
        let taps = Taps { start, weights: weights.to_vec() };
        Self { factor, calm: taps.clone(), taps }
    }

    pub(super) fn halo(&self) -> u32 {
        let beyond = |taps: &Taps| (-taps.start).max(taps.start + taps.len() - self.factor);
        beyond(&self.taps).max(beyond(&self.calm)).max(0) as u32
    }

    pub(super) fn fill(
        &self,
        band: u16,
        source: &Buffer,
        whole: Size,
        out_band: u16,
        out: &mut Buffer,
    ) {
        let to = out.window();
        if source.valid(band).is_some() {
            out.add_mask();
        }
        let width = to.width as usize;
        let mut sums = RowSums::new(self, whole, source.window().col, to.col, width);
        let mut total = vec![0.0; width];
        let mut gaps = vec![0_u8; width];
        for j in to.row..to.row_end() {
            let (first, weights, norm) = self.taps.at(j, self.factor, whole.height);
            total.fill(0.0);
            gaps.fill(0);
            for (row, &weight) in (first..).zip(weights) {
                let (sum, missing) = sums.of(row, source, band);
                for (total, &sum) in total.iter_mut().zip(sum) {
                    *total += weight * sum;
                }
                for (gap, &missing) in gaps.iter_mut().zip(missing) {
                    *gap |= missing;
                }
            }
            total.iter_mut().for_each(|total| *total /= norm);
            let start = (j - to.row) as usize * width;
            if let Some(valid) = out.valid_mut(out_band) {
                let valid = &mut valid[start..][..width];
                valid.fill(255);
                for (i, _) in gaps.iter().enumerate().filter(|&(_, &gap)| gap != 0) {
                    let value = self.among_gaps(source, band, to.col + i as i64, j, whole);
                    total[i] = value.unwrap_or(0.0);
                    valid[i] = if value.is_some() { 255 } else { 0 };
                }
            }
            dispatch!(out.dtype(), T => {
                let line = &mut out.plane_mut::<T>(out_band)[start..][..width];
                line.iter_mut().zip(&total).for_each(|(sample, &total)| *sample = rounded(total));
            });
        }
    }

    /// Returns the pixel (`i`, `j`) made of samples of which some are invalid,
    /// or `None` if all of its block are.
    fn among_gaps(&self, source: &Buffer, band: u16, i: i64, j: i64, whole: Size) -> Option<f64> {
        let valid = |col: i64, row: i64| row_of(source, source.valid(band)?, row, col);
        let end = |k: i64, whole: u32| (self.factor * (k + 1)).min(whole.into());
        let any = (self.factor * j..end(j, whole.height)).any(|row| {
            let width = (end(i, whole.width) - self.factor * i) as usize;
            valid(self.factor * i, row).is_none_or(|line| line[..width].iter().any(|&v| v != 0))
        });
        if !any {
            return None;
        }
        let (first_row, down, _) = self.calm.at(j, self.factor, whole.height);
        let (first_col, across, _) = self.calm.at(i, self.factor, whole.width);
        let (mut sum, mut norm) = (0.0, 0.0);
        let mut line = vec![0.0; across.len()];
        for (row, &y) in (first_row..).zip(down) {
            widen(source, band, first_col, row, &mut line);
            let valid = valid(first_col, row);
            for (at, (&sample, &x)) in line.iter().zip(across).enumerate() {
                if valid.is_none_or(|valid| valid[at] != 0) {
                    sum += x * y * sample;
                    norm += x * y;
                }
            }
        }
        (norm > 0.0).then(|| sum / norm)
    }
}

/// Returns what there is of a row from a column on, of one byte for each pixel of a buffer.
fn row_of<'a>(source: &Buffer, valid: &'a [u8], row: i64, col: i64) -> Option<&'a [u8]> {
    let window = source.window();
    let start = (row - window.row) as usize * window.width as usize;
    Some(&valid[start..][..window.width as usize][(col - window.col) as usize..])
}

/// The weighted sums of rows of the source, each made once for all rows of the
/// overview that need it.
struct RowSums<'a> {
    weights: &'a Weights,
    whole: Size,
    /// The first column of the source's rows.
    from: i64,
    /// The first column of the overview.
    to: i64,
    width: usize,
    /// As many rows as a pixel is made of: which, their sums, and what is missing.
    rows: Vec<Row>,
    /// Every pixel of a row that is the n-th of its block, for each n.
    phases: Vec<Vec<f64>>,
    /// A row of the source.
    line: Vec<f64>,
}

struct Row {
    row: i64,
    sums: Vec<f64>,
    missing: Vec<u8>,
}

impl<'a> RowSums<'a> {
    fn new(weights: &'a Weights, whole: Size, from: i64, to: i64, width: usize) -> Self {
        let row = || Row { row: i64::MIN, sums: vec![0.0; width], missing: vec![0; width] };
        let rows = (0..weights.taps.len()).map(|_| row()).collect();
        let phases = vec![Vec::new(); weights.taps.len().min(weights.factor) as usize];
        Self { weights, whole, from, to, width, rows, phases, line: Vec::new() }
    }

    /// Returns the sums over a row, one for each column of the overview, and
    /// where one of the samples is missing.
    fn of(&mut self, row: i64, source: &Buffer, band: u16) -> (&[f64], &[u8]) {
        let slot = row.rem_euclid(self.rows.len() as i64) as usize;
        if self.rows[slot].row != row {
            self.rows[slot].row = row;
            self.line.resize(source.window().width as usize, 0.0);
            widen(source, band, self.from, row, &mut self.line);
            self.sum(slot);
            self.look(slot, source.valid(band).and_then(|v| row_of(source, v, row, self.from)));
        }
        (&self.rows[slot].sums, &self.rows[slot].missing)
    }

    fn sum(&mut self, slot: usize) {
        let samples = &self.line;
        let Weights { factor, taps, .. } = self.weights;
        let (factor, width) = (*factor, self.width);
        // The first column of the overview that has all of its pixels, and the
        // one behind the last.
        let first = (-taps.start + factor - 1).div_euclid(factor).max(self.to);
        let most = (i64::from(self.whole.width) - taps.start - taps.len()).div_euclid(factor) + 1;
        let end = (self.to + width as i64).min(most);
        let sums = &mut self.rows[slot].sums;
        if first < end {
            let start = (factor * first + taps.start - self.from) as usize;
            let count = (end - first) as usize;
            let each = count + taps.weights.len().div_ceil(factor as usize);
            for (phase, line) in self.phases.iter_mut().enumerate() {
                let from = samples[start + phase..].iter().step_by(factor as usize).take(each);
                line.clear();
                line.extend(from);
            }
            let inner = &mut sums[(first - self.to) as usize..][..count];
            inner.fill(0.0);
            for (tap, &weight) in taps.weights.iter().enumerate() {
                let line = &self.phases[tap % factor as usize][tap / factor as usize..][..count];
                for (sum, &sample) in inner.iter_mut().zip(line) {
                    *sum += weight * sample;
                }
            }
            let norm: f64 = taps.weights.iter().sum();
            inner.iter_mut().for_each(|sum| *sum /= norm);
        }
        let edges = (self.to..self.to + width as i64).filter(|i| !(first..end).contains(i));
        for i in edges {
            let (low, weights, norm) = taps.at(i, factor, self.whole.width);
            let line = &samples[(low - self.from) as usize..];
            let sum = weights.iter().zip(line).fold(0.0, |sum, (w, v)| sum + w * v);
            sums[(i - self.to) as usize] = sum / norm;
        }
    }

    fn look(&mut self, slot: usize, valid: Option<&[u8]>) {
        let missing = &mut self.rows[slot].missing;
        let Some(valid) = valid.filter(|valid| valid.contains(&0)) else {
            missing.fill(0);
            return;
        };
        for (i, missing) in (self.to..).zip(missing) {
            let (low, weights, _) = self.weights.taps.at(i, self.weights.factor, self.whole.width);
            let line = &valid[(low - self.from) as usize..][..weights.len()];
            *missing = u8::from(line.contains(&0));
        }
    }
}
