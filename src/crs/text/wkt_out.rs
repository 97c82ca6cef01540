//! The pieces that well-known text is made of.

use std::fmt::Write;

use super::units;
use crate::crs::{Axes, Direction, Id, ParameterKind};

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

/// The text so far.
pub(super) struct Out {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Out {
    pub(super) fn is2(&self) -> bool {
        self.style == Style::Wkt2
    }

    pub(super) fn esri(&self) -> bool {
        self.style == Style::Esri
    }

    /// `A` in WKT2, `B` in WKT1.
    pub(super) fn open(&mut self, wkt2: &str, wkt1: &str, name: &str) {
        let keyword = if self.is2() { wkt2 } else { wkt1 };
        let name = name.replace('"', "\"\"");
        write!(self.text, "{keyword}[\"{name}\"").expect("strings take text");
    }

    pub(super) fn close(&mut self) {
        self.text.push(']');
    }

    pub(super) fn comma(&mut self) {
        self.text.push(',');
    }

    pub(super) fn number(&mut self, value: f64) {
        let text = number(value);
        self.text.push_str(&text);
        // Esri writes every number with a point.
        if self.esri() && !text.contains(['.', 'e']) {
            self.text.push_str(".0");
        }
    }

    pub(super) fn id(&mut self, id: Option<&Id>) {
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

    pub(super) fn length_unit(&mut self, metres: f64) {
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

    pub(super) fn angle_unit(&mut self, radians: f64) {
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

    pub(super) fn parameter(
        &mut self,
        name: &str,
        kind: ParameterKind,
        value: f64,
        angle: f64,
        unit: f64,
    ) {
        let value = match kind {
            ParameterKind::Angle => value / angle,
            ParameterKind::Length => value / unit,
            ParameterKind::Scale => value,
        };
        self.text.push_str(&format!(",PARAMETER[\"{name}\","));
        self.number(value);
        self.close();
    }

    pub(super) fn axes(&mut self, names: [&str; 2], axes: Axes) {
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
