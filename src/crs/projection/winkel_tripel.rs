//! Winkel's third projection, and Aitoff's, of which it is half.
//!
//! Formulas: J. P. Snyder and P. M. Voxland, "An Album of Map Projections"
//! (1989). Aitoff's is an equidistant azimuthal projection of half the longitude,
//! which is how it is turned round; the other's inverse has no closed form.

use super::{Projection, arcsine, newton};

/// The mean of Aitoff's projection and an equidistant cylindrical one.
#[derive(Debug)]
pub(super) struct WinkelTripel {
    /// The cosine of the standard parallel.
    pub(super) cos: f64,
}

#[derive(Debug)]
pub(super) struct Aitoff;

impl Projection for Aitoff {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let half = 0.5 * lam;
        // The angle from the centre: by its tangent, which is exact for small ones too.
        let (sin, cos) = phi.sin_cos();
        let across = cos * half.sin();
        let sine = across.hypot(sin);
        let angle = sine.atan2(cos * half.cos());
        if sine == 0.0 { (lam, phi) } else { (2.0 * angle * across / sine, angle * sin / sine) }
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let across = 0.5 * x;
        let angle = across.hypot(y);
        if angle == 0.0 {
            return (0.0, 0.0);
        }
        let (sin, cos) = angle.sin_cos();
        let half = (across * sin).atan2(angle * cos);
        (2.0 * half, arcsine(y * sin / angle))
    }
}

impl Projection for WinkelTripel {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let (x, y) = Aitoff.forward(lam, phi);
        (0.5 * (x + lam * self.cos), 0.5 * (y + phi))
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let guess = (x / (0.5 + 0.5 * self.cos), y.clamp(-1.5, 1.5) * 0.9);
        newton::solve(|lam, phi| self.forward(lam, phi), (x, y), guess)
    }
}
