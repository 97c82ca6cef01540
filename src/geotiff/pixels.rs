//! The pixels of an image: from chunks to windows, and which of them are valid.

use std::path::Path;
use std::sync::Arc;

use super::damage::Damaged;
use super::{Image, chunk};
use crate::error::{Error, Result};
use crate::kernel::mark_nodata;
use crate::raster::{
    Buffer, ChunkKey, Context, Info, NoData, Origin, Raster, Sample, Source, Window, dispatch,
};

impl Image {
    /// Decodes one chunk; what is damaged goes by as nodata, if it may.
    fn decode(&self, index: u64, cx: &Context<'_>) -> Result<Buffer> {
        match (self.decode_sound(index, cx), &self.damage) {
            (Err(error @ Error::Format(_)), Some(damage)) => {
                let window = self.layout.chunk_window(index);
                damage.add(self.source.path(), self.ifd, index, || Damaged {
                    path: self.source.path().map(Path::to_path_buf),
                    ifd: self.ifd,
                    chunk: index,
                    window: window.intersection(self.layout.size.window()).unwrap_or(window),
                    band: self.layout.first_band(index),
                    bands: self.layout.bands_in_chunk(),
                    cause: error.bare(),
                });
                let mut missing = self.absent(index, cx);
                missing.invalidate();
                Ok(missing)
            }
            (decoded, _) => decoded,
        }
    }

    /// Decodes one chunk, or makes one of nodata (0 without it) if the file
    /// leaves it out, as sparse files do.
    fn decode_sound(&self, index: u64, cx: &Context<'_>) -> Result<Buffer> {
        let bytes = self.layout.chunk_bytes(self.layout.chunk_window(index).height);
        if bytes.is_none_or(|bytes| bytes > self.chunk_limit) {
            return Err(Error::limit("size of a chunk")
                .expected(format!("at most {} bytes", self.chunk_limit))
                .found(format!("{} bytes", bytes.unwrap_or(u64::MAX))));
        }
        let Some(place) = self.stored(index)? else { return Ok(self.absent(index, cx)) };
        let stored =
            chunk::Place { source: &self.source, offset: place.offset, length: place.bytes };
        chunk::decode(&self.layout, index, stored, cx.pool)
    }

    /// Returns the nodata value of a band (from 0).
    fn nodata(&self, band: u16) -> Option<NoData> {
        self.band_nodata.get(usize::from(band)).copied().unwrap_or(self.info.nodata)
    }

    fn absent(&self, index: u64, cx: &Context<'_>) -> Buffer {
        let (bands, dtype) = (self.layout.bands_in_chunk(), self.layout.dtype);
        let mut out = Buffer::new(cx.pool, self.layout.chunk_window(index), bands, dtype);
        let first = self.layout.first_band(index);
        dispatch!(dtype, T => {
            for band in 0..bands {
                let value = self.nodata(first + band).and_then(NoData::sample::<T>);
                out.plane_mut::<T>(band).fill(value.unwrap_or(<T as bytemuck::Zeroable>::zeroed()));
            }
        });
        out
    }

    /// Names this image's place in an error.
    fn place(&self, error: Error, chunk: u64) -> Error {
        self.source.place(error.in_chunk(chunk).in_ifd(self.ifd))
    }

    /// Returns a decoded chunk, out of the cache or decoded into it.
    fn chunk(&self, index: u64, cx: &Context<'_>) -> Result<Arc<Buffer>> {
        let window = self.layout.chunk_window(index);
        let bytes = self.layout.chunk_bytes(window.height).unwrap_or(u64::MAX);
        let key = ChunkKey { source: self.key, chunk: index };
        let decode = || self.decode(index, cx);
        cx.cache.get_or_decode(key, bytes, decode).map_err(|e| self.place(e, index))
    }
    /// Copies the image's samples into `out`, all of them valid; what lies
    /// beyond the image stays as it was.
    fn fill(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let layout = &self.layout;
        out.validate();
        let Some(inside) = out.window().intersection(layout.size.window()) else { return Ok(()) };
        let (width, height) = (i64::from(layout.chunk.width), i64::from(layout.chunk.height));
        for row in inside.row / height..=(inside.row_end() - 1) / height {
            for col in inside.col / width..=(inside.col_end() - 1) / width {
                let step = layout.bands_in_chunk();
                for first in (0..layout.bands).step_by(step.into()) {
                    let index = layout.chunk_index(col as u64, row as u64, first);
                    if cx.once {
                        let chunk = self.decode(index, cx).map_err(|e| self.place(e, index))?;
                        take(out, first, chunk);
                    } else {
                        copy(out, first, &*self.chunk(index, cx)?);
                    }
                }
            }
        }
        Ok(())
    }
}

/// An image of a file as a source of pixels.
#[derive(Debug)]
pub(super) struct Stored(pub(super) Arc<Image>);

impl Source for Stored {
    fn info(&self) -> &Info {
        &self.0.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        self.0.fill(out, cx)?;
        if let Some(mask) = &self.0.mask {
            let mut opaque =
                Buffer::new(cx.pool, out.window(), mask.layout.bands, mask.layout.dtype);
            mask.fill(&mut opaque, cx)?;
            dispatch!(mask.layout.dtype, T => apply_mask::<T>(&opaque, out));
        } else if self.0.band_nodata.is_empty() {
            let nodata = self.0.info.nodata.into_iter();
            nodata.for_each(|nodata| mark_nodata(nodata, 0..out.bands(), out));
        } else {
            for (band, nodata) in (0..).zip(&self.0.band_nodata) {
                nodata.iter().for_each(|&n| mark_nodata(n, band..band + 1, out));
            }
        }
        out.invalidate_outside(self.0.layout.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        // One chunk in work: its pixels, and twice more while packed samples
        // are widened and bands split.
        let one = |image: &Image| {
            3 * image.layout.chunk_bytes(image.layout.chunk.height).unwrap_or(u64::MAX / 8)
        };
        let mask = self.0.mask.as_ref().map_or(0, |mask| {
            one(mask) + Buffer::bytes_for(window, mask.layout.bands, mask.layout.dtype)
        });
        one(&self.0) + mask
    }

    fn overviews(&self) -> Vec<Raster> {
        self.0.overviews.iter().map(|o| Raster::new(Self(o.clone()))).collect()
    }

    fn origin(&self) -> Option<Origin<'_>> {
        Some(Origin { store: &self.0, bands: (0..self.0.layout.bands).collect() })
    }
}

/// Copies the bands of a chunk into those of `out` from `first` on.
fn copy(out: &mut Buffer, first: u16, chunk: &Buffer) {
    for band in 0..chunk.bands() {
        out.copy_band(first + band, chunk, band);
    }
}

/// Fills `out` as [`copy`] does, by taking the chunk's memory if it is all of `out`.
fn take(out: &mut Buffer, first: u16, chunk: Buffer) {
    if (chunk.window(), chunk.bands()) == (out.window(), out.bands()) {
        *out = chunk;
    } else {
        copy(out, first, &chunk);
    }
}

/// Makes samples invalid where a mask, of one band for all or one for each, is 0.
fn apply_mask<T: Sample>(mask: &Buffer, out: &mut Buffer) {
    let opaque = |v: T| v.to_f64() != 0.0;
    if (0..mask.bands()).all(|band| mask.plane::<T>(band).iter().all(|&v| opaque(v))) {
        return;
    }
    out.add_mask();
    for band in 0..out.bands() {
        let mask = mask.plane::<T>(band.min(mask.bands() - 1));
        for (valid, &mask) in out.valid_mut(band).unwrap_or_default().iter_mut().zip(mask) {
            *valid &= if opaque(mask) { 255 } else { 0 };
        }
    }
}
