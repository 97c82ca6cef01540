//! Chunks that are moved from a file into the output as they are stored.
//!
//! A chunk is moved if both directories would say the same of it: its pixels, bands, codec, predictor
//! and byte order. What an encoder may choose besides (its level, quality, allowed error) is then
//! the input's. Whether a chunk is moved depends on the input and the options alone.

use std::sync::Arc;

use super::options::{Mask, WriteOptions};
use super::plan::Plan;
use crate::codec::{Compression, Packed, standalone};
use crate::error::{Error, Result};
use crate::geotiff::{Image, Interleave, Layout, codec_parameters};
use crate::io::ByteOrder;
use crate::raster::{Masked, Raster};

/// The stored chunks of a raster, and what they become.
#[derive(Debug)]
pub(super) struct Moves {
    image: Arc<Image>,
    /// The image's band (from 0) for each band of the output.
    bands: Vec<u16>,
    compression: Compression,
    /// The tables that the output's other chunks share.
    tables: Vec<u8>,
}

impl Moves {
    /// Returns what can be moved, and the options with the codec's parameters as the input has
    /// them; `None` if every chunk has to be made.
    pub(super) fn find(
        raster: &Raster,
        options: &WriteOptions,
    ) -> Result<Option<(Self, WriteOptions)>> {
        let Some((image, bands)) = stored(raster) else { return Ok(None) };
        let (layout, info) = (image.layout(), raster.info());
        // Sparse outputs look into every chunk; what is damaged must not go on.
        if options.recompress || options.choose_level || options.sparse || image.damage.is_some() {
            return Ok(None);
        }
        // A mask that is not kept leaves nodata, or 0, in its place.
        if info.masked != Masked::No && options.mask == Mask::None {
            return Ok(None);
        }
        let asked = options.predictor.is_none_or(|asked| asked == layout.predictor);
        let Some(compression) = same_codec(options.compression, layout).filter(|_| asked) else {
            return Ok(None);
        };
        let predictor = Some(layout.predictor);
        let options = WriteOptions { compression, predictor, ..options.clone() };
        let Ok(plan) = Plan::new(info, &options) else { return Ok(None) };
        let whole = (0..layout.bands).eq(bands.iter().copied());
        let apart = layout.interleave == Interleave::Band;
        let level = &plan.levels[0];
        let fits = plan.compression == compression
            && (plan.apart == apart && apart || whole && !plan.apart && !apart)
            && (level.tiled, level.chunk) == (layout.tiled, layout.chunk)
            && plan.dtype == layout.dtype
            && is_plain(layout);
        if !fits {
            return Ok(None);
        }
        let tables = compression.tables(plan.bands_in_chunk())?.unwrap_or_default();
        let moves = Self { image, bands, compression, tables };
        Ok(Some((moves, options)))
    }

    /// Returns the chunk of a tile (by its place in row order) that holds the output's bands from
    /// `first` on; `None` if it has to be made, as nothing that is stored is it.
    pub(super) fn chunk(&self, tile: u64, first: u16) -> Result<Option<Vec<u8>>> {
        let layout = self.image.layout();
        let Some(&band) = self.bands.get(usize::from(first)) else { return Ok(None) };
        let (col, row) = (tile % layout.across(), tile / layout.across());
        let index = layout.chunk_index(col, row, band);
        let source = &self.image.source;
        let Some(stored) = self.image.stored(index)? else { return Ok(None) };
        // What lies beyond the end of the file, or is absurdly long, is judged where it is decoded.
        let window = layout.chunk_window(index);
        let most = layout.chunk_bytes(window.height).map(|bytes| bytes.saturating_mul(2));
        let inside = source.holds(stored.offset, stored.bytes);
        if !inside || most.is_none_or(|most| stored.bytes > most.saturating_add(1 << 10)) {
            return Ok(None);
        }
        let bytes = source.range(stored.offset, stored.bytes)?;
        let chunk = codec_parameters::packed(layout, window, &bytes);
        Ok(standalone(self.compression, chunk).map(Into::into))
    }

    /// Returns a chunk that was made as it may lie beside those that were moved: JPEG decoders
    /// keep the tables of the last chunk that had some, so all have their own.
    pub(super) fn beside(&self, made: Vec<u8>) -> Result<Vec<u8>> {
        let chunk = Packed { tables: &self.tables, ..Packed::bytes(&made) };
        if !matches!(self.compression, Compression::Jpeg { .. }) {
            return Ok(made);
        }
        let whole = standalone(self.compression, chunk).map(Into::into);
        whole.ok_or_else(|| Error::defect("a JPEG chunk that was made cannot stand alone"))
    }
}

/// Returns the image that holds the samples of a raster, and which of its bands they are.
fn stored(raster: &Raster) -> Option<(Arc<Image>, Vec<u16>)> {
    let origin = raster.source().origin()?;
    Some((origin.store.downcast_ref::<Arc<Image>>()?.clone(), origin.bands))
}

/// Returns whether JPEG would compress what it compressed before, and nobody asked for that.
pub(super) fn is_lossy_again(raster: &Raster, options: &WriteOptions) -> bool {
    let jpeg = |compression| matches!(compression, Compression::Jpeg { .. });
    let was = || stored(raster).is_some_and(|(image, _)| jpeg(image.layout().compression));
    jpeg(options.compression) && !options.recompress && was()
}

/// Returns the codec of an image, if chunks compressed by it are what `asked` asks for.
fn same_codec(asked: Compression, layout: &Layout) -> Option<Compression> {
    use Compression as C;
    match (asked, layout.compression) {
        (C::None, C::None)
        | (C::Deflate { .. }, C::Deflate { .. })
        | (C::Lzw, C::Lzw)
        | (C::PackBits, C::PackBits)
        | (C::Zstd { .. }, C::Zstd { .. })
        | (C::Lzma { .. }, C::Lzma { .. })
        | (C::WebP, C::WebP) => Some(asked),
        (C::Jpeg { quality, .. }, C::Jpeg { ycbcr, .. }) => Some(C::Jpeg { ycbcr, quality }),
        (C::Lerc { packing: a, .. }, C::Lerc { packing: b, .. })
            if std::mem::discriminant(&a) == std::mem::discriminant(&b) =>
        {
            Some(asked)
        }
        _ => None,
    }
}

/// Returns whether samples are stored in the one way in which they are written.
fn is_plain(layout: &Layout) -> bool {
    let bits = 8 * layout.dtype.bytes() as u16;
    (layout.order == ByteOrder::Little || layout.dtype.part().bytes() == 1)
        && layout.bits == bits
        && !layout.reversed_bits
        && layout.ycbcr.is_none()
        && !layout.divided
}
