//! Every code of the registry against PROJ's coordinates.
//!
//! The reference is `crs/epsg_points.jsonl.gz` of the shared data: nine points
//! over the area of use of each code, by PROJ 9.5.1 without grids.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde_json::Value;
use swath::crs::{Area, Crs, DatumOperation, Grids, TransformOptions, Transformer};
use swath::geotiff::GridDirectories;

/// Systems that do not agree with the reference, and why.
const EXCEPTIONS: &[(u64, &str)] = &[
    (4087, "the method is ellipsoidal (EPSG 1028); PROJ before 9.8 takes the sphere"),
    (8997, "an operation of Esri on the same datums hides the chain by WGS 84 (G1150)"),
    (9062, "PROJ 9.5.1 names no operation between WGS 84 and ETRF92"),
];

/// Systems whose projection swath does not have: the Tunisia Mining Grid, which PROJ has
/// not either and whose formula nothing here can be held against, and the grids of all
/// 60 zones of UTM, which are no plane.
const UNSUPPORTED: [u32; 3] = [22300, 32600, 32700];

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
    Some(entries(std::fs::File::open(shared("crs/epsg_points.jsonl.gz")?).expect("readable")))
}

/// The lines of a file by their codes.
fn entries(file: std::fs::File) -> BTreeMap<u64, Value> {
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines();
    let entries = lines.map(|line| {
        let value: Value = serde_json::from_str(&line.expect("gzip")).expect("JSON");
        (value["code"].as_u64().expect("code"), value)
    });
    entries.collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("list of coordinates");
    list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

/// What PROJ makes of its own coordinates on the way back, by code: see
/// `fixtures/README.md`.
fn ways_back() -> BTreeMap<u64, Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/crs/proj_inverse.jsonl.gz");
    entries(std::fs::File::open(path).expect("the fixture is there"))
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
        .filter(|part| {
            !part.starts_with("axis order change") && !part.starts_with("Conversion from")
        })
        .collect();
    if projection {
        parts.pop();
    }
    parts.join(" + ")
}

/// What the reference says of one system, point by point.
struct Entry {
    crs: Crs,
    is_projected: bool,
    lon: Vec<f64>,
    lat: Vec<f64>,
    x: Vec<f64>,
    y: Vec<f64>,
    /// PROJ's operation between the datums.
    operations: Vec<String>,
}

impl Entry {
    fn new(code: u64, value: &Value) -> Self {
        let is_projected = value["kind"] == "projected";
        let x = numbers(&value["x"]);
        let name = |v: &Value| datum_part(v.as_str().unwrap_or_default(), is_projected);
        let operations = match &value["op"] {
            Value::Array(many) => many.iter().map(name).collect(),
            one => vec![name(one); x.len()],
        };
        Self {
            crs: Crs::from_epsg(code as u32),
            is_projected,
            lon: numbers(&value["lon"]),
            lat: numbers(&value["lat"]),
            y: numbers(&value["y"]),
            x,
            operations,
        }
    }
}

/// PROJ calls these ballpark, but what it does (`proj_trans_get_last_used_operation`)
/// is the chain by ETRS89, for want of a grid of the direct operation.
const MISNAMED: [(&str, &str); 2] = [
    (
        "Ballpark geographic offset from WGS 84 to RD/83",
        "ETRS89 to WGS 84 (1) + RD/83 to ETRS89 (1)",
    ),
    (
        "Ballpark geographic offset from WGS 84 to PD/83",
        "ETRS89 to WGS 84 (1) + PD/83 to ETRS89 (1)",
    ),
];

/// Whether an operation of ours is the one that PROJ names, in either direction.
fn is_same(ours: &DatumOperation, name: &str) -> bool {
    // The parts in one order and without their direction.
    let plain = |name: &str| {
        let parts = name.split(" + ").map(|p| p.trim_start_matches("Inverse of ").to_owned());
        let mut parts: Vec<String> = parts.collect();
        parts.sort();
        parts
    };
    let name = MISNAMED.iter().find(|m| m.0 == name).map_or(name, |m| m.1);
    if name.starts_with("Ballpark") {
        return ours.is_ballpark();
    }
    if name.is_empty() || name.starts_with("Null geographic offset") {
        return ours.accuracy() == Some(0.0) && ours.area().is_none();
    }
    plain(ours.name()) == plain(name)
}

/// The transformer by the operation that PROJ names, found anywhere on the globe.
fn by_name(from: &Crs, to: &Crs, name: &str) -> Result<Transformer, String> {
    let world = TransformOptions { area: Some(Area::WORLD), ..TransformOptions::default() };
    let list = Transformer::operations(from, to, &world).map_err(|e| e.to_string())?;
    let number = list.iter().position(|ours| is_same(ours, name));
    let number = number.ok_or_else(|| format!("no operation {name:?}"))?;
    let options = TransformOptions { operation: Some(number), ..world };
    Transformer::with_options(from, to, &options).map_err(|e| e.to_string())
}

/// What differs by more than the tolerance, in words; nothing if all is well.
fn judge(entry: &Entry, back: Option<&Value>) -> Result<usize, String> {
    let wgs84 = Crs::from_epsg(4326);
    let (mut back_lon, mut back_lat) = (entry.lon.clone(), entry.lat.clone());
    // PROJ's own way back, where that is not where the point came from.
    for moved in back.and_then(|b| b["back"].as_array()).into_iter().flatten() {
        let at = moved[0].as_u64().expect("index") as usize;
        back_lon[at] = moved[1].as_f64().expect("degrees");
        back_lat[at] = moved[2].as_f64().expect("degrees");
    }
    let mut points = 0;
    for name in entry.operations.iter().collect::<BTreeSet<_>>() {
        let pick = |values: &[f64]| -> Vec<f64> {
            let wanted = |&i: &usize| entry.operations[i] == *name && entry.x[i].is_finite();
            (0..values.len()).filter(wanted).map(|i| values[i]).collect()
        };
        let (lon, lat, x, y) = (pick(&entry.lon), pick(&entry.lat), pick(&entry.x), pick(&entry.y));
        let there = by_name(&wgs84, &entry.crs, name)?;
        let back = by_name(&entry.crs, &wgs84, name)?;
        let forward = difference(&there, (&lon, &lat), (&x, &y));
        // Where PROJ does not come back, coming back is right as well.
        let inverse = difference(&back, (&x, &y), (&pick(&back_lon), &pick(&back_lat)))
            .min(difference(&back, (&x, &y), (&lon, &lat)));
        let limit = if entry.is_projected { 1e-3 } else { 1e-8 };
        if forward > limit || inverse > 1e-8 {
            return Err(format!("{name:?}: forward {forward:e}, inverse {inverse:e} degrees"));
        }
        points += x.len();
    }
    Ok(points)
}

#[test]
fn all_systems_agree_with_proj_both_ways_by_its_operation() {
    let Some(reference) = reference() else { return };
    let back = ways_back();
    let (mut projected, mut geographic, mut points) = (0, 0, 0);
    let mut wrong = BTreeMap::new();
    for (code, value) in &reference {
        let entry = Entry::new(*code, value);
        assert_eq!(entry.crs.name(), value["name"].as_str().expect("name"));
        match judge(&entry, back.get(code)) {
            Ok(count) => {
                points += count;
                *(if entry.is_projected { &mut projected } else { &mut geographic }) += 1;
            }
            Err(why) => drop(wrong.insert(*code, why)),
        }
    }
    println!("{projected} projected and {geographic} geographic systems, {points} points");
    let unnamed: Vec<_> =
        wrong.iter().filter(|(c, _)| !EXCEPTIONS.iter().any(|e| e.0 == **c)).collect();
    assert!(unnamed.is_empty(), "{} systems differ:\n{unnamed:#?}", unnamed.len());
    for (code, reason) in EXCEPTIONS {
        assert!(wrong.contains_key(code), "EPSG:{code} agrees now: no longer {reason:?}");
    }
    assert!(projected >= 5240 && geographic >= 580, "{projected} and {geographic}");
}

#[test]
fn the_operation_for_a_place_is_the_one_proj_takes_there() {
    let Some(reference) = reference() else { return };
    let wgs84 = Crs::from_epsg(4326);
    let (mut same, mut other) = (0, Vec::new());
    for (code, value) in &reference {
        let entry = Entry::new(*code, value);
        for i in 0..entry.x.len() {
            let area = Some(Area::point(entry.lon[i], entry.lat[i]));
            let options = TransformOptions { area, ..TransformOptions::default() };
            let Ok(ours) = Transformer::with_options(&wgs84, &entry.crs, &options) else {
                continue;
            };
            if is_same(ours.operation(), &entry.operations[i]) {
                same += 1;
            } else {
                other.push(format!("{code}: {} for {}", ours.operation(), entry.operations[i]));
            }
        }
    }
    println!("{same} the same, {} others:\n{}", other.len(), other.join("\n"));
    assert!(other.len() * 200 < same, "{} of {} points differ", other.len(), same + other.len());
}

#[test]
fn every_point_either_comes_back_or_is_nan() {
    let wgs84 = Crs::from_epsg(4326);
    let (mut systems, mut unsupported) = (0, BTreeSet::new());
    for crs in Crs::known() {
        let both = [(&wgs84, &crs), (&crs, &wgs84)].map(|(a, b)| Transformer::new(a, b));
        let [Ok(there), Ok(back)] = both else {
            unsupported.insert(crs.epsg().expect("a code"));
            continue;
        };
        systems += 1;
        // A lattice over the whole globe, far outside most areas of use.
        let (mut lon, mut lat) = (Vec::new(), Vec::new());
        for row in 0..19 {
            for col in 0..24 {
                lon.push(f64::from(col) * 14.96 - 172.0);
                lat.push(f64::from(row) * 9.94 - 89.5);
            }
        }
        // And the middle of where it is meant to be used.
        if let Some(area) = crs.area() {
            lon.push(area.west + 0.5 * area.width());
            lat.push(0.5 * (area.south + area.north));
        }
        let (mut x, mut y) = (lon.clone(), lat.clone());
        there.transform(&mut x, &mut y);
        if crs.area().is_some() {
            assert!(x.last().is_some_and(|x| x.is_finite()), "{crs}: nothing in its own area");
        }
        back.transform(&mut x, &mut y);
        for i in 0..lon.len() {
            let turn = (x[i] - lon[i]).rem_euclid(360.0);
            let dx = turn.min(360.0 - turn) * lat[i].to_radians().cos();
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
    println!("{systems} systems, without {unsupported:?}");
    assert_eq!(unsupported.into_iter().collect::<Vec<_>>(), UNSUPPORTED);
}

#[test]
fn grids_that_are_there_are_used_as_proj_uses_them() {
    let Some(directory) = shared("data/OSGeo__PROJ-data/us_noaa") else { return };
    let store = GridDirectories::new(vec![directory]);
    let grids = Grids::new(store);
    let (nad83, harn) = (Crs::from_epsg(4269), Crs::from_epsg(4152));
    // PROJ 9.5.1 with the same grids.
    let truth = [
        (-89.3, 32.2, -89.299_999_701_333, 32.199_996_340_5, "NAD83 to NAD83(HARN) (15)"),
        (-90.1, 30.9, -90.100_000_900_244, 30.899_995_911_811, "NAD83 to NAD83(HARN) (15)"),
        (-111.5, 33.4, -111.499_999_166_667, 33.400_001_388_889, "NAD83 to NAD83(HARN) (2)"),
    ];
    for (lon, lat, to_lon, to_lat, name) in truth {
        let area = Some(Area::point(lon, lat));
        let options = TransformOptions { area, grids: grids.clone(), operation: None };
        let there = Transformer::with_options(&nad83, &harn, &options).expect("a grid");
        assert_eq!(there.operation().name(), name);
        let (mut x, mut y) = ([lon], [lat]);
        there.transform(&mut x, &mut y);
        assert!((x[0] - to_lon).abs() < 1e-11 && (y[0] - to_lat).abs() < 1e-11, "{x:?} {y:?}");
        let back = Transformer::with_options(&harn, &nad83, &options).expect("a grid");
        back.transform(&mut x, &mut y);
        assert!((x[0] - lon).abs() < 1e-11 && (y[0] - lat).abs() < 1e-11, "{x:?} {y:?}");
    }
    // Without grids it is 100 times less accurate, and the grid is named.
    let options = TransformOptions { area: Some(Area::point(-89.3, 32.2)), ..Default::default() };
    let rough = Transformer::with_options(&nad83, &harn, &options).expect("by WGS 84");
    assert_eq!(rough.accuracy(), Some(5.0));
    let better = rough.better().expect("a grid is better");
    assert_eq!((better.accuracy(), better.is_available()), (Some(0.05), false));
}
