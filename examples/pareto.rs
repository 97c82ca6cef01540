//! What codecs, levels and predictors make of a file: ratio against speed, as a table.
//!
//! `cargo run --release --example pareto -- FILE...`
//!
//! 16 tiles of 512 x 512 pixels from all over each file; the best of three runs on one thread;
//! MB are 10^6 bytes of pixels in a second of CPU time, predictors included. Runs on Linux, whose
//! count of a thread's time it reads.

use swath::codec::{
    ChunkShape, Compression, Decoder, Encoder, LercPacking, Packed, Plain, Predictor, RowShape,
    SampleKind, predictor,
};
use swath::io::ByteOrder;
use swath::raster::{DataType, Window};

const SIDE: u32 = 512;
const RUNS: usize = 3;

/// The codecs worth a line, with the predictors to try them with.
fn codecs(shape: ChunkShape) -> Vec<(String, Compression, bool)> {
    let mut codecs = vec![("none".to_owned(), Compression::None, false)];
    codecs.push(("packbits".to_owned(), Compression::PackBits, false));
    codecs.push(("lzw".to_owned(), Compression::Lzw, true));
    for level in [1, 2, 4, 6, 9] {
        codecs.push((format!("deflate {level}"), Compression::Deflate { level }, true));
    }
    for level in [1, 2, 3, 6, 9, 15, 19] {
        codecs.push((format!("zstd {level}"), Compression::Zstd { level }, true));
    }
    for level in [1, 6] {
        codecs.push((format!("lzma {level}"), Compression::Lzma { level }, true));
    }
    let errors: &[f64] = if shape.kind == SampleKind::Float { &[0.0, 0.01, 0.1] } else { &[0.0] };
    for &max_z_error in errors {
        for (name, packing) in
            [("lerc", LercPacking::None), ("lerc + zstd 9", LercPacking::Zstd { level: 9 })]
        {
            let codec = Compression::Lerc { max_z_error, packing };
            codecs.push((format!("{name}, error {max_z_error}"), codec, false));
        }
    }
    if (shape.samples, shape.bits) == (3, 8) {
        codecs.push(("webp, lossless".to_owned(), Compression::WebP, false));
        for quality in [75, 85, 95] {
            let codec = Compression::Jpeg { ycbcr: true, quality };
            codecs.push((format!("jpeg {quality}, YCbCr"), codec, false));
        }
    }
    codecs
}

/// Tiles from all over a file, their bands side by side.
fn tiles(path: &str) -> swath::Result<(ChunkShape, Vec<Vec<u8>>)> {
    let raster = swath::open(path)?;
    let info = raster.info();
    let (dtype, bands) = (info.dtype, info.bands);
    let kind = match dtype {
        DataType::F32 | DataType::F64 => SampleKind::Float,
        dtype if dtype.is_signed_integer() => SampleKind::Signed,
        _ => SampleKind::Unsigned,
    };
    let bits = dtype.bytes() as u16 * 8;
    let shape = ChunkShape { width: SIDE, height: SIDE, samples: bands, bits, kind };
    let (across, down) = (info.grid.size.width / SIDE, info.grid.size.height / SIDE);
    let mut tiles = Vec::new();
    for index in 0..16_u32 {
        let col = i64::from((index % 4) * across / 4 * SIDE);
        let row = i64::from((index / 4) * down / 4 * SIDE);
        let pixels = raster.read(Window::new(col, row, SIDE, SIDE))?;
        let bytes = dtype.bytes();
        let mut tile = Vec::new();
        for at in 0..(SIDE * SIDE) as usize {
            for band in 0..bands {
                tile.extend_from_slice(&pixels.plane_bytes(band)[at * bytes..][..bytes]);
            }
        }
        tiles.push(tile);
    }
    Ok((shape, tiles))
}

/// The CPU time of this thread in seconds.
fn cpu() -> std::io::Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text.split(' ').next().and_then(|n| n.parse().ok());
    Ok(nanoseconds.unwrap_or(f64::NAN) / 1e9)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let (shape, tiles) = tiles(&path)?;
        let bytes = usize::from(shape.bits / 8);
        let rows = RowShape {
            row_bytes: (SIDE as usize) * usize::from(shape.samples) * bytes,
            samples_per_pixel: shape.samples.into(),
            bytes_per_sample: bytes,
        };
        let total: usize = tiles.iter().map(Vec::len).sum();
        println!("\n{path}: {} x {} bits, {:?}\n", shape.samples, shape.bits, shape.kind);
        println!("| codec | predictor | ratio | encode MB/s | decode MB/s |");
        println!("|---|---|---:|---:|---:|");
        for (name, codec, predicts) in codecs(shape) {
            let mut predictors = vec![Predictor::None];
            if predicts {
                predictors.push(Predictor::Horizontal);
            }
            if predicts && shape.kind == SampleKind::Float {
                predictors.push(Predictor::Float);
            }
            for predict in predictors {
                let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
                let tables = codec.tables(shape.samples)?.unwrap_or_default();
                let (mut fastest, mut stored) = ([f64::INFINITY; 2], 0);
                for _ in 0..RUNS {
                    let (mut row, mut raw) = (Vec::new(), Vec::new());
                    let mut chunks = vec![Vec::new(); tiles.len()];
                    let start = cpu()?;
                    for (tile, chunk) in tiles.iter().zip(&mut chunks) {
                        raw.clone_from(tile);
                        predictor::apply(predict, &mut raw, rows, &mut row)?;
                        encoder.encode(codec, Plain { bytes: &raw, shape, nodata: None }, chunk)?;
                    }
                    fastest[0] = fastest[0].min(cpu()? - start);
                    stored = chunks.iter().map(Vec::len).sum();
                    let start = cpu()?;
                    for chunk in &chunks {
                        let packed = Packed { tables: &tables, shape, ..Packed::bytes(chunk) };
                        decoder.decode(codec, packed, &mut raw)?;
                        predictor::undo(predict, &mut raw, rows, ByteOrder::NATIVE, &mut row)?;
                    }
                    fastest[1] = fastest[1].min(cpu()? - start);
                }
                let [encode, decode] = fastest.map(|seconds| total as f64 / 1e6 / seconds);
                let ratio = total as f64 / stored as f64;
                println!("| {name} | {} | {ratio:.3} | {encode:.0} | {decode:.0} |", predict.tag());
            }
        }
    }
    Ok(())
}
