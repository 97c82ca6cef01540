//! What a file says besides its pixels, for `swath info`.

use serde_json::{Map, Value, json};
use swath::crs::Crs;
use swath::raster::{BandMetadata, Items, Metadata};

/// Adds lines.
pub(crate) fn human(metadata: &Metadata, line: &mut impl FnMut(&str, String)) {
    for (domain, items) in &metadata.domains {
        for (name, text) in items {
            let domain = if domain.is_empty() { String::new() } else { format!("{domain}: ") };
            line("item", format!("{domain}{name} = {}", short(text)));
        }
    }
    for (band, said) in &metadata.bands {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(said.description.as_deref().map(short));
        parts.extend(said.scale.map(|scale| format!("scale {scale}")));
        parts.extend(said.offset.map(|offset| format!("offset {offset}")));
        parts.extend(said.unit.as_ref().map(|unit| format!("unit {}", short(unit))));
        let items = said.domains.values().flatten();
        parts.extend(items.map(|(name, text)| format!("{name} = {}", short(text))));
        if !parts.is_empty() {
            line("band", format!("{}: {}", u32::from(*band) + 1, parts.join(", ")));
        }
    }
    if let Some(gcps) = &metadata.gcps {
        line("control", format!("{} ground control points", gcps.points.len()));
        for gcp in gcps.points.iter().take(10) {
            let (pixel, ground) = (gcp.pixel, gcp.ground);
            let place = format!("{}, {}, {}", ground.x, ground.y, gcp.z);
            line("", format!("{}, {} at {place}", pixel.x, pixel.y));
        }
    }
    if let Some(text) = &metadata.crs_text {
        line("crs", format!("not understood: {}", short(text)));
    }
    if metadata.rpc.is_some() {
        line("rpc", "rational polynomial coefficients".into());
    }
    if let Some(profile) = &metadata.icc {
        line("icc", format!("{} bytes", profile.len()));
    }
    for (name, text) in exif(metadata) {
        line("exif", format!("{} = {}", name.trim_start_matches("EXIF_"), short(&text)));
    }
    if let Some(packet) = &metadata.xmp {
        line("xmp", format!("{} bytes", packet.len()));
    }
}

/// What the camera said. Nothing if there is none.
fn exif(metadata: &Metadata) -> Items {
    let items = metadata.exif.as_deref().map(swath::geotiff::exif::items);
    items.and_then(Result::ok).unwrap_or_default()
}

/// One line of a text.
fn short(text: &str) -> String {
    let line: String =
        text.chars().take(120).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(120).is_some() { format!("{line}...") } else { line }
}

/// Items by domain, as gdalinfo has them.
pub(crate) fn domains(domains: &std::collections::BTreeMap<String, Items>) -> Map<String, Value> {
    domains.iter().map(|(domain, items)| (domain.clone(), json!(items))).collect()
}

/// Adds what gdalinfo has keys or domains for.
pub(crate) fn machine(metadata: &Metadata, domains: &mut Map<String, Value>, out: &mut Value) {
    if let Some(rpc) = &metadata.rpc {
        let text = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
        let items = rpc.named().map(|(name, values)| (name.to_owned(), text(values).into()));
        domains.insert("RPC".into(), Value::Object(items.collect()));
    }
    if let Some(profile) = &metadata.icc {
        domains.insert("COLOR_PROFILE".into(), json!({ "bytes": profile.len() }));
    }
    let exif = exif(metadata);
    if !exif.is_empty() {
        domains.insert("EXIF".into(), json!(exif));
    }
    if let Some(packet) = &metadata.xmp {
        domains.insert("xml:XMP".into(), json!(&**packet));
    }
    if let Some(text) = &metadata.crs_text {
        out["coordinateSystem"] = json!({ "wkt": &**text });
    }
    if let Some(gcps) = &metadata.gcps {
        let one = |(number, gcp): (usize, &swath::raster::Gcp)| {
            json!({
                "id": (number + 1).to_string(),
                "info": "",
                "pixel": gcp.pixel.x,
                "line": gcp.pixel.y,
                "x": gcp.ground.x,
                "y": gcp.ground.y,
                "z": gcp.z,
            })
        };
        let list: Vec<_> = gcps.points.iter().enumerate().map(one).collect();
        out["gcps"] = json!({ "gcpList": list });
        if let Some(crs) = &gcps.crs {
            out["gcps"]["coordinateSystem"] = system(crs);
        }
    }
}

/// What a reference system is.
pub(crate) fn system(crs: &Crs) -> Value {
    let mut said = json!({ "name": crs.name(), "epsg": crs.epsg() });
    if let Some(wkt) = crs.to_wkt2() {
        said["wkt"] = wkt.into();
    }
    said
}

/// Adds what is said of a band.
pub(crate) fn band(said: &BandMetadata, out: &mut Value) {
    let BandMetadata { description, scale, offset, unit, domains: items, .. } = said;
    for (key, value) in [
        ("description", description.as_ref().map(|text| json!(text))),
        ("scale", scale.map(|x| json!(x))),
        ("offset", offset.map(|x| json!(x))),
        ("unit", unit.as_ref().map(|text| json!(text))),
    ] {
        if let Some(value) = value {
            out[key] = value;
        }
    }
    if !items.is_empty() {
        out["metadata"] = domains(items).into();
    }
}
