//! Equidistant Cylindrical on the ellipsoid (EPSG method 1028), and how far it lies from the
//! spherical formulas (1029).
//!
//! Formulas: EPSG Guidance Note 7-2, section 3.2.5. Software differs in which of the two it takes
//! on an ellipsoid: `docs/crs.md` says what is done here and why.

use super::Projection;
use super::meridian::Meridian;
use crate::crs::datum::Shape;
use crate::crs::{Area, Conversion, Method, Parameter, Projected};

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

/// The method as a system on an ellipsoid states it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::crs) struct Disputed {
    /// Whether the formulas of the sphere are taken, with the ellipsoid's greater axis.
    pub(in crate::crs) on_sphere: bool,
    /// The most metres by which the two ways differ.
    pub(in crate::crs) metres: f64,
}

/// Returns how a system of this projection is taken, and how far off it lies from the other way
/// within an area (the world without one); `None` for other methods and on spheres, where both
/// ways are one.
pub(in crate::crs) fn disputed(system: &Projected, area: Option<Area>) -> Option<Disputed> {
    let Conversion { method, .. } = system.conversion;
    let (on_sphere, parallel, meridian) = match method {
        Method::EquidistantCylindrical => {
            (false, Parameter::FirstParallel, Parameter::NaturalLongitude)
        }
        Method::EquidistantCylindricalOld => {
            (false, Parameter::NaturalLatitude, Parameter::FalseOriginLongitude)
        }
        Method::EquidistantCylindricalSpherical => {
            (true, Parameter::FirstParallel, Parameter::NaturalLongitude)
        }
        Method::EquidistantCylindricalSphericalOld => {
            (true, Parameter::NaturalLatitude, Parameter::NaturalLongitude)
        }
        _ => return None,
    };
    let ellipsoid = Shape::of(&system.base.datum.ellipsoid);
    if ellipsoid.eccentricity_squared() == 0.0 {
        return None;
    }
    let angle = |parameter| system.conversion.get(parameter).to_radians();
    let area = area.unwrap_or(Area::WORLD);
    let phi0 = match method {
        Method::EquidistantCylindrical => angle(Parameter::NaturalLatitude),
        _ => 0.0,
    };
    let own = EquidistantCylindrical::new(&ellipsoid, angle(parallel), phi0);
    let steps =
        |from: f64, to: f64| (0..=90).map(move |i| from + (to - from) * f64::from(i) / 90.0);
    let east = if area.east < area.west { area.east + 360.0 } else { area.east };
    let away = |longitude: f64| {
        let turn = std::f64::consts::TAU;
        let away = longitude.to_radians() - angle(meridian);
        (away - turn * (away / turn).round()).abs()
    };
    let lam = steps(area.west, east).map(away).fold(0.0, f64::max);
    let across = (own.across - angle(parallel).cos()) * lam;
    let along = steps(area.south, area.north)
        .map(f64::to_radians)
        .map(|phi| (own.meridian.distance(phi) - own.start - (phi - phi0)).abs())
        .fold(0.0, f64::max);
    Some(Disputed { on_sphere, metres: across.hypot(along) * ellipsoid.semi_major })
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
