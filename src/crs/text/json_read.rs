//! PROJJSON as the tree that WKT2 would have.

use serde_json::{Map, Value as Json};

use super::tree::{Node, Value, error_at};
use super::wkt_read;
use crate::crs::Definition;
use crate::error::{Error, Result};

/// Reads PROJJSON.
pub(super) fn read(text: &str) -> Result<Definition> {
    let json: Json = serde_json::from_str(text).map_err(|error| {
        let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
        let at = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
        error_at(text, at, "PROJJSON")
    })?;
    let node = system(&json).ok_or_else(|| {
        Error::usage("coordinate reference system")
            .expected("PROJJSON of a system")
            .found(kind(&json).unwrap_or("something else"))
    })?;
    wkt_read::from_tree(text, &node)
}

fn kind(json: &Json) -> Option<&str> {
    // The base of a projected system need not say what it is.
    let has = |key| json.get(key).is_some();
    let base = (has("datum") || has("datum_ensemble")).then_some("GeographicCRS");
    json.get("type").map_or(base, Json::as_str)
}

fn node(keyword: &str, values: Vec<Value>) -> Node {
    Node { keyword: keyword.to_owned(), values, at: 0 }
}

fn name(json: &Json) -> Value {
    Value::Text(json.get("name").and_then(Json::as_str).unwrap_or_default().to_owned())
}

/// A number, or what `{"value": …, "unit": …}` says, with its unit.
fn quantity(json: &Json) -> Option<(f64, Option<Node>)> {
    match json {
        Json::Object(object) => {
            Some((object.get("value")?.as_f64()?, object.get("unit").and_then(unit)))
        }
        other => Some((other.as_f64()?, None)),
    }
}

fn unit(json: &Json) -> Option<Node> {
    let made = |keyword: &str, name: &str, factor: f64| {
        node(keyword, vec![Value::Text(name.to_owned()), Value::Number(factor)])
    };
    match json {
        Json::String(name) => match name.as_str() {
            "metre" => Some(made("LENGTHUNIT", name, 1.0)),
            "degree" => Some(made("ANGLEUNIT", name, 1f64.to_radians())),
            "unity" => Some(made("SCALEUNIT", name, 1.0)),
            _ => None,
        },
        Json::Object(object) => {
            let keyword = match object.get("type")?.as_str()? {
                "LinearUnit" => "LENGTHUNIT",
                "AngularUnit" => "ANGLEUNIT",
                "ScaleUnit" => "SCALEUNIT",
                _ => return None,
            };
            let factor = object.get("conversion_factor")?.as_f64()?;
            Some(made(keyword, object.get("name")?.as_str()?, factor))
        }
        _ => None,
    }
}

fn id(json: &Json) -> Option<Value> {
    let id = json.get("id")?;
    let code = match id.get("code")? {
        Json::String(code) => Value::Text(code.clone()),
        code => Value::Number(code.as_f64()?),
    };
    let authority = Value::Text(id.get("authority")?.as_str()?.to_owned());
    Some(Value::Node(node("ID", vec![authority, code])))
}

fn system(json: &Json) -> Option<Node> {
    let object = json.as_object()?;
    let part = |key: &str| object.get(key).and_then(system).map(Value::Node);
    let mut values = vec![name(json)];
    let keyword = match kind(json)? {
        "CompoundCRS" => {
            let parts = object.get("components")?.as_array()?;
            values.extend(parts.iter().filter_map(system).map(Value::Node));
            "COMPOUNDCRS"
        }
        "BoundCRS" => {
            let source = node("SOURCECRS", vec![part("source_crs")?]);
            let target = node("TARGETCRS", part("target_crs").into_iter().collect());
            let step = conversion("ABRIDGEDTRANSFORMATION", object.get("transformation")?)?;
            values = vec![Value::Node(source), Value::Node(target), Value::Node(step)];
            "BOUNDCRS"
        }
        "GeographicCRS" | "GeodeticCRS" => {
            geodetic(object, &mut values)?;
            "GEOGCRS"
        }
        "DerivedGeographicCRS" => {
            let mut base = object.get("base_crs").and_then(system)?;
            base.keyword = "BASEGEOGCRS".into();
            values.push(Value::Node(base));
            let step = conversion("DERIVINGCONVERSION", object.get("conversion")?)?;
            values.push(Value::Node(step));
            axes(object, &mut values);
            "GEOGCRS"
        }
        "ProjectedCRS" => {
            let mut base = object.get("base_crs").and_then(system)?;
            base.keyword = "BASEGEOGCRS".into();
            values.push(Value::Node(base));
            let step = conversion("CONVERSION", object.get("conversion")?)?;
            values.push(Value::Node(step));
            axes(object, &mut values);
            "PROJCRS"
        }
        "VerticalCRS" => {
            let datum = object.get("datum").or(object.get("datum_ensemble"));
            if let Some(datum) = datum {
                let mut datum_values = vec![name(datum)];
                datum_values.extend(id(datum));
                values.push(Value::Node(node("VDATUM", datum_values)));
            }
            axes(object, &mut values);
            "VERTCRS"
        }
        "EngineeringCRS" => {
            axes(object, &mut values);
            "ENGCRS"
        }
        _ => return None,
    };
    values.extend(id(json));
    Some(node(keyword, values))
}

fn geodetic(object: &Map<String, Json>, values: &mut Vec<Value>) -> Option<()> {
    let (keyword, datum) = match (object.get("datum"), object.get("datum_ensemble")) {
        (Some(datum), _) => ("DATUM", datum),
        (None, Some(ensemble)) => ("ENSEMBLE", ensemble),
        (None, None) => return None,
    };
    let body = datum.get("ellipsoid")?;
    let size = |key: &str| body.get(key).and_then(quantity);
    let metres = |(value, unit): (f64, Option<Node>)| {
        value * unit.and_then(|unit| unit.number(1)).unwrap_or(1.0)
    };
    let (a, rf) = match size("radius") {
        Some(radius) => (metres(radius), 0.0),
        None => {
            let a = metres(size("semi_major_axis")?);
            let rf = match (size("inverse_flattening"), size("semi_minor_axis")) {
                (Some((rf, _)), _) => rf,
                (None, Some(b)) => {
                    let b = metres(b);
                    if a == b { 0.0 } else { a / (a - b) }
                }
                (None, None) => return None,
            };
            (a, rf)
        }
    };
    let mut ellipsoid = vec![name(body), Value::Number(a), Value::Number(rf)];
    ellipsoid.extend(id(body));
    let mut datum_values = vec![name(datum), Value::Node(node("ELLIPSOID", ellipsoid))];
    datum_values.extend(id(datum));
    values.push(Value::Node(node(keyword, datum_values)));
    if let Some(meridian) = datum.get("prime_meridian") {
        let (longitude, unit) = quantity(meridian.get("longitude")?)?;
        let degree = || {
            node("ANGLEUNIT", vec![Value::Text("degree".into()), Value::Number(1f64.to_radians())])
        };
        values.push(Value::Node(node(
            "PRIMEM",
            vec![
                name(meridian),
                Value::Number(longitude),
                Value::Node(unit.unwrap_or_else(degree)),
            ],
        )));
    }
    axes(object, values);
    Some(())
}

fn axes(object: &Map<String, Json>, values: &mut Vec<Value>) {
    let Some(system) = object.get("coordinate_system") else { return };
    let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
    let subtype = text(system, "subtype").unwrap_or_default();
    let list = system.get("axis").and_then(Json::as_array);
    let count = Value::Number(list.map_or(0, Vec::len) as f64);
    values.push(Value::Node(node("CS", vec![Value::Word(subtype), count])));
    for axis in list.into_iter().flatten() {
        let direction = Value::Word(text(axis, "direction").unwrap_or_default());
        let mut parts = vec![name(axis), direction];
        let meridian = axis.get("meridian").and_then(|m| quantity(m.get("longitude")?));
        if let Some((longitude, unit)) = meridian {
            let mut inner = vec![Value::Number(longitude)];
            inner.extend(unit.map(Value::Node));
            parts.push(Value::Node(node("MERIDIAN", inner)));
        }
        parts.extend(axis.get("unit").and_then(unit).map(Value::Node));
        values.push(Value::Node(node("AXIS", parts)));
    }
}

fn conversion(keyword: &str, json: &Json) -> Option<Node> {
    let mut values = vec![name(json)];
    let method = json.get("method")?;
    let mut method_values = vec![name(method)];
    method_values.extend(id(method));
    values.push(Value::Node(node("METHOD", method_values)));
    for parameter in json.get("parameters").and_then(Json::as_array).into_iter().flatten() {
        if let Some(file) = parameter.get("value").and_then(Json::as_str) {
            let parts = vec![name(parameter), Value::Text(file.to_owned())];
            values.push(Value::Node(node("PARAMETERFILE", parts)));
            continue;
        }
        let mut parts = vec![name(parameter), Value::Number(parameter.get("value")?.as_f64()?)];
        parts.extend(parameter.get("unit").and_then(unit).map(Value::Node));
        parts.extend(id(parameter));
        values.push(Value::Node(node("PARAMETER", parts)));
    }
    values.extend(id(json));
    Some(node(keyword, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_points_at_its_place() {
        let error = read("{\n \"type\": ]}").unwrap_err().to_string();
        assert!(error.contains("at byte 11"), "{error}");
        for text in ["{}", "[]", "1", "{\"type\":\"ProjectedCRS\"}", "{\"type\":\"GeographicCRS\"}"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
