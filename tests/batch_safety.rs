//! What a batch must never do: lose a file that is not its own, miss that an input changed, hang
//! on links, or end for one bad item.

mod files;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use files::{fixture, sha256};
use serde_json::Value;
use tempfile::TempDir;

fn swath(dir: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swath"));
    command.args(words).current_dir(dir).output().expect("swath runs")
}

/// Runs what is to end well; returns what it said.
fn good(dir: &Path, words: &[&str]) -> String {
    let done = swath(dir, words);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{words:?}: {said}");
    said
}

/// Runs what is to be refused; returns what it said.
fn refused(dir: &Path, words: &[&str], code: i32) -> String {
    let done = swath(dir, words);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(code), "{words:?}: {said}");
    said
}

/// A folder with copies of a small raster.
fn rasters(names: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    for name in names {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
        fs::copy(fixture("landsat.tif"), path).expect("copies");
    }
    dir
}

const CONVERT: [&str; 5] = ["batch", "convert", "in", "-o", "out/{stem}.tif"];

#[test]
fn no_file_beside_the_outputs_takes_the_place_of_another() {
    let dir = rasters(&["in/a.tif"]);
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("out")).expect("makes");
    symlink("in", at("link")).expect("links");
    fs::write(at("list.txt"), "in/a.tif\n").expect("writes");
    let whole = sha256(&at("in/a.tif"));
    for option in ["--journal", "--report", "--html", "--events"] {
        for path in ["in/a.tif", "link/a.tif", "out/a.tif", "out/../out/a.tif", "in/a.tif.aux.xml"]
        {
            let said = refused(dir.path(), &[&CONVERT[..], &[option, path]].concat(), 2);
            assert!(said.contains(&format!("{path}: {option}")), "{said}");
        }
        let words = ["batch", "convert", "@list.txt", "--to-dir", "out", option, "./list.txt"];
        refused(dir.path(), &words, 2);
    }
    for (one, two) in [("--report", "--events"), ("--html", "--journal"), ("--report", "--html")] {
        refused(dir.path(), &[&CONVERT[..], &[one, "x", two, "./x"]].concat(), 2);
    }
    refused(dir.path(), &[&CONVERT[..], &["--report", "-", "--events", "-"]].concat(), 2);
    // What cannot be written is said before anything is done.
    refused(dir.path(), &[&CONVERT[..], &["--report", "absent/x.json"]].concat(), 5);
    refused(dir.path(), &[&CONVERT[..], &["--html", "in"]].concat(), 2);
    assert!(!at("out/a.tif").exists() && !at("x").exists());
    assert_eq!(sha256(&at("in/a.tif")), whole);
    assert_eq!(fs::read(at("list.txt")).expect("reads"), b"in/a.tif\n");
    let done = swath(dir.path(), &[&CONVERT[..], &["--report", "-", "--quiet"]].concat());
    let report: Value = serde_json::from_slice(&done.stdout).expect("a report");
    assert_eq!(report["done"], 1);
}

#[test]
fn a_journal_replaces_nothing_but_a_journal() {
    let dir = rasters(&["in/a.tif"]);
    let at = |name: &str| dir.path().join(name);
    for (name, bytes) in
        [("a.txt", &b"a text of mine\n"[..]), ("short", b"ab"), ("x.tif", b"II*\0")]
    {
        fs::write(at(name), bytes).expect("writes");
        for more in [&[][..], &["--resume"], &["--overwrite"]] {
            fs::write(at("events"), "old").expect("writes");
            let words = [&CONVERT[..], &["--journal", name, "--events", "events"], more].concat();
            let said = refused(dir.path(), &words, 2);
            assert!(said.contains("left as it is"), "{said}");
            assert_eq!(fs::read(at(name)).expect("reads"), bytes);
            assert_eq!(fs::read(at("events")).expect("reads"), b"old");
        }
    }
    good(dir.path(), &[&CONVERT[..], &["--journal", "j"]].concat());
    let journal = fs::read(at("j")).expect("reads");
    let other = ["batch", "convert", "in", "-o", "other/{stem}.tif", "--journal", "j"];
    let said = refused(dir.path(), &other, 2);
    assert!(said.contains("another command"), "{said}");
    assert_eq!(fs::read(at("j")).expect("reads"), journal);
    good(dir.path(), &[&other[..], &["--overwrite"]].concat());
}

#[test]
fn two_names_of_one_output_are_a_clash() {
    let dir = rasters(&["in/x/a.tif", "in/y/a.tif"]);
    fs::create_dir_all(dir.path().join("out/x")).expect("makes");
    symlink("x", dir.path().join("out/y")).expect("links");
    for template in ["new/{dir}/../{stem}.tif", "out/{dir}/{stem}.tif"] {
        let said = refused(dir.path(), &["batch", "convert", "in", "-o", template], 2);
        assert!(said.contains("1 of several inputs"), "{said}");
    }
    assert!(!dir.path().join("new").exists() && !dir.path().join("out/x/a.tif").exists());
}

#[test]
fn what_an_item_reads_is_no_output() {
    let dir = rasters(&["in/a.tif", "in/a_n.tif", "like.tif"]);
    fs::write(dir.path().join("cut.geojson"), "{}").expect("writes");
    let calc = ["--", "A + N", "--in", "A={input}", "--in", "N={folder}/{stem}_n.tif"];
    let words = ["batch", "calc", "in/a.tif", "--overwrite", "-o", "in/./{stem}_n.tif"];
    refused(dir.path(), &[&words[..], &calc].concat(), 2);
    for output in ["like.tif", "cut.geojson"] {
        let words = ["batch", "warp", "in/a.tif", "--overwrite", "-o", output, "--"];
        let more = ["--like", "like.tif", "--cutline", "cut.geojson"];
        let said = refused(dir.path(), &[&words[..], &more].concat(), 2);
        assert!(said.contains("inputs as well"), "{said}");
    }
    for end in ["ovr", "msk", "aux.xml"] {
        let output = format!("{{input}}.{end}");
        let said = refused(dir.path(), &["batch", "convert", "in", "-o", &output], 2);
        assert!(said.contains("parts of them"), "{said}");
    }
}

#[test]
fn what_a_verb_takes_alone_is_refused_behind_the_dashes() {
    let dir = rasters(&["in/a.tif", "b.tif"]);
    let words = ["batch", "warp", "in", "-o", "out/{stem}.tif", "--", "--to", "EPSG:3857"];
    for more in [&["b.tif"][..], &["-o", "x.tif"], &["--cutline"]] {
        refused(dir.path(), &[&words[..], more].concat(), 2);
    }
    assert!(!dir.path().join("out").exists() && !dir.path().join("x.tif").exists());
}

#[test]
fn a_journal_is_of_the_folder_it_was_begun_in() {
    let dir = rasters(&["one/in/a.tif", "two/in/a.tif", "two/out/a.tif"]);
    let journal = dir.path().join("j").display().to_string();
    let words = [&CONVERT[..], &["--resume", "--journal", &journal]].concat();
    good(&dir.path().join("one"), &words);
    let theirs = sha256(&dir.path().join("two/out/a.tif"));
    refused(&dir.path().join("two"), &words, 2);
    assert_eq!(sha256(&dir.path().join("two/out/a.tif")), theirs);
    assert!(good(&dir.path().join("one"), &words).contains("1  skipped"));
}

#[test]
fn a_cutline_that_changed_makes_outputs_stale() {
    let dir = rasters(&["in/a.tif"]);
    let cut = |side: f64| {
        let ring = format!("[[-170,-80],[{side},-80],[{side},80],[-170,80],[-170,-80]]");
        let text = format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#);
        fs::write(dir.path().join("in/a.geojson"), text).expect("writes");
    };
    cut(170.0);
    let mut words = vec!["batch", "warp", "in/a.tif", "-o", "out/{stem}.tif", "--resume", "--"];
    words.extend(["--to", "EPSG:3857", "--cutline", "{folder}/{stem}.geojson"]);
    words.extend(["--dst-nodata", "0"]);
    good(dir.path(), &words);
    assert!(good(dir.path(), &words).contains("1  skipped"));
    cut(169.5);
    assert!(!good(dir.path(), &words).contains("skipped"));
}

#[test]
fn what_comes_to_lie_beside_an_input_or_is_lost_beside_an_output_makes_it_stale() {
    let dir = rasters(&["in/a.tif"]);
    let at = |name: &str| dir.path().join(name);
    let words = [&CONVERT[..], &["--resume"]].concat();
    let stale = |what: &str| {
        let said = good(dir.path(), &words);
        assert!(said.contains("1  done") && !said.contains("skipped"), "{what}: {said}");
        assert!(good(dir.path(), &words).contains("1  skipped"), "{what}");
    };
    stale("nothing yet");
    let metadata = "<PAMDataset><Metadata><MDI key=\"A\">1</MDI></Metadata></PAMDataset>";
    let overviews = at("b.tif");
    good(dir.path(), &["resize", "in/a.tif", "b.tif", "--percent", "50"]);
    // Each appears, changes and goes.
    for name in [
        "a.tif.aux.xml",
        "a.tif.ovr",
        "a.tif.msk",
        "a.tfw",
        "a.TFW",
        "a.tifw",
        "a.wld",
        "a.prj",
        "a.RPB",
    ] {
        let path = at("in").join(name);
        let bytes = match name {
            "a.tif.aux.xml" => metadata.as_bytes().to_vec(),
            "a.tif.ovr" | "a.tif.msk" => fs::read(&overviews).expect("reads"),
            _ => b"30\n0\n0\n-30\n0\n0\n".to_vec(),
        };
        fs::write(&path, &bytes).expect("writes");
        stale(name);
        fs::remove_file(&path).expect("removes");
        // What was not heeded, such as the world file of a file that says itself where it lies, may go.
        if name == "a.tif.aux.xml" {
            stale(name);
        } else {
            good(dir.path(), &words);
        }
    }
    fs::remove_file(overviews).expect("removes");
    // Where nothing beside a file is heeded, nothing that appears there counts.
    let without =
        ["batch", "convert", "in", "-o", "plain/{stem}.tif", "--resume", "--", "--no-sidecars"];
    good(dir.path(), &without);
    fs::write(at("in/a.tif.aux.xml"), metadata).expect("writes");
    assert!(good(dir.path(), &without).contains("1  skipped"));
    fs::remove_file(at("in/a.tif.aux.xml")).expect("removes");

    // A reference system that GeoKeys have no words for lies beside the output.
    let pole =
        "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=40 +lon_0=10 +R=6371229 +type=crs";
    let mut warp =
        vec!["batch", "warp", "in", "-o", "out2/{stem}.tif", "--resume", "--", "--to", pole];
    warp.extend(["--allow-ballpark", "--size", "40,0", "--overviews", "none"]);
    good(dir.path(), &warp);
    let beside = at("out2/a.tif.aux.xml");
    assert!(beside.exists());
    assert!(good(dir.path(), &warp).contains("1  skipped"));
    let whole = fs::read(&beside).expect("reads");
    fs::remove_file(&beside).expect("removes");
    assert!(good(dir.path(), &warp).contains("1  done"));
    assert_eq!(fs::read(&beside).expect("is there again"), whole);
    fs::write(&beside, metadata).expect("writes");
    assert!(good(dir.path(), &warp).contains("1  done"));
    assert_eq!(fs::read(&beside).expect("is there again"), whole);
}

/// Writes a virtual raster of `a.tif` and a page of `sub/b.tif` beside it.
fn lay_vrt(path: &Path) {
    let source = |name: &str| {
        format!(
            "<SimpleSource><SourceFilename relativeToVRT=\"1\">{name}</SourceFilename></SimpleSource>"
        )
    };
    let text = format!(
        "<VRTDataset rasterXSize=\"20\" rasterYSize=\"20\"><VRTRasterBand dataType=\"UInt16\">{}{}\
         </VRTRasterBand></VRTDataset>",
        source("a.tif"),
        source("sub/b.tif#1"),
    );
    fs::write(path, text).expect("writes");
}

#[test]
fn sources_of_a_virtual_raster_are_no_outputs() {
    let dir = rasters(&["in/a.tif", "in/sub/b.tif"]);
    let at = |name: &str| dir.path().join(name);
    lay_vrt(&at("in/x.vrt"));
    let before = ["in/a.tif", "in/sub/b.tif"].map(|name| sha256(&at(name)));
    symlink("in/sub", at("link")).expect("links");
    for output in ["in/a.tif", "in/./a.tif", "link/b.tif", "in/a.tif.ovr"] {
        let words = ["batch", "convert", "in/x.vrt", "-o", output, "--overwrite"];
        let said = refused(dir.path(), &words, 2);
        assert!(said.contains("inputs as well, or parts of them"), "{output}: {said}");
    }
    let words =
        [&["batch", "convert", "in/x.vrt", "-o", "out/{stem}.tif"][..], &["--report", "in/a.tif"]];
    refused(dir.path(), &words.concat(), 2);
    // As what other inputs read, too.
    let like = [
        "batch",
        "warp",
        "in/sub/b.tif",
        "-o",
        "in/a.tif",
        "--overwrite",
        "--",
        "--like",
        "in/x.vrt",
    ];
    refused(dir.path(), &like, 2);
    assert_eq!(["in/a.tif", "in/sub/b.tif"].map(|name| sha256(&at(name))), before);
    good(dir.path(), words[0]);
    // A source that changed makes it stale, and so does what comes to lie beside one.
    let again = [words[0], &["--resume"]].concat();
    assert!(good(dir.path(), &again).contains("1  skipped"));
    fs::write(at("in/a.tif.aux.xml"), "<PAMDataset></PAMDataset>").expect("writes");
    assert!(good(dir.path(), &again).contains("1  done"));
}

#[test]
fn what_is_told_of_sources_of_a_virtual_raster_is_told_again_when_they_go_and_come() {
    let dir = rasters(&["in/a.tif", "in/sub/b.tif"]);
    let at = |name: &str| dir.path().join(name);
    lay_vrt(&at("in/x.vrt"));
    let words = ["batch", "info", "in/x.vrt", "-o", "out/{stem}.json", "--resume", "--", "--json"];
    let files = || {
        let said = fs::read(at("out/x.json")).expect("is there");
        let said: Value = serde_json::from_slice(&said).expect("JSON");
        said["files"].as_array().expect("a list").len()
    };
    for more in [&[][..], &["--checksum"]] {
        let words = [&words[..], more].concat();
        let _ = fs::remove_dir_all(at("out"));
        assert!(good(dir.path(), &words).contains("1  done"));
        assert!(good(dir.path(), &words).contains("1  skipped"));
        assert_eq!(files(), 3);
        if !more.is_empty() {
            continue;
        }
        for name in ["in/a.tif", "in/sub/b.tif"] {
            fs::rename(at(name), at("aside.tif")).expect("moves");
            assert!(good(dir.path(), &words).contains("1  done"), "{name} is gone");
            assert_eq!(files(), 2, "{name}");
            assert!(good(dir.path(), &words).contains("1  skipped"));
            fs::rename(at("aside.tif"), at(name)).expect("moves");
            assert!(good(dir.path(), &words).contains("1  done"), "{name} is back");
            assert_eq!(files(), 3, "{name}");
        }
    }
}

#[test]
fn globs_end_where_links_lead_back_and_know_their_folders() {
    let dir = rasters(&["in/x/a.tif", "in/y/b.tif"]);
    for name in ["in/x/up", "in/y/up", "in/x/again"] {
        symlink("..", dir.path().join(name)).expect("links");
    }
    for glob in ["in/**/*.tif", "./in/**/*.tif", "in"] {
        let words = ["batch", "convert", glob, "-o", "out/{dir}/{stem}.tif", "--dry-run"];
        let done = swath(dir.path(), &words);
        let said = String::from_utf8(done.stdout).expect("UTF-8").replace("./", "");
        assert_eq!(said, "in/x/a.tif\tout/x/a.tif\nin/y/b.tif\tout/y/b.tif\n", "{glob}");
    }
    good(dir.path(), &["mosaic", "in/**/*.tif", "-o", "m.tif"]);
}

#[test]
fn one_bad_name_fails_alone_and_is_shown_safely() {
    let dir = rasters(&["in/a.tif"]);
    for name in [&b"n\xff.tif"[..], b"m\xfe.tif", b"e\x1b[2J\n.tif"] {
        let to = dir.path().join("in").join(OsStr::from_bytes(name));
        fs::write(to, "no raster").expect("writes");
    }
    let said = refused(dir.path(), &CONVERT, 9);
    assert!(said.contains("1  done") && said.contains("3  failed"), "{said}");
    assert!(said.contains("UTF-8") && said.contains("e\\u{1b}[2J\\n.tif"), "{said}");
    assert!(!said.contains('\u{1b}') && dir.path().join("out/a.tif").exists());
    assert!(refused(dir.path(), &[&CONVERT[..], &["--resume"]].concat(), 9).contains("1  skipped"));
}

#[test]
fn a_file_that_may_not_grow_fails_alone() {
    let dir = rasters(&["in/a.tif"]);
    fs::write(dir.path().join("in/b.tif"), "no raster").expect("writes");
    let words = CONVERT.map(|word| format!("'{word}'")).join(" ");
    let line =
        format!("ulimit -f 16; exec {} {words} -- --compress none", env!("CARGO_BIN_EXE_swath"));
    let done = Command::new("sh").args(["-c", &line]).current_dir(dir.path()).output();
    let done = done.expect("runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(9), "{said}");
    assert!(said.contains("2  failed") && said.contains("system"), "{said}");
}

#[test]
fn outputs_below_the_inputs_are_no_inputs_but_strangers_are_not_replaced() {
    let dir = rasters(&["in/a.tif", "in/b.tif", "other/a.tif", "other/a_x.tif"]);
    let words = ["batch", "convert", "in", "-o", "in/out/{stem}.tif"];
    good(dir.path(), &words);
    assert!(good(dir.path(), &[&words[..], &["--resume"]].concat()).contains("2  skipped"));
    assert!(good(dir.path(), &[&words[..], &["--overwrite"]].concat()).contains("2  done"));
    let theirs = sha256(&dir.path().join("other/a_x.tif"));
    for more in ["--overwrite", "--no-journal", "--resume"] {
        let words = ["batch", "convert", "other", "--overwrite", "-o", "other/{stem}_x.tif", more];
        let words = if more == "--overwrite" { &words[..6] } else { &words[..] };
        refused(dir.path(), words, 2);
    }
    assert_eq!(sha256(&dir.path().join("other/a_x.tif")), theirs);
}

#[test]
fn a_list_in_another_order_says_what_is_wrong() {
    let dir = rasters(&["in/a.tif", "in/b.tif"]);
    let words = ["batch", "convert", "@list", "--resume", "-o", "out/{index}.tif"];
    fs::write(dir.path().join("list"), "in/a.tif\nin/b.tif\n").expect("writes");
    good(dir.path(), &words);
    fs::write(dir.path().join("list"), "in/b.tif\nin/a.tif\n").expect("writes");
    assert!(refused(dir.path(), &words, 2).contains("{index} counts the inputs"));
}
