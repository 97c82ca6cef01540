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
        // Snyder's 29-1 and 29-2, whose numerators are differences of nearly equal
        // numbers near the equator and the central meridian, as what such differences
        // are multiplied up to.
        let steep = g * (2.0 / p - 1.0);
        let (q, a2) = (steep * steep, a * a);
        let across = q - g;
        let root = (a2 * across * across + (q + a2) * (q - g * g)).max(0.0).sqrt();
        let x = PI * (q - g * g) / (a * across + root);
        let root = (a2 * (q + 1.0 - 2.0 * g) + q - g * g).max(0.0).sqrt();
        let y = PI * (a2 * (2.0 * g - 1.0) + g * g) / (steep * (a2 + g) + a * root);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_equator_and_the_central_meridian_are_smooth() {
        // Both are true to scale where they meet: 1e-8 radian is 6 cm.
        for lam in [1e-8, 1e-4, 0.3, 3.0] {
            let (x, y) = VanDerGrinten.forward(lam, 1e-8);
            assert!((x - lam).abs() < 1e-12 && (y - 1e-8).abs() < 1e-13, "{lam}: {x} {y}");
        }
        for phi in [1e-8, 0.1, 1.0, 1.5] {
            let (on, beside) = (VanDerGrinten.forward(0.0, phi), VanDerGrinten.forward(1e-8, phi));
            assert!((on.1 - beside.1).abs() < 1e-12 && beside.0 > 0.0 && beside.0 < 1.1e-8);
        }
    }
}
