//! Colombia Urban: a plane at the height of a city (EPSG method 1052).
//!
//! Formulas: EPSG Guidance Note 7-2, section 3.6.2. Its inverse is approximate;
//! here it is the guess from which the formulas of the forward direction are solved.

use super::{Projection, newton};
use crate::crs::datum::Shape;

#[derive(Debug)]
pub(super) struct ColombiaUrban {
    phi0: f64,
    e2: f64,
    height: f64,
    rho0: f64,
    a: f64,
    b: f64,
}

impl ColombiaUrban {
    /// `height` of the plane in metres above the ellipsoid.
    pub(super) fn new(ellipsoid: &Shape, phi0: f64, height: f64) -> Self {
        let e2 = ellipsoid.eccentricity_squared();
        let height = height / ellipsoid.semi_major;
        let (rho0, nu0) = (rho(e2, phi0), nu(e2, phi0));
        Self { phi0, e2, height, rho0, a: 1.0 + height / nu0, b: phi0.tan() / (2.0 * rho0 * nu0) }
    }
}

/// The radius of curvature along the meridian.
fn rho(e2: f64, phi: f64) -> f64 {
    (1.0 - e2) / (1.0 - e2 * phi.sin().powi(2)).powf(1.5)
}

/// The radius of curvature across the meridian.
fn nu(e2: f64, phi: f64) -> f64 {
    (1.0 - e2 * phi.sin().powi(2)).sqrt().recip()
}

impl Projection for ColombiaUrban {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let across = lam * nu(self.e2, phi) * phi.cos();
        let g = 1.0 + self.height / rho(self.e2, 0.5 * (phi + self.phi0));
        (self.a * across, g * self.rho0 * (phi - self.phi0 + self.b * across * across))
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let c = 1.0 + self.height;
        let d = self.rho0 * (1.0 + self.height / (1.0 - self.e2));
        let phi = self.phi0 + y / d - self.b * (x / c).powi(2);
        let lam = x / (c * nu(self.e2, phi) * phi.cos());
        newton::solve(|lam, phi| self.forward(lam, phi), (x, y), (lam, phi))
    }
}
