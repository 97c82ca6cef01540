//! What an output leaves beside it: a reference system that GeoKeys have no words for, and nothing
//! that was true of an older file alone. That GDAL reads the same is held by
//! `tests/gdal/check_sidecars.py`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use swath::crs::Crs;

const LANDSAT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/landsat.tif");
/// The grid of COSMO-DE, and a satellite's view whose sweep WKT1 cannot state.
const WORDLESS: [&str; 2] = [
    "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=40 +lon_0=10 +R=6371229 +type=crs",
    "+proj=geos +h=35786023 +lon_0=-75 +sweep=x +ellps=GRS80 +type=crs",
];

fn swath(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_swath")).args(args).output().expect("swath runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn crs(path: &Path) -> Crs {
    let raster = swath::open(path).expect("opens");
    raster.info().grid.crs.clone().expect("has a system")
}

/// A directory with the names of an output and of the file beside it.
fn place() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    let (out, beside) = (dir.path().join("out.tif"), dir.path().join("out.tif.aux.xml"));
    (dir, out, beside)
}

fn convert(out: &Path, more: &[&str]) -> Output {
    swath(&[&["convert", LANDSAT, text(out), "--overviews", "none"], more].concat())
}

fn names(dir: &Path) -> usize {
    fs::read_dir(dir).expect("lists").count()
}

#[test]
fn a_system_without_geokeys_lies_beside_the_file_and_goes_with_it() {
    for system in WORDLESS {
        let (dir, out, beside) = place();
        let how = ["--size", "40,0", "--overviews", "none", "--allow-ballpark"];
        let warp = |to: &str, more: &[&str]| {
            swath(&[&["warp", LANDSAT, text(&out), "--to", to], &how[..], more].concat())
        };
        let wanted = Crs::parse(system).expect("is known");
        assert!(wanted.to_geokeys().is_err(), "{system}");
        let done = warp(system, &[]);
        assert!(done.status.success(), "{}", stderr(&done));
        assert!(
            stderr(&done).contains("out.tif.aux.xml, which belongs to the file"),
            "{}",
            stderr(&done)
        );
        assert!(crs(&out) == wanted, "{system}");
        assert_eq!(names(dir.path()), 2, "{system}");
        let said = fs::read_to_string(&beside).expect("is there");
        assert!(
            said.starts_with("<PAMDataset>\n  <SRS>") && said.ends_with("</PAMDataset>\n"),
            "{said}"
        );
        // Nothing of it is in the file.
        let bare = swath(&["info", "--json", "--no-sidecars", text(&out)]);
        let bare: serde_json::Value = serde_json::from_slice(&bare.stdout).expect("JSON");
        assert!(
            bare.get("coordinateSystem").is_none_or(|said| said.get("wkt").is_none()),
            "{bare}"
        );
        // Made again it is the same, and a conversion keeps it.
        assert_eq!(warp(system, &[]).status.code(), Some(2), "may not be replaced");
        let before = (fs::read(&out).expect("reads"), said);
        assert!(warp(system, &["--overwrite"]).status.success());
        assert_eq!(before.0, fs::read(&out).expect("reads"));
        assert_eq!(before.1, fs::read_to_string(&beside).expect("reads"));
        let copy = dir.path().join("copy.tif");
        let done = swath(&["convert", text(&out), text(&copy), "--overviews", "none"]);
        assert!(done.status.success() && crs(&copy) == wanted, "{}", stderr(&done));
        // What takes the file's place takes the other's too: nothing says the old system.
        assert!(warp("EPSG:3857", &["--overwrite"]).status.success());
        assert!(crs(&out) == Crs::from_epsg(3857) && !beside.exists(), "{system}");
        assert!(warp(system, &["--overwrite"]).status.success());
        assert!(crs(&out) == wanted && names(dir.path()) == 4, "{system}");
    }
}

#[test]
fn what_would_mislead_does_not_stay_and_the_rest_does() {
    let band = |inside: &str| format!("<PAMRasterBand band=\"1\">{inside}</PAMRasterBand>");
    let statistics = "<Metadata><MDI key=\"STATISTICS_MEAN\">4</MDI></Metadata>";
    for (inside, stays) in [
        ("<SRS>EPSG:3857</SRS>".to_owned(), false),
        ("<SRS>EPSG:32621</SRS>".to_owned(), true),
        ("<SRS>nobody knows</SRS>".to_owned(), false),
        ("<GeoTransform>10,3,0,20,0,-3</GeoTransform>".to_owned(), false),
        (band("<NoDataValue>3</NoDataValue>"), false),
        (band("<Scale>2</Scale>"), false),
        (band(statistics), false),
        (band("<Description>red</Description>"), true),
        ("<Metadata><MDI key=\"AUTHOR\">me</MDI></Metadata>".to_owned(), true),
        ("<SRS>".to_owned(), false),
    ] {
        let (dir, out, beside) = place();
        let document = format!("<PAMDataset>{inside}</PAMDataset>");
        fs::write(&beside, &document).expect("writes");
        // Left over from a file that is gone.
        let alone = convert(&out, &[]);
        assert_eq!(alone.status.success(), stays, "{inside}: {}", stderr(&alone));
        if !stays {
            assert_eq!(alone.status.code(), Some(2), "{inside}");
            assert!(
                stderr(&alone).contains("out.tif.aux.xml: exists already"),
                "{}",
                stderr(&alone)
            );
            assert!(stderr(&alone).contains("--overwrite") && !out.exists(), "{}", stderr(&alone));
            assert_eq!(fs::read_to_string(&beside).expect("is there"), document);
        }
        for _ in 0..2 {
            let done = convert(&out, &["--overwrite"]);
            assert!(done.status.success(), "{inside}: {}", stderr(&done));
            assert_eq!(beside.exists(), stays, "{inside}");
            assert!(crs(&out) == crs(Path::new(LANDSAT)), "{inside}");
            assert_eq!(names(dir.path()), 1 + usize::from(stays), "{inside}");
        }
    }
}

#[test]
fn what_cannot_lie_beside_the_name_that_is_read_is_refused() {
    let (dir, out, beside) = place();
    let (real, link) = (dir.path().join("real.tif"), &out);
    fs::write(&real, "old").expect("writes");
    std::os::unix::fs::symlink(&real, link).expect("links");
    let how = ["--size", "40,0", "--overwrite", "--allow-ballpark"];
    let words = [&["warp", LANDSAT, text(link), "--to", WORDLESS[0]], &how[..]].concat();
    let refused = swath(&words);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("symbolic link"), "{}", stderr(&refused));
    assert!(fs::read(&real).expect("is there") == b"old" && !beside.exists());
}

#[test]
fn an_edit_that_a_file_beside_it_outweighs_says_so() {
    let (_dir, out, beside) = place();
    fs::copy(LANDSAT, &out).expect("copies");
    let edit = |code: &str| {
        let done = swath(&["edit", text(&out), "--crs", code]);
        assert!(done.status.success(), "{}", stderr(&done));
        stderr(&done)
    };
    assert!(!edit("EPSG:32622").contains("warning"));
    fs::write(&beside, "<PAMDataset><SRS>EPSG:3857</SRS></PAMDataset>").expect("writes");
    assert!(edit("EPSG:32623").contains("out.tif.aux.xml states another reference system"));
    assert!(!edit("EPSG:3857").contains("warning"));
}
