//! Definitions as well-known text.

use std::fmt::Write;

use super::proj_write;
use super::units;
use crate::crs::registry::{self, Named};
use crate::crs::{
    Authority, Axes, Conversion, Datum, Definition, Direction, Ellipsoid, Geographic, Id, Method,
    ParameterKind, Projected, Vertical,
};

/// Which well-known text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::crs) enum Style {
    /// ISO 19162:2019.
    Wkt2,
    /// WKT1 as GDAL writes it.
    Gdal,
    /// WKT1 as Esri writes it.
    Esri,
}

/// Writes a definition, or nothing if the text has no words for it.
pub(in crate::crs) fn write(definition: &Definition, style: Style) -> Option<String> {
    let mut out = Out { text: String::new(), style };
    out.system(definition)?;
    Some(out.text)
}

struct Out {
    text: String,
    style: Style,
}

impl Out {
    fn is2(&self) -> bool {
        self.style == Style::Wkt2
    }

    fn esri(&self) -> bool {
        self.style == Style::Esri
    }

    /// `A` in WKT2, `B` in WKT1.
    fn open(&mut self, wkt2: &str, wkt1: &str, name: &str) {
        let keyword = if self.is2() { wkt2 } else { wkt1 };
        let name = name.replace('"', "\"\"");
        write!(self.text, "{keyword}[\"{name}\"").expect("strings take text");
    }

    fn close(&mut self) {
        self.text.push(']');
    }

    fn comma(&mut self) {
        self.text.push(',');
    }

    fn number(&mut self, value: f64) {
        let text = number(value);
        self.text.push_str(&text);
        // Esri writes every number with a point.
        if self.esri() && !text.contains(['.', 'e']) {
            self.text.push_str(".0");
        }
    }

    fn id(&mut self, id: Option<&Id>) {
        let Some(id) = id.filter(|_| !self.esri()) else { return };
        let (name, code) = (id.authority.name(), id.code);
        match self.style {
            Style::Wkt2 => write!(self.text, ",ID[\"{name}\",{code}]"),
            Style::Gdal | Style::Esri => write!(self.text, ",AUTHORITY[\"{name}\",\"{code}\"]"),
        }
        .expect("strings take text");
    }

    fn unit_code(&mut self, code: u16) {
        self.id(Some(&Id::epsg(code.into())).filter(|_| code != 0));
    }

    fn length_unit(&mut self, metres: f64) {
        let known = units::length(metres);
        let name = match (known, self.style) {
            (Some(unit), Style::Esri) => unit.esri.to_owned(),
            (Some(unit), _) => unit.name.to_owned(),
            (None, _) => "unknown".to_owned(),
        };
        self.open("LENGTHUNIT", "UNIT", &name);
        self.comma();
        self.number(metres);
        self.unit_code(known.map_or(0, |unit| unit.code));
        self.close();
    }

    fn angle_unit(&mut self, radians: f64) {
        let known = units::angle(radians);
        let name = match (known, self.style) {
            (Some(unit), Style::Esri) => unit.2,
            (Some(unit), _) => unit.1,
            (None, _) => "unknown",
        };
        self.open("ANGLEUNIT", "UNIT", name);
        self.comma();
        self.number(radians);
        self.unit_code(match known {
            Some(unit) if unit.0 == 9102 => 9122,
            Some(unit) => unit.0,
            None => 0,
        });
        self.close();
    }

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
                self.conversion("DERIVINGCONVERSION", &system.conversion, 1f64.to_radians(), 1.0)?;
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
    fn geographic(&mut self, system: &Geographic, keyword: &str, is_whole: bool) {
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

    fn geocentric(&mut self, system: &Geographic) -> Option<()> {
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

    fn projected(&mut self, system: &Projected) -> Option<()> {
        let name = if self.esri() {
            system.name.replace(" / ", "_").replace(' ', "_")
        } else {
            system.name.to_string()
        };
        self.open("PROJCRS", "PROJCS", &name);
        self.comma();
        self.geographic(&system.base, "BASEGEOGCRS", false);
        self.comma();
        match self.style {
            Style::Wkt2 => {
                self.conversion("CONVERSION", &system.conversion, system.base.unit, system.unit)?;
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
            && conversion.get(crate::crs::Parameter::StandardParallel) < 0.0;
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
            let parallel = conversion.get(crate::crs::Parameter::NaturalLatitude);
            self.parameter("Standard_Parallel_1", ParameterKind::Angle, parallel, angle, unit);
        }
        for (name, value) in row.esri_fixed {
            self.parameter(name, ParameterKind::Scale, *value, angle, unit);
        }
        self.comma();
        self.length_unit(unit);
        Some(())
    }

    fn parameter(&mut self, name: &str, kind: ParameterKind, value: f64, angle: f64, unit: f64) {
        let value = match kind {
            ParameterKind::Angle => value / angle,
            ParameterKind::Length => value / unit,
            ParameterKind::Scale => value,
        };
        self.text.push_str(&format!(",PARAMETER[\"{name}\","));
        self.number(value);
        self.close();
    }

    fn conversion(&mut self, keyword: &str, conversion: &Conversion, _: f64, _: f64) -> Option<()> {
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
        Some(())
    }

    fn axes(&mut self, names: [&str; 2], axes: Axes) {
        for (name, direction) in names.iter().zip([axes.first, axes.second]) {
            let (word, meridian) = word(direction);
            let name = match direction {
                Direction::West => "westing",
                Direction::South => "southing",
                _ => name,
            };
            self.text.push_str(&format!(",AXIS[\"{name}\",{word}"));
            if let Some(degrees) = meridian {
                self.text.push_str(&format!(",MERIDIAN[{},", number(degrees)));
                self.angle_unit(1f64.to_radians());
                self.close();
            }
            self.close();
        }
    }
}

/// The word for a direction, and the meridian that it runs along.
pub(super) fn word(direction: Direction) -> (&'static str, Option<f64>) {
    match direction {
        Direction::East => ("east", None),
        Direction::North => ("north", None),
        Direction::West => ("west", None),
        Direction::South => ("south", None),
        Direction::NorthAlong(degrees) => ("north", Some(degrees)),
        Direction::SouthAlong(degrees) => ("south", Some(degrees)),
    }
}

/// A number with fifteen significant digits, as PROJ writes them.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.14e}");
    let rounded: f64 = text.parse().unwrap_or(value);
    if rounded != 0.0 && !(1e-5..1e15).contains(&rounded.abs()) {
        return format!("{rounded:e}");
    }
    format!("{rounded}")
}

fn esri_name(kind: Named, id: Option<&Id>, name: &str) -> String {
    let known = id.and_then(registry::key).and_then(|key| registry::esri_name(kind, key));
    let is_esri = id.is_some_and(|id| id.authority == Authority::Esri);
    match known {
        Some(known) if !is_esri => known.to_owned(),
        _ => name.replace(' ', "_"),
    }
}
