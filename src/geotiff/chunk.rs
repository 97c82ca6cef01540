//! Decoding a chunk: a pure function of its bytes and the layout.

use std::borrow::Cow;
use std::cell::RefCell;

use super::{Interleave, Layout, codec_parameters};
use crate::codec::{Compression, Decoder, Packed, Predictor, RowShape, predictor};
use crate::error::{Error, Result};
use crate::io::ByteSource;
use crate::raster::{Buffer, Pool, Window};

/// What decoding a chunk needs besides its bytes; one set a worker, as codec
/// contexts are large and slow to make.
#[derive(Default)]
struct Tools {
    decoder: Decoder,
    row: Vec<u8>,
}

thread_local! {
    static TOOLS: RefCell<Tools> = RefCell::default();
}

/// Where the stored bytes of a chunk lie.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) source: &'a ByteSource,
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// What samples are made of.
#[derive(Clone, Copy)]
enum Input<'a> {
    Packed(Packed<'a>),
    /// Bytes that are samples already, and not yet read.
    Plain(Place<'a>),
}

/// Decodes the stored bytes of chunk `index` into `out`, which is a buffer of its
/// pixels: native byte order, one plane a band.
pub(super) fn decode(
    layout: &Layout,
    index: u64,
    stored: Place<'_>,
    out: &mut Buffer,
    pool: &Pool,
) -> Result<()> {
    let window = layout.chunk_window(index);
    let bands = layout.bands_in_chunk();
    let Place { source, offset, length } = stored;
    let inside = source.holds(offset, length);
    let bytes;
    let input = if layout.compression == Compression::None && !layout.reversed_bits && inside {
        Input::Plain(stored)
    } else {
        bytes = match source.range(offset, length)? {
            bytes if layout.reversed_bits => {
                Cow::Owned(bytes.iter().map(|byte| byte.reverse_bits()).collect())
            }
            bytes => bytes,
        };
        Input::Packed(codec_parameters::packed(layout, window, &bytes))
    };
    let sample = layout.dtype.bytes();
    TOOLS.with_borrow_mut(|tools| {
        if bands == 1 {
            return fill(layout, window, input, tools, out.plane_bytes_mut(0), pool);
        }
        let apart = codec_parameters::apart(layout);
        if apart && let Some(planes) = out.bytes_mut() {
            return fill(layout, window, input, tools, planes, pool);
        }
        let row_bytes = window.width as usize * usize::from(bands) * sample;
        let len = row_bytes * window.height as usize;
        let mut mixed = pool.take(len.div_ceil(8));
        let mixed = &mut mixed.as_mut_slice::<u8>()[..len];
        fill(layout, window, input, tools, mixed, pool)?;
        if apart {
            let plane = len / usize::from(bands);
            for (band, plane) in (0..bands).zip(mixed.chunks_exact(plane)) {
                out.plane_bytes_mut(band).copy_from_slice(plane);
            }
            return Ok(());
        }
        match sample {
            1 => split::<1>(mixed, out),
            2 => split::<2>(mixed, out),
            4 => split::<4>(mixed, out),
            8 => split::<8>(mixed, out),
            _ => split::<16>(mixed, out),
        }
        Ok(())
    })
}

/// Makes the samples of a chunk, bands side by side.
fn fill(
    layout: &Layout,
    window: Window,
    stored: Input<'_>,
    tools: &mut Tools,
    out: &mut [u8],
    pool: &Pool,
) -> Result<()> {
    let bands = usize::from(layout.bands_in_chunk());
    let size = window.size();
    // Some writers leave out the rows of a tile that lie below the image.
    let below = window.row_end() - i64::from(layout.size.height);
    let rows = i64::from(size.height) - below.max(0);
    if let Some(ycbcr) = layout.ycbcr.filter(|_| layout.interleave == Interleave::Pixel) {
        let shape = RowShape {
            row_bytes: ycbcr.row_bytes(size.width),
            samples_per_pixel: 1,
            bytes_per_sample: 1,
        };
        let len = ycbcr.chunk_bytes(size.width, size.height);
        let mut blocks = pool.take(len.div_ceil(8));
        let blocks = &mut blocks.as_mut_slice::<u8>()[..len];
        unpack(layout, shape, len, stored, tools, blocks)?;
        ycbcr.to_rgb(blocks, size.width, out);
        return Ok(());
    }
    let (samples, count) = (layout.samples(), size.width as usize * bands);
    if !samples.is_packed() {
        let sample = layout.dtype.bytes();
        let parts =
            if layout.predictor == Predictor::None { sample / samples.word_bytes() } else { 1 };
        let shape = RowShape {
            row_bytes: count * sample,
            samples_per_pixel: bands * parts,
            bytes_per_sample: sample / parts,
        };
        return unpack(layout, shape, rows as usize * shape.row_bytes, stored, tools, out);
    }
    let row_bytes = samples.row_bytes(count as u64).unwrap_or(u64::MAX) as usize;
    let shape =
        RowShape { row_bytes, samples_per_pixel: bands, bytes_per_sample: samples.word_bytes() };
    // No more than the samples take in memory, which was checked.
    let len = row_bytes * size.height as usize;
    let mut packed = pool.take(len.div_ceil(8));
    let packed = &mut packed.as_mut_slice::<u8>()[..len];
    unpack(layout, shape, rows as usize * row_bytes, stored, tools, packed)?;
    samples.widen(packed, row_bytes, out, count * layout.dtype.bytes());
    Ok(())
}

/// Decompresses into `out`, of which the first `needed` bytes must be there, and
/// undoes predictor and byte order.
fn unpack(
    layout: &Layout,
    shape: RowShape,
    needed: usize,
    stored: Input<'_>,
    tools: &mut Tools,
    out: &mut [u8],
) -> Result<()> {
    let made = match stored {
        Input::Packed(packed) => tools.decoder.decode(layout.compression, packed, out)?,
        Input::Plain(Place { source, offset, length }) => {
            let made = usize::try_from(length).unwrap_or(usize::MAX).min(out.len());
            source.read_into(offset, &mut out[..made])?;
            made
        }
    };
    if made < needed {
        return Err(Error::format("decompressed size")
            .expected(format!("{needed} bytes"))
            .found(format!("{made} bytes"))
            .hint("the file is damaged or was cut short"));
    }
    out[made..].fill(0);
    let order = codec_parameters::order(layout);
    predictor::undo(layout.predictor, out, shape, order, &mut tools.row)
}

/// Splits samples that lie side by side into planes.
fn split<const BYTES: usize>(mixed: &[u8], out: &mut Buffer) {
    let bands = usize::from(out.bands());
    let mixed = mixed.as_chunks::<BYTES>().0;
    for band in 0..out.bands() {
        let plane = out.plane_bytes_mut(band).as_chunks_mut::<BYTES>().0;
        for (to, pixel) in plane.iter_mut().zip(mixed.chunks_exact(bands)) {
            *to = pixel[usize::from(band)];
        }
    }
}
