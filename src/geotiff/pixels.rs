//! The pixels of an image: from chunks to windows, and which of them are valid.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::damage::{Damage, Damaged};
use super::{Image, Layout, StoredChunk, chunk};
use crate::error::{Error, Result};
use crate::kernel::mark_nodata;
use crate::raster::{
    Buffer, ChunkKey, Context, Info, Need, NoData, Origin, Raster, Sample, Source, Tell, Window,
    dispatch,
};

/// The bytes between two chunks up to which they are asked for together.
const CLOSE: u64 = 64 << 10;
/// The most chunks that are asked for before the first of them is decoded.
const AHEAD: usize = 1024;

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
                self.fill_chunk_absent(index, out);
                Ok(())
            }
        });
        match (decoded, &self.damage) {
            (Err(error @ Error::Format(_)), Some(damage)) => {
                let mut error = Some(error);
                let tell = |index| self.tell(index, error.take());
                damage.add(self.source.path(), self.ifd, [index], tell);
                self.fill_chunk_absent(index, out);
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

    /// Gives the pixels of `window` nodata (0 without it) in bands of `out`, each given with the
    /// image's band that it is.
    fn fill_absent(
        &self,
        bands: impl Iterator<Item = (u16, u16)>,
        window: Window,
        out: &mut Buffer,
    ) {
        for (to, band) in bands {
            dispatch!(self.layout.dtype, T => {
                let value = self.nodata(band).and_then(NoData::sample::<T>);
                let value = value.unwrap_or(<T as bytemuck::Zeroable>::zeroed());
                out.fill_band(to, window, value);
            });
        }
    }

    /// Fills a buffer of a chunk with nodata.
    fn fill_chunk_absent(&self, index: u64, out: &mut Buffer) {
        let first = self.layout.first_band(index);
        let bands = (0..self.layout.bands_in_chunk()).map(|band| (band, first + band));
        self.fill_absent(bands, out.window(), out);
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

    /// Copies samples of the image's `bands` into those of `out`, all of them valid; what lies
    /// beyond the image stays as it was.
    fn fill(&self, bands: &[u16], out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let layout = &self.layout;
        out.validate();
        let Some((columns, rows)) = layout.touched(out.window()) else { return Ok(()) };
        for wanted in layout.planes(bands) {
            let end = match &self.damage {
                Some(damage) => self.miss(wanted, columns.clone(), rows.clone(), damage, out)?,
                None => rows.end,
            };
            self.prefetch(wanted.first, &columns, rows.start..end, cx);
            for row in rows.start..end {
                for col in columns.clone() {
                    let index = layout.chunk_index(col, row, wanted.first);
                    let filled = self.fill_chunk(index, wanted, out, cx);
                    filled.map_err(|e| self.place(e, index))?;
                }
            }
        }
        Ok(())
    }

    /// Asks the system for chunks of a read that were not decoded before, so that it fetches those
    /// that follow while the first is decoded. Chunks that lie close together are one range.
    fn prefetch(&self, first: u16, columns: &Range<u64>, rows: Range<u64>, cx: &Context<'_>) {
        if columns.end - columns.start == 1 && rows.end - rows.start == 1 {
            return;
        }
        let chunks = rows.flat_map(|row| columns.clone().map(move |col| (row, col)));
        let chunks: Vec<u64> = chunks
            .take(AHEAD)
            .map(|(row, col)| self.layout.chunk_index(col, row, first))
            .filter(|&chunk| !cx.cache.has_seen(ChunkKey { source: self.key, chunk }))
            .collect();
        if chunks.len() < 2 {
            return;
        }
        let mut range = 0..0u64;
        for chunk in chunks {
            // What is wrong with it is told when it is read.
            let Ok(place) = self.stored(chunk) else { break };
            let Some(StoredChunk { offset, bytes }) = place else { continue };
            if !self.source.holds(offset, bytes) {
                break;
            }
            if (range.start..=range.end.saturating_add(CLOSE)).contains(&offset) {
                range.end = range.end.max(offset + bytes);
            } else {
                self.ask_for(std::mem::replace(&mut range, offset..offset + bytes));
            }
        }
        self.ask_for(range);
    }

    fn ask_for(&self, range: Range<u64>) {
        if !range.is_empty() {
            self.source.prefetch(range.start, range.end - range.start);
        }
    }

    /// Tells of the chunks that a window of some bands is read from.
    fn needs(&self, bands: &[u16], window: Window, tell: &mut dyn Tell) {
        let may_read = tell.may_read();
        let stored = |index| if may_read { self.stored(index).ok().flatten() } else { None };
        let bytes = |index| stored(index).map_or(0, |stored| stored.bytes);
        self.layout.needs(self.key, bands, window, bytes, tell);
    }

    /// Copies the samples of a chunk into `out`.
    fn fill_chunk(
        &self,
        index: u64,
        wanted: Wanted<'_>,
        out: &mut Buffer,
        cx: &Context<'_>,
    ) -> Result<()> {
        if !cx.once {
            wanted.copy(&*self.chunk(index, cx)?, out);
            return Ok(());
        }
        let window = self.layout.chunk_window(index);
        self.check_size(window.height)?;
        let found = self.stored(index);
        let is_out = usize::from(out.bands()) == wanted.bands.len();
        if is_out && window == out.window() && wanted.is_all(self.layout.bands_in_chunk()) {
            return self.decode(index, found, out, cx);
        }
        // Files may leave out millions of chunks: those need no memory of their own.
        if let Ok(None) = found {
            self.fill_absent(wanted.pairs(), window, out);
            return Ok(());
        }
        let mut chunk = self.buffer(window, cx);
        self.decode(index, found, &mut chunk, cx)?;
        wanted.copy(&chunk, out);
        Ok(())
    }

    /// Makes those rows of chunks invalid at one go of which no place can be
    /// read, as the file ends before its lists of places do: a file of a few
    /// bytes can claim millions. Returns the first of them, the end of `rows` if
    /// there are none.
    fn miss(
        &self,
        wanted: Wanted<'_>,
        columns: Range<u64>,
        rows: Range<u64>,
        damage: &Damage,
        out: &mut Buffer,
    ) -> Result<u64> {
        let layout = &self.layout;
        let known = self.places().saturating_sub(layout.chunk_index(0, 0, wanted.first));
        let end = known.div_ceil(layout.across()).clamp(rows.start, rows.end);
        if end == rows.end {
            return Ok(end);
        }
        let index = layout.chunk_index(columns.start, end, wanted.first);
        self.check_size(layout.chunk_window(index).height).map_err(|e| self.place(e, index))?;
        let window = out.window();
        let top = window.row.max(end as i64 * i64::from(layout.chunk.height));
        let below = Window { row: top, height: (window.row_end() - top) as u32, ..window };
        self.fill_absent(wanted.pairs(), below, out);
        for (to, _) in wanted.pairs() {
            out.invalidate_band(to, below);
        }
        let row = |row| columns.clone().map(move |col| layout.chunk_index(col, row, wanted.first));
        let tell = |index| self.tell(index, self.stored(index).err());
        damage.add(self.source.path(), self.ifd, (end..rows.end).flat_map(row), tell);
        Ok(end)
    }
}

impl Layout {
    /// Returns the planes of chunks in which bands lie: all in one, or each in its own.
    fn planes<'a>(&self, bands: &'a [u16]) -> impl Iterator<Item = Wanted<'a>> + use<'a> {
        let is_apart = self.bands_in_chunk() == 1;
        let each = if is_apart { 1 } else { bands.len().max(1) };
        bands.chunks(each).zip((0..).step_by(each)).map(move |(bands, to)| {
            let first = if is_apart { bands[0] } else { 0 };
            Wanted { first, to, bands }
        })
    }

    /// Returns the columns and rows of chunks that a window touches; `None` if it lies beside the
    /// image.
    fn touched(&self, window: Window) -> Option<(Range<u64>, Range<u64>)> {
        let inside = window.intersection(self.size.window())?;
        let (width, height) = (i64::from(self.chunk.width), i64::from(self.chunk.height));
        // Inside the image, so none is negative.
        let columns = (inside.col / width) as u64..((inside.col_end() - 1) / width + 1) as u64;
        let rows = (inside.row / height) as u64..((inside.row_end() - 1) / height + 1) as u64;
        Some((columns, rows))
    }

    /// Tells of the chunks of the image numbered `source` that a window of some bands is read from;
    /// `stored` gives their lengths in the file.
    pub(super) fn needs(
        &self,
        source: u64,
        bands: &[u16],
        window: Window,
        stored: impl Fn(u64) -> u64,
        tell: &mut dyn Tell,
    ) {
        let Some((columns, rows)) = self.touched(window) else { return };
        for Wanted { first, .. } in self.planes(bands) {
            for (row, col) in rows.clone().flat_map(|row| columns.clone().map(move |c| (row, c))) {
                let index = self.chunk_index(col, row, first);
                let decoded = self.chunk_bytes(self.chunk_window(index).height);
                let go_on = tell.tell(Need {
                    key: ChunkKey { source, chunk: index },
                    stored_bytes: stored(index),
                    decoded_bytes: decoded.unwrap_or(u64::MAX),
                });
                if !go_on {
                    return;
                }
            }
        }
    }
}

/// Bands that are wanted of the chunks of one plane.
#[derive(Debug, Clone, Copy)]
struct Wanted<'a> {
    /// The first band of the plane's chunks.
    first: u16,
    /// The band of the buffer that the first of `bands` becomes; the others follow.
    to: u16,
    /// The image's bands.
    bands: &'a [u16],
}

impl Wanted<'_> {
    /// Returns the bands of the buffer, each with the image's. Numbers come last, as
    /// there is none after that of the 65,535th.
    fn pairs(&self) -> impl Iterator<Item = (u16, u16)> {
        self.bands.iter().copied().zip(self.to..).map(|(band, to)| (to, band))
    }

    /// Whether these are all bands of a chunk, in their order.
    fn is_all(&self, bands: u16) -> bool {
        self.bands.len() == usize::from(bands)
            && self.bands.iter().zip(self.first..).all(|(&band, own)| own == band)
    }

    fn copy(&self, chunk: &Buffer, out: &mut Buffer) {
        for (to, band) in self.pairs() {
            out.copy_band(to, chunk, band - self.first);
        }
    }
}

/// An image of a file, or some of its bands, as a source of pixels.
#[derive(Debug)]
pub(super) struct Stored {
    image: Arc<Image>,
    /// Of some bands.
    info: Option<Box<Info>>,
    bands: Vec<u16>,
}

impl Stored {
    /// All bands of an image.
    pub(super) fn new(image: Arc<Image>) -> Self {
        let bands = (0..image.layout.bands).collect();
        Self { image, info: None, bands }
    }

    /// Some bands of an image, as [`Source::only_bands`] has it.
    fn of(image: Arc<Image>, bands: Vec<u16>) -> Self {
        let info = Info { bands: bands.len() as u16, ..image.info.clone() };
        Self { image, info: Some(Box::new(info)), bands }
    }
}

impl Source for Stored {
    fn info(&self) -> &Info {
        self.info.as_deref().unwrap_or(&self.image.info)
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let image = &self.image;
        image.fill(&self.bands, out, cx)?;
        if let Some(mask) = &image.mask {
            let own = if mask.layout.bands == 1 { &[0][..] } else { &self.bands };
            let mut opaque =
                Buffer::new(cx.pool, out.window(), own.len() as u16, mask.layout.dtype);
            mask.fill(own, &mut opaque, cx)?;
            dispatch!(mask.layout.dtype, T => apply_mask::<T>(&opaque, out));
        } else if image.band_nodata.is_empty() {
            let nodata = image.info.nodata.into_iter();
            nodata.for_each(|nodata| mark_nodata(nodata, 0..out.bands(), out));
        } else {
            for (&band, to) in self.bands.iter().zip(0..) {
                let nodata = image.band_nodata.get(usize::from(band)).copied().flatten();
                nodata.iter().for_each(|&n| mark_nodata(n, to..to + 1, out));
            }
        }
        out.invalidate_outside(image.layout.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        // One chunk in work: its pixels, and twice more while packed samples
        // are widened and bands split.
        let one = |image: &Image| {
            3 * image.layout.chunk_bytes(image.layout.chunk.height).unwrap_or(u64::MAX / 8)
        };
        let mask = self.image.mask.as_ref().map_or(0, |mask| {
            one(mask) + Buffer::bytes_for(window, mask.layout.bands, mask.layout.dtype)
        });
        one(&self.image) + mask
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.image.needs(&self.bands, window, tell);
        if let Some(mask) = &self.image.mask {
            let own = if mask.layout.bands == 1 { &[0][..] } else { &self.bands };
            mask.needs(own, window, tell);
        }
    }

    fn only_bands(&self, bands: &[u16]) -> Option<Raster> {
        let own = bands.iter().map(|&band| self.bands.get(usize::from(band)).copied());
        Some(Raster::new(Self::of(self.image.clone(), own.collect::<Option<_>>()?)))
    }

    fn overviews(&self) -> Vec<Raster> {
        let copies = self.image.overviews.iter().cloned();
        let alike = |copy: Arc<Image>| match &self.info {
            None => Self::new(copy),
            Some(_) => Self::of(copy, self.bands.clone()),
        };
        copies.map(|copy| Raster::new(alike(copy))).collect()
    }

    fn origin(&self) -> Option<Origin<'_>> {
        Some(Origin { store: &self.image, bands: self.bands.clone() })
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
