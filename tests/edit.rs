//! Changing what files say: what is new is read, what is old stays, pixels never move.

mod common;
mod files;
mod rasters;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use files::{fixture, sha256};
use rasters::{assert_same, noise};
use swath::codec::Compression;
use swath::crs::Crs;
use swath::geotiff::edit::{BandEdits, Change, EditOptions, Edits, How};
use swath::geotiff::{Format, GeoTiff, OpenOptions, WriteOptions, edit, validate};
use swath::raster::{Buffer, ColorInterpretation, DataType, GeoTransform, NoData, Size};
use swath::{Error, Raster};

/// Writes a raster of two bands; returns its path.
fn file(dir: &Path, format: Format) -> PathBuf {
    let path = dir.join("a.tif");
    let raster = noise(DataType::I16, 2, Size::new(300, 200), NoData::parse("-9999"));
    let compression = Compression::Deflate { level: 1 };
    let options = WriteOptions { format, compression, tile: 64, ..WriteOptions::default() };
    raster.write(&path, &options).expect("writes");
    path
}

/// Everything that can be changed, changed.
fn all() -> Edits {
    let band = BandEdits {
        description: Change::Set("Höhe <m>".into()),
        scale: Change::Set(0.1),
        offset: Change::Set(-3.5),
        unit: Change::Set("metre".into()),
        color: Change::Set(ColorInterpretation::NearInfrared),
    };
    Edits {
        nodata: Change::Set(NoData::parse("-1").expect("a number")),
        crs: Change::Set(Crs::from_epsg(3857)),
        transform: Change::Set(GeoTransform::from_gdal([10.0, 2.0, 0.5, 50.0, 0.25, -2.0])),
        items: BTreeMap::from([
            ("TIFFTAG_SOFTWARE".into(), Change::Set("a tool".into())),
            ("MISSION".into(), Change::Set("X & Y".into())),
        ]),
        bands: BTreeMap::from([(1, band)]),
    }
}

/// The stored bytes of all chunks of a file, image and overviews: what no edit may touch.
fn samples(path: &Path) -> Vec<Buffer> {
    let raster = swath::open(path).expect("opens");
    let levels = std::iter::once(raster.clone()).chain(raster.overviews());
    let read = |level: Raster| {
        let mut pixels = level.read(level.info().grid.size.window()).expect("reads");
        // Validity is for the nodata value to say; here it is the samples that count.
        pixels.validate();
        pixels
    };
    levels.map(read).collect()
}

fn assert_all_said(path: &Path) {
    let raster = swath::open(path).expect("opens");
    let info = raster.info();
    assert_eq!(info.nodata, NoData::parse("-1"));
    assert_eq!(info.grid.crs, Some(Crs::from_epsg(3857)));
    assert_eq!(info.grid.transform.to_gdal(), [10.0, 2.0, 0.5, 50.0, 0.25, -2.0]);
    let items = &info.metadata.domains[""];
    assert_eq!((&*items["TIFFTAG_SOFTWARE"], &*items["MISSION"]), ("a tool", "X & Y"));
    let band = &info.metadata.bands[&1];
    assert_eq!(band.description.as_deref(), Some("Höhe <m>"));
    assert_eq!(
        (band.scale, band.offset, band.unit.as_deref()),
        (Some(0.1), Some(-3.5), Some("metre"))
    );
    assert_eq!(info.color(1), ColorInterpretation::NearInfrared);
}

#[test]
fn what_is_set_is_read_and_pixels_stay() {
    let dir = tempfile::tempdir().expect("a directory");
    for format in [Format::Cog, Format::Tiled] {
        for rewrite in [false, true] {
            let path = file(dir.path(), format);
            let before = samples(&path);
            let options = EditOptions { rewrite, ..EditOptions::default() };
            let how = edit(&path, &all(), &options).expect("edits");
            let cog = format == Format::Cog;
            assert_eq!(how == How::Rewritten, rewrite, "{how:?}");
            if !rewrite {
                assert!(matches!(how, How::Appended { was_cog, .. } if was_cog == cog), "{how:?}");
            }
            assert_all_said(&path);
            for (now, then) in samples(&path).iter().zip(&before) {
                assert_same(now, then, "pixels");
            }
            // A copy keeps its layout; what has grown at its end says that it is none.
            let verdict = validate(&path, &OpenOptions::default()).expect("a TIFF");
            assert_eq!(verdict.is_valid(true), rewrite, "{:?}", verdict.findings);
            // What is said already needs no writing.
            let hash = sha256(&path);
            assert_eq!(edit(&path, &all(), &options).expect("edits"), How::Unchanged);
            assert_eq!(sha256(&path), hash);
            std::fs::remove_file(&path).expect("removes");
        }
    }
}

#[test]
fn what_is_removed_is_gone() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = file(dir.path(), Format::Tiled);
    let options = EditOptions::default();
    edit(&path, &all(), &options).expect("edits");
    let band = BandEdits {
        description: Change::Remove,
        scale: Change::Remove,
        offset: Change::Remove,
        unit: Change::Remove,
        color: Change::Remove,
    };
    let names = ["TIFFTAG_SOFTWARE", "MISSION"];
    let edits = Edits {
        nodata: Change::Remove,
        crs: Change::Remove,
        transform: Change::Remove,
        items: names.into_iter().map(|name| (name.into(), Change::Remove)).collect(),
        bands: BTreeMap::from([(1, band)]),
    };
    edit(&path, &edits, &options).expect("edits");
    let file = GeoTiff::open(&path, &OpenOptions::default()).expect("opens");
    let info = file.image().info();
    assert!(!file.image().has_transform());
    assert_eq!((&info.grid.crs, info.nodata), (&None, None));
    assert!(info.metadata.domains.is_empty() && info.metadata.bands.is_empty());
}

#[test]
fn a_value_that_fits_is_changed_where_it_is() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = file(dir.path(), Format::Cog);
    let before = std::fs::read(&path).expect("reads");
    let transform = GeoTransform::north_up(400_000.0, 5_300_000.0, 30.0, 30.0);
    let edits = Edits { transform: Change::Set(transform), ..Edits::default() };
    let how = edit(&path, &edits, &EditOptions::default()).expect("edits");
    let after = std::fs::read(&path).expect("reads");
    // Eight bytes of a tie point.
    assert_eq!(how, How::InPlace);
    assert_eq!(after.len(), before.len());
    assert!(after.iter().zip(&before).filter(|(a, b)| a != b).count() <= 8);
    assert_eq!(swath::open(&path).expect("opens").info().grid.transform, transform);
    assert!(validate(&path, &OpenOptions::default()).expect("a TIFF").is_valid(true));
}

#[test]
fn a_file_is_the_old_one_until_the_last_write() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = file(dir.path(), Format::Cog);
    let before = std::fs::read(&path).expect("reads");
    edit(&path, &all(), &EditOptions::default()).expect("edits");
    let after = std::fs::read(&path).expect("reads");
    // The header and the ghost area are all that changes of what was there.
    let changed: Vec<_> = (0..before.len()).filter(|&i| before[i] != after[i]).collect();
    assert!(changed.iter().all(|&at| at < 512), "{changed:?}");
    let moment = dir.path().join("moment.tif");
    for end in (before.len()..=after.len()).step_by(7) {
        std::fs::write(&moment, [&before[..], &after[before.len()..end]].concat()).expect("writes");
        let raster = swath::open(&moment).expect("opens");
        assert_eq!(raster.info().nodata, NoData::parse("-9999"));
        assert!(raster.info().metadata.bands.is_empty());
    }
}

#[test]
fn later_images_and_other_orders_are_changed_alike() {
    // As GDAL, libtiff and others wrote them.
    let Some(data) = common::shared_data() else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let mut kinds = BTreeMap::new();
    let names = common::oracle(&data).into_iter().map(|(name, _)| data.join(name));
    // Many kinds of files are wanted, not many pixels; and each change waits for the disk.
    let small = names.filter(|path| path.metadata().expect("is there").len() < 20_000);
    for from in small.step_by(9) {
        let Ok(file) = GeoTiff::open(&from, &OpenOptions::default()) else { continue };
        let path = dir.path().join("copy.tif");
        std::fs::copy(&from, &path).expect("copies");
        for page in 0..file.pages() as u32 {
            let open = OpenOptions { page, ..OpenOptions::default() };
            let Ok(file) = GeoTiff::open(&path, &open) else { continue };
            let read = || {
                let raster = GeoTiff::open(&path, &open).expect("opens").raster();
                let mut pixels = raster.read(raster.info().grid.size.window())?;
                pixels.validate();
                Ok::<_, Error>(pixels)
            };
            let Ok(before) = read() else { continue };
            let items = BTreeMap::from([("KEY".into(), Change::Set("text".into()))]);
            let edits = Edits { items, crs: Change::Set(Crs::from_epsg(3035)), ..Edits::default() };
            let options = EditOptions { open, ..EditOptions::default() };
            edit(&path, &edits, &options).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
            let now = GeoTiff::open(&path, &open).expect("opens");
            assert_eq!(now.pages(), file.pages(), "{}", from.display());
            assert_eq!(now.image().info().grid.crs, Some(Crs::from_epsg(3035)));
            assert_eq!(now.image().info().metadata.domains[""]["KEY"], "text");
            let nodata = |file: &GeoTiff| file.image().info().nodata.map(|n| n.to_string());
            assert_eq!(nodata(&now), nodata(&file));
            assert_same(&read().expect("reads"), &before, &from.display().to_string());
            let order = format!("{:?}, big {}", file.image().layout().order, file.is_big());
            *kinds.entry((order, page > 0)).or_insert(0) += 1;
        }
    }
    // Both orders, classic and BigTIFF, first and later images.
    assert!(kinds.len() >= 6 && kinds.values().sum::<u32>() > 60, "{kinds:?}");
}

#[test]
fn changes_that_make_no_sense_are_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = file(dir.path(), Format::Tiled);
    let before = std::fs::read(&path).expect("reads");
    let area = BTreeMap::from([("AREA_OR_POINT".into(), Change::Set("Point".into()))]);
    let number = BTreeMap::from([("TIFFTAG_XRESOLUTION".into(), Change::Set("many".into()))]);
    let cases = [
        (Edits { nodata: Change::Set(NoData::parse("70000").expect("parses")), ..all() }, 2),
        (Edits { bands: BTreeMap::from([(2, BandEdits::default())]), ..all() }, 2),
        (Edits { items: area, ..all() }, 4),
        (Edits { items: number, ..all() }, 2),
    ];
    for (edits, code) in cases {
        let error = edit(&path, &edits, &EditOptions::default()).expect_err("refuses");
        let found = if matches!(error, Error::Usage(_)) { 2 } else { 4 };
        assert_eq!(found, code, "{error}");
    }
    let page = OpenOptions { page: 9, ..OpenOptions::default() };
    let options = EditOptions { open: page, ..EditOptions::default() };
    assert!(edit(&path, &all(), &options).is_err());
    // GDAL writes the directory of a plain file behind its pixels.
    let copy = dir.path().join("plain.tif");
    std::fs::copy(fixture("landsat.tif"), &copy).expect("copies");
    let options = EditOptions { rewrite: true, ..EditOptions::default() };
    assert!(matches!(edit(&copy, &all(), &options), Err(Error::Unsupported(_) | Error::Usage(_))));
    assert_eq!(sha256(&copy), sha256(&fixture("landsat.tif")));
    assert!(std::fs::read(&path).expect("reads") == before);
}
