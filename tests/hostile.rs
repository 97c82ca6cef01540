//! Files made to do harm: each is refused with an error that fits, or read, at
//! once and in little memory (`scripts/hostile.sh` measures both).

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use swath::codec::Compression;
use swath::geotiff::{GeoTiff, OpenOptions};
use swath::raster::Window;
use swath::{Error, Result};

mod common;

/// How a file must end: the pixels of `plain`, or an error of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Read,
    Format,
    Limit,
}

/// What each shipped file must come to; a file that is not listed fails the test.
const ENDS: [(&str, End); 23] = [
    ("loop/itself.tif", End::Read),
    ("loop/pair.tif", End::Read),
    ("loop/inside.tif", End::Read),
    ("bomb/deflate.tif", End::Read),
    ("bomb/zstd.tif", End::Format),
    ("bomb/packbits.tif", End::Read),
    ("bomb/strip.tif", End::Limit),
    ("bomb/rows.tif", End::Limit),
    ("bomb/tile.tif", End::Limit),
    ("bomb/tiles.tif", End::Limit),
    ("bomb/bands.tif", End::Format),
    ("count/samples.tif", End::Read),
    ("count/entries.tif", End::Format),
    ("count/big_entries.tif", End::Limit),
    ("count/values.tif", End::Read),
    ("count/colors.tif", End::Format),
    ("count/bits.tif", End::Format),
    ("place/beyond.tif", End::Format),
    ("place/across.tif", End::Format),
    ("place/wrap.tif", End::Format),
    ("place/late.tif", End::Format),
    ("place/header.tif", End::Format),
    ("place/directory.tif", End::Format),
];

fn read(path: &Path) -> Result<()> {
    let raster = GeoTiff::open(path, &OpenOptions::default())?.raster();
    for image in std::iter::once(raster.clone()).chain(raster.overviews()) {
        let size = image.info().grid.size;
        image.read(Window::new(0, 0, size.width.min(64), size.height.min(64)))?;
    }
    Ok(())
}

#[test]
fn each_file_ends_as_it_must_and_at_once() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile");
    let mut found: Vec<PathBuf> = Vec::new();
    for kind in std::fs::read_dir(&folder).expect("is there").map(|k| k.expect("lists").path()) {
        if kind.is_dir() {
            found.extend(std::fs::read_dir(kind).expect("lists").map(|f| f.expect("lists").path()));
        }
    }
    let mut wrong = Vec::new();
    assert_eq!(found.len(), ENDS.len(), "a file that nothing is known of, or one that is missing");
    for (name, wanted) in ENDS {
        let path = folder.join(name);
        let (done, result) = mpsc::channel();
        std::thread::spawn(move || done.send(read(&path)));
        let ended = match result.recv_timeout(Duration::from_secs(10)) {
            Ok(Ok(())) => Ok(End::Read),
            Ok(Err(Error::Format(_))) => Ok(End::Format),
            Ok(Err(Error::Limit(_))) => Ok(End::Limit),
            Ok(Err(other)) => Err(other.to_string()),
            Err(_) => Err("panics, or takes more than 10 s".to_owned()),
        };
        if ended != Ok(wanted) {
            wrong.push(format!("{name}: expected {wanted:?}, found {ended:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Finds the value of a tag of the first directory of a classic little-endian
/// file: the offset of its bytes and the number.
fn value(bytes: &[u8], tag: u16) -> Option<(usize, u32)> {
    let u16_at = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let u32_at = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    if bytes.get(..4)? != b"II*\0" {
        return None;
    }
    let first = u32_at(4)? as usize;
    let mut entries = (0..u16_at(first)?).map(|number| first + 2 + usize::from(number) * 12);
    let entry = entries.find(|&entry| u16_at(entry) == Some(tag))?;
    let short = u16_at(entry + 2)? == 3;
    let value = if short { u16_at(entry + 8)?.into() } else { u32_at(entry + 8)? };
    Some((entry + 8, value))
}

/// An image inside a chunk states its own size. Where the directory says another
/// one, nothing is read: neither beyond the image nor a part that seems to fit.
#[test]
fn sizes_inside_chunks_must_be_those_of_the_directory() {
    let Some(data) = common::shared_data() else { return };
    let (mut seen, mut wrong) = (std::collections::BTreeMap::new(), Vec::new());
    for (name, _) in common::oracle(&data) {
        let Ok(file) = GeoTiff::open(data.join(&name), &OpenOptions::default()) else { continue };
        let layout = file.image().layout();
        let codec = match layout.compression {
            Compression::Jpeg { .. } => "JPEG",
            Compression::WebP => "WebP",
            Compression::JpegXl => "JPEG XL",
            Compression::Jpeg2000 => "JPEG 2000",
            Compression::Lerc { .. } => "LERC",
            _ => continue,
        };
        if !matches!(file.image().stored(0), Ok(Some(_))) {
            continue;
        }
        let mut bytes = std::fs::read(data.join(&name)).expect("reads");
        // Tiles of twice the width, or an image of twice the width in strips.
        let Some((at, width)) = value(&bytes, if layout.tiled { 322 } else { 256 }) else {
            continue;
        };
        if file.raster().read(Window::new(0, 0, 8, 8)).is_err() || width > 4096 {
            continue;
        }
        bytes[at..at + 2].copy_from_slice(&(width as u16 * 2).to_le_bytes());
        let Ok(changed) = GeoTiff::from_bytes(bytes, &OpenOptions::default()) else { continue };
        *seen.entry(codec).or_insert(0) += 1;
        match changed.raster().read(Window::new(0, 0, 8, 8)) {
            Err(Error::Format(_)) => {}
            other => wrong.push(format!("{name}: {codec}: {:?}", other.err())),
        }
    }
    println!("{seen:?}");
    // The one file of JPEG 2000 there holds no image.
    assert!(seen.len() == 4, "only {seen:?}");
    assert!(wrong.is_empty(), "{} read:\n{}", wrong.len(), wrong.join("\n"));
}
