//! One image of a file: what it is and how it is stored.

use std::path::Path;
use std::sync::Arc;

use super::damage::Damage;
use super::georeference::{self, Georeference};
use super::sidecar::{self, Sidecar};
use super::unread::Unread;
use super::{Layout, exif, metadata};
use crate::error::{Error, Result};
use crate::ifd::{Array, Directory, Header, Limits, Tag};
use crate::io::ByteSource;
use crate::raster::{ChunkKey, GeoTransform, Grid, Info, Masked, Metadata, NoData};

/// Where a chunk is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredChunk {
    /// Its first byte, counted from the start of the file.
    pub offset: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

/// One image of a file.
#[derive(Debug)]
pub struct Image {
    pub(super) source: Arc<ByteSource>,
    pub(super) ifd: u32,
    pub(super) layout: Layout,
    pub(super) info: Info,
    pub(super) offsets: Array,
    pub(super) lengths: Option<Array>,
    pub(super) chunk_limit: u64,
    pub(super) key: u64,
    pub(super) has_transform: bool,
    pub(super) overviews: Vec<Arc<Self>>,
    pub(super) mask: Option<Arc<Self>>,
    /// The nodata value of each band, if they differ; the raster's then is none.
    pub(super) band_nodata: Vec<Option<NoData>>,
    unread: Unread,
    /// Where damaged chunks are listed that go by as nodata.
    pub(super) damage: Option<Arc<Damage>>,
}
impl Image {
    /// Reads an image with all that its directory says.
    pub(super) fn read(
        source: &Arc<ByteSource>,
        header: &Header,
        directory: &Directory,
        limits: &Limits,
    ) -> Result<Self> {
        let mut image = Self::read_copy(source, header, directory, limits)?;
        image.describe(header, directory, limits).map_err(|e| e.in_ifd(image.ifd))?;
        Ok(image)
    }

    /// Reads an image of which only pixels and place matter: a file may state thousands of copies,
    /// each with the same profile of many megabytes.
    pub(super) fn read_copy(
        source: &Arc<ByteSource>,
        header: &Header,
        directory: &Directory,
        limits: &Limits,
    ) -> Result<Self> {
        let ifd = directory.index();
        Self::read_bare(source, header, directory, limits).map_err(|e| e.in_ifd(ifd))
    }

    /// Reads what a directory says besides pixels and place.
    fn describe(&mut self, header: &Header, directory: &Directory, limits: &Limits) -> Result<()> {
        let (source, bands, unread) = (&self.source, self.layout.bands, &mut self.unread);
        let placed = std::mem::take(Arc::make_mut(&mut self.info.metadata));
        let mut metadata = metadata::read(source, directory, bands, unread)?;
        for (index, band) in placed.bands {
            let said = metadata.bands.entry(index).or_default();
            said.unit = said.unit.take().or(band.unit);
        }
        let exif = exif::read(source, header, directory, limits, unread)?;
        let Metadata { pixel_is_point, gcps, .. } = placed;
        self.info.metadata = Arc::new(Metadata { pixel_is_point, gcps, exif, ..metadata });
        Ok(())
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
        let mut unread = Unread::default();
        let Georeference { transform, crs, nodata, pixel_is_point, gcps, unit } =
            georeference::read(source, directory, &mut unread)?;
        let mut metadata = Metadata { pixel_is_point, gcps, ..Metadata::default() };
        for band in unit.iter().flat_map(|_| 0..layout.bands) {
            metadata.bands.entry(band).or_default().unit = unit.clone();
        }
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
            band_nodata: Vec::new(),
            unread,
            damage: None,
        })
    }
    /// Takes what the texts beside the file say of the image.
    pub(super) fn heed(
        &mut self,
        path: &Path,
        limits: &Limits,
        found: &mut Vec<Sidecar>,
    ) -> Result<()> {
        self.band_nodata =
            sidecar::apply(path, limits, &mut self.info, &mut self.has_transform, found)?;
        Ok(())
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

    /// Returns the number of its directory, counted from 0 in file order.
    pub fn directory(&self) -> u32 {
        self.ifd
    }

    /// Returns why some of its tags could not be read: what they say of place, missing values and
    /// metadata is then not known. They keep nobody from the pixels.
    pub fn unread(&self) -> &[Error] {
        self.unread.reasons()
    }

    /// Returns the file it is in; `None` for bytes in memory.
    pub fn path(&self) -> Option<&Path> {
        self.source.path()
    }

    /// Returns where a chunk is stored, or `None` if the file leaves it out.
    /// Parts of one long uncompressed strip count as chunks.
    ///
    /// # Errors
    /// [`Error::Format`] if there is no such chunk or its offset or length
    /// cannot be read, [`Error::Io`].
    pub fn stored(&self, index: u64) -> Result<Option<StoredChunk>> {
        let (offset, bytes) = if self.layout.divided {
            let window = self.layout.chunk_window(index);
            let row = self.layout.row_bytes().unwrap_or(u64::MAX);
            let offset = self.offsets.get(&self.source, 0)?;
            // What the file says of the strip's length is not needed, and often wrong.
            let length = row.saturating_mul(window.height.into());
            let before = row.saturating_mul(window.row as u64);
            (if offset == 0 { 0 } else { offset.saturating_add(before) }, length)
        } else {
            let offset = self.offsets.get(&self.source, index)?;
            let length = match &self.lengths {
                // Lengths that are not stated are none, as in libtiff.
                Some(lengths) if index >= lengths.len() => 0,
                Some(lengths) => lengths.get(&self.source, index)?,
                // Without lengths a chunk reaches as far as it needs to.
                None => self.source.len().saturating_sub(offset).min(self.most_stored_bytes()),
            };
            (offset, length)
        };
        Ok((offset != 0 && bytes != 0).then_some(StoredChunk { offset, bytes }))
    }

    /// Returns how many chunks, from the first on, have their place inside the
    /// file: of all others [`Image::stored`] fails.
    pub(super) fn places(&self) -> u64 {
        if self.layout.divided {
            return u64::MAX;
        }
        let lengths = self.lengths.map(|lengths| (lengths.inside(&self.source), lengths.len()));
        // Lengths that are not stated are none, which is no failure.
        let lengths = lengths.filter(|(inside, all)| inside < all).map(|(inside, _)| inside);
        self.offsets.inside(&self.source).min(lengths.unwrap_or(u64::MAX))
    }

    /// Returns the most bytes that a chunk without a stated length may take: no
    /// codec makes incompressible data more than an eighth larger.
    fn most_stored_bytes(&self) -> u64 {
        let bytes = self.layout.chunk_bytes(self.layout.chunk.height).unwrap_or(u64::MAX);
        bytes.saturating_add(bytes / 8).saturating_add(1024)
    }

    /// Returns the mask that decides which pixels are valid.
    pub fn mask(&self) -> Option<&Self> {
        self.mask.as_deref()
    }
}
