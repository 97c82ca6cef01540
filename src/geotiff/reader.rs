//! An open file; its images as rasters.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Image;
use super::copies::sub_directories;
use super::damage::{Damage, DamageList, Damaged, OnCorrupt};
use super::pixels::Stored;
use super::sidecar::Sidecar;
use crate::error::{Error, Result};
use crate::ifd::{Chain, Header, Limits};
use crate::io::{ByteSource, IoMode};
use crate::raster::Raster;

/// How a file is opened.
#[derive(Debug, Clone, Copy)]
pub struct OpenOptions {
    /// How its bytes are read.
    pub io: IoMode,
    /// What it may ask for.
    pub limits: Limits,
    /// Which image of the file, counted from 0 along the chain of its
    /// directories: overviews and masks count, as for GDAL's `GTIFF_DIR`.
    pub page: u32,
    /// Whether files beside it are heeded ([`SidecarKind`](super::SidecarKind)), which speak
    /// of its first image alone.
    pub sidecars: bool,
    /// What becomes of a chunk that is damaged or cut short.
    pub on_corrupt: OnCorrupt,
}

impl Default for OpenOptions {
    /// Mapped, the default limits, the first image with its sidecars; what is
    /// damaged fails.
    fn default() -> Self {
        Self {
            io: IoMode::default(),
            limits: Limits::default(),
            page: 0,
            sidecars: true,
            on_corrupt: OnCorrupt::default(),
        }
    }
}

/// An open GeoTIFF: one image and its overviews.
#[derive(Debug, Clone)]
pub struct GeoTiff {
    image: Arc<Image>,
    header: Header,
    page: u32,
    pages: usize,
    sidecars: Vec<Sidecar>,
    damage: Option<Arc<Damage>>,
}

impl GeoTiff {
    /// Opens a file: reads its directories and what is beside it, no pixels.
    ///
    /// `name.tif#2` is the second image of `name.tif`, as `page` 1 is, unless
    /// there is a file of that whole name.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::Format`] if it is no TIFF or
    /// its first image or a sidecar breaks the format, [`Error::Unsupported`]
    /// naming what swath cannot read, [`Error::Limit`] if it asks for more than
    /// the options allow, [`Error::Usage`] if there is no such page, or one is
    /// named twice.
    pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        Self::open_listing(path, options, &DamageList::default())
    }

    /// Opens a file as [`GeoTiff::open`] does; its chunks that go by as nodata are
    /// added to `damage`.
    ///
    /// # Errors
    /// Those of [`GeoTiff::open`].
    pub fn open_listing(
        path: impl AsRef<Path>,
        options: &OpenOptions,
        damage: &DamageList,
    ) -> Result<Self> {
        let path = path.as_ref();
        let Some((file, page)) = split_page(path) else {
            let source = Arc::new(ByteSource::open(path, options.io)?);
            let opened = Self::read(source, options, damage).map_err(|e| e.at_path(path));
            if let Ok(file) = &opened {
                let (layout, path) = (file.image.layout(), path.display());
                let (width, height) = (layout.size.width, layout.size.height);
                let (bands, dtype, codec) = (layout.bands, layout.dtype, layout.compression);
                tracing::debug!(%path, width, height, bands, %dtype, ?codec, "opened");
            }
            return opened;
        };
        let number = page.checked_sub(1).filter(|_| options.page == 0).ok_or_else(|| {
            Error::usage("page").expected("one, counted from 1").found(page).at_path(path)
        })?;
        Self::open_listing(file, &OpenOptions { page: number, ..*options }, damage)
    }

    /// Reads a file that is in memory already.
    ///
    /// # Errors
    /// As [`GeoTiff::open`], without a path.
    pub fn from_bytes(bytes: Vec<u8>, options: &OpenOptions) -> Result<Self> {
        Self::read(Arc::new(ByteSource::from_vec(bytes)), options, &DamageList::default())
    }

    /// Reads a file whose bytes are reached by `source`, with the files beside it if it has a path.
    ///
    /// # Errors
    /// As [`GeoTiff::open`].
    pub fn from_source(source: ByteSource, options: &OpenOptions) -> Result<Self> {
        let path = source.path().map(Path::to_path_buf);
        let read = Self::read(Arc::new(source), options, &DamageList::default());
        read.map_err(|e| match path {
            Some(path) => e.at_path(path),
            None => e,
        })
    }

    fn read(source: Arc<ByteSource>, options: &OpenOptions, damage: &DamageList) -> Result<Self> {
        let damage = match options.on_corrupt {
            OnCorrupt::Fail => None,
            OnCorrupt::Nodata => Some(damage.0.clone()),
        };
        Self::read_into(source, options, damage)
    }

    /// Reads a file whose damaged chunks, if they go by, are listed in `damage`.
    pub(super) fn read_into(
        source: Arc<ByteSource>,
        options: &OpenOptions,
        damage: Option<Arc<Damage>>,
    ) -> Result<Self> {
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
        let mut sidecars = Vec::new();
        // They speak of the first image alone.
        let beside = source.path().filter(|_| options.sidecars && options.page == 0);
        if let Some(path) = beside {
            image.heed(path, limits, &mut sidecars)?;
        }
        let inner = sub_directories(&source, &header, page, limits);
        image.find_copies(&source, &header, inner.iter().chain(others), options)?;
        if let Some(path) = beside {
            image.find_copies_beside(path, options, &mut sidecars)?;
        }
        image.share_damage(damage.as_ref());
        let (image, pages) = (Arc::new(image), directories.len());
        Ok(Self { image, header, page: options.page, pages, sidecars, damage })
    }

    /// Returns the image as a raster.
    pub fn raster(&self) -> Raster {
        Raster::new(Stored::new(self.image.clone()))
    }

    /// Returns the image as it is stored.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Returns the image to change; `None` once a raster has it.
    pub(super) fn image_mut(&mut self) -> Option<&mut Image> {
        Arc::get_mut(&mut self.image)
    }

    pub(super) fn into_image(self) -> Arc<Image> {
        self.image
    }

    /// Returns the number of images in the file, overviews and masks included.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Returns which of them this is, counted from 0.
    pub fn page(&self) -> u32 {
        self.page
    }

    /// Returns the path of the file, without a page behind it; `None` for bytes in memory.
    pub fn path(&self) -> Option<&Path> {
        self.image.source.path()
    }

    /// Returns the files beside it of which something was taken.
    pub fn sidecars(&self) -> &[Sidecar] {
        &self.sidecars
    }

    /// Returns the chunks that went by as nodata so far, in the order of files,
    /// directories and offsets, and whether there are more than the list holds
    /// (10,000). Which they are depends on what was read, never on the order.
    pub fn damaged(&self) -> (Vec<Damaged>, bool) {
        self.damage.as_ref().map(|damage| damage.list()).unwrap_or_default()
    }

    /// Returns whether the file is a BigTIFF, with 64-bit offsets.
    pub fn is_big(&self) -> bool {
        self.header.big
    }
}

/// Splits `name.tif#2` into file and page, unless it is the name of a file.
pub(crate) fn split_page(path: &Path) -> Option<(PathBuf, u32)> {
    let (file, page) = path.file_name()?.to_str()?.rsplit_once('#')?;
    let page = page.parse().ok().filter(|_| page.bytes().all(|byte| byte.is_ascii_digit()))?;
    // What cannot be asked for is not there either.
    let plain = file.is_empty() || path.try_exists().unwrap_or(false);
    (!plain).then(|| (path.with_file_name(file), page))
}
