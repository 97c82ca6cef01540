//! Which predictor and level suit some samples, found by trying.

use super::{Compression, Encoder, Plain, Predictor, RowShape, SampleKind, predictor};
use crate::error::Result;

/// The levels tried, and the share of bytes in thousandths that each must save over the one before
/// to be worth its time. docs/codecs.md has what levels cost and save.
const ZSTD: [(i32, usize); 3] = [(1, 0), (3, 10), (9, 30)];
const DEFLATE: [(u8, usize); 3] = [(1, 0), (6, 20), (9, 10)];

/// Returns the predictor that suits chunks like `chunks`, rows of samples of one type in native
/// byte order.
///
/// All chunks are compressed with each predictor that fits their samples, by deflate, LZMA, LZW or
/// zstd, and the predictor with the fewest bytes is taken, the simplest of equals. Sizes alone
/// decide, never time: the same chunks give the same choice on any machine. Other codecs have no
/// predictor, and without chunks to try none is taken.
///
/// Costs as much as compressing the chunks two or three times: give a few of them, from all over
/// an image.
///
/// # Errors
///
/// As [`Encoder::encode`].
pub fn choose_predictor(compression: Compression, chunks: &[Plain<'_>]) -> Result<Predictor> {
    let predicts = matches!(
        compression,
        Compression::Deflate { .. }
            | Compression::Lzma { .. }
            | Compression::Lzw
            | Compression::Zstd { .. }
    );
    let (true, Some(&Plain { shape, .. })) = (predicts, chunks.first()) else {
        return Ok(Predictor::None);
    };
    let mut tried = Trial { chunks, encoder: Encoder::new() };
    let mut predictors = vec![Predictor::None];
    if matches!(shape.bits, 8 | 16 | 32 | 64) {
        predictors.push(Predictor::Horizontal);
    }
    if shape.kind == SampleKind::Float && matches!(shape.bits, 16 | 32 | 64) {
        predictors.push(Predictor::Float);
    }
    let (mut least, mut best) = (usize::MAX, Predictor::None);
    for predictor in predictors {
        let bytes = tried.bytes(compression, predictor)?;
        if bytes < least {
            (least, best) = (bytes, predictor);
        }
    }
    Ok(best)
}

/// Returns `compression` with the level that suits chunks like `chunks`, rows of samples in native
/// byte order, after `predictor`: of a few levels of deflate or zstd the highest that saves enough
/// over the one before.
///
/// Sizes alone decide, as in [`choose_predictor`]. Other codecs stay as they are.
///
/// # Errors
///
/// As [`Encoder::encode`].
pub fn choose_level(
    compression: Compression,
    predictor: Predictor,
    chunks: &[Plain<'_>],
) -> Result<Compression> {
    let levels: Vec<(Compression, usize)> = match compression {
        Compression::Deflate { .. } => {
            DEFLATE.map(|(level, gain)| (Compression::Deflate { level }, gain)).to_vec()
        }
        Compression::Zstd { .. } => {
            ZSTD.map(|(level, gain)| (Compression::Zstd { level }, gain)).to_vec()
        }
        other => return Ok(other),
    };
    let mut tried = Trial { chunks, encoder: Encoder::new() };
    let mut chosen = levels[0].0;
    let mut least = tried.bytes(chosen, predictor)?;
    for &(higher, gain) in &levels[1..] {
        let bytes = tried.bytes(higher, predictor)?;
        if bytes.saturating_mul(1000) > least.saturating_mul(1000 - gain) {
            break;
        }
        (chosen, least) = (higher, bytes);
    }
    Ok(chosen)
}

/// The chunks that are tried.
struct Trial<'a> {
    chunks: &'a [Plain<'a>],
    encoder: Encoder,
}

impl Trial<'_> {
    /// The bytes that all chunks take.
    fn bytes(&mut self, compression: Compression, predictor: Predictor) -> Result<usize> {
        let (mut out, mut row, mut raw, mut sum) = (Vec::new(), Vec::new(), Vec::new(), 0_usize);
        for chunk in self.chunks {
            let shape = RowShape {
                row_bytes: chunk.shape.row_bytes(),
                samples_per_pixel: chunk.shape.samples.into(),
                bytes_per_sample: usize::from(chunk.shape.bits / 8),
            };
            raw.clear();
            raw.extend_from_slice(chunk.bytes);
            predictor::apply(predictor, &mut raw, shape, &mut row)?;
            let plain = Plain { bytes: &raw, ..*chunk };
            self.encoder.encode(compression, plain, &mut out)?;
            sum = sum.saturating_add(out.len());
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::ChunkShape;
    use crate::codec::testing::Random;

    fn shape(bits: u16, kind: SampleKind) -> ChunkShape {
        ChunkShape { width: 128, height: 128, samples: 1, bits, kind }
    }

    /// Both choices for one chunk, the predictor's by the lowest level.
    fn choose(
        fastest: Compression,
        shape: ChunkShape,
        bytes: &[u8],
    ) -> Result<(Compression, Predictor)> {
        let chunks = [Plain { bytes, shape, nodata: None }];
        let predictor = choose_predictor(fastest, &chunks)?;
        Ok((choose_level(fastest, predictor, &chunks)?, predictor))
    }

    #[test]
    fn surfaces_want_differences_and_noise_wants_nothing() {
        let mut random = Random(8);
        let zstd = Compression::Zstd { level: 1 };
        let surface =
            |i: usize| 5000.0 + 900.0 * ((i % 128) as f64 / 40.0).sin() + (i / 128) as f64;
        let smooth: Vec<u8> = (0..128 * 128)
            .flat_map(|i| (surface(i) as u16 + random.below(9) as u16).to_ne_bytes())
            .collect();
        let integers = shape(16, SampleKind::Unsigned);
        let choice = choose(zstd, integers, &smooth).unwrap();
        assert_eq!(choice.1, Predictor::Horizontal);
        assert_eq!(choice, choose(zstd, integers, &smooth).unwrap());
        let noise = random.bytes(128 * 128 * 2);
        let choice = choose(zstd, integers, &noise).unwrap();
        assert_eq!(choice, (Compression::Zstd { level: 1 }, Predictor::None));
        let floats: Vec<u8> = (0..128 * 128)
            .flat_map(|i| (surface(i) as f32 * 0.37 + random.below(99) as f32 / 99.0).to_ne_bytes())
            .collect();
        let choice = choose(zstd, shape(32, SampleKind::Float), &floats).unwrap();
        assert_eq!(choice.1, Predictor::Float);
    }

    #[test]
    fn a_level_is_raised_where_it_pays() {
        let mut random = Random(4);
        // Products of two dice of four sides: few values, some of them often, so that codes and
        // repeats are worth a longer look.
        let text: Vec<u8> =
            (0..128 * 128).map(|_| 100 + 7 * (random.below(4) * random.below(4)) as u8).collect();
        let deflate = Compression::Deflate { level: 1 };
        let (chosen, predictor) = choose(deflate, shape(8, SampleKind::Unsigned), &text).unwrap();
        assert_eq!(predictor, Predictor::None);
        let Compression::Deflate { level } = chosen else { panic!("{chosen:?}") };
        assert!(level > 1);
        let packbits = Compression::PackBits;
        let kept = choose(packbits, shape(8, SampleKind::Unsigned), &text).unwrap();
        assert_eq!(kept, (packbits, Predictor::None));
    }
}
