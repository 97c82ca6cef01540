//! Rectangles in CRS coordinates.

/// A rectangle in CRS coordinates, in the CRS's own units, x = east first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Smallest x.
    pub left: f64,
    /// Smallest y.
    pub bottom: f64,
    /// Largest x.
    pub right: f64,
    /// Largest y.
    pub top: f64,
}

impl Bounds {
    /// Makes bounds in rasterio's order: left, bottom, right, top.
    pub const fn new(left: f64, bottom: f64, right: f64, top: f64) -> Self {
        Self { left, bottom, right, top }
    }

    /// Returns the extent in x.
    pub fn width(self) -> f64 {
        self.right - self.left
    }

    /// Returns the extent in y.
    pub fn height(self) -> f64 {
        self.top - self.bottom
    }
}
