//! Definitions as PROJJSON.

use serde_json::{Map, Value as Json, json};

use super::units;
use super::wkt_out::word;
use crate::crs::{
    Axes, Conversion, Datum, Definition, Direction, Geographic, Id, Method, Parameter,
    ParameterKind, Vertical, registry,
};

const SCHEMA: &str = "https://proj.org/schemas/v0.7/projjson.schema.json";

/// Writes a definition, or nothing if PROJJSON has no words for it.
pub(in crate::crs) fn write(definition: &Definition) -> Option<String> {
    let mut object = Map::new();
    object.insert("$schema".into(), SCHEMA.into());
    object.extend(system(definition)?);
    serde_json::to_string_pretty(&Json::Object(object)).ok()
}

fn with_id(mut json: Json, id: Option<&Id>) -> Json {
    if let Some(id) = id {
        json["id"] = json!({ "authority": id.authority.name(), "code": id.code });
    }
    json
}

fn object(json: Json) -> Option<Map<String, Json>> {
    match json {
        Json::Object(object) => Some(object),
        _ => None,
    }
}

fn system(definition: &Definition) -> Option<Map<String, Json>> {
    let datum = definition.geographic().map(|g| &g.datum);
    let is_compound = matches!(definition, Definition::Compound { .. });
    if let Some(datum) =
        datum.filter(|d| !is_compound && (d.to_wgs84.is_some() || d.grids.is_some()))
    {
        let source = Json::Object(plain(definition)?);
        let target = Json::Object(plain(&registry::definition(4326)?)?);
        return object(json!({
            "type": "BoundCRS",
            "source_crs": source,
            "target_crs": target,
            "transformation": shift(datum),
        }));
    }
    plain(definition)
}

fn shift(datum: &Datum) -> Json {
    if let Some(grids) = &datum.grids {
        return json!({
            "name": "Transformation to WGS84",
            "method": { "name": "NTv2", "id": { "authority": "EPSG", "code": 9615 } },
            "parameters": [{
                "name": "Latitude and longitude difference file",
                "value": grids,
                "id": { "authority": "EPSG", "code": 8656 },
            }],
        });
    }
    let numbers = datum.to_wgs84.unwrap_or_default();
    let names = [
        "X-axis translation",
        "Y-axis translation",
        "Z-axis translation",
        "X-axis rotation",
        "Y-axis rotation",
        "Z-axis rotation",
        "Scale difference",
    ];
    let second = json!({ "type": "AngularUnit", "name": "arc-second", "conversion_factor": 1f64.to_radians() / 3600.0 });
    let ppm =
        json!({ "type": "ScaleUnit", "name": "parts per million", "conversion_factor": 1e-6 });
    let parameters: Vec<Json> = (0..7)
        .map(|place| {
            let unit = match place {
                0..3 => json!("metre"),
                3..6 => second.clone(),
                _ => ppm.clone(),
            };
            json!({
                "name": names[place],
                "value": numbers[place],
                "unit": unit,
                "id": { "authority": "EPSG", "code": 8605 + place },
            })
        })
        .collect();
    json!({
        "name": "Transformation to WGS84",
        "method": {
            "name": "Position Vector transformation (geog2D domain)",
            "id": { "authority": "EPSG", "code": 9606 },
        },
        "parameters": parameters,
    })
}

fn plain(definition: &Definition) -> Option<Map<String, Json>> {
    let json = match definition {
        Definition::Geographic(system) => geographic(system, false),
        Definition::Geocentric(system) => geographic(system, true),
        Definition::Projected(p) => {
            let names =
                if p.axes.is_swapped() { ["Northing", "Easting"] } else { ["Easting", "Northing"] };
            with_id(
                json!({
                    "type": "ProjectedCRS",
                    "name": p.name,
                    "base_crs": geographic(&p.base, false),
                    "conversion": conversion(&p.conversion),
                    "coordinate_system": {
                        "subtype": "Cartesian",
                        "axis": axes(names, ["E", "N"], p.axes, &length(p.unit)),
                    },
                }),
                p.id.as_ref(),
            )
        }
        Definition::Derived(d) => json!({
            "type": "DerivedGeographicCRS",
            "name": d.name,
            "base_crs": geographic(&d.base, false),
            "conversion": conversion(&d.conversion),
            "coordinate_system": {
                "subtype": "ellipsoidal",
                "axis": axes(["Longitude", "Latitude"], ["lon", "lat"], Axes::EAST_NORTH, &angle(1f64.to_radians())),
            },
        }),
        Definition::Vertical(v) => vertical(v),
        Definition::Compound { name, id, horizontal, vertical: v } => with_id(
            json!({
                "type": "CompoundCRS",
                "name": name,
                "components": [Json::Object(system(horizontal)?), vertical(v)],
            }),
            id.as_ref(),
        ),
        // What places pixels has no words.
        Definition::Image { .. } => return None,
        Definition::Local { name, unit } => json!({
            "type": "EngineeringCRS",
            "name": name,
            "datum": { "name": "Unknown engineering datum" },
            "coordinate_system": {
                "subtype": "Cartesian",
                "axis": axes(["Easting", "Northing"], ["E", "N"], Axes::EAST_NORTH, &length(*unit)),
            },
        }),
    };
    object(json)
}

fn length(metres: f64) -> Json {
    match units::length(metres) {
        Some(unit) if unit.code == 9001 => "metre".into(),
        known => json!({
            "type": "LinearUnit",
            "name": known.map_or("unknown", |unit| unit.name),
            "conversion_factor": metres,
        }),
    }
}

fn angle(radians: f64) -> Json {
    match units::angle(radians) {
        Some(unit) if unit.0 == 9102 => "degree".into(),
        known => json!({
            "type": "AngularUnit",
            "name": known.map_or("unknown", |unit| unit.1),
            "conversion_factor": radians,
        }),
    }
}

fn axes(names: [&str; 2], short: [&str; 2], axes: Axes, unit: &Json) -> Json {
    let axis = |place: usize, direction: Direction| {
        let (word, meridian) = word(direction);
        let name = match direction {
            Direction::West => "Westing",
            Direction::South => "Southing",
            _ => names[place],
        };
        let mut json = json!({
            "name": name,
            "abbreviation": short[place],
            "direction": word,
            "unit": unit,
        });
        if let Some(degrees) = meridian {
            json["meridian"] = json!({ "longitude": degrees });
        }
        json
    };
    json!([axis(0, axes.first), axis(1, axes.second)])
}

fn geographic(system: &Geographic, geocentric: bool) -> Json {
    let datum = &system.datum;
    let body = &datum.ellipsoid;
    let ellipsoid = if body.inverse_flattening == 0.0 {
        json!({ "name": body.name, "radius": body.semi_major })
    } else {
        json!({
            "name": body.name,
            "semi_major_axis": body.semi_major,
            "inverse_flattening": body.inverse_flattening,
        })
    };
    let mut frame = json!({
        "type": "GeodeticReferenceFrame",
        "name": datum.name,
        "ellipsoid": with_id(ellipsoid, body.id.as_ref()),
    });
    let meridian = &datum.prime_meridian;
    if meridian.longitude != 0.0 {
        frame["prime_meridian"] = json!({ "name": meridian.name, "longitude": meridian.longitude });
    }
    let names = if system.axes.is_swapped() {
        (["Geodetic latitude", "Geodetic longitude"], ["Lat", "Lon"])
    } else {
        (["Geodetic longitude", "Geodetic latitude"], ["Lon", "Lat"])
    };
    let mut list = axes(names.0, names.1, system.axes, &angle(system.unit));
    if let (Some(height), Json::Array(list)) = (system.height, &mut list) {
        list.push(json!({
            "name": "Ellipsoidal height",
            "abbreviation": "h",
            "direction": "up",
            "unit": length(height),
        }));
    }
    let mut coordinates = json!({ "subtype": "ellipsoidal", "axis": list });
    if geocentric {
        let axis = |name: &str| {
            json!({
                "name": format!("Geocentric {name}"),
                "abbreviation": name,
                "direction": format!("geocentric{name}"),
                "unit": "metre",
            })
        };
        coordinates = json!({ "subtype": "Cartesian", "axis": [axis("X"), axis("Y"), axis("Z")] });
    }
    let kind = if geocentric { "GeodeticCRS" } else { "GeographicCRS" };
    let json = json!({
        "type": kind,
        "name": system.name,
        "datum": with_id(frame, datum.id.as_ref()),
        "coordinate_system": coordinates,
    });
    with_id(json, system.id.as_ref())
}

fn vertical(v: &Vertical) -> Json {
    let (name, short, direction) =
        if v.is_depth { ("Depth", "D", "down") } else { ("Gravity-related height", "H", "up") };
    let datum = json!({ "type": "VerticalReferenceFrame", "name": v.datum });
    with_id(
        json!({
            "type": "VerticalCRS",
            "name": v.name,
            "datum": with_id(datum, v.datum_id.as_ref()),
            "coordinate_system": {
                "subtype": "vertical",
                "axis": [{ "name": name, "abbreviation": short, "direction": direction, "unit": length(v.unit) }],
            },
        }),
        v.id.as_ref(),
    )
}

fn conversion(conversion: &Conversion) -> Json {
    let row = conversion.method.row();
    let stated = |parameter: Parameter| {
        conversion.method != Method::EquidistantCylindrical
            || conversion.get(parameter) != 0.0
            || conversion.parameters.iter().any(|(known, _)| *known == parameter)
    };
    let slots = row.slots.iter().filter(|slot| stated(slot.parameter));
    let parameters: Vec<Json> = slots
        .map(|slot| {
            let parameter = slot.parameter;
            let name = if row.name.starts_with("PROJ ") { slot.proj } else { parameter.name() };
            let unit = match parameter.kind() {
                ParameterKind::Angle => "degree",
                ParameterKind::Length => "metre",
                ParameterKind::Scale => "unity",
            };
            let json = json!({ "name": name, "value": conversion.get(parameter), "unit": unit });
            with_id(json, parameter.epsg().map(Id::epsg).as_ref())
        })
        .collect();
    let method = json!({ "name": conversion.method.name() });
    let method = with_id(method, conversion.method.epsg().map(Id::epsg).as_ref());
    json!({ "name": conversion.name, "method": method, "parameters": parameters })
}
