//! The orthographic projection on the ellipsoid, turned and scaled about its centre
//! (EPSG method 1130, Local Orthographic).
//!
//! Formulas: EPSG Guidance Note 7-2, sections 3.3.5 and 3.3.6.

use super::{Projection, newton};
use crate::crs::datum::Shape;

#[derive(Debug)]
pub(super) struct Orthographic {
    e2: f64,
    sin: f64,
    cos: f64,
    /// The radius across the meridian at the centre.
    across: f64,
    turn: (f64, f64),
    scale: f64,
}

impl Orthographic {
    /// The latitude of the centre and the azimuth of the map's north, in radians.
    pub(super) fn new(ellipsoid: &Shape, phi0: f64, azimuth: f64, scale: f64) -> Self {
        let e2 = ellipsoid.eccentricity_squared();
        let (sin, cos) = phi0.sin_cos();
        let across = (1.0 - e2 * sin * sin).sqrt().recip();
        Self { e2, sin, cos, across, turn: azimuth.sin_cos(), scale }
    }
}

impl Projection for Orthographic {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let ((sin, cos), (sin_lam, cos_lam)) = (phi.sin_cos(), lam.sin_cos());
        // The far side has the coordinates of the near one.
        if self.sin * sin + self.cos * cos * cos_lam < 0.0 {
            return (f64::NAN, f64::NAN);
        }
        let across = (1.0 - self.e2 * sin * sin).sqrt().recip();
        let east = across * cos * sin_lam;
        let north = across * (sin * self.cos - cos * self.sin * cos_lam)
            + self.e2 * (self.across * self.sin - across * sin) * self.cos;
        let (s, c) = self.turn;
        (self.scale * (east * c - north * s), self.scale * (east * s + north * c))
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let (s, c) = self.turn;
        let (x0, y0) = (x / self.scale, y / self.scale);
        let (east, north) = (x0 * c + y0 * s, y0 * c - x0 * s);
        // The sphere's inverse is near enough to start from.
        let depth = (1.0 - east * east - north * north).max(0.0).sqrt();
        let phi = (north * self.cos + depth * self.sin).clamp(-1.0, 1.0).asin();
        let lam = east.atan2(depth * self.cos - north * self.sin);
        newton::solve(|lam, phi| self.forward(lam, phi), (x, y), (lam, phi))
    }
}
