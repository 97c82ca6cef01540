//! Operations between datums, as the registry has them.

use super::table::{CONCATENATED, EXTENTS, GEODETIC, OPERATIONS, PARAMETERS, Row, STEPS};
use crate::crs::Area;

/// An operation from one geodetic system to another, of one step or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::crs) enum Operation {
    /// The position of a single operation.
    Single(u16),
    /// The position of a chain that an authority has published as one.
    Chain(u16),
}

/// A geodetic system of the registry by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::crs) struct System(pub(super) u16);

impl System {
    /// Finds the system of a key of [`super::key`].
    pub(in crate::crs) fn of_key(key: u32) -> Option<Self> {
        GEODETIC.find(key).map(|at| Self(at as u16))
    }

    /// The position of its datum.
    pub(in crate::crs) fn datum(self) -> u16 {
        GEODETIC.row(usize::from(self.0)).u16(6)
    }
}

/// What an operation of one step does, in the numbers of EPSG's methods.
#[derive(Debug, Clone)]
pub(in crate::crs) struct Method {
    /// EPSG's code of the method.
    pub(in crate::crs) code: u16,
    /// Metres, arc seconds and parts per million for a shift; degrees for an offset.
    pub(in crate::crs) values: Vec<f64>,
    /// The files of the grids, by the names they have in PROJ's collection.
    pub(in crate::crs) grids: Vec<&'static str>,
}

impl Operation {
    fn row(self) -> Row {
        match self {
            Self::Single(at) => OPERATIONS.row(usize::from(at)),
            Self::Chain(at) => CONCATENATED.row(usize::from(at)),
        }
    }

    pub(in crate::crs) fn name(self) -> &'static str {
        self.row().text(4).unwrap_or_default()
    }

    pub(in crate::crs) fn source(self) -> System {
        System(self.row().u16(6))
    }

    pub(in crate::crs) fn target(self) -> System {
        System(self.row().u16(8))
    }

    /// The published accuracy in metres.
    pub(in crate::crs) fn accuracy(self) -> Option<f64> {
        match self {
            Self::Single(_) => self.row().number(12),
            Self::Chain(_) => self.row().number(10),
        }
    }

    fn extent(self) -> Option<Row> {
        let at = if matches!(self, Self::Single(_)) { 14 } else { 12 };
        self.row().place(at).map(|at| EXTENTS.row(at))
    }

    /// Where the operation is meant to be used.
    pub(in crate::crs) fn area(self) -> Option<Area> {
        self.extent().map(area)
    }

    /// The name of the area.
    pub(in crate::crs) fn area_name(self) -> Option<&'static str> {
        self.extent()?.text(0)
    }

    /// Whether the operation is meant for the sea.
    pub(in crate::crs) fn is_offshore(self) -> bool {
        self.extent().is_some_and(|row| row.u16(2) != 0)
    }

    /// Whether a better operation of the same kind has taken its place.
    pub(in crate::crs) fn is_superseded(self) -> bool {
        matches!(self, Self::Single(_)) && self.row().u16(24) != 0
    }

    /// The method, of a single operation only.
    pub(in crate::crs) fn method(self) -> Option<Method> {
        let Self::Single(_) = self else { return None };
        let row = self.row();
        let (start, count) = (usize::from(row.u16(16)), usize::from(row.u16(18)));
        let values = (start..start + count).filter_map(|at| PARAMETERS.row(at).number(2));
        Some(Method {
            code: row.u16(10),
            values: values.collect(),
            grids: [row.text(20), row.text(22)].into_iter().flatten().collect(),
        })
    }

    /// The single operations it is made of, in order, each with whether it is reversed.
    pub(in crate::crs) fn steps(self) -> Vec<(Self, bool)> {
        let Self::Chain(_) = self else { return vec![(self, false)] };
        let row = self.row();
        let (start, count) = (usize::from(row.u16(14)), usize::from(row.u16(16)));
        let step = |at| {
            let step = STEPS.row(at).u16(0);
            (Self::Single(step & 0x7FFF), step & 0x8000 != 0)
        };
        (start..start + count).map(step).collect()
    }

    /// All operations, single ones first.
    pub(in crate::crs) fn all() -> impl Iterator<Item = Self> {
        let single = (0..OPERATIONS.len()).map(|at| Self::Single(at as u16));
        single.chain((0..CONCATENATED.len()).map(|at| Self::Chain(at as u16)))
    }
}

pub(super) fn area(row: Row) -> Area {
    let degrees = |at| f64::from(row.i16(at)) / 100.0;
    Area { west: degrees(4), south: degrees(6), east: degrees(8), north: degrees(10) }
}
