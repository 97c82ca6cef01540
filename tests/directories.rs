//! Directories of real and odd files, against what tifffile and GDAL read from them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use swath::Error;
use swath::ifd::{Chain, Header, Limits, Tag};
use swath::io::{ByteSource, IoMode};

/// The shared test data: `SWATH_SHARED`, or `../shared` beside the project. Without it there is
/// nothing to compare with, which CI does not accept.
fn shared() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("SWATH_SHARED").map_or_else(beside, PathBuf::from);
    let found = shared.join("data/oracle.json").is_file();
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(found || !ci, "CI needs the shared data: set SWATH_SHARED");
    if !found {
        println!("skipped: no data/oracle.json in {}", shared.display());
    }
    found.then_some(shared)
}

/// Files where tifffile is no truth, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "dvyukov__go-fuzz-corpus/tiff/corpus/b8a8cebece7474dda5ae46977cd12f29b386f56e-2",
        "ends before the offset of a next directory: none for libtiff, a wild one for tifffile",
    ),
    (
        "python-pillow__Pillow/Tests/images/crash-2020-10-test.tif",
        "its second directory has no entries: the chain ends there for libtiff, goes on for tifffile",
    ),
];

/// What is compared of one directory.
#[derive(Debug, PartialEq)]
struct Facts {
    width: u64,
    height: u64,
    bits: u64,
    compression: u64,
}

fn ours(path: &std::path::Path, mode: IoMode) -> Result<(Vec<Facts>, Option<Error>), Error> {
    let source = ByteSource::open(path, mode)?;
    let chain = Chain::read(&source, &Header::read(&source)?, &Limits::default())?;
    let facts = chain.directories.iter().map(|directory| {
        let value = |tag, default| directory.u64(&source, tag).map(|v| v.unwrap_or(default));
        Ok(Facts {
            width: value(Tag::ImageWidth, 0)?,
            height: value(Tag::ImageLength, 0)?,
            bits: value(Tag::BitsPerSample, 1)?,
            compression: value(Tag::Compression, 1)?,
        })
    });
    Ok((facts.collect::<Result<_, Error>>()?, chain.broken))
}

fn theirs(ifd: &Value) -> Facts {
    let number = |key: &str| ifd[key].as_u64().unwrap_or(u64::MAX);
    Facts {
        width: number("w"),
        height: number("h"),
        bits: number("bps"),
        compression: number("comp_id"),
    }
}

#[test]
fn directories_are_those_of_the_oracle() {
    let Some(shared) = shared() else { return };
    let data = shared.join("data");
    let oracle = std::fs::read_to_string(data.join("oracle.json")).unwrap();
    let oracle: Value = serde_json::from_str(&oracle).unwrap();
    let exceptions: BTreeMap<_, _> = EXCEPTIONS.iter().copied().collect();
    let (mut equal, mut refused, mut wrong) = (0, 0, Vec::new());
    for (name, truth) in oracle["files"].as_object().unwrap() {
        let found = ours(&data.join(name), IoMode::Map);
        let again = ours(&data.join(name), IoMode::Pread);
        assert_eq!(format!("{found:?}"), format!("{again:?}"), "{name}: mapped and read differ");
        let opens = truth["gdal"]["error"].is_null();
        match (found, truth["struct"]["ifds"].as_array()) {
            (Ok((found, _)), Some(ifds)) => {
                // tifffile lists sub-directories too, which are no part of the chain.
                let chained = ifds.iter().filter(|i| !i["ifd"].as_str().unwrap().contains("sub"));
                let wanted: Vec<_> = chained.map(theirs).collect();
                let exception = exceptions.contains_key(name.as_str());
                if (found == wanted) != exception {
                    equal += usize::from(!exception);
                } else if exception {
                    wrong.push(format!("{name}: is no exception any more"));
                } else {
                    wrong.push(format!("{name}: expected {wanted:?}, found {found:?}"));
                }
            }
            // Nothing to compare with: GDAL's size serves.
            (Ok((found, _)), None) if opens => {
                let (width, height) = (&truth["gdal"]["width"], &truth["gdal"]["height"]);
                if (Some(found[0].width), Some(found[0].height))
                    == (width.as_u64(), height.as_u64())
                {
                    equal += 1;
                } else {
                    wrong.push(format!("{name}: expected {width} x {height}, found {found:?}"));
                }
            }
            (Ok(_), None) => refused += 1,
            (Err(_), _) if !opens => refused += 1,
            (Err(error), _) => wrong.push(format!("{name}: {error}")),
        }
    }
    println!(
        "{equal} files equal, {refused} that GDAL refuses too, {} exceptions",
        EXCEPTIONS.len()
    );
    assert!(wrong.is_empty(), "{} files differ:\n{}", wrong.len(), wrong.join("\n"));
}
