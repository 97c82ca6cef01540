//! Decoding and encoding one chunk, codec by codec, predictors included.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use swath::codec::{Compression, Decoder, Encoder, Packed, Plain, Predictor, RowShape, predictor};
use swath::io::ByteOrder;

const SIDE: usize = 512;
const CODECS: [(&str, Compression); 7] = [
    ("none", Compression::None),
    ("packbits", Compression::PackBits),
    ("lzw", Compression::Lzw),
    ("deflate 1", Compression::Deflate { level: 1 }),
    ("deflate 6", Compression::Deflate { level: 6 }),
    ("zstd 1", Compression::Zstd { level: 1 }),
    ("zstd 9", Compression::Zstd { level: 9 }),
];

/// A tile of waves with noise of some 6 bits, as 16-bit integers or 32-bit floats.
fn tile(bytes: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut out = Vec::with_capacity(SIDE * SIDE * bytes);
    for i in 0..SIDE * SIDE {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (x, y) = ((i % SIDE) as f64, (i / SIDE) as f64);
        let wave = ((x / 61.0).sin() + (y / 43.0).cos()) * 2000.0 + 6000.0;
        let value = wave + (state >> 58) as f64;
        match bytes {
            2 => out.extend((value as u16).to_ne_bytes()),
            _ => out.extend((value as f32).to_ne_bytes()),
        }
    }
    out
}

fn codecs(criterion: &mut Criterion) {
    for (name, bytes, predict) in
        [("uint16, horizontal", 2, Predictor::Horizontal), ("float32, float", 4, Predictor::Float)]
    {
        let pixels = tile(bytes);
        let shape =
            RowShape { row_bytes: SIDE * bytes, samples_per_pixel: 1, bytes_per_sample: bytes };
        let (mut encoder, mut decoder, mut row) = (Encoder::new(), Decoder::new(), Vec::new());
        for verb in ["encode", "decode"] {
            let mut group = criterion.benchmark_group(format!("{verb} {name}"));
            group.throughput(Throughput::Bytes(pixels.len() as u64)).sample_size(20);
            for (codec_name, codec) in CODECS {
                let mut stored = Vec::new();
                let mut encode = |out: &mut Vec<u8>| {
                    let mut raw = pixels.clone();
                    predictor::apply(predict, &mut raw, shape, &mut row).expect("predicts");
                    encoder
                        .encode(codec, Plain::bytes(&raw, shape.row_bytes as u32), out)
                        .expect("encodes");
                };
                encode(&mut stored);
                let mut out = vec![0; pixels.len()];
                group.bench_function(codec_name, |bencher| match verb {
                    "encode" => bencher.iter(|| encode(black_box(&mut stored))),
                    _ => bencher.iter(|| {
                        decoder
                            .decode(codec, Packed::bytes(black_box(&stored)), &mut out)
                            .expect("decodes");
                        let little = ByteOrder::Little;
                        predictor::undo(predict, &mut out, shape, little, &mut Vec::new())
                            .expect("undoes");
                    }),
                });
                if verb == "decode" {
                    assert!(out == pixels, "{codec_name} gives back what it was given");
                }
            }
        }
    }
}

criterion_group!(benches, codecs);
criterion_main!(benches);
