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
    // 35 to 45 degrees north, 10 degrees west to 5 east, a node a degree.
    for (name, degrees) in [
        ("S_LAT", 35.0),
        ("N_LAT", 45.0),
        ("E_LONG", -5.0),
        ("W_LONG", 10.0),
        ("LAT_INC", 1.0),
        ("LONG_INC", 1.0),
    ] {
        record(name, (degrees * 3600.0_f64).to_le_bytes());
    }
    record("GS_COUNT", whole(11 * 16));
    for _ in 0..11 * 16 {
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
