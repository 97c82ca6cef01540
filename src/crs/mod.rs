//! Coordinate reference systems and transformations between them.

use std::fmt;

/// A coordinate reference system, known by its EPSG code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crs(u32);

impl Crs {
    /// Names the system with an EPSG code.
    pub fn from_epsg(code: u32) -> Self {
        Self(code)
    }

    /// Returns the EPSG code.
    pub fn epsg(&self) -> Option<u32> {
        Some(self.0)
    }
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EPSG:{}", self.0)
    }
}
