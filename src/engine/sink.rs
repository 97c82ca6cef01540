//! Where tiles go.

use super::{EngineOptions, Tile, Tiling};
use crate::error::Result;
use crate::raster::{Buffer, Context, Info, Window};

/// The part of a sink that works on any worker, in any order.
pub trait Encode: Sync {
    /// What goes to the sink: compressed bytes, partial statistics, a buffer ...
    type Packet: Send;

    /// Returns the window of pixels that a tile's packet is made of: its own, unless the
    /// encoder looks beyond them.
    fn window(&self, tile: Tile) -> Window {
        tile.window
    }

    /// Turns the pixels of a tile's [`window`](Self::window) into a packet.
    ///
    /// # Errors
    /// Whatever keeps the tile from being encoded; the run then stops.
    fn encode(&self, tile: Tile, pixels: Buffer, cx: &Context<'_>) -> Result<Self::Packet>;

    /// Makes the packet of a tile whose pixels nobody has to see; `None` if they are needed.
    ///
    /// # Errors
    /// As `encode`.
    fn without_pixels(&self, tile: Tile) -> Result<Option<Self::Packet>> {
        let _ = tile;
        Ok(None)
    }

    /// Returns the peak bytes that `encode` holds for a window of pixels,
    /// besides the pixels, its packet included.
    fn footprint(&self, window: Window) -> u64;

    /// Returns the bytes kept from one tile to the next right now.
    fn held(&self) -> u64 {
        0
    }
}

/// Where the tiles of a run go.
pub trait Sink {
    /// The part that works on any worker.
    type Encoder: Encode;
    /// What a finished run gives.
    type Output;

    /// Learns what is coming; says which tiles it wants and how they are encoded.
    ///
    /// # Errors
    /// Whatever keeps the sink from taking this raster.
    fn begin(&mut self, info: &Info, options: &EngineOptions) -> Result<(Tiling, Self::Encoder)>;

    /// Takes a packet. Packets come in the tiling's order, on the calling thread.
    ///
    /// # Errors
    /// Whatever keeps the packet from being stored; the run then stops.
    fn put(&mut self, tile: Tile, packet: <Self::Encoder as Encode>::Packet) -> Result<()>;

    /// Returns whether the raster is not read again after this run: chunks are then dropped after
    /// their last use in it, so that it holds less. What is kept otherwise may serve the next run.
    fn is_last(&self) -> bool {
        false
    }

    /// Ends a run in which every tile was put. A sink that is dropped instead
    /// leaves nothing behind.
    ///
    /// # Errors
    /// Whatever keeps the output from being completed.
    fn finish(self) -> Result<Self::Output>;
}

/// Told how far a run is.
pub trait Observer {
    /// Hears that `done` of `total` tiles are stored, on the calling thread.
    fn tile(&mut self, done: u64, total: u64);
}

/// An observer that does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn tile(&mut self, _done: u64, _total: u64) {}
}
