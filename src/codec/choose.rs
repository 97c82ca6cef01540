//! Which predictor and level suit some samples, found by trying.

use super::{ChunkShape, Compression, Encoder, Plain, Predictor, RowShape, SampleKind, predictor};
use crate::error::Result;

/// The levels tried, and the share of bytes in thousandths that each must save over the one before
/// to be worth its time: about what the table of `docs/codecs.md` says that it costs.
const ZSTD: [(i32, usize); 3] = [(1, 0), (3, 10), (9, 30)];
const DEFLATE: [(u8, usize); 3] = [(1, 0), (6, 20), (9, 10)];

/// Returns `compression` with the level, and the predictor, that suit chunks like `chunks`, rows of
/// samples in native byte order.
///
/// All chunks are compressed with each predictor that fits their samples, by deflate, LZMA, LZW or
/// zstd, and the predictor with the fewest bytes is taken, the simplest of equals. Deflate and zstd
/// then get the highest of a few levels that saves enough over the one before. Sizes alone decide,
/// never time: the same chunks give the same choice on any machine. Other codecs have no predictor
/// and stay as they are, as does everything if there are no bytes to try.
///
/// Costs as much as compressing the chunks some five times: give a few of them, from all over an
/// image.
///
/// # Errors
///
/// As [`Encoder::encode`].
pub fn choose(
    compression: Compression,
    shape: ChunkShape,
    chunks: &[&[u8]],
) -> Result<(Compression, Predictor)> {
    let predicts = matches!(
        compression,
        Compression::Deflate { .. }
            | Compression::Lzma { .. }
            | Compression::Lzw
            | Compression::Zstd { .. }
    );
    if !predicts || chunks.iter().all(|chunk| chunk.is_empty()) {
        return Ok((compression, Predictor::None));
    }
    let mut tried = Trial { shape, chunks, encoder: Encoder::new() };
    let fastest = match compression {
        Compression::Deflate { .. } => Compression::Deflate { level: DEFLATE[0].0 },
        Compression::Zstd { .. } => Compression::Zstd { level: ZSTD[0].0 },
        other => other,
    };
    let mut predictors = vec![Predictor::None];
    if matches!(shape.bits, 8 | 16 | 32 | 64) {
        predictors.push(Predictor::Horizontal);
    }
    if shape.kind == SampleKind::Float && matches!(shape.bits, 16 | 32 | 64) {
        predictors.push(Predictor::Float);
    }
    let (mut least, mut best) = (usize::MAX, Predictor::None);
    for predictor in predictors {
        let bytes = tried.bytes(fastest, predictor)?;
        if bytes < least {
            (least, best) = (bytes, predictor);
        }
    }
    let levels: Vec<(Compression, usize)> = match compression {
        Compression::Deflate { .. } => {
            DEFLATE.map(|(level, gain)| (Compression::Deflate { level }, gain)).to_vec()
        }
        Compression::Zstd { .. } => {
            ZSTD.map(|(level, gain)| (Compression::Zstd { level }, gain)).to_vec()
        }
        _ => Vec::new(),
    };
    let mut chosen = fastest;
    for (higher, gain) in levels.into_iter().skip(1) {
        let bytes = tried.bytes(higher, best)?;
        if bytes.saturating_mul(1000) > least.saturating_mul(1000 - gain) {
            break;
        }
        (chosen, least) = (higher, bytes);
    }
    Ok((chosen, best))
}

/// The chunks that are tried.
struct Trial<'a> {
    shape: ChunkShape,
    chunks: &'a [&'a [u8]],
    encoder: Encoder,
}

impl Trial<'_> {
    /// The bytes that all chunks take.
    fn bytes(&mut self, compression: Compression, predictor: Predictor) -> Result<usize> {
        let shape = RowShape {
            row_bytes: self.shape.row_bytes(),
            samples_per_pixel: self.shape.samples.into(),
            bytes_per_sample: usize::from(self.shape.bits / 8),
        };
        let (mut out, mut row, mut raw, mut sum) = (Vec::new(), Vec::new(), Vec::new(), 0_usize);
        for chunk in self.chunks {
            raw.clear();
            raw.extend_from_slice(chunk);
            predictor::apply(predictor, &mut raw, shape, &mut row)?;
            let plain = Plain { bytes: &raw, shape: self.shape, nodata: None };
            self.encoder.encode(compression, plain, &mut out)?;
            sum = sum.saturating_add(out.len());
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::Random;

    fn shape(bits: u16, kind: SampleKind) -> ChunkShape {
        ChunkShape { width: 128, height: 128, samples: 1, bits, kind }
    }

    #[test]
    fn surfaces_want_differences_and_noise_wants_nothing() {
        let mut random = Random(8);
        let zstd = Compression::Zstd { level: 3 };
        let surface =
            |i: usize| 5000.0 + 900.0 * ((i % 128) as f64 / 40.0).sin() + (i / 128) as f64;
        let smooth: Vec<u8> = (0..128 * 128)
            .flat_map(|i| (surface(i) as u16 + random.below(9) as u16).to_ne_bytes())
            .collect();
        let integers = shape(16, SampleKind::Unsigned);
        let choice = choose(zstd, integers, &[&smooth]).unwrap();
        assert_eq!(choice.1, Predictor::Horizontal);
        assert_eq!(choice, choose(zstd, integers, &[&smooth]).unwrap());
        let noise = random.bytes(128 * 128 * 2);
        let choice = choose(zstd, integers, &[&noise]).unwrap();
        assert_eq!(choice, (Compression::Zstd { level: 1 }, Predictor::None));
        let floats: Vec<u8> = (0..128 * 128)
            .flat_map(|i| (surface(i) as f32 * 0.37 + random.below(99) as f32 / 99.0).to_ne_bytes())
            .collect();
        let choice = choose(zstd, shape(32, SampleKind::Float), &[&floats]).unwrap();
        assert_eq!(choice.1, Predictor::Float);
    }

    #[test]
    fn a_level_is_raised_where_it_pays() {
        let mut random = Random(4);
        // Sentences of a small vocabulary: repeats far apart.
        let words: Vec<Vec<u8>> =
            (0..200).map(|_| random.bytes(3 + random.0 as usize % 9)).collect();
        let mut text: Vec<u8> = Vec::new();
        while text.len() < 128 * 128 {
            text.extend(&words[random.below(200)]);
        }
        text.truncate(128 * 128);
        let deflate = Compression::Deflate { level: 6 };
        let (chosen, predictor) =
            choose(deflate, shape(8, SampleKind::Unsigned), &[&text]).unwrap();
        assert_eq!(predictor, Predictor::None);
        let Compression::Deflate { level } = chosen else { panic!("{chosen:?}") };
        assert!(level > 1);
        let packbits = Compression::PackBits;
        let kept = choose(packbits, shape(8, SampleKind::Unsigned), &[&text]).unwrap();
        assert_eq!(kept, (packbits, Predictor::None));
    }
}
