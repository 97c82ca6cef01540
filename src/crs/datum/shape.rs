//! The size and shape of an earth model, as formulas want it.

use crate::crs::Ellipsoid;

/// The size and shape of an ellipsoid of revolution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::crs) struct Shape {
    /// The radius of the equator in metres.
    pub(in crate::crs) semi_major: f64,
    /// 1 / flattening; 0 stands for a sphere.
    pub(in crate::crs) inverse_flattening: f64,
}

impl Shape {
    pub(in crate::crs) fn new(semi_major: f64, inverse_flattening: f64) -> Self {
        Self { semi_major, inverse_flattening }
    }

    pub(in crate::crs) fn flattening(&self) -> f64 {
        if self.inverse_flattening == 0.0 { 0.0 } else { self.inverse_flattening.recip() }
    }

    /// The size and shape of a definition's ellipsoid.
    pub(in crate::crs) fn of(ellipsoid: &Ellipsoid) -> Self {
        Self::new(ellipsoid.semi_major, ellipsoid.inverse_flattening)
    }

    /// The square of the first eccentricity.
    pub(in crate::crs) fn eccentricity_squared(&self) -> f64 {
        let f = self.flattening();
        f * (2.0 - f)
    }
}
