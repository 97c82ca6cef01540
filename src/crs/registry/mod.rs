//! What is known of each code: name, datum, projection, area; and the
//! operations between datums.
//!
//! Names and numbers are facts of the EPSG Dataset, owned by IOGP and used under
//! its terms (<https://epsg.org/terms-of-use.html>), and of Esri's and PROJ's
//! lists. See `src/crs/data/README.md`.

mod definition;
mod names;
mod operations;
mod table;

use std::borrow::Cow;

use super::datum::Shape;
use super::{Area, Authority, Definition, Geographic, Id};
use table::{
    COMPOUND, CONVERSIONS, DATUMS, ELLIPSOIDS, EXTENTS, GEODETIC, MERIDIANS, PROJECTED, Row, UNITS,
    VERTICAL,
};

pub(super) use definition::{definition, id_of};
pub(super) use names::{
    Named, by_name, compound_of, ellipsoid_by_size, esri_name, meridian_code, meridian_name,
    on_datum,
};
pub(super) use operations::{Method, Operation, System};

/// The key of a code of Esri's is the code with this added; EPSG's are their own keys.
const ESRI: u32 = 1 << 24;

/// A horizontal system of the registry.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry {
    Geodetic(System),
    Projected(Projected),
}

/// A projected system by its position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Projected(usize);

/// Finds a horizontal system; of a compound one, the horizontal part.
pub(super) fn find(key: u32) -> Option<Entry> {
    if let Some(at) = PROJECTED.find(key) {
        return Some(Entry::Projected(Projected(at)));
    }
    if let Some(system) = System::of_key(key) {
        return Some(Entry::Geodetic(system));
    }
    // Its parts are systems of their own, never compound again.
    let horizontal = COMPOUND.row(COMPOUND.find(key)?).u32(8);
    PROJECTED
        .find(horizontal)
        .map(|at| Entry::Projected(Projected(at)))
        .or_else(|| System::of_key(horizontal).map(Entry::Geodetic))
}

/// The name of any system, vertical and compound ones too.
pub(super) fn name(key: u32) -> Option<Cow<'static, str>> {
    let named = |section: table::Section| section.row(section.find(key)?).text(4).map(Cow::from);
    named(COMPOUND).or_else(|| named(VERTICAL)).or_else(|| find(key).map(Entry::name))
}

/// The EPSG codes of all horizontal systems, geographic ones first.
pub(super) fn codes() -> impl Iterator<Item = u32> {
    let geographic = GEODETIC.rows().filter(|row| row.u16(8) >> 8 < 2);
    geographic.chain(PROJECTED.rows()).map(|row| row.u32(0)).filter(|&key| key < ESRI)
}

fn extent(row: Row, at: usize) -> Option<Area> {
    row.place(at).map(|at| operations::area(EXTENTS.row(at)))
}

impl Entry {
    pub(super) fn name(self) -> Cow<'static, str> {
        match self {
            Self::Geodetic(system) => system.name().into(),
            Self::Projected(projected) => projected.name(),
        }
    }

    /// The area the authority means it to be used in.
    pub(super) fn area(self) -> Option<Area> {
        match self {
            Self::Geodetic(system) => extent(system.row(), 14),
            Self::Projected(projected) => extent(projected.row(), 14),
        }
    }

    pub(super) fn is_deprecated(self) -> bool {
        match self {
            Self::Geodetic(system) => system.row().u16(8) & 1 != 0,
            Self::Projected(projected) => projected.row().u16(16) & 1 != 0,
        }
    }
}

impl Projected {
    fn row(self) -> Row {
        PROJECTED.row(self.0)
    }

    pub(super) fn base(self) -> System {
        System(self.row().u16(6))
    }

    fn name(self) -> Cow<'static, str> {
        match self.row().text(4) {
            Some(name) => name.into(),
            // Most names are put together from those of the parts.
            None => {
                let conversion = CONVERSIONS.row(usize::from(self.row().u16(8)));
                format!("{} / {}", self.base().name(), conversion.text(4).unwrap_or_default())
                    .into()
            }
        }
    }
}

/// Metres or radians in the unit that a field refers to.
fn unit(row: Row, at: usize) -> f64 {
    row.place(at).and_then(|at| UNITS.row(at).number(6)).unwrap_or(1.0)
}

impl System {
    fn row(self) -> Row {
        GEODETIC.row(usize::from(self.0))
    }

    fn datum_row(self) -> Row {
        DATUMS.row(usize::from(self.datum()))
    }

    pub(super) fn name(self) -> &'static str {
        self.row().text(4).unwrap_or_default()
    }

    pub(super) fn is_geocentric(self) -> bool {
        self.row().u16(8) >> 8 == 2
    }

    pub(super) fn ellipsoid(self) -> Shape {
        let row = ELLIPSOIDS.row(usize::from(self.datum_row().u16(6)));
        Shape::new(row.number(6).unwrap_or(1.0), row.number(8).unwrap_or(0.0))
    }

    /// The prime meridian in degrees east of Greenwich.
    pub(super) fn meridian(self) -> f64 {
        MERIDIANS.row(usize::from(self.datum_row().u16(8))).number(6).unwrap_or(0.0)
    }
}

/// The key of a code.
pub(super) fn key(id: &Id) -> Option<u32> {
    let code = Some(id.code).filter(|&code| code < ESRI)?;
    match &id.authority {
        Authority::Epsg => Some(code),
        Authority::Esri => Some(ESRI | code),
        Authority::Other(_) => None,
    }
}

/// The area that a definition with a code is meant for.
pub(super) fn area_of(definition: &Definition) -> Option<Area> {
    find(key(definition.horizontal().id()?)?)?.area()
}

/// The registry's system for a geographic system: that with its code, or one on
/// the datum with its datum's code.
pub(super) fn system_of(system: &Geographic) -> Option<System> {
    let by_code = system.id.as_ref().and_then(key).and_then(System::of_key);
    by_code.or_else(|| {
        let datum = DATUMS.find(key(system.datum.id.as_ref()?)?)?;
        let place = GEODETIC.rows().position(|row| usize::from(row.u16(6)) == datum)?;
        Some(System(place as u16))
    })
}
