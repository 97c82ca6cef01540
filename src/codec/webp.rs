//! WebP, by image-webp.

use std::io::Cursor;

use image_webp::{ColorType, DecodingError, WebPDecoder, WebPEncoder};

use super::shape::{ChunkShape, Packed, Plain, SampleKind};
use crate::error::{Error, Result};

/// Decodes into `out`, pixels of 3 or 4 samples of a byte each, and returns how many bytes were
/// made.
pub(super) fn decode(chunk: Packed<'_>, out: &mut [u8], scratch: &mut Vec<u8>) -> Result<usize> {
    let shape = chunk.shape;
    check(shape)?;
    let mut decoder = WebPDecoder::new(Cursor::new(chunk.bytes)).map_err(broken)?;
    let (width, height) = decoder.dimensions();
    shape.check_size("WebP", width, height)?;
    if decoder.is_animated() {
        return Err(Error::unsupported("animation in a WebP chunk"));
    }
    let stored = if decoder.has_alpha() { 4 } else { 3 };
    let wanted = usize::from(shape.samples);
    let pixels = shape.pixels()?;
    let len = pixels * wanted;
    if out.len() < len {
        return Err(Error::defect("room for a WebP chunk").expected(len).found(out.len()));
    }
    decoder.set_memory_limit(pixels * 16 + (1 << 20));
    if stored == wanted {
        decoder.read_image(&mut out[..len]).map_err(broken)?;
        return Ok(len);
    }
    scratch.clear();
    scratch.resize(pixels * stored, 0);
    decoder.read_image(scratch).map_err(broken)?;
    if wanted == 4 {
        // Writers leave out an opacity that is full everywhere.
        for (to, from) in out.as_chunks_mut::<4>().0.iter_mut().zip(scratch.as_chunks::<3>().0) {
            *to = [from[0], from[1], from[2], 255];
        }
    } else {
        for (to, from) in out.as_chunks_mut::<3>().0.iter_mut().zip(scratch.as_chunks::<4>().0) {
            *to = [from[0], from[1], from[2]];
        }
    }
    Ok(len)
}

/// Encodes without loss; the crate has no other way, and colours under full transparency are kept.
pub(super) fn encode(chunk: Plain<'_>, out: &mut Vec<u8>) -> Result<()> {
    /// The largest side that the format has.
    const MOST: u32 = 16384;
    let shape = chunk.shape;
    check(shape)?;
    chunk.check_len()?;
    if shape.width.max(shape.height) > MOST || shape.width.min(shape.height) == 0 {
        return Err(Error::limit("size of a WebP image")
            .expected(format!("1 to {MOST} pixels on a side"))
            .found(format!("{} x {}", shape.width, shape.height)));
    }
    let colors = if shape.samples == 3 { ColorType::Rgb8 } else { ColorType::Rgba8 };
    WebPEncoder::new(out)
        .encode(chunk.bytes, shape.width, shape.height, colors)
        .map_err(|e| Error::defect(format!("WebP: {e}")))
}

fn check(shape: ChunkShape) -> Result<()> {
    match (shape.samples, shape.bits, shape.kind) {
        (3 | 4, 8, SampleKind::Unsigned) => Ok(()),
        _ => Err(shape.refuse_sample("WebP")),
    }
}

fn broken(error: DecodingError) -> Error {
    Error::format("WebP chunk").found(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::Random;

    #[test]
    fn pixels_come_back_as_they_were() {
        let mut random = Random(21);
        for samples in [3_u16, 4] {
            let shape =
                ChunkShape { width: 61, height: 40, samples, bits: 8, kind: SampleKind::Unsigned };
            let ramp = (0..61 * 40 * u32::from(samples)).map(|i| (i / 7) as u8).collect();
            for bytes in [ramp, random.bytes(61 * 40 * usize::from(samples))] {
                let mut stored = Vec::new();
                encode(Plain { bytes: &bytes, shape, nodata: None }, &mut stored).unwrap();
                let mut out = vec![0; bytes.len()];
                let packed = Packed { shape, ..Packed::bytes(&stored) };
                assert_eq!(decode(packed, &mut out, &mut Vec::new()).unwrap(), out.len());
                assert!(out == bytes);
            }
        }
        let shape = ChunkShape { width: 2, height: 1, samples: 1, bits: 8, ..Default::default() };
        let plain = Plain { bytes: &[0; 2], shape, nodata: None };
        assert!(matches!(encode(plain, &mut Vec::new()), Err(Error::Unsupported(_))));
    }
}
