//! What the GeoKeys of a file say, as GDAL understands it.

use super::{GeoKey, GeoKeys, USER_DEFINED, key};
use crate::crs::method::{METHODS, Slot};
use crate::crs::text::{self, units};
use crate::crs::{
    Axes, Conversion, Datum, Definition, Ellipsoid, Geographic, Id, Method, Parameter,
    ParameterKind, PrimeMeridian, Projected, Vertical, registry,
};

/// Starts Esri's well-known text in a citation.
pub(super) const ESRI: &str = "ESRI PE String = ";

/// GDAL's words for what a file leaves out.
const UNKNOWN: &str = "unknown";

impl GeoKeys {
    /// Returns what the keys describe, or `None` if they describe nothing that
    /// swath understands.
    ///
    /// A code that the registry has wins over parameters beside it, as in GDAL;
    /// a unit beside a code that has another one wins over the code.
    pub fn definition(&self) -> Option<Definition> {
        let horizontal = self.horizontal()?;
        let Some(vertical) = self.vertical() else { return Some(horizontal) };
        if matches!(horizontal, Definition::Geocentric(_) | Definition::Local { .. }) {
            return Some(horizontal);
        }
        let name = match self.text(key::CITATION) {
            Some(name) if name.contains(" + ") => name.to_owned(),
            _ => format!("{} + {}", horizontal.name(), vertical.name),
        };
        Some(Definition::Compound {
            name: name.into(),
            id: None,
            horizontal: Box::new(horizontal),
            vertical,
        })
    }

    fn horizontal(&self) -> Option<Definition> {
        let esri = [key::PROJECTED_CITATION, key::CITATION, key::GEODETIC_CITATION];
        let esri = esri.iter().filter_map(|&key| self.text(key)).find_map(|text| {
            let (_, wkt) = text.split_once(ESRI)?;
            text::read(wkt).ok()
        });
        match self.short(key::MODEL_TYPE) {
            Some(2) => self.geographic().map(Definition::Geographic),
            Some(3) => self.geographic().map(Definition::Geocentric),
            Some(1) | None | Some(USER_DEFINED) => {
                let code = self.code(key::PROJECTED_CRS);
                let known = code.and_then(registry::definition);
                if let Some(Definition::Projected(mut system)) = known {
                    self.keep_unit(&mut system);
                    return Some(Definition::Projected(system));
                }
                if let Some(definition) = esri {
                    return Some(definition);
                }
                if code.is_some() {
                    return None;
                }
                if let Some(system) = self.projected() {
                    return Some(Definition::Projected(system));
                }
                // Who says that the coordinates are a plane's does not mean degrees.
                let is_plane = self.short(key::MODEL_TYPE) == Some(1)
                    || self.short(key::PROJECTED_CRS).is_some();
                let angles = || self.geographic().map(Definition::Geographic);
                if is_plane { None } else { angles() }.or_else(|| self.local())
            }
            Some(_) => self.local(),
        }
    }

    /// Coordinates that do not say where on earth they lie, as GDAL reads keys without a code or
    /// method. One that swath lacks makes another system of it, which has no definition.
    fn local(&self) -> Option<Definition> {
        let told = [key::PROJECTED_CRS, key::PROJECTION, key::METHOD];
        if told.iter().any(|&key| self.code(key).is_some()) {
            return None;
        }
        let name = [key::CITATION, key::GEODETIC_CITATION].iter().find_map(|&key| self.text(key));
        let unit = self.length(key::LINEAR_UNITS, key::LINEAR_UNIT_SIZE).unwrap_or(1.0);
        Some(Definition::Local { name: name.unwrap_or("unnamed").to_owned().into(), unit })
    }

    /// A unit that differs from the code's is what the file's coordinates are in.
    fn keep_unit(&self, system: &mut Projected) {
        let Some(unit) = self.length(key::LINEAR_UNITS, key::LINEAR_UNIT_SIZE) else { return };
        if (unit - system.unit).abs() > 1e-9 * unit {
            system.unit = unit;
            system.id = None;
        }
    }

    fn code(&self, key: u16) -> Option<u32> {
        self.short(key).filter(|&code| code != 0 && code != USER_DEFINED).map(u32::from)
    }

    pub(super) fn text(&self, key: u16) -> Option<&str> {
        match self.get(key)? {
            GeoKey::Text(text) => Some(text),
            _ => None,
        }
    }

    fn double(&self, key: u16) -> Option<f64> {
        match self.get(key)? {
            GeoKey::Doubles(values) => values.first().copied().filter(|x| x.is_finite()),
            GeoKey::Short(value) => Some(f64::from(*value)),
            GeoKey::Text(_) => None,
        }
    }

    fn length(&self, key: u16, size: u16) -> Option<f64> {
        match self.short(key)? {
            USER_DEFINED => self.double(size).filter(|&x| x > 0.0).map(units::exact_length),
            code => units::length_by_code(code),
        }
    }

    fn angle(&self) -> f64 {
        let stated = match self.short(key::ANGULAR_UNITS) {
            Some(USER_DEFINED) => {
                self.double(key::ANGULAR_UNIT_SIZE).filter(|&x| x > 0.0).map(units::exact_angle)
            }
            Some(code) => units::angle_by_code(code),
            None => None,
        };
        stated.unwrap_or(1f64.to_radians())
    }

    /// The name that a citation gives a part, as `GCS Name = x|Datum = y|` does.
    fn cited(&self, part: &str) -> Option<&str> {
        let text = self.text(key::GEODETIC_CITATION)?;
        text.split('|').find_map(|piece| {
            let (name, value) = piece.split_once(" = ")?;
            (name.trim() == part).then_some(value.trim())
        })
    }

    fn geographic(&self) -> Option<Geographic> {
        let known = self.code(key::GEODETIC_CRS).map(registry::definition);
        let mut system = match known {
            Some(Some(Definition::Geographic(g) | Definition::Geocentric(g))) => g,
            Some(_) => return None,
            None => {
                let datum = self.datum()?;
                let citation =
                    self.text(key::GEODETIC_CITATION).filter(|text| !text.contains(" = "));
                let citation = citation.map(|text| text.trim_end_matches('|'));
                let name = self.cited("GCS Name").or(citation).unwrap_or(UNKNOWN).to_owned();
                Geographic {
                    name: name.into(),
                    id: None,
                    datum,
                    unit: self.angle(),
                    axes: Axes::NORTH_EAST,
                    height: None,
                }
            }
        };
        if let Some(GeoKey::Doubles(values)) = self.get(key::TO_WGS84) {
            let is_right = matches!(values.len(), 3 | 7) && values.iter().all(|x| x.is_finite());
            // A code's own operations are better.
            if is_right && system.id.is_none() {
                let shift = std::array::from_fn(|at| values.get(at).copied().unwrap_or(0.0));
                system.datum.to_wgs84 = Some(shift);
            }
        }
        if system.id.is_none() {
            system.id = Definition::Geographic(system.clone()).identify();
        }
        Some(system)
    }

    fn datum(&self) -> Option<Datum> {
        let code = self.code(key::DATUM);
        let known = code.and_then(|code| Datum::from_id(&Id::epsg(code)));
        let mut datum = match known {
            Some(datum) => datum,
            None => {
                let ellipsoid = self.ellipsoid()?;
                let name = self.cited("Datum").unwrap_or(UNKNOWN).to_owned();
                text::datum(name, None, ellipsoid)
            }
        };
        // Whoever writes a datum's code writes the size as well, and it counts.
        if let Some(ellipsoid) = self.size()
            && !ellipsoid.same_shape(&datum.ellipsoid)
        {
            datum.ellipsoid = ellipsoid;
            datum.id = None;
        }
        let meridian = self.code(key::PRIME_MERIDIAN).and_then(PrimeMeridian::from_epsg);
        let degrees =
            || self.double(key::PRIME_MERIDIAN_LONGITUDE).map(|x| x * units::degrees(self.angle()));
        if let Some(meridian) = meridian {
            datum.prime_meridian = meridian;
        } else if let Some(degrees) = degrees() {
            let name = self.cited("Primem").unwrap_or(UNKNOWN).to_owned();
            datum.prime_meridian = text::prime_meridian(name, degrees);
        }
        Some(datum)
    }

    fn ellipsoid(&self) -> Option<Ellipsoid> {
        let known = self.code(key::ELLIPSOID).and_then(|code| Ellipsoid::from_id(&Id::epsg(code)));
        known.or_else(|| self.size())
    }

    /// The ellipsoid that the keys give by its size.
    fn size(&self) -> Option<Ellipsoid> {
        let a = self.double(key::SEMI_MAJOR).filter(|&a| a > 0.0)?;
        let rf = match (self.double(key::INVERSE_FLATTENING), self.double(key::SEMI_MINOR)) {
            (Some(rf), _) if rf == 0.0 || rf > 1.0 => rf,
            (_, Some(b)) if b > 0.0 && b <= a => {
                if (a - b) < 1e-9 * a {
                    0.0
                } else {
                    a / (a - b)
                }
            }
            _ => return None,
        };
        let name = self.cited("Ellipsoid").unwrap_or(UNKNOWN).to_owned();
        let code = self.code(key::ELLIPSOID).or_else(|| registry::ellipsoid_by_size(a, rf));
        Some(text::ellipsoid(name, code.map(Id::epsg), a, rf))
    }

    fn projected(&self) -> Option<Projected> {
        let base = self.geographic()?;
        let unit = self.length(key::LINEAR_UNITS, key::LINEAR_UNIT_SIZE).unwrap_or(1.0);
        let conversion = match self.code(key::PROJECTION) {
            Some(code) => Conversion::from_epsg(code)?,
            None => self.conversion(&base, unit)?,
        };
        let citation = [key::CITATION, key::PROJECTED_CITATION];
        let name = citation.iter().find_map(|&key| self.text(key));
        let name = name.unwrap_or("unnamed").trim_end_matches('|').to_owned();
        let axes = text::usual_axes(conversion.method);
        Some(Projected { name: name.into(), id: None, base, conversion, unit, axes })
    }

    fn conversion(&self, base: &Geographic, unit: f64) -> Option<Conversion> {
        let method = self.method()?;
        let angle = match self.short(key::ANGULAR_UNITS) {
            Some(_) => self.angle(),
            // Without a unit of their own angles are in that of the code.
            None => base.unit,
        };
        let mut parameters = Vec::new();
        for slot in method.row().slots {
            let Some(value) = self.slot(slot) else { continue };
            let value = match slot.parameter.kind() {
                ParameterKind::Angle => value * units::degrees(angle),
                ParameterKind::Length => value * unit,
                ParameterKind::Scale => value,
            };
            parameters.push((slot.parameter, value));
        }
        let get = |parameter| parameters.iter().find(|(known, _)| *known == parameter).map(|p| p.1);
        match method {
            Method::HotineA | Method::HotineB if get(Parameter::SkewAngle).is_none() => {
                parameters.extend(get(Parameter::CentreAzimuth).map(|x| (Parameter::SkewAngle, x)));
            }
            _ => {}
        }
        Some(Conversion { name: "unnamed".into(), method, parameters })
    }

    fn method(&self) -> Option<Method> {
        let code = self.code(key::METHOD)? as u16;
        let stated = |key: u16| self.double(key).is_some();
        Some(match code {
            7 if stated(key::FIRST_PARALLEL) => Method::MercatorB,
            15 => {
                // By the latitude and scale, as WKT1 tells them apart.
                let latitude = self.double(key::NATURAL_LATITUDE).unwrap_or(90.0);
                let degrees = latitude * units::degrees(self.angle());
                let scale = self.double(key::NATURAL_SCALE).unwrap_or(1.0);
                if (degrees.abs() - 90.0).abs() < 1e-8 || scale != 1.0 {
                    Method::PolarStereographicA
                } else {
                    Method::PolarStereographicB
                }
            }
            // GDAL's stereographic at a pole is the polar one.
            code => METHODS.iter().find(|row| row.geotiff == code && code != 0)?.method,
        })
    }

    /// The value of a method's key, or of one that writers use instead.
    fn slot(&self, slot: &Slot) -> Option<f64> {
        use Parameter as P;
        let others: &[u16] = match slot.parameter {
            P::NaturalLatitude | P::FalseOriginLatitude | P::CentreLatitude => &[3081, 3085, 3089],
            P::NaturalLongitude
            | P::FalseOriginLongitude
            | P::CentreLongitude
            | P::OriginLongitude => &[3080, 3084, 3088, 3095],
            P::FalseEasting | P::FalseOriginEasting | P::CentreEasting => &[3082, 3090, 3086],
            P::FalseNorthing | P::FalseOriginNorthing | P::CentreNorthing => &[3083, 3091, 3087],
            P::NaturalScale | P::CentreScale => &[3092, 3093],
            _ => &[],
        };
        self.double(slot.key).or_else(|| others.iter().find_map(|&key| self.double(key)))
    }

    fn vertical(&self) -> Option<Vertical> {
        // What vertical keys mean is clear from GeoTIFF 1.1 on; before, GDAL leaves them out.
        if self.minor == 0 {
            return None;
        }
        let code = self.short(key::VERTICAL_CRS)?;
        let unit = || self.length(key::VERTICAL_UNITS, 0);
        if let Some(Definition::Vertical(mut vertical)) =
            self.code(key::VERTICAL_CRS).and_then(registry::definition)
        {
            if let Some(unit) = unit().filter(|unit| (unit - vertical.unit).abs() > 1e-9) {
                vertical.unit = unit;
                vertical.id = None;
            }
            return Some(vertical);
        }
        let name = self.text(key::VERTICAL_CITATION).filter(|_| code == USER_DEFINED)?;
        let datum = self.code(key::VERTICAL_DATUM).map(Id::epsg);
        Some(Vertical {
            name: name.to_owned().into(),
            id: None,
            datum: UNKNOWN.into(),
            datum_id: datum,
            unit: unit().unwrap_or(1.0),
            is_depth: false,
        })
    }
}
