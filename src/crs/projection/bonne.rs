//! Bonne's projection on the ellipsoid (EPSG method 9827).
//!
//! Formulas: EPSG Guidance Note 7-2, section 3.5.1; J. P. Snyder (1987), chapter 19.

use super::Projection;
use super::meridian::Meridian;
use crate::crs::datum::Shape;

#[derive(Debug)]
pub(super) struct Bonne {
    meridian: Meridian,
    e2: f64,
    /// The radius of the standard parallel's circle on the map, with the sign of its latitude.
    radius: f64,
    /// The distance of the standard parallel from the equator.
    start: f64,
}

impl Bonne {
    /// The standard parallel in radians, not 0.
    pub(super) fn new(ellipsoid: &Shape, phi1: f64) -> Self {
        let meridian = Meridian::new(ellipsoid.flattening());
        let e2 = ellipsoid.eccentricity_squared();
        let (sin, cos) = phi1.sin_cos();
        let radius = cos / ((1.0 - e2 * sin * sin).sqrt() * sin);
        let start = meridian.distance(phi1);
        Self { meridian, e2, radius, start }
    }

    /// The radius of a parallel on the ellipsoid.
    fn across(&self, phi: f64) -> f64 {
        phi.cos() / (1.0 - self.e2 * phi.sin().powi(2)).sqrt()
    }
}

impl Projection for Bonne {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let rho = self.radius + self.start - self.meridian.distance(phi);
        if rho.abs() < 1e-12 {
            return (0.0, self.radius);
        }
        let angle = self.across(phi) * lam / rho;
        (rho * angle.sin(), self.radius - rho * angle.cos())
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let sign = self.radius.signum();
        let down = self.radius - y;
        let rho = x.hypot(down) * sign;
        let phi = self.meridian.latitude(self.radius + self.start - rho);
        let across = self.across(phi);
        if across < 1e-12 {
            return (0.0, phi);
        }
        (rho * (sign * x).atan2(sign * down) / across, phi)
    }
}
