//! Sums over any number of taps: minified or incomplete supports.

use super::Plane;
use super::real::{Real, ceil};
use super::resampling::Kernel;
use crate::raster::Sample;

/// One axis of the support of one output pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// The tap at or before the position, from the window's first.
    pub(super) base: i32,
    /// How far the position is past it, in `[0, 1)`.
    pub(super) fraction: f64,
    /// What the kernel is widened by, at least 1.
    pub(super) scale: f64,
}

/// The taps of one axis: `first..first + count` in the window's pixels, perhaps
/// beyond the window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taps {
    first: i64,
    count: usize,
    /// Distance of the first tap from the position, in kernel units.
    start: f64,
    /// Distance of one tap from the next, in kernel units.
    step: f64,
}

/// Returns how many taps a kernel of some radius, widened by `scale`, has on each side of a position.
#[inline(always)]
pub(super) fn side(radius: usize, scale: f64) -> f64 {
    ceil(radius as f64 * scale)
}

/// Returns the distance, in kernel units, of the first of `side` taps before a position from it;
/// `step` is the distance of one tap from the next.
#[inline(always)]
pub(super) fn start(side: f64, fraction: f64, step: f64) -> f64 {
    (1.0 - side - fraction) * step
}

impl Taps {
    /// Returns the taps that a kernel has.
    #[inline(always)]
    pub(super) fn of<K: Kernel>(reach: Reach) -> Self {
        // At most half the raster's extent times 2: positions are placed.
        let side = side(K::RADIUS, reach.scale);
        let step = 1.0 / reach.scale;
        Self {
            first: i64::from(reach.base) - (side as i64 - 1),
            count: 2 * side as usize,
            start: start(side, reach.fraction, step),
            step,
        }
    }

    /// Returns the number of taps: even.
    pub(super) fn count(self) -> usize {
        self.count
    }

    /// Fills in the weights of the taps from the `skip`th on, not normalised, and adds them to
    /// `sum`.
    #[inline(always)]
    fn weigh<K: Kernel, A: Real>(self, skip: usize, weights: &mut [[A; 1]], sum: &mut [A; 1]) {
        let start = A::new(self.start + skip as f64 * self.step);
        weigh::<K, A, 1>(&[start], &[A::new(self.step)], weights, sum);
    }

    /// Returns the weight of one tap, not normalised.
    fn weight<K: Kernel>(self, tap: usize) -> f64 {
        K::weight(self.start + tap as f64 * self.step)
    }

    /// Returns which taps lie in a window of `extent` pixels.
    fn within(self, extent: u32) -> std::ops::Range<usize> {
        let start = (-self.first).max(0);
        let end = (i64::from(extent) - self.first).min(self.count as i64);
        start as usize..end.max(start) as usize
    }
}

/// Returns whether every tap is in the window and valid.
#[inline(always)]
pub(super) fn is_complete<T: Copy>(source: Plane<'_, T>, x: Taps, y: Taps) -> bool {
    let window = source.window;
    if x.first < 0
        || y.first < 0
        || x.first + x.count as i64 > i64::from(window.width)
        || y.first + y.count as i64 > i64::from(window.height)
    {
        return false;
    }
    let Some(valid) = source.valid else { return true };
    let stride = window.width as usize;
    let corner = y.first as usize * stride + x.first as usize;
    (0..y.count).all(|row| {
        let start = corner + row * stride;
        valid[start..start + x.count].iter().fold(255, |all, &v| all & v) == 255
    })
}

/// The taps of an axis whose weights are in memory at once. Fixed, and counted
/// from the first tap: part of the order of operations.
const CHUNK: usize = 64;

/// Fills in the weights, not normalised, of the same taps of each of `N` pixels, and adds them to
/// the pixels' sums; `start` is the distance of the first tap from the position, `step` of one tap
/// from the next, both in kernel units.
#[inline(always)]
pub(super) fn weigh<K: Kernel, A: Real, const N: usize>(
    start: &[A; N],
    step: &[A; N],
    weights: &mut [[A; N]],
    sums: &mut [A; N],
) {
    for (tap, weights) in weights.iter_mut().enumerate() {
        let tap = A::new(tap as f64);
        for i in 0..N {
            weights[i] = K::weight(start[i] + tap * step[i]);
            sums[i] = sums[i] + weights[i];
        }
    }
}

/// Sums that columns are added to in turn, so that four are added at once.
pub(super) const LANES: usize = 4;

/// Returns the weighted mean over a complete support.
#[inline(always)]
pub(super) fn complete<K: Kernel, T: Sample, A: Real>(source: Plane<'_, T>, x: Taps, y: Taps) -> A {
    let stride = source.window.width as usize;
    let corner = y.first as usize * stride + x.first as usize;
    let (mut x_weights, mut y_weights) = ([[A::ZERO; 1]; CHUNK], [[A::ZERO; 1]; CHUNK]);
    let mut lanes = [A::ZERO; LANES];
    let (mut x_sum, mut y_sum) = ([A::ZERO; 1], [A::ZERO; 1]);
    for top in (0..y.count).step_by(CHUNK) {
        let rows = &mut y_weights[..CHUNK.min(y.count - top)];
        y.weigh::<K, A>(top, rows, &mut y_sum);
        for left in (0..x.count).step_by(CHUNK) {
            let columns = &mut x_weights[..CHUNK.min(x.count - left)];
            // The sum of the weights of the columns is that of the first rows.
            let mut again = [A::ZERO; 1];
            x.weigh::<K, A>(left, columns, if top == 0 { &mut x_sum } else { &mut again });
            let start = corner + top * stride + left;
            let (fours, pair) = columns.as_chunks::<LANES>();
            for (four, weights) in fours.iter().enumerate() {
                let at = start + four * LANES;
                let sums: [A; LANES] = columns_sum(source.samples, at, stride, rows, 0);
                for lane in 0..LANES {
                    lanes[lane] = lanes[lane] + sums[lane] * weights[lane][0];
                }
            }
            // Counts are even, so two taps are left over or none.
            if let &[[first], [second]] = pair {
                let at = start + fours.len() * LANES;
                let sums: [A; 2] = columns_sum(source.samples, at, stride, rows, 0);
                lanes[0] = lanes[0] + sums[0] * first;
                lanes[1] = lanes[1] + sums[1] * second;
            }
        }
    }
    mean(&lanes, x_sum[0], y_sum[0])
}

/// Sums `COLUMNS` neighbouring columns, each sample times its row's weight, for the `i`th of `N`
/// pixels.
#[inline(always)]
pub(super) fn columns_sum<T: Sample, A: Real, const COLUMNS: usize, const N: usize>(
    samples: &[T],
    start: usize,
    stride: usize,
    rows: &[[A; N]],
    i: usize,
) -> [A; COLUMNS] {
    let mut sums = [A::ZERO; COLUMNS];
    for (row, weights) in rows.iter().enumerate() {
        let taps = &samples[start + row * stride..][..COLUMNS];
        for lane in 0..COLUMNS {
            sums[lane] = sums[lane] + A::of(taps[lane]) * weights[i];
        }
    }
    sums
}

/// Returns the mean that sums of columns give, by the sums of the weights of both axes. What is not a
/// number is the one NaN: which of several a sum keeps would be up to the compiler.
#[inline(always)]
pub(super) fn mean<A: Real>(lanes: &[A; LANES], x_sum: A, y_sum: A) -> A {
    let mean = ((lanes[0] + lanes[2]) + (lanes[1] + lanes[3])) / (x_sum * y_sum);
    if mean.partial_cmp(&mean).is_some() { mean } else { A::new(f64::NAN) }
}

/// The least sum of weights that makes a value (gdalwarpkernel.cpp's limit for
/// bilinear): below it a pixel hangs on a sample it hardly touches.
const LEAST_WEIGHT: f64 = 1e-6;

/// Returns the weighted mean over the taps that are there, for kernels without
/// negative weights; `None` if they hardly weigh anything.
pub(super) fn incomplete<K: Kernel, T: Sample>(
    source: Plane<'_, T>,
    x: Taps,
    y: Taps,
) -> Option<f64> {
    let stride = source.window.width as usize;
    let (mut sum, mut weight) = (0.0, 0.0);
    for row in y.within(source.window.height) {
        let y_weight = y.weight::<K>(row);
        let line = (y.first + row as i64) as usize * stride;
        for tap in x.within(source.window.width) {
            let at = line + (x.first + tap as i64) as usize;
            let w = y_weight * x.weight::<K>(tap);
            // A tap without weight does not count, or a NaN there would.
            if w > 0.0 && source.valid.is_none_or(|v| v[at] != 0) {
                sum += w * source.samples[at].to_f64();
                weight += w;
            }
        }
    }
    // The weights of a widened kernel sum to its area, not to 1.
    let area = 1.0 / (x.step * y.step);
    (weight >= LEAST_WEIGHT * area).then(|| sum / weight)
}
