//! Equidistant Cylindrical on the ellipsoid (EPSG method 1028).
//!
//! Formulas: EPSG Guidance Note 7-2, section 3.2.5. PROJ before 9.8 uses those
//! of the sphere for this method, up to 24 km off to the north.

use super::Projection;
use super::meridian::Meridian;
use crate::crs::datum::Shape;

#[derive(Debug)]
pub(super) struct EquidistantCylindrical {
    meridian: Meridian,
    /// The radius of the parallel that is true to scale.
    across: f64,
    start: f64,
}

impl EquidistantCylindrical {
    /// The parallel of true scale and the latitude of the origin in radians.
    pub(super) fn new(ellipsoid: &Shape, phi1: f64, phi0: f64) -> Self {
        let meridian = Meridian::new(ellipsoid.flattening());
        let across =
            phi1.cos() / (1.0 - ellipsoid.eccentricity_squared() * phi1.sin().powi(2)).sqrt();
        let start = meridian.distance(phi0);
        Self { meridian, across, start }
    }
}

impl Projection for EquidistantCylindrical {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        (self.across * lam, self.meridian.distance(phi) - self.start)
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        (x / self.across, self.meridian.latitude(y + self.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guidance_notes_example_comes_out() {
        // WGS 84 / World Equidistant Cylindrical: 10 E, 55 N gives 1113194.91, 6097230.31.
        let wgs84 = Shape::new(6_378_137.0, 298.257_223_563);
        let projection = EquidistantCylindrical::new(&wgs84, 0.0, 0.0);
        let (x, y) = projection.forward(10_f64.to_radians(), 55_f64.to_radians());
        assert!((x * wgs84.semi_major - 1_113_194.91).abs() < 0.01);
        assert!((y * wgs84.semi_major - 6_097_230.31).abs() < 0.01);
    }
}
