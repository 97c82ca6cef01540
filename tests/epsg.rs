//! Every code of the registry against PROJ's coordinates.
//!
//! The reference is `crs/epsg_points.jsonl.gz` of the shared data: nine points
//! over the area of use of each code, by PROJ 9.5.1 without grids.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde_json::Value;
use swath::crs::{Crs, Transformer};

/// PROJ takes a shift other than null here, by the area that each point lies
/// in. A raster gets one operation for its whole extent, and swath's is null
/// with 4 m for its accuracy; the codes' projections are still compared.
const SHIFTED: &[(u64, &str)] = &[
    (4269, "Alaska and Hawaii: NAD83 to WGS 84 (2) and (3)"),
    (26904, "Hawaii: NAD83 to WGS 84 (3)"),
    (26905, "Hawaii: NAD83 to WGS 84 (3)"),
];

/// Known to swath, but not in the reference.
const ABSENT: &[(u32, &str)] = &[
    (4979, "three-dimensional, the reference has two-dimensional systems only"),
    (25838, "deprecated, the reference has current codes only"),
];

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

/// Names every point that differs from the reference by more than the tolerance.
fn compare(
    from: &Crs,
    to: &Crs,
    (x, y): (&[f64], &[f64]),
    (u, v): (&[f64], &[f64]),
) -> Vec<String> {
    let transformer = Transformer::new(from, to).expect("known");
    let (mut x, mut y) = (x.to_vec(), y.to_vec());
    transformer.transform(&mut x, &mut y);
    let mut wrong = Vec::new();
    for i in 0..x.len() {
        if u[i].is_nan() {
            continue;
        }
        let mut dx = (x[i] - u[i]).abs();
        if to.is_geographic() {
            // Either name of the antimeridian will do; a pole has every longitude.
            dx = dx.min((360.0 - dx).abs()) * v[i].to_radians().cos();
        }
        let error = dx.max((y[i] - v[i]).abs());
        if error.is_nan() || error > tolerance(to) {
            let got = (x[i], y[i]);
            wrong.push(format!("{from} to {to} point {i}: {got:?}, PROJ {:?}", (u[i], v[i])));
        }
    }
    wrong
}

#[test]
fn all_known_codes_agree_with_proj_both_ways() {
    let Some(reference) = reference() else { return };
    let wgs84 = Crs::from_epsg(4326);
    let (mut wrong, mut points) = (Vec::new(), 0);
    for crs in Crs::known() {
        let code = crs.epsg().expect("a code");
        let Some(entry) = reference.get(&u64::from(code)) else {
            assert!(ABSENT.iter().any(|a| a.0 == code), "{crs} has no reference");
            continue;
        };
        assert_eq!(crs.name(), entry["name"].as_str().expect("name"));
        let (lon, lat) = (numbers(&entry["lon"]), numbers(&entry["lat"]));
        if !SHIFTED.iter().any(|s| s.0 == u64::from(code)) {
            let (x, y) = (numbers(&entry["x"]), numbers(&entry["y"]));
            points += x.len();
            wrong.extend(compare(&wgs84, &crs, (&lon, &lat), (&x, &y)));
            wrong.extend(compare(&crs, &wgs84, (&x, &y), (&lon, &lat)));
        }
        let alone = &entry["projection_only"];
        if !alone.is_null() {
            let base = Crs::from_epsg(alone["base"].as_u64().expect("base") as u32);
            let (x, y) = (numbers(&alone["x"]), numbers(&alone["y"]));
            points += x.len();
            wrong.extend(compare(&base, &crs, (&lon, &lat), (&x, &y)));
            wrong.extend(compare(&crs, &base, (&x, &y), (&lon, &lat)));
        }
    }
    assert!(points > 3_000, "only {points} points compared");
    assert!(wrong.is_empty(), "{} points differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_point_either_comes_back_or_is_nan() {
    let wgs84 = Crs::from_epsg(4326);
    for crs in Crs::known() {
        let there = Transformer::new(&wgs84, &crs).expect("known");
        let back = Transformer::new(&crs, &wgs84).expect("known");
        // A lattice over the whole globe, far outside most areas of use.
        let (mut lon, mut lat) = (Vec::new(), Vec::new());
        for row in 0..37 {
            for col in 0..73 {
                lon.push(f64::from(col) * 4.96 - 179.0);
                lat.push(f64::from(row) * 4.97 - 89.5);
            }
        }
        let (mut x, mut y) = (lon.clone(), lat.clone());
        there.transform(&mut x, &mut y);
        let inside = x.iter().filter(|x| x.is_finite()).count();
        assert!(inside > 0, "{crs} maps nothing");
        back.transform(&mut x, &mut y);
        for i in 0..lon.len() {
            let turn = (x[i] - lon[i]).abs();
            let dx = turn.min((360.0 - turn).abs()) * lat[i].to_radians().cos();
            assert!(
                x[i].is_nan() && y[i].is_nan() || dx < 1e-5 && (y[i] - lat[i]).abs() < 1e-5,
                "{crs}: ({}, {}) came back as ({}, {})",
                lon[i],
                lat[i],
                x[i],
                y[i]
            );
        }
    }
}
