//! Geographic and geocentric systems as well-known text.

use std::fmt::Write;

use super::units;
use super::wkt_out::{Out, Style, number, word};
use crate::crs::registry::{self, Named};
use crate::crs::{Authority, Datum, Ellipsoid, Geographic, Id};

impl Out {
    fn ellipsoid(&mut self, ellipsoid: &Ellipsoid) {
        let esri = self
            .esri()
            .then(|| esri_name(Named::Ellipsoid, ellipsoid.id.as_ref(), &ellipsoid.name));
        self.open("ELLIPSOID", "SPHEROID", esri.as_deref().unwrap_or(&ellipsoid.name));
        self.comma();
        self.number(ellipsoid.semi_major);
        self.comma();
        self.number(ellipsoid.inverse_flattening);
        if self.is2() {
            self.text.push_str(",LENGTHUNIT[\"metre\",1]");
        }
        self.id(ellipsoid.id.as_ref());
        self.close();
    }

    fn datum(&mut self, datum: &Datum) {
        let esri = self.esri().then(|| {
            let name = esri_name(Named::Datum, datum.id.as_ref(), &datum.name);
            if name.starts_with("D_") { name } else { format!("D_{name}") }
        });
        let name = match self.style {
            // The ensemble goes by its older name.
            Style::Gdal => datum.name.strip_suffix(" ensemble").unwrap_or(&datum.name),
            _ => &datum.name,
        };
        let gdal = if self.style == Style::Gdal && datum.id.as_ref() == Some(&Id::epsg(6326)) {
            "WGS_1984".to_owned()
        } else if self.style == Style::Gdal && datum.id.is_some() {
            name.replace(' ', "_")
        } else {
            name.to_owned()
        };
        self.open("DATUM", "DATUM", esri.as_deref().unwrap_or(&gdal));
        self.comma();
        self.ellipsoid(&datum.ellipsoid);
        if self.style == Style::Gdal {
            if let Some(shift) = datum.to_wgs84 {
                let numbers: Vec<String> = shift.iter().map(|x| number(*x)).collect();
                write!(self.text, ",TOWGS84[{}]", numbers.join(",")).expect("strings take text");
            }
            if let Some(grids) = &datum.grids {
                let grids = grids.replace('"', "\"\"");
                write!(self.text, ",EXTENSION[\"PROJ4_GRIDS\",\"{grids}\"]")
                    .expect("strings take text");
            }
        }
        self.id(datum.id.as_ref());
        self.close();
    }

    fn meridian(&mut self, system: &Geographic) {
        let meridian = &system.datum.prime_meridian;
        self.comma();
        self.open("PRIMEM", "PRIMEM", &meridian.name);
        self.comma();
        // WKT1 gives it in the unit of the system, but Paris always in degrees.
        let paris = (meridian.longitude - 2.337_229_17).abs() < 1e-7;
        if self.is2() || paris {
            self.number(meridian.longitude);
        } else {
            self.number(meridian.longitude / units::degrees(system.unit));
        }
        if self.is2() {
            self.comma();
            self.angle_unit(1f64.to_radians());
        } else {
            let code = registry::meridian_code(meridian.longitude);
            self.id(code.map(Id::epsg).as_ref());
        }
        self.close();
    }

    /// Writes a geographic system; the base of another has no axes and no code.
    pub(super) fn geographic(&mut self, system: &Geographic, keyword: &str, is_whole: bool) {
        let esri = self.esri().then(|| {
            let name = esri_name(Named::Geographic, system.id.as_ref(), &system.name);
            if name.starts_with("GCS_") || system.id.is_some() {
                name
            } else {
                format!("GCS_{name}")
            }
        });
        self.open(keyword, "GEOGCS", esri.as_deref().unwrap_or(&system.name));
        self.comma();
        self.datum(&system.datum);
        self.meridian(system);
        match self.style {
            Style::Wkt2 if is_whole => {
                let count = if system.height.is_some() { 3 } else { 2 };
                write!(self.text, ",CS[ellipsoidal,{count}]").expect("strings take text");
                let names = if system.axes.is_swapped() {
                    ["geodetic latitude (Lat)", "geodetic longitude (Lon)"]
                } else {
                    ["geodetic longitude (Lon)", "geodetic latitude (Lat)"]
                };
                match system.height {
                    None => {
                        self.axes(names, system.axes);
                        self.comma();
                        self.angle_unit(system.unit);
                    }
                    Some(height) => {
                        for (name, direction) in
                            names.iter().zip([system.axes.first, system.axes.second])
                        {
                            self.text.push_str(&format!(",AXIS[\"{name}\",{},", word(direction).0));
                            self.angle_unit(system.unit);
                            self.close();
                        }
                        self.text.push_str(",AXIS[\"ellipsoidal height (h)\",up,");
                        self.length_unit(height);
                        self.close();
                    }
                }
            }
            Style::Wkt2 => {
                // A base states its unit only if it is not the degree.
                if units::angle(system.unit).is_none_or(|unit| unit.0 != 9102) {
                    self.comma();
                    self.angle_unit(system.unit);
                }
            }
            Style::Gdal => {
                self.comma();
                self.angle_unit(system.unit);
                if is_whole && system.axes.is_swapped() {
                    self.text.push_str(",AXIS[\"Latitude\",NORTH],AXIS[\"Longitude\",EAST]");
                } else if is_whole {
                    self.text.push_str(",AXIS[\"Longitude\",EAST],AXIS[\"Latitude\",NORTH]");
                }
                if is_whole && system.height.is_some() {
                    self.text.push_str(",AXIS[\"Ellipsoidal height\",UP]");
                }
            }
            Style::Esri => {
                self.comma();
                self.angle_unit(system.unit);
            }
        }
        self.id(system.id.as_ref());
        self.close();
    }

    pub(super) fn geocentric(&mut self, system: &Geographic) -> Option<()> {
        if self.esri() {
            return None;
        }
        self.open("GEODCRS", "GEOCCS", &system.name);
        self.comma();
        self.datum(&system.datum);
        self.meridian(system);
        if self.is2() {
            self.text.push_str(",CS[Cartesian,3],AXIS[\"(X)\",geocentricX],AXIS[\"(Y)\",geocentricY],AXIS[\"(Z)\",geocentricZ],");
            self.length_unit(1.0);
        } else {
            self.comma();
            self.length_unit(1.0);
            self.text.push_str(",AXIS[\"Geocentric X\",OTHER],AXIS[\"Geocentric Y\",OTHER],AXIS[\"Geocentric Z\",NORTH]");
        }
        self.id(system.id.as_ref());
        self.close();
        Some(())
    }
}

/// Esri's name of what has a code of EPSG's, or else its own in Esri's spelling.
pub(super) fn esri_name(kind: Named, id: Option<&Id>, name: &str) -> String {
    let known = id.and_then(registry::key).and_then(|key| registry::esri_name(kind, key));
    match known {
        _ if id.is_some_and(|id| id.authority == Authority::Esri) => name.replace(' ', "_"),
        Some(known) => known.to_owned(),
        None => esri_spelling(name),
    }
}

/// A name as Esri would spell it: of letters, digits and signs, with one `_` for what lies between.
fn esri_spelling(name: &str) -> String {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-');
    let kept = ["(m)", "(ftUS)", "(E-N)", "(N-E)"].into_iter().find(|end| name.ends_with(end));
    let rest = name.strip_suffix(kept.unwrap_or_default()).unwrap_or(name);
    let words: Vec<&str> = rest.split(|c| !is_kept(c)).filter(|word| !word.is_empty()).collect();
    words.join("_") + kept.unwrap_or_default()
}
