//! The New Zealand Map Grid (EPSG method 9811): a conformal polynomial.
//!
//! Coefficients and procedure: W. I. Reilly, "A conformal mapping projection
//! with minimum scale error", Survey Review 22 (1973); Land Information New
//! Zealand publishes them, LINZS25002.

use super::{Projection, newton};

/// Of the isometric latitude in 100,000 arc seconds from the origin.
const PSI: [f64; 10] = [
    0.639_917_507_3,
    -0.135_879_761_3,
    0.063_294_409,
    -0.025_268_53,
    0.011_787_9,
    -0.005_516_1,
    0.002_690_6,
    -0.001_333,
    0.000_67,
    -0.000_34,
];

/// Of the complex polynomial, real and imaginary.
const B: [(f64, f64); 6] = [
    (0.755_785_322_8, 0.0),
    (0.249_204_646, 0.003_371_507),
    (-0.001_541_739, 0.041_058_560),
    (-0.101_629_07, 0.017_276_09),
    (-0.266_234_89, -0.362_492_18),
    (-0.687_098_3, -1.165_196_7),
];

/// New Zealand's grid, whose origin is 41 degrees south.
#[derive(Debug)]
pub(super) struct NewZealandMapGrid {
    pub(super) phi0: f64,
}

impl Projection for NewZealandMapGrid {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let north = (phi - self.phi0).to_degrees() * 3600.0 * 1e-5;
        let psi = PSI.iter().rev().fold(0.0, |sum, c| (sum + c) * north);
        let (mut re, mut im) = (0.0, 0.0);
        for (a, b) in B.iter().rev() {
            (re, im) = (re + a, im + b);
            (re, im) = (re * psi - im * lam, re * lam + im * psi);
        }
        (im, re)
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let guess = (x / 0.75, self.phi0 + y);
        newton::solve(|lam, phi| self.forward(lam, phi), (x, y), guess)
    }
}
