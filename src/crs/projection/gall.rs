//! Gall's stereographic projection: a cylinder through 45 degrees, on the sphere.
//!
//! Formulas: J. P. Snyder and P. M. Voxland, "An Album of Map Projections" (1989).

use std::f64::consts::FRAC_1_SQRT_2;

use super::Projection;

#[derive(Debug)]
pub(super) struct Gall;

impl Projection for Gall {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        (lam * FRAC_1_SQRT_2, (1.0 + FRAC_1_SQRT_2) * (0.5 * phi).tan())
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        (x / FRAC_1_SQRT_2, 2.0 * (y / (1.0 + FRAC_1_SQRT_2)).atan())
    }
}
