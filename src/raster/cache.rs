//! Decoded chunks, bounded in bytes: a chunk wanted twice is decoded once.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Buffer, Clock};
use crate::error::Result;

/// A decoded chunk, shared by all who read from it.
pub type Chunk = Arc<Buffer>;

/// Names a chunk within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChunkKey {
    /// The image it belongs to: [`ChunkKey::new_source`].
    pub source: u64,
    /// Its index in the image.
    pub chunk: u64,
}

/// The next number of an image that nothing has.
static NEXT: AtomicU64 = AtomicU64::new(0);

impl ChunkKey {
    /// Returns a number for an image, different at each call.
    pub fn new_source() -> u64 {
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the first of two numbers for an image and its mask, different at each call.
    pub(crate) fn new_sources() -> u64 {
        NEXT.fetch_add(2, Ordering::Relaxed)
    }
}

/// Decoded chunks: one that is known to be wanted no more is dropped at once, the others,
/// least recently used first, once they exceed a number of bytes. What it holds changes how long reads take, never what they give.
#[derive(Debug)]
pub struct ChunkCache {
    shelves: Mutex<Shelves>,
    limit: u64,
    decoded: AtomicU64,
    decoding: Clock,
}

#[derive(Debug, Default)]
struct Shelves {
    entries: HashMap<ChunkKey, Entry>,
    /// Keys by last use, oldest first.
    by_use: BTreeMap<u64, ChunkKey>,
    clock: u64,
    bytes: u64,
    /// The most that `bytes` was.
    peak: u64,
    /// How often chunks will still be wanted, of those of which that is known.
    wanted: HashMap<ChunkKey, u32>,
    /// The chunks ever decoded: a bit each, in blocks of 512 by source.
    seen: BTreeMap<(u64, u64), [u64; 8]>,
}

#[derive(Debug)]
struct Entry {
    /// Locked while one worker decodes; others who want the chunk wait for it.
    slot: Arc<Mutex<Option<Chunk>>>,
    bytes: u64,
    used: u64,
}

impl ChunkCache {
    /// Makes an empty cache of at most `limit` bytes of samples.
    pub fn new(limit: u64) -> Self {
        Self::with_clock(limit, Clock::default())
    }

    /// Makes a cache as [`ChunkCache::new`] does, whose clock is also another's.
    pub fn with_clock(limit: u64, decoding: Clock) -> Self {
        Self { shelves: Mutex::default(), limit, decoded: AtomicU64::new(0), decoding }
    }

    /// Returns the clock of decoding, be the chunks kept here or not.
    pub fn decoding(&self) -> &Clock {
        &self.decoding
    }

    /// Returns how many chunks were decoded so far, repeats counted.
    pub fn decoded(&self) -> u64 {
        self.decoded.load(Ordering::Relaxed)
    }

    /// Returns how many different chunks were decoded so far.
    pub fn seen(&self) -> u64 {
        let bits = |block: &[u64; 8]| block.iter().map(|w| u64::from(w.count_ones())).sum::<u64>();
        self.lock().seen.values().map(bits).sum()
    }

    /// Returns the most bytes that were kept, or wanted to be, at once.
    pub fn peak(&self) -> u64 {
        self.lock().peak
    }

    /// Returns whether a chunk was decoded before.
    pub fn has_seen(&self, key: ChunkKey) -> bool {
        let shelves = self.lock();
        let block = shelves.seen.get(&(key.source, key.chunk / 512));
        block.is_some_and(|b| b[(key.chunk % 512 / 64) as usize] >> (key.chunk % 64) & 1 == 1)
    }

    /// Takes note that chunks will be wanted, each once more than it was known before.
    pub fn expect(&self, keys: impl IntoIterator<Item = ChunkKey>) {
        let mut shelves = self.lock();
        keys.into_iter().for_each(|key| *shelves.wanted.entry(key).or_default() += 1);
    }

    /// Returns whether it is known of any chunk that it will be wanted.
    pub(crate) fn expects(&self) -> bool {
        !self.lock().wanted.is_empty()
    }

    /// Takes note that chunks will be wanted once less each than it was known.
    pub(crate) fn forgo(&self, keys: impl IntoIterator<Item = ChunkKey>) {
        let mut shelves = self.lock();
        keys.into_iter().for_each(|key| shelves.count_down(key));
    }

    /// Forgets what chunks will be wanted: those kept are as all others.
    pub fn expect_nothing(&self) {
        self.lock().wanted = HashMap::new();
    }

    /// Returns the chunk named `key`, by `decode` if it is not here.
    ///
    /// # Errors
    /// What `decode` gives; nothing is kept then.
    pub fn get_or_decode(
        &self,
        key: ChunkKey,
        bytes: u64,
        decode: impl FnOnce() -> Result<Buffer>,
    ) -> Result<Chunk> {
        let slot = self.lock().slot(key, bytes);
        // `decode` neither takes this lock again nor enters rayon, so whoever
        // waits here waits for at most one decode.
        let mut place = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chunk) = &*place {
            return Ok(chunk.clone());
        }
        self.decoded.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(file = key.source, chunk = key.chunk, bytes, "chunk is decoded");
        let decoded = decode();
        let mut shelves = self.lock();
        match decoded {
            Ok(buffer) => {
                let chunk = Arc::new(buffer);
                *place = Some(chunk.clone());
                let block = shelves.seen.entry((key.source, key.chunk / 512)).or_default();
                block[(key.chunk % 512 / 64) as usize] |= 1 << (key.chunk % 64);
                shelves.shrink(self.limit, key);
                Ok(chunk)
            }
            Err(error) => {
                shelves.remove(key);
                Err(error)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelves {
    fn slot(&mut self, key: ChunkKey, bytes: u64) -> Arc<Mutex<Option<Chunk>>> {
        self.clock += 1;
        let now = self.clock;
        let entry = self.entries.entry(key).or_insert_with(|| {
            self.bytes += bytes;
            Entry { slot: Arc::default(), bytes, used: now }
        });
        self.by_use.remove(&entry.used);
        self.by_use.insert(now, key);
        entry.used = now;
        let slot = entry.slot.clone();
        self.peak = self.peak.max(self.bytes);
        // Whoever decodes it, or waits for that, holds the slot.
        self.count_down(key);
        slot
    }

    /// Counts a chunk that was known to be wanted as wanted once less, and drops it after the last
    /// time.
    fn count_down(&mut self, key: ChunkKey) {
        if let Some(times) = self.wanted.get_mut(&key) {
            *times -= 1;
            if *times == 0 {
                self.wanted.remove(&key);
                self.remove(key);
            }
        }
    }

    fn remove(&mut self, key: ChunkKey) {
        if let Some(entry) = self.entries.remove(&key) {
            self.by_use.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }

    /// Drops the oldest chunks, though never `newest`, until the rest fit in `limit` bytes.
    fn shrink(&mut self, limit: u64, newest: ChunkKey) {
        while self.bytes > limit {
            let Some(oldest) = self.by_use.values().copied().find(|&k| k != newest) else { return };
            self.remove(oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::raster::{DataType, Pool, Window};

    fn chunk() -> Buffer {
        Buffer::new(&Pool::new(0), Window::new(0, 0, 8, 8), 1, DataType::U8)
    }

    #[test]
    fn decodes_once_and_forgets_the_least_recently_used() {
        let cache = ChunkCache::new(128);
        let get = |chunk_index| {
            let key = ChunkKey { source: 1, chunk: chunk_index };
            cache.get_or_decode(key, 64, || Ok(chunk())).expect("decodes")
        };
        for index in [0, 1, 0, 0, 1, 0] {
            get(index);
        }
        assert_eq!(cache.decoded(), 2);
        get(2); // drops 1, used longest ago
        get(0);
        assert_eq!(cache.decoded(), 3);
        get(1);
        assert_eq!((cache.decoded(), cache.seen()), (4, 3));
    }

    #[test]
    fn workers_who_want_the_same_chunk_decode_it_once() {
        let cache = ChunkCache::new(1 << 20);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for index in 0..50 {
                        let key = ChunkKey { source: 1, chunk: index };
                        cache.get_or_decode(key, 64, || Ok(chunk())).expect("decodes");
                    }
                });
            }
        });
        assert_eq!(cache.decoded(), 50);
    }

    #[test]
    fn chunks_are_dropped_once_they_are_known_to_be_wanted_no_more() {
        let cache = ChunkCache::new(1 << 20);
        let key = |index| ChunkKey { source: 1, chunk: index };
        let get = |index| cache.get_or_decode(key(index), 64, || Ok(chunk())).expect("decodes");
        cache.expect([0, 1, 0, 2, 0].map(key));
        get(0);
        get(1);
        assert_eq!((cache.decoded(), cache.lock().bytes), (2, 64));
        get(0);
        let kept = get(0);
        assert_eq!((cache.decoded(), cache.lock().bytes), (2, 0));
        assert_eq!(Arc::strong_count(&kept), 1);
        // One that is wanted less often goes with the last time that it is.
        cache.expect([7, 7].map(key));
        get(7);
        cache.forgo([7, 8].map(key));
        assert_eq!((cache.decoded(), cache.lock().bytes), (3, 0));
        // One that is wanted more often than it was known to be stays, as it does without.
        get(0);
        cache.expect_nothing();
        get(2);
        assert_eq!((cache.decoded(), cache.seen(), cache.lock().bytes), (5, 4, 128));
    }

    #[test]
    fn a_failed_decode_leaves_nothing() {
        let cache = ChunkCache::new(1 << 20);
        let key = ChunkKey { source: 1, chunk: 0 };
        assert!(cache.get_or_decode(key, 64, || Err(Error::format("bits"))).is_err());
        assert!(cache.get_or_decode(key, 64, || Ok(chunk())).is_ok());
        assert_eq!(cache.lock().bytes, 64);
    }
}
