//! Eckert's fourth and sixth projections: equal areas on the sphere.
//!
//! Formulas: J. P. Snyder, "Map Projections: A Working Manual" (1987), chapter 32.

use std::f64::consts::{FRAC_PI_2, PI};

use super::{Projection, arcsine};

#[derive(Debug)]
pub(super) struct Eckert4;

impl Projection for Eckert4 {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let wanted = (2.0 + FRAC_PI_2) * phi.sin();
        let mut theta = 0.5 * phi;
        // At the poles the slope is 0 and the steps only halve.
        for _ in 0..60 {
            let (sin, cos) = theta.sin_cos();
            let slope = 2.0 * cos * (1.0 + cos);
            let step = (theta + sin * cos + 2.0 * sin - wanted) / slope;
            if !step.is_finite() {
                break;
            }
            theta -= step;
            if step.abs() < 1e-14 {
                break;
            }
        }
        let x = 2.0 / (PI * (4.0 + PI)).sqrt() * lam * (1.0 + theta.cos());
        (x, 2.0 * (PI / (4.0 + PI)).sqrt() * theta.sin())
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let theta = arcsine(y / (2.0 * (PI / (4.0 + PI)).sqrt()));
        let (sin, cos) = theta.sin_cos();
        let phi = arcsine((theta + sin * cos + 2.0 * sin) / (2.0 + FRAC_PI_2));
        (x * (PI * (4.0 + PI)).sqrt() / (2.0 * (1.0 + cos)), phi)
    }
}

#[derive(Debug)]
pub(super) struct Eckert6;

impl Projection for Eckert6 {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let wanted = (1.0 + FRAC_PI_2) * phi.sin();
        let mut theta = phi;
        for _ in 0..60 {
            let step = (theta + theta.sin() - wanted) / (1.0 + theta.cos());
            theta -= step;
            if step.abs() < 1e-14 {
                break;
            }
        }
        let scale = (2.0 + PI).sqrt().recip();
        (lam * (1.0 + theta.cos()) * scale, 2.0 * theta * scale)
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let scale = (2.0 + PI).sqrt();
        let theta = 0.5 * y * scale;
        let phi = arcsine((theta + theta.sin()) / (1.0 + FRAC_PI_2));
        (x * scale / (1.0 + theta.cos()), phi)
    }
}
