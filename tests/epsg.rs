//! Every code of the registry against PROJ's coordinates.
//!
//! The reference is `crs/epsg_points.jsonl.gz` of the shared data: nine points
//! over the area of use of each code, by PROJ 9.5.1 without grids.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde_json::Value;
use swath::crs::{Area, Crs, TransformOptions, Transformer};

fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SWATH_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let file = root.join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(
        std::env::var_os("CI").is_none_or(|v| v != "true"),
        "{} is missing: set SWATH_SHARED",
        file.display()
    );
    println!("skipped: {} is missing (set SWATH_SHARED)", file.display());
    None
}

fn reference() -> Option<BTreeMap<u64, Value>> {
    let file = std::fs::File::open(shared("crs/epsg_points.jsonl.gz")?).expect("readable");
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines();
    let entries = lines.map(|line| {
        let value: Value = serde_json::from_str(&line.expect("gzip")).expect("JSON");
        (value["code"].as_u64().expect("code"), value)
    });
    Some(entries.collect())
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("list of coordinates");
    list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

/// 1 mm, or 1e-8 degree, and what the reference's six decimals leave open.
fn tolerance(crs: &Crs) -> f64 {
    if crs.is_geographic() { 1e-8 } else { 1e-3 }
}

/// The largest difference of points brought from one system to another from where they
/// should lie; infinite where one is missing.
fn difference(transformer: &Transformer, from: (&[f64], &[f64]), to: (&[f64], &[f64])) -> f64 {
    let (mut x, mut y) = (from.0.to_vec(), from.1.to_vec());
    transformer.transform(&mut x, &mut y);
    let mut largest: f64 = 0.0;
    for i in 0..x.len() {
        let mut dx = (x[i] - to.0[i]).abs();
        if transformer.to().is_geographic() {
            // Either name of the antimeridian will do; a pole has every longitude.
            dx = dx.min((360.0 - dx).abs()) * to.1[i].to_radians().cos();
        }
        let error = dx.max((y[i] - to.1[i]).abs());
        largest = largest.max(if error.is_nan() { f64::INFINITY } else { error });
    }
    largest
}

/// What PROJ's name of an operation says about the datums: the parts that are
/// neither a change of axes or dimension nor the projection.
fn datum_part(name: &str, projection: bool) -> String {
    let mut parts: Vec<&str> = name
        .split(" + ")
        .filter(|part| !part.starts_with("axis order change") && !part.starts_with("Conversion from"))
        .collect();
    if projection {
        parts.pop();
    }
    parts.join(" + ")
}

#[test]
fn explore() {
    let Some(reference) = reference() else { return };
    let wgs84 = Crs::from_epsg(4326);
    let (mut good, mut bad) = (BTreeMap::new(), Vec::new());
    let (mut chosen_same, mut chosen_other) = (0, Vec::new());
    for (code, entry) in &reference {
        let kind = entry["kind"].as_str().expect("kind");
        let crs = Crs::from_epsg(*code as u32);
        let (lon, lat) = (numbers(&entry["lon"]), numbers(&entry["lat"]));
        let (x, y) = (numbers(&entry["x"]), numbers(&entry["y"]));
        let names: Vec<String> = match &entry["op"] {
            Value::String(one) => vec![one.clone(); lon.len()],
            many => many.as_array().map_or(Vec::new(), |l| l.iter().map(|v| v.as_str().unwrap_or_default().to_owned()).collect()),
        };
        let mut fine = true;
        let mut why = String::new();
        let names: Vec<String> = names.iter().map(|n| datum_part(n, kind == "projected")).collect();
        for name in names.iter().collect::<BTreeSet<_>>() {
            let pick = |v: &[f64]| -> Vec<f64> { (0..v.len()).filter(|&i| names[i] == *name && x[i].is_finite()).map(|i| v[i]).collect() };
            let (lon, lat, x, y) = (pick(&lon), pick(&lat), pick(&x), pick(&y));
            if lon.is_empty() { continue; }
            let options = TransformOptions::default();
            let world = TransformOptions { area: Some(Area::WORLD), ..options.clone() };
            let list = match Transformer::operations(&wgs84, &crs, &world) { Ok(l) => l, Err(e) => { fine = false; why = format!("{e}"); break } };
            let number = list.iter().position(|o| o.name() == name || name.contains("allpark") && o.is_ballpark() || name.is_empty() && o.accuracy() == Some(0.0) || name.starts_with("Null geographic") && o.accuracy() == Some(0.0));
            let Some(number) = number else { fine = false; why = format!("no operation {name:?} among {:?}", list.iter().map(|o| o.name()).take(4).collect::<Vec<_>>()); break };
            let options = TransformOptions { operation: Some(number), ..world };
            let there = match Transformer::with_options(&wgs84, &crs, &options) { Ok(t) => t, Err(e) => { fine = false; why = format!("{e}"); break } };
            let back = Transformer::operations(&crs, &wgs84, &options).unwrap();
            let plain = |s: &str| { let mut v: Vec<String> = s.split(" + ").map(|p| p.strip_prefix("Inverse of ").unwrap_or(p).to_owned()).collect(); v.sort(); v.join("+") };
            let number = back.iter().position(|o| plain(o.name()) == plain(list[number].name()) || o.is_ballpark() && list[number].is_ballpark() || o.accuracy() == Some(0.0));
            let Some(number) = number else { fine = false; why = format!("no way back by {name:?}"); break };
            let options = TransformOptions { operation: Some(number), ..options };
            let back = Transformer::with_options(&crs, &wgs84, &options).unwrap();
            let (f, b) = (difference(&there, (&lon, &lat), (&x, &y)), difference(&back, (&x, &y), (&lon, &lat)));
            let tol = if kind == "projected" { 1e-3 } else { 1e-8 };
            if f > tol || b > 1e-8 { fine = false; why = format!("{name:?} forward {f:e} inverse {b:e}"); break; }
        }
        for i in 0..lon.len() {
            if !x[i].is_finite() { continue }
            let options = TransformOptions { area: Some(Area::point(lon[i], lat[i])), ..TransformOptions::default() };
            if let Ok(t) = Transformer::with_options(&wgs84, &crs, &options) {
                let name = &names[i];
                if t.operation().name() == name || name.contains("allpark") && t.operation().is_ballpark() || t.accuracy() == Some(0.0) { chosen_same += 1 } else { chosen_other.push(format!("{code} at {},{}: {} for PROJ's {name}", lon[i], lat[i], t.operation().name())) }
            }
        }
        if fine { *good.entry(kind.to_owned()).or_insert(0) += 1; } else { bad.push(format!("{code} {kind} {}: {why}", entry["method"])); }
    }
    println!("{good:?}\n{}\nchosen same {chosen_same}, other {}\n{}", bad.join("\n"), chosen_other.len(), chosen_other.join("\n"));
}
