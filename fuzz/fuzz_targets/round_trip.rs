//! Any samples, written in any way without loss, come back as they were.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use swath::codec::{Compression, LercPacking, Predictor};
use swath::engine::{Engine, EngineOptions, Silent};
use swath::geotiff::{BigTiff, Format, Interleave, Mask, Overviews, WriteOptions};
use swath::io::Overwrite;
use swath::raster::{Buffer, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Size};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let options = EngineOptions { threads: 1, memory: 64 << 20, work: None };
    Engine::new(options).expect("a thread starts")
});

static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    std::env::temp_dir().join(format!("swath-fuzz-round-trip-{}.tif", std::process::id()))
});

fuzz_target!(|data: &[u8]| {
    let Some((head, mut rest)) = data.split_first_chunk::<12>() else { return };
    let pick = |at: usize, count: usize| usize::from(head[at]) % count;
    let dtype = DataType::ALL[pick(0, DataType::ALL.len())];
    let size = Size::new(1 + u32::from(head[1] % 70), 1 + u32::from(head[2] % 70));
    let bands = 1 + u16::from(head[3] % 4);
    let lerc = |packing| Compression::Lerc { max_z_error: 0.0, packing };
    let compression = [
        Compression::None,
        Compression::Deflate { level: 1 },
        Compression::Lzw,
        Compression::PackBits,
        Compression::Zstd { level: 1 },
        Compression::Lzma { level: 0 },
        lerc(LercPacking::None),
        lerc(LercPacking::Deflate { level: 1 }),
        lerc(LercPacking::Zstd { level: 1 }),
        Compression::WebP,
    ][pick(4, 10)];
    let options = WriteOptions {
        format: [Format::Cog, Format::Tiled, Format::Striped { rows: 1 + u32::from(head[5]) % 9 }]
            [pick(6, 3)],
        compression,
        predictor: [
            None,
            Some(Predictor::None),
            Some(Predictor::Horizontal),
            Some(Predictor::Float),
        ][pick(7, 4)],
        tile: [16, 32][pick(8, 2)],
        interleave: [Interleave::Pixel, Interleave::Band][pick(8, 4) / 2],
        overviews: [Overviews::Auto, Overviews::None, Overviews::Factors(vec![2])][pick(9, 3)]
            .clone(),
        mask: [Mask::Auto, Mask::Internal][pick(10, 2)],
        sparse: pick(10, 4) > 1,
        bigtiff: [BigTiff::Auto, BigTiff::Yes][pick(10, 8) / 4],
        statistics: pick(9, 6) > 2,
        overwrite: Overwrite::Replace,
        ..WriteOptions::default()
    };
    let grid = Grid { size, transform: GeoTransform::north_up(5.0, 50.0, 0.1, 0.1), crs: None };
    let nodata = (head[11] & 1 == 1 && !dtype.is_complex()).then_some(NoData::Integer(0));
    let info = Info { nodata, ..Info::new(grid, bands, dtype) };
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), bands, dtype);
    for band in 0..bands {
        let plane = pixels.plane_bytes_mut(band);
        let len = plane.len().min(rest.len());
        let (own, others) = rest.split_at(len);
        plane.fill(0);
        plane[..len].copy_from_slice(own);
        rest = others;
    }
    let source = Raster::from_buffer(info, pixels).expect("a whole raster");
    // What is refused is refused before anything is written.
    let _ = std::fs::remove_file(&*FILE);
    if source.write_with(&ENGINE, &*FILE, &options, &mut Silent).is_err() {
        return assert!(!FILE.exists());
    }
    let copy = swath::input::open(&*FILE).expect("what was written opens");
    assert_eq!((copy.info().bands, copy.info().dtype), (bands, dtype));
    let (own, other) = (source.read(size.window()), copy.read(size.window()));
    let (own, other) = (own.expect("reads"), other.expect("reads"));
    let (pixels, bytes) = (size.pixels() as usize, dtype.bytes());
    for band in 0..bands {
        for at in 0..pixels {
            let sample = |of: &Buffer| of.plane_bytes(band)[at * bytes..][..bytes].to_vec();
            let valid = |of: &Buffer| of.valid(band).is_none_or(|valid| valid[at] != 0);
            // LERC knows one NaN; and a value that is nodata's becomes another beside it.
            let lerc = dtype.is_float() && matches!(compression, Compression::Lerc { .. });
            let is_zero = sample(&own).iter().all(|byte| matches!(byte, 0 | 0x80));
            if valid(&own) && valid(&other) && !lerc && !(nodata.is_some() && is_zero) {
                assert_eq!(sample(&own), sample(&other), "{options:?}, {size:?}, {bands} {dtype}");
            }
        }
    }
});
