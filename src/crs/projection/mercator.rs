//! Mercator's projection on the sphere (EPSG method 9841, withdrawn).

use super::Projection;

#[derive(Debug)]
pub(super) struct Mercator {
    /// The scale on the equator.
    pub(super) scale: f64,
}

impl Projection for Mercator {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        (self.scale * lam, self.scale * phi.tan().asinh())
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        (x / self.scale, (y / self.scale).sinh().atan())
    }
}
