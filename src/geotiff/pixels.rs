//! The pixels of an image: from chunks to windows, and which of them are valid.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::damage::{Damage, Damaged};
use super::{Image, StoredChunk, chunk};
use crate::error::{Error, Result};
use crate::kernel::mark_nodata;
use crate::raster::{
    Buffer, ChunkKey, Context, Info, Need, NoData, Origin, Raster, Sample, Source, Window, dispatch,
};

impl Image {
    /// Decodes one chunk, found where [`Image::stored`] says, into a buffer of its
    /// pixels, all of them valid; what is damaged goes by as nodata, if it may.
    fn decode(
        &self,
        index: u64,
        found: Result<Option<StoredChunk>>,
        out: &mut Buffer,
        cx: &Context<'_>,
    ) -> Result<()> {
        let decoded = found.and_then(|place| match place {
            Some(StoredChunk { offset, bytes: length }) => {
                let stored = chunk::Place { source: &self.source, offset, length };
                let decode = || chunk::decode(&self.layout, index, stored, out, cx.pool);
                cx.cache.decoding().time(decode)
            }
            None => {
                self.fill_absent(self.layout.first_band(index), 0, out.window(), out);
                Ok(())
            }
        });
        match (decoded, &self.damage) {
            (Err(error @ Error::Format(_)), Some(damage)) => {
                let mut error = Some(error);
                let tell = |index| self.tell(index, error.take());
                damage.add(self.source.path(), self.ifd, [index], tell);
                self.fill_absent(self.layout.first_band(index), 0, out.window(), out);
                out.invalidate();
                Ok(())
            }
            (decoded, _) => decoded,
        }
    }

    /// Says of a damaged chunk which it is and what is wrong with it.
    fn tell(&self, index: u64, error: Option<Error>) -> Damaged {
        let window = self.layout.chunk_window(index);
        Damaged {
            path: self.source.path().map(Path::to_path_buf),
            ifd: self.ifd,
            chunk: index,
            window: window.intersection(self.layout.size.window()).unwrap_or(window),
            band: self.layout.first_band(index),
            bands: self.layout.bands_in_chunk(),
            cause: error.map(Error::bare).unwrap_or_default(),
        }
    }

    /// Makes a buffer for the pixels of a chunk.
    fn buffer(&self, window: Window, cx: &Context<'_>) -> Buffer {
        Buffer::new(cx.pool, window, self.layout.bands_in_chunk(), self.layout.dtype)
    }

    /// Checks that a chunk of so many rows is not larger than it may be.
    fn check_size(&self, rows: u32) -> Result<()> {
        let bytes = self.layout.chunk_bytes(rows);
        if bytes.is_some_and(|bytes| bytes <= self.chunk_limit) {
            return Ok(());
        }
        Err(Error::limit("size of a chunk")
            .expected(format!("at most {} bytes", self.chunk_limit))
            .found(format!("{} bytes", bytes.unwrap_or(u64::MAX))))
    }

    /// Returns the nodata value of a band (from 0).
    fn nodata(&self, band: u16) -> Option<NoData> {
        self.band_nodata.get(usize::from(band)).copied().unwrap_or(self.info.nodata)
    }

    /// Gives the pixels of `window` nodata (0 without it) in as many bands of `out`
    /// as a chunk has, from band `to` on, of which the image's first is `first`.
    fn fill_absent(&self, first: u16, to: u16, window: Window, out: &mut Buffer) {
        for band in 0..self.layout.bands_in_chunk() {
            dispatch!(self.layout.dtype, T => {
                let value = self.nodata(first + band).and_then(NoData::sample::<T>);
                let value = value.unwrap_or(<T as bytemuck::Zeroable>::zeroed());
                out.fill_band(to + band, window, value);
            });
        }
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
        let decode = || {
            self.check_size(window.height)?;
            let mut chunk = self.buffer(window, cx);
            self.decode(index, self.stored(index), &mut chunk, cx)?;
            Ok(chunk)
        };
        cx.cache.get_or_decode(key, bytes, decode)
    }

    /// Copies the image's samples into `out`, all of them valid; what lies
    /// beyond the image stays as it was.
    fn fill(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let layout = &self.layout;
        out.validate();
        let Some((columns, rows)) = self.touched(out.window()) else { return Ok(()) };
        for first in (0..layout.bands).step_by(layout.bands_in_chunk().into()) {
            let end = match &self.damage {
                Some(damage) => self.miss(first, columns.clone(), rows.clone(), damage, out)?,
                None => rows.end,
            };
            for row in rows.start..end {
                for col in columns.clone() {
                    let index = layout.chunk_index(col, row, first);
                    let filled = self.fill_chunk(index, first, out, cx);
                    filled.map_err(|e| self.place(e, index))?;
                }
            }
        }
        Ok(())
    }

    /// Returns the columns and rows of chunks that a window touches; `None` if it lies beside the
    /// image.
    fn touched(&self, window: Window) -> Option<(Range<u64>, Range<u64>)> {
        let inside = window.intersection(self.layout.size.window())?;
        let chunk = self.layout.chunk;
        let (width, height) = (i64::from(chunk.width), i64::from(chunk.height));
        // Inside the image, so none is negative.
        let columns = (inside.col / width) as u64..((inside.col_end() - 1) / width + 1) as u64;
        let rows = (inside.row / height) as u64..((inside.row_end() - 1) / height + 1) as u64;
        Some((columns, rows))
    }

    /// Tells of the chunks that a window is read from.
    fn needs(&self, window: Window, tell: &mut dyn FnMut(Need)) {
        let layout = &self.layout;
        let Some((columns, rows)) = self.touched(window) else { return };
        for first in (0..layout.bands).step_by(layout.bands_in_chunk().into()) {
            for (row, col) in rows.clone().flat_map(|row| columns.clone().map(move |c| (row, c))) {
                let index = layout.chunk_index(col, row, first);
                let stored = self.stored(index).ok().flatten();
                tell(Need {
                    key: ChunkKey { source: self.key, chunk: index },
                    stored_bytes: stored.map_or(0, |stored| stored.bytes),
                    decoded_bytes: layout
                        .chunk_bytes(layout.chunk_window(index).height)
                        .unwrap_or(u64::MAX),
                });
            }
        }
    }

    /// Copies the samples of a chunk, whose first band is `first`, into `out`.
    fn fill_chunk(&self, index: u64, first: u16, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        if !cx.once {
            copy(out, first, &*self.chunk(index, cx)?);
            return Ok(());
        }
        let window = self.layout.chunk_window(index);
        self.check_size(window.height)?;
        let found = self.stored(index);
        if (window, self.layout.bands_in_chunk()) == (out.window(), out.bands()) {
            return self.decode(index, found, out, cx);
        }
        // Files may leave out millions of chunks: those need no memory of their own.
        if let Ok(None) = found {
            self.fill_absent(first, first, window, out);
            return Ok(());
        }
        let mut chunk = self.buffer(window, cx);
        self.decode(index, found, &mut chunk, cx)?;
        copy(out, first, &chunk);
        Ok(())
    }

    /// Makes those rows of chunks invalid at one go of which no place can be
    /// read, as the file ends before its lists of places do: a file of a few
    /// bytes can claim millions. Returns the first of them, the end of `rows` if
    /// there are none.
    fn miss(
        &self,
        first: u16,
        columns: Range<u64>,
        rows: Range<u64>,
        damage: &Damage,
        out: &mut Buffer,
    ) -> Result<u64> {
        let layout = &self.layout;
        let known = self.places().saturating_sub(layout.chunk_index(0, 0, first));
        let end = known.div_ceil(layout.across()).clamp(rows.start, rows.end);
        if end == rows.end {
            return Ok(end);
        }
        let index = layout.chunk_index(columns.start, end, first);
        self.check_size(layout.chunk_window(index).height).map_err(|e| self.place(e, index))?;
        let window = out.window();
        let top = window.row.max(end as i64 * i64::from(layout.chunk.height));
        let below = Window { row: top, height: (window.row_end() - top) as u32, ..window };
        self.fill_absent(first, first, below, out);
        for band in first..first + layout.bands_in_chunk() {
            out.invalidate_band(band, below);
        }
        let row = |row| columns.clone().map(move |col| layout.chunk_index(col, row, first));
        let tell = |index| self.tell(index, self.stored(index).err());
        damage.add(self.source.path(), self.ifd, (end..rows.end).flat_map(row), tell);
        Ok(end)
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

    fn needs(&self, window: Window, tell: &mut dyn FnMut(Need)) {
        for image in std::iter::once(&self.0).chain(&self.0.mask) {
            image.needs(window, tell);
        }
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
