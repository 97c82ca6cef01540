//! `swath info`: its JSON has the keys that docs/info.md lists, all of them and
//! no others; many files make a table.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use swath::geotiff::WriteOptions;

mod common;
/// What numpy 2.5.5 makes of the first band of the fixture where it is not 0,
/// and the checksum of GDAL 3.12.2.
const MIN: u32 = 7366;
const MAX: u32 = 14175;
const MEAN: f64 = 7847.515258956871;
const STD: f64 = 212.1367177151991;
const VALID: u32 = 454651;
const CHECKSUM: u32 = 10712;

fn swath(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_swath")).args(args).output().expect("swath runs")
}

fn scene() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/landsat.tif")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// The keys in the table of docs/info.md.
fn documented() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/info.md");
    let page = std::fs::read_to_string(page).expect("is there");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
    rows.flat_map(|(keys, _)| {
        keys.split(", ").map(|key| key.trim_matches(['`', ' ']).to_owned()).collect::<Vec<_>>()
    })
    .collect()
}

/// Adds the keys of a value, as the table has them.
fn keys(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let any = path.ends_with("metadata") && key != "COLOR_PROFILE";
                let inside = path.ends_with("metadata.DOMAIN");
                let key = if any {
                    "DOMAIN"
                } else if inside {
                    "NAME"
                } else {
                    key
                };
                let dot = if path.is_empty() { "" } else { "." };
                keys(value, &format!("{path}{dot}{key}"), found);
            }
        }
        Value::Array(list) => {
            for value in list.iter().filter(|value| !value.is_null()) {
                keys(value, &format!("{path}[]"), found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

fn json(args: &[&str]) -> Value {
    let shown = swath(args);
    serde_json::from_slice(&shown.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&shown.stderr)))
}

#[test]
fn the_page_lists_the_keys_that_there_are() {
    let Some(data) = common::shared_data() else { return };
    let oracle = common::oracle(&data);
    let few = |truth: &Value| {
        let pixels = truth["gdal"]["width"].as_u64()? * truth["gdal"]["height"].as_u64()?;
        (pixels < 20_000 && truth["gdal"]["count"].as_u64()? < 20).then_some(())
    };
    let paths = oracle.iter().filter(|(_, truth)| few(truth).is_some());
    let paths: Vec<String> = paths.map(|(name, _)| text(&data.join(name)).to_owned()).collect();
    assert!(paths.len() > 500);
    let mut found = BTreeSet::new();
    for some in paths.chunks(200) {
        let mut args = vec!["info", "--json", "--stats", "--checksum", "--chunks"];
        args.extend(some.iter().map(String::as_str));
        args.extend(["--on-corrupt", "nodata", "-q"]);
        for file in json(&args).as_array().expect("a list") {
            keys(file, "", &mut found);
        }
    }
    // What only large files have shows without reading samples.
    let all: Vec<String> = oracle.keys().map(|name| text(&data.join(name)).to_owned()).collect();
    for some in all.chunks(200) {
        let args = ["info", "--json"].into_iter().chain(some.iter().map(String::as_str));
        for file in json(&args.collect::<Vec<_>>()).as_array().expect("a list") {
            keys(file, "", &mut found);
        }
    }
    let documented = documented();
    let new: Vec<_> = found.difference(&documented).collect();
    assert!(new.is_empty(), "docs/info.md lacks {new:?}");
    let unseen: Vec<_> = documented.difference(&found).collect();
    assert!(unseen.is_empty(), "docs/info.md lists what is nowhere: {unseen:?}");
}

#[test]
fn many_files_make_a_table_and_one_bad_file_spoils_no_other() {
    let scene = scene();
    let absent = scene.with_file_name("absent.tif");
    let shown = swath(&["info", text(&scene), text(&absent), text(&scene)]);
    assert_eq!(shown.status.code(), Some(5));
    let lines = String::from_utf8_lossy(&shown.stdout).into_owned();
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0].find("size"), lines[1].find("760 x 680"));
    assert!(lines[1].contains("EPSG:32621") && lines[1] == lines[2], "{lines:?}");
    let list = json(&["info", "--json", text(&scene), text(&scene)]);
    assert_eq!(list.as_array().map(Vec::len), Some(2));
}

#[test]
fn samples_and_chunks_are_told_the_same_on_any_threads() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a.tif");
    let how = WriteOptions { tile: 128, ..WriteOptions::default() };
    swath::open(scene()).expect("opens").write(&path, &how).expect("writes");
    let told = |threads: &str, memory: &str| {
        let args = ["info", "--stats", "--checksum", "--json", "--chunks", text(&path)];
        json(&[&args[..], &["--threads", threads, "--memory", memory]].concat())
    };
    let one = told("1", "16MiB");
    assert_eq!(one, told("3", "256MiB"));
    let band = &one["bands"][0];
    assert_eq!(
        (&band["minimum"], &band["maximum"]),
        (&Value::from(f64::from(MIN)), &Value::from(f64::from(MAX)))
    );
    let near = |key: &str, wanted: f64| {
        let found = band[key].as_f64().expect("a number");
        assert!((found - wanted).abs() <= 1e-12 * wanted, "{key}: {found}");
    };
    near("mean", MEAN);
    near("stdDev", STD);
    assert_eq!((&band["validCount"], &band["checksum"]), (&VALID.into(), &CHECKSUM.into()));
    // What gdalinfo -json has there, in WKT2 too.
    let system = &one["coordinateSystem"];
    let wkt = system["wkt"].as_str().expect("well-known text");
    assert!(wkt.starts_with("PROJCRS[\"WGS 84 / UTM zone 21N\""), "{wkt}");
    assert_eq!(swath::crs::Crs::parse(wkt).expect("reads").epsg(), Some(32621));
    assert_eq!(
        (&system["name"], &system["epsg"]),
        (&"WGS 84 / UTM zone 21N".into(), &32621.into())
    );
    let image = &one["swath"]["images"][0];
    assert_eq!(
        (&image["across"], &image["down"], &image["sparse"]),
        (&6.into(), &6.into(), &0.into())
    );
    let bytes = std::fs::metadata(&path).expect("is there").len();
    let places = image["places"].as_array().expect("a list");
    assert_eq!(places.len(), 36);
    let sum: u64 = places.iter().map(|place| place[1].as_u64().expect("a length")).sum();
    assert!(image["bytes"] == sum && sum < bytes);
    let lines = swath(&["info", "--stats", "--checksum", "--chunks", text(&path)]).stdout;
    let lines = String::from_utf8_lossy(&lines).into_owned();
    assert!(lines.contains(&format!("{VALID} valid, checksum {CHECKSUM}")), "{lines}");
    assert!(lines.contains("image, directory 0: 760 x 680, 6 x 6 chunks of 128 x 128: 36 stored"));
}
