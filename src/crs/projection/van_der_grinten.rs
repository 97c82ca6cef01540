//! Van der Grinten's first projection: the world in a circle.
//!
//! Formulas: J. P. Snyder, "Map Projections: A Working Manual" (1987), chapter 29.

use std::f64::consts::{FRAC_PI_2, PI};

use super::Projection;

const NOTHING: f64 = 1e-10;

#[derive(Debug)]
pub(super) struct VanDerGrinten;

impl Projection for VanDerGrinten {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let p = (phi / FRAC_PI_2).abs();
        if p <= NOTHING {
            return (lam, 0.0);
        }
        let p = p.min(1.0);
        if lam.abs() <= NOTHING || (p - 1.0).abs() < NOTHING {
            return (0.0, (PI * (0.5 * p.asin()).tan()).copysign(phi));
        }
        let a = 0.5 * (PI / lam - lam / PI).abs();
        let cos = (1.0 - p * p).sqrt();
        let g = cos / (p + cos - 1.0);
        let q = (g * (2.0 / p - 1.0)).powi(2);
        let across = g - q;
        let sum = q + a * a;
        let root = (a * across).powi(2) - sum * (g * g - q);
        let x = PI * (a * across + root.max(0.0).sqrt()) / sum;
        let share = x / PI;
        let y = PI * (1.0 - share * (share + 2.0 * a)).max(0.0).sqrt();
        (x.copysign(lam), y.copysign(phi))
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let (x2, y2, up) = (x * x, y * y, y.abs());
        let r = x2 + y2;
        let east = |root: f64| {
            if x.abs() <= NOTHING { 0.0 } else { 0.5 * (r - PI * PI + root.max(0.0).sqrt()) / x }
        };
        let root = r * r + 2.0 * PI * PI * (x2 - y2 + 0.5 * PI * PI);
        if up < NOTHING {
            return (east(root), 0.0);
        }
        let c1 = -PI * up * (r + PI * PI);
        let c3 = r * r + 2.0 * PI * (up * r + PI * (y2 + PI * (up + FRAC_PI_2)));
        let c2 = (c1 + PI * PI * (r - 3.0 * y2)) / c3;
        let c0 = PI * up;
        let a = c1 / c3 - c2 * c2 / 3.0;
        let m = 2.0 * (-a / 3.0).sqrt();
        let d = 2.0 / 27.0 * c2.powi(3) + (c0 * c0 - c2 * c1 / 3.0) / c3;
        let cos = 3.0 * d / (a * m);
        if cos.abs() > 1.0 + 1e-10 {
            return (f64::NAN, f64::NAN);
        }
        let angle = cos.clamp(-1.0, 1.0).acos();
        let phi = PI * (m * (angle / 3.0 + 4.0 * PI / 3.0).cos() - c2 / 3.0);
        (east(root), phi.copysign(y))
    }
}
