//! What one run lends every read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Buffer, ChunkCache, Pool, Raster, Window};
use crate::error::{Error, Result};

/// A flag that stops a run from outside. Clones share one flag.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Makes a flag that is not raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the flag: reads fail with [`Error::Cancelled`] from now on.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns whether the flag is raised.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one run lends every read: spare memory, decoded chunks, a stop flag.
#[derive(Debug, Clone, Copy)]
pub struct Context<'run> {
    /// Spare memory.
    pub pool: &'run Pool,
    /// Decoded chunks.
    pub cache: &'run ChunkCache,
    /// Raised when the run should stop.
    pub cancel: &'run CancelFlag,
    /// Whether nothing read now is read again in this run, so that keeping its
    /// chunks would be in vain.
    pub once: bool,
    /// Whether the pixels are only tried and made again later: what counts
    /// pixels leaves them out.
    pub trial: bool,
}

impl Context<'_> {
    /// Reads a window of an input into spare memory, which goes back to the
    /// pool on drop.
    ///
    /// # Errors
    /// What the input gives, or [`Error::Cancelled`] once the run is stopped.
    pub fn read(&self, input: &Raster, window: Window) -> Result<Buffer> {
        // An operation's windows overlap, even where its own tiles do not.
        Context { once: false, ..*self }.read_tile(input, window)
    }

    /// Reads a window as [`Context::read`] does, with chunks kept or not as this
    /// context has it.
    pub(crate) fn read_tile(&self, input: &Raster, window: Window) -> Result<Buffer> {
        let info = input.info();
        let mut out = Buffer::new(self.pool, window, info.bands, info.dtype);
        self.read_into(input, &mut out)?;
        Ok(out)
    }

    /// Reads the window of `out`, which has the input's bands and type, as
    /// [`Context::read_tile`] does.
    pub(crate) fn read_into(&self, input: &Raster, out: &mut Buffer) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        input.source().read(out, self)
    }
}
