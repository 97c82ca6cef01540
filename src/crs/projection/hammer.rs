//! Hammer's projection: equal areas in an ellipse, on the sphere.
//!
//! Formulas: J. P. Snyder and P. M. Voxland, "An Album of Map Projections" (1989).

use super::Projection;

#[derive(Debug)]
pub(super) struct Hammer;

impl Projection for Hammer {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let half = 0.5 * lam;
        let d = (2.0 / (1.0 + phi.cos() * half.cos())).sqrt();
        (2.0 * d * phi.cos() * half.sin(), d * phi.sin())
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        // The whole ellipse is x² / 8 + y² / 2 <= 1.
        let z2 = 1.0 - x * x / 16.0 - y * y / 4.0;
        if z2 < 0.5 - 1e-12 {
            return (f64::NAN, f64::NAN);
        }
        let z = z2.sqrt();
        (2.0 * (0.5 * z * x).atan2(2.0 * z2 - 1.0), (z * y).asin())
    }
}
