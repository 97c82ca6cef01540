//! What writing a raster would take, without doing it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::chunk::{ChunkMaker, Spent};
use super::encode::TileEncoder;
use super::moves::Moves;
use super::plan::Plan;
use super::pyramid::Waiting;
use super::{WriteOptions, choose, head};
use crate::engine::{Encode, Engine, Foresight, Tiling};
use crate::error::{Error, Result};
use crate::io::Scratch;
use crate::raster::{
    Buffer, ChunkCache, ChunkKey, Context, DataType, Info, Need, Pool, Raster, Size, Window,
};

/// How many tiles are made to see how long they take and how small they become.
const SAMPLES: u64 = 12;
/// Up to so many tiles, the chunks that each needs are counted; of more, those of as many.
const COUNTED: u64 = 1 << 16;
/// Up to so many times chunks are looked up.
const ASKED: u64 = 1 << 23;
/// Tiles in a row that are counted together where not all are: neighbours share chunks.
const RUN: u64 = 256;

/// What writing a raster would take.
///
/// Counts of chunks are those of a run in the order of tiles with this memory; where there are more than 65,536
/// tiles, or 2^23 lookups, they follow from evenly spaced runs of 256 tiles: repeated decodes scaled, different chunks as
/// far as the second half of the runs still met new ones, and no more than lie between the first and the last of an image. Sizes and times follow from twelve tiles, made
/// and thrown away.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WritePlan {
    /// The size of the image in pixels.
    pub size: Size,
    /// The number of bands.
    pub bands: u16,
    /// The number of overviews.
    pub overviews: usize,
    /// The number of units of work.
    pub tiles: u64,
    /// Whether all tiles were counted.
    pub counted: bool,
    /// The number of different stored chunks that would be read.
    pub chunks: u64,
    /// How many times one would be decoded or moved.
    pub decodes: u64,
    /// The bytes of the different stored chunks.
    pub read_bytes: u64,
    /// Whether the image's chunks would be moved as they are stored.
    pub moved: bool,
    /// The likely size of the file in bytes.
    pub written_bytes: u64,
    /// The size of the file in bytes that it cannot exceed.
    pub most_bytes: u64,
    /// The bytes that the largest tile holds while it is made, its chunks not counted.
    pub tile_bytes: u64,
    /// The bytes that the run may hold.
    pub memory: u64,
    /// The seconds of one processor that pixels would take to be made, chunks decoded.
    pub make_seconds: f64,
    /// The same of decoding.
    pub decode_seconds: f64,
    /// The same of encoding, overviews included.
    pub encode_seconds: f64,
    /// The number of threads.
    pub threads: usize,
}

impl WritePlan {
    /// Returns how often a chunk is decoded, on average; 1 is best. 1 if none is.
    pub fn amplification(&self) -> f64 {
        if self.chunks == 0 { 1.0 } else { self.decodes as f64 / self.chunks as f64 }
    }

    /// Returns the seconds that all threads together would take, if nothing else runs and the disk
    /// keeps up.
    pub fn seconds(&self) -> f64 {
        let all = self.make_seconds + self.decode_seconds + self.encode_seconds;
        all / self.threads.max(1) as f64
    }
}

impl Raster {
    /// Returns what [`Raster::write_with`] would take, without writing anything: every tile's chunks are
    /// looked up, and a few tiles are made and encoded.
    ///
    /// # Errors
    /// Those of writing that show before the first tile is stored: options that contradict one
    /// another, a tile that needs more memory than there is; and whatever keeps the sample from being
    /// made.
    pub fn plan_write(&self, engine: &Engine, options: &WriteOptions) -> Result<WritePlan> {
        options.check()?;
        let moves = Moves::find(self, options)?;
        let moved = moves.is_some();
        let options = match moves {
            Some((_, options)) => options,
            None => choose::settled(self, engine, options)?,
        };
        let info = self.info();
        head::check(info)?;
        let plan = Arc::new(Plan::new(info, &options)?);
        let memory = engine.options().memory;
        head::check_places(&plan, memory)?;
        let tiling = plan.levels[0].tiling;
        let tile_bytes = tile_bytes(self, engine, &plan)?;
        if tile_bytes > memory {
            return Err(Error::limit("memory for one tile")
                .expected(format!("at most {memory} bytes"))
                .found(format!("{tile_bytes} bytes"))
                .hint(format!("allow at least {} MiB", tile_bytes.div_ceil(1 << 20))));
        }
        let (needs, counted) = needs(self, engine, tiling)?;
        let sample = Sample::of(self, engine, &plan, tiling)?;
        let image = info.grid.size.pixels() as f64;
        let all: f64 = plan.levels.iter().map(|level| level.size.pixels() as f64).sum();
        // Pixels that are moved are not encoded, but overviews are made of them all the same.
        let encoded = if moved { all - image } else { all };
        let per_pixel = sample.bytes / sample.pixels.max(1.0);
        let stored = if moved { needs.read_bytes as f64 } else { per_pixel * image };
        let made = if moved && plan.levels.len() == 1 { 0.0 } else { image };
        let decodes = if made > 0.0 { needs.decodes as f64 } else { 0.0 };
        Ok(WritePlan {
            size: info.grid.size,
            bands: info.bands,
            overviews: plan.levels.len() - 1,
            tiles: tiling.len(),
            counted,
            chunks: needs.chunks,
            decodes: needs.decodes,
            read_bytes: needs.read_bytes,
            moved,
            written_bytes: (stored + per_pixel * (all - image)) as u64 + head_bytes(info, &plan),
            most_bytes: plan.most_bytes(),
            tile_bytes,
            memory,
            make_seconds: sample.make / sample.pixels.max(1.0) * made,
            decode_seconds: sample.decode / sample.decodes.max(1.0) * decodes,
            encode_seconds: sample.encode / sample.pixels.max(1.0) * encoded,
            threads: engine.threads(),
        })
    }
}

/// The bytes that say where chunks lie, about.
fn head_bytes(info: &Info, plan: &Plan) -> u64 {
    let places = |tiles: u64| 12 * tiles * (plan.chunks_in_tile() + u64::from(plan.masked));
    let levels: u64 = plan.levels.iter().map(|level| places(level.tiling.len())).sum();
    levels + 1024 + info.metadata.icc.as_ref().map_or(0, |icc| icc.len() as u64)
}

/// What of the stored chunks a run needs.
#[derive(Debug, Default)]
struct Needs {
    chunks: u64,
    decodes: u64,
    read_bytes: u64,
}

/// Counts the chunks that tiles need, in order, with as much room for decoded ones as a run has.
fn needs(raster: &Raster, engine: &Engine, tiling: Tiling) -> Result<(Needs, bool)> {
    let cache = ChunkCache::new(engine.options().memory / 8 * 3);
    let (mut needs, mut looked, pool) = (Needs::default(), 0, Pool::new(0));
    let all = tiling.len() <= COUNTED;
    // Runs of neighbours, evenly spaced.
    let runs = if all { 1 } else { COUNTED / RUN };
    let run = if all { tiling.len() } else { RUN };
    let (cancel, mut asked, mut half) = (engine.cancel_flag(), 0u64, (0, 0));
    let foresee = || {
        Foresight::of(raster, |tile| tile.window, &tiling, &cache, engine.options().memory, &cancel)
    };
    let _foresight = if all { foresee() } else { None };
    // The first and the last chunk that is needed of each image.
    let mut spans = BTreeMap::<u64, (u64, u64)>::new();
    for number in 0..runs {
        if number == runs / 2 {
            half = (needs.chunks, spans.len() as u64);
        }
        let first = (u128::from(tiling.len() - run) * u128::from(number)
            / u128::from((runs - 1).max(1))) as u64;
        for tile in (first..first + run).filter_map(|index| tiling.tile(index)) {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if asked > ASKED {
                break;
            }
            looked += 1;
            raster.source().needs(tile.window, &mut |need: Need| {
                asked += 1;
                let (before, seen) = (cache.decoded(), cache.has_seen(need.key));
                // Nothing stands for the chunk: its bytes are counted as they would be.
                let stand_in = || Ok(Buffer::new(&pool, Window::new(0, 0, 0, 0), 1, DataType::U8));
                let _ = cache.get_or_decode(need.key, need.decoded_bytes, stand_in);
                needs.decodes += cache.decoded() - before;
                if !seen {
                    needs.chunks += 1;
                    needs.read_bytes += need.stored_bytes;
                    let ChunkKey { source, chunk } = need.key;
                    let span = spans.entry(source).or_insert((chunk, chunk));
                    *span = (span.0.min(chunk), span.1.max(chunk));
                }
            });
        }
    }
    let counted = looked == tiling.len();
    if !counted {
        let by = tiling.len() as f64 / looked.max(1) as f64;
        // Where the second half of the tiles needed no others, there are no others.
        let more = |all: u64, half: u64| {
            1.0 + (by - 1.0) * ((all - half) as f64 / half.max(1) as f64).min(1.0)
        };
        // No more than lie between the first and the last of each image.
        let most: u64 = spans.values().map(|(first, last)| last - first + 1).sum();
        let most = most as f64 * more(spans.len() as u64, half.1);
        let chunks = (needs.chunks as f64 * more(needs.chunks, half.0)).min(most);
        let share = chunks / needs.chunks.max(1) as f64;
        // Chunks are decoded once each, and again as often as the tiles looked at had it.
        let again = needs.decodes.saturating_sub(needs.chunks) as f64 * by;
        needs = Needs {
            chunks: chunks as u64,
            decodes: (chunks + again) as u64,
            read_bytes: (needs.read_bytes as f64 * share) as u64,
        };
    }
    Ok((needs, counted))
}

/// Evenly spaced tiles.
fn spread(tiling: Tiling, count: u64) -> impl Iterator<Item = Window> {
    let count = count.min(tiling.len());
    let place = move |k: u64| {
        (u128::from(tiling.len()) * u128::from(2 * k + 1) / u128::from(2 * count)) as u64
    };
    (0..count).filter_map(move |k| Some(tiling.tile(place(k))?.window))
}

/// The most bytes that one of some hundred tiles holds while it is made.
fn tile_bytes(raster: &Raster, engine: &Engine, plan: &Arc<Plan>) -> Result<u64> {
    let info = raster.info();
    // Nothing is put there.
    let parked = Scratch::create_in(std::env::temp_dir())?;
    let waiting = Waiting { parked, limit: engine.options().memory / 4 };
    let (spent, displaced) = (Spent::default(), Arc::default());
    let encoder = TileEncoder::new(info, plan.clone(), waiting, spent, None, None, displaced);
    let of = |window: Window| {
        Buffer::bytes_for(window, info.bands, info.dtype)
            + raster.source().footprint(window)
            + encoder.footprint(window)
    };
    Ok(spread(plan.levels[0].tiling, 256).map(of).max().unwrap_or(0))
}

/// What some tiles took: seconds of one processor, bytes, pixels.
#[derive(Debug, Default)]
struct Sample {
    pixels: f64,
    bytes: f64,
    make: f64,
    decode: f64,
    decodes: f64,
    encode: f64,
}

impl Sample {
    fn of(raster: &Raster, engine: &Engine, plan: &Arc<Plan>, tiling: Tiling) -> Result<Self> {
        let info = raster.info();
        let maker = ChunkMaker::new(info, plan.clone(), Spent::default());
        let cancel = engine.cancel_flag();
        let pool = Pool::new(usize::try_from(engine.options().memory / 8).unwrap_or(usize::MAX));
        let mut all = Self::default();
        for window in spread(tiling, SAMPLES) {
            let cache = ChunkCache::new(engine.options().memory / 8 * 3);
            let cx =
                Context { pool: &pool, cache: &cache, cancel: &cancel, once: false, trial: true };
            let begun = Instant::now();
            cx.read(raster, window)?;
            let cold = begun.elapsed().as_secs_f64();
            // Once more, now that its chunks are decoded.
            let begun = Instant::now();
            let mut pixels = cx.read(raster, window)?;
            let warm = begun.elapsed().as_secs_f64().min(cold);
            all.make += warm;
            all.decode += cold - warm;
            all.decodes += cache.decoded() as f64;
            let begun = Instant::now();
            maker.settle(&mut pixels);
            for first in (0..plan.bands).step_by(plan.bands_in_chunk().into()) {
                let chunk = maker.image(&plan.levels[0], &pixels, first, &cx)?;
                all.bytes += chunk.map_or(0, |chunk| chunk.len()) as f64;
            }
            all.encode += begun.elapsed().as_secs_f64();
            // What is stored beyond the edge is encoded too, but counts with what it is the edge of.
            all.pixels += window.pixels() as f64;
        }
        Ok(all)
    }
}
