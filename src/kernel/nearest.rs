//! How far the nearest of some pixels is: along columns, then along rows.

use crate::raster::Window;

/// How far, in rows, the next pixel is that counts, up or down a column.
#[derive(Debug)]
pub(super) struct Columns {
    /// Of each row of the window, downwards, the pixel itself not counted.
    below: Vec<u32>,
    /// Of the row at hand, upwards, the pixel itself counted.
    above: Vec<u32>,
    there: Vec<bool>,
    rows: u32,
    /// The row at hand, from 0; none yet.
    next: u32,
}

/// None.
pub(super) const NONE: u32 = u32::MAX;

impl Columns {
    /// Looks at the columns of `need`, which reaches beyond `window` on all sides; `there`
    /// tells which pixels of a row of it count.
    pub(super) fn new(
        need: Window,
        window: Window,
        there: &mut dyn FnMut(i64, &mut [bool]),
    ) -> Self {
        let across = need.width as usize;
        let mut columns = Self {
            below: vec![NONE; across * window.height as usize],
            above: vec![NONE; across],
            there: vec![false; across],
            rows: window.height,
            next: 0,
        };
        let mut below = vec![NONE; across];
        for row in (window.row..need.row_end()).rev() {
            if row < window.row_end() {
                let start = (row - window.row) as usize * across;
                columns.below[start..start + across].copy_from_slice(&below);
            }
            there(row, &mut columns.there);
            below.iter_mut().zip(&columns.there).for_each(|(below, here)| step(below, *here, 1));
        }
        for row in need.row..window.row {
            columns.look(row, there);
        }
        columns
    }

    /// Returns the bytes that it holds.
    pub(super) fn bytes(need: Window, window: Window) -> u64 {
        u64::from(need.width) * (4 * (u64::from(window.height) + 2) + 1)
    }

    fn look(&mut self, row: i64, there: &mut dyn FnMut(i64, &mut [bool])) {
        there(row, &mut self.there);
        self.above.iter_mut().zip(&self.there).for_each(|(above, here)| step(above, *here, 0));
    }

    /// Goes to the next row of the window, which is `row`; the first is its first.
    ///
    /// # Panics
    /// If there is none.
    pub(super) fn advance(&mut self, row: i64, there: &mut dyn FnMut(i64, &mut [bool])) {
        assert!(self.next < self.rows, "a row is left");
        self.look(row, there);
        self.next += 1;
    }

    /// How far up the next is of each column, from the row at hand, that counted.
    pub(super) fn above(&self) -> &[u32] {
        &self.above
    }

    /// How far down the next is of each column, from the row at hand, that not counted.
    pub(super) fn below(&self) -> &[u32] {
        let across = self.above.len();
        &self.below[(self.next as usize - 1) * across..][..across]
    }
}

/// How far the next is from a pixel, by how far it is from the one before.
fn step(far: &mut u32, here: bool, itself: u32) {
    *far = match *far {
        _ if here => itself,
        NONE => NONE,
        before => before + 1,
    };
}

/// The square of a pixel's width and height: whole numbers, so that squares of distances
/// compare exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    x: i128,
    y: i128,
}

impl Metric {
    /// That of square pixels, of side 1.
    pub const SQUARE: Self = Self { x: 1, y: 1 };

    /// That of pixels so much higher than wide: of width 2^26, and the nearest height.
    ///
    /// # Panics
    /// If the ratio is not from 1/16 to 16, for which squares of any raster fit.
    pub fn of_ratio(height: f64) -> Self {
        const UNIT: f64 = (1 << 26) as f64;
        assert!((1.0 / 16.0..=16.0).contains(&height), "a ratio of pixels");
        if height == 1.0 {
            return Self::SQUARE;
        }
        let (width, height) = (UNIT as i128, (UNIT * height).round() as i128);
        Self { x: width * width, y: height * height }
    }

    /// The width of a pixel.
    pub fn width(self) -> f64 {
        (self.x as f64).sqrt()
    }

    /// The height of a pixel.
    pub fn height(self) -> f64 {
        (self.y as f64).sqrt()
    }
}

/// A column that holds a pixel that counts, and how many rows away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// The column.
    pub column: i64,
    /// The rows to the nearest pixel that counts.
    pub rows: u32,
}

/// Finds, for each pixel of a row from column `first` on, the nearest of the pixels that
/// `stands` name, ascending by column: fills `out` with the root of the least of the squares,
/// in the metric's units, infinite if there are none.
///
/// By the lower envelope of the parabolas above the columns (Meijster, Roerdink, Hesselink
/// 2000), in whole numbers: what is found is the least whatever else was looked at. Work grows
/// with the number of columns and pixels alone.
pub fn nearest(stands: &[Stand], first: i64, metric: Metric, hull: &mut Hull, out: &mut [f64]) {
    if stands.is_empty() {
        return out.fill(f64::INFINITY);
    }
    let reach = |stand: &Stand| (stand.column - first).unsigned_abs().max(stand.rows.into());
    let far = stands.iter().map(reach).max().unwrap_or(0).max(out.len() as u64);
    // Twice the sum of two squares fits.
    if metric == Metric::SQUARE && far < 1 << 30 {
        envelope(stands, first, 1i64, 1i64, hull, out);
    } else {
        envelope(stands, first, metric.x, metric.y, hull, out);
    }
}

/// Memory for the columns that are nearest somewhere, and from which pixel on.
#[derive(Debug, Default)]
pub struct Hull(Vec<(Stand, i64)>);

/// Whole numbers that are wide enough.
trait Whole: Copy + PartialOrd {
    fn of(value: i64) -> Self;
    fn product(self, other: Self) -> Self;
    fn sum(self, other: Self) -> Self;
    fn difference(self, other: Self) -> Self;
    /// The quotient, rounded down.
    fn below(self, by: Self) -> i64;
    fn root(self) -> f64;
}

macro_rules! whole {
    ($($t:ty)*) => { $(
        impl Whole for $t {
            #[inline(always)]
            fn of(value: i64) -> Self {
                value.into()
            }
            #[inline(always)]
            fn product(self, other: Self) -> Self {
                self * other
            }
            #[inline(always)]
            fn sum(self, other: Self) -> Self {
                self + other
            }
            #[inline(always)]
            fn difference(self, other: Self) -> Self {
                self - other
            }
            #[inline(always)]
            fn below(self, by: Self) -> i64 {
                self.div_euclid(by).clamp(i64::MIN as Self, i64::MAX as Self) as i64
            }
            #[inline(always)]
            fn root(self) -> f64 {
                (self as f64).sqrt()
            }
        }
    )* };
}
whole! { i64 i128 }

fn envelope<N: Whole>(stands: &[Stand], first: i64, x: N, y: N, hull: &mut Hull, out: &mut [f64]) {
    let hull = &mut hull.0;
    hull.clear();
    let square = |value: i64| N::of(value).product(N::of(value));
    let height = |stand: &Stand| square(stand.rows.into()).product(y);
    // Pixels count from 0, columns beside them may be negative.
    let place = |stand: &Stand| stand.column - first;
    let value =
        |stand: &Stand, pixel: i64| square(pixel - place(stand)).product(x).sum(height(stand));
    for stand in stands {
        while hull.last().is_some_and(|(last, from)| value(last, *from) > value(stand, *from)) {
            hull.pop();
        }
        let Some((last, _)) = hull.last() else {
            hull.push((*stand, 0));
            continue;
        };
        let (a, b) = (place(last), place(stand));
        // Where both are as far away: beyond, the later column is nearer.
        let apart = N::of(b - a).product(N::of(b + a)).product(x);
        let apart = apart.sum(height(stand)).difference(height(last));
        let by = N::of(2 * (b - a)).product(x);
        let from = apart.below(by) + 1;
        if from < out.len() as i64 {
            hull.push((*stand, from));
        }
    }
    let mut at = 0;
    for (pixel, out) in (0..).zip(out) {
        while hull.get(at + 1).is_some_and(|(_, from)| *from <= pixel) {
            at += 1;
        }
        *out = value(&hull[at].0, pixel).root();
    }
}

/// Goes down a window row by row: how far the nearest pixel is that counts, of those of
/// `need`.
#[derive(Debug)]
pub struct Distances {
    columns: Columns,
    need: Window,
    window: Window,
    metric: Metric,
    stands: Vec<Stand>,
    hull: Hull,
    row: i64,
}

impl Distances {
    /// Makes it for a window; `there` tells which pixels of a row of `need` count.
    pub fn new(
        need: Window,
        window: Window,
        metric: Metric,
        there: &mut dyn FnMut(i64, &mut [bool]),
    ) -> Self {
        let columns = Columns::new(need, window, there);
        let (stands, hull) = (Vec::new(), Hull::default());
        Self { columns, need, window, metric, stands, hull, row: window.row }
    }

    /// Returns the bytes that it holds.
    pub fn bytes(need: Window, window: Window) -> u64 {
        Columns::bytes(need, window) + u64::from(need.width) * 48
    }

    /// Fills the next row, in the metric's units; infinite where nothing counts.
    pub fn row(&mut self, there: &mut dyn FnMut(i64, &mut [bool]), out: &mut [f64]) {
        self.columns.advance(self.row, there);
        self.row += 1;
        self.stands.clear();
        let pairs = self.columns.above().iter().zip(self.columns.below());
        for (column, (&above, &below)) in (self.need.col..).zip(pairs) {
            let rows = above.min(below);
            if rows != NONE {
                self.stands.push(Stand { column, rows });
            }
        }
        nearest(&self.stands, self.window.col, self.metric, &mut self.hull, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_that_of_looking_at_all() {
        let mut state = 3u64;
        let mut random = |end: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % end
        };
        for round in 0..300 {
            let metric = [Metric::SQUARE, Metric::of_ratio(2.0), Metric::of_ratio(0.7)][round % 3];
            let mut stands: Vec<Stand> = Vec::new();
            for column in -40..60 {
                if random(4) == 0 {
                    stands.push(Stand { column, rows: random(50) as u32 });
                }
            }
            let mut out = [0.0; 20];
            nearest(&stands, 5, metric, &mut Hull::default(), &mut out);
            for (pixel, &got) in (5..).zip(&out) {
                let all = stands.iter().map(|stand| {
                    let (dx, dy) = (i128::from(pixel - stand.column), i128::from(stand.rows));
                    dx * dx * metric.x + dy * dy * metric.y
                });
                let wanted = all.min().map_or(f64::INFINITY, |square| (square as f64).sqrt());
                assert_eq!(got, wanted, "{pixel} of {stands:?}");
            }
        }
        // Far beyond what 64 bits hold the squares of.
        let far =
            [Stand { column: -(1 << 31), rows: u32::MAX - 1 }, Stand { column: 1 << 31, rows: 5 }];
        let mut out = [0.0];
        nearest(&far, 0, Metric::SQUARE, &mut Hull::default(), &mut out);
        assert_eq!(out, [(1u64 << 31) as f64]);
    }
}
