//! WebP, by image-webp.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::shape::{Packed, SampleKind};
use crate::error::{Error, Result};

/// Decodes into `out`, pixels of 3 or 4 samples of a byte each, and returns how many bytes were
/// made.
pub(super) fn decode(chunk: Packed<'_>, out: &mut [u8], scratch: &mut Vec<u8>) -> Result<usize> {
    let shape = chunk.shape;
    let (3 | 4, 8, SampleKind::Unsigned) = (shape.samples, shape.bits, shape.kind) else {
        return Err(shape.refuse_sample("WebP"));
    };
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

fn broken(error: DecodingError) -> Error {
    Error::format("WebP chunk").found(error)
}
