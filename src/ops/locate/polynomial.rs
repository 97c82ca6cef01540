//! Polynomials through ground control points.

use super::solve::solve;
use super::{Pair, degenerate};
use crate::crs::Locate;
use crate::raster::Point;
use crate::{Error, Result};

/// The most terms that a polynomial has: those of degree 3.
const MOST: usize = 10;

/// Polynomials of both coordinates, from image to ground and back, each fitted by itself so that
/// the squares of what it misses the points by are least (GDAL's `GCP_POLYNOMIAL`).
#[derive(Debug)]
pub(super) struct Polynomial {
    to_ground: Fit,
    to_image: Fit,
}

/// Polynomials of two variables that make two.
#[derive(Debug)]
struct Fit {
    /// What is subtracted from the variables, and what they are divided by then.
    middle: Point,
    scale: Point,
    /// What is added to the results.
    base: Point,
    terms: usize,
    x: [f64; MOST],
    y: [f64; MOST],
}

impl Polynomial {
    /// Returns how many points a degree needs.
    pub(super) fn least(degree: u8) -> usize {
        terms(degree)
    }

    /// Fits polynomials of a degree, 1 to 3.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if there are too few points, or they lie on a line.
    pub(super) fn new(pairs: &[Pair], degree: u8) -> Result<Self> {
        let least = Self::least(degree);
        if pairs.len() < least {
            return Err(Error::unsupported("ground control points")
                .expected(format!("at least {least} for polynomials of degree {degree}"))
                .found(pairs.len())
                .hint("ask for a lower degree"));
        }
        let turned: Vec<Pair> =
            pairs.iter().map(|p| Pair { image: p.ground, ground: p.image }).collect();
        let fit = |pairs: &[Pair]| Fit::new(pairs, degree).ok_or_else(degenerate);
        Ok(Self { to_ground: fit(pairs)?, to_image: fit(&turned)? })
    }
}

impl Locate for Polynomial {
    fn to_ground(&self, x: &mut [f64], y: &mut [f64]) {
        self.to_ground.apply(x, y);
    }

    fn to_image(&self, x: &mut [f64], y: &mut [f64]) {
        self.to_image.apply(x, y);
    }
}

fn terms(degree: u8) -> usize {
    match degree {
        0 | 1 => 3,
        2 => 6,
        _ => MOST,
    }
}

/// The powers and products of two variables, by rising degree.
fn powers(x: f64, y: f64) -> [f64; MOST] {
    [1.0, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y]
}

impl Fit {
    fn new(pairs: &[Pair], degree: u8) -> Option<Self> {
        let terms = terms(degree);
        let (middle, scale) = frame(pairs.iter().map(|p| p.image));
        let (base, _) = frame(pairs.iter().map(|p| p.ground));
        let mut matrix = vec![0.0; terms * pairs.len()];
        for (row, pair) in pairs.iter().enumerate() {
            let at = pair.image;
            let all = powers((at.x - middle.x) / scale.x, (at.y - middle.y) / scale.y);
            for (column, term) in matrix.chunks_exact_mut(pairs.len()).zip(all) {
                column[row] = term;
            }
        }
        let right = [
            pairs.iter().map(|p| p.ground.x - base.x).collect(),
            pairs.iter().map(|p| p.ground.y - base.y).collect(),
        ];
        let solved = solve(matrix, pairs.len(), right)?;
        let [x, y] = solved.map(|coefficients| {
            let mut all = [0.0; MOST];
            all[..terms].copy_from_slice(&coefficients);
            all
        });
        Some(Self { middle, scale, base, terms, x, y })
    }

    fn apply(&self, x: &mut [f64], y: &mut [f64]) {
        assert_eq!(x.len(), y.len(), "as many x as y");
        for (x, y) in x.iter_mut().zip(y) {
            let u = (*x - self.middle.x) / self.scale.x;
            let v = (*y - self.middle.y) / self.scale.y;
            let powers = &powers(u, v)[..self.terms];
            let sum = |coefficients: &[f64; MOST]| -> f64 {
                coefficients.iter().zip(powers).map(|(c, p)| c * p).sum()
            };
            (*x, *y) = (self.base.x + sum(&self.x), self.base.y + sum(&self.y));
        }
    }
}

/// Returns the middle of points and half their extent, which is never 0.
pub(super) fn frame(points: impl Iterator<Item = Point> + Clone) -> (Point, Point) {
    let side = |values: &mut dyn Iterator<Item = f64>| {
        let (least, most) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), v| {
            (least.min(v), most.max(v))
        });
        let half = 0.5 * (most - least);
        (0.5 * (least + most), if half > 0.0 { half } else { 1.0 })
    };
    let (x, y) = (side(&mut points.clone().map(|p| p.x)), side(&mut points.map(|p| p.y)));
    (Point { x: x.0, y: y.0 }, Point { x: x.1, y: y.1 })
}
