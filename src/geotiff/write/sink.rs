//! The file as it grows.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use super::Written;
use super::chunk::Spent;
use super::encode::{Encoded, Layer, TileEncoder};
use super::head::{self, Level, Placed};
use super::moves::Moves;
use super::options::{BigTiff, WriteOptions};
use super::plan::{LevelPlan, Plan};
use super::pyramid::Waiting;
use super::stats::Gathered;
use crate::codec::Compression;
use crate::engine::{EngineOptions, Sink, Tile, Tiling};
use crate::error::{Error, Result};
use crate::geotiff::sidecar::{Companion, companion};
use crate::io::{Scratch, Staged};
use crate::raster::{Info, Size};

/// A GeoTIFF that grows beside its name.
///
/// The image's chunks go straight into the staged file from its first byte;
/// those of overviews are parked. At the end everything that belongs in front
/// of the image is inserted there, so no chunk is written twice and whether the
/// file is a BigTIFF is decided by its actual size. Where chunks are compressed, or
/// a file system cannot insert, room for a head without overviews is left from the
/// beginning. Only where a COG's bands lie apart, one after the other, those after the first are
/// parked too, and added behind it.
#[derive(Debug)]
pub(super) struct FileSink {
    target: PathBuf,
    options: WriteOptions,
    image: bool,
    moves: Option<Moves>,
    file: Option<File>,
}

#[derive(Debug)]
struct File {
    info: Info,
    plan: Arc<Plan>,
    staged: Staged,
    /// What lies beside it.
    companion: Companion,
    parked: Scratch,
    spent: Spent,
    statistics: Option<Arc<Gathered>>,
    /// The number of chunks moved as they were stored.
    moved: u64,
    /// The number of valid samples of the image that equalled nodata.
    displaced: Arc<AtomicU64>,
    /// The room left in front of the image.
    room: u64,
    /// The chunks of each level; those parked count from the start of their file.
    levels: Vec<Level>,
}

impl FileSink {
    pub(super) fn new(target: &Path, options: WriteOptions) -> Self {
        Self { target: target.to_path_buf(), options, image: true, moves: None, file: None }
    }

    /// Stores the overviews alone.
    pub(super) fn without_image(target: &Path, options: WriteOptions) -> Self {
        Self { image: false, ..Self::new(target, options) }
    }

    /// Moves chunks as they are stored, where it can be done.
    pub(super) fn moving(self, moves: Moves) -> Self {
        Self { moves: Some(moves), ..self }
    }

    fn failed(&self, error: Error) -> Error {
        error.at_path(&self.target)
    }

    fn plan(&self, info: &Info, memory: u64) -> Result<Plan> {
        head::check(info)?;
        let plan = Plan { image: self.image, ..Plan::new(info, &self.options)? };
        head::check_places(&plan, memory)?;
        Ok(plan)
    }
}

impl File {
    /// Returns whether a chunk waits in the scratch file until all are there.
    fn parks(&self, level: usize, layer: Layer) -> bool {
        level > 0 || self.plan.cog && self.plan.apart && layer != Layer::Image(0)
    }

    /// Calls `each` with every chunk of a level in the order that it has in the file.
    fn in_order(
        plan: &Plan,
        level: &mut Level,
        mut each: impl FnMut(&mut Placed) -> Result<()>,
    ) -> Result<()> {
        if plan.mask_is_interleaved() {
            for (image, mask) in level.image.iter_mut().zip(&mut level.mask) {
                each(image)?;
                each(mask)?;
            }
            return Ok(());
        }
        level.image.iter_mut().chain(&mut level.mask).try_for_each(each)
    }

    /// Puts the chunks that were parked of the image behind it.
    fn add_bands(&mut self) -> Result<()> {
        if !self.parks(0, Layer::Mask) {
            return Ok(());
        }
        let frame = self.plan.frame();
        let tiles = self.plan.levels[0].tiling.len() as usize;
        let Level { image, mask } = &mut self.levels[0];
        let mut bytes = Vec::new();
        for chunk in image[tiles..].iter_mut().chain(mask).filter(|chunk| chunk.bytes > 0) {
            bytes.resize((chunk.bytes + 2 * frame) as usize, 0);
            self.parked.read_at(chunk.offset - frame, &mut bytes)?;
            chunk.offset = self.staged.append(&bytes)? + frame;
        }
        Ok(())
    }
}

/// Returns the bytes in front of the image: a head, and chunks of overviews.
fn front(head: u64, overviews: u64) -> u64 {
    (head + overviews).next_multiple_of(Staged::BLOCK)
}

/// Appends a framed chunk; returns where its bytes begin.
fn append(frame: u64, bytes: &[u8], mut write: impl FnMut(&[u8]) -> Result<u64>) -> Result<u64> {
    let length = u32::try_from(bytes.len()).map_err(|_| {
        Error::limit("compressed chunk").expected("less than 4 GiB").found(bytes.len())
    })?;
    if frame == 0 {
        return write(bytes);
    }
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
        let plan = self.plan(info, engine.memory).map_err(|e| self.failed(e))?;
        let plan = Arc::new(plan);
        let spent = Spent::default();
        let displaced = Arc::<AtomicU64>::default();
        let statistics = self.options.statistics.then(|| Arc::new(Gathered::new()));
        let mut staged = Staged::create(&self.target, self.options.overwrite)?;
        let companion = if self.image {
            companion(info, &self.target, staged.target(), self.options.overwrite)?
        } else {
            Companion::none()
        };
        let parent = staged.target().parent().filter(|p| !p.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let parked = Scratch::create_in(parent)?;
        let waiting = Waiting { parked: Scratch::create_in(parent)?, limit: engine.memory / 4 };
        let encoder = TileEncoder::new(
            info,
            plan.clone(),
            waiting,
            spent.clone(),
            statistics.clone(),
            self.moves.take(),
            displaced.clone(),
        );
        let level = |level: &LevelPlan| {
            // Counted above, and found to fit in memory.
            let places = |chunks| vec![Placed::default(); (level.tiling.len() * chunks) as usize];
            Level { image: places(plan.chunks_in_tile()), mask: places(plan.masked.into()) }
        };
        let levels: Vec<Level> = plan.levels.iter().map(level).collect();
        let head = head::size(info, &plan, &levels, plan.bigtiff == BigTiff::Yes);
        let head = head.map_err(|e| self.failed(e))?;
        // Statistics take the place of those that were there, which may be longer; nothing else
        // makes a head smaller.
        // With overviews, which go in front as well, something is inserted in any case.
        let late = plan.compression == Compression::None || levels.len() > 1;
        let room = match statistics {
            None => staged.leave_front(front(head, 0), late)?,
            Some(_) => 0,
        };
        let LevelPlan { chunk, tiled, tiling, .. } = plan.levels[0];
        self.file = Some(File {
            info: info.clone(),
            plan,
            staged,
            companion,
            parked,
            spent,
            statistics,
            moved: 0,
            displaced,
            room,
            levels,
        });
        if !tiled {
            return Ok((tiling, encoder));
        }
        // Whole stored tiles, of one row so that they are stored in row order.
        let (side, most) = (chunk.width, info.grid.size.width);
        let width = engine.work.map_or(side, |work| work.width.clamp(1, most));
        let width = width.checked_next_multiple_of(side).unwrap_or(u32::MAX / side * side);
        Ok((Tiling::new(info.grid.size, Size::new(width, chunk.height)), encoder))
    }

    fn put(&mut self, _tile: Tile, packet: Vec<Encoded>) -> Result<()> {
        let file = self.file.as_mut().ok_or_else(|| Error::defect("tile before the beginning"))?;
        let frame = file.plan.frame();
        for Encoded { tile, layer, bytes, moved } in packet {
            let Some(bytes) = bytes else { continue };
            file.moved += u64::from(moved);
            let offset = if file.parks(tile.level, layer) {
                append(frame, &bytes, |b| file.parked.append(b))?
            } else {
                append(frame, &bytes, |b| file.staged.append(b))?
            };
            let tiles = file.plan.levels[tile.level].tiling.len();
            let level = &mut file.levels[tile.level];
            let place = match layer {
                Layer::Image(band) => {
                    &mut level.image[(u64::from(band) * tiles + tile.index) as usize]
                }
                Layer::Mask => &mut level.mask[tile.index as usize],
            };
            *place = Placed { offset, bytes: bytes.len() as u64 };
            file.spent.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
        }
        Ok(())
    }

    fn is_last(&self) -> bool {
        true
    }

    fn finish(mut self) -> Result<Written> {
        let mut file = self.file.take().ok_or_else(|| Error::defect("end before the beginning"))?;
        file.add_bands()?;
        let File {
            mut info,
            plan,
            mut staged,
            companion,
            parked,
            moved,
            displaced,
            room,
            mut levels,
            statistics,
            ..
        } = file;
        if let Some(statistics) = statistics {
            statistics.describe(Arc::make_mut(&mut info.metadata));
        }
        let frame = plan.frame();
        let places = levels[1..].iter().flat_map(|l| l.image.iter().chain(&l.mask));
        let overview_bytes: u64 = places.filter(|c| c.bytes > 0).map(|c| c.bytes + 2 * frame).sum();
        let image_bytes = staged.len() - room;
        let layout = |levels: &[Level], big: bool| -> Result<(u64, u64)> {
            let head = head::size(&info, &plan, levels, big)?;
            Ok((head, front(head, overview_bytes)))
        };
        let (mut head_bytes, mut front) = layout(&levels, false)?;
        let big = plan.bigtiff == BigTiff::Yes || front + image_bytes > u64::from(u32::MAX);
        if big {
            (head_bytes, front) = layout(&levels, true)?;
        }
        let more = front.checked_sub(room).ok_or_else(|| Error::defect("head that shrank"))?;
        staged.insert_front(more)?;
        let mut position = head_bytes;
        let mut bytes = Vec::new();
        for level in levels[1..].iter_mut().rev() {
            File::in_order(&plan, level, |chunk| {
                if chunk.bytes > 0 {
                    bytes.resize((chunk.bytes + 2 * frame) as usize, 0);
                    parked.read_at(chunk.offset - frame, &mut bytes)?;
                    staged.write_at(position, &bytes)?;
                    chunk.offset = position + frame;
                    position += bytes.len() as u64;
                }
                Ok(())
            })?;
        }
        let Level { image, mask } = &mut levels[0];
        for chunk in image.iter_mut().chain(mask).filter(|chunk| chunk.bytes > 0) {
            chunk.offset += more;
        }
        let head = head::bytes(&info, &plan, &levels, big)?;
        staged.write_at(0, &head)?;
        let bytes = staged.len();
        match companion.change {
            Some(beside) => staged.commit_with(beside)?,
            None => staged.commit()?,
        }
        Ok(Written {
            size: info.grid.size,
            bands: info.bands,
            dtype: info.dtype,
            overviews: levels.len() - 1,
            masked: plan.masked,
            moved,
            displaced: displaced.load(Ordering::Relaxed),
            // Told by whoever knows where the chunks came from.
            degraded: 0,
            chunks: levels[0].image.iter().filter(|chunk| chunk.bytes > 0).count() as u64,
            bytes,
            holds_crs: companion.holds_crs,
        })
    }
}
