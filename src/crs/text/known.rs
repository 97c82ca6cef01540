//! What the registry knows of the parts that a text names.

use crate::crs::definition::Text;
use crate::crs::registry::{self, Named};
use crate::crs::{Datum, Definition, Ellipsoid, Id, PrimeMeridian};

/// Makes an ellipsoid, with the registry's name and code if it is one of its.
pub(in crate::crs) fn ellipsoid(
    name: String,
    id: Option<Id>,
    semi_major: f64,
    inverse_flattening: f64,
) -> Ellipsoid {
    let stated = Ellipsoid { name: name.into(), id, semi_major, inverse_flattening };
    let accept = |id: &Id| Ellipsoid::from_id(id).is_some_and(|known| known.same_shape(&stated));
    let id = stated.id.clone().filter(accept);
    let id = id.or_else(|| registry::by_name(Named::Ellipsoid, &stated.name, accept));
    id.and_then(|id| Ellipsoid::from_id(&id)).unwrap_or(stated)
}

/// Makes an ellipsoid of metres and inverse flattening.
///
/// # Errors
/// What a size must be.
pub(super) fn checked_ellipsoid(
    name: String,
    id: Option<Id>,
    semi_major: f64,
    inverse_flattening: f64,
) -> std::result::Result<Ellipsoid, &'static str> {
    if !(semi_major.is_finite() && semi_major > 0.0) {
        return Err("a semi-major axis above 0");
    }
    if !(inverse_flattening == 0.0 || inverse_flattening > 1.0 && inverse_flattening.is_finite()) {
        return Err("an inverse flattening of 0 or above 1");
    }
    Ok(ellipsoid(name, id, semi_major, inverse_flattening))
}

/// Makes a datum on an ellipsoid, that of the registry if it is one of its.
pub(in crate::crs) fn datum(name: String, id: Option<Id>, ellipsoid: Ellipsoid) -> Datum {
    let accept =
        |id: &Id| Datum::from_id(id).is_some_and(|known| known.ellipsoid.same_shape(&ellipsoid));
    let id = id.filter(accept).or_else(|| registry::by_name(Named::Datum, &name, accept));
    match id.and_then(|id| Datum::from_id(&id)) {
        // The text's own digits are kept: they are what it means.
        Some(known) => Datum {
            ellipsoid: Ellipsoid {
                id: known.ellipsoid.id,
                name: known.ellipsoid.name,
                ..ellipsoid
            },
            ..known
        },
        None => unnamed(name, ellipsoid),
    }
}

/// Makes a datum of its ellipsoid alone.
pub(super) fn unnamed(name: String, ellipsoid: Ellipsoid) -> Datum {
    Datum {
        name: name.into(),
        id: None,
        ensemble: false,
        ellipsoid,
        prime_meridian: PrimeMeridian::GREENWICH,
        to_wgs84: None,
        grids: None,
    }
}

/// Makes a prime meridian, exact to the digit if the registry has it.
pub(in crate::crs) fn prime_meridian(name: String, degrees: f64) -> PrimeMeridian {
    let known = registry::meridian_name(degrees);
    PrimeMeridian { name: known.map_or(name.into(), Into::into), longitude: degrees }
}

/// The datum of a geographic system with a code, if a text means it: its name
/// may stand for several.
pub(super) fn datum_of(id: &Id, stated: &Datum) -> Option<Datum> {
    let definition = Definition::from_id(id)?;
    let known = &definition.geographic()?.datum;
    let same = known.ellipsoid.same_shape(&stated.ellipsoid)
        && (known.prime_meridian.longitude - stated.prime_meridian.longitude).abs() < 1e-6
        && (stated.id.is_none() || stated.name == known.name);
    same.then(|| Datum { to_wgs84: stated.to_wgs84, grids: stated.grids.clone(), ..known.clone() })
}

/// The code of a geographic system that a text names but gives none.
pub(super) fn geographic_id(name: &str, datum: &Datum) -> Option<Id> {
    let accept = |id: &Id| match Definition::from_id(id) {
        Some(Definition::Geographic(known)) => {
            let meridian = known.datum.prime_meridian.longitude;
            known.datum.id.is_some()
                && known.datum.id == datum.id
                && (meridian - datum.prime_meridian.longitude).abs() < 1e-9
                && known.height.is_none()
        }
        _ => false,
    };
    registry::by_name(Named::Geographic, name, accept)
}

/// The registry's name of a system with a code, or else the text's.
pub(super) fn named(name: &str, id: Option<&Id>) -> Text {
    let known = id.and_then(registry::key).and_then(registry::name);
    known.unwrap_or_else(|| name.to_owned().into())
}
