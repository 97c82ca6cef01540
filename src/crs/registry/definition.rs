//! Rows of the registry brought to the common form.

use std::borrow::Cow;

use super::table::{
    ALIASES, COMPOUND, CONVERSIONS, DATUMS, ELLIPSOIDS, GEODETIC, MERIDIANS, PARAMETERS, PROJECTED,
    Row, UNITS, VERTICAL, text,
};
use super::{Projected as Place, System, key, unit};
use crate::crs::method::same_name;
use crate::crs::{
    Authority, Axes, Conversion, Datum, Definition, Direction, Ellipsoid, Geographic, Id, Method,
    Parameter, PrimeMeridian, Projected, Vertical,
};

/// Returns the definition of a key, or `None` if it is unknown or its
/// projection method has no name in swath.
pub(in crate::crs) fn definition(key: u32) -> Option<Definition> {
    if let Some(at) = PROJECTED.find(key) {
        return projected(Place(at)).map(Definition::Projected);
    }
    if let Some(system) = System::of_key(key) {
        let geographic = geographic(system);
        return Some(if system.is_geocentric() {
            Definition::Geocentric(geographic)
        } else {
            Definition::Geographic(geographic)
        });
    }
    if let Some(at) = VERTICAL.find(key) {
        return Some(Definition::Vertical(vertical(VERTICAL.row(at))));
    }
    let row = COMPOUND.row(COMPOUND.find(key)?);
    let vertical = vertical(VERTICAL.row(VERTICAL.find(row.u32(12))?));
    Some(Definition::Compound {
        name: name(row),
        id: id(row),
        horizontal: Box::new(definition(row.u32(8))?),
        vertical,
    })
}

impl Conversion {
    /// Returns a conversion of the EPSG Dataset, such as 16033 for UTM zone 33N.
    pub fn from_epsg(code: u32) -> Option<Self> {
        CONVERSIONS.find(code).and_then(|at| converted(CONVERSIONS.row(at)))
    }
}

impl Datum {
    /// Returns the datum or ensemble of a code of EPSG's or Esri's.
    pub fn from_id(id: &Id) -> Option<Self> {
        DATUMS.find(key(id)?).map(|at| datum_at(DATUMS.row(at)))
    }

    /// Returns the datum of a name: EPSG's, or Esri's (`D_North_American_1927`),
    /// in any case and spelling of spaces. Deprecated datums come last.
    pub fn from_name(name: &str) -> Option<Self> {
        let named = || DATUMS.rows().filter(|row| row.text(4).is_some_and(|n| same_name(n, name)));
        let alias = ALIASES
            .rows()
            .find(|row| row.u16(2) == 0 && row.text(0).is_some_and(|alias| same_name(alias, name)));
        (named().find(|row| row.u16(10) & 1 == 0))
            .or_else(|| named().next())
            .or_else(|| alias.and_then(|row| DATUMS.find(row.u32(4))).map(|at| DATUMS.row(at)))
            .map(datum_at)
    }
}

impl Ellipsoid {
    /// Returns the ellipsoid of a code of EPSG's or Esri's.
    pub fn from_id(id: &Id) -> Option<Self> {
        ELLIPSOIDS.find(key(id)?).map(|at| ellipsoid_at(ELLIPSOIDS.row(at)))
    }
}

impl PrimeMeridian {
    /// Returns the prime meridian of an EPSG code.
    pub fn from_epsg(code: u32) -> Option<Self> {
        MERIDIANS.find(code).map(|at| meridian(MERIDIANS.row(at)))
    }
}

impl Definition {
    /// Returns the system of a code of EPSG's or Esri's, or `None` if it is
    /// unknown or its projection method has no name in swath.
    ///
    /// ```
    /// use swath::crs::{Definition, Id};
    ///
    /// let definition = Definition::from_id(&Id::epsg(27700)).expect("is known");
    /// assert_eq!(definition.name(), "OSGB36 / British National Grid");
    /// ```
    pub fn from_id(id: &Id) -> Option<Self> {
        definition(key(id)?)
    }
}

fn name(row: Row) -> Cow<'static, str> {
    row.text(4).unwrap_or_default().into()
}

fn id(row: Row) -> Option<Id> {
    id_of(row.u32(0))
}

/// Returns the code of a key.
pub(in crate::crs) fn id_of(key: u32) -> Option<Id> {
    let authority = match key >> 24 {
        0 => Authority::Epsg,
        1 => Authority::Esri,
        2 => Authority::Other("PROJ".into()),
        _ => return None,
    };
    Some(Id { authority, code: key & 0xFF_FFFF })
}

fn ellipsoid_at(row: Row) -> Ellipsoid {
    Ellipsoid {
        name: name(row),
        id: id(row),
        semi_major: row.number(6).unwrap_or(1.0),
        inverse_flattening: row.number(8).unwrap_or(0.0),
    }
}

fn meridian(row: Row) -> PrimeMeridian {
    PrimeMeridian { name: name(row), longitude: row.number(6).unwrap_or(0.0) }
}

fn datum_at(row: Row) -> Datum {
    Datum {
        name: name(row),
        id: id(row),
        ensemble: row.u16(10) & 2 != 0,
        ellipsoid: ellipsoid_at(ELLIPSOIDS.row(usize::from(row.u16(6)))),
        prime_meridian: meridian(MERIDIANS.row(usize::from(row.u16(8)))),
        to_wgs84: None,
        grids: None,
    }
}

fn geographic(system: System) -> Geographic {
    let row = GEODETIC.row(usize::from(system.0));
    // Latitude comes first in all but a few systems of this kind.
    let axes = row.text(12).map_or(Axes::NORTH_EAST, axes);
    Geographic {
        name: name(row),
        id: id(row),
        datum: datum_at(DATUMS.row(usize::from(row.u16(6)))),
        // Withdrawn codes write degrees, minutes and seconds as one number, which has no
        // factor; as in PROJ they are degrees. No system of EPSG is in radians.
        unit: Some(unit(row, 10)).filter(|&unit| unit != 1.0).unwrap_or(1f64.to_radians()),
        axes,
        height: (row.u16(8) >> 8 == 1).then_some(1.0),
    }
}

fn projected(place: Place) -> Option<Projected> {
    let row = PROJECTED.row(place.0);
    Some(Projected {
        name: place.name(),
        id: id(row),
        base: geographic(place.base()),
        conversion: converted(CONVERSIONS.row(usize::from(row.u16(8))))?,
        unit: unit(row, 10),
        axes: axes(row.text(12)?),
    })
}

fn vertical(row: Row) -> Vertical {
    let code = row.u32(12);
    Vertical {
        name: name(row),
        id: id(row),
        datum: row.text(6).unwrap_or_default().into(),
        datum_id: (code != 0).then(|| Id::epsg(code)),
        unit: row.place(8).and_then(|at| UNITS.row(at).number(6)).unwrap_or(1.0),
        is_depth: row.text(10) == Some("down"),
    }
}

/// The name of a code with its highest bit set: a text instead of a number.
fn named(code: u16) -> Option<&'static str> {
    (code & 0x8000 != 0).then(|| text(usize::from(code & 0x7FFF)))
}

fn converted(row: Row) -> Option<Conversion> {
    let code = row.u16(6);
    let method = match named(code) {
        Some(name) => Method::from_name(name)?,
        None => Method::from_epsg(u32::from(code))?,
    };
    let (start, count) = (usize::from(row.u16(8)), usize::from(row.u16(10)));
    let parameters = (start..start + count).map(|at| {
        let row = PARAMETERS.row(at);
        let code = row.u16(0);
        let parameter = match named(code) {
            Some(name) => Parameter::from_name(name)?,
            None => Parameter::from_epsg(u32::from(code))?,
        };
        Some((parameter, row.number(2)?))
    });
    Some(Conversion { name: name(row), method, parameters: parameters.collect::<Option<_>>()? })
}

/// The axes of directions such as `north,east` or `North along 90°E,North along 0°E`. Two that
/// are the same are those of Esri's polar systems, whose meridians the table leaves out: as in
/// PROJ x runs along 90°E, and y along 180°E from the north pole, along 0°E from the south pole.
fn axes(text: &str) -> Axes {
    use Direction::{NorthAlong, SouthAlong};
    match text {
        "south,south" => return Axes { first: SouthAlong(90.0), second: SouthAlong(180.0) },
        "north,north" => return Axes { first: NorthAlong(90.0), second: NorthAlong(0.0) },
        _ => {}
    }
    let mut directions = text.split(',').map(direction);
    let mut next = |usual| directions.next().flatten().unwrap_or(usual);
    Axes { first: next(Direction::East), second: next(Direction::North) }
}

fn direction(text: &str) -> Option<Direction> {
    let along = |text: &str| {
        let (degrees, side) = text.rsplit_once(' ')?.1.split_once('°')?;
        let degrees: f64 = degrees.parse().ok()?;
        Some(if side == "W" { -degrees } else { degrees })
    };
    Some(match text {
        "east" => Direction::East,
        "north" => Direction::North,
        "west" => Direction::West,
        "south" => Direction::South,
        _ if text.starts_with("North along") => Direction::NorthAlong(along(text)?),
        _ if text.starts_with("South along") => Direction::SouthAlong(along(text)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_definitions() {
        let Some(Definition::Projected(zone)) = Definition::from_id(&Id::epsg(32633)) else {
            panic!("UTM zone 33N is projected");
        };
        assert_eq!((zone.name.as_ref(), zone.unit), ("WGS 84 / UTM zone 33N", 1.0));
        assert_eq!(zone.base.datum.ellipsoid.inverse_flattening, 298.257_223_563);
        assert!(zone.base.datum.ensemble && zone.base.axes == Axes::NORTH_EAST);
        assert_eq!(zone.conversion.get(Parameter::NaturalLongitude), 15.0);
        assert_eq!(Conversion::from_epsg(16033), Some(zone.conversion));
        let Some(Definition::Compound { vertical, .. }) = Definition::from_id(&Id::epsg(7415))
        else {
            panic!("Amersfoort / RD New + NAP height is compound");
        };
        assert_eq!(vertical.name, "NAP height");
        let esri = Id { authority: Authority::Esri, code: 54052 };
        let Some(Definition::Projected(goode)) = Definition::from_id(&esri) else {
            panic!("World_Goode_Homolosine_Land is projected");
        };
        assert_eq!(goode.conversion.method, Method::GoodeLand);
        assert_eq!(Definition::from_id(&Id::epsg(1)), None);
    }

    #[test]
    fn datums_go_by_the_names_of_epsg_and_esri() {
        for name in
            ["North American Datum 1927", "D_North_American_1927", "north_american_datum_1927"]
        {
            let datum = Datum::from_name(name).unwrap_or_else(|| panic!("{name} is known"));
            assert_eq!(datum.id, Some(Id::epsg(6267)), "{name}");
        }
        let paris = PrimeMeridian::from_epsg(8903).expect("is known").longitude;
        assert!((paris - 2.596_921_3 * 0.9).abs() < 1e-12);
        assert_eq!(Ellipsoid::from_id(&Id::epsg(7030)).map(|e| e.semi_major), Some(6_378_137.0));
    }
}
