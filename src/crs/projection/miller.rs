//! Miller's cylindrical projection, on the sphere.
//!
//! Formulas: J. P. Snyder, "Map Projections: A Working Manual" (1987), chapter 11.

use std::f64::consts::FRAC_PI_4;

use super::Projection;

#[derive(Debug)]
pub(super) struct Miller;

impl Projection for Miller {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        (lam, 1.25 * (FRAC_PI_4 + 0.4 * phi).tan().ln())
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        (x, 2.5 * ((0.8 * y).exp().atan() - FRAC_PI_4))
    }
}
