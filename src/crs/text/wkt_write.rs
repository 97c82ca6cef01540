//! Definitions as well-known text.

use std::fmt::Write;

use super::wkt_out::{Out, Style, number};
use crate::crs::{Axes, Datum, Definition, Vertical, registry};

/// Writes a definition, or nothing if the text has no words for it.
pub(in crate::crs) fn write(definition: &Definition, style: Style) -> Option<String> {
    let mut out = Out { text: String::new(), style };
    out.system(definition)?;
    Some(out.text)
}

impl Out {
    fn system(&mut self, definition: &Definition) -> Option<()> {
        let bound = definition
            .geographic()
            .map(|g| &g.datum)
            .filter(|datum| self.is2() && (datum.to_wgs84.is_some() || datum.grids.is_some()));
        match definition {
            Definition::Compound { horizontal, vertical, .. } if self.esri() => {
                self.system(horizontal)?;
                self.comma();
                self.vertical(vertical);
                return Some(());
            }
            Definition::Compound { name, id, horizontal, vertical } => {
                self.open("COMPOUNDCRS", "COMPD_CS", name);
                self.comma();
                self.system(horizontal)?;
                self.comma();
                self.vertical(vertical);
                self.id(id.as_ref());
                self.close();
                return Some(());
            }
            Definition::Vertical(vertical) => {
                self.vertical(vertical);
                return Some(());
            }
            Definition::Local { name, unit } => {
                self.local(name, *unit);
                return Some(());
            }
            _ => {}
        }
        if bound.is_some() {
            self.text.push_str("BOUNDCRS[SOURCECRS[");
        }
        match definition {
            Definition::Geographic(system) => self.geographic(system, "GEOGCRS", true),
            Definition::Geocentric(system) => self.geocentric(system)?,
            Definition::Projected(system) => self.projected(system)?,
            Definition::Derived(system) => {
                if !self.is2() {
                    return None;
                }
                self.open("GEOGCRS", "", &system.name);
                self.comma();
                self.geographic(&system.base, "BASEGEOGCRS", false);
                self.comma();
                self.conversion("DERIVINGCONVERSION", &system.conversion);
                self.text.push_str(",CS[ellipsoidal,2]");
                self.axes(["longitude", "latitude"], Axes::EAST_NORTH);
                self.comma();
                self.angle_unit(1f64.to_radians());
                self.close();
            }
            _ => return None,
        }
        if let Some(datum) = bound {
            self.text.push(']');
            self.shift(datum);
            self.close();
        }
        Some(())
    }

    /// The target and the transformation of a bound system.
    fn shift(&mut self, datum: &Datum) {
        let target = registry::definition(4326).expect("WGS 84 is in the registry");
        self.text.push_str(",TARGETCRS[");
        self.system(&target).expect("WGS 84 can be written");
        self.text.push_str("],ABRIDGEDTRANSFORMATION[\"Transformation to WGS84\"");
        if let Some(grids) = &datum.grids {
            self.text.push_str(",METHOD[\"NTv2\",ID[\"EPSG\",9615]]");
            write!(
                self.text,
                ",PARAMETERFILE[\"Latitude and longitude difference file\",\"{}\",ID[\"EPSG\",8656]]",
                grids.replace('"', "\"\"")
            )
            .expect("strings take text");
        } else if let Some(shift) = datum.to_wgs84 {
            let translation = shift[3..].iter().all(|x| *x == 0.0);
            let names = [
                ("X-axis translation", 8605),
                ("Y-axis translation", 8606),
                ("Z-axis translation", 8607),
                ("X-axis rotation", 8608),
                ("Y-axis rotation", 8609),
                ("Z-axis rotation", 8610),
                ("Scale difference", 8611),
            ];
            self.text.push_str(if translation {
                ",METHOD[\"Geocentric translations (geog2D domain)\",ID[\"EPSG\",9603]]"
            } else {
                ",METHOD[\"Position Vector transformation (geog2D domain)\",ID[\"EPSG\",9606]]"
            });
            for (place, (name, code)) in
                names.iter().enumerate().take(if translation { 3 } else { 7 })
            {
                let value = if place == 6 { 1.0 + shift[6] * 1e-6 } else { shift[place] };
                write!(self.text, ",PARAMETER[\"{name}\",{},ID[\"EPSG\",{code}]]", number(value))
                    .expect("strings take text");
            }
        }
        self.close();
    }

    fn local(&mut self, name: &str, unit: f64) {
        self.open("ENGCRS", "LOCAL_CS", name);
        if self.is2() {
            self.text.push_str(",EDATUM[\"Unknown engineering datum\"],CS[Cartesian,2]");
            self.axes(["easting", "northing"], Axes::EAST_NORTH);
        }
        self.comma();
        self.length_unit(unit);
        if self.style == Style::Gdal {
            self.text.push_str(",AXIS[\"Easting\",EAST],AXIS[\"Northing\",NORTH]");
        }
        self.close();
    }

    fn vertical(&mut self, system: &Vertical) {
        let keyword = if self.esri() { "VERTCS" } else { "VERT_CS" };
        self.open("VERTCRS", keyword, &system.name);
        self.comma();
        self.open("VDATUM", if self.esri() { "VDATUM" } else { "VERT_DATUM" }, &system.datum);
        if self.style == Style::Gdal {
            self.text.push_str(",2005");
        }
        self.id(system.datum_id.as_ref());
        self.close();
        let (name, direction) =
            if system.is_depth { ("depth", "down") } else { ("gravity-related height", "up") };
        match self.style {
            Style::Wkt2 => {
                write!(self.text, ",CS[vertical,1],AXIS[\"{name}\",{direction}],")
                    .expect("strings take text");
                self.length_unit(system.unit);
            }
            Style::Gdal => {
                self.comma();
                self.length_unit(system.unit);
                let name = if system.is_depth { "Depth" } else { "Gravity-related height" };
                write!(self.text, ",AXIS[\"{name}\",{}]", direction.to_uppercase())
                    .expect("strings take text");
            }
            Style::Esri => {
                let sign = if system.is_depth { "-1.0" } else { "1.0" };
                write!(
                    self.text,
                    ",PARAMETER[\"Vertical_Shift\",0.0],PARAMETER[\"Direction\",{sign}],"
                )
                .expect("strings take text");
                self.length_unit(system.unit);
            }
        }
        self.id(system.id.as_ref());
        self.close();
    }
}
