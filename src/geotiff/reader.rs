//! An open file; its images as rasters.

use std::path::Path;
use std::sync::Arc;

use super::georeference::{self, Georeference};
use super::{Layout, chunk, metadata};
use crate::error::{Error, Result};
use crate::ifd::{Array, Chain, Directory, Header, Limits, Tag};
use crate::io::{ByteSource, IoMode};
use crate::kernel::mark_nodata;
use crate::raster::{
    Buffer, ChunkKey, Context, GeoTransform, Grid, Info, Masked, Metadata, NoData, Raster, Sample,
    Source, Window, dispatch,
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
    /// Which image of the file, counted from 0 along the chain of its
    /// directories: overviews and masks count, as for GDAL's `GTIFF_DIR`.
    pub page: u32,
}

/// An open GeoTIFF: one image and its overviews.
#[derive(Debug, Clone)]
pub struct GeoTiff {
    image: Arc<Image>,
    header: Header,
    pages: usize,
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
    chunk_limit: u64,
    key: u64,
    has_transform: bool,
    overviews: Vec<Arc<Self>>,
    mask: Option<Arc<Self>>,
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
        Self::read(source, options).map_err(|e| e.at_path(path))
    }

    /// Reads a file that is in memory already.
    ///
    /// # Errors
    /// As [`GeoTiff::open`], without a path.
    pub fn from_bytes(bytes: Vec<u8>, options: &OpenOptions) -> Result<Self> {
        Self::read(Arc::new(ByteSource::from_vec(bytes)), options)
    }

    fn read(source: Arc<ByteSource>, options: &OpenOptions) -> Result<Self> {
        let limits = &options.limits;
        let header = Header::read(&source)?;
        let chain = Chain::read(&source, &header, limits)?;
        let directories = &chain.directories[..];
        let place = usize::try_from(options.page).unwrap_or(usize::MAX);
        let Some((page, others)) = directories.get(place..).and_then(<[_]>::split_first) else {
            return Err(Error::usage("page")
                .expected(format!("at most {}", directories.len()))
                .found(u64::from(options.page) + 1));
        };
        let mut image = Image::read(&source, &header, page, limits)?;
        let inner = sub_directories(&source, &header, page, limits);
        image.find_copies(&source, &header, inner.iter().chain(others), options)?;
        Ok(Self { image: Arc::new(image), header, pages: directories.len() })
    }

    /// Returns the image as a raster.
    pub fn raster(&self) -> Raster {
        Raster::new(Stored(self.image.clone()))
    }

    /// Returns the image as it is stored.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Returns the number of images in the file, overviews and masks included.
    pub fn pages(&self) -> usize {
        self.pages
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
        let layout = Layout::read(source, header.order, directory)?;
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
        let Georeference { transform, crs, nodata, pixel_is_point, gcps, unit } =
            georeference::read(source, directory)?;
        let mut metadata = metadata::read(source, directory, layout.bands)?;
        for band in unit.iter().flat_map(|_| 0..layout.bands) {
            let band = metadata.bands.entry(band).or_default();
            band.unit = band.unit.take().or(unit.clone());
        }
        let metadata = Metadata { pixel_is_point, gcps, ..metadata };
        let info = Info {
            grid: Grid {
                size: layout.size,
                transform: transform.unwrap_or(GeoTransform::IDENTITY),
                crs,
            },
            bands: layout.bands,
            dtype: layout.dtype,
            // No integer sample can be any other value, so none would be missing.
            nodata: nodata.filter(|n| layout.dtype.part().is_float() || n.fits(layout.dtype)),
            colors: layout.colors.clone(),
            alpha: layout.alpha,
            masked: Masked::No,
            metadata: Arc::new(metadata),
            chunk: layout.chunk,
        };
        Ok(Self {
            source: source.clone(),
            ifd: directory.index(),
            layout,
            info,
            offsets,
            lengths,
            chunk_limit: limits.chunk_bytes,
            key: ChunkKey::new_source(),
            has_transform: transform.is_some(),
            overviews: Vec::new(),
            mask: None,
        })
    }

    /// Finds this image's overviews and masks among the directories after it.
    fn find_copies<'a>(
        &mut self,
        source: &Arc<ByteSource>,
        header: &Header,
        others: impl Iterator<Item = &'a Directory>,
        options: &OpenOptions,
    ) -> Result<()> {
        let mut masks = Vec::new();
        for directory in others {
            let kind = directory.u32(source, Tag::NewSubfileType).ok().flatten().unwrap_or(0);
            if kind & (REDUCED | MASK) == 0 {
                // What comes after another image belongs to that one. The first
                // image of a file takes all there is, as in GDAL.
                let inside = directory.index() == self.ifd;
                if options.page > 0 && !inside {
                    break;
                }
                continue;
            }
            // A copy that cannot be read costs speed, never pixels: leave it out.
            let copy = Self::read(source, header, directory, &options.limits);
            match (copy, kind & MASK != 0) {
                (Ok(copy), false) => self.adopt(copy),
                (Ok(mask), true) => masks.push(Arc::new(mask)),
                // Without its mask an image would be wrong.
                (Err(error), true) if kind & REDUCED == 0 => return Err(error),
                _ => {}
            }
        }
        self.overviews.sort_by_key(|o| std::cmp::Reverse(o.layout.size.pixels()));
        for mask in masks {
            if self.fits(&mask) {
                self.set_mask(mask);
                continue;
            }
            let mut overviews = self.overviews.iter_mut().filter_map(Arc::get_mut);
            if let Some(overview) = overviews.find(|overview| overview.fits(&mask)) {
                overview.set_mask(mask);
            }
        }
        Ok(())
    }

    /// Returns whether `mask` can be this image's.
    fn fits(&self, mask: &Self) -> bool {
        let bands = mask.layout.bands == 1 || mask.layout.bands == self.layout.bands;
        bands && self.mask.is_none() && self.layout.size == mask.layout.size
    }

    fn set_mask(&mut self, mask: Arc<Self>) {
        self.info.masked = if mask.layout.bands == 1 { Masked::Shared } else { Masked::EachBand };
        self.mask = Some(mask);
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
        self.info.metadata.pixel_is_point
    }

    /// Returns the mask that decides which pixels are valid.
    pub fn mask(&self) -> Option<&Self> {
        self.mask.as_deref()
    }

    /// Decodes one chunk, or makes one of nodata (0 without it) if the file
    /// leaves it out, as sparse files do.
    fn decode(&self, index: u64, cx: &Context<'_>) -> Result<Buffer> {
        let bytes = self.layout.chunk_bytes(self.layout.chunk_window(index).height);
        if bytes.is_none_or(|bytes| bytes > self.chunk_limit) {
            return Err(Error::limit("size of a chunk")
                .expected(format!("at most {} bytes", self.chunk_limit))
                .found(format!("{} bytes", bytes.unwrap_or(u64::MAX))));
        }
        if self.layout.divided {
            return self.decode_part(index, cx);
        }
        let offset = self.offsets.get(&self.source, index)?;
        let length = match &self.lengths {
            // Lengths that are not stated are none, as in libtiff.
            Some(lengths) if index >= lengths.len() => 0,
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

    /// Decodes a part of the one strip. What the file says of the strip's length
    /// is not needed, and often wrong.
    fn decode_part(&self, index: u64, cx: &Context<'_>) -> Result<Buffer> {
        let offset = self.offsets.get(&self.source, 0)?;
        if offset == 0 {
            return Ok(self.absent(index, cx));
        }
        let window = self.layout.chunk_window(index);
        let row = self.layout.row_bytes().unwrap_or(u64::MAX);
        // The strip's rows come before; the window lies in the image.
        let start = row.saturating_mul(window.row as u64).saturating_add(offset);
        let length = row.saturating_mul(window.height.into());
        chunk::decode(&self.layout, index, &self.source.range(start, length)?, cx.pool)
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
}

impl Image {
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
struct Stored(Arc<Image>);

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
        } else if let Some(nodata) = self.0.info.nodata {
            mark_nodata(nodata, out);
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

/// Reads the directories that a directory holds inside (tag 330), of which some
/// writers make overviews. Those that cannot be read are left out.
fn sub_directories(
    source: &ByteSource,
    header: &Header,
    directory: &Directory,
    limits: &Limits,
) -> Vec<Directory> {
    let offsets = directory.u64s(source, Tag::SubIfd).ok().flatten().unwrap_or_default();
    let mut entries = 0;
    let read = |offset: u64| Directory::read(source, header, offset, directory.index(), limits);
    offsets
        .into_iter()
        .filter_map(|offset| read(offset).ok())
        .take_while(|inner| {
            // They may overlap, so that a short file states many long ones.
            entries += inner.entries().len() as u64;
            entries <= limits.entries
        })
        .collect()
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
