//! Codes by name, Esri's names among them.

use super::table::{
    ALIASES, COMPOUND, DATUMS, ELLIPSOIDS, GEODETIC, MERIDIANS, PROJECTED, Section,
};
use crate::crs::Id;
use crate::crs::method::same_name;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::crs) enum Named {
    Datum,
    Geographic,
    Ellipsoid,
    Projected,
}

impl Named {
    fn section(self) -> Section {
        match self {
            Self::Datum => DATUMS,
            Self::Geographic => GEODETIC,
            Self::Ellipsoid => ELLIPSOIDS,
            Self::Projected => PROJECTED,
        }
    }
}

/// Finds the key of a name, in any case and spelling of spaces, that is accepted.
/// An ensemble is found without that word, and Esri's names without their prefix.
pub(in crate::crs) fn by_name(kind: Named, name: &str, accept: impl Fn(&Id) -> bool) -> Option<Id> {
    let section = kind.section();
    // CH1903 and CH1903+ are two.
    let is = |known: &str| same_name(known, name) && known.contains('+') == name.contains('+');
    let is_known = |known: &str| {
        is(known) || kind == Named::Datum && known.strip_suffix(" ensemble").is_some_and(is)
    };
    let is_alias = |known: &str| is(known) || known.strip_prefix("D_").is_some_and(is);
    let rows = section.rows().filter(|row| row.text(4).is_some_and(is_known));
    let aliases = ALIASES.rows().filter(|row| row.u16(2) == kind as u16);
    let aliases = aliases.filter(|row| row.text(0).is_some_and(is_alias));
    let keys = rows.map(|row| row.u32(0)).chain(aliases.map(|row| row.u32(4)));
    keys.filter_map(super::id_of).find(accept)
}

/// Returns Esri's name of a key, if it differs from EPSG's.
pub(in crate::crs) fn esri_name(kind: Named, key: u32) -> Option<&'static str> {
    let mut rows = ALIASES.rows().filter(|row| row.u16(2) == kind as u16 && row.u32(4) == key);
    let starts = |text: &str| match kind {
        Named::Datum => text.starts_with("D_"),
        Named::Geographic => text.starts_with("GCS_"),
        Named::Ellipsoid | Named::Projected => true,
    };
    rows.find_map(|row| row.text(0).filter(|text| starts(text)))
}

/// Finds a prime meridian's name by its degrees.
pub(in crate::crs) fn meridian_name(degrees: f64) -> Option<&'static str> {
    let near = |value: f64| (value - degrees).abs() < 1e-9;
    let row = MERIDIANS.rows().find(|row| row.number(6).is_some_and(near))?;
    row.text(4)
}

/// Finds the EPSG code of a prime meridian by its degrees.
pub(in crate::crs) fn meridian_code(degrees: f64) -> Option<u32> {
    let near = |value: f64| (value - degrees).abs() < 1e-9;
    MERIDIANS.rows().find(|row| row.number(6).is_some_and(near)).map(|row| row.u32(0))
}

/// Finds the key of an ellipsoid of EPSG's by its size.
pub(in crate::crs) fn ellipsoid_by_size(semi_major: f64, inverse_flattening: f64) -> Option<u32> {
    let near = |value: Option<f64>, wanted: f64, by: f64| {
        value.is_some_and(|value| (value - wanted).abs() <= by)
    };
    // Rounded to the digits that files give them in.
    let is = |row: &super::table::Row| {
        row.u32(0) >> 24 == 0
            && near(row.number(6), semi_major, 1e-4)
            && near(
                Some(row.number(8).unwrap_or(0.0)),
                inverse_flattening,
                1e-8 * inverse_flattening,
            )
    };
    let mut found = ELLIPSOIDS.rows().filter(is);
    found.next().map(|row| row.u32(0))
}

/// The keys of the systems on a datum, EPSG's first.
pub(in crate::crs) fn on_datum(datum: u32, projected: bool) -> impl Iterator<Item = u32> {
    let datum = DATUMS.find(datum).map(|at| at as u16);
    let on = move |geodetic: u16| Some(GEODETIC.row(usize::from(geodetic)).u16(6)) == datum;
    let plane = PROJECTED.rows().filter(move |row| projected && on(row.u16(6)));
    let angles = GEODETIC.rows().filter(move |row| !projected && Some(row.u16(6)) == datum);
    // Those in use before those that are withdrawn.
    let mut keys: Vec<(bool, u32)> = plane.map(|row| (row.u16(16) & 1 != 0, row.u32(0))).collect();
    keys.extend(angles.map(|row| (row.u16(8) & 1 != 0, row.u32(0))));
    keys.sort_unstable();
    keys.into_iter().map(|(_, key)| key)
}

/// Finds the compound system of two keys.
pub(in crate::crs) fn compound_of(horizontal: u32, vertical: u32) -> Option<Id> {
    let row = COMPOUND.rows().find(|row| row.u32(8) == horizontal && row.u32(12) == vertical)?;
    super::id_of(row.u32(0))
}
