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
    let dir = tempfile::tempdir().expect("a directory");
    keys(&json(&["info", "--json", text(&virtual_raster(dir.path()))]), "", &mut found);
    let documented = documented();
    let new: Vec<_> = found.difference(&documented).collect();
    assert!(new.is_empty(), "docs/info.md lacks {new:?}");
    let unseen: Vec<_> = documented.difference(&found).collect();
    assert!(unseen.is_empty(), "docs/info.md lists what is nowhere: {unseen:?}");
}

/// A virtual raster of three sources: one beside it, one that is missing, one elsewhere.
fn virtual_raster(dir: &Path) -> PathBuf {
    std::fs::copy(scene(), dir.join("a.tif")).expect("copies");
    let source = |name: &str, relative: u8| {
        format!(
            "<SimpleSource><SourceFilename relativeToVRT=\"{relative}\">{name}</SourceFilename>\
             <SrcRect xOff=\"0\" yOff=\"0\" xSize=\"5\" ySize=\"5\"/>\
             <DstRect xOff=\"3\" yOff=\"2\" xSize=\"5\" ySize=\"5\"/></SimpleSource>"
        )
    };
    let sources = source("a.tif", 1) + &source("absent.tif#2", 1) + &source(text(&scene()), 0);
    let text = format!(
        "<VRTDataset rasterXSize=\"20\" rasterYSize=\"10\"><SRS>EPSG:32621</SRS>\
         <GeoTransform>500000, 30, 0, 5300000, 0, -30</GeoTransform>\
         <VRTRasterBand dataType=\"UInt16\" band=\"1\"><Description>red</Description>\
         <NoDataValue>7</NoDataValue>{sources}{}</VRTRasterBand>\
         <VRTRasterBand dataType=\"UInt16\" band=\"2\">{}</VRTRasterBand></VRTDataset>",
        source("a.tif", 1),
        source("a.tif", 1),
    );
    let path = dir.join("x.vrt");
    std::fs::write(&path, text).expect("writes");
    path
}

#[test]
fn a_virtual_raster_is_told_of_without_a_look_into_its_sources() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = virtual_raster(dir.path());
    let at = |name: &str| dir.path().join(name).display().to_string();
    let told = json(&["info", "--json", text(&path)]);
    assert_eq!(told["driverShortName"], "VRT");
    assert_eq!(told["size"], serde_json::json!([20, 10]));
    assert_eq!(told["coordinateSystem"]["epsg"], 32621);
    assert_eq!(
        told["geoTransform"],
        serde_json::json!([500000.0, 30.0, 0.0, 5300000.0, 0.0, -30.0])
    );
    assert_eq!(told["cornerCoordinates"]["lowerRight"], serde_json::json!([500600.0, 5299700.0]));
    assert_eq!(told["files"], serde_json::json!([text(&path), at("a.tif"), text(&scene())]));
    let bands = told["bands"].as_array().expect("a list");
    assert_eq!((bands.len(), &bands[0]["type"]), (2, &"UInt16".into()));
    assert_eq!((&bands[0]["noDataValue"], &bands[1]["noDataValue"]), (&7.into(), &Value::Null));
    assert_eq!(bands[0]["description"], "red");
    let sources = serde_json::json!([
        { "path": at("a.tif"), "there": true, "outside": false },
        { "path": at("absent.tif#2"), "there": false, "outside": false },
        { "path": text(&scene()), "there": true, "outside": true },
    ]);
    assert_eq!(told["swath"]["sources"], sources);
    let lines = String::from_utf8(swath(&["info", text(&path)]).stdout).expect("UTF-8");
    for line in [
        "format       virtual raster".to_owned(),
        "size         20 x 10 pixels".to_owned(),
        "nodata       7, none".to_owned(),
        format!("source       {} (there)", at("a.tif")),
        format!("source       {} (missing)", at("absent.tif#2")),
        format!(
            "source       {} (there, outside its folder: read with --vrt-anywhere alone)",
            text(&scene())
        ),
    ] {
        assert!(lines.lines().any(|found| found == line), "{line}: {lines}");
    }
    let table = swath(&["info", text(&path), text(&scene())]);
    let table = String::from_utf8(table.stdout).expect("UTF-8");
    assert!(table.contains("3 sources") && table.contains("760 x 680"), "{table}");
    // Samples need the sources.
    let summed = swath(&["info", "--checksum", text(&path)]);
    let said = String::from_utf8_lossy(&summed.stderr).into_owned();
    assert_eq!(summed.status.code(), Some(4), "{said}");
    assert!(said.contains("--vrt-anywhere"), "{said}");
    let wrong = dir.path().join("wrong.vrt");
    std::fs::write(&wrong, "<VRTDataset/>").expect("writes");
    assert_eq!(swath(&["info", text(&wrong)]).status.code(), Some(3));
}

#[test]
fn a_batch_writes_what_each_file_is() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = virtual_raster(dir.path());
    std::fs::write(dir.path().join("bad.tif"), "no raster").expect("writes");
    let run = |more: &[&str]| {
        let files = ["a.tif", "x.vrt", "bad.tif"];
        let words = [&["batch", "info"], &files[..], &["--to-dir", "out", "--"], more].concat();
        let mut command = Command::new(env!("CARGO_BIN_EXE_swath"));
        command.args(words).current_dir(dir.path()).output().expect("swath runs")
    };
    let done = run(&["--json", "--stats"]);
    // The virtual raster's samples are partly elsewhere.
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.code() == Some(9) && said.contains("2  failed"), "{said}");
    let written = std::fs::read(dir.path().join("out/a.json")).expect("reads");
    let written: Value = serde_json::from_slice(&written).expect("JSON");
    let mut alone = json(&["info", "--json", "--stats", text(&path.with_file_name("a.tif"))]);
    alone["description"] = "a.tif".into();
    alone["files"] = serde_json::json!(["a.tif"]);
    assert_eq!(written, alone);
    assert_eq!(run(&[]).status.code(), Some(9));
    let words = std::fs::read_to_string(dir.path().join("out/x.txt")).expect("reads");
    assert!(words.contains("size         20 x 10 pixels"), "{words}");
    assert_eq!(
        std::fs::read_dir(dir.path().join("out"))
            .expect("lists")
            .filter(|entry| {
                entry
                    .as_ref()
                    .is_ok_and(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
            })
            .count(),
        3
    );
    assert_eq!(run(&["b.tif"]).status.code(), Some(2));
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
