//! Thin plate splines through ground control points.

use super::polynomial::frame;
use super::solve::solve;
use super::{Pair, degenerate};
use crate::crs::Locate;
use crate::raster::Point;
use crate::{Error, Result};

/// The most points: the equations take the square of that in memory (8 bytes each) and the cube in time.
const MOST: usize = 2048;
/// The plane besides the splines.
const PLANE: usize = 3;

/// Surfaces that go through every point and bend as little as can be (GDAL's `GCP_TPS`): from image
/// to ground and back, each by itself. Bookstein, Principal warps, IEEE PAMI 11 (1989), 567-585.
#[derive(Debug)]
pub(super) struct Spline {
    to_ground: Plates,
    to_image: Plates,
}

#[derive(Debug)]
struct Plates {
    middle: Point,
    scale: f64,
    base: Point,
    /// Where the plates are held.
    knots: Vec<Point>,
    /// A weight for each knot, then the plane.
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Spline {
    /// Lays plates through points; of several in one place only the first counts.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if there are less than 3 points or all lie on a line;
    /// [`Error::Limit`] if there are more than 2048.
    pub(super) fn new(pairs: &[Pair]) -> Result<Self> {
        if pairs.len() > MOST {
            return Err(Error::limit("ground control points of a thin plate spline")
                .expected(format!("at most {MOST}"))
                .found(pairs.len())
                .hint("polynomials take any number"));
        }
        let turned: Vec<Pair> =
            pairs.iter().map(|p| Pair { image: p.ground, ground: p.image }).collect();
        let lay = |pairs: &[Pair]| Plates::new(pairs).ok_or_else(degenerate);
        Ok(Self { to_ground: lay(pairs)?, to_image: lay(&turned)? })
    }
}

impl Locate for Spline {
    fn to_ground(&self, x: &mut [f64], y: &mut [f64]) {
        self.to_ground.apply(x, y);
    }

    fn to_image(&self, x: &mut [f64], y: &mut [f64]) {
        self.to_image.apply(x, y);
    }
}

/// How much a plate rises at a squared distance from a knot: r^2 ln r^2.
fn rise(squared: f64) -> f64 {
    if squared > 0.0 { squared * squared.ln() } else { 0.0 }
}

impl Plates {
    fn new(pairs: &[Pair]) -> Option<Self> {
        // Of both axes alike: another scale for each would bend the plates another way.
        let (middle, half) = frame(pairs.iter().map(|p| p.image));
        let scale = half.x.max(half.y);
        let (base, _) = frame(pairs.iter().map(|p| p.ground));
        let mut held: Vec<(Point, Point)> = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let knot = Point {
                x: (pair.image.x - middle.x) / scale,
                y: (pair.image.y - middle.y) / scale,
            };
            if held.iter().all(|(other, _)| *other != knot) {
                held.push((knot, pair.ground));
            }
        }
        let count = held.len();
        let rows = count + PLANE;
        let mut matrix = vec![0.0; rows * rows];
        for (column, (a, _)) in matrix.chunks_exact_mut(rows).zip(&held) {
            for (cell, (b, _)) in column.iter_mut().zip(&held) {
                *cell = rise((a.x - b.x).powi(2) + (a.y - b.y).powi(2));
            }
            column[count..].copy_from_slice(&[1.0, a.x, a.y]);
        }
        for (row, (knot, _)) in held.iter().enumerate() {
            for (column, value) in [1.0, knot.x, knot.y].into_iter().enumerate() {
                matrix[(count + column) * rows + row] = value;
            }
        }
        let side = |of: fn(&Point) -> f64| {
            let mut right: Vec<f64> = held.iter().map(|(_, to)| of(to) - of(&base)).collect();
            right.extend([0.0; PLANE]);
            right
        };
        let [x, y] = solve(matrix, rows, [side(|p| p.x), side(|p| p.y)])?;
        let knots = held.into_iter().map(|(knot, _)| knot).collect();
        Some(Self { middle, scale, base, knots, x, y })
    }

    fn apply(&self, x: &mut [f64], y: &mut [f64]) {
        assert_eq!(x.len(), y.len(), "as many x as y");
        let count = self.knots.len();
        for (x, y) in x.iter_mut().zip(y) {
            let u = (*x - self.middle.x) / self.scale;
            let v = (*y - self.middle.y) / self.scale;
            let plane = |c: &[f64]| c[count] + c[count + 1] * u + c[count + 2] * v;
            let (mut sx, mut sy) = (plane(&self.x), plane(&self.y));
            for ((knot, wx), wy) in self.knots.iter().zip(&self.x).zip(&self.y) {
                let rise = rise((u - knot.x).powi(2) + (v - knot.y).powi(2));
                sx += wx * rise;
                sy += wy * rise;
            }
            (*x, *y) = (self.base.x + sx, self.base.y + sy);
        }
    }
}
