//! A biquadratic stand-in for the coordinate map over one square of output pixels.

use std::ops::Range;

use multiversion::multiversion;

/// The side of a cell of the lattice, in output pixels.
pub const CELL: u32 = 256;

/// A range along each axis, in source pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spans {
    /// Along the source's columns.
    pub x: Span,
    /// Along the source's rows.
    pub y: Span,
}

/// Where the nodes lie, as fractions of the square's side: corners, middles of
/// edges, centre; rows first.
pub(super) const NODES: [(f64, f64); 9] = [
    (0.0, 0.0),
    (0.5, 0.0),
    (1.0, 0.0),
    (0.0, 0.5),
    (0.5, 0.5),
    (1.0, 0.5),
    (0.0, 1.0),
    (0.5, 1.0),
    (1.0, 1.0),
];

/// Where u(u - 1/2)(u - 1) is largest: 1/2 - 1/sqrt(12), and its mirror image.
const NEAR: f64 = 0.211_324_865_405_187_1;
const FAR: f64 = 1.0 - NEAR;

/// Where the stand-in is checked. What a biquadratic through [`NODES`] misses
/// first are the cubes of u and v. The four inner points see the sum of both
/// with every combination of signs, so that they never cancel in all four; the
/// four on the edges see the mixed terms of fourth order at their largest.
pub(super) const CHECKS: [(f64, f64); 8] = [
    (NEAR, NEAR),
    (FAR, NEAR),
    (NEAR, FAR),
    (FAR, FAR),
    (0.0, NEAR),
    (FAR, 0.0),
    (1.0, FAR),
    (NEAR, 1.0),
];

/// The factor between the largest error seen at [`CHECKS`] and the largest that is
/// reckoned with anywhere: what is beyond the cubic terms may peak elsewhere.
const MARGIN: f64 = 1.25;

/// What the sums of the errors at opposite inner checks count. Of cubic terms they
/// are nothing; a kink between the outermost checks and the edge, as where two
/// projections or the cells of a grid meet, bends the whole stand-in and is larger
/// where no check sees it: by 1 where one node lies beyond it, the sums by 0.33.
const KINK: f64 = 2.25;

/// The centres of the pixels of a row, counted from the left edge.
pub(super) const CENTRES: [f64; CELL as usize] = columns(0.5);

/// The borders of the pixels of a row, counted from the left edge.
const BORDERS: [f64; CELL as usize + 1] = columns(0.0);

const fn columns<const N: usize>(first: f64) -> [f64; N] {
    let mut columns = [first; N];
    let mut i = 0;
    while i < N {
        columns[i] = first + i as f64;
        i += 1;
    }
    columns
}

/// A closed range of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
}

impl Span {
    /// The range without values.
    pub(super) const EMPTY: Self = Self { min: f64::INFINITY, max: f64::NEG_INFINITY };

    /// Widens the range to take in a value; NaN counts for nothing.
    #[must_use]
    pub(super) fn with(self, value: f64) -> Self {
        Self { min: self.min.min(value), max: self.max.max(value) }
    }

    #[must_use]
    pub(super) fn widened(self, by: f64) -> Self {
        Self { min: self.min - by, max: self.max + by }
    }

    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        values.into_iter().fold(Self::EMPTY, Self::with)
    }

    /// Returns the range of absolute values.
    fn abs(self) -> Self {
        let (a, b) = (self.min.abs(), self.max.abs());
        let straddles = self.min < 0.0 && self.max > 0.0;
        Self { min: if straddles { 0.0 } else { a.min(b) }, max: a.max(b) }
    }

    /// Returns bounds on the length of a vector with both ranges as components.
    pub(super) fn hypot(self, other: Self) -> Self {
        let (a, b) = (self.abs(), other.abs());
        Self { min: a.min.hypot(b.min), max: a.max.hypot(b.max) }
    }
}

/// A polynomial of degree 2 in each of s and t, both 0 to 1 across the square.
#[derive(Debug, Clone, Copy)]
pub(super) struct Biquadratic {
    /// `[power of t][power of s]`.
    coefficients: [[f64; 3]; 3],
}

impl Biquadratic {
    /// Fits the polynomial through values at [`NODES`].
    pub(super) fn through(nodes: [f64; 9]) -> Self {
        // A quadratic through values at 0, 1/2 and 1.
        let fit = |a: f64, b: f64, c: f64| [a, 4.0 * b - 3.0 * a - c, 2.0 * (a + c) - 4.0 * b];
        let rows = [0, 3, 6].map(|i| fit(nodes[i], nodes[i + 1], nodes[i + 2]));
        let columns = [0, 1, 2].map(|p| fit(rows[0][p], rows[1][p], rows[2][p]));
        let mut coefficients = [[0.0; 3]; 3];
        for (power_of_s, column) in columns.iter().enumerate() {
            for (power_of_t, &c) in column.iter().enumerate() {
                coefficients[power_of_t][power_of_s] = c;
            }
        }
        Self { coefficients }
    }

    /// Returns the quadratic in s that remains at `t`: constant term first.
    fn at_row(&self, t: f64) -> [f64; 3] {
        let [a, b, c] = self.coefficients;
        [0, 1, 2].map(|i| a[i] + t * (b[i] + t * c[i]))
    }

    /// Returns the derivative with respect to t of [`Self::at_row`].
    fn slope_at_row(&self, t: f64) -> [f64; 3] {
        let [_, b, c] = self.coefficients;
        [0, 1, 2].map(|i| b[i] + 2.0 * t * c[i])
    }

    pub(super) fn at(&self, s: f64, t: f64) -> f64 {
        let [a, b, c] = self.at_row(t);
        a + s * (b + s * c)
    }

    /// Returns the Bézier control points over a part of the square: the values
    /// there lie within their range.
    fn control(&self, s: Range<f64>, t: Range<f64>) -> [[f64; 3]; 3] {
        let middle = |r: &Range<f64>| 0.5 * (r.start + r.end);
        let (ss, ts) = ([s.start, middle(&s), s.end], [t.start, middle(&t), t.end]);
        let bend = |a: f64, b: f64, c: f64| [a, 2.0 * b - 0.5 * (a + c), c];
        let rows = ts.map(|t| {
            let [a, b, c] = ss.map(|s| self.at(s, t));
            bend(a, b, c)
        });
        let columns = [0, 1, 2].map(|i| bend(rows[0][i], rows[1][i], rows[2][i]));
        [0, 1, 2].map(|j| [0, 1, 2].map(|i| columns[i][j]))
    }

    /// Returns bounds on the values over a part of the square.
    pub(super) fn bounds(&self, s: Range<f64>, t: Range<f64>) -> Span {
        Span::of(self.control(s, t).into_iter().flatten())
    }

    /// Returns bounds on the derivatives with respect to s and to t over the square.
    pub(super) fn slopes(&self) -> [Span; 2] {
        let p = self.control(0.0..1.0, 0.0..1.0);
        let along = |f: fn(&[[f64; 3]; 3], usize, usize) -> f64| {
            Span::of((0..2).flat_map(|i| (0..3).map(move |j| (i, j))).map(|(i, j)| f(&p, i, j)))
        };
        [
            along(|p, i, j| 2.0 * (p[j][i + 1] - p[j][i])),
            along(|p, i, j| 2.0 * (p[i + 1][j] - p[i][j])),
        ]
    }
}

/// The stand-in for both source coordinates over a square of output pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patch {
    pub(super) x: Biquadratic,
    pub(super) y: Biquadratic,
    /// 1 / side of the square in pixels: a power of two, so scaling is exact.
    pub(super) step: f64,
}

impl Patch {
    /// Fits the stand-in to positions at [`NODES`] and then [`CHECKS`], and
    /// returns the largest error of either coordinate that is to be reckoned with.
    pub(super) fn through(xs: &[f64; 17], ys: &[f64; 17], step: f64) -> (Self, f64) {
        let fit = |values: &[f64; 17]| {
            let [a, b, c, d, e, f, g, h, i, checks @ ..] = *values;
            let p = Biquadratic::through([a, b, c, d, e, f, g, h, i]);
            let mut off = checks;
            for (off, (s, t)) in off.iter_mut().zip(CHECKS) {
                *off = p.at(s, t) - *off;
            }
            let largest = off.iter().map(|v| v.abs()).fold(0.0, f64::max);
            let kink = (off[0] + off[3]).abs() + (off[1] + off[2]).abs();
            (p, MARGIN * largest + KINK * kink)
        };
        let ((x, off_x), (y, off_y)) = (fit(xs), fit(ys));
        (Self { x, y, step }, off_x.max(off_y))
    }

    /// Returns bounds on the positions over a part of the square.
    pub(super) fn bounds(&self, s: Range<f64>, t: Range<f64>) -> Spans {
        Spans { x: self.x.bounds(s.clone(), t.clone()), y: self.y.bounds(s, t) }
    }

    /// Returns bounds on the extents of footprints.
    pub(super) fn scale(&self) -> Spans {
        let length = |p: &Biquadratic| {
            let [ds, dt] = p.slopes();
            let length = ds.hypot(dt);
            Span { min: length.min * self.step, max: length.max * self.step }
        };
        Spans { x: length(&self.x), y: length(&self.y) }
    }

    /// Fills source coordinates of the centres of pixels `cols` of row `row`,
    /// both counted from the square's top left pixel.
    pub(super) fn row(&self, row: usize, cols: Range<usize>, xs: &mut [f64], ys: &mut [f64]) {
        let t = CENTRES[row] * self.step;
        along(self.x.at_row(t), self.step, &CENTRES[cols.clone()], xs);
        along(self.y.at_row(t), self.step, &CENTRES[cols], ys);
    }

    /// Fills source coordinates of the corners at the upper left of pixels `cols`
    /// of row `row`, counted as in [`Self::row`].
    pub(super) fn corner_row(
        &self,
        row: usize,
        cols: Range<usize>,
        xs: &mut [f64],
        ys: &mut [f64],
    ) {
        let t = row as f64 * self.step;
        along(self.x.at_row(t), self.step, &BORDERS[cols.clone()], xs);
        along(self.y.at_row(t), self.step, &BORDERS[cols], ys);
    }

    /// Fills the extent of the pixels' footprints in source pixels along x and y.
    pub(super) fn scale_row(&self, row: usize, cols: Range<usize>, sx: &mut [f64], sy: &mut [f64]) {
        let t = CENTRES[row] * self.step;
        let centres = &CENTRES[cols];
        lengths(self.x.at_row(t), self.x.slope_at_row(t), self.step, centres, sx);
        lengths(self.y.at_row(t), self.y.slope_at_row(t), self.step, centres, sy);
    }
}

/// Evaluates a quadratic, constant term first, at some columns.
#[multiversion(targets("x86_64+avx2"))]
fn along([a, b, c]: [f64; 3], step: f64, columns: &[f64], out: &mut [f64]) {
    for (out, column) in out.iter_mut().zip(columns) {
        let s = column * step;
        *out = a + s * (b + s * c);
    }
}

/// Evaluates the length of the derivatives along and across a row: of its quadratic,
/// and of the one that `slopes` is.
#[multiversion(targets("x86_64+avx2"))]
fn lengths(row: [f64; 3], slopes: [f64; 3], step: f64, columns: &[f64], out: &mut [f64]) {
    let ([_, b, c], [d, e, f]) = (row, slopes);
    for (out, column) in out.iter_mut().zip(columns) {
        let s = column * step;
        let (du, dv) = (b + 2.0 * s * c, d + s * (e + s * f));
        *out = (du * du + dv * dv).sqrt() * step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polynomial(s: f64, t: f64) -> f64 {
        3.0 - 2.0 * s + 5.0 * t + 7.0 * s * s - t * t + 4.0 * s * t - 6.0 * s * s * t * t
    }

    #[test]
    fn a_biquadratic_is_met_everywhere() {
        let p = Biquadratic::through(NODES.map(|(s, t)| polynomial(s, t)));
        for i in 0..=20 {
            for j in 0..=20 {
                let (s, t) = (f64::from(i) / 20.0, f64::from(j) / 20.0);
                assert!((p.at(s, t) - polynomial(s, t)).abs() < 1e-13);
            }
        }
    }

    #[test]
    fn bounds_hold_all_values_and_slopes() {
        let p = Biquadratic::through(NODES.map(|(s, t)| polynomial(s, t)));
        let part = p.bounds(0.25..0.75, 0.5..1.0);
        let [ds, dt] = p.slopes();
        let within = |span: Span, v: f64| span.min - 1e-12 <= v && v <= span.max + 1e-12;
        for i in 0..=40 {
            for j in 0..=40 {
                let (s, t) = (f64::from(i) / 40.0, f64::from(j) / 40.0);
                if (0.25..=0.75).contains(&s) && t >= 0.5 {
                    assert!(within(part, polynomial(s, t)));
                }
                assert!(within(ds, -2.0 + 14.0 * s + 4.0 * t - 12.0 * s * t * t));
                assert!(within(dt, 5.0 - 2.0 * t + 4.0 * s - 12.0 * s * s * t));
            }
        }
    }
}
