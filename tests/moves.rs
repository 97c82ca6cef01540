//! Chunks of the input that are moved as they are stored: the same bytes, the same pixels, and only
//! where the output is stored as the input is.

mod common;
mod rasters;

use std::fs;
use std::path::Path;

use rasters::{assert_same, noise};
use swath::codec::{Compression, LercPacking, Predictor};
use swath::engine::{Engine, EngineOptions, Silent};
use swath::geotiff::{
    Format, GeoTiff, Interleave, Mask, OpenOptions, Overviews, WriteOptions, Written,
};
use swath::ops::CastOptions;
use swath::raster::{DataType, NoData, Raster, Size, Window};

fn open(path: &Path) -> GeoTiff {
    GeoTiff::open(path, &OpenOptions::default()).expect("opens")
}

fn whole(raster: &Raster) -> swath::raster::Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

fn write(raster: &Raster, path: &Path, options: &WriteOptions) -> Written {
    let options = WriteOptions { overwrite: swath::io::Overwrite::Replace, ..options.clone() };
    raster.write(path, &options).expect("writes")
}

/// Holds the pixels of a file against those of a raster.
fn same(path: &Path, wanted: &Raster) {
    assert_same(&whole(&open(path).raster()), &whole(wanted), &path.display().to_string());
}

/// The stored bytes of every chunk of the image, `None` where the file leaves it out.
fn chunks(path: &Path) -> Vec<Option<Vec<u8>>> {
    let (file, bytes) = (open(path), fs::read(path).expect("reads"));
    let image = file.image();
    let chunk = |index| {
        let place = image.stored(index).expect("has places")?;
        Some(bytes[place.offset as usize..][..place.bytes as usize].to_vec())
    };
    (0..image.layout().chunks()).map(chunk).collect()
}

/// A plain file of a codec, in tiles of 32 pixels.
fn plain(compression: Compression) -> WriteOptions {
    WriteOptions {
        format: Format::Tiled,
        compression,
        tile: 32,
        overviews: Overviews::None,
        ..WriteOptions::default()
    }
}

#[test]
fn chunks_are_moved_where_both_files_store_them_alike() {
    let dir = tempfile::tempdir().expect("a directory");
    let (from, to) = (dir.path().join("from.tif"), dir.path().join("to.tif"));
    let lerc = Compression::Lerc { max_z_error: 0.5, packing: LercPacking::None };
    for (compression, dtype, predictor) in [
        (Compression::None, DataType::CF32, None),
        (Compression::Deflate { level: 9 }, DataType::U16, Some(Predictor::Horizontal)),
        (Compression::Deflate { level: 1 }, DataType::F32, Some(Predictor::Float)),
        (Compression::Lzw, DataType::I16, Some(Predictor::None)),
        (Compression::PackBits, DataType::U8, None),
        (Compression::Zstd { level: 19 }, DataType::F64, None),
        (Compression::Lzma { level: 2 }, DataType::U32, None),
        (Compression::WebP, DataType::U8, None),
        (lerc, DataType::F32, None),
    ] {
        for interleave in [Interleave::Pixel, Interleave::Band] {
            if compression == Compression::WebP && interleave == Interleave::Band {
                continue;
            }
            let raster = noise(dtype, 3, Size::new(101, 67), Some(NoData::Integer(3)));
            let raster =
                if dtype.is_complex() { noise(dtype, 3, Size::new(101, 67), None) } else { raster };
            write(&raster, &from, &WriteOptions { predictor, interleave, ..plain(compression) });
            let input = open(&from).raster();
            let wanted = chunks(&from);
            for (format, overviews, statistics) in [
                (Format::Tiled, Overviews::None, false),
                (Format::Cog, Overviews::None, false),
                (Format::Cog, Overviews::Auto, !dtype.is_complex()),
            ] {
                let options = WriteOptions {
                    format,
                    overviews: overviews.clone(),
                    statistics,
                    interleave,
                    ..plain(compression)
                };
                let what = format!("{compression:?} {interleave:?} {format:?} {overviews:?}");
                let written = write(&input, &to, &options);
                let count = wanted.len() as u64;
                assert_eq!((written.moved, written.chunks), (count, count), "{what}");
                assert!(chunks(&to) == wanted, "{what}: bytes differ");
                same(&to, &input);
                let written = write(&input, &to, &WriteOptions { recompress: true, ..options });
                assert_eq!((written.moved, written.chunks), (0, count), "{what}");
            }
        }
    }
}

#[test]
fn bands_that_lie_apart_are_moved_one_by_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let (from, to) = (dir.path().join("from.tif"), dir.path().join("to.tif"));
    let deflate = Compression::Deflate { level: 6 };
    let options = WriteOptions { interleave: Interleave::Band, ..plain(deflate) };
    write(&noise(DataType::U16, 3, Size::new(70, 40), None), &from, &options);
    let input = open(&from).raster();
    let stored = chunks(&from);
    let tiles = stored.len() / 3;
    let swapped = input.select_bands(&[2, 0, 2]).expect("has the bands");
    let written = write(&swapped, &to, &options);
    assert_eq!(written.moved, stored.len() as u64);
    let wanted = [&stored[2 * tiles..], &stored[..tiles], &stored[2 * tiles..]].concat();
    assert!(chunks(&to) == wanted);
    same(&to, &swapped);
    // One band is the same either way.
    let one = input.select_bands(&[1]).expect("has the band");
    assert_eq!(write(&one, &to, &plain(deflate)).moved, 0);
    // Where bands lie side by side, none can be taken out.
    write(&noise(DataType::U16, 3, Size::new(70, 40), None), &from, &plain(deflate));
    let input = open(&from).raster();
    let all = input.select_bands(&[0, 1, 2]).expect("has the bands");
    assert_eq!(write(&all, &to, &plain(deflate)).moved, tiles as u64);
    let swapped = input.select_bands(&[2, 1, 0]).expect("has the bands");
    assert_eq!(write(&swapped, &to, &plain(deflate)).moved, 0);
    same(&to, &swapped);
}

#[test]
fn what_is_stored_otherwise_is_made_anew() {
    let dir = tempfile::tempdir().expect("a directory");
    let (from, to) = (dir.path().join("from.tif"), dir.path().join("to.tif"));
    let deflate = Compression::Deflate { level: 6 };
    let source = WriteOptions { predictor: Some(Predictor::Horizontal), ..plain(deflate) };
    let nodata = Some(NoData::Integer(3));
    write(&noise(DataType::U16, 1, Size::new(100, 64), nodata), &from, &source);
    let input = open(&from).raster();
    let described = input.with_items(&[("NAME".into(), "text".into())]);
    let written = write(&described, &to, &plain(deflate));
    assert_eq!((written.moved, written.chunks), (8, 8));
    let cast = CastOptions { dtype: DataType::I32, scale: None, nodata: None };
    let made = [
        ("values", input.with_nodata(None).expect("has none")),
        ("window", input.crop(Window::new(32, 0, 64, 64)).expect("inside")),
        ("type", input.cast(cast).expect("casts").0),
    ];
    for (what, raster) in made {
        assert_eq!(write(&raster, &to, &plain(deflate)).moved, 0, "{what}");
    }
    for (what, options) in [
        ("codec", plain(Compression::Zstd { level: 3 })),
        ("tiles", WriteOptions { tile: 64, ..plain(deflate) }),
        ("strips", WriteOptions { format: Format::Striped { rows: 32 }, ..plain(deflate) }),
        ("predictor", WriteOptions { predictor: Some(Predictor::None), ..plain(deflate) }),
        ("sparse", WriteOptions { sparse: true, ..plain(deflate) }),
        ("asked", WriteOptions { recompress: true, ..plain(deflate) }),
    ] {
        assert_eq!(write(&input, &to, &options).moved, 0, "{what}");
        same(&to, &input);
    }
    // Strips of as many rows are the same chunks.
    let strips = WriteOptions { format: Format::Striped { rows: 32 }, ..source };
    write(&input, &from, &strips);
    let input = open(&from).raster();
    assert_eq!(write(&input, &to, &strips).moved, 2);
    assert!(chunks(&to) == chunks(&from));
}

#[test]
fn chunks_that_are_missing_or_cut_short_are_not_moved() {
    let dir = tempfile::tempdir().expect("a directory");
    let (from, to) = (dir.path().join("from.tif"), dir.path().join("to.tif"));
    let deflate = Compression::Deflate { level: 6 };
    let raster = noise(DataType::U8, 1, Size::new(128, 64), Some(NoData::Integer(200)));
    let mut pixels = whole(&raster);
    pixels.invalidate_band(0, Window::new(96, 0, 32, 64));
    let gaps = Raster::from_buffer(raster.info().clone(), pixels).expect("a whole raster");
    write(&gaps, &from, &WriteOptions { sparse: true, ..plain(deflate) });
    let stored = chunks(&from);
    assert_eq!((stored.len(), stored.iter().flatten().count()), (8, 6));
    let written = write(&open(&from).raster(), &to, &plain(deflate));
    assert_eq!((written.moved, written.chunks), (6, 8));
    same(&to, &open(&from).raster());
    // A file that ends before its last chunk is named, and nothing is left behind.
    write(&raster, &from, &plain(deflate));
    let bytes = fs::read(&from).expect("reads");
    fs::write(&from, &bytes[..bytes.len() - 9]).expect("writes");
    fs::remove_file(&to).expect("is there");
    let error = open(&from).raster().write(&to, &plain(deflate)).expect_err("is cut short");
    let told = error.to_string();
    assert!(told.contains("from.tif") && told.contains("chunk 7"), "{told}");
    assert!(!to.exists());
}

#[test]
fn masks_go_with_chunks_that_are_moved() {
    let dir = tempfile::tempdir().expect("a directory");
    let (from, to) = (dir.path().join("from.tif"), dir.path().join("to.tif"));
    let deflate = Compression::Deflate { level: 6 };
    let raster = noise(DataType::U8, 3, Size::new(100, 64), Some(NoData::Integer(3)));
    let masked = WriteOptions { mask: Mask::Internal, ..plain(deflate) };
    write(&raster, &from, &masked);
    let input = open(&from).raster();
    let written = write(&input, &to, &WriteOptions { format: Format::Cog, ..plain(deflate) });
    assert_eq!((written.moved, written.masked), (8, true));
    assert!(chunks(&to) == chunks(&from));
    same(&to, &input);
    let written = write(&input, &to, &WriteOptions { mask: Mask::None, ..plain(deflate) });
    assert_eq!((written.moved, written.masked), (0, false));
}

#[test]
fn what_is_moved_depends_on_nothing_else() {
    let dir = tempfile::tempdir().expect("a directory");
    let (from, to) = (dir.path().join("from.tif"), dir.path().join("to.tif"));
    let deflate = Compression::Deflate { level: 6 };
    write(&noise(DataType::I16, 2, Size::new(300, 200), None), &from, &plain(deflate));
    let input = open(&from).raster();
    let options = WriteOptions {
        format: Format::Cog,
        overviews: Overviews::Auto,
        overwrite: swath::io::Overwrite::Replace,
        ..plain(deflate)
    };
    for overviews in [Overviews::Auto, Overviews::None] {
        let options = WriteOptions { overviews, ..options.clone() };
        let mut outputs = Vec::new();
        for (threads, memory, work) in [
            (1, 1 << 30, None),
            (4, 8 << 20, Some(Size::new(96, 32))),
            (3, 1 << 30, Some(Size::new(300, 200))),
        ] {
            let engine = Engine::new(EngineOptions { threads, memory, work }).expect("starts");
            let written = input.write_with(&engine, &to, &options, &mut Silent).expect("writes");
            assert_eq!(written.moved, written.chunks);
            outputs.push(fs::read(&to).expect("reads"));
        }
        assert!(outputs.iter().all(|bytes| *bytes == outputs[0]));
    }
}

/// JPEG that GDAL wrote, with tables that all chunks share: moved, it loses nothing a second time.
#[test]
fn jpeg_of_gdal_is_moved_without_loss() {
    let Some(data) = common::shared_data() else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let to = dir.path().join("to.tif");
    let mut moved = 0;
    for name in common::oracle(&data).keys() {
        let path = data.join(name);
        let Ok(file) = GeoTiff::open(&path, &OpenOptions::default()) else { continue };
        let layout = file.image().layout();
        let Compression::Jpeg { .. } = layout.compression else { continue };
        if layout.size.pixels() > 1 << 24 {
            continue;
        }
        let (tiled, side) = (layout.tiled, layout.chunk);
        let options = WriteOptions {
            format: if tiled { Format::Cog } else { Format::Striped { rows: side.height } },
            tile: if tiled { side.width } else { 512 },
            interleave: layout.interleave,
            compression: Compression::Jpeg { ycbcr: true, quality: 50 },
            overwrite: swath::io::Overwrite::Replace,
            ..WriteOptions::default()
        };
        let input = file.raster();
        let Ok(written) = input.write(&to, &options) else { continue };
        if written.moved == written.chunks && written.moved > 0 {
            moved += 1;
            same(&to, &input);
        }
    }
    println!("{moved} JPEG files of the shared data moved");
    assert!(moved > 20, "{moved}");
}
