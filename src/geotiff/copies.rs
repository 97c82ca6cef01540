//! The smaller copies of an image and its masks, inside the file and beside it.

use std::path::Path;
use std::sync::Arc;

use super::damage::Damage;
use super::sidecar::{Sidecar, SidecarKind, behind};
use super::{GeoTiff, Image, OpenOptions};
use crate::error::{Error, Result};
use crate::ifd::{Chain, Directory, Header, Limits, Tag};
use crate::io::ByteSource;
use crate::raster::Masked;

/// `NewSubfileType`: a smaller copy of another image.
const REDUCED: u32 = 1;
/// `NewSubfileType`: a transparency mask of another image.
const MASK: u32 = 4;
/// GDAL's flag of a mask that all bands share.
const PER_DATASET: u32 = 2;
impl Image {
    /// Finds this image's overviews and masks among the directories after it.
    pub(super) fn find_copies<'a>(
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
            let copy = Self::read_copy(source, header, directory, &options.limits);
            match (copy, kind & MASK != 0) {
                (Ok(copy), false) => self.adopt(copy),
                (Ok(mask), true) => masks.push(Arc::new(mask)),
                // Without its mask an image would be wrong.
                (Err(error), true) if kind & REDUCED == 0 => return Err(error),
                _ => {}
            }
        }
        self.overviews.sort_by_key(|o| std::cmp::Reverse(o.layout.size.pixels()));
        masks.into_iter().for_each(|mask| self.give(mask));
        Ok(())
    }

    /// Gives a mask to the image or overview that it fits, if there is one.
    fn give(&mut self, mask: Arc<Self>) {
        if self.fits(&mask) {
            return self.set_mask(mask);
        }
        let mut overviews = self.overviews.iter_mut().filter_map(Arc::get_mut);
        if let Some(overview) = overviews.find(|overview| overview.fits(&mask)) {
            overview.set_mask(mask);
        }
    }

    /// Finds overviews and masks in the files `.ovr` and `.msk` beside `path`,
    /// of which each is heeded if the file itself holds none, as in GDAL.
    pub(super) fn find_copies_beside(
        &mut self,
        path: &Path,
        options: &OpenOptions,
        found: &mut Vec<Sidecar>,
    ) -> Result<()> {
        let plain = OpenOptions { page: 0, ..*options };
        if let Some(beside) = behind(path, ".ovr").filter(|_| self.overviews.is_empty()) {
            // Overviews that cannot be read cost speed, never pixels.
            if self.adopt_all(&beside, &plain).is_ok() && !self.overviews.is_empty() {
                found.push(Sidecar::new(SidecarKind::Overviews, beside));
            }
        }
        if let Some(beside) = behind(path, ".msk").filter(|_| self.mask.is_none()) {
            // Without its mask the image would be wrong.
            let mut mask = GeoTiff::open(&beside, &plain)?.into_image();
            let Some(flags) = mask.mask_flags() else { return Ok(()) };
            let overviews = Arc::get_mut(&mut mask).map(|mask| std::mem::take(&mut mask.overviews));
            for mask in std::iter::once(mask).chain(overviews.into_iter().flatten()) {
                if flags & PER_DATASET == 0 && mask.layout.bands != self.layout.bands {
                    return Err(Error::format("bands of a mask")
                        .expected(self.layout.bands)
                        .found(mask.layout.bands)
                        .at_path(&beside));
                }
                self.give(mask);
            }
            found.push(Sidecar::new(SidecarKind::Mask, beside));
        }
        Ok(())
    }

    /// Adopts the images of a file of overviews.
    fn adopt_all(&mut self, path: &Path, options: &OpenOptions) -> Result<()> {
        let source = Arc::new(ByteSource::open(path, options.io)?);
        let header = Header::read(&source)?;
        let chain = Chain::read(&source, &header, &options.limits)?;
        self.find_copies(&source, &header, chain.directories.iter(), options)
    }

    /// Returns what a `.msk` file says of its first band (`GMF_` flags of GDAL).
    fn mask_flags(&self) -> Option<u32> {
        self.info.metadata.domains.get("")?.get("INTERNAL_MASK_FLAGS_1")?.trim().parse().ok()
    }

    /// Lets damaged chunks of the image and all its copies go by.
    pub(super) fn share_damage(&mut self, damage: Option<&Arc<Damage>>) {
        self.damage = damage.cloned();
        let copies = self.overviews.iter_mut().chain(self.mask.as_mut());
        copies.filter_map(Arc::get_mut).for_each(|copy| copy.share_damage(damage));
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
            overview.info.masked = self.info.masked;
            overview.band_nodata = self.band_nodata.clone();
            overview.has_transform = self.has_transform;
            self.overviews.push(Arc::new(overview));
        }
    }
}

/// Reads the directories that a directory holds inside (tag 330), of which some
/// writers make overviews. Those that cannot be read are left out.
pub(super) fn sub_directories(
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
