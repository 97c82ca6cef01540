//! PROJ's strings as a definition.

use super::proj_keys::{Keys, refuse};
use super::proj_names::{DATUMS, ELLIPSOIDS, MERIDIANS};
use super::{known, units};
use crate::crs::definition::Text;
use crate::crs::{
    Axes, Datum, Definition, Derived, Geographic, Id, Method, PrimeMeridian, Projected, registry,
};
use crate::error::Result;

/// Reads a PROJ string.
pub(super) fn read(text: &str) -> Result<Definition> {
    Keys::new(text)?.definition()
}

impl Keys<'_> {
    fn definition(&self) -> Result<Definition> {
        let name = self.get("proj").ok_or_else(|| refuse("+proj=…", "none"))?;
        let title: Text = "unknown".into();
        match name {
            "longlat" | "latlong" | "latlon" | "lonlat" => {
                return Ok(Definition::Geographic(self.geographic()?));
            }
            "geocent" | "cart" => return Ok(Definition::Geocentric(self.geographic()?)),
            "pipeline" => return Err(refuse("a system", "a pipeline")),
            _ => {}
        }
        let (conversion, axes) = self.conversion()?;
        let mut base = self.geographic()?;
        if conversion.method == Method::RotatedPole {
            return Ok(Definition::Derived(Derived { name: title, base, conversion }));
        }
        // The grid of nothing says: spherical formulas on coordinates of WGS 84.
        if conversion.method == Method::PseudoMercator {
            base.datum = self.datum_named(&DATUMS[0])?;
            base.name = "WGS 84".into();
            base.id = Some(Id::epsg(4326));
        }
        Ok(Definition::Projected(Projected {
            name: title,
            id: None,
            base,
            conversion,
            unit: self.unit()?,
            axes,
        }))
    }

    fn unit(&self) -> Result<f64> {
        if let Some(metres) = self.number("to_meter")? {
            let metres = units::exact_length(metres);
            return Some(metres)
                .filter(|&x| x > 0.0)
                .ok_or_else(|| refuse("a unit above 0", metres));
        }
        match self.get("units") {
            Some(name) => {
                units::length_by_name(name).ok_or_else(|| refuse("a unit of length", name))
            }
            None => Ok(1.0),
        }
    }

    fn geographic(&self) -> Result<Geographic> {
        let mut datum = self.datum()?;
        if let Some(text) = self.get("pm") {
            let code = MERIDIANS.iter().find(|(name, _)| *name == text).map(|(_, code)| *code);
            datum.prime_meridian = match code.and_then(PrimeMeridian::from_epsg) {
                Some(known) => known,
                None => known::prime_meridian("unknown".into(), self.angle("pm")?.unwrap_or(0.0)),
            };
        }
        if let Some(text) = self.get("towgs84") {
            datum.to_wgs84 = Some(shift(text).ok_or_else(|| refuse("3 or 7 numbers", text))?);
        }
        datum.grids = self
            .get("nadgrids")
            .filter(|grids| *grids != "@null")
            .map(|grids| grids.to_owned().into());
        let is_plain = datum.to_wgs84.is_none()
            && datum.grids.is_none()
            && datum.prime_meridian.longitude == 0.0;
        let code = datum.id.as_ref().and_then(Id::epsg_code).filter(|_| is_plain);
        let id = match code {
            Some(6326) => Some(Id::epsg(4326)),
            Some(6269) => Some(Id::epsg(4269)),
            Some(6267) => Some(Id::epsg(4267)),
            _ => None,
        };
        let name = match &id {
            Some(id) => registry::key(id).and_then(registry::name),
            None => None,
        };
        Ok(Geographic {
            name: name.unwrap_or("unknown".into()),
            id,
            datum,
            unit: 1f64.to_radians(),
            axes: Axes::EAST_NORTH,
            height: None,
        })
    }

    fn datum_named(&self, known: &(&str, u32, &str, &str)) -> Result<Datum> {
        let (_, code, ellipsoid, text) = known;
        let mut datum = match Datum::from_id(&Id::epsg(*code)) {
            Some(datum) => datum,
            None => self.datum_on(ellipsoid)?,
        };
        datum.prime_meridian = PrimeMeridian::GREENWICH;
        datum.to_wgs84 = shift(text);
        Ok(datum)
    }

    fn datum_on(&self, name: &str) -> Result<Datum> {
        let found = ELLIPSOIDS.iter().find(|known| known.0 == name);
        let &(name, code, a, rf) = found.ok_or_else(|| refuse("an ellipsoid PROJ has", name))?;
        let id = Some(code).filter(|&code| code != 0).map(Id::epsg);
        let ellipsoid = known::ellipsoid(name.to_owned(), id, a, rf);
        let name = format!("Unknown based on {} ellipsoid", ellipsoid.name);
        Ok(known::unnamed(name, ellipsoid))
    }

    fn datum(&self) -> Result<Datum> {
        if let Some(name) = self.get("datum") {
            let known = DATUMS.iter().find(|known| known.0.eq_ignore_ascii_case(name));
            let known = known.ok_or_else(|| refuse("a datum PROJ has", name))?;
            return self.datum_named(known);
        }
        let a = match self.number("R")? {
            Some(radius) => Some((radius, 0.0)),
            None => match self.number("a")? {
                None => None,
                Some(a) => {
                    let rf = if let Some(b) = self.number("b")? {
                        inverse_flattening(a, b)
                    } else if let Some(rf) = self.number("rf")? {
                        rf
                    } else if let Some(f) = self.number("f")? {
                        if f == 0.0 { 0.0 } else { 1.0 / f }
                    } else if let Some(es) = self.number("es")? {
                        inverse_flattening(a, a * (1.0 - es).sqrt())
                    } else if let Some(name) = self.get("ellps") {
                        let found = ELLIPSOIDS.iter().find(|known| known.0 == name);
                        found.ok_or_else(|| refuse("an ellipsoid PROJ has", name))?.3
                    } else {
                        0.0
                    };
                    Some((a, rf))
                }
            },
        };
        match (a, self.get("ellps")) {
            (Some((a, rf)), _) => {
                let ellipsoid = known::checked_ellipsoid("unknown".into(), None, a, rf)
                    .map_err(|expected| refuse(expected, format!("{a}, {rf}")))?;
                Ok(known::unnamed("unknown".into(), ellipsoid))
            }
            (None, Some(name)) => self.datum_on(name),
            (None, None) => {
                if self.get("towgs84").is_some() || self.get("nadgrids").is_some() {
                    return self.datum_on("WGS84");
                }
                self.datum_named(&DATUMS[0])
            }
        }
    }
}

fn inverse_flattening(a: f64, b: f64) -> f64 {
    // What rounding leaves of a sphere is a sphere.
    if (a - b).abs() < 1e-9 * a { 0.0 } else { a / (a - b) }
}

/// Three or seven numbers with commas between.
fn shift(text: &str) -> Option<[f64; 7]> {
    let numbers: Vec<f64> =
        text.split(',').map(|x| x.trim().parse().ok()).collect::<Option<_>>()?;
    let is_right = matches!(numbers.len(), 3 | 7) && numbers.iter().all(|x| x.is_finite());
    is_right.then(|| std::array::from_fn(|place| numbers.get(place).copied().unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "+proj=nothing",
            "+proj=utm +zone=61",
            "+proj=longlat +a=0",
            "+proj=longlat +a=nan",
            "+proj=longlat +ellps=x",
            "+proj=merc +units=x",
            "+proj=merc +to_meter=0",
            "proj",
            "+proj=lcc +lat_1=x",
            "+proj=longlat +towgs84=1,2",
            "+proj=",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
