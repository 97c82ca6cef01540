//! LERC, by lerc-reader; alone or inside deflate or zstd.

use lerc_core::PixelData;

use super::LercPacking;
use super::shape::{ChunkShape, Packed, SampleKind};
use super::{inflate, zstd};
use crate::error::{Error, Result};

/// Undoes what the stream is packed in.
pub(super) fn unpack<'a>(
    packing: LercPacking,
    chunk: Packed<'a>,
    inflater: &mut inflate::Inflater,
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
        LercPacking::Deflate => inflater.decode(chunk.bytes, scratch)?,
        _ => decompressor.decode(chunk.bytes, scratch)?,
    };
    Ok(&scratch[..made])
}

/// What the head of a blob says.
struct Head {
    width: u32,
    height: u32,
    /// Values in a pixel.
    depth: u32,
    /// Bytes of the blob.
    size: usize,
}

impl Head {
    /// Reads the head of a Lerc2 blob, all of whose numbers are little endian.
    fn read(blob: &[u8]) -> Result<Self> {
        let broken = || Error::format("head of a LERC blob");
        if !blob.starts_with(b"Lerc2 ") {
            return Err(broken().expected("Lerc2"));
        }
        let word = |at: usize| -> Result<u32> {
            let bytes = blob.get(at..).and_then(|b| b.first_chunk::<4>()).ok_or_else(broken)?;
            Ok(u32::from_le_bytes(*bytes))
        };
        let version = word(6)?;
        // From version 3 on a checksum, from 4 on the number of values in a pixel.
        let at = if version >= 3 { 14 } else { 10 };
        let (height, width) = (word(at)?, word(at + 4)?);
        let (depth, next) = if version >= 4 { (word(at + 8)?, at + 12) } else { (1, at + 8) };
        // Behind the counts of valid pixels and of pixels in a block.
        let size = word(next + 8)? as usize;
        Ok(Self { width, height, depth, size })
    }
}

/// Decodes `blobs`, one for all bands or one for each, into `out`, samples in native byte order,
/// and returns how many bytes were made.
///
/// As in libtiff, a float that LERC marks as missing is NaN, and where an image of bytes has one
/// sample more than LERC does, that sample is the opacity of what is marked.
pub(super) fn decode(blobs: &[u8], shape: ChunkShape, out: &mut [u8]) -> Result<usize> {
    let samples = usize::from(shape.samples);
    let (mut at, mut bands, mut depth) = (0, 0, 0);
    // Every size is looked at before anything is decoded, as decoding allocates by them.
    while at < blobs.len() && bands < samples.max(1) {
        let head = Head::read(&blobs[at..])?;
        shape.check_size("LERC", head.width, head.height)?;
        depth = head.depth as usize;
        if depth > samples || head.size == 0 || head.size > blobs.len() - at {
            return Err(Error::format("head of a LERC blob")
                .expected(format!("at most {samples} band(s), {} bytes", blobs.len() - at))
                .found(format!("{depth}, {}", head.size)));
        }
        bands += 1;
        at += head.size;
    }
    let opacity =
        shape.bits == 8 && shape.kind == SampleKind::Unsigned && (bands, depth + 1) == (1, samples);
    let interleaved = bands == 1 && depth == samples;
    if !interleaved && !opacity && (bands, depth) != (samples, 1) {
        return Err(Error::format("bands of a LERC chunk")
            .expected(samples)
            .found(format!("{bands} of {depth}")));
    }
    let decoded = lerc_reader::decode_band_set(&blobs[..at])
        .map_err(|e| Error::format("LERC stream").found(e))?;
    let (_, bands, masks) = decoded.into_parts();
    let bytes = usize::from(shape.bits / 8);
    let len = shape.pixels()? * samples * bytes;
    let room = out.len();
    let Some(out) = out.get_mut(..len) else {
        return Err(Error::defect("room for a LERC chunk").expected(len).found(room));
    };
    for (band, (values, mask)) in bands.iter().zip(&masks).enumerate() {
        let values = native(values, shape)?;
        let mask = mask.as_deref();
        match bytes {
            1 => place::<1>(values, mask, [0], band, depth, samples, out),
            2 => place::<2>(values, mask, [0; 2], band, depth, samples, out),
            4 => place::<4>(values, mask, missing_f32(shape.kind), band, depth, samples, out),
            _ => place::<8>(values, mask, f64::NAN.to_ne_bytes(), band, depth, samples, out),
        }
        if opacity {
            for (pixel, to) in out.chunks_exact_mut(samples).enumerate() {
                let valid = mask.is_none_or(|mask| mask.get(pixel).is_some_and(|&m| m != 0));
                to[samples - 1] = if valid { 255 } else { 0 };
            }
        }
    }
    Ok(len)
}

/// What stands for a missing sample of 4 bytes: 0 among integers, where LERC puts it too.
fn missing_f32(kind: SampleKind) -> [u8; 4] {
    if kind == SampleKind::Float { f32::NAN.to_ne_bytes() } else { [0; 4] }
}

/// Places the values of a blob, `depth` in a pixel, among the samples of all bands.
fn place<const BYTES: usize>(
    values: &[u8],
    mask: Option<&[u8]>,
    missing: [u8; BYTES],
    band: usize,
    depth: usize,
    samples: usize,
    out: &mut [u8],
) {
    let pixels = out.as_chunks_mut::<BYTES>().0.chunks_exact_mut(samples);
    for (pixel, (to, from)) in
        pixels.zip(values.as_chunks::<BYTES>().0.chunks_exact(depth)).enumerate()
    {
        let valid = mask.is_none_or(|mask| mask.get(pixel).is_some_and(|&m| m != 0));
        for (to, &from) in to[band..].iter_mut().zip(from) {
            *to = if valid { from } else { missing };
        }
    }
}

/// The bytes of values in native order, if they are of the type that the chunk has.
fn native(values: &PixelData, shape: ChunkShape) -> Result<&[u8]> {
    use SampleKind::{Float, Signed, Unsigned};
    let bytes: &[u8] = match (values, shape.kind, shape.bits) {
        (PixelData::I8(v), Signed, 8) => bytemuck::cast_slice(v),
        (PixelData::U8(v), Unsigned, 8) => v,
        (PixelData::I16(v), Signed, 16) => bytemuck::cast_slice(v),
        (PixelData::U16(v), Unsigned, 16) => bytemuck::cast_slice(v),
        (PixelData::I32(v), Signed, 32) => bytemuck::cast_slice(v),
        (PixelData::U32(v), Unsigned, 32) => bytemuck::cast_slice(v),
        (PixelData::F32(v), Float, 32) => bytemuck::cast_slice(v),
        (PixelData::F64(v), Float, 64) => bytemuck::cast_slice(v),
        _ => {
            return Err(Error::format("type of the samples in a LERC chunk")
                .found(format!("{:?}", values.data_type())));
        }
    };
    Ok(bytes)
}
