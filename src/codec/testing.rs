//! What the tests of this floor share.

/// A small deterministic generator (xorshift); the seed must not be 0.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 11) as usize % bound.max(1)
    }

    pub(super) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| (self.next() >> 32) as u8).collect()
    }
}

/// Bytes with some of them changed, and every other time cut short.
pub(super) fn damaged(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut bad = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bad.len());
        bad[at] = random.next() as u8;
    }
    bad.truncate(random.below(bad.len() * 2).max(1));
    bad
}

/// 300,000 bytes that any codec makes smaller.
pub(super) fn patterned() -> Vec<u8> {
    (0..300_000_u64).map(|i| (i / 9 * i % 256) as u8).collect()
}

/// Bytes of many kinds: none, few, constant, random, smooth, in long runs, mixed.
pub(super) fn samples() -> Vec<Vec<u8>> {
    let mut random = Random(42);
    let smooth = (0..60_000).flat_map(|i: u32| {
        let height = 1000.0 + 300.0 * f64::from(i % 300 + i / 300).sin();
        (height as u16 + (i * 7919 % 5) as u16).to_le_bytes()
    });
    let smooth: Vec<u8> = smooth.collect();
    let runs = (0..500).flat_map(|i| vec![i as u8; random.below(400)]).collect();
    let mut random = Random(43);
    let mut samples = vec![
        vec![],
        vec![7],
        vec![0, 1],
        vec![3; 3],
        vec![0; 100_000],
        random.bytes(50_000),
        smooth,
        runs,
    ];
    samples.extend((1..40).map(|len| random.bytes(len * 3)));
    // Around the counts of strings where the width of LZW codes grows.
    samples.extend((250..260).chain(3830..3845).map(|len| random.bytes(len)));
    samples.push(samples.concat());
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Compression, Decoder, Encoder, Packed, Plain};

    fn codecs() -> Vec<Compression> {
        let mut codecs = vec![Compression::None, Compression::Lzw, Compression::PackBits];
        codecs.extend((1..=9).map(|level| Compression::Deflate { level }));
        codecs.extend([1, 3, 9, 15].map(|level| Compression::Zstd { level }));
        if cfg!(feature = "lzma") {
            codecs.extend([0, 3, 6, 9].map(|level| Compression::Lzma { level }));
        }
        codecs
    }

    #[test]
    fn decoding_gives_back_what_was_encoded_and_old_contexts_change_nothing() {
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
        let mut packed = Vec::new();
        for data in samples() {
            for codec in codecs() {
                let name = format!("{codec:?} of {} bytes", data.len());
                encoder.encode(codec, Plain::bytes(&data, 1000), &mut packed).unwrap();
                let mut fresh = vec![1, 2, 3];
                Encoder::new().encode(codec, Plain::bytes(&data, 1000), &mut fresh).unwrap();
                assert!(fresh == packed, "{name}: a reused context gives other bytes");
                let mut out = vec![0xaa; data.len()];
                assert_eq!(
                    decoder.decode(codec, Packed::bytes(&packed), &mut out).unwrap(),
                    data.len(),
                    "{name}"
                );
                assert!(out == data, "{name}");
                // The first half alone, and room for more.
                let mut half = vec![0; data.len() / 2];
                assert_eq!(
                    decoder.decode(codec, Packed::bytes(&packed), &mut half).unwrap(),
                    half.len()
                );
                assert!(half == data[..half.len()], "{name}: half");
                let mut more = vec![0; data.len() + 100];
                assert_eq!(
                    decoder.decode(codec, Packed::bytes(&packed), &mut more).unwrap(),
                    data.len()
                );
                assert!(more[..data.len()] == data, "{name}: more room");
            }
        }
    }

    #[test]
    fn damaged_chunks_never_panic_and_never_overrun() {
        let mut random = Random(7);
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
        let mut packed = Vec::new();
        let data = &samples()[6][..6000];
        let mut out = vec![0; 6100];
        for codec in codecs() {
            encoder.encode(codec, Plain::bytes(data, 600), &mut packed).unwrap();
            for _ in 0..1500 {
                let bad = damaged(&mut random, &packed);
                let room = random.below(out.len());
                if let Ok(made) = decoder.decode(codec, Packed::bytes(&bad), &mut out[..room]) {
                    assert!(made <= room);
                }
            }
            for _ in 0..300 {
                let len = random.below(300);
                let noise = random.bytes(len);
                let _ = decoder.decode(codec, Packed::bytes(&noise), &mut out);
            }
            // What came before leaves no trace.
            let made = decoder.decode(codec, Packed::bytes(&packed), &mut out).unwrap();
            assert!(out[..made] == *data, "{codec:?}");
        }
    }

    #[test]
    fn cut_chunks_give_the_bytes_that_are_there() {
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
        let (mut packed, mut out) = (Vec::new(), vec![0; 3000]);
        let data = &samples()[6][..3000];
        for codec in codecs() {
            encoder.encode(codec, Plain::bytes(data, 600), &mut packed).unwrap();
            for len in 0..packed.len() {
                let made = decoder.decode(codec, Packed::bytes(&packed[..len]), &mut out).unwrap();
                assert!(out[..made] == data[..made], "{codec:?} cut to {len}");
            }
        }
    }

    #[test]
    fn numbers_of_codecs_are_known_or_named() {
        for codec in codecs() {
            let back = Compression::from_tag(codec.tag()).unwrap();
            assert_eq!(back.tag(), codec.tag());
        }
        assert_eq!(Compression::from_tag(32946).unwrap().tag(), 8);
        for (tag, name) in [(6, "old-style JPEG"), (34676, "SGILog"), (32809, "ThunderScan")] {
            let error = Compression::from_tag(tag).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(Compression::from_tag(0).unwrap_err().to_string().contains("number 0"));
        assert!(
            Encoder::new()
                .encode(Compression::PackBits, Plain::bytes(&[1], 0), &mut Vec::new())
                .is_err()
        );
    }
}
