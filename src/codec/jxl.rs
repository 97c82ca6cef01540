//! JPEG XL, by jxl-oxide.

use jxl_oxide::image::BitDepth;
use jxl_oxide::{AllocTracker, InitializeResult, JxlImage, JxlThreadPool};

use super::shape::{ChunkShape, Packed, SampleKind};
use crate::error::{Error, Result};

/// Decodes into `out`, samples in native byte order, and returns how many bytes were made.
pub(super) fn decode(chunk: Packed<'_>, out: &mut [u8]) -> Result<usize> {
    let shape = chunk.shape;
    let samples = shape.pixels()?.saturating_mul(shape.samples.into());
    // Samples are floats inside, in several copies while filters run.
    let limit = samples.saturating_mul(64).saturating_add(16 << 20);
    let mut image = JxlImage::builder()
        .pool(JxlThreadPool::none())
        .alloc_tracker(AllocTracker::with_limit(limit))
        .build_uninit();
    image.feed_bytes(chunk.bytes).map_err(broken)?;
    let mut image = match image.try_init().map_err(broken)? {
        InitializeResult::Initialized(image) => image,
        InitializeResult::NeedMoreData(_) => return Ok(0),
    };
    shape.check_size("JPEG XL", image.width(), image.height())?;
    let metadata = &image.image_header().metadata;
    check_depth(shape, metadata.bit_depth)?;
    let colors = image.pixel_format().channels();
    let has_inside = image.pixel_format().has_alpha() || image.pixel_format().has_black();
    let others = metadata.ec_info.len() - usize::from(has_inside).min(metadata.ec_info.len());
    shape.check_samples("JPEG XL", colors + others)?;
    image.finalize().map_err(broken)?;
    let frame = image.render_frame(0).map_err(broken)?.image_all_channels();
    shape.check_samples("JPEG XL", frame.channels())?;
    write(shape, frame.buf(), out)
}

/// Holds the depth of the image against that of the chunk.
fn check_depth(shape: ChunkShape, depth: BitDepth) -> Result<()> {
    let (bits, kind) = match depth {
        BitDepth::IntegerSample { bits_per_sample } => (bits_per_sample, SampleKind::Unsigned),
        BitDepth::FloatSample { bits_per_sample, .. } => (bits_per_sample, SampleKind::Float),
    };
    if (bits, kind) == (shape.bits.into(), shape.kind) {
        return Ok(());
    }
    Err(Error::format("bits in a sample of a JPEG XL image").expected(shape.bits).found(bits))
}

/// Turns samples from 0 to 1 into those of the chunk.
fn write(shape: ChunkShape, samples: &[f32], out: &mut [u8]) -> Result<usize> {
    let whole = |sample: f32, most: f32| (sample * most + 0.5).clamp(0.0, most);
    let made = match (shape.kind, shape.bits) {
        (SampleKind::Unsigned, 8) => {
            out.iter_mut().zip(samples).map(|(to, &s)| *to = whole(s, 255.0) as u8).count()
        }
        (SampleKind::Unsigned, 16) => {
            let pairs = out.as_chunks_mut::<2>().0.iter_mut().zip(samples);
            2 * pairs.map(|(to, &s)| *to = (whole(s, 65535.0) as u16).to_ne_bytes()).count()
        }
        (SampleKind::Float, 32) => {
            let pairs = out.as_chunks_mut::<4>().0.iter_mut().zip(samples);
            4 * pairs.map(|(to, &s)| *to = s.to_ne_bytes()).count()
        }
        _ => return Err(shape.refuse_sample("JPEG XL")),
    };
    Ok(made)
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::format("JPEG XL chunk").found(error)
}
