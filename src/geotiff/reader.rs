//! An open file; its images as rasters.

use std::path::Path;
use std::sync::Arc;

use super::georeference::{self, Georeference};
use super::{Layout, chunk};
use crate::error::{Error, Result};
use crate::ifd::{Array, Chain, Directory, Header, Limits, Tag};
use crate::io::{ByteSource, IoMode};
use crate::raster::{
    Buffer, ChunkKey, Context, GeoTransform, Grid, Info, NoData, Raster, Sample, Source, Window,
    dispatch,
};

/// Opens the first image of a GeoTIFF as a raster, its overviews along with it.
///
/// # Errors
/// As [`GeoTiff::open`].
pub fn open(path: impl AsRef<Path>) -> Result<Raster> {
    Ok(GeoTiff::open(path, &OpenOptions::default())?.raster())
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenOptions {
    /// How its bytes are read.
    pub io: IoMode,
    /// What it may ask for.
    pub limits: Limits,
}

/// An open GeoTIFF: one image and its overviews.
#[derive(Debug, Clone)]
pub struct GeoTiff {
    image: Arc<Image>,
    header: Header,
}

/// One image of a file.
#[derive(Debug)]
pub struct Image {
    source: Arc<ByteSource>,
    ifd: u32,
    layout: Layout,
    info: Info,
    offsets: Array,
    lengths: Option<Array>,
    key: u64,
    has_transform: bool,
    pixel_is_point: bool,
    overviews: Vec<Arc<Self>>,
}

/// `NewSubfileType`: a smaller copy of another image.
const REDUCED: u32 = 1;
/// `NewSubfileType`: a transparency mask of another image.
const MASK: u32 = 4;

impl GeoTiff {
    /// Opens a file: reads its directories, no pixels.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::Format`] if it is no TIFF or
    /// its first image breaks the format, [`Error::Unsupported`] naming what
    /// swath cannot read, [`Error::Limit`] if it asks for more than the
    /// options allow.
    pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        let path = path.as_ref();
        let source = Arc::new(ByteSource::open(path, options.io)?);
        Self::read(source, &options.limits).map_err(|e| e.at_path(path))
    }

    /// Reads a file that is in memory already.
    ///
    /// # Errors
    /// As [`GeoTiff::open`], without a path.
    pub fn from_bytes(bytes: Vec<u8>, limits: &Limits) -> Result<Self> {
        Self::read(Arc::new(ByteSource::from_vec(bytes)), limits)
    }

    fn read(source: Arc<ByteSource>, limits: &Limits) -> Result<Self> {
        let header = Header::read(&source)?;
        let chain = Chain::read(&source, &header, limits)?;
        let [first, others @ ..] = &chain.directories[..] else {
            return Err(Error::format("directories").expected("at least 1").found(0));
        };
        let mut image = Image::read(&source, &header, first, limits)?;
        for directory in others {
            let kind = directory.u32(&source, Tag::NewSubfileType)?.unwrap_or(0);
            if kind & REDUCED == 0 || kind & MASK != 0 {
                continue;
            }
            // An overview that cannot be read costs speed, never pixels: leave it out.
            if let Ok(overview) = Image::read(&source, &header, directory, limits) {
                image.adopt(overview);
            }
        }
        image.overviews.sort_by_key(|o| std::cmp::Reverse(o.layout.size.pixels()));
        Ok(Self { image: Arc::new(image), header })
    }

    /// Returns the image as a raster.
    pub fn raster(&self) -> Raster {
        Raster::new(Stored(self.image.clone()))
    }

    /// Returns the image as it is stored.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Returns whether the file is a BigTIFF, with 64-bit offsets.
    pub fn is_big(&self) -> bool {
        self.header.big
    }
}

impl Image {
    fn read(
        source: &Arc<ByteSource>,
        header: &Header,
        directory: &Directory,
        limits: &Limits,
    ) -> Result<Self> {
        let ifd = directory.index();
        Self::read_bare(source, header, directory, limits).map_err(|e| e.in_ifd(ifd))
    }

    fn read_bare(
        source: &Arc<ByteSource>,
        header: &Header,
        directory: &Directory,
        limits: &Limits,
    ) -> Result<Self> {
        let layout = Layout::read(source, header.order, directory, limits)?;
        let (offsets, lengths) = if layout.tiled {
            (Tag::TileOffsets, Tag::TileByteCounts)
        } else {
            (Tag::StripOffsets, Tag::StripByteCounts)
        };
        // Tiled files of some writers name their tiles as strips.
        let array = |tag, other| -> Result<Option<Array>> {
            match directory.array(source, tag)? {
                None => directory.array(source, other),
                found => Ok(found),
            }
        };
        let offsets = array(offsets, Tag::StripOffsets)?.ok_or_else(|| {
            Error::format("offsets of chunks").expected("a list").found("no such tag")
        })?;
        let lengths = array(lengths, Tag::StripByteCounts)?;
        let Georeference { transform, crs, nodata, pixel_is_point } =
            georeference::read(source, directory)?;
        let info = Info {
            grid: Grid {
                size: layout.size,
                transform: transform.unwrap_or(GeoTransform::IDENTITY),
                crs,
            },
            bands: layout.bands,
            dtype: layout.dtype,
            nodata,
            colors: layout.colors.clone(),
            alpha: layout.alpha,
            chunk: layout.chunk,
        };
        Ok(Self {
            source: source.clone(),
            ifd: directory.index(),
            layout,
            info,
            offsets,
            lengths,
            key: ChunkKey::new_source(),
            has_transform: transform.is_some(),
            pixel_is_point,
            overviews: Vec::new(),
        })
    }

    /// Takes a smaller copy of this image along, if it is one.
    fn adopt(&mut self, mut overview: Self) {
        let (own, its) = (&self.layout, &overview.layout);
        let alike = (own.bands, own.dtype) == (its.bands, its.dtype);
        if alike && its.size.width <= own.size.width && its.size.height <= own.size.height {
            overview.info.grid = self.info.grid.resized(its.size);
            overview.info.nodata = self.info.nodata;
            overview.has_transform = self.has_transform;
            self.overviews.push(Arc::new(overview));
        }
    }

    /// Returns what the image is as a raster.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Returns how its samples are stored.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns its smaller copies, largest first.
    pub fn overviews(&self) -> impl ExactSizeIterator<Item = &Self> {
        self.overviews.iter().map(|o| &**o)
    }

    /// Returns whether the file says where the image lies.
    pub fn has_transform(&self) -> bool {
        self.has_transform
    }

    /// Returns whether positions in the file mean the centres of pixels; the
    /// GeoTransform in [`Image::info`] maps corners in any case.
    pub fn pixel_is_point(&self) -> bool {
        self.pixel_is_point
    }

    /// Decodes one chunk, or makes one of nodata (0 without it) if the file
    /// leaves it out, as sparse files do.
    fn decode(&self, index: u64, cx: &Context<'_>) -> Result<Buffer> {
        let offset = self.offsets.get(&self.source, index)?;
        let length = match &self.lengths {
            Some(lengths) => lengths.get(&self.source, index)?,
            // Without lengths a chunk reaches as far as it needs to.
            None => self.source.len().saturating_sub(offset).min(self.most_stored_bytes()),
        };
        if offset == 0 || length == 0 {
            return Ok(self.absent(index, cx));
        }
        let stored = self.source.range(offset, length)?;
        chunk::decode(&self.layout, index, &stored, cx.pool)
    }

    /// Returns the most bytes that a chunk without a stated length may take: no
    /// codec makes incompressible data more than an eighth larger.
    fn most_stored_bytes(&self) -> u64 {
        let bytes = self.layout.chunk_bytes(self.layout.chunk.height).unwrap_or(u64::MAX);
        bytes.saturating_add(bytes / 8).saturating_add(1024)
    }

    fn absent(&self, index: u64, cx: &Context<'_>) -> Buffer {
        let (bands, dtype) = (self.layout.bands_in_chunk(), self.layout.dtype);
        let mut out = Buffer::new(cx.pool, self.layout.chunk_window(index), bands, dtype);
        dispatch!(dtype, T => {
            let value = self.info.nodata.and_then(NoData::sample::<T>).unwrap_or(<T as bytemuck::Zeroable>::zeroed());
            for band in 0..bands {
                out.plane_mut::<T>(band).fill(value);
            }
        });
        out
    }

    /// Names this image's place in an error.
    fn place(&self, error: Error, chunk: u64) -> Error {
        let error = error.in_chunk(chunk).in_ifd(self.ifd);
        match self.source.path() {
            Some(path) => error.at_path(path),
            None => error,
        }
    }

    /// Returns a decoded chunk, out of the cache or decoded into it.
    fn chunk(&self, index: u64, cx: &Context<'_>) -> Result<Arc<Buffer>> {
        let window = self.layout.chunk_window(index);
        let bytes = window.pixels()
            * u64::from(self.layout.bands_in_chunk())
            * self.layout.dtype.bytes() as u64;
        let key = ChunkKey { source: self.key, chunk: index };
        let decode = || self.decode(index, cx);
        cx.cache.get_or_decode(key, bytes, decode).map_err(|e| self.place(e, index))
    }
}

/// An image of a file as a source of pixels.
#[derive(Debug)]
struct Stored(Arc<Image>);

impl Source for Stored {
    fn info(&self) -> &Info {
        &self.0.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let Image { layout, info, .. } = &*self.0;
        out.validate();
        let whole = layout.size.window();
        if let Some(inside) = out.window().intersection(whole) {
            let (width, height) = (i64::from(layout.chunk.width), i64::from(layout.chunk.height));
            for row in inside.row / height..=(inside.row_end() - 1) / height {
                for col in inside.col / width..=(inside.col_end() - 1) / width {
                    let step = layout.bands_in_chunk();
                    for first in (0..layout.bands).step_by(step.into()) {
                        let index = layout.chunk_index(col as u64, row as u64, first);
                        if cx.once {
                            let chunk =
                                self.0.decode(index, cx).map_err(|e| self.0.place(e, index))?;
                            take(out, first, chunk);
                        } else {
                            copy(out, first, &*self.0.chunk(index, cx)?);
                        }
                    }
                }
            }
            if let Some(nodata) = info.nodata {
                dispatch!(info.dtype, T => invalidate::<T>(nodata, out));
            }
        }
        out.invalidate_outside(whole);
        Ok(())
    }

    fn footprint(&self, _window: Window) -> u64 {
        // One chunk in work: its pixels, and once more while bands are split.
        2 * self.0.layout.chunk_bytes(self.0.layout.chunk.height).unwrap_or(u64::MAX / 4)
    }

    fn overviews(&self) -> Vec<Raster> {
        self.0.overviews.iter().map(|o| Raster::new(Self(o.clone()))).collect()
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

/// Makes the samples that equal `nodata` invalid.
fn invalidate<T: Sample>(nodata: NoData, out: &mut Buffer) {
    let Some(nodata) = nodata.sample::<T>() else { return };
    // NaN stands for every NaN, and equals none.
    let is_nan = nodata.partial_cmp(&nodata).is_none();
    let missing = |v: T| if is_nan { v.partial_cmp(&v).is_none() } else { v == nodata };
    for band in 0..out.bands() {
        // Without a branch in the loop it vectorises; most blocks miss nothing.
        let any = out
            .plane::<T>(band)
            .chunks(1024)
            .any(|block| block.iter().fold(false, |any, &v| any | missing(v)));
        if !any {
            continue;
        }
        out.add_mask();
        if let (samples, Some(valid)) = out.plane_and_valid_mut::<T>(band) {
            for (valid, &sample) in valid.iter_mut().zip(samples.iter()) {
                *valid &= if missing(sample) { 0 } else { 255 };
            }
        }
    }
}
