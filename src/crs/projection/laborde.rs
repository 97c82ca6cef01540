//! Laborde's projection of Madagascar (EPSG method 9813).
//!
//! Formulas: J. Laborde's series of 1928, as published in EPSG Guidance Note
//! 7-2, section 3.2.6.2, and by J. P. Snyder. The inverse is solved numerically.

use std::f64::consts::FRAC_PI_4;

use super::{Projection, newton};
use crate::crs::datum::Shape;

#[derive(Debug)]
pub(super) struct Laborde {
    e: f64,
    /// The latitude of the centre on the sphere.
    p0s: f64,
    /// The ratio of longitudes on the sphere and on the ellipsoid.
    a: f64,
    c: f64,
    radius: f64,
    ca: f64,
    cb: f64,
}

impl Laborde {
    /// Latitude of the centre and azimuth of the central line in radians, scale there.
    pub(super) fn new(ellipsoid: &Shape, phi0: f64, azimuth: f64, k0: f64) -> Self {
        let e2 = ellipsoid.eccentricity_squared();
        let e = e2.sqrt();
        let sin = phi0.sin();
        let t = 1.0 - e2 * sin * sin;
        let nu = t.sqrt().recip();
        let rho = (1.0 - e2) * nu / t;
        let radius = k0 * (nu * rho).sqrt();
        let p0s = ((rho / nu).sqrt() * phi0.tan()).atan();
        let a = sin / p0s.sin();
        let c = (FRAC_PI_4 + 0.5 * p0s).tan().ln() - a * isometric(e, phi0);
        let third = 1.0 / (12.0 * radius * radius);
        let (ca, cb) = ((1.0 - (2.0 * azimuth).cos()) * third, (2.0 * azimuth).sin() * third);
        Self { e, p0s, a, c, radius, ca, cb }
    }
}

fn isometric(e: f64, phi: f64) -> f64 {
    let t = e * phi.sin();
    (FRAC_PI_4 + 0.5 * phi).tan().ln() - 0.5 * e * ((1.0 + t) / (1.0 - t)).ln()
}

impl Projection for Laborde {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let a2 = self.a * self.a;
        let ps = 2.0 * ((self.a * isometric(self.e, phi) + self.c).exp().atan() - FRAC_PI_4);
        let (sin, cos) = ps.sin_cos();
        let (sin2, cos2) = (sin * sin, cos * cos);
        let i1 = ps - self.p0s;
        let i4 = self.a * cos;
        let i2 = 0.5 * self.a * i4 * sin;
        let i3 = i2 * a2 * (5.0 * cos2 - sin2) / 12.0;
        let i5 = i4 * a2 * (cos2 - sin2) / 6.0;
        let i6 = i4 * a2 * a2 * (5.0 * cos2 * cos2 + sin2 * (sin2 - 18.0 * cos2)) / 120.0;
        let t = lam * lam;
        let x = self.radius * lam * (i4 + t * (i5 + t * i6));
        let y = self.radius * (i1 + t * (i2 + t * i3));
        let v1 = 3.0 * x * y * y - x * x * x;
        let v2 = y * y * y - 3.0 * x * x * y;
        (x + self.ca * v1 + self.cb * v2, y + self.ca * v2 - self.cb * v1)
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let phi = self.p0s + y / self.radius;
        let guess = (x / (self.radius * self.a * phi.cos()), phi);
        newton::solve(|lam, phi| self.forward(lam, phi), (x, y), guess)
    }
}
