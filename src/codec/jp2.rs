//! JPEG 2000, by hayro-jpeg2000.

use hayro_jpeg2000::{DecodeSettings, Image};

use super::shape::{Packed, SampleKind};
use crate::error::{Error, Result};

/// Decodes into `out`, samples of a byte each, and returns how many bytes were made.
pub(super) fn decode(chunk: Packed<'_>, out: &mut [u8]) -> Result<usize> {
    let shape = chunk.shape;
    let (8, SampleKind::Unsigned) = (shape.bits, shape.kind) else {
        return Err(shape.refuse_sample("JPEG 2000"));
    };
    let broken = |e: &dyn std::fmt::Debug| Error::format("JPEG 2000 chunk").found(format!("{e:?}"));
    let settings = DecodeSettings { resolve_palette_indices: false, ..DecodeSettings::default() };
    let image = Image::new(chunk.bytes, &settings).map_err(|e| broken(&e))?;
    shape.check_size("JPEG 2000", image.width(), image.height())?;
    let samples = usize::from(image.color_space().num_channels()) + usize::from(image.has_alpha());
    shape.check_samples("JPEG 2000", samples)?;
    if image.original_bit_depth() != 8 {
        return Err(Error::unsupported("JPEG 2000 samples")
            .expected("8 bits")
            .found(format!("{} bits", image.original_bit_depth())));
    }
    let made = image.decode().map_err(|e| broken(&e))?;
    let len = made.len().min(out.len());
    out[..len].copy_from_slice(&made[..len]);
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::ChunkShape;
    use crate::codec::testing::{Random, damaged};

    /// 12 x 9 pixels by OpenJPEG, without loss: 20 x, 25 y and 2 x y.
    const STREAM: &str = "\
         ff4fff51002f00000000000c0000000900000000000000000000000c000000090000000000000000000307010107 \
         0101070101ff52000c00000001000204040001ff5c000a4040484850484850ff6400250001437265617465642062 \
         79204f70656e4a5045472076657273696f6e20322e352e34ff90000a0000000000540001ff93df8048095b6141fd \
         5cb2e735df80480797086aa83fac307fdf804008ed7688de6e962cc3ea04001592cdd780c3ea04001a511309c1f3 \
         85002c5f7a4e7f80c1f384004acf9bedffd9";

    fn stream() -> Vec<u8> {
        let hex: Vec<u8> = STREAM.bytes().filter(|b| *b != b' ').collect();
        let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
        hex.as_chunks::<2>().0.iter().map(|[a, b]| digit(*a) << 4 | digit(*b)).collect()
    }

    fn packed(bytes: &[u8]) -> Packed<'_> {
        let shape =
            ChunkShape { width: 12, height: 9, samples: 3, bits: 8, kind: SampleKind::Unsigned };
        Packed { shape, ..Packed::bytes(bytes) }
    }

    #[test]
    fn a_stream_of_openjpeg_is_decoded() {
        let (stream, mut out) = (stream(), [0; 12 * 9 * 3]);
        assert_eq!(decode(packed(&stream), &mut out).unwrap(), out.len());
        for (at, pixel) in out.as_chunks::<3>().0.iter().enumerate() {
            let (x, y) = (at % 12, at / 12);
            assert_eq!(*pixel, [x * 20, y * 25, x * y * 2].map(|v| v as u8), "{x}, {y}");
        }
        let mut chunk = packed(&stream);
        chunk.shape.width = 13;
        let error = decode(chunk, &mut out).unwrap_err().to_string();
        assert!(error.contains("expected 13 x 9"), "{error}");
    }

    #[test]
    fn damaged_streams_never_panic() {
        let (stream, mut random, mut out) = (stream(), Random(5), [0; 12 * 9 * 3]);
        for _ in 0..3000 {
            let bad = damaged(&mut random, &stream);
            let _ = decode(packed(&bad), &mut out);
        }
    }
}
