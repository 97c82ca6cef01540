//! Overviews made for a file that has its image already.
//!
//! The image's chunks stay where they are. The writer makes the overviews as it
//! does for a new file, into a file beside; their chunks and directories go to the
//! end of the file, and one write makes them count.

use std::path::Path;

use super::{EditOptions, File, place};
use crate::engine::{Engine, Observer};
use crate::error::{Error, Result};
use crate::geotiff::ghost::Ghost;
use crate::geotiff::write::{self, halves};
use crate::geotiff::{
    BigTiff, Format, GeoTiff, Layout, Mask, OpenOptions, OverviewResampling, Overviews,
    WriteOptions,
};
use crate::ifd::{Chain, Directory, DirectoryBuilder, Header, Limits, Tag, Value};
use crate::io::{ByteOrder, ByteSource, IoMode, Live};

/// `NewSubfileType`: a smaller copy of another image.
const REDUCED: u32 = 1;
/// `NewSubfileType`: a transparency mask of another image.
const MASK: u32 = 4;
/// The side of an overview's tile where the image has none to go by.
const TILE: u32 = 512;

/// Which overviews are made, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewOptions {
    /// How many times smaller than the image they are: with [`Overviews::Auto`]
    /// each half the one before, until one fits a tile.
    pub overviews: Overviews,
    /// How their pixels are made.
    pub resampling: OverviewResampling,
    /// How the bytes of the file are read.
    pub io: IoMode,
}

/// What became of a file's overviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OverviewChange {
    /// How many overviews the file has now.
    pub overviews: usize,
    /// How many it had before, whose bytes stay in the file unused.
    pub replaced: usize,
    /// By how many bytes the file grew.
    pub bytes: u64,
    /// Whether the file was laid out as a COG; it says now that it no longer is.
    pub was_cog: bool,
}

/// Makes, makes again or takes away the overviews of a file's first image, where
/// the file stands; the image's own chunks stay as they are, byte for byte.
///
/// At every moment the file is readable, with its old overviews or the new ones,
/// as with [`super::edit()`]. The overviews have the image's codec, predictor and
/// interleave, and tiles like the image's if it has square ones.
///
/// # Errors
/// [`Error::Unsupported`] if swath cannot write the image's codec, or its byte order
/// is not the machine's; else as [`super::edit()`] and [`Raster::write`](crate::Raster::write).
pub fn overviews(
    path: impl AsRef<Path>,
    options: &OverviewOptions,
    engine: &Engine,
    observer: &mut dyn Observer,
) -> Result<OverviewChange> {
    let path = path.as_ref();
    let open = OpenOptions { io: options.io, ..OpenOptions::default() };
    let image = GeoTiff::open(path, &open)?;
    let source = ByteSource::open(path, options.io)?;
    let mut change = || {
        let header = Header::read(&source)?;
        let chain = Chain::read(&source, &header, &open.limits)?;
        let edit = EditOptions { open, rewrite: false };
        let file = File { source: &source, path, header, chain: &chain, options: &edit };
        file.check_whole()?;
        if chain.directories[0].has(Tag::SubIfd) {
            return Err(Error::unsupported("making overviews of an image with sub-directories"));
        }
        let how = write_options(&image, options)?;
        if how.overviews == Overviews::Factors(Vec::new()) || how.overviews == Overviews::None {
            return append(&file, None);
        }
        let beside = Beside::new(path);
        write::write_overviews(&image.raster(), engine, &beside.0, &how, observer)?;
        let made = ByteSource::open(&beside.0, options.io)?;
        append(&file, Some(&made))
    };
    change().map_err(|e| e.at_path(path))
}

/// A file beside another, for as long as the overviews are made.
struct Beside(std::path::PathBuf);

impl Beside {
    fn new(path: &Path) -> Self {
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}.overviews.tmp", std::process::id()));
        Self(path.with_file_name(name))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It may never have been made; its name says whose it is.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Returns how overviews of an image are written so that they are like it.
fn write_options(file: &GeoTiff, options: &OverviewOptions) -> Result<WriteOptions> {
    let layout = file.image().layout();
    let Layout { size, chunk, compression, predictor, interleave, .. } = *layout;
    let place = |e: Error| e.hint("swath convert makes a new file with overviews");
    if !compression.is_writable() {
        let error = Error::unsupported("making overviews with the image's codec");
        return Err(place(error.found(compression)));
    }
    if layout.order == ByteOrder::Big && layout.dtype.bytes() > 1 {
        return Err(place(Error::unsupported("making overviews in a big-endian file")));
    }
    if u32::from(layout.bits) != 8 * layout.dtype.bytes() as u32 || layout.reversed_bits {
        let found = format!("{} bits a sample", layout.bits);
        return Err(place(Error::unsupported("making overviews of packed samples").found(found)));
    }
    let square = layout.tiled && chunk.width == chunk.height && chunk.width.is_multiple_of(16);
    let tile = if square && (16..=8192).contains(&chunk.width) { chunk.width } else { TILE };
    Ok(WriteOptions {
        format: Format::Tiled,
        compression,
        predictor: Some(predictor),
        tile,
        interleave,
        overviews: match &options.overviews {
            Overviews::Auto => Overviews::Factors(halves(size, tile)),
            other => other.clone(),
        },
        overview_resampling: options.resampling,
        mask: Mask::Auto,
        bigtiff: if file.is_big() { BigTiff::Yes } else { BigTiff::Auto },
        ..WriteOptions::default()
    })
}

/// Returns what a directory says it is, by the bits of `NewSubfileType`.
fn kind(source: &ByteSource, directory: &Directory) -> u32 {
    directory.u32(source, Tag::NewSubfileType).ok().flatten().unwrap_or(0)
}

/// Adds overviews at the end and links them behind the image and its mask, in
/// place of those there were.
fn append(file: &File<'_>, made: Option<&ByteSource>) -> Result<OverviewChange> {
    let big = file.header.big;
    let mut live = Live::open(file.path)?;
    let before = live.len();
    let (mut first, mut overviews, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let mut change = OverviewChange {
        overviews: 0,
        replaced: 0,
        bytes: 0,
        was_cog: Ghost::read(file.source, &file.header)?.is_some_and(|ghost| ghost.is_intact()),
    };
    for (number, directory) in file.chain.directories.iter().enumerate() {
        let kind = kind(file.source, directory);
        if number > 0 && kind & REDUCED != 0 {
            change.replaced += usize::from(kind & MASK == 0);
        } else if number == 0 || kind & MASK != 0 && others.is_empty() {
            first.push(DirectoryBuilder::of(directory));
        } else {
            others.push(DirectoryBuilder::of(directory));
        }
    }
    if let Some(made) = made {
        let header = Header::read(made)?;
        if header.big != big {
            return Err(place::too_large(Error::limit("overviews")));
        }
        for directory in &Chain::read(made, &header, &Limits::default())?.directories {
            let kind = kind(made, directory);
            if kind & REDUCED != 0 {
                overviews.push(moved(made, directory, &mut live)?);
                change.overviews += usize::from(kind & MASK == 0);
            }
        }
    }
    let padding = live.len().next_multiple_of(2) - live.len();
    live.append(&vec![0; padding as usize])?;
    let start = live.len();
    let mut bytes = Vec::new();
    let mut builders = first.into_iter().chain(overviews).chain(others).peekable();
    while let Some(builder) = builders.next() {
        let at = start + bytes.len() as u64;
        let next = if builders.peek().is_some() { at + builder.size(big) } else { 0 };
        bytes.extend(builder.serialize(big, at, next).map_err(place::too_large)?);
    }
    live.append(&bytes)?;
    change.bytes = live.len() - before;
    let (offset, leads) = place::lead(file, file.pointer(), start)?;
    live.switch(offset, &leads)?;
    Ok(change)
}

/// Copies the chunks of an image that was made; returns its directory, which finds them.
fn moved(made: &ByteSource, directory: &Directory, live: &mut Live) -> Result<DirectoryBuilder> {
    let mut builder = DirectoryBuilder::of(directory);
    builder.detach(made, &Limits::default())?;
    let list = |tag| Ok::<_, Error>(directory.u64s(made, tag)?.unwrap_or_default());
    let (mut offsets, lengths) = (list(Tag::TileOffsets)?, list(Tag::TileByteCounts)?);
    for (offset, length) in offsets.iter_mut().zip(lengths) {
        if *offset > 0 && length > 0 {
            *offset = live.append(&made.range(*offset, length)?)?;
        }
    }
    builder.set(Tag::TileOffsets, Value::Offsets(offsets));
    Ok(builder)
}
