//! Where the time of an engine's runs went.

use std::time::Duration;

use crate::raster::Clock;

/// Where the time of an engine's runs went: sums over its workers, so that together they may be more
/// than has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Chunks decoded, reads of their bytes included.
    pub decode: Duration,
    /// Pixels made of decoded chunks.
    pub make: Duration,
    /// Tiles encoded, overviews made included.
    pub encode: Duration,
    /// Finished tiles stored, by the calling thread alone.
    pub store: Duration,
}

/// The clocks that they are read off.
#[derive(Debug, Clone, Default)]
pub(super) struct Clocks {
    pub(super) decode: Clock,
    /// Reads, chunks decoded included.
    pub(super) read: Clock,
    pub(super) encode: Clock,
    pub(super) store: Clock,
}

impl Clocks {
    pub(super) fn metrics(&self) -> Metrics {
        let decode = self.decode.sum();
        Metrics {
            decode,
            make: self.read.sum().saturating_sub(decode),
            encode: self.encode.sum(),
            store: self.store.sum(),
        }
    }
}
