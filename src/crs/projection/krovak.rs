//! Modified Krovak: Krovak's oblique cone with the polynomial of 2011 (EPSG
//! methods 1042 and 1043).
//!
//! Formulas and coefficients: EPSG Guidance Note 7-2, sections 3.2.4.2 and 3.2.4.3.

use std::f64::consts::FRAC_PI_4;

use super::{Projection, newton};
use crate::crs::datum::Shape;

/// C1 to C10 of the polynomial, in metres.
const C: [f64; 10] = [
    2.946_529_277e-2,
    2.515_965_696e-2,
    1.193_845_912e-7,
    -4.668_270_147e-7,
    9.233_980_362e-12,
    1.523_735_715e-12,
    1.696_780_024e-18,
    4.408_314_235e-18,
    -8.331_083_518e-24,
    -3.689_471_323e-24,
];

/// The evaluation point of the polynomial: southing and westing in metres.
const POINT: (f64, f64) = (1_089_000.0, 654_000.0);

#[derive(Debug)]
pub(super) struct ModifiedKrovak {
    semi_major: f64,
    e: f64,
    b: f64,
    t0: f64,
    n: f64,
    /// The radius of the pseudo standard parallel times its tangent to the power of n.
    r0: f64,
    tilt: f64,
    phi0: f64,
}

/// The parameters of the cone, angles in radians.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cone {
    pub(super) latitude_of_centre: f64,
    pub(super) colatitude: f64,
    pub(super) pseudo_parallel: f64,
    pub(super) scale: f64,
}

impl ModifiedKrovak {
    pub(super) fn new(ellipsoid: &Shape, cone: Cone) -> Self {
        let e2 = ellipsoid.eccentricity_squared();
        let e = e2.sqrt();
        let (phi0, parallel) = (cone.latitude_of_centre, cone.pseudo_parallel);
        let a = ellipsoid.semi_major * (1.0 - e2).sqrt() / (1.0 - e2 * phi0.sin().powi(2));
        let b = (1.0 + e2 * phi0.cos().powi(4) / (1.0 - e2)).sqrt();
        let gamma = (phi0.sin() / b).asin();
        let t0 = half(gamma) * bulge(e, phi0).powf(0.5 * e * b) / half(phi0).powf(b);
        let n = parallel.sin();
        let r0 = cone.scale * a / parallel.tan() * half(parallel).powf(n);
        Self { semi_major: ellipsoid.semi_major, e, b, t0, n, r0, tilt: cone.colatitude, phi0 }
    }

    /// Southing and westing of Krovak's own projection in metres.
    fn krovak(&self, lam: f64, phi: f64) -> (f64, f64) {
        let t = self.t0 * half(phi).powf(self.b) / bulge(self.e, phi).powf(0.5 * self.e * self.b);
        let u = 2.0 * (t.atan() - FRAC_PI_4);
        let v = -self.b * lam;
        let s = (self.tilt.cos() * u.sin() + self.tilt.sin() * u.cos() * v.cos()).asin();
        let d = (u.cos() * v.sin() / s.cos()).asin();
        let r = self.r0 / half(s).powf(self.n);
        (r * (self.n * d).cos(), r * (self.n * d).sin())
    }
}

/// The tangent of half an angle and 45 degrees.
fn half(angle: f64) -> f64 {
    (0.5 * angle + FRAC_PI_4).tan()
}

fn bulge(e: f64, phi: f64) -> f64 {
    (1.0 + e * phi.sin()) / (1.0 - e * phi.sin())
}

/// What the polynomial takes off southing and westing.
fn correction(south: f64, west: f64) -> (f64, f64) {
    let (x, y) = (south - POINT.0, west - POINT.1);
    let (x2, y2) = (x * x, y * y);
    let (quad, cross) = (x2 - y2, x * y);
    let quartic = x2 * x2 + y2 * y2 - 6.0 * x2 * y2;
    let dx =
        C[0] + C[2] * x - C[3] * y - 2.0 * C[5] * cross + C[4] * quad + C[6] * x * (x2 - 3.0 * y2)
            - C[7] * y * (3.0 * x2 - y2)
            + 4.0 * C[8] * cross * quad
            + C[9] * quartic;
    let dy = C[1]
        + C[2] * y
        + C[3] * x
        + 2.0 * C[4] * cross
        + C[5] * quad
        + C[7] * x * (x2 - 3.0 * y2)
        + C[6] * y * (3.0 * x2 - y2)
        - 4.0 * C[9] * cross * quad
        + C[8] * quartic;
    (dx, dy)
}

impl Projection for ModifiedKrovak {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let (south, west) = self.krovak(lam, phi);
        let (dx, dy) = correction(south, west);
        (-(west - dy) / self.semi_major, -(south - dx) / self.semi_major)
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        // The grid lies some 7 degrees west of its central meridian.
        newton::solve(|lam, phi| self.forward(lam, phi), (x, y), (-0.13, self.phi0))
    }
}
