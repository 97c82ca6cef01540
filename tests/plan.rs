//! `swath plan`: what is foretold is what happens.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn swath(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_swath")).args(args).output().expect("swath runs")
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn plan(words: &[&str]) -> Value {
    let done = swath(&[&["plan", "--json"], words].concat());
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).expect("JSON")
}

#[test]
fn a_warp_reads_and_writes_what_its_plan_says() {
    let dir = tempfile::tempdir().expect("a directory");
    let (scene, large, out) =
        (fixture("landsat.tif"), dir.path().join("large.tif"), dir.path().join("out.tif"));
    // So large that its chunks do not fit the memory; in strips, of which each row of tiles needs many.
    let made = swath(&[
        "resize",
        text(&scene),
        text(&large),
        "--size",
        "4000,3600",
        "--format",
        "gtiff",
        "--strips",
        "16",
        "-q",
    ]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let tail = ["--to", "EPSG:4326", "--resample", "bilinear", "--threads", "1"];
    for (input, memory) in [(&scene, "256MiB"), (&large, "1GiB"), (&large, "64MiB")] {
        let words = [&["warp", text(input), text(&out), "--memory", memory], &tail[..]].concat();
        let told = plan(&words);
        assert!(!out.exists(), "a plan writes nothing");
        let done = swath(&[&words[..], &["--json", "--overwrite", "-q"]].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let done: Value = serde_json::from_slice(&done.stdout).expect("JSON");
        let read = &told["read"];
        assert_eq!(read["chunks"], done["chunks"]["distinct"], "{memory}");
        assert_eq!(told["size"], done["size"]);
        let count = |value: &Value| value.as_f64().expect("a number");
        // A run keeps what its workers still hold a little longer.
        let (foretold, happened) = (count(&read["decodes"]), count(&done["chunks"]["decoded"]));
        assert!((foretold / happened - 1.0).abs() < 0.05, "{memory}: {foretold}, not {happened}");
        let advised = !told["advice"].is_null();
        assert_eq!(advised, happened / count(&read["chunks"]) >= 1.25, "{told:#}");
        let bytes = std::fs::metadata(&out).expect("made").len() as f64;
        let foretold = count(&told["write"]["bytes"]);
        assert!((foretold / bytes - 1.0).abs() < 0.3, "{foretold} bytes, not {bytes}");
        assert!(count(&told["write"]["atMost"]) >= bytes);
        std::fs::remove_file(&out).expect("was made");
    }
}

#[test]
fn a_vast_enlargement_needs_no_more_chunks_than_there_are() {
    let dir = tempfile::tempdir().expect("a directory");
    let (scene, large, out) =
        (fixture("landsat.tif"), dir.path().join("large.tif"), dir.path().join("out.tif"));
    let words =
        ["resize", text(&scene), text(&large), "--size", "2000,1800", "--tile", "128", "-q"];
    assert!(swath(&words).status.success());
    let tail = ["--to", "EPSG:32621", "--size", "100000,0", "--tile", "256", "--memory", "512MiB"];
    let file = swath::geotiff::GeoTiff::open(&large, &Default::default()).expect("opens");
    let images: Vec<_> = std::iter::once(file.image()).chain(file.image().overviews()).collect();
    for (which, image) in [("none", images[0]), ("0", images[1]), ("2", images[3])] {
        let words = ["warp", text(&large), text(&out), "--overview", which];
        let told = plan(&[&words[..], &tail].concat());
        // All of it is read, in order, and what is decoded fits the memory.
        let read = &told["read"];
        assert_eq!(read["counted"], false, "{read}");
        assert_eq!(read["chunks"].as_u64(), Some(image.layout().chunks()), "{which}: {read}");
        assert_eq!(read["decodes"], read["chunks"], "{which}");
    }
}

#[test]
fn every_verb_that_writes_a_raster_has_a_plan() {
    let dir = tempfile::tempdir().expect("a directory");
    let (scene, out) = (fixture("landsat.tif"), dir.path().join("out.tif"));
    let (scene, out) = (text(&scene), text(&out));
    let input = format!("A={scene}");
    for (words, pixels) in [
        (&["convert", scene, out][..], [760, 680]),
        (&["resize", scene, out, "--percent", "50"], [380, 340]),
        (&["terrain", "slope", scene, out], [760, 680]),
        (&["sieve", "--threshold", "9", scene, out], [760, 680]),
        (&["calc", "A[1] + 1", out, "--in", &input], [760, 680]),
        (&["focal", scene, out, "--stat", "mean"], [760, 680]),
        (&["reclassify", scene, out, "--rule", "..9000=1"], [760, 680]),
        (&["colorize", scene, out, "--ramp", "viridis"], [760, 680]),
        (&["fill", scene, out, "--distance", "9"], [760, 680]),
        (&["proximity", scene, out, "--target", "12000.."], [760, 680]),
        (&["mosaic", scene, "-o", out], [760, 680]),
        (&["warp", scene, scene, "-o", out, "--to", "EPSG:32621"], [760, 680]),
    ] {
        let told = plan(words);
        assert_eq!(told["size"], serde_json::json!(pixels), "{words:?}");
        assert_eq!(told["read"]["chunks"].as_u64().map(|chunks| chunks > 0), Some(true));
        let shown = swath(&[&["plan"], words].concat());
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        for line in ["output ", "read ", "write ", "memory ", "time "] {
            assert!(shown.lines().any(|shown| shown.starts_with(line)), "{words:?}: {shown}");
        }
    }
    let moved = plan(&[
        "convert",
        scene,
        out,
        "--format",
        "gtiff",
        "--compress",
        "deflate",
        "--tile",
        "256",
        "--interleave",
        "band",
    ]);
    assert_eq!(moved["read"]["moved"], true, "{moved:#}");
    assert!(!Path::new(out).exists(), "a plan writes nothing");
    assert_eq!(swath(&["plan", "info", scene]).status.code(), Some(2));
    assert_eq!(swath(&["plan", "convert", scene]).status.code(), Some(2));
    let vast = swath(&["plan", "resize", scene, out, "--size", "2147483646,2147483646"]);
    assert_eq!(vast.status.code(), Some(6), "{}", String::from_utf8_lossy(&vast.stderr));
    let tight = swath(&["plan", "convert", scene, out, "--memory", "16MiB", "--tile", "8192"]);
    assert_eq!(tight.status.code(), Some(6), "{}", String::from_utf8_lossy(&tight.stderr));
}

#[test]
fn metrics_say_where_the_time_went() {
    let dir = tempfile::tempdir().expect("a directory");
    let (scene, out, told) =
        (fixture("landsat.tif"), dir.path().join("out.tif"), dir.path().join("told.json"));
    let batch = dir.path().join("batch");
    let warp = ["warp", text(&scene), text(&out), "--to", "EPSG:3857"];
    let many = ["batch", "warp", text(&scene), "--to-dir", text(&batch)];
    for (words, tail) in [(&warp[..], &[][..]), (&many[..], &["--", "--to", "EPSG:3857"][..])] {
        let done =
            swath(&[words, &["--threads", "2", "-q", "--metrics", text(&told)], tail].concat());
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        let told: Value =
            serde_json::from_slice(&std::fs::read(&told).expect("written")).expect("JSON");
        let stages = told["stages"].as_object().expect("stages");
        let spent: f64 = stages.values().filter_map(Value::as_f64).sum();
        let passed = told["seconds"].as_f64().expect("a number");
        for stage in ["decode", "make", "encode"] {
            assert!(stages[stage].as_f64().is_some_and(|s| s > 0.0), "{told:#}");
        }
        // Two workers and the one that stores.
        assert!(spent <= 3.0 * passed, "{told:#}");
        assert!(told["memory"]["own"].as_u64().is_some_and(|bytes| bytes > 1 << 20), "{told:#}");
    }
    // What failed tells too.
    let failed = swath(&["convert", text(&out), text(&out), "--metrics", text(&told)]);
    assert!(!failed.status.success() && told.exists());
    // No raster gives way to metrics: not the input, not the output that was just made.
    let fresh = dir.path().join("fresh.tif");
    for taken in [&out, &fresh] {
        let words = ["convert", text(&out), text(&fresh), "-q", "--metrics", text(taken)];
        let refused = swath(&words);
        assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
        swath::open(taken.as_path()).expect("a raster still, or one by now");
    }
}

#[test]
fn a_bench_tries_more_and_more_threads_and_leaves_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let (scene, out) = (fixture("landsat.tif"), dir.path().join("out.tif"));
    let words = ["warp", text(&scene), text(&out), "--to", "EPSG:3857", "--threads", "3"];
    let done = swath(&[&["bench", "--json"], &words[..]].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let trials = told["trials"].as_array().expect("a list");
    let threads: Vec<_> = trials.iter().filter_map(|trial| trial["threads"].as_u64()).collect();
    assert_eq!(threads, [1, 2, 3]);
    for trial in trials {
        let number = |key: &str| trial[key].as_f64().expect("a number");
        assert!(number("seconds") > 0.0 && number("efficiency") > 0.0, "{trial:#}");
        // A clock tick more than was had is counted at most, of each of some hundredths.
        assert!((0.0..=2.0).contains(&number("utilization")), "{trial:#}");
        // The process itself takes some MiB.
        assert!(number("peakMemory") > 4e6, "{trial:#}");
    }
    let known = ["decoding", "computing", "encoding", "the disk"];
    assert!(known.iter().any(|known| told["bottleneck"] == *known), "{told:#}");
    assert!(threads.contains(&told["inflection"].as_u64().expect("a number")));
    assert_eq!(std::fs::read_dir(dir.path()).expect("is there").count(), 0);
    let shown = swath(&[&["bench"], &words[..]].concat());
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("most of the time goes to ") && shown.contains('#'), "{shown}");
}
