//! Lambert's conic projection as it was computed by hand in the Levant: conformal but
//! for what a cubic leaves out (EPSG method 9817).
//!
//! Formulas: EPSG Guidance Note 7-2, section 3.1.1.4.

use super::Projection;
use super::meridian::Meridian;
use crate::crs::datum::Shape;

#[derive(Debug)]
pub(super) struct NearConformal {
    meridian: Meridian,
    /// The distance of the origin from the equator.
    start: f64,
    sine: f64,
    scale: f64,
    /// The factor of the cube.
    cubic: f64,
    /// The radius of the origin's circle on the map.
    radius: f64,
}

impl NearConformal {
    /// The latitude of the origin in radians, not 0.
    pub(super) fn new(ellipsoid: &Shape, phi0: f64, scale: f64) -> Self {
        let meridian = Meridian::new(ellipsoid.flattening());
        let e2 = ellipsoid.eccentricity_squared();
        let w = 1.0 - e2 * phi0.sin().powi(2);
        let (along, across) = ((1.0 - e2) / w.powf(1.5), 1.0 / w.sqrt());
        Self {
            start: meridian.distance(phi0),
            sine: phi0.sin(),
            scale,
            cubic: 1.0 / (6.0 * along * across),
            radius: scale * across / phi0.tan(),
            meridian,
        }
    }
}

impl Projection for NearConformal {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let m = self.meridian.distance(phi) - self.start;
        let drop = self.scale * m * (1.0 + self.cubic * m * m);
        let (radius, turn) = (self.radius - drop, lam * self.sine);
        (radius * turn.sin(), drop + radius * (1.0 - turn.cos()))
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let side = self.sine.signum();
        let up = self.radius - y;
        let turn = (side * x).atan2(side * up);
        let drop = (self.radius - side * x.hypot(up)) / self.scale;
        let mut m = drop;
        for _ in 0..20 {
            let step = (m * (1.0 + self.cubic * m * m) - drop) / (1.0 + 3.0 * self.cubic * m * m);
            m -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        (turn / self.sine, self.meridian.latitude(m + self.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guidance_notes_example_comes_out() {
        // Deir ez Zor / Levant Zone: 37 31' 17.625" N, 34 08' 11.291" E.
        let clarke = Shape::new(6_378_249.2, 293.466_02);
        let levant = NearConformal::new(&clarke, 34.65_f64.to_radians(), 0.999_625_6);
        let lam = (34.0 + 8.0 / 60.0 + 11.291 / 3600.0 - 37.35_f64).to_radians();
        let phi = (37.0 + 31.0 / 60.0 + 17.625 / 3600.0_f64).to_radians();
        let (x, y) = levant.forward(lam, phi);
        assert!((x * clarke.semi_major + 300_000.0 - 15_707.96).abs() < 0.01, "{x}");
        assert!((y * clarke.semi_major + 300_000.0 - 623_165.96).abs() < 0.01, "{y}");
        let (l, p) = levant.inverse(x, y);
        assert!((l - lam).abs() < 1e-12 && (p - phi).abs() < 1e-12);
    }
}
