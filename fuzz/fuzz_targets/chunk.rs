//! Any bytes as a compressed chunk: decoding ends well or in an error and writes
//! no more than there is room for; what is encoded decodes to itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use swath::codec::{
    ChunkShape, Compression, Decoder, Encoder, Fax, LercPacking, Packed, Plain, SampleKind,
};

const CODECS: [Compression; 5] = [
    Compression::None,
    Compression::Deflate { level: 3 },
    Compression::Lzw,
    Compression::PackBits,
    Compression::Zstd { level: 1 },
];

/// Codecs that are only decoded, which are to be told the shape of a chunk.
const IMAGES: [(Compression, u16, u16); 12] = [
    (Compression::Ccitt(Fax::Rle), 1, 1),
    (Compression::Ccitt(Fax::Group3 { two_dimensional: true }), 1, 1),
    (Compression::Ccitt(Fax::Group4), 1, 1),
    (Compression::Jpeg { ycbcr: true, quality: 75 }, 3, 8),
    (Compression::Jpeg { ycbcr: false, quality: 75 }, 1, 8),
    (Compression::Jpeg2000, 3, 8),
    (Compression::JpegXl, 3, 8),
    (Compression::Lerc { max_z_error: 0.0, packing: LercPacking::None }, 2, 16),
    (Compression::Lerc { max_z_error: 0.0, packing: LercPacking::Zstd { level: 1 } }, 1, 8),
    (Compression::Lzma { level: 1 }, 1, 8),
    (Compression::WebP, 3, 8),
    (Compression::WebP, 4, 8),
];

fuzz_target!(|data: &[u8]| {
    let [which, size_low, size_high, data @ ..] = data else { return };
    let codec = CODECS[usize::from(*which) % CODECS.len()];
    let mut out = vec![0; usize::from(*size_low) + 256 * usize::from(*size_high)];
    let mut decoder = Decoder::new();
    let (image, samples, bits) = IMAGES[usize::from(*which) / CODECS.len() % IMAGES.len()];
    let (width, height) = (u32::from(*size_low), u32::from(*size_high));
    let shape = ChunkShape { width, height, samples, bits, kind: SampleKind::Unsigned };
    let bytes = width * height * u32::from(samples) * u32::from(bits.div_ceil(8));
    let mut pixels = vec![0; bytes as usize];
    if let Ok(made) = decoder.decode(image, Packed { shape, ..Packed::bytes(data) }, &mut pixels) {
        assert!(made <= pixels.len());
    }
    if let Ok(made) = decoder.decode(codec, Packed::bytes(data), &mut out) {
        assert!(made <= out.len());
    }
    // A decoder that met bad data is as good as a fresh one.
    let (mut encoded, mut back) = (Vec::new(), vec![0; data.len()]);
    if data.is_empty() {
        return;
    }
    let plain = Plain::bytes(data, data.len() as u32);
    Encoder::new().encode(codec, plain, &mut encoded).expect("any bytes can be encoded");
    assert_eq!(
        decoder.decode(codec, Packed::bytes(&encoded), &mut back).expect("decodes"),
        data.len()
    );
    assert_eq!(back, data);
});
