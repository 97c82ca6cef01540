//! Overviews made for a file that has its image already: those that writing makes,
//! the image untouched, old or new at every moment.

mod files;
mod rasters;

use std::path::{Path, PathBuf};

use files::{fixture, sha256};
use rasters::{assert_same, noise};
use swath::codec::Compression;
use swath::engine::{Engine, EngineOptions, Silent};
use swath::geotiff::edit::{OverviewChange, OverviewOptions, overviews};
use swath::geotiff::{
    BigTiff, Format, GeoTiff, Interleave, Mask, OpenOptions, OverviewResampling, Overviews,
    WriteOptions,
};
use swath::io::IoMode;
use swath::raster::{Buffer, DataType, NoData, Raster, Size};
use swath::{Error, Result};

/// A large enough raster for several levels of several tiles.
fn raster() -> Raster {
    noise(DataType::I16, 2, Size::new(301, 517), NoData::parse("-9999"))
}

fn options() -> WriteOptions {
    let compression = Compression::Deflate { level: 1 };
    let format = Format::Tiled;
    WriteOptions { format, compression, tile: 64, mask: Mask::Auto, ..WriteOptions::default() }
}

fn write(dir: &Path, name: &str, options: &WriteOptions) -> PathBuf {
    let path = dir.join(name);
    raster().write(&path, options).expect("writes");
    path
}

fn make(
    path: &Path,
    overviews_: Overviews,
    resampling: OverviewResampling,
) -> Result<OverviewChange> {
    let how = OverviewOptions { overviews: overviews_, resampling, io: IoMode::Map };
    let engine = Engine::new(EngineOptions::default()).expect("an engine");
    overviews(path, &how, &engine, &mut Silent)
}

fn levels(path: &Path) -> Vec<Buffer> {
    let raster = swath::open(path).expect("opens");
    let read = |level: &Raster| level.read(level.info().grid.size.window()).expect("reads");
    std::iter::once(&raster).chain(&raster.overviews()).map(read).collect()
}

fn same(now: &Path, wanted: &Path) {
    let (now, wanted) = (levels(now), levels(wanted));
    assert_eq!(now.len(), wanted.len());
    for (level, (now, wanted)) in now.iter().zip(&wanted).enumerate() {
        assert_same(now, wanted, &format!("level {level}"));
    }
}

#[test]
fn overviews_are_those_that_writing_makes() {
    let dir = tempfile::tempdir().expect("a directory");
    let factors = Overviews::Factors(vec![2, 4, 12]);
    let kinds = [
        options(),
        WriteOptions { interleave: Interleave::Band, bigtiff: BigTiff::Yes, ..options() },
        WriteOptions { mask: Mask::Internal, ..options() },
    ];
    for (kind, options) in kinds.iter().enumerate() {
        for resampling in [OverviewResampling::Average, OverviewResampling::Nearest] {
            let with = WriteOptions {
                overviews: factors.clone(),
                overview_resampling: resampling,
                ..options.clone()
            };
            let path = write(dir.path(), &format!("made{kind}{resampling:?}.tif"), options);
            let wanted = dir.path().join(format!("wanted{kind}{resampling:?}.tif"));
            // Of what the file says: a mask makes no difference between bands.
            swath::open(&path).and_then(|file| file.write(&wanted, &with)).expect("writes");
            let plain = std::fs::read(&path).expect("reads");
            let made = make(&path, factors.clone(), resampling).expect("makes");
            assert_eq!((made.overviews, made.replaced, made.was_cog), (3, 0, false));
            same(&path, &wanted);
            // Of what was there only the pointer to the first directory has changed.
            let now = std::fs::read(&path).expect("reads");
            assert_eq!(now.len() as u64, plain.len() as u64 + made.bytes);
            let pointer = if options.bigtiff == BigTiff::Yes { 8..16 } else { 4..8 };
            let changed = (0..plain.len()).filter(|&at| now[at] != plain[at]);
            assert!({ changed }.all(|at| pointer.contains(&at)));
            // And until that, the file was the old one.
            let before = levels(&wanted)[0].bands();
            std::fs::write(&path, [&plain[..], &now[plain.len()..]].concat()).expect("writes");
            let old = GeoTiff::open(&path, &OpenOptions::default()).expect("opens");
            assert_eq!((old.image().overviews().len(), old.image().info().bands), (0, before));
        }
    }
}

#[test]
fn overviews_are_replaced_and_taken_away() {
    let dir = tempfile::tempdir().expect("a directory");
    let auto = WriteOptions { overviews: Overviews::Factors(vec![2, 4, 8, 16]), ..options() };
    let wanted = write(dir.path(), "wanted.tif", &auto);
    let path = write(dir.path(), "made.tif", &WriteOptions { format: Format::Cog, ..options() });
    // 517 pixels fit a tile of 64 at a sixteenth.
    let made = make(&path, Overviews::Auto, OverviewResampling::Average).expect("makes");
    assert_eq!((made.overviews, made.replaced, made.was_cog), (4, 4, true));
    same(&path, &wanted);
    let made = make(&path, Overviews::None, OverviewResampling::Average).expect("cleans");
    assert_eq!((made.overviews, made.replaced, made.was_cog), (0, 4, false));
    assert_eq!(levels(&path).len(), 1);
    same(&path, &write(dir.path(), "plain.tif", &options()));
}

#[test]
fn what_cannot_be_made_leaves_the_file_and_nothing_beside_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = write(dir.path(), "a.tif", &options());
    let hash = sha256(&path);
    let refused = make(&path, Overviews::Factors(vec![4, 2]), OverviewResampling::Average);
    assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
    assert_eq!(sha256(&path), hash);
    assert_eq!(std::fs::read_dir(dir.path()).expect("lists").count(), 1);
    // A file that GDAL made.
    let scene = dir.path().join("scene.tif");
    std::fs::copy(fixture("landsat.tif"), &scene).expect("copies");
    let made = make(&scene, Overviews::Auto, OverviewResampling::Average).expect("makes");
    let written = dir.path().join("written.tif");
    let raster = swath::open(fixture("landsat.tif")).expect("opens");
    // Its tiles are of 256 pixels.
    raster.write(&written, &WriteOptions { tile: 256, ..WriteOptions::default() }).expect("writes");
    assert!(made.overviews > 0);
    same(&scene, &written);
}
