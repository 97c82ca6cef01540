//! What is a valid COG, against rio-cogeo's verdicts, and by breaking good files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use swath::geotiff::validate::{Rule, Severity};
use swath::geotiff::{Format, OpenOptions, Overviews, WriteOptions, validate};
use swath::raster::{DataType, Size};

mod common;
mod rasters;

/// Files on which swath and rio-cogeo differ, and why.
const CUT_SHORT: &str =
    "its pixels lie beyond the end of the file, which rio-cogeo does not look for";
const DIFFERENCES: [(&str, &str); 9] = [
    ("OSGeo__PROJ/data/tests/egm96_15_uncompressed_truncated.tif", CUT_SHORT),
    (
        "python-pillow__Pillow/Tests/images/crash-0e16d3bfb83be87356d026d66919deaefca44dac.tif",
        CUT_SHORT,
    ),
    (
        "python-pillow__Pillow/Tests/images/crash-1152ec2d1a1a71395b6f2ce6721c38924d025bf3.tif",
        CUT_SHORT,
    ),
    (
        "python-pillow__Pillow/Tests/images/crash-1185209cf7655b5aed8ae5e77784dfdd18ab59e9.tif",
        CUT_SHORT,
    ),
    ("rouault__gdal/autotest/gcore/data/byte_truncated.tif", CUT_SHORT),
    ("rouault__gdal/autotest/gcore/data/excessive-memory-TIFFFillTile.tif", CUT_SHORT),
    ("google__AFL/docs/vuln_samples/libtiff-bad-write.tif", "its tiles have no height"),
    (
        "google__AFL/docs/vuln_samples/libtiff-uninit-mem3.tif",
        "it says nowhere where its pixels lie",
    ),
    (
        "rouault__gdal/autotest/gcore/data/gtiff/missing_tilebytecounts_and_offsets.tif",
        "where its pixels lie is stated beyond the end of the file",
    ),
];

#[test]
fn verdicts_agree_with_rio_cogeo() {
    let Some(data) = common::shared_data() else { return };
    let text = std::fs::read_to_string(data.join("cog_validate.json")).expect("verdicts");
    let truth: Value = serde_json::from_str(&text).expect("JSON");
    let files = truth["files"].as_object().expect("files");
    let listed = common::oracle(&data);
    assert!(files.keys().all(|name| listed.contains_key(name)), "verdicts on unknown files");
    let (mut agreed, mut wrong) = (0, Vec::new());
    let known: BTreeMap<_, _> = DIFFERENCES.into_iter().collect();
    for (name, truth) in files {
        let valid = truth["valid"].as_bool().expect("a verdict");
        let ours = validate(data.join(name), &OpenOptions::default());
        // A file that cannot be read at all is no valid COG either.
        let same = ours.as_ref().is_ok_and(|verdict| verdict.is_valid(false)) == valid;
        if same != known.contains_key(name.as_str()) {
            agreed += usize::from(same);
            continue;
        }
        let said = match &ours {
            Ok(verdict) => format!("{:?}", verdict.findings),
            Err(error) => error.to_string(),
        };
        wrong.push(format!("{name}: rio-cogeo {valid} {}, swath {said}", truth["errors"]));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), files.len(), wrong.join("\n"));
    assert_eq!(agreed + DIFFERENCES.len(), files.len());
}

/// Writes a COG with overviews; returns its bytes.
fn cog(dir: &Path) -> Vec<u8> {
    let target = dir.join("good.tif");
    let raster = rasters::noise(DataType::U16, 1, Size::new(700, 600), None);
    let options = WriteOptions { tile: 128, ..WriteOptions::default() };
    raster.write(&target, &options).expect("writes");
    let window = raster.info().grid.size.window();
    let written = swath::open(&target).and_then(|copy| copy.read(window)).expect("reads");
    rasters::assert_same(&written, &raster.read(window).expect("reads"), "a good file");
    std::fs::read(&target).expect("reads")
}

/// What is found in a file of these bytes.
fn rules(dir: &Path, bytes: &[u8]) -> Vec<Rule> {
    let path = dir.join("broken.tif");
    std::fs::write(&path, bytes).expect("writes");
    let verdict = validate(&path, &OpenOptions::default()).expect("a TIFF");
    let rules: Vec<Rule> = verdict.findings.iter().map(|finding| finding.rule).collect();
    let errors = rules.iter().any(|rule| rule.severity() == Severity::Error);
    assert_eq!((verdict.is_valid(false), verdict.is_valid(true)), (!errors, rules.is_empty()));
    rules
}

/// The place of a text in a file.
fn find(bytes: &[u8], text: &str) -> usize {
    let mut windows = bytes.windows(text.len());
    windows.position(|window| window == text.as_bytes()).expect("the text is there")
}

/// Where the value of an entry of a directory of a classic TIFF stands.
fn entry(bytes: &[u8], directory: usize, tag: u16) -> usize {
    let short = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let entries = (0..short(directory)).map(|i| directory + 2 + 12 * i);
    { entries }.find(|&at| short(at) == usize::from(tag)).expect("an entry") + 8
}

fn long(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes")) as usize
}

#[test]
fn each_broken_promise_of_the_ghost_area_is_found() {
    let dir = tempfile::tempdir().expect("a directory");
    let good = cog(dir.path());
    assert_eq!(rules(dir.path(), &good), []);
    let broken = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        rules(dir.path(), &bytes)
    };
    let edition = find(&good, "EDITION=NO\n ") + 8;
    let edited = broken(&|bytes| bytes[edition..edition + 4].copy_from_slice(b"YES\n"));
    assert_eq!(edited, [Rule::Edited]);
    let size = find(&good, "000140");
    let longer = broken(&|bytes| bytes[size..size + 6].copy_from_slice(b"000150"));
    assert_eq!(longer, [Rule::GhostSize]);

    // The second chunk of the image.
    let list = |tag| long(&good, entry(&good, long(&good, 4), tag));
    let (offsets, lengths) = (list(324), list(325));
    let (offset, length) = (long(&good, offsets + 4), long(&good, lengths + 4));
    assert_eq!(broken(&|bytes| bytes[offset - 4] ^= 1), [Rule::BlockLeader]);
    assert_eq!(broken(&|bytes| bytes[offset + length + 3] ^= 1), [Rule::BlockTrailer]);
    // Two chunks change places, with their lengths.
    let swapped = broken(&|bytes| {
        for list in [offsets, lengths] {
            for byte in list..list + 4 {
                bytes.swap(byte, byte + 4);
            }
        }
    });
    assert_eq!(swapped, [Rule::BlockOrder]);
    let cut = broken(&|bytes| bytes.truncate(bytes.len() - 100));
    assert_eq!(cut, [Rule::ChunksInside]);
}

#[test]
fn masks_are_where_the_ghost_area_says() {
    let Some(data) = common::shared_data() else { return };
    let name = "rasterio__rasterio/tests/data/goes.tif";
    let mut bytes = std::fs::read(data.join(name)).expect("reads");
    let dir = tempfile::tempdir().expect("a directory");
    assert_eq!(rules(dir.path(), &bytes), []);
    // The second directory is the image's mask: its first chunk moves.
    let first = long(&bytes, 4);
    let next = first + 2 + 12 * usize::from(bytes[first]);
    let mask = long(&bytes, next);
    assert_eq!(bytes[entry(&bytes, mask, 254)], 4);
    let at = entry(&bytes, mask, 324);
    let at = if long(&bytes, at - 4) == 1 { at } else { long(&bytes, at) };
    bytes[at] ^= 1;
    let found = rules(dir.path(), &bytes);
    assert_eq!(found.first(), Some(&Rule::BlockLeader));
    assert_eq!(found.last(), Some(&Rule::MaskInterleaved));
}

#[test]
fn other_layouts_are_told_apart() {
    let dir = tempfile::tempdir().expect("a directory");
    let target = dir.path().join("plain.tif");
    let raster = rasters::noise(DataType::U8, 1, Size::new(700, 40), None);
    let options = WriteOptions { format: Format::Tiled, ..WriteOptions::default() };
    raster.write(&target, &options).expect("writes");
    let plain = std::fs::read(&target).expect("reads");
    assert_eq!(rules(dir.path(), &plain), [Rule::Overviews]);
    std::fs::write(dir.path().join("broken.tif.ovr"), "anything").expect("writes");
    assert_eq!(rules(dir.path(), &plain), [Rule::ExternalOverviews, Rule::Overviews]);
}

#[test]
fn rules_have_names_of_their_own() {
    let names: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Rule::ALL.len());
}

#[test]
fn the_command_ends_as_it_says() {
    let dir = tempfile::tempdir().expect("a directory");
    let good = cog(dir.path());
    let (warned, broken) = (dir.path().join("warned.tif"), dir.path().join("edited.tif"));
    let raster = rasters::noise(DataType::U8, 1, Size::new(700, 40), None);
    let options = WriteOptions { overviews: Overviews::None, ..WriteOptions::default() };
    raster.write(&warned, &options).expect("writes");
    let mut bytes = good.clone();
    let edition = find(&good, "EDITION=NO\n ") + 8;
    bytes[edition..edition + 4].copy_from_slice(b"YES\n");
    std::fs::write(&broken, bytes).expect("writes");
    std::fs::write(dir.path().join("junk.tif"), "no TIFF").expect("writes");
    let run = |words: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swath"));
        let done = command.arg("validate").args(words.split(' ')).current_dir(dir.path()).output();
        let done = done.expect("swath runs");
        (done.status.code(), String::from_utf8(done.stdout).expect("text"))
    };
    assert_eq!(run("good.tif --strict"), (Some(0), "good.tif: a valid COG\n".into()));
    assert_eq!(run("good.tif --quiet"), (Some(0), String::new()));
    assert_eq!(run("good.tif warned.tif --quiet").0, Some(0));
    assert_eq!(run("good.tif warned.tif --strict").0, Some(7));
    let (code, text) = run("edited.tif good.tif");
    assert_eq!(code, Some(7));
    assert!(
        text.contains("error (edited), file: ") && text.contains("mend: swath convert"),
        "{text}"
    );
    let (code, text) = run("junk.tif edited.tif good.tif --json");
    assert_eq!(code, Some(3));
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert!(json[0]["error"].as_str().is_some_and(|error| error.contains("not a TIFF")), "{text}");
    assert_eq!(json[1]["valid"], false);
    assert_eq!(json[1]["findings"][0]["rule"], "edited");
    assert_eq!(json[1]["findings"][0]["heldBy"][0], "rio-cogeo");
    assert_eq!(json[2]["valid"], true);
}
