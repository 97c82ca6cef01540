//! Decoding a chunk: a pure function of its bytes and the layout.

use std::cell::RefCell;

use super::{Layout, codec_parameters};
use crate::codec::{Decoder, Packed, RowShape, predictor};
use crate::error::{Error, Result};
use crate::raster::{Buffer, Pool};

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

/// Decodes the stored bytes of chunk `index` into a buffer of its pixels, in
/// native byte order, one plane a band.
pub(super) fn decode(layout: &Layout, index: u64, stored: &[u8], pool: &Pool) -> Result<Buffer> {
    let window = layout.chunk_window(index);
    let bands = layout.bands_in_chunk();
    let mut out = Buffer::new(pool, window, bands, layout.dtype);
    let sample = layout.dtype.bytes();
    let shape = RowShape {
        row_bytes: window.width as usize * usize::from(bands) * sample,
        samples_per_pixel: bands.into(),
        bytes_per_sample: sample,
    };
    let packed = codec_parameters::packed(layout, window, stored);
    TOOLS.with_borrow_mut(|tools| {
        if bands == 1 {
            return fill(layout, packed, shape, tools, out.plane_bytes_mut(0));
        }
        let len = shape.row_bytes * window.height as usize;
        let mut mixed = pool.take(len.div_ceil(8));
        let mixed = &mut mixed.as_mut_slice::<u8>()[..len];
        fill(layout, packed, shape, tools, mixed)?;
        match sample {
            1 => split::<1>(mixed, &mut out),
            2 => split::<2>(mixed, &mut out),
            4 => split::<4>(mixed, &mut out),
            _ => split::<8>(mixed, &mut out),
        }
        Ok(())
    })?;
    Ok(out)
}

/// Decompresses into `out` and undoes predictor and byte order there.
fn fill(
    layout: &Layout,
    packed: Packed<'_>,
    shape: RowShape,
    tools: &mut Tools,
    out: &mut [u8],
) -> Result<()> {
    let made = tools.decoder.decode(layout.compression, packed, out)?;
    if made < out.len() {
        return Err(Error::format("decompressed size")
            .expected(format!("{} bytes", out.len()))
            .found(format!("{made} bytes"))
            .hint("the file is damaged or was cut short"));
    }
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
