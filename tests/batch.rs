//! Many files of all kinds: what is good is done as if it were done alone, what is not is
//! explained, and what was interrupted goes on.

mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use files::{fixture, sha256};
use swath::batch::{Batch, BatchOptions, Event, FailureKind, Found, Made, Plan, Tally, Template};
use swath::engine::{Engine, EngineOptions, Silent};
use swath::geotiff::{Format, GeoTiff, OpenOptions, Overviews, WriteOptions};
use swath::io::{ByteSource, ReadAt};
use swath::raster::Window;
use swath::{Error, Result};

fn swath(dir: &Path, words: &[&str]) -> Output {
    command(dir, words).output().expect("swath runs")
}

fn command(dir: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swath"));
    command.args(words).current_dir(dir);
    command
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Writes a part of the fixture, uncompressed, tiles before directories' ends.
fn part(path: &Path, col: i64, row: i64, side: u32) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
    let how = WriteOptions {
        format: Format::Tiled,
        tile: 64,
        overviews: Overviews::None,
        ..WriteOptions::default()
    };
    let scene = swath::open(fixture("landsat.tif")).expect("opens");
    let part = scene.crop(Window::new(col, row, side, side)).expect("inside");
    let engine = Engine::new(EngineOptions { threads: 1, ..EngineOptions::default() });
    part.write_with(&engine.expect("starts"), path, &how, &mut Silent).expect("writes");
}

/// The files below a folder, hidden ones left out, by their hashes.
fn tree(dir: &Path) -> BTreeMap<PathBuf, String> {
    fn walk(base: &Path, dir: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(dir).expect("lists") {
            let path = entry.expect("lists").path();
            let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
            if path.is_dir() {
                walk(base, &path, found);
            } else if !hidden || path.extension().is_some_and(|e| e == "tmp") {
                let name = path.strip_prefix(base).expect("below").to_path_buf();
                found.insert(name, sha256(&path));
            }
        }
    }
    let mut found = BTreeMap::new();
    if dir.exists() {
        walk(dir, dir, &mut found);
    }
    found
}

/// 400 files below `in`: good ones, and for each kind of failure the names of those that fail so.
fn mixed(dir: &Path) -> (BTreeSet<PathBuf>, BTreeMap<&'static str, Vec<PathBuf>>) {
    let (mut good, mut bad): (BTreeSet<_>, BTreeMap<_, Vec<_>>) = Default::default();
    let made: Vec<Vec<u8>> = (0..10)
        .map(|i| {
            let path = dir.join("made.tif");
            part(&path, i * 40, i * 30, 80 + 8 * i as u32);
            let bytes = fs::read(&path).expect("reads");
            fs::remove_file(&path).expect("removes");
            bytes
        })
        .collect();
    for i in 0..400 {
        let name = PathBuf::from(format!("{}/f{i:03}.tif", i % 7));
        let path = dir.join("in").join(&name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
        let mut bytes = made[i % 10].clone();
        let kind = match i {
            // Cut short, where the last pixels are.
            17 | 117 | 217 => {
                bytes.truncate(bytes.len() * 2 / 3);
                "bad-input"
            }
            // A chunk whose bytes are no zstd.
            31 | 131 => {
                let end = bytes.len();
                bytes[end - 200..].fill(0xff);
                "bad-input"
            }
            45 => {
                bytes = b"this is no raster".to_vec();
                "bad-input"
            }
            59 | 159 => {
                bytes.clear();
                "bad-input"
            }
            // A compression that nobody has: entry 259 (0x0103), SHORT, 1.
            73 => {
                let tag = [3, 1, 3, 0, 1, 0, 0, 0];
                let at = bytes.windows(8).position(|w| w == tag).expect("an entry");
                bytes[at + 8..at + 10].copy_from_slice(&60_000u16.to_le_bytes());
                "unsupported"
            }
            87 => {
                std::os::unix::fs::symlink(path.file_name().expect("a name"), &path)
                    .expect("links");
                bad.entry("system").or_default().push(name);
                continue;
            }
            _ => {
                good.insert(name);
                fs::write(&path, &bytes).expect("writes");
                continue;
            }
        };
        bad.entry(kind).or_default().push(name);
        fs::write(&path, &bytes).expect("writes");
    }
    (good, bad)
}

#[test]
fn what_may_not_be_read_and_what_is_no_file_fail_alone_with_the_reason() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    for name in ["in/a.tif", "in/closed.tif", "in/sub/a.tif"] {
        part(&at(name), 0, 0, 96);
    }
    fs::create_dir(at("in/folder.tif")).expect("makes");
    fs::create_dir(at("shut")).expect("makes");
    part(&at("shut/b.tif"), 0, 0, 96);
    // A name twice is one item; two files of one name are two, by their folders.
    let names = "in/a.tif\nin/closed.tif\nin/folder.tif\nin/absent.tif\nshut/b.tif\nin/sub/a.tif\n./in/a.tif\n";
    fs::write(at("list"), names).expect("writes");
    for (name, mode) in [("in/closed.tif", 0o000), ("shut", 0o000), ("", 0o777)] {
        let path = if name.is_empty() { dir.path().to_path_buf() } else { at(name) };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("sets");
    }
    let words =
        ["batch", "convert", "@list", "-o", "out/{parent}/{name}", "--report", "report.json"];
    // Root may read everything: then it is done by a user who may not, with a copy of the command
    // in a place that this one may enter.
    let mut command = command(dir.path(), &words);
    if fs::File::open(at("in/closed.tif")).is_ok() {
        fs::copy(env!("CARGO_BIN_EXE_swath"), at("swath")).expect("copies");
        command = Command::new(at("swath"));
        command.args(words).current_dir(dir.path()).uid(65_534).gid(65_534);
    }
    let done = command.output().expect("runs");
    assert_eq!(done.status.code(), Some(9), "{}", stderr(&done));
    fs::set_permissions(at("shut"), fs::Permissions::from_mode(0o700)).expect("sets");
    let report = fs::read(at("report.json")).expect("reads");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    let items: Vec<_> = report["items"].as_array().expect("a list").iter().collect();
    let told = |item: &Value| {
        let chain = item["failure"]["chain"].as_array().into_iter().flatten();
        let chain: Vec<_> = chain.filter_map(Value::as_str).collect();
        (item["state"].as_str().map(str::to_owned), chain.join(": "))
    };
    let wanted = [
        ("done", Value::Null, ""),
        ("failed", "system".into(), "Permission denied"),
        ("failed", "request".into(), "is a directory"),
        ("failed", "system".into(), "No such file"),
        ("failed", "system".into(), "Permission denied"),
        ("done", Value::Null, ""),
    ];
    assert_eq!(items.len(), wanted.len());
    for (item, (state, kind, cause)) in items.iter().zip(wanted) {
        let (found, chain) = told(item);
        assert_eq!(found.as_deref(), Some(state), "{item}");
        assert_eq!(item["failure"]["kind"], kind, "{item}");
        assert!(chain.contains(cause), "{cause}: {chain}");
        if state == "failed" {
            assert!(chain.contains(item["input"].as_str().expect("a name")), "{chain}");
        }
    }
    let outputs = tree(&at("out")).into_keys().collect::<Vec<_>>();
    assert_eq!(outputs, [PathBuf::from("in/a.tif"), PathBuf::from("sub/a.tif")]);
}

#[test]
fn of_400_files_the_good_ones_are_done_and_the_others_explained() {
    let dir = tempfile::tempdir().expect("a directory");
    let (good, bad) = mixed(dir.path());
    // Two names for one output, before anything begins.
    let clash = swath(dir.path(), &["batch", "convert", "in", "-o", "out/{parent}.tif"]);
    assert_eq!(clash.status.code(), Some(2));
    assert!(stderr(&clash).contains("7 of several inputs"), "{}", stderr(&clash));
    assert!(stderr(&clash).contains("in/6/f006.tif, in/6/f013.tif"), "{}", stderr(&clash));
    assert!(!dir.path().join("out").exists());

    let words = [
        "batch",
        "calc",
        "in",
        "--to-dir",
        "out",
        "--events",
        "events",
        "--report",
        "report.json",
        "--html",
        "report.html",
        "--memory",
        "128MiB",
        "--",
        "A * 1.5",
        "--compress",
        "deflate",
    ];
    let done = swath(dir.path(), &words);
    assert_eq!(done.status.code(), Some(9), "{}", stderr(&done));
    assert_eq!(tree(&dir.path().join("out")).into_keys().collect::<BTreeSet<_>>(), good);

    // Each as it is alone: of files of the same bytes one is done so, of which there are ten.
    let mut made_alone: BTreeMap<String, String> = BTreeMap::new();
    for name in &good {
        let (alone, input) = (dir.path().join("alone.tif"), dir.path().join("in").join(name));
        let wanted = made_alone.entry(sha256(&input)).or_insert_with(|| {
            let named = format!("A={}", input.display());
            let calc =
                ["calc", "A * 1.5", "alone.tif", "--in", &named, "--compress", "deflate", "-q"];
            assert!(swath(dir.path(), &calc).status.success());
            let hash = sha256(&alone);
            fs::remove_file(&alone).expect("removes");
            hash
        });
        assert_eq!(*wanted, sha256(&dir.path().join("out").join(name)), "{name:?}");
    }
    assert_eq!(made_alone.len(), 10);

    let report = fs::read(dir.path().join("report.json")).expect("reads");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    let mut failed: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for item in report["items"].as_array().expect("a list") {
        let input = Path::new(item["input"].as_str().expect("a name"));
        let input = input.strip_prefix("in").expect("below").to_path_buf();
        if item["state"] == "failed" {
            let kind = item["failure"]["kind"].as_str().expect("a kind").to_owned();
            let cause = item["failure"]["chain"][0].as_str().expect("a cause");
            assert!(cause.contains(input.to_str().expect("UTF-8")), "{cause}");
            failed.entry(kind).or_default().insert(input);
        } else {
            assert_eq!(item["state"], "done", "{item}");
        }
    }
    let wanted =
        bad.iter().map(|(kind, names)| ((*kind).to_owned(), names.iter().cloned().collect()));
    assert_eq!(failed, wanted.collect());
    let count: usize = bad.values().map(Vec::len).sum();
    assert_eq!(report["done"], good.len());
    assert_eq!(report["failed"], count);
    assert!(report["memory"]["peakOwn"].as_u64().is_some_and(|bytes| bytes < 128 << 20));

    let events = fs::read_to_string(dir.path().join("events")).expect("reads");
    let events: Vec<Value> =
        events.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!((of("begin"), of("end"), of("started")), (1, 1, 400));
    assert_eq!((of("done"), of("failed")), (good.len(), count));

    let page = fs::read_to_string(dir.path().join("report.html")).expect("reads");
    assert_eq!(page.matches("data:image/png;base64,").count(), 24);
    assert!(page.contains("this is no") || page.contains("not a TIFF"));
    for outside in ["http:", "https:", "<script", "src=\"/", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }

    // Again: what is done stays, the others fail again, and where they are mended they are done.
    let before = tree(&dir.path().join("out"));
    let mended = dir.path().join("in/3/f045.tif");
    assert!(bad["bad-input"].contains(&PathBuf::from("3/f045.tif")));
    fs::copy(dir.path().join("in/1/f001.tif"), &mended).expect("copies");
    let refused = swath(dir.path(), &words);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("there already") && stderr(&refused).contains("--resume"));
    let mut again = words.to_vec();
    again.insert(2, "--resume");
    let done = swath(dir.path(), &again);
    assert_eq!(done.status.code(), Some(9), "{}", stderr(&done));
    let said = stderr(&done);
    assert!(said.contains(&format!("{} ", good.len())) && said.contains("skipped"), "{said}");
    let mut after = tree(&dir.path().join("out"));
    assert_eq!(
        after.remove(Path::new("3/f045.tif")),
        Some(before[Path::new("1/f001.tif")].clone())
    );
    assert_eq!(after, before);
}

#[test]
fn inputs_and_outputs_that_changed_are_made_again() {
    let dir = tempfile::tempdir().expect("a directory");
    for i in 0..4 {
        part(&dir.path().join(format!("in/{i}.tif")), 0, 0, 100 + i);
    }
    let run = |more: &[&str]| {
        let mut words =
            vec!["batch", "convert", "in/*.tif", "-o", "out/{stem}_{verb}.tif", "--resume"];
        words.extend(["--events", "-", "-q"]);
        words.extend(more);
        let done = swath(dir.path(), &words);
        assert!(done.status.success(), "{}", stderr(&done));
        let lines = String::from_utf8(done.stdout).expect("UTF-8");
        let events = lines.lines().map(|l| serde_json::from_str::<Value>(l).expect("JSON"));
        let did = |event: Value| {
            let skipped = match event["event"].as_str()? {
                "done" => false,
                "skipped" => true,
                _ => return None,
            };
            Some((event["index"].as_u64()?, skipped))
        };
        let mut list: Vec<_> = events.filter_map(did).collect();
        list.sort_unstable();
        list.into_iter().map(|(_, skipped)| skipped).collect::<Vec<_>>()
    };
    assert_eq!(run(&["--hash"]), [false; 4]);
    let first = tree(&dir.path().join("out"));
    assert!(first.contains_key(Path::new("2_convert.tif")));
    assert_eq!(run(&[]), [true; 4]);
    // Another input, a lost output, a changed output, and one that was only touched.
    part(&dir.path().join("new.tif"), 5, 5, 100);
    fs::rename(dir.path().join("new.tif"), dir.path().join("in/0.tif")).expect("renames");
    fs::remove_file(dir.path().join("out/1_convert.tif")).expect("removes");
    fs::write(dir.path().join("out/2_convert.tif"), "something else").expect("writes");
    let touched = fs::File::options().write(true).open(dir.path().join("in/3.tif")).expect("opens");
    touched.set_modified(UNIX_EPOCH + Duration::from_secs(1)).expect("sets");
    assert_eq!(run(&["--hash"]), [false, false, false, true]);
    let mut second = tree(&dir.path().join("out"));
    assert_ne!(
        second.remove(Path::new("0_convert.tif")),
        first.get(Path::new("0_convert.tif")).cloned()
    );
    assert!(second.iter().all(|(name, hash)| first[name] == *hash));
    assert_eq!(run(&[]), [true, true, true, false]);
    // Another command has another journal, and finds outputs that are not its own.
    let words = [
        "batch",
        "convert",
        "in/*.tif",
        "-o",
        "out/{stem}_{verb}.tif",
        "--resume",
        "--",
        "--compress",
        "lzw",
    ];
    assert_eq!(swath(dir.path(), &words).status.code(), Some(2));
}

#[test]
fn times_of_files_are_compared_and_not_believed() {
    let dir = tempfile::tempdir().expect("a directory");
    // Seconds since 1970 as clocks that were wrong leave them: before it, past what 32 bits hold with
    // a sign and without, and as late as ext4 has room for.
    let times = [1 - (1i64 << 31), -1, 0, 1 << 31, (1 << 32) + 1, (1 << 33) + 5];
    let set = |name: &str, seconds: i64, nanoseconds: u32| {
        let after = Duration::new(seconds.unsigned_abs(), 0);
        let time = if seconds < 0 { UNIX_EPOCH - after } else { UNIX_EPOCH + after };
        let file = fs::File::options().write(true).open(dir.path().join(name)).expect("opens");
        file.set_modified(time + Duration::from_nanos(nanoseconds.into())).expect("sets");
    };
    let input = |i: usize| format!("in/{i}.tif");
    for (i, &seconds) in times.iter().enumerate() {
        part(&dir.path().join(input(i)), 0, 0, 64 + i as u32);
        set(&input(i), seconds, 500_000_000);
    }
    let run = || {
        let words = "batch convert in -o out/{stem}.tif --resume --journal journal --report - -q";
        let done = swath(dir.path(), &words.split(' ').collect::<Vec<_>>());
        assert!(done.status.success(), "{}", stderr(&done));
        let report: Value = serde_json::from_slice(&done.stdout).expect("JSON");
        let items = report["items"].as_array().expect("a list");
        items.iter().map(|i| i["state"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(run(), ["done"; 6]);
    // Inputs younger than outputs, and a journal from any time, mean nothing.
    for seconds in times {
        set("journal", seconds, 0);
        assert_eq!(run(), ["skipped"; 6], "a journal of {seconds} s");
    }
    // Whatever another time is, earlier by a nanosecond or later by a century, the file is not what it was.
    let mut changed = 0;
    for (i, &seconds) in times.iter().enumerate() {
        let (other, nanoseconds) = match i % 3 {
            0 => (seconds, 499_999_999),
            1 => (seconds - 30, 500_000_000),
            _ => (seconds + (1 << 32), 500_000_000),
        };
        let time =
            || fs::metadata(dir.path().join(input(i))).and_then(|m| m.modified()).expect("asks");
        let before = time();
        set(&input(i), other, nanoseconds);
        // A file system keeps what it has room for.
        let is_other = time() != before;
        changed += usize::from(is_other);
        let mut wanted = ["skipped"; 6];
        wanted[i] = if is_other { "done" } else { "skipped" };
        assert_eq!(run(), wanted, "{seconds} s becomes {other} s");
    }
    assert!(changed >= 3, "only {changed} times are kept here");
}

/// A batch of files that each take a while, in a folder of its own.
fn slow(dir: &Path, words: &[&str]) -> Child {
    for i in 0..8 {
        let path = dir.join(format!("in/{i}.tif"));
        if !path.exists() {
            part(&path, i * 8, 0, 512);
        }
    }
    let mut all =
        vec!["batch", "warp", "in", "-o", "out/{stem}.tif", "--jobs", "2", "--events", "-"];
    all.extend(["--threads", "2"]);
    all.extend(words);
    all.extend(["--", "--to", "EPSG:3857", "--resolution", "9", "--resample", "cubic"]);
    command(dir, &all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("swath runs")
}

fn signal(child: &Child, name: &str) {
    // Of the shell: the program is not on every machine.
    let sent = Command::new("sh").args(["-c", &format!("kill {name} {}", child.id())]).status();
    assert!(sent.expect("a shell runs").success());
}

/// Reads events until so many items are begun.
fn until_started(child: &mut Child, count: usize) -> impl BufRead + use<> {
    let mut lines = BufReader::new(child.stdout.take().expect("piped"));
    let (mut line, mut seen) = (String::new(), 0);
    while seen < count && lines.read_line(&mut line).expect("reads") > 0 {
        seen += usize::from(line.contains("\"started\""));
        line.clear();
    }
    assert_eq!(seen, count);
    lines
}

#[test]
fn a_signal_finishes_what_is_in_work_and_a_second_one_stops_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("out");
    // Twice.
    let mut child = slow(dir.path(), &["--resume"]);
    let rest = until_started(&mut child, 2);
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_millis(150));
    signal(&child, "-INT");
    drop(rest);
    let done = child.wait_with_output().expect("ends");
    assert_eq!(done.status.code(), Some(130), "{}", stderr(&done));
    assert!(tree(&out).len() < 2, "{:?}", tree(&out));
    // Once: the two in work are finished, no other is begun.
    let mut child = slow(dir.path(), &["--resume"]);
    let rest = until_started(&mut child, 2);
    signal(&child, "-INT");
    let events: Vec<String> = rest.lines().map(|line| line.expect("reads")).collect();
    let done = child.wait_with_output().expect("ends");
    assert_eq!(done.status.code(), Some(130), "{}", stderr(&done));
    let count = |what: &str| events.iter().filter(|line| line.contains(what)).count();
    assert_eq!(count("\"interrupted\""), 0);
    assert!((2..=4).contains(&tree(&out).len()), "{events:?}");
    // And kill -9.
    let mut child = slow(dir.path(), &["--resume"]);
    drop(until_started(&mut child, 1));
    std::thread::sleep(Duration::from_millis(100));
    child.kill().expect("killed");
    child.wait().expect("ends");
    let done = slow(dir.path(), &["--resume"]).wait_with_output().expect("ends");
    assert!(done.status.success(), "{}", stderr(&done));
    let resumed = tree(&out);
    fs::remove_dir_all(&out).expect("removes");
    let done = slow(dir.path(), &[]).wait_with_output().expect("ends");
    assert!(done.status.success(), "{}", stderr(&done));
    assert_eq!((resumed.len(), &resumed), (8, &tree(&out)));
}

#[test]
fn kill_9_at_some_moments_then_resume_ends_with_the_same_tree() {
    let dir = tempfile::tempdir().expect("a directory");
    for i in 0..24 {
        part(&dir.path().join(format!("in/{}/{i}.tif", i % 3)), i * 8, i * 4, 300);
    }
    let words = |out: &'static str| {
        [
            "batch",
            "terrain",
            "in",
            "--to-dir",
            out,
            "--resume",
            "-q",
            "--",
            "slope",
            "--compress",
            "deflate",
        ]
    };
    let begun = std::time::Instant::now();
    assert!(swath(dir.path(), &words("whole")).status.success());
    let lasts = begun.elapsed();
    let whole = tree(&dir.path().join("whole"));
    assert_eq!(whole.len(), 24);
    let mut killed = 0;
    for moment in [1, 2, 3, 5, 7, 9] {
        let mut child = command(dir.path(), &words("out")).spawn().expect("runs");
        std::thread::sleep(lasts * moment / 12);
        child.kill().expect("kills");
        killed += u32::from(!child.wait().expect("ends").success());
        // What is there is whole.
        assert!(tree(&dir.path().join("out")).iter().all(|(name, hash)| whole[name] == *hash));
    }
    assert!(killed > 0);
    assert!(swath(dir.path(), &words("out")).status.success());
    assert_eq!(tree(&dir.path().join("out")), whole);
}

#[test]
fn inputs_that_go_or_shrink_meanwhile_fail_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut child = slow(dir.path(), &["--resume"]);
    let rest = until_started(&mut child, 1);
    fs::remove_file(dir.path().join("in/6.tif")).expect("removes");
    let file = fs::File::options().write(true).open(dir.path().join("in/7.tif")).expect("opens");
    file.set_len(4000).expect("cuts");
    let events: Vec<Value> =
        rest.lines().map(|l| serde_json::from_str(&l.expect("reads")).expect("JSON")).collect();
    let done = child.wait_with_output().expect("ends");
    assert_eq!(done.status.code(), Some(9), "{}", stderr(&done));
    let failed: BTreeMap<_, _> = events
        .iter()
        .filter(|e| e["event"] == "failed")
        .map(|e| (e["input"].as_str().expect("a name"), e["kind"].as_str().expect("a kind")))
        .collect();
    assert_eq!(failed, BTreeMap::from([("in/6.tif", "system"), ("in/7.tif", "bad-input")]));
    assert_eq!(tree(&dir.path().join("out")).len(), 6);
}

#[test]
fn failures_stop_a_batch_only_when_asked_to() {
    let dir = tempfile::tempdir().expect("a directory");
    for i in 0..12 {
        part(&dir.path().join(format!("in/{i:02}.tif")), 0, 0, 64);
    }
    for i in [0, 1, 2] {
        fs::write(dir.path().join(format!("in/{i:02}.tif")), "no raster").expect("writes");
    }
    for (words, failed) in [(&["--fail-fast"][..], 1), (&["--max-failures", "2"], 2)] {
        let mut all =
            vec!["batch", "convert", "in", "-o", "out/{stem}.tif", "--no-journal", "--jobs", "1"];
        all.extend(words);
        let done = swath(dir.path(), &all);
        assert_eq!(done.status.code(), Some(9));
        let said = stderr(&done);
        assert!(said.contains(&format!("{failed}  failed")) && said.contains("left"), "{said}");
        assert!(tree(&dir.path().join("out")).is_empty());
    }
    // The text of a verb that writes none itself, and a name for what a file needs besides.
    let stats = ["batch", "stats", "in/1*.tif", "--to-dir", "out", "--", "--json", "--bins", "0"];
    assert!(swath(dir.path(), &stats).status.success());
    let text = fs::read(dir.path().join("out/11.json")).expect("reads");
    let json: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(json["bands"][0]["samples"], 64 * 64);
    let calc = [
        "batch",
        "calc",
        "in/1*.tif",
        "-o",
        "{folder}/{stem}_twice.tif",
        "--",
        "A[1] + B[1]",
        "--in",
        "A={input}",
        "--in",
        "B={folder}/{name}",
        "-q",
    ];
    assert_eq!(swath(dir.path(), &calc).status.code(), Some(2), "-q is the batch's");
    let done = swath(dir.path(), &calc[..calc.len() - 1]);
    assert!(done.status.success(), "{}", stderr(&done));
    assert!(dir.path().join("in/10_twice.tif").is_file());
}

#[test]
fn damaged_chunks_that_go_by_are_remarked_and_have_their_exit_code() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("in/cut.tif");
    part(&path, 0, 0, 256);
    part(&dir.path().join("in/good.tif"), 0, 0, 256);
    let bytes = fs::read(&path).expect("reads");
    fs::write(&path, &bytes[..bytes.len() * 2 / 3]).expect("writes");
    let words =
        ["batch", "convert", "in", "--to-dir", "out", "--resume", "--", "--on-corrupt", "nodata"];
    let done = swath(dir.path(), &words);
    assert_eq!(done.status.code(), Some(8), "{}", stderr(&done));
    assert!(stderr(&done).contains("remarks:") && stderr(&done).contains("cut.tif: directory 0"));
    // It stays so when all of it is skipped.
    assert_eq!(swath(dir.path(), &words).status.code(), Some(8));
}

#[test]
fn a_disk_that_fills_up_fails_some_and_harms_none() {
    let dir = tempfile::tempdir().expect("a directory");
    let full = dir.path().join("full");
    fs::create_dir(&full).expect("makes");
    let mount = |words: &[&str]| {
        let done = Command::new("mount").args(words).arg(&full).stderr(Stdio::null()).status();
        done.is_ok_and(|status| status.success())
    };
    if !mount(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) {
        eprintln!("skipped: a full disk (no file system may be mounted here)");
        return;
    }
    let checked = std::panic::catch_unwind(|| {
        for i in 0..10 {
            part(&dir.path().join(format!("in/{i}.tif")), i * 8, 0, 256);
        }
        let words = |journal| {
            [
                "batch",
                "convert",
                "in",
                "--to-dir",
                "full/out",
                "--resume",
                "--jobs",
                "1",
                "--journal",
                journal,
                "--",
                "--compress",
                "none",
                "--tile",
                "256",
                "--overviews",
                "none",
            ]
        };
        let done = swath(dir.path(), &words("journal"));
        assert_eq!(done.status.code(), Some(9), "{}", stderr(&done));
        assert!(stderr(&done).contains("No space left") && stderr(&done).contains("system"));
        let some = tree(&full);
        assert!((1..9).contains(&some.len()), "{}", some.len());
        // More room: the others are done.
        assert!(mount(&["-o", "remount,size=64m"]));
        let done = swath(dir.path(), &words("journal"));
        assert!(done.status.success(), "{}", stderr(&done));
        let all = tree(&full);
        assert_eq!(all.len(), 10);
        assert!(some.iter().all(|(name, hash)| all[name] == *hash));
    });
    let _ = Command::new("umount").arg(&full).status();
    checked.expect("holds");
}

/// A file whose reads fail so many times.
#[derive(Debug)]
struct Flaky<'a> {
    file: fs::File,
    len: u64,
    failures: &'a AtomicU32,
}

impl ReadAt for Flaky<'static> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_exact_at(&self, out: &mut [u8], offset: u64) -> std::io::Result<()> {
        let one_less = |n: u32| n.checked_sub(1);
        // Directories are read well, pixels are not.
        let pixels = out.len() > 1000;
        if pixels
            && self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
        {
            // EIO.
            return Err(std::io::Error::from_raw_os_error(5));
        }
        self.file.read_exact_at(out, offset)
    }
}

/// Copies two files, of which reads of the second fail so often; returns the tally, the failures
/// and the attempts of what was done.
fn copy_flaky(
    dir: &Path,
    failures: u32,
    retries: u32,
) -> (Tally, Vec<(FailureKind, u32)>, Vec<u32>) {
    static FAILURES: AtomicU32 = AtomicU32::new(0);
    FAILURES.store(failures, Ordering::Relaxed);
    let inputs = ["sound.tif", "flaky.tif"].map(|name| dir.join(name));
    let template = format!("{}/{{stem}}.copy", dir.display());
    let template = Template::parse(&template).expect("parses");
    let plan = Plan::new(inputs.map(Found::file).into(), &template, "copy").expect("no clash");
    let engine =
        Engine::new(EngineOptions { threads: 2, ..EngineOptions::default() }).expect("starts");
    let wait = Duration::from_millis(5);
    let options = BatchOptions { retries, wait, ..BatchOptions::default() };
    let heard = Mutex::new((Vec::new(), Vec::new()));
    let listen = |event: &Event<'_>| {
        let mut heard = heard.lock().expect("no panic");
        match event {
            Event::Failed(_, failure) => heard.0.push((failure.kind, failure.attempts)),
            Event::Done(_, done) => heard.1.push(done.attempts),
            _ => {}
        }
    };
    let make = |task: &swath::batch::Task<'_>, engine: &Engine| -> Result<Made> {
        let path = &task.item.input;
        let file = fs::File::open(path).map_err(|e| Error::io("open", e))?;
        let len = file.metadata().map_err(|e| Error::io("ask", e))?.len();
        let source = if path.ends_with("flaky.tif") {
            ByteSource::from_reader(Flaky { file, len, failures: &FAILURES }, Some(path.clone()))
        } else {
            ByteSource::from_vec(fs::read(path).map_err(|e| Error::io("read", e))?)
        };
        let file = GeoTiff::from_source(source, &OpenOptions::default())?;
        let how = WriteOptions { overwrite: task.overwrite, ..WriteOptions::default() };
        file.raster().write_with(engine, &task.item.output, &how, &mut Silent)?;
        Ok(Made::default())
    };
    let tally = Batch::new(&plan, &engine, options).run(None, &listen, &make).expect("runs");
    let (failed, mut done) = heard.into_inner().expect("no panic");
    done.sort_unstable();
    (tally, failed, done)
}

#[test]
fn bad_reads_are_tried_again_and_then_reported() {
    let dir = tempfile::tempdir().expect("a directory");
    part(&dir.path().join("sound.tif"), 0, 0, 200);
    fs::copy(dir.path().join("sound.tif"), dir.path().join("flaky.tif")).expect("copies");
    let clear = || {
        for name in ["sound.copy", "flaky.copy"] {
            let _ = fs::remove_file(dir.path().join(name));
        }
    };
    // Each attempt ends with its first bad read; workers beside it may meet one or two more.
    let (tally, failed, done) = copy_flaky(dir.path(), 1, 2);
    assert_eq!((tally.done, failed.len(), done), (2, 0, vec![1, 2]));
    assert_eq!(sha256(&dir.path().join("sound.copy")), sha256(&dir.path().join("flaky.copy")));
    clear();
    let (tally, failed, done) = copy_flaky(dir.path(), u32::MAX, 2);
    assert_eq!((tally.failed, failed, done), (1, vec![(FailureKind::Transient, 3)], vec![1]));
    assert!(!dir.path().join("flaky.copy").exists());
    clear();
    let (_, failed, _) = copy_flaky(dir.path(), u32::MAX, 0);
    assert_eq!(failed, [(FailureKind::Transient, 1)]);
}

#[test]
fn what_needs_all_of_the_memory_gets_it_and_panics_are_failures() {
    let dir = tempfile::tempdir().expect("a directory");
    let template = format!("{}/{{stem}}.out", dir.path().display());
    let template = Template::parse(&template).expect("parses");
    let inputs = ["a", "large", "panics", "b", "toolarge"].map(Found::file);
    let plan = Plan::new(inputs.into(), &template, "x").expect("no clash");
    let options = EngineOptions { threads: 2, memory: 256 << 20, work: None };
    let engine = Engine::new(options).expect("starts");
    let batch = Batch::new(&plan, &engine, BatchOptions { jobs: 4, ..BatchOptions::default() });
    let kinds = Mutex::new(Vec::new());
    let running = AtomicU32::new(0);
    let tally = batch.run(
        None,
        &|event| {
            if let Event::Failed(item, failure) = event {
                kinds.lock().expect("no panic").push((item.index, failure.kind, failure.attempts));
            }
        },
        &|task, engine| {
            let others = running.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(30));
            let needs = match task.item.input.to_str() {
                Some("large") => 200 << 20,
                Some("toolarge") => 300 << 20,
                Some("panics") => panic!("as asked"),
                _ => 10 << 20,
            };
            let alone = running.fetch_sub(1, Ordering::SeqCst) - 1;
            if engine.options().memory == 256 << 20 {
                // A panic leaves its count behind.
                assert!(others <= 1 && alone <= 1, "{others} {alone}");
            } else {
                assert_eq!(engine.options().memory, 64 << 20);
            }
            if needs > engine.options().memory {
                return Err(Error::limit("memory"));
            }
            fs::write(&task.item.output, "made").map_err(|e| Error::io("write", e))?;
            Ok(Made::default())
        },
    );
    let mut kinds = kinds.into_inner().expect("no panic");
    kinds.sort_unstable();
    assert_eq!(kinds, [(3, FailureKind::Defect, 1), (5, FailureKind::Limit, 1)]);
    let tally = tally.expect("runs");
    assert_eq!((tally.done, tally.failed, tally.left), (3, 2, 0));
}
