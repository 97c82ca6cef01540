//! A definition in the GeoKeys that GDAL writes for it.

use super::read::ESRI;
use super::{GeoKey, GeoKeys, USER_DEFINED, key};
use crate::crs::same::same_axes;
use crate::crs::text::{self, Style, units};
use crate::crs::{
    Conversion, Definition, Geographic, Id, Method, Parameter, ParameterKind, Projected, Vertical,
    registry,
};

impl GeoKeys {
    /// Makes the keys that GDAL writes for a system: the short form of an EPSG
    /// code, or the method with its parameters, or Esri's well-known text in a
    /// citation; of a local system its name and unit. `None` if they cannot state it.
    pub fn from_definition(definition: &Definition) -> Option<Self> {
        let mut keys = Self::default();
        keys.set_short(key::RASTER_TYPE, 1);
        match definition.horizontal() {
            Definition::Geographic(system) => {
                keys.set_short(key::MODEL_TYPE, 2);
                keys.set_geographic(system);
                if system.height.is_some() {
                    keys.minor = 1;
                }
            }
            Definition::Geocentric(system) => {
                keys.set_short(key::MODEL_TYPE, 3);
                keys.set_geographic(system);
            }
            Definition::Projected(system) => keys.set_projected(system)?,
            Definition::Local { name, unit } => {
                keys.set(key::CITATION, GeoKey::Text(name.to_string()));
                keys.set_length(*unit);
            }
            _ => return None,
        }
        if let Definition::Compound { name, vertical, .. } = definition {
            keys.set(key::CITATION, GeoKey::Text(name.to_string()));
            keys.set_vertical(vertical);
        }
        Some(keys)
    }

    fn set_geographic(&mut self, system: &Geographic) {
        let datum = &system.datum;
        let code = code(system.id.as_ref()).filter(|_| datum.to_wgs84.is_none());
        let radians = system.unit;
        match units::angle(radians) {
            Some(unit) => self.set_short(key::ANGULAR_UNITS, unit.0),
            None => {
                self.set_short(key::ANGULAR_UNITS, USER_DEFINED);
                self.set(key::ANGULAR_UNIT_SIZE, GeoKey::Doubles(vec![radians]));
            }
        }
        let ellipsoid = &datum.ellipsoid;
        self.set(key::SEMI_MAJOR, GeoKey::Doubles(vec![ellipsoid.semi_major]));
        if ellipsoid.inverse_flattening == 0.0 {
            self.set(key::SEMI_MINOR, GeoKey::Doubles(vec![ellipsoid.semi_major]));
        } else {
            let rf = ellipsoid.inverse_flattening;
            self.set(key::INVERSE_FLATTENING, GeoKey::Doubles(vec![rf]));
        }
        if let Some(code) = code {
            self.set_short(key::GEODETIC_CRS, code);
            self.set(key::GEODETIC_CITATION, GeoKey::Text(system.name.to_string()));
            return;
        }
        self.set_short(key::GEODETIC_CRS, USER_DEFINED);
        let datum_code = self::code(datum.id.as_ref());
        self.set_short(key::DATUM, datum_code.unwrap_or(USER_DEFINED));
        let mut citation = format!("GCS Name = {}|", system.name);
        if datum_code.is_none() {
            citation.push_str(&format!("Datum = {}|", datum.name));
            let known = self::code(ellipsoid.id.as_ref());
            self.set_short(key::ELLIPSOID, known.unwrap_or(USER_DEFINED));
            if known.is_none() {
                citation.push_str(&format!("Ellipsoid = {}|", ellipsoid.name));
            }
        }
        citation.push_str(&format!("Primem = {}|", datum.prime_meridian.name));
        self.set(key::GEODETIC_CITATION, GeoKey::Text(citation));
        let meridian = datum.prime_meridian.longitude;
        if let Some(code) = registry::meridian_code(meridian).filter(|_| meridian != 0.0) {
            self.set_short(key::PRIME_MERIDIAN, code as u16);
        } else {
            let longitude = meridian / units::degrees(radians);
            self.set(key::PRIME_MERIDIAN_LONGITUDE, GeoKey::Doubles(vec![longitude]));
        }
        if let Some(shift) = datum.to_wgs84 {
            self.set(key::TO_WGS84, GeoKey::Doubles(shift.to_vec()));
        }
    }

    fn set_projected(&mut self, system: &Projected) -> Option<()> {
        self.set_short(key::MODEL_TYPE, 1);
        self.set(key::CITATION, GeoKey::Text(system.name.to_string()));
        self.set_length(system.unit);
        if let Some(code) = code(system.id.as_ref()) {
            self.set_short(key::PROJECTED_CRS, code);
            self.set(key::GEODETIC_CITATION, GeoKey::Text(system.base.name.to_string()));
            if let Some(unit) = units::angle(system.base.unit) {
                self.set_short(key::ANGULAR_UNITS, unit.0);
            }
            return Some(());
        }
        if system.base.datum.grids.is_some() {
            return None;
        }
        self.set_geographic(&system.base);
        let method = system.conversion.method;
        let usual = same_axes(text::usual_axes(method), system.axes);
        if method.row().geotiff != 0 && usual {
            self.set_short(key::PROJECTED_CRS, USER_DEFINED);
            self.set_short(key::PROJECTION, USER_DEFINED);
            self.set_short(key::METHOD, method.row().geotiff);
            self.set_conversion(&system.conversion, units::degrees(system.base.unit), system.unit);
            return Some(());
        }
        // GeoTIFF has no word for the rest; Esri's has, and GDAL reads it.
        if !usual || system.base.datum.to_wgs84.is_some() {
            return None;
        }
        let plain = Projected { id: None, ..system.clone() };
        let wkt = text::wkt(&Definition::Projected(plain), Style::Esri)?;
        self.set_short(key::MODEL_TYPE, USER_DEFINED);
        self.set(key::PROJECTED_CITATION, GeoKey::Text(format!("{ESRI}{wkt}")));
        Some(())
    }

    fn set_length(&mut self, metres: f64) {
        match units::length(metres) {
            Some(unit) => self.set_short(key::LINEAR_UNITS, unit.code),
            None => {
                self.set_short(key::LINEAR_UNITS, USER_DEFINED);
                self.set(key::LINEAR_UNIT_SIZE, GeoKey::Doubles(vec![metres]));
            }
        }
    }

    fn set_conversion(&mut self, conversion: &Conversion, degrees: f64, metres: f64) {
        for slot in conversion.method.row().slots.iter().filter(|slot| slot.key != 0) {
            let value = conversion.get(slot.parameter);
            let value = match slot.parameter.kind() {
                ParameterKind::Angle => value / degrees,
                ParameterKind::Length => value / metres,
                ParameterKind::Scale => value,
            };
            self.set(slot.key, GeoKey::Doubles(vec![value]));
        }
        // What GDAL writes beside a method's own parameters.
        if conversion.method == Method::PolarStereographicB {
            self.set(key::NATURAL_SCALE, GeoKey::Doubles(vec![1.0]));
        }
        if conversion.method == Method::EquidistantCylindrical {
            let latitude = conversion.get(Parameter::NaturalLatitude) / degrees;
            self.set(3089, GeoKey::Doubles(vec![latitude]));
        }
    }

    fn set_vertical(&mut self, vertical: &Vertical) {
        self.minor = 1;
        match code(vertical.id.as_ref()) {
            Some(code) => self.set_short(key::VERTICAL_CRS, code),
            None => {
                self.set_short(key::VERTICAL_CRS, USER_DEFINED);
                self.set(key::VERTICAL_CITATION, GeoKey::Text(vertical.name.to_string()));
                let datum = code(vertical.datum_id.as_ref()).unwrap_or(USER_DEFINED);
                self.set_short(key::VERTICAL_DATUM, datum);
                if let Some(unit) = units::length(vertical.unit) {
                    self.set_short(key::VERTICAL_UNITS, unit.code);
                }
            }
        }
    }
}

/// A code that fits a key.
fn code(id: Option<&Id>) -> Option<u16> {
    let code = u16::try_from(id?.epsg_code()?).ok();
    code.filter(|&code| code != 0 && code != USER_DEFINED)
}
