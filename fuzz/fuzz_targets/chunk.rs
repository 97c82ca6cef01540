//! Any bytes as a compressed chunk: decoding ends well or in an error and writes
//! no more than there is room for; what is encoded decodes to itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use swath::codec::{Compression, Decoder, Encoder};

const CODECS: [Compression; 5] = [
    Compression::None,
    Compression::Deflate { level: 3 },
    Compression::Lzw,
    Compression::PackBits,
    Compression::Zstd { level: 1 },
];

fuzz_target!(|data: &[u8]| {
    let [which, size_low, size_high, data @ ..] = data else { return };
    let codec = CODECS[usize::from(*which) % CODECS.len()];
    let mut out = vec![0; usize::from(*size_low) + 256 * usize::from(*size_high)];
    let mut decoder = Decoder::new();
    if let Ok(made) = decoder.decode(codec, data, &mut out) {
        assert!(made <= out.len());
    }
    // A decoder that met bad data is as good as a fresh one.
    let (mut encoded, mut back) = (Vec::new(), vec![0; data.len()]);
    if data.is_empty() {
        return;
    }
    Encoder::new().encode(codec, data, data.len(), &mut encoded).expect("any bytes can be encoded");
    assert_eq!(decoder.decode(codec, &encoded, &mut back).expect("decodes"), data.len());
    assert_eq!(back, data);
});
