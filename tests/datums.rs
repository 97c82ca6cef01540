//! What a warp does about datums, as it is typed; `tests/gdal/check_datums.py` holds
//! the positions against PROJ.

mod files;

use std::path::Path;
use std::process::{Command, Output};

use files::{fixture, sha256};
use serde_json::Value;

fn swath(args: &[&str], proj_data: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swath"));
    command.args(args).env_remove("PROJ_DATA");
    if let Some(directory) = proj_data {
        command.env("PROJ_DATA", directory);
    }
    command.output().expect("swath runs")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// An NTv2 file of one grid over Spain, two seconds to the east everywhere.
fn ntv2() -> Vec<u8> {
    ntv2_to(5)
}

/// The same up to a meridian in whole degrees.
fn ntv2_to(east: i32) -> Vec<u8> {
    let nodes = 11 * (east + 11) as u32;
    let mut bytes = Vec::new();
    let mut record = |name: &str, value: [u8; 8]| {
        bytes.extend_from_slice(format!("{name:8}").as_bytes());
        bytes.extend_from_slice(&value);
    };
    let whole = |v: u32| u64::from(v).to_le_bytes();
    for name in ["NUM_OREC", "NUM_SREC"] {
        record(name, whole(11));
    }
    record("NUM_FILE", whole(1));
    record("GS_TYPE", *b"SECONDS ");
    for name in ["VERSION", "SYSTEM_F", "SYSTEM_T", "MAJOR_F", "MINOR_F", "MAJOR_T", "MINOR_T"] {
        record(name, [b' '; 8]);
    }
    record("SUB_NAME", *b"SPAIN   ");
    record("PARENT", *b"NONE    ");
    record("CREATED", [b' '; 8]);
    record("UPDATED", [b' '; 8]);
    // 35 to 45 degrees north, from 10 degrees west, a node a degree.
    for (name, degrees) in [
        ("S_LAT", 35.0),
        ("N_LAT", 45.0),
        ("E_LONG", -f64::from(east)),
        ("W_LONG", 10.0),
        ("LAT_INC", 1.0),
        ("LONG_INC", 1.0),
    ] {
        record(name, (degrees * 3600.0_f64).to_le_bytes());
    }
    record("GS_COUNT", whole(nodes));
    for _ in 0..nodes {
        for value in [0.0_f32, -2.0, 0.0, 0.0] {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }
    bytes
}

/// A small raster in a system.
fn raster(path: &Path, crs: &str, bounds: &str) {
    std::fs::copy(fixture("landsat.tif"), path).expect("a copy");
    let bounds = format!("--bounds={bounds}");
    let done = swath(&["edit", text(path), "--crs", crs, &bounds, "--quiet"], None);
    assert!(done.status.success(), "{}", stderr(&done));
}

#[test]
fn a_warp_takes_the_grid_that_is_there_or_names_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let (spain, out) = (dir.path().join("spain.tif"), dir.path().join("out.tif"));
    raster(&spain, "EPSG:4230", "-4,39,-2,41");
    let grids = dir.path().join("grids");
    std::fs::create_dir(&grids).expect("a directory");
    std::fs::write(grids.join("PENR2009.gsb"), ntv2()).expect("a grid");
    let words = ["warp", text(&spain), text(&out), "--to", "EPSG:4258", "--json", "--overwrite"];
    let warp = |more: &[&str], proj_data| swath(&[&words[..], more].concat(), proj_data);

    let rough = warp(&[], None);
    let said = json(&rough);
    assert!(said["accuracy"].as_f64().expect("a figure") >= 1.0, "{said}");
    // The best of those that lack a grid.
    assert!(said["better"]["accuracy"].as_f64().expect("a figure") <= 0.2, "{said}");
    assert!(stderr(&rough).contains("instead of") && stderr(&rough).contains("but wants"));

    let mut sums = Vec::new();
    for (more, proj_data) in [(&["--grid-dir", text(&grids)][..], None), (&[], Some(&*grids))] {
        let said = json(&warp(more, proj_data));
        assert_eq!(said["operation"], "ED50 to ETRS89 (16), accuracy 0.2 m");
        assert_eq!((&said["accuracy"], &said["ballpark"]), (&0.2.into(), &false.into()));
        // All of the source lies two seconds further east, to what the grid's
        // single precision and the output's pixels leave.
        let west = said["geoTransform"][0].as_f64().expect("a number");
        assert!(((west + 4.0) * 3600.0 - 2.0).abs() < 1e-3, "{west}");
        sums.push(sha256(&out));
    }
    assert_eq!(sums[0], sums[1]);

    // By the number that `swath crs` shows.
    let list = json(&swath(&["crs", "EPSG:4230", "EPSG:4258", "--json"], None));
    let list = list["operations"].as_array().expect("a list");
    let number = list.iter().position(|o| o["name"] == "ED50 to ETRS89 (13)").expect("it is there");
    let said = json(&warp(&["--operation", &number.to_string()], None));
    assert_eq!(said["operation"], "ED50 to ETRS89 (13), accuracy 5 m");

    std::fs::remove_file(&out).expect("it is there");
    for (more, code) in [(["--operation", "999"], 2), (["--grid-dir", "absent"], 5)] {
        let refused = warp(&more, None);
        assert_eq!(refused.status.code(), Some(code), "{}", stderr(&refused));
        assert!(!out.exists());
    }
}

#[test]
fn a_guess_is_loud_unless_it_is_allowed() {
    let dir = tempfile::tempdir().expect("a directory");
    let (old, out) = (dir.path().join("old.tif"), dir.path().join("out.tif"));
    // Of a datum that says no more than its ellipsoid nothing is published.
    raster(&old, "+proj=longlat +ellps=bessel", "10,40,11,41");
    let words =
        ["warp", text(&old), text(&out), "--to", "EPSG:4326", "-q", "--overwrite", "--json"];
    let loud = swath(&words, None);
    assert_eq!(json(&loud)["ballpark"], true);
    assert!(stderr(&loud).contains("BALLPARK"), "{}", stderr(&loud));
    let quiet = swath(&[&words[..], &["--allow-ballpark"]].concat(), None);
    assert_eq!(json(&quiet)["ballpark"], true);
    assert!(quiet.stderr.is_empty(), "{}", stderr(&quiet));
    // calc brings inputs to one grid by the same rules.
    let new = dir.path().join("new.tif");
    raster(&new, "EPSG:4326", "10,40,11,41");
    let (a, b) = (format!("A={}@1", text(&old)), format!("B={}@1", text(&new)));
    let calc = ["calc", "A + B", text(&out), "--in", &a, "--in", &b, "--overwrite", "-q"];
    let loud = swath(&calc, None);
    assert!(loud.status.success() && stderr(&loud).contains("BALLPARK"), "{}", stderr(&loud));
}

#[test]
fn a_damaged_grid_is_named_and_not_called_missing() {
    let dir = tempfile::tempdir().expect("a directory");
    let (spain, out) = (dir.path().join("spain.tif"), dir.path().join("out.tif"));
    raster(&spain, "EPSG:4230", "-4,39,-2,41");
    let grids = dir.path().join("grids");
    std::fs::create_dir(&grids).expect("a directory");
    let grid = grids.join("PENR2009.gsb");
    let whole = ntv2();
    std::fs::write(&grid, &whole[..1000]).expect("a grid");

    let grid_dir = ["--grid-dir", text(&grids)];
    let words = ["warp", text(&spain), text(&out), "--to", "EPSG:4258", "--json", "--overwrite"];
    let done = swath(&[&words[..], &grid_dir].concat(), None);
    let (said, told) = (json(&done), stderr(&done));
    assert!(said["accuracy"].as_f64().expect("a figure") >= 1.0, "{said}");
    let reason = format!("{}: ", text(&grid));
    let found = "found 1000 bytes".to_owned();
    assert!(told.contains("damaged") && told.contains(&reason) && told.contains(&found), "{told}");

    let list = swath(&[&["crs", "EPSG:4230", "EPSG:4258", "--json"][..], &grid_dir].concat(), None);
    let list = json(&list);
    let list = list["operations"].as_array().expect("a list");
    let number = list.iter().position(|o| o["name"] == "ED50 to ETRS89 (16)").expect("it is there");
    let state = &list[number]["grids"][0];
    assert_eq!((&list[number]["available"], &state["present"]), (&false.into(), &false.into()));
    assert!(state["damaged"].as_str().is_some_and(|text| text.contains(&found)), "{state}");
    let shown = swath(&[&["crs", "EPSG:4230", "EPSG:4258"][..], &grid_dir].concat(), None);
    assert!(String::from_utf8_lossy(&shown.stdout).contains(&reason));

    // Asked for by number it is an error, and nothing is written.
    std::fs::remove_file(&out).expect("it is there");
    let number = number.to_string();
    let by_number = [&words[..], &grid_dir, &["--operation", &number]].concat();
    let refused = swath(&by_number, None);
    assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
    assert!(stderr(&refused).contains(&reason) && !out.exists());
    // A grid that may be absent may not be damaged.
    let own = |name: &str| {
        let from = format!("+proj=longlat +ellps=intl +nadgrids=@{name},null +type=crs");
        let words = ["crs", &from, "EPSG:4326", "--json"];
        swath(&[&words[..], &grid_dir].concat(), None).status.code()
    };
    assert_eq!((own("absent.gsb"), own("PENR2009.gsb")), (Some(0), Some(3)));
}

#[test]
fn what_lies_beyond_a_grid_is_told_and_measured() {
    let dir = tempfile::tempdir().expect("a directory");
    let (spain, out) = (dir.path().join("spain.tif"), dir.path().join("out.tif"));
    raster(&spain, "EPSG:4230", "-4.5,39,-2.5,41");
    let grids = dir.path().join("grids");
    std::fs::create_dir(&grids).expect("a directory");
    let warp = |more: &[&str]| {
        let words = ["warp", text(&spain), text(&out), "--to", "EPSG:4258", "--json"];
        let words = [&words[..], &["--overwrite", "--grid-dir", text(&grids)], more].concat();
        swath(&words, None)
    };
    let on_its_grid = ["--bounds=-4.5,39,-2.5,41", "--size=200,200"];
    let valid = |said: &Value| said["samples"]["valid"].as_f64().expect("a count");

    std::fs::write(grids.join("PENR2009.gsb"), ntv2()).expect("a grid");
    let whole = warp(&on_its_grid);
    let said = json(&whole);
    assert_eq!(said["gridCoverage"], 1.0);
    assert!(!stderr(&whole).contains("warning"), "{}", stderr(&whole));
    let all = valid(&said);

    // Up to 3 degrees west: three quarters of the raster.
    std::fs::write(grids.join("PENR2009.gsb"), ntv2_to(-3)).expect("a grid");
    let part = warp(&on_its_grid);
    let (said, told) = (json(&part), stderr(&part));
    assert_eq!(said["operation"], "ED50 to ETRS89 (16), accuracy 0.2 m");
    let share = said["gridCoverage"].as_f64().expect("a share");
    assert!((share - 0.75).abs() < 0.02, "{share}");
    assert!(told.contains("warning: PENR2009.gsb covers about 7"), "{told}");
    let kept = valid(&said) / all;
    assert!((kept - 0.75).abs() < 0.05, "{kept} of the pixels");

    // Of many files the one that loses most is named.
    let other = dir.path().join("other.tif");
    raster(&other, "EPSG:4230", "-6.5,39,-4.5,41");
    let many = ["mosaic", text(&other), text(&spain), "-o", text(&out), "--to", "EPSG:4258"];
    let more = ["--json", "--overwrite", "--grid-dir", text(&grids)];
    let many = swath(&[&many[..], &more].concat(), None);
    let share = json(&many)["gridCoverage"].as_f64().expect("a share");
    assert!((share - 0.75).abs() < 0.02, "{share}");
    assert!(stderr(&many).contains("spain.tif: PENR2009.gsb covers"), "{}", stderr(&many));
    // No output takes the place of a grid that it is made by.
    let (grid, before) = (grids.join("PENR2009.gsb"), ntv2_to(-3));
    for from in ["warp", "mosaic"] {
        let out = if from == "warp" { vec![text(&grid)] } else { vec!["-o", text(&grid)] };
        let words = [&[from, text(&spain)], &out[..], &["--to", "EPSG:4258"], &more[1..]].concat();
        let refused = swath(&words, None);
        let said = stderr(&refused);
        assert!(refused.status.code() == Some(2) && said.contains("would be lost"), "{said}");
        assert_eq!(std::fs::read(&grid).expect("is there"), before);
    }
}

#[test]
fn a_system_of_no_place_is_kept() {
    // GDAL writes local systems by their name and unit alone.
    let dir = tempfile::tempdir().expect("a directory");
    let (site, out) = (dir.path().join("site.tif"), dir.path().join("out.tif"));
    raster(&site, "LOCAL_CS[\"Site grid\",UNIT[\"US survey foot\",0.304800609601219]]", "0,0,9,9");
    let done = swath(&["convert", text(&site), text(&out), "--quiet"], None);
    assert!(done.status.success(), "{}", stderr(&done));
    let said = json(&swath(&["info", text(&out), "--json"], None));
    let system = &said["coordinateSystem"];
    assert_eq!(system["name"], "Site grid", "{system}");
    assert!(system["wkt"].as_str().is_some_and(|wkt| wkt.contains("0.3048006096")), "{system}");
    // It lies nowhere, so it cannot be brought anywhere.
    let refused = swath(&["warp", text(&out), text(&site), "--to", "EPSG:4326"], None);
    assert_eq!(refused.status.code(), Some(4), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("Site grid"), "{}", stderr(&refused));
    // What GeoTIFF has no words for is refused with a way out.
    let turned = "+proj=ob_tran +o_proj=longlat +o_lat_p=39.25 +lon_0=18 +R=6371229 +type=crs";
    let refused = swath(&["edit", text(&out), "--crs", turned], None);
    assert_eq!(refused.status.code(), Some(4), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("hint: "), "{}", stderr(&refused));
}

#[test]
fn a_globe_of_points_reaches_beyond_the_poles() {
    // Half a pixel, as rasters of weather do; that is no reason to refuse or to guess.
    let dir = tempfile::tempdir().expect("a directory");
    let (globe, out) = (dir.path().join("globe.tif"), dir.path().join("out.tif"));
    raster(&globe, "EPSG:4258", "-180.25,-90.25,179.75,90.25");
    let done = swath(&["warp", text(&globe), text(&out), "--to", "EPSG:4326", "--json"], None);
    assert_eq!(json(&done)["ballpark"], false);
}
