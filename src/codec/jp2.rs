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
