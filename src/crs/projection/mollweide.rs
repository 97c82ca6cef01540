//! Mollweide's projection: equal areas on the sphere.
//!
//! Formulas: J. P. Snyder, "Map Projections: A Working Manual" (1987), chapter 31.

use std::f64::consts::{PI, SQRT_2};

use super::{Projection, arcsine};

#[derive(Debug)]
pub(super) struct Mollweide;

impl Projection for Mollweide {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        mollweide(lam, phi)
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        mollweide_inverse(x, y)
    }
}

pub(super) fn mollweide(lam: f64, phi: f64) -> (f64, f64) {
    let wanted = PI * phi.sin();
    let mut theta = phi;
    for _ in 0..60 {
        let step = (theta + theta.sin() - wanted) / (1.0 + theta.cos());
        if !step.is_finite() {
            break;
        }
        theta -= step;
        if step.abs() < 1e-14 {
            break;
        }
    }
    let half = 0.5 * theta;
    (2.0 * SQRT_2 / PI * lam * half.cos(), SQRT_2 * half.sin())
}

pub(super) fn mollweide_inverse(x: f64, y: f64) -> (f64, f64) {
    let theta = arcsine(y / SQRT_2);
    let phi = arcsine((2.0 * theta + (2.0 * theta).sin()) / PI);
    (x * PI / (2.0 * SQRT_2 * theta.cos()), phi)
}
