//! What a quadrilateral covers, exactly.
//!
//! By Green's theorem the area that a polygon covers of a pixel is a sum over
//! its edges. An edge that two quadrilaterals share adds to one what it takes
//! from the other, in the same operations: so however the plane is divided,
//! what is covered of a pixel by all parts together is that pixel, but for
//! rounding in the sixteenth digit, and totals are conserved.

use super::{Plane, Segment};
use crate::raster::{Point, Sample, Size};

/// The corners of an output pixel in absolute source pixels: its upper left,
/// upper right, lower right and lower left. NaN where one has no place.
pub type Quad = [Point; 4];

/// The corners of a run of up to [`Segment::MAX`] output pixels, which share those between them.
#[derive(Debug, Clone, Default)]
pub struct Quads {
    /// The upper left corner of each, and the upper right one of the last.
    pub upper: Corners,
    /// The lower left corner of each, and the lower right one of the last.
    pub lower: Corners,
    /// Pixels that share none, ascending.
    odd: Vec<(usize, Quad)>,
}

/// Places of corners in absolute source pixels, side by side.
#[derive(Debug, Clone)]
pub struct Corners {
    /// Along the source's columns.
    pub x: [f64; Segment::MAX + 1],
    /// Along the source's rows.
    pub y: [f64; Segment::MAX + 1],
}

impl Default for Corners {
    fn default() -> Self {
        let none = [f64::NAN; Segment::MAX + 1];
        Self { x: none, y: none }
    }
}

impl Quads {
    /// Returns the corners of a pixel.
    pub fn get(&self, i: usize) -> Quad {
        if let Ok(at) = self.odd.binary_search_by_key(&i, |(pixel, _)| *pixel) {
            return self.odd[at].1;
        }
        let corner = |of: &Corners, i: usize| Point { x: of.x[i], y: of.y[i] };
        let Self { upper, lower, .. } = self;
        [corner(upper, i), corner(upper, i + 1), corner(lower, i + 1), corner(lower, i)]
    }

    /// Gives a pixel, behind all that were given some, corners of its own.
    pub fn set(&mut self, i: usize, quad: Quad) {
        self.odd.push((i, quad));
    }

    /// Takes those corners back.
    pub fn share(&mut self) {
        self.odd.clear();
    }

    /// Returns whether all pixels share corners.
    pub fn all_share(&self) -> bool {
        self.odd.is_empty()
    }
}

/// How far a footprint may reach into a pixel and still not touch it, in pixels
/// (gdalwarpkernel.cpp's 1e-10): what is nearer is a rounding error.
pub(super) const LEAST_COVER: f64 = 1e-10;

/// The weighted sum over what a quadrilateral covers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Covered {
    /// Samples times the part of each that is covered.
    pub(super) sum: f64,
    /// The pixels covered, valid ones alone.
    pub(super) area: f64,
}

/// Sums what `quad` covers of a plane. `line` is scratch, of any content.
pub(super) fn covered<T: Sample>(
    source: Plane<'_, T>,
    raster: Size,
    quad: &Quad,
    line: &mut Vec<f64>,
) -> Covered {
    let mut covered = Covered::default();
    // Twice the area: its sign is the direction in which the corners go.
    let across = |a: Point, b: Point| a.x * b.y - b.x * a.y;
    let middle = quad[0];
    let corner = quad.map(|p| Point { x: p.x - middle.x, y: p.y - middle.y });
    let twice = across(corner[1], corner[2]) + across(corner[2], corner[3]);
    // NaN where a corner has no place.
    if twice == 0.0 || !twice.is_finite() {
        return covered;
    }
    let sign = twice.signum();
    let window = source.window;
    let Some(within) = window.intersection(raster.window()) else { return covered };
    let span = |pick: fn(&Point) -> f64, first: i64, end: i64| {
        let least = quad.iter().map(pick).fold(f64::INFINITY, f64::min).floor();
        let most = quad.iter().map(pick).fold(f64::NEG_INFINITY, f64::max).ceil();
        least.max(first as f64) as i64..most.min(end as f64) as i64
    };
    let columns = span(|p| p.x, within.col, within.col_end());
    let rows = span(|p| p.y, within.row, within.row_end());
    if columns.is_empty() {
        return covered;
    }
    let width = (columns.end - columns.start) as usize;
    let edges = [0, 1, 2, 3].map(|i| Edge::new(quad[i], quad[(i + 1) % 4], columns.start as f64));
    for row in rows {
        line.clear();
        line.resize(width + 1, 0.0);
        for edge in &edges {
            edge.add(row as f64, width, line);
        }
        let start = (row - window.row) as usize * window.width as usize
            + (columns.start - window.col) as usize;
        let samples = &source.samples[start..start + width];
        let valid = source.valid.map(|v| &v[start..start + width]);
        let mut so_far = 0.0;
        for (i, (&step, &sample)) in line.iter().zip(samples).enumerate() {
            so_far += step;
            let part = sign * so_far;
            if part > LEAST_COVER && valid.is_none_or(|v| v[i] != 0) {
                covered.sum += part * sample.to_f64();
                covered.area += part;
            }
        }
    }
    covered
}

/// An edge of a polygon, from its upper to its lower end.
struct Edge {
    upper: Point,
    lower: Point,
    /// 1 if the polygon's order of corners goes down along it, else -1.
    direction: f64,
    /// Change of x over one row.
    slope: f64,
    /// Subtracted from x.
    left: f64,
}

impl Edge {
    fn new(from: Point, to: Point, left: f64) -> Self {
        let down = from.y <= to.y;
        let (upper, lower) = if down { (from, to) } else { (to, from) };
        let slope = (lower.x - upper.x) / (lower.y - upper.y);
        // Rightwards of an edge that goes up lies the inside of a polygon whose
        // corners go clockwise on screen.
        Self { upper, lower, direction: if down { -1.0 } else { 1.0 }, slope, left }
    }

    /// Adds to each of `width` columns, as differences from the one before, what
    /// lies to the right of the edge within one row.
    fn add(&self, row: f64, width: usize, line: &mut [f64]) {
        let (y0, y1) = (self.upper.y.max(row), self.lower.y.min(row + 1.0));
        // False for level edges, too.
        if y0 >= y1 || self.upper.y >= self.lower.y {
            return;
        }
        let height = (y1 - y0) * self.direction;
        // The ends themselves, not what the slope makes of them.
        let x = |y: f64| {
            let x = if y == self.lower.y {
                self.lower.x
            } else {
                self.upper.x + (y - self.upper.y) * self.slope
            };
            x - self.left
        };
        let (a, b) = (x(y0), x(y1));
        let (start, end) = if a <= b { (a, b) } else { (b, a) };
        let most = width as f64;
        if end <= 0.0 {
            line[0] += height;
        } else if start >= most {
        } else if start.floor() + 1.0 >= end && start >= 0.0 {
            add_part(line, start.floor() as usize, 0.5 * (start + end), height);
        } else {
            let per = height / (end - start);
            if start < 0.0 {
                line[0] -= start * per;
            }
            let mut x = start.max(0.0);
            let stop = end.min(most);
            while x < stop {
                let column = x.floor();
                let next = (column + 1.0).min(stop);
                add_part(line, column as usize, 0.5 * (x + next), (next - x) * per);
                x = next;
            }
        }
    }
}

/// Adds a piece of an edge that stays within a column: `middle` is its mean x.
#[inline(always)]
fn add_part(line: &mut [f64], column: usize, middle: f64, height: f64) {
    let past = middle - column as f64;
    line[column] += height * (1.0 - past);
    line[column + 1] += height * past;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Window;

    fn area_of(quad: &Quad, size: Size) -> f64 {
        let samples = vec![1.0f64; size.pixels() as usize];
        let source = Plane { window: size.window(), samples: &samples, valid: None };
        covered(source, size, quad, &mut Vec::new()).area
    }

    fn quad(corners: [(f64, f64); 4]) -> Quad {
        corners.map(|(x, y)| Point { x, y })
    }

    #[test]
    fn areas_are_those_of_geometry() {
        let size = Size::new(10, 10);
        let diamond = quad([(5.0, 1.5), (8.25, 5.0), (5.0, 8.5), (1.75, 5.0)]);
        assert!((area_of(&diamond, size) - 2.0 * 3.25 * 3.5).abs() < 1e-12);
        let mirrored = quad([(1.75, 5.0), (5.0, 8.5), (8.25, 5.0), (5.0, 1.5)]);
        assert!((area_of(&mirrored, size) - 2.0 * 3.25 * 3.5).abs() < 1e-12);
        let small = quad([(3.2, 4.3), (3.4, 4.3), (3.4, 4.4), (3.2, 4.4)]);
        assert!((area_of(&small, size) - 0.02).abs() < 1e-14);
        // Half of it lies outside, to the left, and to the right.
        for x in [0.0, 10.0] {
            let cut = quad([(x, 2.0), (x + 3.0, 5.0), (x, 8.0), (x - 3.0, 5.0)]);
            assert!((area_of(&cut, size) - 9.0).abs() < 1e-12, "{x}");
        }
        let beyond = quad([(-5.0, -5.0), (15.0, -5.0), (15.0, 15.0), (-5.0, 15.0)]);
        assert!((area_of(&beyond, size) - 100.0).abs() < 1e-12);
        let outside = quad([(11.0, 2.0), (13.0, 2.0), (13.0, 4.0), (11.0, 4.0)]);
        assert_eq!(area_of(&outside, size), 0.0);
    }

    #[test]
    fn each_pixel_gets_the_part_that_is_covered() {
        let samples = [1.0f64, 10.0, 100.0, 1000.0];
        let size = Size::new(2, 2);
        let source = Plane { window: Window::new(0, 0, 2, 2), samples: &samples, valid: None };
        let corner = quad([(0.0, 0.0), (2.0, 0.0), (0.0, 2.0), (0.0, 2.0)]);
        let found = covered(source, size, &corner, &mut Vec::new());
        assert!((found.sum - (1.0 + 5.0 + 50.0)).abs() < 1e-12 && (found.area - 2.0).abs() < 1e-12);
        let valid = [255, 0, 255, 255];
        let holed = Plane { valid: Some(&valid), ..source };
        let found = covered(holed, size, &corner, &mut Vec::new());
        assert!((found.sum - 51.0).abs() < 1e-12 && (found.area - 1.5).abs() < 1e-12);
    }
}
