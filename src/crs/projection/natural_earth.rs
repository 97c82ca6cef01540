//! The Natural Earth projection: polynomials on the sphere.
//!
//! Coefficients: B. Šavrič, B. Jenny, T. Patterson, D. Petrovič, L. Hurni, "A
//! polynomial equation for the Natural Earth projection", CaGIS 38 (2011).

use super::Projection;

#[derive(Debug)]
pub(super) struct NaturalEarth;

/// The distance from the equator and its derivative.
fn north(phi: f64) -> (f64, f64) {
    let p = phi * phi;
    let y = phi
        * (1.007_226 + p * (0.015_085 + p * p * (-0.044_475 + p * (0.028_874 - 0.005_916 * p))));
    let slope = 1.007_226
        + p * (3.0 * 0.015_085
            + p * p * (-7.0 * 0.044_475 + p * (9.0 * 0.028_874 - 11.0 * 0.005_916 * p)));
    (y, slope)
}

fn width(phi: f64) -> f64 {
    let p = phi * phi;
    0.8707 + p * (-0.131_979 + p * (-0.013_791 + p * p * p * (0.003_971 - 0.001_529 * p)))
}

impl Projection for NaturalEarth {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        (lam * width(phi), north(phi).0)
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let mut phi = y;
        for _ in 0..20 {
            let (there, slope) = north(phi);
            let step = (there - y) / slope;
            phi -= step;
            if step.abs() < 1e-14 {
                break;
            }
        }
        (x / width(phi), phi)
    }
}
