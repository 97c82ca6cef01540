//! The one loop that pulls tiles through the workers.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};

use super::foresight::Foresight;
use super::metrics::{Clocks, Metrics};
use super::{Encode, Observer, Sink, Tile, default_memory};
use crate::error::{Error, Result};
use crate::raster::{Buffer, CancelFlag, ChunkCache, Context, Pool, Raster, Size};

/// How an [`Engine`] works. None of it changes a byte of any output.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Worker threads; 0 means as many as the machine's affinity and cgroup
    /// quotas allow.
    pub threads: usize,
    /// The bytes a run may hold: tiles in work, decoded chunks, spare memory.
    pub memory: u64,
    /// The size of a unit of work in pixels, rounded up by sinks to whole
    /// stored tiles; `None` lets each sink choose.
    pub work: Option<Size>,
}

impl Default for EngineOptions {
    /// All threads, and the memory of [`default_memory`].
    fn default() -> Self {
        Self { threads: 0, memory: default_memory(), work: None }
    }
}

/// Runs rasters into sinks: workers, a memory budget and a way to stop.
#[derive(Debug)]
pub struct Engine {
    workers: Arc<rayon::ThreadPool>,
    options: EngineOptions,
    pool: Pool,
    cache: ChunkCache,
    cancel: CancelFlag,
    clocks: Clocks,
}

impl Engine {
    /// Makes an engine with workers of its own.
    ///
    /// # Errors
    /// [`Error::Io`] if the threads cannot be started.
    pub fn new(options: EngineOptions) -> Result<Self> {
        // rayon's own default reads RAYON_NUM_THREADS; std's honours affinity and quotas.
        let threads = match options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        let workers = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("swath-{i}"))
            .build()
            .map_err(|e| Error::io("start worker threads", std::io::Error::other(e)))?;
        Ok(Self::with_workers(Arc::new(workers), options))
    }

    /// Makes an engine on workers of the caller's, `options.threads` unheeded.
    pub fn with_workers(workers: Arc<rayon::ThreadPool>, options: EngineOptions) -> Self {
        let clocks = Clocks::default();
        Self {
            workers,
            // An eighth for spare memory, three eighths for decoded chunks, half
            // for tiles in work.
            pool: Pool::new(usize::try_from(options.memory / 8).unwrap_or(usize::MAX)),
            cache: ChunkCache::with_clock(options.memory / 8 * 3, clocks.decode.clone()),
            cancel: CancelFlag::new(),
            options,
            clocks,
        }
    }

    /// Returns an engine on the same workers and with the same stop flag, with an `n`-th of the
    /// memory for itself: `n` of them that run at once hold no more than this one may.
    pub fn part(&self, n: usize) -> Self {
        let memory = self.options.memory / n.max(1) as u64;
        let options = EngineOptions { memory, ..self.options.clone() };
        let cache = ChunkCache::with_clock(memory / 8 * 3, self.clocks.decode.clone());
        let part = Self::with_workers(self.workers.clone(), options);
        Self { cancel: self.cancel.clone(), cache, clocks: self.clocks.clone(), ..part }
    }

    /// Returns an engine with as much memory and the same stop flag, on so many workers of its own.
    ///
    /// # Errors
    /// Those of [`Engine::new`].
    pub fn with_threads(&self, threads: usize) -> Result<Self> {
        let own = Self::new(EngineOptions { threads, ..self.options.clone() })?;
        Ok(Self { cancel: self.cancel.clone(), ..own })
    }

    /// Returns an engine that works as this one, on the same workers and with the same spare
    /// memory, and has decoded nothing yet: what earlier runs kept is of no use to the next file.
    pub fn afresh(&self) -> Self {
        Self {
            workers: self.workers.clone(),
            options: self.options.clone(),
            pool: self.pool.clone(),
            cache: ChunkCache::with_clock(self.options.memory / 8 * 3, self.clocks.decode.clone()),
            cancel: self.cancel.clone(),
            clocks: self.clocks.clone(),
        }
    }

    /// Returns the number of workers.
    pub fn threads(&self) -> usize {
        self.workers.current_num_threads()
    }

    /// Returns the flag that stops this engine's runs, for a signal handler or
    /// another thread. Once raised it stays raised.
    pub fn cancel_flag(&self) -> CancelFlag {
        self.cancel.clone()
    }

    /// Returns how it works.
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// Returns where the time of its runs went so far, and of the runs of engines that are parts of
    /// it or were made of it afresh.
    pub fn metrics(&self) -> Metrics {
        self.clocks.metrics()
    }

    /// Returns how many chunks were decoded so far, repeats counted.
    pub fn chunks_decoded(&self) -> u64 {
        self.cache.decoded()
    }

    /// Returns how many different chunks were decoded so far.
    pub fn chunks_seen(&self) -> u64 {
        self.cache.seen()
    }

    /// Returns the most bytes of decoded chunks that were kept at once.
    pub fn chunk_bytes(&self) -> u64 {
        self.cache.peak()
    }

    /// Pulls every tile that `sink` wants out of `raster`.
    ///
    /// The calling thread admits tiles in canonical order while their
    /// footprints fit the memory (one always does, so that the run moves), and
    /// puts finished ones in that order. Workers never wait for it.
    ///
    /// # Errors
    /// The first error of the raster or the sink, [`Error::Limit`] if one tile
    /// alone needs more than the memory, [`Error::Cancelled`] once the flag is raised, [`Error::Defect`] if a worker panicked. The sink is
    /// dropped unfinished then.
    pub fn run<S: Sink>(
        &self,
        raster: &Raster,
        mut sink: S,
        observer: &mut dyn Observer,
    ) -> Result<S::Output> {
        let info = raster.info();
        let (tiling, encoder) = sink.begin(info, &self.options)?;
        let encoder = &encoder;
        let stop = &CancelFlag::new();
        let footprint = |tile: &Tile| {
            let window = encoder.window(*tile);
            Buffer::bytes_for(window, info.bands, info.dtype)
                + raster.source().footprint(window)
                + encoder.footprint(window)
        };
        let (threads, memory) = (self.options.threads, self.options.memory);
        let (width, height) = (info.grid.size.width, info.grid.size.height);
        tracing::debug!(
            width,
            height,
            info.bands,
            tiles = tiling.len(),
            threads,
            memory,
            "run begins"
        );
        let room = self.options.memory / 2;
        let overlap = tiling.iter().next().is_some_and(|tile| encoder.window(tile) != tile.window);
        let once = tiling.keeps_whole(info.chunk) && !overlap;
        // Chunks that lie in one tile each skip the cache, if the raster itself holds them.
        let skips = once && raster.source().origin().is_some();
        let fits = tiling.tile(0).is_some_and(|tile| footprint(&tile) <= memory);
        let window = |tile| encoder.window(tile);
        let foresee = || Foresight::of(raster, window, &tiling, &self.cache, memory, &self.cancel);
        let wants = sink.is_last() && !skips && fits;
        let _foresight = if wants { self.workers.install(foresee) } else { None };
        // Beyond this many, tiles only wait for their turn to be stored.
        let most_in_flight = self.workers.current_num_threads() as u64 * 4;
        self.workers.in_place_scope_fifo(|scope| -> Result<()> {
            // Whatever ends this scope early must not leave workers reading on.
            let _stop = StopOnDrop(stop);
            let (done, results) = mpsc::channel();
            let mut tiles = tiling.iter().map(|tile| (tile, footprint(&tile))).peekable();
            let mut waiting = BTreeMap::new();
            let (mut in_flight, mut bytes, mut stored) = (0u64, 0u64, 0u64);
            while stored < tiling.len() {
                while let Some((tile, own)) = tiles.next_if(|(_, own)| {
                    in_flight == 0
                        || in_flight < most_in_flight && bytes + own + encoder.held() <= room
                }) {
                    if own > self.options.memory {
                        return Err(too_large(own, self.options.memory));
                    }
                    in_flight += 1;
                    bytes += own;
                    let done = done.clone();
                    scope.spawn_fifo(move |_| {
                        let packet = self.work(raster, encoder, tile, once, stop);
                        // The receiver is gone only if the run has failed already.
                        let _ = done.send((tile, own, packet));
                    });
                }
                let (tile, own, packet) =
                    results.recv().map_err(|_| Error::defect("no tile is in work"))?;
                waiting.insert(tile.index, (tile, own, packet?));
                // A packet that waits for its turn still counts as in flight.
                while let Some((tile, own, packet)) = waiting.remove(&stored) {
                    self.clocks.store.time(|| sink.put(tile, packet))?;
                    in_flight -= 1;
                    bytes -= own;
                    stored += 1;
                    observer.tile(stored, tiling.len());
                }
                if self.cancel.is_cancelled() {
                    return Err(Error::Cancelled);
                }
            }
            Ok(())
        })?;
        tracing::debug!(decoded = self.chunks_decoded(), distinct = self.chunks_seen(), "run ends");
        sink.finish()
    }

    /// Makes one tile, on a worker.
    fn work<E: Encode>(
        &self,
        raster: &Raster,
        encoder: &E,
        tile: Tile,
        once: bool,
        stop: &CancelFlag,
    ) -> Result<E::Packet> {
        if stop.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let cx = Context {
            pool: &self.pool,
            cache: &self.cache,
            cancel: &self.cancel,
            once,
            trial: false,
        };
        let (col, row) = (tile.window.col, tile.window.row);
        tracing::trace!(tile = tile.index, col, row, "tile begins");
        let made = catch_unwind(AssertUnwindSafe(|| match encoder.without_pixels(tile)? {
            Some(packet) => Ok(packet),
            None => {
                let window = encoder.window(tile);
                let pixels = self.clocks.read.time(|| cx.read_tile(raster, window))?;
                self.clocks.encode.time(|| encoder.encode(tile, pixels, &cx))
            }
        }));
        made.unwrap_or_else(|panic| {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(Error::defect("a worker panicked")
                .found(message)
                .hint("this is a defect of swath: please report it with the file that caused it"))
        })
    }
}

/// One tile alone needs more memory than a run may hold.
pub(crate) fn too_large(needed: u64, allowed: u64) -> Error {
    Error::limit("memory for one tile and the chunks it is made of")
        .expected(format!("at most {allowed} bytes"))
        .found(format!("{needed} bytes"))
        .hint(format!("allow at least {} MiB, or write smaller tiles", needed.div_ceil(1 << 20)))
}

/// Raises a flag when dropped.
struct StopOnDrop<'a>(&'a CancelFlag);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{DataType, GeoTransform, Grid, Info, Source, Window};

    /// Each sample is a function of its position; reading `fail` fails or panics.
    #[derive(Debug)]
    struct Formula {
        info: Info,
        fail: Option<(i64, bool)>,
    }

    impl Formula {
        fn raster(fail: Option<(i64, bool)>) -> Raster {
            let size = Size::new(1000, 700);
            let grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
            let chunk = Size::new(100, 100);
            let info = Info { chunk, ..Info::new(grid, 2, DataType::I32) };
            Raster::new(Self { info, fail })
        }
    }

    impl Source for Formula {
        fn info(&self) -> &Info {
            &self.info
        }

        fn read(&self, out: &mut Buffer, _cx: &Context<'_>) -> Result<()> {
            let window = out.window();
            match self.fail {
                Some((row, panics)) if (window.row..window.row_end()).contains(&row) => {
                    assert!(!panics, "as asked");
                    return Err(Error::format("row").found(row));
                }
                _ => {}
            }
            for band in 0..out.bands() {
                let columns = window.width as usize;
                for (i, v) in out.plane_mut::<i32>(band).iter_mut().enumerate() {
                    let (row, col) = (i / columns, i % columns);
                    let position = (window.row as usize + row) * 1000 + window.col as usize + col;
                    *v = position as i32 * 2 + i32::from(band);
                }
            }
            Ok(())
        }

        fn footprint(&self, window: Window) -> u64 {
            window.pixels()
        }
    }

    fn engine(threads: usize, memory: u64, work: Option<Size>) -> Engine {
        Engine::new(EngineOptions { threads, memory, work }).expect("threads start")
    }

    #[test]
    fn the_result_does_not_depend_on_threads_memory_or_tiles() {
        let raster = Formula::raster(None);
        for threads in [1, 2, 3, 8] {
            for (memory, work) in [(8 << 20, None), (1 << 30, Some(Size::new(170, 33)))] {
                let whole = engine(threads, memory, work).load(&raster).expect("loads");
                let plane = whole.plane::<i32>(1);
                assert!(plane.iter().enumerate().all(|(i, &v)| v == i as i32 * 2 + 1));
            }
        }
    }

    #[test]
    fn errors_panics_and_cancels_end_a_run() {
        let failing = engine(3, 1 << 30, None).load(&Formula::raster(Some((400, false))));
        assert_eq!(failing.expect_err("fails").to_string(), "row: found 400");
        let panicking = engine(3, 1 << 30, None).load(&Formula::raster(Some((400, true))));
        assert!(matches!(panicking, Err(Error::Defect(_))));
        let stopped = engine(2, 1 << 30, None);
        stopped.cancel_flag().cancel();
        assert!(matches!(stopped.load(&Formula::raster(None)), Err(Error::Cancelled)));
        let small = engine(1, 1 << 20, None).load(&Formula::raster(None));
        assert!(matches!(small, Err(Error::Limit(_))));
    }
}
