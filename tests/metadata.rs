//! What a file says besides its pixels survives writing, for every shared file
//! that can be read.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use swath::Error;
use swath::codec::Compression;
use swath::geotiff::{Format, GeoTiff, OpenOptions, WriteOptions, exif};
use swath::io::Overwrite;
use swath::raster::{Colors, Gcps, Info, Metadata, Point, Raster};

mod common;

/// Files that are refused, and why. Only ever lowered: masks are not written yet.
const MOST_MASKED: usize = 12;

#[test]
fn everything_said_survives_writing() {
    let Some(data) = common::shared_data() else { return };
    let small = |truth: &Value| {
        let size = |key: &str| truth["gdal"][key].as_u64().unwrap_or(u64::MAX);
        let pixels = size("width").saturating_mul(size("height"));
        pixels.saturating_mul(size("count")) < 300_000 && size("count") < 1000
    };
    let mut files: Vec<_> = common::oracle(&data).into_iter().collect();
    files.retain(|(_, truth)| small(truth));
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let (written, masked) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let dir = tempfile::tempdir().expect("a directory");
    std::thread::scope(|scope| {
        for worker in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            let (dir, data, files) = (dir.path(), &data, &files);
            let (next, wrong, written, masked) = (&next, &wrong, &written, &masked);
            scope.spawn(move || {
                let target = dir.join(format!("{worker}.tif"));
                while let Some((name, _)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match rewrite(&data.join(name), &target) {
                        Ok(None) => written.fetch_add(1, Ordering::Relaxed),
                        Ok(Some(what)) => {
                            wrong.lock().expect("no panic").push(format!("{name}: {what}"));
                            0
                        }
                        Err(Error::Unsupported(why)) if why.what.contains("mask") => {
                            masked.fetch_add(1, Ordering::Relaxed)
                        }
                        // Not readable, or a table or system that tags cannot state.
                        Err(_) => 0,
                    };
                }
            });
        }
    });
    let (written, masked) = (written.into_inner(), masked.into_inner());
    println!("{written} files of {} the same, {masked} with a mask refused", files.len());
    let wrong = wrong.into_inner().expect("no panic");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(written > 850 && masked <= MOST_MASKED, "{written} written, {masked} masked");
}

#[test]
fn cameras_are_heard_as_gdal_hears_them() {
    let Some(data) = common::shared_data() else { return };
    // GDAL 3.12.2: `rasterio.open(path).tags(ns="EXIF")`.
    let all = [
        (
            "rouault__gdal/autotest/gcore/data/exif_and_gps.tif",
            &[
                ("EXIF_ComponentsConfiguration", "0x01 0x02 0x03 0x00"),
                ("EXIF_ExifVersion", "0220"),
                ("EXIF_GPSLatitude", "(77) (5) (60)"),
                ("EXIF_GPSLatitudeRef", "S"),
                ("EXIF_GPSLongitude", "(34) (12) (0)"),
                ("EXIF_GPSLongitudeRef", "E"),
                ("EXIF_GPSVersionID", "0x02 0x02 0x00 0x00"),
                ("EXIF_SpectralSensitivity", "EXIF Spectral Sensitivity"),
            ][..],
        ),
        (
            "haraldk__TwelveMonkeys/imageio/imageio-tiff-jdk-interop/src/test/resources/tiff/\
             cmyk_jpeg.tif",
            &[
                ("EXIF_ColorSpace", "65535"),
                ("EXIF_PixelXDimension", "100"),
                ("EXIF_PixelYDimension", "100"),
            ],
        ),
    ];
    for (name, wanted) in all {
        let file = GeoTiff::open(data.join(name), &OpenOptions::default()).expect("opens");
        let raster = file.raster();
        let stream = raster.info().metadata.exif.clone().expect("EXIF");
        let items = exif::items(&stream).expect("a stream");
        let items: Vec<_> = items.iter().map(|(name, text)| (&**name, &**text)).collect();
        assert_eq!(items, wanted, "{name}");
    }
}

/// Writes a file anew; returns what is different about the copy.
fn rewrite(from: &Path, to: &Path) -> Result<Option<String>, Error> {
    let input = GeoTiff::open(from, &OpenOptions::default())?.raster();
    let options = WriteOptions {
        format: Format::Tiled,
        compression: Compression::None,
        tile: 64,
        overwrite: Overwrite::Replace,
        ..WriteOptions::default()
    };
    input.write(to, &options)?;
    let copy = GeoTiff::open(to, &OpenOptions::default())?.raster();
    if let Some(what) = difference(input.info(), copy.info()) {
        return Ok(Some(what));
    }
    let read = |raster: &Raster| raster.read(raster.info().grid.size.window());
    let (old, new) = (read(&input)?, read(&copy)?);
    for band in 0..old.bands() {
        if old.valid(band).is_none() && old.plane_bytes(band) != new.plane_bytes(band) {
            return Ok(Some(format!("samples of band {}", band + 1)));
        }
    }
    Ok(None)
}

fn difference(old: &Info, new: &Info) -> Option<String> {
    let corner = |info: &Info, x: f64, y: f64| {
        let at = info.grid.transform.apply(Point { x, y });
        [at.x, at.y]
    };
    let size = old.grid.size;
    for (x, y) in [(0.0, 0.0), (size.width.into(), 0.0), (0.0, size.height.into())] {
        let near = |(a, b): (f64, f64)| (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()));
        let (a, b) = (corner(old, x, y), corner(new, x, y));
        if !a.into_iter().zip(b).all(near) {
            return Some(format!("corner {a:?}, {b:?}"));
        }
    }
    let differs = |what: &str, old: String, new: String| {
        (old != new).then(|| format!("{what}: expected {old:.300}, found {new:.300}"))
    };
    let crs = |info: &Info| info.grid.crs.as_ref().map(|crs| (crs.epsg(), crs.name().into_owned()));
    let nodata = |info: &Info| info.nodata.map(|n| n.to_string()).unwrap_or_default();
    differs("crs", format!("{:?}", crs(old)), format!("{:?}", crs(new)))
        .or_else(|| differs("nodata", nodata(old), nodata(new)))
        .or_else(|| differs("alpha", format!("{:?}", old.alpha), format!("{:?}", new.alpha)))
        .or_else(|| {
            // Tables are padded to the depth in memory.
            let kind = |info: &Info| match &info.colors {
                Colors::Palette(table) => format!("palette {:?}", table.first()),
                colors => format!("{colors:?}"),
            };
            differs("colors", kind(old), kind(new))
        })
        .or_else(|| {
            // A system that swath does not understand cannot be written; the command warns of it.
            let said = |info: &Info| {
                let gcps = info.metadata.gcps.clone().map(|gcps| Gcps { crs: None, ..gcps });
                format!("{:?}", Metadata { crs_text: None, gcps, ..(*info.metadata).clone() })
            };
            differs("metadata", said(old), said(new))
        })
        .or_else(|| {
            // One from a sidecar has no GeoKeys before it is written.
            let of = |info: &Info| info.metadata.gcps.as_ref().and_then(|gcps| gcps.crs.clone());
            let same = of(old) == of(new);
            (!same).then(|| format!("points: expected {:?}, found {:?}", of(old), of(new)))
        })
}
