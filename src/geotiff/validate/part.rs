//! An image of the file and where its chunks lie.
//!
//! Judged are layouts, not pixels: this reads no more of a directory than that
//! takes, so a file whose codec swath cannot decode is judged all the same.

use super::stated;
use crate::error::{Error, Result};
use crate::ifd::{Array, Directory, Tag};
use crate::io::ByteSource;
use crate::raster::Size;

/// `NewSubfileType`: a smaller copy of another image.
const REDUCED: u32 = 1;
/// `NewSubfileType`: a transparency mask of another image.
const MASK: u32 = 4;

/// An image, overview or mask.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) name: String,
    /// Where its directory lies.
    pub(super) directory: u64,
    pub(super) size: Size,
    pub(super) chunk: Size,
    pub(super) bands: u16,
    offsets: Array,
    lengths: Option<Array>,
    /// How many sets of chunks there are: one a band where bands lie apart.
    pub(super) planes: u64,
    pub(super) mask: Option<Box<Self>>,
}

/// Where a chunk lies; both numbers are above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) bytes: u64,
}

impl Part {
    fn read(source: &ByteSource, directory: &Directory) -> Result<Self> {
        let number = |tag: Tag, name: &str| -> Result<u32> {
            match directory.u32(source, tag)? {
                Some(0) => Err(Error::format(name).expected("at least 1").found(0)),
                Some(n) => Ok(n),
                None => Err(Error::format(name).expected("a value").found("no such tag")),
            }
        };
        let size = Size::new(
            number(Tag::ImageWidth, "image width")?,
            number(Tag::ImageLength, "image height")?,
        );
        let tiled = directory.has(Tag::TileWidth) || directory.has(Tag::TileOffsets);
        let chunk = if tiled {
            let width = number(Tag::TileWidth, "tile width")?;
            Size::new(width, number(Tag::TileLength, "tile height")?)
        } else {
            let rows = stated(directory.u32(source, Tag::RowsPerStrip))?;
            let rows = rows.filter(|&rows| rows > 0).unwrap_or(size.height);
            Size::new(size.width, rows.min(size.height))
        };
        let array = |tag: Tag, other: Tag| -> Result<Option<Array>> {
            Ok(directory.array(source, tag)?.or(directory.array(source, other)?))
        };
        let (offsets, lengths) = if tiled {
            (Tag::TileOffsets, Tag::TileByteCounts)
        } else {
            (Tag::StripOffsets, Tag::StripByteCounts)
        };
        let offsets = array(offsets, Tag::StripOffsets)?.ok_or_else(|| {
            Error::format("offsets of chunks").expected("a list").found("no such tag")
        })?;
        let bands = stated(directory.u16(source, Tag::SamplesPerPixel))?.unwrap_or(1).max(1);
        let apart = stated(directory.u16(source, Tag::PlanarConfiguration))? == Some(2);
        Ok(Self {
            name: String::new(),
            directory: directory.offset(),
            size,
            chunk,
            bands,
            offsets,
            lengths: array(lengths, Tag::StripByteCounts)?,
            planes: if apart { bands.into() } else { 1 },
            mask: None,
        })
    }

    /// Returns the number of chunks of one plane.
    pub(super) fn in_plane(&self) -> u64 {
        let across = self.size.width.div_ceil(self.chunk.width);
        u64::from(across) * u64::from(self.size.height.div_ceil(self.chunk.height))
    }

    /// Returns how many chunks the file has a position for.
    pub(super) fn listed(&self) -> u64 {
        self.offsets.len()
    }

    /// Returns where a chunk lies; `None` if the file leaves it out.
    pub(super) fn chunk(&self, source: &ByteSource, index: u64) -> Result<Option<Place>> {
        // Arrays shorter than they should be leave the rest out.
        if index >= self.offsets.len() {
            return Ok(None);
        }
        let offset = self.offsets.get(source, index)?;
        let bytes = match &self.lengths {
            Some(lengths) if index < lengths.len() => lengths.get(source, index)?,
            _ => 0,
        };
        Ok((offset > 0 && bytes > 0).then_some(Place { offset, bytes }))
    }

    /// Returns where the first chunk in row order that the file has lies.
    pub(super) fn first(&self, source: &ByteSource) -> Result<Option<Place>> {
        for index in 0..self.in_plane().min(self.listed()) {
            if let Some(place) = self.chunk(source, index)? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Returns whether a chunk is as wide as a large image.
    pub(super) fn is_in_strips(&self) -> bool {
        self.is_large() && self.chunk.width == self.size.width
    }

    /// Returns whether the image has more than 512 pixels a side.
    pub(super) fn is_large(&self) -> bool {
        self.size.width > 512 || self.size.height > 512
    }
}

/// The image of a file, and its overviews in file order.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) image: Part,
    pub(super) overviews: Vec<Part>,
}

impl Parts {
    /// Sorts the directories of a file. Those that cannot be read are no
    /// overviews, but the first must be an image.
    pub(super) fn read(source: &ByteSource, directories: &[Directory]) -> Result<Self> {
        let mut images = directories.iter();
        let first = images.next().ok_or_else(|| Error::format("no directory"))?;
        let image = Part::read(source, first).map_err(|e| e.in_ifd(first.index()))?;
        let mut parts = Self { image, overviews: Vec::new() };
        parts.image.name = "image".into();
        let mut masks = Vec::new();
        for directory in images {
            let kind = stated(directory.u32(source, Tag::NewSubfileType))?.unwrap_or(0);
            let Some(part) = stated(Part::read(source, directory).map(Some))? else { continue };
            if kind & MASK != 0 {
                masks.push(part);
            } else if kind & REDUCED != 0 && part.bands == parts.image.bands {
                let name = format!("overview {}", parts.overviews.len() + 1);
                parts.overviews.push(Part { name, ..part });
            }
        }
        for mask in masks {
            let images = std::iter::once(&mut parts.image).chain(&mut parts.overviews);
            let mut fitting = images.filter(|image| image.size == mask.size);
            if let Some(image) = fitting.find(|image| image.mask.is_none()) {
                let name = format!("mask of {}", image.name);
                image.mask = Some(Box::new(Part { name, ..mask }));
            }
        }
        Ok(parts)
    }

    /// Returns the image, then its overviews.
    pub(super) fn levels(&self) -> impl DoubleEndedIterator<Item = &Part> {
        std::iter::once(&self.image).chain(&self.overviews)
    }
}
