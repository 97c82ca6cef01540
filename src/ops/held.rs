//! What an operation holds over from tile to tile.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::Engine;
use crate::{Error, Result};

/// The bytes that are held over from tile to tile, and how many may be: half of the memory, as
/// much as tiles in work have.
#[derive(Debug)]
pub(super) struct Held {
    bytes: AtomicU64,
    most: u64,
}

impl Held {
    pub(super) fn new(engine: &Engine) -> Self {
        Self { bytes: AtomicU64::new(0), most: engine.options().memory / 2 }
    }

    /// The bytes held now.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Notes what is held now of something, `what`, that `needs` for a moment more than that.
    pub(super) fn note(&self, what: &str, bytes: u64, needs: u64) -> Result<()> {
        self.bytes.store(bytes, Ordering::Relaxed);
        let total = bytes + needs;
        if total <= self.most {
            return Ok(());
        }
        Err(Error::limit(format!("memory for {what}"))
            .expected(format!("at most {} bytes", self.most))
            .found(format!("{total} bytes so far"))
            .hint(format!(
                "more may be to come: allow {} MiB or more",
                (total * 4).div_ceil(1 << 20)
            )))
    }
}
