//! Albers' equal-area conic (EPSG method 9822). proj4rs, as PROJ's inverse, takes the last
//! two kilometres before a pole for the pole itself, so that no place there would come back.
//!
//! Formulas: EPSG Guidance Note 7-2, section 3.3.1; the inverse solves for the sine of the
//! latitude instead of a series.

use super::{Projection, arcsine};
use crate::crs::datum::Shape;

#[derive(Debug)]
pub(super) struct Albers {
    authalic: Authalic,
    /// The cone's constant: how much of a turn on the map is a turn of longitude.
    n: f64,
    c: f64,
    rho0: f64,
}

impl Albers {
    /// Makes the cone through two parallels, with the origin at `phi0`, all in radians. `None`
    /// if it would be a cylinder, or a parallel is none.
    pub(super) fn new(ellipsoid: &Shape, phi0: f64, phi1: f64, phi2: f64) -> Option<Self> {
        let is_latitude = |phi: f64| phi.abs() <= std::f64::consts::FRAC_PI_2;
        if (phi1 + phi2).abs() < 1e-10 || ![phi0, phi1, phi2].into_iter().all(is_latitude) {
            return None;
        }
        let authalic = Authalic { e2: ellipsoid.eccentricity_squared() };
        // The square of a parallel's radius.
        let across = |phi: f64| phi.cos().powi(2) / (1.0 - authalic.e2 * phi.sin().powi(2));
        let q = |phi: f64| authalic.q(phi.sin());
        let n = if (phi1 - phi2).abs() < 1e-10 {
            phi1.sin()
        } else {
            (across(phi1) - across(phi2)) / (q(phi2) - q(phi1))
        };
        let c = across(phi1) + n * q(phi1);
        let rho0 = (c - n * q(phi0)).sqrt() / n;
        Some(Self { authalic, n, c, rho0 })
    }
}

impl Projection for Albers {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let rho = (self.c - self.n * self.authalic.q(phi.sin())).sqrt() / self.n;
        let (sin, cos) = (self.n * lam).sin_cos();
        (rho * sin, self.rho0 - rho * cos)
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let (x, y) = (x * self.n.signum(), (self.rho0 - y) * self.n.signum());
        let rho = x.hypot(y) * self.n;
        let sine = self.authalic.sine((self.c - rho * rho) / self.n);
        (x.atan2(y) / self.n, arcsine(sine))
    }
}

/// The area between the equator and a parallel: `q`, 2 at the pole of a sphere.
#[derive(Debug)]
struct Authalic {
    e2: f64,
}

impl Authalic {
    fn q(&self, sine: f64) -> f64 {
        let e = self.e2.sqrt();
        let bulge = if e == 0.0 { sine } else { (e * sine).atanh() / e };
        (1.0 - self.e2) * (sine / (1.0 - self.e2 * sine * sine) + bulge)
    }

    /// The sine of the latitude with such a `q`, by Newton's method: as a function of the sine
    /// `q` is steep everywhere, the poles included. Beyond them more than 1.
    fn sine(&self, q: f64) -> f64 {
        let mut sine = q / self.q(1.0);
        if sine.abs() > 1.0 {
            return sine;
        }
        for _ in 0..10 {
            let slope = 2.0 * (1.0 - self.e2) / (1.0 - self.e2 * sine * sine).powi(2);
            let step = (self.q(sine) - q) / slope;
            sine -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        sine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_undoes_its_area() {
        // A sphere, the earth, and flatter than any body that is known.
        for e2 in [0.0, 0.006_694_38, 0.4] {
            let authalic = Authalic { e2 };
            for sine in [-1.0, -0.999_999_98, -0.3, 0.0, 1e-9, 0.7, 0.999_999_98, 1.0] {
                let back = authalic.sine(authalic.q(sine));
                assert!((back - sine).abs() < 2e-15, "{e2}: {sine} {back}");
            }
        }
    }

    #[test]
    fn cylinders_are_refused() {
        let globe = Shape::new(6_378_137.0, 298.257_222_101);
        assert!(Albers::new(&globe, 0.0, 0.5, -0.5).is_none());
        assert!(Albers::new(&globe, 0.0, 0.5, 1.6).is_none());
        assert!(Albers::new(&globe, 0.0, 0.5, 0.5).is_some());
    }
}
