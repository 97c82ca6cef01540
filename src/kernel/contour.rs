//! Contours: where a surface through the centres of pixels has a level (marching squares).

use crate::raster::{Point, Window};

/// Most levels between two pixels, as in GDAL.
const MOST_LEVELS: f64 = 100_000.0;

/// The levels of contours.
#[derive(Debug, Clone, PartialEq)]
pub enum Levels {
    /// Those that are `base` and a whole number of times `interval`, which is positive.
    Every {
        /// The difference between two.
        interval: f64,
        /// One of them.
        base: f64,
    },
    /// These, in ascending order.
    These(Vec<f64>),
}

/// There is too much of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMany {
    /// Levels between two pixels.
    Levels,
    /// Lines in a window.
    Lines,
}

impl Levels {
    /// Returns a level by its number.
    pub fn level(&self, number: i64) -> f64 {
        match self {
            Self::Every { interval, base } => number as f64 * interval + base,
            Self::These(levels) => usize::try_from(number)
                .ok()
                .and_then(|n| levels.get(n))
                .copied()
                .unwrap_or(f64::NAN),
        }
    }

    /// Returns the numbers of the levels above `min` up to `max`.
    fn between(&self, min: f64, max: f64) -> Result<std::ops::Range<i64>, TooMany> {
        match self {
            Self::Every { interval, base } => {
                // The first level above a value: the division may be off by one.
                let above = |value: f64| {
                    let guess = ((value - base) / interval).floor();
                    // Beyond that, numbers next to each other have one level.
                    if guess.is_nan() || guess.abs() > 9e15 {
                        return Err(TooMany::Levels);
                    }
                    let mut near = guess as i64 - 1..guess as i64 + 3;
                    near.find(|&n| self.level(n) > value).ok_or(TooMany::Levels)
                };
                if (max - min) / interval > MOST_LEVELS {
                    return Err(TooMany::Levels);
                }
                Ok(above(min)?..above(max)?)
            }
            Self::These(levels) => {
                let above = |value: f64| levels.partition_point(|&level| level <= value) as i64;
                Ok(above(min)..above(max))
            }
        }
    }
}

/// A place between two pixels' centres where lines pass, in quarters of pixels: the centre of
/// pixel (i, j) is (4 i + 4, 4 j + 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Crossing {
    y: u64,
    x: u64,
}

impl Crossing {
    /// Whether a line that ends here goes on on the other side, in cells not looked at: that
    /// is so but beside missing pixels and the edge of the raster.
    pub fn goes_on(self) -> bool {
        matches!((self.x % 4, self.y % 4), (2, 0) | (0, 2))
    }
}

/// A line, or a part of one: higher ground lies on its right as one looks at rows and columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// The number of its level.
    pub level: i64,
    /// Where it begins and ends; `None` if it closes.
    pub ends: Option<(Crossing, Crossing)>,
    /// Where its points begin among all.
    pub start: usize,
    /// Where they end.
    pub end: usize,
}

/// The lines of a window, and their points in pixels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contours {
    /// The points of one line after another; those of one that closes come back to the first.
    pub points: Vec<Point>,
    /// The lines.
    pub stretches: Vec<Stretch>,
}

/// A crossing by its distance from the window's first: rows in the upper half, columns in the
/// lower one.
type Place = u32;

/// A part of a line in one cell.
#[derive(Debug, Clone, Copy)]
struct Segment {
    level: i64,
    from: Place,
    to: Place,
}

/// Most rows and columns of cells of a window.
const MOST_CELLS: u32 = 16_000;

/// Finds the contours in the cells of a window. Cell (i, j) lies between the centres of the
/// pixels (i - 1, j - 1) and (i, j). `samples` are those of all pixels at corners of cells, row
/// by row: one more on each row, one more row; missing ones are NaN. `most` is how many
/// segments there may be.
///
/// Along the sides of a cell values change linearly, and a level is crossed where one end lies
/// below it and the other does not. Where two ways are possible (two corners above, two below,
/// crosswise), the lower left and the upper right corners are cut off. A sample holds to the
/// edge of its pixel where the next is missing. All this is as in gdal_contour, but for samples
/// within 1e-6 below a level, which GDAL takes to be above it.
///
/// # Errors
/// [`TooMany`] if there are more segments, or more than 100000 levels in a cell.
///
/// # Panics
/// If there are too few samples, or more than 16000 rows or columns of cells.
pub fn contour(
    window: Window,
    samples: &[f64],
    levels: &Levels,
    most: usize,
) -> Result<Contours, TooMany> {
    assert!(window.width.max(window.height) <= MOST_CELLS, "a window of a tile");
    let cells = Cells { window, samples, levels };
    let mut segments = cells.segments(most)?;
    segments.sort_unstable_by_key(|s| (s.level, s.from));
    // What follows each: itself if nothing does.
    let next: Vec<u32> = (0..)
        .zip(&segments)
        .map(|(own, s)| {
            let found = segments.binary_search_by_key(&(s.level, s.to), |s| (s.level, s.from));
            found.map_or(own, |at| at as u32)
        })
        .collect();
    let mut follows = vec![false; segments.len()];
    for (own, &next) in (0..).zip(&next) {
        follows[next as usize] |= next != own;
    }
    let mut done = vec![false; segments.len()];
    let mut found = Contours::default();
    // What begins somewhere first, then what closes.
    let begins = (0..segments.len()).filter(|&at| !follows[at]);
    for first in begins.chain(0..segments.len()) {
        if done[first] {
            continue;
        }
        let start = found.points.len();
        let Segment { level, from, .. } = segments[first];
        let height = levels.level(level);
        found.points.push(cells.point(from, height));
        let (mut at, mut last) = (first, from);
        while !done[at] {
            done[at] = true;
            last = segments[at].to;
            let point = cells.point(last, height);
            if found.points.last() != Some(&point) {
                found.points.push(point);
            }
            at = next[at] as usize;
        }
        let ends = (last != from).then(|| (cells.crossing(from), cells.crossing(last)));
        found.stretches.push(Stretch { level, ends, start, end: found.points.len() });
    }
    Ok(found)
}

struct Cells<'a> {
    window: Window,
    samples: &'a [f64],
    levels: &'a Levels,
}

/// The values at the corners of a square.
#[derive(Clone, Copy)]
struct Corners {
    upper_left: f64,
    upper_right: f64,
    lower_left: f64,
    lower_right: f64,
}

/// Where lines pass through the sides of a square.
#[derive(Clone, Copy)]
struct Sides {
    top: Place,
    left: Place,
    right: Place,
    bottom: Place,
}

/// The mean of the values that are there.
fn mean<const N: usize>(values: [f64; N]) -> f64 {
    let count = values.iter().filter(|v| !v.is_nan()).count() as f64;
    // Each is divided first: a sum of large ones may be no number.
    values.iter().filter(|v| !v.is_nan()).map(|v| v / count).sum()
}

impl Cells<'_> {
    fn segments(&self, most: usize) -> Result<Vec<Segment>, TooMany> {
        let mut segments = Vec::new();
        for row in 0..self.window.height {
            for col in 0..self.window.width {
                self.cell(col, row, &mut segments)?;
                if segments.len() > most {
                    return Err(TooMany::Lines);
                }
            }
        }
        Ok(segments)
    }

    /// The sample at the upper left corner of a cell of the window.
    fn sample(&self, col: u32, row: u32) -> f64 {
        self.samples[row as usize * (self.window.width as usize + 1) + col as usize]
    }

    /// A place as one of the raster.
    fn crossing(&self, at: Place) -> Crossing {
        let absolute = |first: i64, at: u32| first as u64 * 4 + u64::from(at);
        Crossing {
            y: absolute(self.window.row, at >> 16),
            x: absolute(self.window.col, at & 0xffff),
        }
    }

    /// The samples at the corners of a cell of the window.
    fn corners(&self, col: u32, row: u32) -> Corners {
        Corners {
            upper_left: self.sample(col, row),
            upper_right: self.sample(col + 1, row),
            lower_left: self.sample(col, row + 1),
            lower_right: self.sample(col + 1, row + 1),
        }
    }

    fn cell(&self, col: u32, row: u32, out: &mut Vec<Segment>) -> Result<(), TooMany> {
        let corners = self.corners(col, row);
        let Corners { upper_left, upper_right, lower_left, lower_right } = corners;
        let (x, y) = (4 * col, 4 * row);
        let at = |dx: u32, dy: u32| (y + dy) << 16 | (x + dx);
        let outer = Sides { top: at(2, 0), left: at(0, 2), right: at(4, 2), bottom: at(2, 4) };
        let all = [upper_left, upper_right, lower_left, lower_right];
        if !all.iter().any(|v| v.is_nan()) {
            return self.square(corners, outer, out);
        }
        if all.iter().all(|v| v.is_nan()) {
            return Ok(());
        }
        // A quarter for each sample that is there. No line passes a side that leads to a
        // missing one: its ends are equal.
        let (centre, top, left) =
            (mean(all), mean([upper_left, upper_right]), mean([upper_left, lower_left]));
        let (right, bottom) = (mean([upper_right, lower_right]), mean([lower_left, lower_right]));
        let inner = Sides { top: at(2, 1), left: at(1, 2), right: at(3, 2), bottom: at(2, 3) };
        let quarters = [
            (
                [upper_left, top, left, centre],
                Sides { right: inner.top, bottom: inner.left, ..outer },
            ),
            (
                [top, upper_right, centre, right],
                Sides { left: inner.top, bottom: inner.right, ..outer },
            ),
            (
                [left, centre, lower_left, bottom],
                Sides { top: inner.left, right: inner.bottom, ..outer },
            ),
            (
                [centre, right, bottom, lower_right],
                Sides { top: inner.right, left: inner.bottom, ..outer },
            ),
        ];
        for (own, (values, sides)) in all.into_iter().zip(quarters) {
            if !own.is_nan() {
                let [upper_left, upper_right, lower_left, lower_right] = values;
                let corners = Corners { upper_left, upper_right, lower_left, lower_right };
                self.square(corners, sides, out)?;
            }
        }
        Ok(())
    }

    fn square(&self, at: Corners, sides: Sides, out: &mut Vec<Segment>) -> Result<(), TooMany> {
        let Corners { upper_left, upper_right, lower_left, lower_right } = at;
        let min = upper_left.min(upper_right).min(lower_left.min(lower_right));
        let max = upper_left.max(upper_right).max(lower_left.max(lower_right));
        let Sides { top, left, right, bottom } = sides;
        for level in self.levels.between(min, max)? {
            let height = self.levels.level(level);
            let case = [upper_left, upper_right, lower_left, lower_right].map(|v| v >= height);
            let mut add = |from, to| out.push(Segment { level, from, to });
            match case {
                [true, false, false, false] => add(top, left),
                [false, true, false, false] => add(right, top),
                [false, false, true, false] => add(left, bottom),
                [false, false, false, true] => add(bottom, right),
                [true, true, false, false] => add(right, left),
                [false, false, true, true] => add(left, right),
                [true, false, true, false] => add(top, bottom),
                [false, true, false, true] => add(bottom, top),
                [false, true, true, true] => add(left, top),
                [true, false, true, true] => add(top, right),
                [true, true, false, true] => add(bottom, left),
                [true, true, true, false] => add(right, bottom),
                [true, false, false, true] => {
                    add(bottom, left);
                    add(top, right);
                }
                [false, true, true, false] => {
                    add(left, bottom);
                    add(right, top);
                }
                [false, false, false, false] | [true, true, true, true] => {}
            }
        }
        Ok(())
    }

    /// The point where a line of a level passes a side, in pixels.
    fn point(&self, at: Place, level: f64) -> Point {
        let Crossing { x, y } = self.crossing(at);
        let place = |quarters: u64| (quarters as f64 - 2.0) / 4.0;
        let (x, y) = (place(x), place(y));
        let (row, col) = ((at >> 16) / 4, (at & 0xffff) / 4);
        match (at & 3, (at >> 16) & 3) {
            (2, 0) => {
                let share = share(self.sample(col, row), self.sample(col + 1, row), level);
                Point { x: x - 0.5 + share, y }
            }
            (0, 2) => {
                let share = share(self.sample(col, row), self.sample(col, row + 1), level);
                Point { x, y: y - 0.5 + share }
            }
            (side, across) => {
                let Corners { upper_left, upper_right, lower_left, lower_right } =
                    self.corners(col, row);
                let centre = mean([upper_left, upper_right, lower_left, lower_right]);
                let share = |a: f64, b: f64| 0.5 * share(a, b, level);
                match (side, across) {
                    (2, 1) => {
                        let share = share(mean([upper_left, upper_right]), centre);
                        Point { x, y: y - 0.25 + share }
                    }
                    (2, _) => {
                        let share = share(centre, mean([lower_left, lower_right]));
                        Point { x, y: y - 0.25 + share }
                    }
                    (1, _) => {
                        let share = share(mean([upper_left, lower_left]), centre);
                        Point { x: x - 0.25 + share, y }
                    }
                    _ => {
                        let share = share(centre, mean([upper_right, lower_right]));
                        Point { x: x - 0.25 + share, y }
                    }
                }
            }
        }
    }
}

/// How far on the way from one value to another a level lies.
fn share(from: f64, to: f64, level: f64) -> f64 {
    let whole = to - from;
    if whole.is_finite() {
        (level - from) / whole
    } else {
        (level / 2.0 - from / 2.0) / (to / 2.0 - from / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(interval: f64) -> Levels {
        Levels::Every { interval, base: 0.0 }
    }

    #[test]
    fn levels_lie_above_the_least_and_up_to_the_largest() {
        let tenths = every(0.1);
        let list = |min, max| -> Vec<f64> {
            let range = tenths.between(min, max).expect("few");
            range.map(|n| tenths.level(n)).collect()
        };
        assert_eq!(list(0.0, 0.2), [0.1, 0.2]);
        // 3 times 0.1 lies above 0.3, and 0.3 is not below it.
        assert_eq!(list(0.25, 0.3), [0.0; 0]);
        assert_eq!(list(0.3, 0.3 + 1e-9), [0.1 * 3.0]);
        assert_eq!(list(-0.1, -0.1), [0.0; 0]);
        assert_eq!(every(1e-9).between(0.0, 1.0), Err(TooMany::Levels));
        assert_eq!(every(1e-300).between(1.0, 1.0 + 1e-15), Err(TooMany::Levels));
        let these = Levels::These(vec![1.0, 2.0, 5.0]);
        assert_eq!(these.between(1.0, 5.0), Ok(1..3));
    }

    #[test]
    fn a_slope_has_straight_lines_to_its_edges() {
        // Three pixels that rise to the right, and what is missing round them.
        let n = f64::NAN;
        #[rustfmt::skip]
        let samples = [
            n, n, n, n, n,
            n, 0., 1., 2., n,
            n, n, n, n, n,
        ];
        let window = Window::new(0, 0, 4, 2);
        let found = contour(window, &samples, &every(0.75), 1000).expect("few");
        let lines: Vec<_> = found
            .stretches
            .iter()
            .map(|s| (s.level, s.ends.is_some(), found.points[s.start..s.end].to_vec()))
            .collect();
        let down = |x: f64| vec![1.0, 0.5, 0.0].into_iter().map(|y| Point { x, y }).collect();
        // Higher ground is on the right of a line that leads up.
        assert_eq!(lines, [(1, true, down(1.25)), (2, true, down(2.0))]);
    }

    #[test]
    fn a_hill_has_closed_lines() {
        let n = f64::NAN;
        #[rustfmt::skip]
        let samples = [
            n, n, n, n, n,
            n, 0., 0., 0., n,
            n, 0., 4., 0., n,
            n, 0., 0., 0., n,
            n, n, n, n, n,
        ];
        let window = Window::new(0, 0, 4, 4);
        let found = contour(window, &samples, &Levels::These(vec![1.0, 4.0]), 1000).expect("few");
        assert_eq!(found.stretches.len(), 2);
        assert!(found.stretches.iter().all(|s| s.ends.is_none()));
        let first = &found.points[..found.stretches[0].end];
        assert_eq!((first.len(), first[0]), (5, first[4]));
        assert!(first.contains(&Point { x: 0.75, y: 1.5 }), "{first:?}");
        // At the top itself there is but a point.
        assert_eq!(found.points[found.stretches[1].start..], [Point { x: 1.5, y: 1.5 }]);
    }
}
