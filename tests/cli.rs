//! The command as it is typed.

mod files;

use std::path::Path;
use std::process::{Command, Output};

use files::{fixture, sha256};

fn swath(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_swath")).args(args).output().expect("swath runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn warp_info_and_convert_work_together() {
    let dir = tempfile::tempdir().expect("a directory");
    let (warped, copy) = (dir.path().join("warped.tif"), dir.path().join("copy.tif"));
    let done = swath(&["warp", text(&fixture("landsat.tif")), text(&warped), "--to", "EPSG:3857"]);
    assert!(done.status.success(), "{}", stderr(&done));
    assert!(stderr(&done).contains("3 band(s) of uint16"), "{}", stderr(&done));
    let done = swath(&["convert", text(&warped), text(&copy), "--compress", "deflate", "-q"]);
    assert!(done.status.success() && done.stderr.is_empty(), "{}", stderr(&done));

    let shown = swath(&["info", text(&copy), "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    assert_eq!(json["coordinateSystem"]["epsg"], 3857);
    assert_eq!(json["bands"][2]["type"], "UInt16");
    assert_eq!(json["bands"][0]["noDataValue"], 0);
    assert_eq!(json["bands"][0]["mask"]["flags"][0], "NODATA");
    assert_eq!(json["bands"][0]["colorInterpretation"], "Gray");
    assert_eq!(json["metadata"]["IMAGE_STRUCTURE"]["COMPRESSION"], "DEFLATE");
    let size = json["size"][0].as_u64().expect("a width");
    assert_eq!(json["bands"][0]["overviews"][0]["size"][0], size.div_ceil(2));
    let shown = swath(&["info", text(&copy)]);
    let lines = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(lines.contains("EPSG:3857") && lines.contains("deflate, horizontal"), "{lines}");
}

#[test]
fn a_warp_reports_what_it_did() {
    let dir = tempfile::tempdir().expect("a directory");
    let (out, same) = (dir.path().join("out.tif"), dir.path().join("same.tif"));
    let scene = fixture("landsat.tif");
    let done = swath(&[
        "warp",
        text(&scene),
        text(&out),
        "--to",
        "EPSG:3857",
        "--resample",
        "lanczos",
        "--resolution",
        "60",
        "--align",
        "--dst-alpha",
        "--json",
        "--overview",
        "none",
    ]);
    assert!(done.status.success(), "{}", stderr(&done));
    let json: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let count = |name: &str| json["samples"][name].as_u64().expect("a number");
    let size = [0, 1].map(|i| json["size"][i].as_u64().expect("a number"));
    // Three bands of colour were warped; that of opacity was made after.
    assert_eq!(count("valid") + count("nodata"), size[0] * size[1] * 3);
    assert!(count("nodata") > 0 && count("valid") > count("nodata"));
    assert_eq!((&json["bands"], &json["type"]), (&4.into(), &"uint16".into()));
    let error = json["largestCoordinateError"].as_f64().expect("a number");
    assert!(error > 0.0 && error <= 0.0005, "{error}");
    assert!(json["decodeAmplification"].as_f64().is_some_and(|a| (1.0..1.5).contains(&a)));
    assert!(json["peakMemory"].as_u64().is_some_and(|bytes| bytes > 1 << 20));
    assert_eq!(json["geoTransform"][0].as_f64().map(|x| x % 60.0), Some(-0.0));

    let done = swath(&["warp", text(&scene), text(&same), "--like", text(&out), "-q"]);
    assert!(done.status.success(), "{}", stderr(&done));
    let shown = |path: &Path| swath(&["info", text(path), "--json"]).stdout;
    let parse = |bytes: Vec<u8>| serde_json::from_slice::<serde_json::Value>(&bytes).expect("JSON");
    let (a, b) = (parse(shown(&out)), parse(shown(&same)));
    assert_eq!((&a["size"], &a["geoTransform"]), (&b["size"], &b["geoTransform"]));
    assert_eq!(
        (a["bands"].as_array().map(Vec::len), b["bands"].as_array().map(Vec::len)),
        (Some(4), Some(3))
    );
}

#[test]
fn errors_name_the_file_and_end_with_their_own_code() {
    let dir = tempfile::tempdir().expect("a directory");
    let scene = fixture("landsat.tif");
    let out = dir.path().join("out.tif");
    let junk = dir.path().join("junk.tif");
    std::fs::write(&junk, "not a raster at all").expect("writes");
    // Directories first, so that what is cut off is pixels.
    let cut = dir.path().join("cut.tif");
    let made = swath(&["convert", text(&scene), text(&cut), "--overviews", "none"]);
    assert!(made.status.success(), "{}", stderr(&made));
    let whole = std::fs::read(&cut).expect("reads");
    std::fs::write(&cut, &whole[..whole.len() / 2]).expect("writes");
    let absent = dir.path().join("absent.tif");
    let world = dir.path().join("world.geojson");
    let ring = "[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]";
    std::fs::write(&world, format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#))
        .expect("writes");
    let cut_out =
        ["warp", text(&scene), text(&out), "--to", "EPSG:3857", "--cutline", text(&world)];

    let huge = "2147483647,2147483647";
    let cases: [(&[&str], i32, &str); 12] = [
        (&cut_out, 2, "85.06 degrees"),
        (&["warp", text(&scene), text(&out), "--to", "EPSG:3857", "--size", huge], 6, "tiles"),
        (&["convert", text(&scene), text(&out), "--memory", "16MiB", "--tile", "8192"], 6, "MiB"),
        (&["convert", text(&junk), text(&out)], 3, "junk.tif: not a TIFF"),
        (&["convert", text(&cut), text(&out)], 3, "cut.tif: directory 0: chunk "),
        (&["convert", text(&absent), text(&out)], 5, "absent.tif: "),
        (&["convert", text(&scene), "/nowhere/out.tif"], 5, "/nowhere/out.tif: "),
        (&["warp", text(&scene), text(&out)], 2, "--to"),
        (&["warp", text(&scene), text(&out), "--to", "EPSG:22300"], 4, "Tunisia Mining Grid"),
        (&["warp", text(&scene), text(&out), "--to", "nonsense"], 2, "nonsense"),
        (&["convert", text(&scene), text(&out), "--tile", "100"], 2, "tile side"),
        (&["convert", text(&scene), text(&out), "--compress", "lzw", "--level", "3"], 2, "level"),
    ];
    for (args, code, said) in cases {
        let done = swath(args);
        assert_eq!(done.status.code(), Some(code), "{args:?}: {}", stderr(&done));
        assert!(stderr(&done).contains(said), "{args:?}: {}", stderr(&done));
        assert!(!out.exists(), "{args:?} left an output");
    }
}

#[test]
fn outputs_are_replaced_only_when_told_and_only_whole() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("out.tif");
    let scene = fixture("landsat.tif");
    let convert = |more: &[&str]| {
        let mut args = vec!["convert", text(&scene), text(&out), "-q"];
        args.extend(more);
        swath(&args)
    };
    assert!(convert(&[]).status.success());
    let first = sha256(&out);
    let refused = convert(&["--compress", "lzw"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("hint: ") && stderr(&refused).contains("--overwrite"));
    assert_eq!(sha256(&out), first);
    assert!(convert(&["--compress", "lzw", "--overwrite"]).status.success());
    assert_ne!(sha256(&out), first);
    // An output onto its own input: the input is read to the end before it is replaced.
    let same = swath(&["convert", text(&out), text(&out), "--overwrite", "-q"]);
    assert!(same.status.success(), "{}", stderr(&same));
    assert_eq!(sha256(&out), first);
    assert_eq!(std::fs::read_dir(dir.path()).expect("lists").count(), 1);
}

/// Runs in a folder; returns the exit code and what was said.
fn within(dir: &Path, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swath"));
    let ended = command.args(words).current_dir(dir).output().expect("swath runs");
    (ended.status.code(), stderr(&ended))
}

#[test]
fn no_output_takes_the_place_of_what_else_a_run_reads() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    for (from, to) in [
        ("landsat.tif", "a.tif"),
        ("landsat.tif", "in/b.tif"),
        ("landsat.tif", "in/like.tif"),
        ("field.geojson", "line.geojson"),
        ("field.geojson", "a.geojson"),
        ("classes.csv", "classes.csv"),
        ("dunes.txt", "dunes.txt"),
    ] {
        std::fs::create_dir_all(at("in")).expect("makes");
        std::fs::copy(fixture(from), at(to)).expect("copies");
    }
    for name in ["x.vrt", "in/y.vrt"] {
        let source = if name == "x.vrt" { "in/b.tif" } else { "b.tif" };
        let text = format!(
            "<VRTDataset rasterXSize=\"760\" rasterYSize=\"680\"><SRS>EPSG:32621</SRS>\
             <GeoTransform>738345,30,0,-2784195,0,-30</GeoTransform><VRTRasterBand dataType=\"UInt16\">\
             <SimpleSource><SourceFilename relativeToVRT=\"1\">{source}</SourceFilename>\
             </SimpleSource></VRTRasterBand></VRTDataset>"
        );
        std::fs::write(at(name), text).expect("writes");
    }
    std::fs::write(at("list"), "a.tif\nin/b.tif\n").expect("writes");
    std::fs::write(at("weights"), "1 1 1\n1 1 1\n1 1 1\n").expect("writes");
    let step = |words: &str| format!("[[steps]]\n{words}\n");
    let job =
        ["verb = \"read\"\nfile = \"a.tif\"", "verb = \"write\"\nfile = \"job\"\noverwrite = true"];
    let job = job.map(step).concat();
    std::fs::write(at("job"), job).expect("writes");
    let (code, said) = within(dir.path(), &["index", "a.tif", "in/b.tif", "-o", "i.geojson"]);
    assert_eq!(code, Some(0), "{said}");
    std::fs::copy(at("in/b.tif"), at("c.tif")).expect("copies");
    std::fs::write(at("c.tif.aux.xml"), "<PAMDataset></PAMDataset>").expect("writes");
    std::fs::hard_link(at("line.geojson"), at("second.tif")).expect("links");
    std::os::unix::fs::symlink("line.geojson", at("link.tif")).expect("links");
    let warp = "warp a.tif OUT --to EPSG:4326";
    for (words, kept) in [
        (&*format!("{warp} --cutline line.geojson"), "line.geojson"),
        (&*format!("{warp} --cutline line.geojson --follow-links"), "link.tif"),
        (&*format!("{warp} --cutline line.geojson"), "second.tif"),
        ("warp a.tif OUT --like in/like.tif", "in/like.tif"),
        ("warp @list -o OUT --to EPSG:4326", "list"),
        ("warp @list -o OUT --to EPSG:4326", "in/b.tif"),
        ("warp x.vrt OUT --to EPSG:32621", "x.vrt"),
        ("mosaic a.tif in/b.tif -o OUT --cutline line.geojson", "line.geojson"),
        ("mosaic a.tif in/b.tif -o OUT --cutline-of a*={stem}.geojson", "a.geojson"),
        ("mosaic a.tif -o OUT --like in/like.tif", "in/like.tif"),
        ("mosaic @list -o OUT", "list"),
        ("mosaic i.geojson -o OUT", "i.geojson"),
        ("mosaic i.geojson -o OUT", "in/b.tif"),
        ("mosaic in/*.tif -o OUT", "in/like.tif"),
        ("mosaic in/y.vrt x.vrt -o OUT", "in/b.tif"),
        ("convert x.vrt OUT", "in/b.tif"),
        ("convert x.vrt OUT", "x.vrt"),
        ("convert c.tif OUT", "c.tif.aux.xml"),
        ("plan convert x.vrt OUT", "in/b.tif"),
        ("calc A OUT --in A=in/y.vrt", "in/b.tif"),
        ("calc A OUT --in A=a.tif --grid in/like.tif", "in/like.tif"),
        ("terrain slope in/y.vrt OUT", "in/b.tif"),
        ("focal a.tif OUT --stat sum --kernel-file weights", "weights"),
        ("colorize a.tif OUT --ramp dunes.txt --range 0,9", "dunes.txt"),
        ("reclassify a.tif OUT --table classes.csv", "classes.csv"),
        ("pipe --job OUT", "job"),
        ("index a.tif in/y.vrt -o OUT", "a.tif"),
        ("index x.vrt in/y.vrt -o OUT", "in/b.tif"),
        ("index @list -o OUT", "list"),
    ] {
        let mut words: Vec<&str> =
            words.split(' ').map(|word| if word == "OUT" { kept } else { word }).collect();
        if words[0] != "pipe" {
            words.push("--overwrite");
        }
        let before = sha256(&at(kept));
        let (code, said) = within(dir.path(), &words);
        assert_eq!(code, Some(2), "{words:?}: {said}");
        assert!(said.contains("which would be lost"), "{words:?}: {said}");
        assert_eq!(sha256(&at(kept)), before, "{words:?}");
    }
    // A raster that was typed may give way to what comes of it.
    for words in [
        "convert a.tif a.tif -q --overwrite",
        "mosaic a.tif in/b.tif -o a.tif -q --overwrite",
        "calc A+B a.tif --in A=a.tif --in B=in/b.tif -q --overwrite",
    ] {
        let (code, said) = within(dir.path(), &words.split(' ').collect::<Vec<_>>());
        assert_eq!(code, Some(0), "{words}: {said}");
    }
}

#[test]
fn mapped_and_positioned_reads_give_the_same() {
    let dir = tempfile::tempdir().expect("a directory");
    let hashes = ["map", "pread"].map(|io| {
        let out = dir.path().join(format!("{io}.tif"));
        let done = swath(&["convert", text(&fixture("landsat.tif")), text(&out), "--io", io]);
        assert!(done.status.success(), "{}", stderr(&done));
        sha256(&out)
    });
    assert_eq!(hashes[0], hashes[1]);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_swath"))
        .args(["info", text(&fixture("landsat.tif")), "--json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("swath runs");
    drop(child.stdout.take());
    let done = child.wait_with_output().expect("swath ends");
    assert_eq!((done.status.code(), stderr(&done)), (Some(0), String::new()));
}

#[test]
fn help_and_version_are_no_failures() {
    for args in [&["--help"][..], &["--version"], &["warp", "--help"]] {
        let shown = swath(args);
        assert!(shown.status.success() && !shown.stdout.is_empty(), "{args:?}");
    }
    assert_eq!(swath(&[]).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_run_and_leaves_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("large.tif");
    let child = Command::new(env!("CARGO_BIN_EXE_swath"))
        .args(["warp", text(&fixture("landsat.tif")), text(&out), "--to", "EPSG:3857"])
        .args(["--resolution", "1", "--resample", "cubic", "--compress", "none"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("swath runs");
    // Some 500 million samples: far from done, past the start.
    std::thread::sleep(std::time::Duration::from_millis(700));
    // Of the shell: the program is not on every machine.
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(sent.expect("a shell runs").success());
    let done = child.wait_with_output().expect("swath ends");
    assert_eq!(done.status.code(), Some(130), "{}", stderr(&done));
    assert!(stderr(&done).contains("cancelled"));
    assert_eq!(std::fs::read_dir(dir.path()).expect("lists").count(), 0);
}

#[test]
fn resize_keeps_the_extent_and_tms_is_converts() {
    let dir = tempfile::tempdir().expect("a directory");
    let scene = fixture("landsat.tif");
    let at = |name: &str| dir.path().join(name);
    let info = |path: &Path| -> serde_json::Value {
        let shown = swath(&["info", "--json", text(path)]);
        assert!(shown.status.success());
        serde_json::from_slice(&shown.stdout).expect("JSON")
    };
    let lower_right = |path: &Path| {
        let corner = info(path)["cornerCoordinates"]["lowerRight"].clone();
        [0, 1].map(|i| corner[i].as_f64().expect("a number"))
    };
    for (words, size) in [
        (&["--percent", "50"][..], [380, 340]),
        (&["--size", "1000,0"], [1000, 895]),
        (&["--size", "0,17"], [19, 17]),
        (&["--size", "33,44"], [33, 44]),
        (&["--resolution", "60"], [380, 340]),
    ] {
        let out = at("resized.tif");
        let mut line = vec!["resize", text(&scene), text(&out), "--overwrite"];
        line.extend(words);
        let done = swath(&line);
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(info(&out)["size"], serde_json::json!(size), "{words:?}");
        let (new, old) = (lower_right(&out), lower_right(&scene));
        assert!((new[0] - old[0]).abs() < 1e-6 && (new[1] - old[1]).abs() < 1e-6, "{words:?}");
    }
    for words in [&["--size", "0,0"][..], &["--percent", "0"], &["--percent", "nan"], &[]] {
        let out = at("none.tif");
        let mut line = vec!["resize", text(&scene), text(&out)];
        line.extend(words);
        assert_eq!(swath(&line).status.code(), Some(2), "{words:?}");
        assert!(!out.exists());
    }
    let (converted, warped) = (at("converted.tif"), at("warped.tif"));
    let tail = ["--tms", "WebMercatorQuad", "--tile", "256", "--resample", "bilinear"];
    for (verb, out) in [("convert", &converted), ("warp", &warped)] {
        let mut line = vec![verb, text(&scene), text(out)];
        line.extend(tail);
        assert!(swath(&line).status.success(), "{verb}");
    }
    assert!(std::fs::read(&converted).expect("made") == std::fs::read(&warped).expect("made"));
}

#[test]
fn what_happens_is_told_at_the_level_asked_for_and_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let (quiet, loud) = (dir.path().join("a.tif"), dir.path().join("b.tif"));
    let convert = |output: &Path, more: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_swath"))
            .args(["convert", text(&fixture("landsat.tif"))])
            .arg(output)
            .args(["--compress", "lzw", "-q"])
            .args(more)
            .output()
            .unwrap();
        assert!(done.status.success());
        String::from_utf8(done.stderr).unwrap()
    };
    assert_eq!(convert(&quiet, &[]), "");
    let said = convert(&loud, &["--log", "debug"]);
    for part in ["opened", "landsat.tif", "run begins", "output is in place"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("tile begins"));
    assert_eq!(std::fs::read(&quiet).unwrap(), std::fs::read(&loud).unwrap());
    let traced = convert(&loud, &["--log", "trace", "--overwrite"]);
    assert!(traced.contains("tile begins"), "{traced}");
}

#[test]
fn jpeg_that_is_compressed_a_second_time_is_told_of() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    let jpeg = ["--compress", "jpeg", "--overviews", "none"];
    let eight = ["--type", "uint8", "--scale", "0,20000,1,255", "--nodata", "none"];
    let (scene, first, second) = (fixture("landsat.tif"), at("a.tif"), at("b.tif"));
    let words = [&["convert", text(&scene), &first][..], &jpeg, &eight].concat();
    let made = swath(&words);
    assert!(made.status.success() && !stderr(&made).contains("second time"), "{}", stderr(&made));
    // The same tiles are moved; others are made anew.
    let moved = swath(&[&["convert", &first, &second][..], &jpeg].concat());
    assert!(
        moved.status.success() && !stderr(&moved).contains("second time"),
        "{}",
        stderr(&moved)
    );
    let again =
        swath(&[&["convert", &first, &second, "--tile", "256", "--overwrite"][..], &jpeg].concat());
    assert!(again.status.success() && stderr(&again).contains("second time"), "{}", stderr(&again));
}
