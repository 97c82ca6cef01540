//! The file as it grows.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::encode::{Encoded, Spent, TileEncoder};
use super::head::{self, Level, Placed};
use super::pyramid::{Waiting, level_sizes};
use super::{Format, WriteOptions, Written};
use crate::engine::{EngineOptions, Sink, Tile, Tiling};
use crate::error::{Error, Result};
use crate::io::{Scratch, Staged};
use crate::raster::{Info, Size};

/// Front gaps are multiples of this, so that a file system can insert them
/// without moving what follows.
const BLOCK: u64 = 4096;

/// A GeoTIFF that grows beside its name.
///
/// The image's chunks go straight into the staged file from its first byte;
/// those of overviews are parked. At the end everything that belongs in front
/// of the image is inserted there, so no chunk is written twice and whether the
/// file is a BigTIFF is decided by its actual size.
#[derive(Debug)]
pub(super) struct FileSink {
    target: PathBuf,
    options: WriteOptions,
    file: Option<File>,
}

#[derive(Debug)]
struct File {
    info: Info,
    staged: Staged,
    parked: Scratch,
    spent: Spent,
    /// The chunks of each level; offsets count from the level's own start.
    levels: Vec<Level>,
}

impl FileSink {
    pub(super) fn new(target: &Path, options: WriteOptions) -> Self {
        Self { target: target.to_path_buf(), options, file: None }
    }

    /// Returns how many bytes stand before and after a chunk: in a COG its
    /// length, and its last 4 bytes again, as GDAL's readers expect.
    fn frame(&self) -> u64 {
        if self.options.format == Format::Cog { 4 } else { 0 }
    }

    fn failed(&self, error: Error) -> Error {
        error.at_path(&self.target)
    }
}

/// Appends a framed chunk; returns where its bytes begin.
fn append(frame: u64, bytes: &[u8], mut write: impl FnMut(&[u8]) -> Result<u64>) -> Result<u64> {
    if frame == 0 {
        return write(bytes);
    }
    let length = u32::try_from(bytes.len()).map_err(|_| {
        Error::limit("compressed chunk").expected("less than 4 GiB").found(bytes.len())
    })?;
    write(&length.to_le_bytes())?;
    let offset = write(bytes)?;
    // A chunk shorter than that repeats what there is, padded with zeros.
    let mut trailer = [0; 4];
    let tail = bytes.len().min(4);
    trailer[..tail].copy_from_slice(&bytes[bytes.len() - tail..]);
    write(&trailer)?;
    Ok(offset)
}

impl Sink for FileSink {
    type Encoder = TileEncoder;
    type Output = Written;

    fn begin(&mut self, info: &Info, engine: &EngineOptions) -> Result<(Tiling, TileEncoder)> {
        let WriteOptions { tile, overviews, .. } = self.options;
        let sizes = level_sizes(info.grid.size, tile, overviews);
        head::check(info).map_err(|e| self.failed(e))?;
        // Where each chunk lies is kept to the end, and written as often again.
        let side = Size::new(tile, tile);
        let tiles: u64 = sizes.iter().map(|&size| Tiling::new(size, side).len()).sum();
        let bytes = tiles.saturating_mul(2 * size_of::<Placed>() as u64);
        if bytes > engine.memory / 4 {
            return Err(self.failed(
                Error::limit("positions of the output's tiles")
                    .expected(format!(
                        "at most {} bytes, a quarter of the memory",
                        engine.memory / 4
                    ))
                    .found(format!("{bytes} bytes for {tiles} tiles"))
                    .hint("write larger tiles, ask for fewer pixels, or allow more memory"),
            ));
        }
        let spent = Spent::default();
        let staged = Staged::create(&self.target, self.options.overwrite)?;
        let parent = staged.target().parent().filter(|p| !p.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let parked = Scratch::create_in(parent)?;
        let waiting = Waiting { parked: Scratch::create_in(parent)?, limit: engine.memory / 4 };
        let encoder = TileEncoder::new(info, &self.options, &sizes, waiting, spent.clone())
            .map_err(|e| self.failed(e))?;
        let level = |&size: &Size| {
            // Counted above, and found to fit in memory.
            let chunks = vec![Placed::default(); Tiling::new(size, side).len() as usize];
            Level { size, chunks }
        };
        let levels = sizes.iter().map(level).collect();
        self.file = Some(File { info: info.clone(), staged, parked, spent, levels });
        // Whole stored tiles, of one row so that they are stored in row order.
        let most = info.grid.size.width;
        let width = engine.work.map_or(tile, |work| work.width.clamp(1, most));
        let width = width.checked_next_multiple_of(tile).unwrap_or(u32::MAX / tile * tile);
        Ok((Tiling::new(info.grid.size, Size::new(width, tile)), encoder))
    }

    fn put(&mut self, _tile: Tile, packet: Vec<Encoded>) -> Result<()> {
        let frame = self.frame();
        let file = self.file.as_mut().ok_or_else(|| Error::defect("tile before the beginning"))?;
        for Encoded { place, bytes } in packet {
            let offset = if place.level == 0 {
                append(frame, &bytes, |b| file.staged.append(b))?
            } else {
                append(frame, &bytes, |b| file.parked.append(b))?
            };
            file.levels[place.level].chunks[place.index as usize] =
                Placed { offset, bytes: bytes.len() as u64 };
            file.spent.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Written> {
        let frame = self.frame();
        let file = self.file.take().ok_or_else(|| Error::defect("end before the beginning"))?;
        let File { info, mut staged, parked, mut levels, .. } = file;
        let overview_bytes: u64 =
            levels[1..].iter().flat_map(|l| &l.chunks).map(|c| c.bytes + 2 * frame).sum();
        let image_bytes = staged.len();
        let plan = |big: bool| -> Result<(u64, u64)> {
            let head = head::size(&info, &self.options, &levels, big)?;
            Ok((head, (head + overview_bytes).next_multiple_of(BLOCK)))
        };
        let (mut head_bytes, mut front) = plan(false)?;
        let big = front + image_bytes > u64::from(u32::MAX);
        if big {
            (head_bytes, front) = plan(true)?;
        }
        staged.insert_front(front)?;
        let mut position = head_bytes;
        let mut bytes = Vec::new();
        for level in levels[1..].iter_mut().rev() {
            for chunk in &mut level.chunks {
                bytes.resize((chunk.bytes + 2 * frame) as usize, 0);
                parked.read_at(chunk.offset - frame, &mut bytes)?;
                staged.write_at(position, &bytes)?;
                chunk.offset = position + frame;
                position += bytes.len() as u64;
            }
        }
        for chunk in &mut levels[0].chunks {
            chunk.offset += front;
        }
        let head = head::bytes(&info, &self.options, &levels, big)?;
        staged.write_at(0, &head)?;
        let bytes = staged.len();
        staged.commit()?;
        Ok(Written {
            size: info.grid.size,
            bands: info.bands,
            dtype: info.dtype,
            overviews: levels.len() - 1,
            bytes,
        })
    }
}
