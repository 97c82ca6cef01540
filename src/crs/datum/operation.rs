//! One way from a datum to another, as it is listed and reported.

use std::fmt;

use crate::crs::registry::Operation as Published;
use crate::crs::{Area, GridState};

/// An operation that takes coordinates on one datum to another.
///
/// It is the same for both directions: a [`Transformer`](crate::crs::Transformer)
/// the other way undoes what this one does.
#[derive(Debug, Clone, PartialEq)]
pub struct DatumOperation {
    pub(super) name: String,
    pub(super) accuracy: Option<f64>,
    pub(super) area: Option<Area>,
    pub(super) area_name: Option<&'static str>,
    pub(super) is_offshore: bool,
    pub(super) is_ballpark: bool,
    pub(super) grids: Vec<GridUse>,
    pub(super) legs: Vec<Leg>,
}

/// A file of shifts that an operation needs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GridUse {
    /// The name of the file, as in PROJ's collection.
    pub name: String,
    /// Whether it was found, and can be used.
    pub state: GridState,
}

impl GridUse {
    /// Returns whether it was found and can be used.
    pub fn is_present(&self) -> bool {
        self.state == GridState::Present
    }
}

/// One part of an operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Leg {
    /// An operation of the registry, and whether it is reversed.
    Published(Published, bool),
    /// The shift to WGS 84 that comes with a definition, and whether it is reversed.
    Bound(Box<super::Frame>, bool),
    /// Nothing but the difference of the prime meridians, in degrees.
    Ballpark(f64),
}

impl DatumOperation {
    /// Returns the name: those of its parts, joined by ` + `.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the published accuracy in metres, or `None` where nobody has published one.
    ///
    /// 0 means the same datum; of several parts the figures are added up.
    pub fn accuracy(&self) -> Option<f64> {
        self.accuracy
    }

    /// Returns where the operation is meant to be used, or `None` for anywhere.
    pub fn area(&self) -> Option<Area> {
        self.area
    }

    /// Returns the name of the area; for several parts, that of the smallest.
    pub fn area_name(&self) -> Option<&str> {
        self.area_name
    }

    /// Returns whether coordinates are taken over although the datums differ:
    /// an error of up to some hundred metres is possible.
    pub fn is_ballpark(&self) -> bool {
        self.is_ballpark
    }

    /// Returns the grid files it needs.
    pub fn grids(&self) -> &[GridUse] {
        &self.grids
    }

    /// Returns whether all its grids were found, so that it can be used.
    pub fn is_available(&self) -> bool {
        self.grids.iter().all(GridUse::is_present)
    }
}

impl fmt::Display for DatumOperation {
    /// Writes the name and the accuracy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.accuracy {
            Some(0.0) if self.legs.is_empty() => f.write_str(&self.name),
            Some(metres) => write!(f, "{}, accuracy {metres} m", self.name),
            None => write!(f, "{}, accuracy unknown", self.name),
        }
    }
}
