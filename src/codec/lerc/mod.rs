//! LERC: rasters of numbers in blocks of few bits; alone or inside deflate or zstd.
//!
//! The format is Esri's Lerc2 (<https://github.com/Esri/lerc>, `doc/` and `src/LercLib`), of which
//! versions 2.1 to 2.6 are read, but for 2.6's coding of the bytes of floats, which is refused; 2.4
//! is written, as libtiff does, and 2.4 alone is what the tests have.

use std::borrow::Cow;

use super::shape::{ChunkShape, Packed, Plain};
use super::{Inflater, LercPacking, zstd};
use crate::error::{Error, Result};
use encode::Values;
use head::Head;
use mask::Mask;
use value::{Kind, Target, Value};

/// From a blob to values.
mod decode;
/// From values to a blob.
mod encode;
/// The head of a blob.
mod head;
/// Bytes in codes of few bits.
mod huffman;
/// Which pixels have values.
mod mask;
/// Numbers in few bits.
mod stuff;
/// The types of values.
mod value;

/// Undoes what the stream is packed in.
pub(super) fn unpack<'a>(
    packing: LercPacking,
    chunk: Packed<'a>,
    inflater: &mut Inflater,
    decompressor: &mut zstd::Decompressor,
    scratch: &'a mut Vec<u8>,
) -> Result<&'a [u8]> {
    if packing == LercPacking::None {
        return Ok(chunk.bytes);
    }
    let shape = chunk.shape;
    let samples = shape.pixels()?.saturating_mul(shape.samples.into());
    let bytes = samples.saturating_mul(usize::from(shape.bits / 8));
    // The room that libtiff has for it: LERC makes nothing much larger than it was.
    scratch.resize(bytes.saturating_add(bytes / 3).saturating_add(256), 0);
    let made = match packing {
        LercPacking::Deflate { .. } => inflater.decode(chunk.bytes, scratch)?,
        _ => decompressor.decode(chunk.bytes, scratch)?,
    };
    Ok(&scratch[..made])
}

/// Decodes `blobs`, one for all bands or one for each, into `out`, samples in native byte order,
/// and returns how many bytes were made.
///
/// As in libtiff, a float that LERC marks as missing is NaN, and where an image of bytes has one
/// sample more than LERC does, that sample is the opacity of what is marked.
pub(super) fn decode(blobs: &[u8], shape: ChunkShape, out: &mut [u8]) -> Result<usize> {
    let bytes = usize::from(shape.bits / 8);
    let len = shape.pixels()?.saturating_mul(shape.samples.into()).saturating_mul(bytes);
    let room = out.len();
    let Some(out) = out.get_mut(..len) else {
        return Err(Error::defect("room for a LERC chunk").expected(len).found(room));
    };
    match Kind::of(shape)? {
        Kind::I8 => samples::<i8>(blobs, shape, out)?,
        Kind::U8 => samples::<u8>(blobs, shape, out)?,
        Kind::I16 => samples::<i16>(blobs, shape, out)?,
        Kind::U16 => samples::<u16>(blobs, shape, out)?,
        Kind::I32 => samples::<i32>(blobs, shape, out)?,
        Kind::U32 => samples::<u32>(blobs, shape, out)?,
        Kind::F32 => samples::<f32>(blobs, shape, out)?,
        Kind::F64 => samples::<f64>(blobs, shape, out)?,
    }
    Ok(len)
}

/// Decodes into the bytes of samples, wherever in memory they lie.
fn samples<T: Value>(blobs: &[u8], shape: ChunkShape, out: &mut [u8]) -> Result<()> {
    if let Ok(out) = bytemuck::try_cast_slice_mut::<u8, T>(out) {
        return bands(blobs, shape, out);
    }
    let mut apart = vec![T::zeroed(); out.len() / size_of::<T>()];
    bands(blobs, shape, &mut apart)?;
    out.copy_from_slice(bytemuck::cast_slice(&apart));
    Ok(())
}

fn bands<T: Value>(blobs: &[u8], shape: ChunkShape, out: &mut [T]) -> Result<()> {
    let samples = usize::from(shape.samples);
    let (mut at, mut bands, mut depth) = (0, 0, 0);
    // What the blobs say of themselves is looked at before anything is decoded.
    while at < blobs.len() && bands < samples.max(1) {
        let (head, _) = Head::read(&blobs[at..])?;
        shape.check_size("LERC", head.width, head.height)?;
        depth = head.depth as usize;
        if head.kind != T::KIND {
            return Err(Error::format("type of the samples in a LERC chunk")
                .expected(format!("{:?}", T::KIND))
                .found(format!("{:?}", head.kind)));
        }
        bands += 1;
        at += head.size;
    }
    let opacity = T::KIND == Kind::U8 && (bands, depth + 1) == (1, samples);
    let interleaved = bands == 1 && depth == samples;
    if !interleaved && !opacity && (bands, depth) != (samples, 1) {
        return Err(Error::format("bands of a LERC chunk")
            .expected(samples)
            .found(format!("{bands} of {depth}")));
    }
    let (mut rest, mut mask) = (blobs, Mask::default());
    for band in 0..bands {
        let (head, body) = Head::read(rest)?;
        if head.depth as usize != depth {
            return Err(Error::format("bands of a LERC chunk").expected(depth).found(head.depth));
        }
        head.check(rest)?;
        if u64::from(head.valid) < u64::from(head.width) * u64::from(head.height) {
            for pixel in out.chunks_exact_mut(samples) {
                pixel[band..band + depth].fill(T::MISSING);
            }
        }
        decode::blob(
            &head,
            body,
            &mut mask,
            &mut Target { values: out, first: band, stride: samples },
        )?;
        rest = &rest[head.size..];
    }
    if opacity {
        let full = T::from_f64(255.0);
        for (pixel, to) in out.chunks_exact_mut(samples).enumerate() {
            to[samples - 1] = if mask.has(pixel) { full } else { T::zeroed() };
        }
    }
    Ok(())
}

/// Appends the blobs of a chunk whose samples come back at most `max_error` away, exactly if it is
/// 0; but NaN may come back as another NaN and -0 as 0.
///
/// Integers are missing nowhere; floats are where they are NaN, as libtiff has it. Where a pixel
/// has NaN among other numbers each band is a blob of its own.
pub(super) fn encode(chunk: Plain<'_>, max_error: f64, out: &mut Vec<u8>) -> Result<()> {
    if !(max_error >= 0.0 && max_error.is_finite()) {
        return Err(Error::usage("error of LERC").expected("a number from 0").found(max_error));
    }
    let kind = Kind::of(chunk.shape)?;
    chunk.check_len()?;
    let pixels = chunk.shape.pixels()?;
    if pixels == 0 || chunk.shape.samples == 0 || i32::try_from(pixels).is_err() {
        return Err(Error::limit("pixels of a LERC chunk").expected("1 to 2^31").found(pixels));
    }
    match kind {
        Kind::I8 => encode_samples::<i8>(chunk, max_error, out),
        Kind::U8 => encode_samples::<u8>(chunk, max_error, out),
        Kind::I16 => encode_samples::<i16>(chunk, max_error, out),
        Kind::U16 => encode_samples::<u16>(chunk, max_error, out),
        Kind::I32 => encode_samples::<i32>(chunk, max_error, out),
        Kind::U32 => encode_samples::<u32>(chunk, max_error, out),
        Kind::F32 => encode_samples::<f32>(chunk, max_error, out),
        Kind::F64 => encode_samples::<f64>(chunk, max_error, out),
    }
}

fn encode_samples<T: Value>(chunk: Plain<'_>, max_error: f64, out: &mut Vec<u8>) -> Result<()> {
    let values: Cow<'_, [T]> = match bytemuck::try_cast_slice(chunk.bytes) {
        Ok(values) => Cow::Borrowed(values),
        Err(_) => Cow::Owned(bytemuck::pod_collect_to_vec(chunk.bytes)),
    };
    let shape = chunk.shape;
    let (depth, pixels) = (usize::from(shape.samples), values.len() / usize::from(shape.samples));
    // Only NaN is not equal to itself.
    let is_nan = |value: &T| value.partial_cmp(value).is_none();
    let whole = !T::FLOAT || !values.iter().any(is_nan);
    let mut blob = |values: &[T], depth: usize| {
        let mask = if whole {
            Mask::all(pixels)
        } else {
            Mask::new(pixels, |pixel| !is_nan(&values[pixel * depth]))
        };
        let (width, height) = (shape.width as usize, shape.height as usize);
        let from = Values { values, width, height, depth, mask: &mask, nodata: chunk.nodata };
        encode::blob(&from, max_error, out)
    };
    let together = |pixel: &[T]| {
        let missing = pixel.iter().filter(|value| is_nan(value)).count();
        missing == 0 || missing == pixel.len()
    };
    if whole || values.chunks_exact(depth).all(together) {
        return blob(&values, depth);
    }
    for band in 0..depth {
        let apart: Vec<T> = values.iter().skip(band).step_by(depth).copied().collect();
        blob(&apart, 1)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
