//! Well-known text as a definition: WKT1 as GDAL and as Esri write it, and WKT2
//! (ISO 19162:2015 and 2019).

use super::tree::{Node, Value, error_at};
use super::{known, proj_method, same_name, units, wkt_method};
use crate::crs::{
    Axes, Conversion, Datum, Definition, Derived, Direction, Geographic, Id, Method, Parameter,
    ParameterKind, PrimeMeridian, Projected, Vertical,
};
use crate::error::Result;

const PROJECTED: &[&str] = &["PROJCS", "PROJCRS", "PROJECTEDCRS", "BASEPROJCRS"];
const GEODETIC: &[&str] = &[
    "GEOGCS",
    "GEOGCRS",
    "GEOGRAPHICCRS",
    "GEODCRS",
    "GEODETICCRS",
    "GEOCCS",
    "BASEGEOGCRS",
    "BASEGEODCRS",
    "BASEGEODETICCRS",
];
const DATUM: &[&str] = &["DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE"];
const VERTICAL: &[&str] = &["VERT_CS", "VERTCS", "VERTCRS", "VERTICALCRS"];
const COMPOUND: &[&str] = &["COMPD_CS", "COMPOUNDCRS"];
const LOCAL: &[&str] = &["LOCAL_CS", "ENGCRS", "ENGINEERINGCRS"];
const BOUND: &[&str] = &["BOUNDCRS"];
const LENGTH: &[&str] = &["LENGTHUNIT", "UNIT"];
const ANGLE: &[&str] = &["ANGLEUNIT", "UNIT"];

/// Reads well-known text.
pub(super) fn read(text: &str) -> Result<Definition> {
    let mut nodes = Node::parse(text)?;
    let reader = Reader { text };
    match nodes.len() {
        1 => reader.system(&nodes[0]),
        // Esri puts the vertical system after the horizontal one.
        _ => {
            let name = format!("{} + {}", nodes[0].name(), nodes[1].name());
            let mut values = vec![Value::Text(name)];
            values.extend(nodes.drain(..).map(Value::Node));
            reader.compound(&Node { keyword: "COMPD_CS".into(), values, at: 0 })
        }
    }
}

/// Reads a tree that another text has been brought to.
pub(super) fn from_tree(text: &str, node: &Node) -> Result<Definition> {
    Reader { text }.system(node)
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn need<'n>(&self, node: &'n Node, keywords: &[&str]) -> Result<&'n Node> {
        node.child(keywords).ok_or_else(|| {
            error_at(self.text, node.at, &format!("{} in {}", keywords[0], node.keyword))
        })
    }

    fn system(&self, node: &Node) -> Result<Definition> {
        if node.is(PROJECTED) {
            return self.projected(node).map(Definition::Projected);
        }
        if node.is(GEODETIC) {
            return self.geodetic(node);
        }
        if node.is(VERTICAL) {
            return Ok(Definition::Vertical(vertical(node)));
        }
        if node.is(COMPOUND) {
            return self.compound(node);
        }
        if node.is(BOUND) {
            return self.bound(node);
        }
        if node.is(LOCAL) {
            let unit = node.child(LENGTH).and_then(length).unwrap_or(1.0);
            return Ok(Definition::Local { name: node.name().into(), unit });
        }
        let expected = "PROJCRS, GEOGCRS, COMPOUNDCRS, VERTCRS, BOUNDCRS or their older names";
        Err(error_at(self.text, node.at, expected))
    }

    fn compound(&self, node: &Node) -> Result<Definition> {
        let is_part = |node: &&Node| {
            [PROJECTED, GEODETIC, VERTICAL, BOUND, LOCAL].iter().any(|known| node.is(known))
        };
        let mut parts = node.children().filter(is_part);
        let (first, second) = (parts.next(), parts.next());
        let (Some(first), Some(second)) = (first, second) else {
            return Err(error_at(self.text, node.at, "a horizontal and a vertical system"));
        };
        let horizontal = self.system(first)?;
        let Definition::Vertical(vertical) = self.system(second)? else {
            return Err(error_at(self.text, second.at, "a vertical system"));
        };
        if matches!(horizontal, Definition::Vertical(_) | Definition::Compound { .. }) {
            return Err(error_at(self.text, first.at, "a horizontal system"));
        }
        let (name, id) = (node.name().into(), id(node));
        Ok(Definition::Compound { name, id, horizontal: Box::new(horizontal), vertical })
    }

    fn bound(&self, node: &Node) -> Result<Definition> {
        let inner = self.need(node, &["SOURCECRS"])?;
        let source = inner.children().next();
        let source =
            source.ok_or_else(|| error_at(self.text, inner.at, "a system in SOURCECRS"))?;
        let mut definition = self.system(source)?;
        let step = self.need(node, &["ABRIDGEDTRANSFORMATION"])?;
        let (shift, grids) = shift(step);
        if let Some(geographic) = definition.geographic_mut() {
            geographic.datum.to_wgs84 = shift;
            geographic.datum.grids = grids.map(Into::into);
        }
        Ok(definition)
    }

    fn geodetic(&self, node: &Node) -> Result<Definition> {
        let geographic = self.geographic(node)?;
        let is_cartesian = node.child(&["CS"]).is_some_and(|cs| same_name(&cs.name(), "Cartesian"));
        if node.is(&["GEOCCS"]) || is_cartesian {
            return Ok(Definition::Geocentric(geographic));
        }
        let Some(deriving) = node.child(&["DERIVINGCONVERSION"]) else {
            return Ok(Definition::Geographic(geographic));
        };
        let keywords = ["BASEGEOGCRS", "BASEGEODCRS"];
        let base = self.geographic(self.need(node, &keywords)?)?;
        let conversion = self.conversion(deriving, base.unit, 1.0)?;
        if conversion.method != Method::RotatedPole {
            return Err(error_at(self.text, deriving.at, "a rotation of the pole"));
        }
        Ok(Definition::Derived(Derived { name: node.name().into(), base, conversion }))
    }

    fn geographic(&self, node: &Node) -> Result<Geographic> {
        let base = node.child(&["BASEGEOGCRS", "BASEGEODCRS"]);
        let place = match base {
            Some(base) if node.child(DATUM).is_none() => base,
            _ => node,
        };
        let datum_node = place
            .child(DATUM)
            .ok_or_else(|| error_at(self.text, node.at, &format!("DATUM in {}", node.keyword)))?;
        let axes: Vec<&Node> = node.children().filter(|n| n.is(&["AXIS"])).collect();
        let unit = node.child(ANGLE).or_else(|| axes.first().and_then(|a| a.child(ANGLE)));
        // A base in WKT2 leaves out its unit: then its meridian's.
        let meridian = place.child(&["PRIMEM", "PRIMEMERIDIAN"]);
        let unit = unit.or_else(|| meridian.and_then(|node| node.child(ANGLE)));
        let is_geocentric = node.is(&["GEOCCS"]);
        let unit = unit.filter(|_| !is_geocentric).and_then(angle).unwrap_or(1f64.to_radians());
        let mut datum = self.datum(datum_node)?;
        if let Some(meridian) = meridian {
            datum.prime_meridian = prime_meridian(meridian, unit);
        }
        let height = axes.get(2).map(|axis| axis.child(LENGTH).and_then(length).unwrap_or(1.0));
        // Esri's third axis is a unit after the angle's.
        let esri = || node.child(&["LINUNIT"]).and_then(length);
        let (name, id) = (node.name(), id(node));
        if let Some(known) = id.as_ref().and_then(|id| known::datum_of(id, &datum)) {
            datum = known;
        }
        let id = id.or_else(|| known::geographic_id(&name, &datum));
        Ok(Geographic {
            name: known::named(&name, id.as_ref()),
            id,
            datum,
            unit,
            axes: directions(&axes).unwrap_or(if node.is(&["GEOGCS"]) {
                Axes::EAST_NORTH
            } else {
                Axes::NORTH_EAST
            }),
            height: height.or_else(esri),
        })
    }

    fn datum(&self, node: &Node) -> Result<Datum> {
        let body = self.need(node, &["SPHEROID", "ELLIPSOID"])?;
        let unit = body.child(LENGTH).and_then(length).unwrap_or(1.0);
        let (Some(a), Some(rf)) = (body.number(1), body.number(2)) else {
            return Err(error_at(self.text, body.at, "two numbers in an ellipsoid"));
        };
        let ellipsoid = known::checked_ellipsoid(body.name(), id(body), a * unit, rf)
            .map_err(|expected| error_at(self.text, body.at, expected))?;
        let to_wgs84 = node
            .child(&["TOWGS84"])
            .map(|shift| std::array::from_fn(|place| shift.number(place).unwrap_or(0.0)));
        let grids = node.children().find(|n| n.is(&["EXTENSION"]) && n.name() == "PROJ4_GRIDS");
        let mut datum = known::datum(node.name(), id(node), ellipsoid);
        datum.ensemble |= node.is(&["ENSEMBLE"]);
        datum.to_wgs84 = to_wgs84;
        datum.grids = grids.and_then(|n| n.text(1)).map(Into::into);
        Ok(datum)
    }

    fn projected(&self, node: &Node) -> Result<Projected> {
        let base = self.geographic(self.need(node, GEODETIC)?)?;
        let axes: Vec<&Node> = node.children().filter(|n| n.is(&["AXIS"])).collect();
        let unit = node.child(LENGTH).or_else(|| axes.first().and_then(|a| a.child(LENGTH)));
        let unit = unit.and_then(length).unwrap_or(1.0);
        let directions = directions(&axes);
        let name = node.name();
        let extension = node.children().find(|n| n.is(&["EXTENSION"]) && n.name() == "PROJ4");
        let extension =
            extension.and_then(|n| n.text(1)).and_then(|text| proj_method::method(&text));
        let conversion = match (extension, node.child(&["CONVERSION"])) {
            // What GDAL cannot say otherwise it says as a PROJ string.
            (Some(mut conversion), _) => {
                conversion.name = name.clone().into();
                conversion
            }
            (None, Some(conversion)) => self.conversion(conversion, base.unit, unit)?,
            (None, None) => {
                let projection = self.need(node, &["PROJECTION"])?;
                let parameters: Vec<(String, f64)> = node
                    .children()
                    .filter(|n| n.is(&["PARAMETER"]))
                    .filter_map(|n| Some((n.name(), n.number(1)?)))
                    .collect();
                let found = wkt_method::find(
                    &projection.name(),
                    &parameters,
                    [units::degrees(base.unit), unit],
                    directions,
                );
                let (method, parameters) = found.ok_or_else(|| {
                    let expected = "a method of projection that swath knows";
                    error_at(self.text, projection.at, expected)
                })?;
                Conversion { name: conversion_name(&name).to_owned().into(), method, parameters }
            }
        };
        let usual = wkt_method::usual_axes(conversion.method);
        let id = id(node);
        let name = known::named(&name, id.as_ref());
        let axes = directions.unwrap_or(usual);
        Ok(Projected { name, id, base, conversion, unit, axes })
    }

    /// Reads a conversion of WKT2, whose parameters state their units.
    fn conversion(&self, node: &Node, base_unit: f64, unit: f64) -> Result<Conversion> {
        let method = self.need(node, &["METHOD", "PROJECTION"])?;
        let refuse = || error_at(self.text, method.at, "a method of projection that swath knows");
        let given = node.children().filter(|n| n.is(&["PARAMETER"]));
        let mut values = Vec::new();
        for parameter in given {
            let Some(value) = parameter.number(1) else {
                return Err(error_at(self.text, parameter.at, "a number"));
            };
            values.push((parameter, value));
        }
        let code = id(method).and_then(|id| id.epsg_code());
        let name = method.name();
        let rotated = wkt_method::rotated_pole(
            &name,
            &values.iter().map(|(n, value)| (n.name(), *value)).collect::<Vec<_>>(),
        );
        if let Some(parameters) = rotated {
            let name = node.name().into();
            return Ok(Conversion { name, method: Method::RotatedPole, parameters });
        }
        let method = code.and_then(Method::from_epsg).or_else(|| Method::from_name(&name));
        let method = method.ok_or_else(refuse)?;
        let mut parameters = Vec::new();
        for (node, value) in values {
            let code = id(node).and_then(|id| id.epsg_code());
            let by_key = || {
                let slot = method.row().slots.iter().find(|slot| slot.proj == node.name());
                slot.map(|slot| slot.parameter)
            };
            let parameter = code
                .and_then(Parameter::from_epsg)
                .or_else(|| {
                    Parameter::from_name(&node.name())
                        .filter(|p| method.parameters().any(|q| q == *p))
                })
                .or_else(by_key);
            let Some(parameter) = parameter else { continue };
            let value = match parameter.kind() {
                ParameterKind::Angle => {
                    value
                        * node
                            .child(ANGLE)
                            .and_then(angle)
                            .map_or(units::degrees(base_unit), units::degrees)
                }
                ParameterKind::Length => {
                    value * node.child(LENGTH).and_then(length).unwrap_or(unit)
                }
                ParameterKind::Scale => {
                    let ppm = node.child(&["SCALEUNIT", "UNIT"]).and_then(|n| n.number(1));
                    value * ppm.unwrap_or(1.0)
                }
            };
            parameters.push((parameter, value));
        }
        Ok(Conversion { name: node.name().into(), method, parameters })
    }
}

/// The part of a projected system's name that names its conversion.
pub(super) fn conversion_name(name: &str) -> &str {
    name.split_once(" / ").map_or("unnamed", |(_, conversion)| conversion)
}

fn id(node: &Node) -> Option<Id> {
    let node = node.child(&["ID", "AUTHORITY"])?;
    let code = node.text(1)?.trim().parse().ok().filter(|&code: &u32| code > 0)?;
    Some(Id { authority: crate::crs::Authority::from_name(&node.name()), code })
}

fn length(node: &Node) -> Option<f64> {
    let stated = node.number(1).filter(|&x| x > 0.0).map(units::exact_length);
    stated.or_else(|| units::length_by_name(&node.name()))
}

fn angle(node: &Node) -> Option<f64> {
    node.number(1).filter(|&x| x > 0.0).map(units::exact_angle)
}

fn prime_meridian(node: &Node, unit: f64) -> PrimeMeridian {
    let value = node.number(1).unwrap_or(0.0);
    let stated = node.child(ANGLE).and_then(angle);
    // Files give Paris in degrees even where the unit is the grad.
    let is_degrees = (value - 2.337_229_17).abs() < 1e-7;
    let degrees = match stated {
        Some(unit) => value * units::degrees(unit),
        None if is_degrees => value,
        None => value * units::degrees(unit),
    };
    known::prime_meridian(node.name(), degrees)
}

fn vertical(node: &Node) -> Vertical {
    let datum = node.child(&["VERT_DATUM", "VDATUM", "VERTICALDATUM", "VRF", "ENSEMBLE", "DATUM"]);
    let axis = node.child(&["AXIS"]);
    let unit = node.child(LENGTH).or_else(|| axis.and_then(|axis| axis.child(LENGTH)));
    let is_down = |text: Option<String>| text.is_some_and(|text| text.eq_ignore_ascii_case("down"));
    // Esri tells heights from depths by the sign of a parameter.
    let is_negative = node.children().any(|n| {
        n.is(&["PARAMETER"]) && same_name(&n.name(), "Direction") && n.number(1) == Some(-1.0)
    });
    let id = id(node);
    Vertical {
        name: known::named(&node.name(), id.as_ref()),
        id,
        datum: datum.map(Node::name).unwrap_or_default().into(),
        datum_id: datum.and_then(self::id),
        unit: unit.and_then(length).unwrap_or(1.0),
        is_depth: is_negative || axis.is_some_and(|axis| is_down(axis.text(1))),
    }
}

/// A shift to WGS 84 as a transformation states it, and the files of its grids.
fn shift(node: &Node) -> (Option<[f64; 7]>, Option<String>) {
    if let Some(file) = node.child(&["PARAMETERFILE"]) {
        return (None, file.text(1));
    }
    let mut shift = [0.0; 7];
    let mut sign = 1.0;
    if node.child(&["METHOD"]).is_some_and(|n| n.name().to_lowercase().contains("coordinate frame"))
    {
        sign = -1.0;
    }
    let mut found = false;
    for parameter in node.children().filter(|n| n.is(&["PARAMETER"])) {
        let name = parameter.name().to_lowercase();
        let axis = ["x-axis", "y-axis", "z-axis"].iter().position(|axis| name.starts_with(axis));
        let Some(value) = parameter.number(1) else { continue };
        // Translations in metres, rotations in arc seconds, unless a unit says otherwise.
        match axis {
            Some(axis) if name.ends_with("translation") => {
                shift[axis] = value * parameter.child(LENGTH).and_then(length).unwrap_or(1.0);
            }
            Some(axis) if name.ends_with("rotation") => {
                let second = 1f64.to_radians() / 3600.0;
                let unit = parameter.child(ANGLE).and_then(angle).unwrap_or(second);
                let seconds =
                    if (unit - second).abs() < 1e-15 { value } else { value * unit / second };
                shift[3 + axis] = sign * seconds;
            }
            None if name.starts_with("scale") => {
                // Without a unit it is the ratio itself.
                let unit = parameter.child(&["SCALEUNIT", "UNIT"]).and_then(|n| n.number(1));
                shift[6] = match unit {
                    Some(unit) => value * unit * 1e6,
                    None if (value - 1.0).abs() < 0.1 => (value - 1.0) * 1e6,
                    None => value,
                };
            }
            _ => continue,
        }
        found = true;
    }
    (found.then_some(shift), None)
}

/// The directions of the first two axes.
fn directions(axes: &[&Node]) -> Option<Axes> {
    let direction = |axis: &Node| {
        let word = axis.text(1)?.to_ascii_lowercase();
        let along = axis.child(&["MERIDIAN"]).and_then(|n| {
            Some(n.number(0)? * n.child(ANGLE).and_then(angle).map_or(1.0, units::degrees))
        });
        Some(match (word.as_str(), along) {
            ("north", Some(meridian)) => Direction::NorthAlong(meridian),
            ("south", Some(meridian)) => Direction::SouthAlong(meridian),
            ("north", None) => Direction::North,
            ("south", None) => Direction::South,
            ("east", _) => Direction::East,
            ("west", _) => Direction::West,
            _ => return None,
        })
    };
    let [first, second, ..] = axes else { return None };
    // About a pole WKT1 has no meridians to tell them apart.
    if direction(first) == direction(second) {
        return None;
    }
    Some(Axes { first: direction(first)?, second: direction(second)? })
}
