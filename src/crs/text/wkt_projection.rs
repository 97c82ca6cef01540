//! Projected systems and their projections as well-known text.

use std::fmt::Write;

use super::wkt_geographic::esri_name;
use super::wkt_out::{Out, Style, word};
use super::{proj_write, units};
use crate::crs::registry::Named;
use crate::crs::{
    Conversion, Definition, Direction, Id, Method, Parameter, ParameterKind, Projected,
};

impl Out {
    pub(super) fn projected(&mut self, system: &Projected) -> Option<()> {
        let name = if self.esri() {
            esri_name(Named::Projected, system.id.as_ref(), &system.name)
        } else {
            system.name.to_string()
        };
        self.open("PROJCRS", "PROJCS", &name);
        self.comma();
        self.geographic(&system.base, "BASEGEOGCRS", false);
        self.comma();
        match self.style {
            Style::Wkt2 => {
                self.conversion("CONVERSION", &system.conversion);
                self.text.push_str(",CS[Cartesian,2]");
                let names = if system.axes.is_swapped() {
                    ["northing (N)", "easting (E)"]
                } else {
                    ["easting (E)", "northing (N)"]
                };
                self.axes(names, system.axes);
                self.comma();
                self.length_unit(system.unit);
            }
            Style::Gdal => self.gdal_projection(system)?,
            Style::Esri => self.esri_projection(system)?,
        }
        self.id(system.id.as_ref());
        self.close();
        Some(())
    }

    fn gdal_projection(&mut self, system: &Projected) -> Option<()> {
        let conversion = &system.conversion;
        let (angle, unit) = (units::degrees(system.base.unit), system.unit);
        // Under the name of an ellipsoidal method it would be read as that.
        let is_sphere = system.base.datum.ellipsoid.inverse_flattening == 0.0;
        if conversion.method.name().ends_with("(Spherical)") && !is_sphere {
            return None;
        }
        // GDAL's word for what only a PROJ string can say.
        let web = conversion.method == Method::PseudoMercator;
        let row = if web { Method::MercatorA.row() } else { conversion.method.row() };
        let extension = match conversion.method {
            Method::PseudoMercator | Method::GeostationaryX => true,
            _ => row.gdal.is_empty(),
        };
        let extension = if extension {
            Some(proj_write::string(&Definition::Projected(system.clone()))?)
        } else {
            None
        };
        let name = if row.gdal.is_empty() { "custom_proj4" } else { row.gdal };
        self.open("", "PROJECTION", name);
        self.close();
        for slot in row.slots.iter().filter(|slot| !row.gdal.is_empty() && !slot.gdal.is_empty()) {
            if row.method == Method::MercatorA && slot.gdal == "latitude_of_origin" {
                continue;
            }
            self.parameter(
                slot.gdal,
                slot.parameter.kind(),
                conversion.get(slot.parameter),
                angle,
                unit,
            );
        }
        self.comma();
        self.length_unit(unit);
        for (name, direction) in [("Easting", system.axes.first), ("Northing", system.axes.second)]
        {
            let (word, _) = word(direction);
            let name = match direction {
                Direction::North => "Northing",
                Direction::East => "Easting",
                Direction::South => "Southing",
                Direction::West => "Westing",
                _ => name,
            };
            write!(self.text, ",AXIS[\"{name}\",{}]", word.to_uppercase())
                .expect("strings take text");
        }
        if let Some(text) = extension {
            let text = text.replace(" +type=crs", "");
            write!(self.text, ",EXTENSION[\"PROJ4\",\"{text}\"]").expect("strings take text");
        }
        Some(())
    }

    fn esri_projection(&mut self, system: &Projected) -> Option<()> {
        let conversion = &system.conversion;
        let row = conversion.method.row();
        let (angle, unit) = (units::degrees(system.base.unit), system.unit);
        let south = conversion.method == Method::PolarStereographicB
            && conversion.get(Parameter::StandardParallel) < 0.0;
        let name = match conversion.method {
            Method::PolarStereographicB if south => "Stereographic_South_Pole",
            // Known to Esri by EPSG's name.
            Method::Orthographic => "Orthographic",
            _ => row.esri,
        };
        if name.is_empty() {
            return None;
        }
        self.open("", "PROJECTION", name);
        self.close();
        // False easting and northing first, as Esri has them.
        let rank = |name: &str| usize::from(!name.starts_with("False_"));
        let mut slots: Vec<_> = row.slots.iter().filter(|slot| !slot.esri.is_empty()).collect();
        slots.sort_by_key(|slot| rank(slot.esri));
        for slot in slots {
            self.parameter(
                slot.esri,
                slot.parameter.kind(),
                conversion.get(slot.parameter),
                angle,
                unit,
            );
        }
        if conversion.method == Method::LambertConic1 {
            let parallel = conversion.get(Parameter::NaturalLatitude);
            self.parameter("Standard_Parallel_1", ParameterKind::Angle, parallel, angle, unit);
        }
        for (name, value) in row.esri_fixed {
            self.parameter(name, ParameterKind::Scale, *value, angle, unit);
        }
        self.comma();
        self.length_unit(unit);
        Some(())
    }

    pub(super) fn conversion(&mut self, keyword: &str, conversion: &Conversion) {
        self.open(keyword, keyword, &conversion.name);
        let row = conversion.method.row();
        self.comma();
        self.open("METHOD", "METHOD", conversion.method.name());
        self.id(conversion.method.epsg().map(Id::epsg).as_ref());
        self.close();
        for slot in row.slots {
            let parameter = slot.parameter;
            let value = conversion.get(parameter);
            // Not every code of a method uses all its parameters.
            let is_stated = conversion.parameters.iter().any(|(known, _)| *known == parameter);
            if !is_stated && conversion.method == Method::EquidistantCylindrical && value == 0.0 {
                continue;
            }
            let name = if row.name.starts_with("PROJ ") { slot.proj } else { parameter.name() };
            self.comma();
            self.open("PARAMETER", "PARAMETER", name);
            self.comma();
            self.number(value);
            self.comma();
            match parameter.kind() {
                ParameterKind::Angle => self.angle_unit(1f64.to_radians()),
                ParameterKind::Length => self.length_unit(1.0),
                ParameterKind::Scale => {
                    self.text.push_str("SCALEUNIT[\"unity\",1,ID[\"EPSG\",9201]]");
                }
            }
            self.id(parameter.epsg().map(Id::epsg).as_ref());
            self.close();
        }
        self.close();
    }
}
