//! Longitudes and latitudes about a pole that lies elsewhere.
//!
//! Spherical trigonometry as in PROJ's `ob_tran` with `o_proj=longlat`: the
//! formulas of J. P. Snyder (1987), chapter 5. The result is in radians.

use super::Projection;

/// The position of the new pole.
#[derive(Debug)]
pub(super) struct RotatedPole {
    sin: f64,
    cos: f64,
    lam: f64,
}

impl RotatedPole {
    /// PROJ's `o_lon_p` and `o_lat_p` in radians.
    pub(super) fn new(lam: f64, phi: f64) -> Self {
        let (sin, cos) = phi.sin_cos();
        Self { sin, cos, lam }
    }
}

impl Projection for RotatedPole {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let ((sin, cos), along) = (phi.sin_cos(), lam.cos());
        let east = (cos * lam.sin()).atan2(self.sin * cos * along + self.cos * sin);
        let north = (self.sin * sin - self.cos * cos * along).clamp(-1.0, 1.0).asin();
        (super::wrapped(east + self.lam), north)
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let lam = x - self.lam;
        let ((sin, cos), along) = (y.sin_cos(), lam.cos());
        let north = (self.sin * sin + self.cos * cos * along).clamp(-1.0, 1.0).asin();
        ((cos * lam.sin()).atan2(self.sin * cos * along - self.cos * sin), north)
    }
}
