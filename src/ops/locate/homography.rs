//! The view of a plane, through ground control points.

use super::polynomial::frame;
use super::solve::solve;
use super::{Pair, degenerate};
use crate::crs::Locate;
use crate::raster::Point;
use crate::{Error, Result};

/// A projective map of the plane, by its matrix row by row.
type Matrix = [[f64; 3]; 3];

/// The projective map of a plane that misses the points by least (GDAL's `GCP_HOMOGRAPHY`), and
/// its inverse.
#[derive(Debug)]
pub(super) struct Homography {
    to_ground: Matrix,
    to_image: Matrix,
}

impl Homography {
    /// How many points it needs.
    pub(super) const LEAST: usize = 4;

    /// Fits the map.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if there are less than 4 points, or three of four lie on a line.
    pub(super) fn new(pairs: &[Pair]) -> Result<Self> {
        if pairs.len() < Self::LEAST {
            return Err(Error::unsupported("ground control points")
                .expected(format!("at least {} for a homography", Self::LEAST))
                .found(pairs.len()));
        }
        let (to_unit, from_unit) = units(pairs.iter().map(|p| p.image));
        let (to_ground_unit, from_ground_unit) = units(pairs.iter().map(|p| p.ground));
        // Each point says two things of eight unknowns; the ninth is 1.
        let rows = 2 * pairs.len();
        let mut matrix = vec![0.0; 8 * rows];
        let mut right = vec![0.0; rows];
        for (number, pair) in pairs.iter().enumerate() {
            let (p, q) = (apply(&to_unit, pair.image), apply(&to_ground_unit, pair.ground));
            let said = [
                ([p.x, p.y, 1.0, 0.0, 0.0, 0.0, -p.x * q.x, -p.y * q.x], q.x),
                ([0.0, 0.0, 0.0, p.x, p.y, 1.0, -p.x * q.y, -p.y * q.y], q.y),
            ];
            for (which, (terms, value)) in said.into_iter().enumerate() {
                let row = 2 * number + which;
                for (column, term) in matrix.chunks_exact_mut(rows).zip(terms) {
                    column[row] = term;
                }
                right[row] = value;
            }
        }
        let [h] = solve(matrix, rows, [right]).ok_or_else(degenerate)?;
        let map = [[h[0], h[1], h[2]], [h[3], h[4], h[5]], [h[6], h[7], 1.0]];
        let to_ground = product(&from_ground_unit, &product(&map, &to_unit));
        let inverse = inverse(&map).ok_or_else(degenerate)?;
        let to_image = product(&from_unit, &product(&inverse, &to_ground_unit));
        Ok(Self { to_ground, to_image })
    }
}

impl Locate for Homography {
    fn to_ground(&self, x: &mut [f64], y: &mut [f64]) {
        all(&self.to_ground, x, y);
    }

    fn to_image(&self, x: &mut [f64], y: &mut [f64]) {
        all(&self.to_image, x, y);
    }
}

fn all(map: &Matrix, x: &mut [f64], y: &mut [f64]) {
    assert_eq!(x.len(), y.len(), "as many x as y");
    for (x, y) in x.iter_mut().zip(y) {
        let p = apply(map, Point { x: *x, y: *y });
        (*x, *y) = (p.x, p.y);
    }
}

fn apply(map: &Matrix, p: Point) -> Point {
    let [x, y, w] = map.map(|[a, b, c]| a * p.x + b * p.y + c);
    Point { x: x / w, y: y / w }
}

/// Returns the maps of points to the square from 0 to 1 and back. What is least depends on the square: this
/// is GDAL's.
fn units(points: impl Iterator<Item = Point> + Clone) -> (Matrix, Matrix) {
    let (middle, half) = frame(points);
    let side = Point { x: 2.0 * half.x, y: 2.0 * half.y };
    let corner = Point { x: middle.x - half.x, y: middle.y - half.y };
    let to = [
        [1.0 / side.x, 0.0, -corner.x / side.x],
        [0.0, 1.0 / side.y, -corner.y / side.y],
        [0.0, 0.0, 1.0],
    ];
    let from = [[side.x, 0.0, corner.x], [0.0, side.y, corner.y], [0.0, 0.0, 1.0]];
    (to, from)
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.map(|row| std::array::from_fn(|j| (0..3).map(|k| row[k] * b[k][j]).sum()))
}

/// Returns the inverse up to a factor, which a projective map does not feel.
fn inverse(m: &Matrix) -> Option<Matrix> {
    let minor = |r: [usize; 2], c: [usize; 2]| {
        m[r[0]][c[0]] * m[r[1]][c[1]] - m[r[0]][c[1]] * m[r[1]][c[0]]
    };
    let others = |i: usize| [(i + 1) % 3, (i + 2) % 3];
    let adjugate: Matrix =
        std::array::from_fn(|i| std::array::from_fn(|j| minor(others(j), others(i))));
    let determinant: f64 = (0..3).map(|j| m[0][j] * adjugate[j][0]).sum();
    (determinant.abs() > 1e-12).then_some(adjugate)
}
