//! What the ways of writing have in common: what goes in comes out.

mod rasters;

use std::path::Path;
use std::sync::Arc;

use rasters::{assert_same, noise};
use swath::codec::Compression;
use swath::geotiff::{
    BigTiff, Format, GeoTiff, Interleave, Mask, OpenOptions, Overviews, WriteOptions,
};
use swath::raster::{DataType, Info, Masked, NoData, Raster, Size};

fn whole(raster: &Raster) -> swath::raster::Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

/// A raster whose gaps a mask states.
fn masked(dtype: DataType, bands: u16, size: Size) -> Raster {
    let noise = noise(dtype, 1, size, Some(NoData::Integer(3)));
    let gaps = whole(&noise);
    let mut pixels = whole(&rasters::noise(dtype, bands, size, None));
    pixels.add_mask();
    for band in 0..bands {
        let valid = pixels.valid_mut(band).expect("has a mask");
        valid.copy_from_slice(gaps.valid(0).expect("has gaps"));
    }
    let info = noise.info();
    let info = Info {
        masked: Masked::Shared,
        chunk: info.chunk,
        ..Info::new(info.grid.clone(), bands, dtype)
    };
    Raster::from_buffer(info, pixels).expect("a whole raster")
}

fn open(path: &Path) -> GeoTiff {
    GeoTiff::open(path, &OpenOptions::default()).expect("opens")
}

#[test]
fn every_layout_gives_back_what_was_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let size = Size::new(101, 67);
    let mut count = 0;
    for (dtype, bands) in [(DataType::U8, 3), (DataType::F32, 2), (DataType::I16, 1)] {
        for raster in [masked(dtype, bands, size), noise(dtype, bands, size, None)] {
            let wanted = whole(&raster);
            for format in [Format::Cog, Format::Tiled, Format::Striped { rows: 7 }] {
                for interleave in [Interleave::Pixel, Interleave::Band] {
                    for sparse in [false, true] {
                        for bigtiff in [BigTiff::Auto, BigTiff::Yes, BigTiff::No] {
                            let options = WriteOptions {
                                format,
                                interleave,
                                sparse,
                                bigtiff,
                                tile: 32,
                                compression: Compression::Deflate { level: 6 },
                                overviews: Overviews::Factors(vec![2, 3, 6]),
                                ..WriteOptions::default()
                            };
                            let path = dir.path().join(format!("{count}.tif"));
                            let written = raster.write(&path, &options).expect("writes");
                            count += 1;
                            let what = format!("{dtype} x {bands}, {options:?}");
                            assert_eq!(written.overviews, 3, "{what}");
                            let file = open(&path);
                            assert_eq!(file.is_big(), bigtiff == BigTiff::Yes, "{what}");
                            let copy = file.raster();
                            assert_eq!(copy.info().masked, raster.info().masked, "{what}");
                            assert_same(&whole(&copy), &wanted, &what);
                            let apart = interleave == Interleave::Band && bands > 1;
                            let got = file.image().layout().interleave == Interleave::Band;
                            assert_eq!(got, apart, "{what}");
                            let overviews: Vec<_> = copy.overviews();
                            let sizes = overviews.iter().map(|o| o.info().grid.size);
                            let halves = [(51, 34), (34, 23), (17, 12)];
                            assert!(sizes.eq(halves.map(|(w, h)| Size::new(w, h))), "{what}");
                            for overview in overviews {
                                assert_eq!(overview.info().masked, raster.info().masked, "{what}");
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(count, 216);
}

#[test]
fn a_mask_keeps_values_that_nodata_would_swallow() {
    let dir = tempfile::tempdir().expect("a directory");
    let raster = masked(DataType::U8, 1, Size::new(64, 64));
    let info = Info { nodata: Some(NoData::Integer(60)), ..raster.info().clone() };
    let pixels = whole(&raster);
    let some = pixels.plane::<u8>(0).iter().zip(pixels.valid(0).expect("gaps"));
    assert!(some.filter(|&(&v, &ok)| v == 60 && ok != 0).count() > 10, "60 is a value, too");
    let raster = Raster::from_buffer(info, pixels).expect("a whole raster");
    let path = dir.path().join("x.tif");
    raster.write(&path, &WriteOptions::default()).expect("writes");
    assert_same(&whole(&open(&path).raster()), &whole(&raster), "masked");
    // Without the mask the value beside it stands in, as in gdalwarp.
    let path = dir.path().join("y.tif");
    let options = WriteOptions { mask: Mask::None, ..WriteOptions::default() };
    raster.write(&path, &options).expect("writes");
    let copy = open(&path).raster();
    assert_eq!(copy.info().masked, Masked::No);
    let (old, new) = (whole(&raster), whole(&copy));
    assert_eq!(new.valid(0), old.valid(0));
    assert!(new.plane::<u8>(0).iter().zip(old.plane::<u8>(0)).all(|(a, b)| a.abs_diff(*b) <= 60));
}

#[test]
fn validity_becomes_opacity() {
    let dir = tempfile::tempdir().expect("a directory");
    let raster = masked(DataType::U16, 3, Size::new(50, 40));
    let path = dir.path().join("x.tif");
    raster.with_alpha().expect("uint16").write(&path, &WriteOptions::default()).expect("writes");
    let copy = open(&path).raster();
    assert_eq!((copy.info().bands, copy.info().masked), (4, Masked::No));
    assert!(copy.info().alpha.is_some());
    let (old, new) = (whole(&raster), whole(&copy));
    let valid = old.valid(0).expect("gaps");
    for (k, &alpha) in new.plane::<u16>(3).iter().enumerate() {
        assert_eq!(alpha, if valid[k] == 0 { 0 } else { u16::MAX });
        let sample = new.plane::<u16>(1)[k];
        assert_eq!(sample, if valid[k] == 0 { 0 } else { old.plane::<u16>(1)[k] });
    }
    let floats = noise(DataType::F32, 1, Size::new(8, 8), None).with_alpha();
    assert!(matches!(floats, Err(swath::Error::Unsupported(_))));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |raster: &Raster, options: &WriteOptions| {
        raster.write(dir.path().join("x.tif"), options).expect_err("is refused").to_string()
    };
    let plain = WriteOptions { tile: 16, ..WriteOptions::default() };
    let complex = noise(DataType::CF32, 1, Size::new(64, 64), None);
    let overview_resampling = swath::geotiff::OverviewResampling::Cubic;
    let said = write(&complex, &WriteOptions { overview_resampling, ..plain.clone() });
    assert!(said.contains("overviews of complex samples"), "{said}");
    let raster = masked(DataType::U8, 2, Size::new(64, 64));
    let info = Info { masked: Masked::EachBand, ..raster.info().clone() };
    let apart = Raster::from_buffer(info, whole(&raster)).expect("a whole raster");
    let said = write(&apart, &plain);
    assert!(said.contains("a mask for each band"), "{said}");
    for factors in [vec![2, 2], vec![1], vec![4, 2], vec![5000]] {
        let overviews = Overviews::Factors(factors);
        let said = write(&raster, &WriteOptions { overviews, ..plain.clone() });
        assert!(said.contains("factors of overviews"), "{said}");
    }
    let format = Format::Striped { rows: 0 };
    assert!(write(&raster, &WriteOptions { format, ..plain }).contains("rows of a strip"));
    assert_eq!(std::fs::read_dir(dir.path()).expect("lists").count(), 0);
}

#[test]
fn file_systems_that_cannot_insert_get_the_same_bytes() {
    let shared = Path::new("/dev/shm");
    if !shared.is_dir() {
        return eprintln!("no /dev/shm: not held against a file system in memory");
    }
    let disk = tempfile::tempdir().expect("a directory");
    let memory = tempfile::tempdir_in(shared).expect("a directory in memory");
    let size = Size::new(101, 67);
    let mut stated = noise(DataType::F32, 2, size, None).info().clone();
    // Of more digits than what takes its place.
    let band = Arc::make_mut(&mut stated.metadata).bands.entry(0).or_default();
    let items = band.domains.entry(String::new()).or_default();
    items.insert("STATISTICS_MINIMUM".into(), format!("0.{}", "1".repeat(4000)));
    let stated = Raster::from_buffer(stated, whole(&noise(DataType::F32, 2, size, None)));
    for raster in [masked(DataType::U8, 3, size), stated.expect("a whole raster")] {
        for format in [Format::Cog, Format::Tiled, Format::Striped { rows: 7 }] {
            for factors in [vec![], vec![2, 4]] {
                for (bigtiff, statistics) in
                    [(BigTiff::Yes, false), (BigTiff::No, true), (BigTiff::No, false)]
                {
                    let options = WriteOptions {
                        format,
                        bigtiff,
                        statistics,
                        tile: 32,
                        overviews: Overviews::Factors(factors.clone()),
                        ..WriteOptions::default()
                    };
                    let [one, other] = [&disk, &memory].map(|folder| {
                        let path = folder.path().join("made.tif");
                        raster.write(&path, &options).expect("writes");
                        let bytes = std::fs::read(&path).expect("reads");
                        std::fs::remove_file(&path).expect("goes");
                        bytes
                    });
                    assert!(one == other, "{options:?}");
                }
            }
        }
    }
}

#[test]
fn nothing_but_nodata_is_left_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let (size, mut files) = (Size::new(256, 256), Vec::new());
    let mut pixels = whole(&noise(DataType::I16, 1, size, None));
    pixels.invalidate_outside(swath::raster::Window::new(0, 0, 60, 60));
    let info = Info {
        nodata: Some(NoData::Integer(-9)),
        ..noise(DataType::I16, 1, size, None).info().clone()
    };
    let raster = Raster::from_buffer(info, pixels).expect("a whole raster");
    for sparse in [false, true] {
        let path = dir.path().join(format!("{sparse}.tif"));
        let options = WriteOptions {
            sparse,
            tile: 64,
            compression: Compression::None,
            ..WriteOptions::default()
        };
        let written = raster.write(&path, &options).expect("writes");
        assert_same(&whole(&open(&path).raster()), &whole(&raster), "sparse");
        files.push(written.bytes);
    }
    // 16 tiles, 4 and 1 in overviews: 15 and 3 of them are nodata alone.
    // What lies before the image fills whole blocks of 4096 bytes.
    let (saved, tile) = (files[0] - files[1], 64 * 64 * 2 + 8);
    assert!(saved.abs_diff(18 * tile) < 4096, "{saved}");
}

#[test]
fn what_may_not_fit_is_refused_before_it_is_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("x.tif");
    let small = noise(DataType::U8, 1, Size::new(64, 64), None);
    let grid = swath::raster::Grid { size: Size::new(60_000, 60_000), ..small.info().grid.clone() };
    let large = small
        .warp(grid, &swath::ops::warp::WarpOptions::default())
        .expect("another extent of the same grid");
    let options = WriteOptions { bigtiff: BigTiff::No, ..WriteOptions::default() };
    let refused = large.write(&path, &options);
    assert!(matches!(refused, Err(swath::Error::Usage(_))), "{refused:?}");
    assert!(!path.exists());
    small.write(&path, &options).expect("fits");
}
