//! Changing what a file says, not its pixels: [`edit()`].

/// From changes to tags.
mod apply;
/// Overviews made for a file that has its image already: [`overviews()`].
mod overviews;
/// Changes where the file stands.
mod place;
/// Changes in a copy that keeps its layout.
mod rewrite;

use std::collections::BTreeMap;
use std::path::Path;

pub use overviews::{OverviewChange, OverviewOptions, overviews};

use super::OpenOptions;
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::ifd::{Chain, Header};
use crate::io::ByteSource;
use crate::raster::{ColorInterpretation, GeoTransform, NoData};

/// What happens to one thing that a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is said from now on.
    Set(T),
    /// It is no longer said.
    Remove,
}

impl<T> Change<T> {
    fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

/// What is changed in a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edits {
    /// The value that stands for "no value", of the image and its overviews.
    pub nodata: Change<NoData>,
    /// The coordinate reference system; coordinates stay the numbers they are.
    pub crs: Change<Crs>,
    /// From pixel positions to coordinates; ground control points give way to it.
    pub transform: Change<GeoTransform>,
    /// Items of the unnamed domain; those named as GDAL names TIFF tags
    /// (`TIFFTAG_SOFTWARE`) are tags.
    pub items: BTreeMap<String, Change<String>>,
    /// What is said of bands, counted from 0.
    pub bands: BTreeMap<u16, BandEdits>,
}

/// What is changed in what a file says of a band.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BandEdits {
    /// A name.
    pub description: Change<String>,
    /// What samples are multiplied by.
    pub scale: Change<f64>,
    /// What is added to that.
    pub offset: Change<f64>,
    /// The unit of values.
    pub unit: Change<String>,
    /// What the band means as a colour.
    pub color: Change<ColorInterpretation>,
}

/// How a file is changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct EditOptions {
    /// How the file is read, and which of its images is changed.
    pub open: OpenOptions,
    /// Whether a whole copy takes the file's place, which keeps a COG one. Without
    /// it only what changes is written.
    pub rewrite: bool,
}

/// How the changes came into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum How {
    /// The file said all that already: nothing was written.
    Unchanged,
    /// Over what was there before, in one write.
    InPlace,
    /// Directories were added at the end, and one write made them count.
    Appended {
        /// By how many bytes the file grew.
        bytes: u64,
        /// Whether the file was laid out as a COG; it says now that it no longer is.
        was_cog: bool,
    },
    /// A copy took the file's place.
    Rewritten,
}

/// Changes what a file says; its pixels stay as they are, byte for byte.
///
/// At every moment the file is readable, as it was or as it will be, even if the
/// process or the machine stops: only one write, inside one sector of the disk,
/// changes what it means.
///
/// Overviews keep their pixels: if they were made with another nodata value,
/// they should be made again.
///
/// # Errors
/// [`Error::Usage`] if a change makes no sense for the file, [`Error::Io`] if
/// the system refuses, and as [`super::GeoTiff::open`]; the file is then as it was.
/// An [`Error::Io`] from the disk in the very last write leaves it either way.
pub fn edit(path: impl AsRef<Path>, edits: &Edits, options: &EditOptions) -> Result<How> {
    let path = path.as_ref();
    let source = ByteSource::open(path, options.open.io)?;
    change(&source, path, edits, options).map_err(|e| e.at_path(path))
}

fn change(source: &ByteSource, path: &Path, edits: &Edits, options: &EditOptions) -> Result<How> {
    let header = Header::read(source)?;
    let chain = Chain::read(source, &header, &options.open.limits)?;
    let file = File { source, path, header, chain: &chain, options };
    let changed = apply::directories(&file, edits)?;
    if changed.is_empty() {
        return Ok(How::Unchanged);
    }
    if options.rewrite { rewrite::copy(&file, changed) } else { place::change(&file, changed) }
}

/// A file to be changed.
#[derive(Debug, Clone, Copy)]
struct File<'a> {
    source: &'a ByteSource,
    path: &'a Path,
    header: Header,
    chain: &'a Chain,
    options: &'a EditOptions,
}

impl File<'_> {
    /// Returns where the file says where the first directory lies.
    fn pointer(&self) -> u64 {
        if self.header.big { 8 } else { 4 }
    }

    /// Refuses what would cut off the directories behind a break.
    fn check_whole(&self) -> Result<()> {
        match &self.chain.broken {
            None => Ok(()),
            Some(broken) => Err(Error::format("chain of directories")
                .expected("one that ends in 0")
                .found(broken.to_string())),
        }
    }
}
