//! A sink that keeps all pixels.

use super::{Encode, Engine, EngineOptions, Silent, Sink, Tile, Tiling};
use crate::error::{Error, Result};
use crate::raster::{Buffer, Context, Info, Pool, Raster, Window};

impl Engine {
    /// Reads a whole raster into memory with all workers.
    ///
    /// # Errors
    /// Whatever keeps a pixel from being made, or [`Error::Limit`] if the
    /// raster is larger than the engine's memory.
    pub fn load(&self, raster: &Raster) -> Result<Buffer> {
        self.run(raster, MemorySink { whole: None }, &mut Silent)
    }
}

struct MemorySink {
    whole: Option<Buffer>,
}

struct Keep;

impl Encode for Keep {
    type Packet = Buffer;

    fn encode(&self, _tile: Tile, pixels: Buffer, _cx: &Context<'_>) -> Result<Buffer> {
        Ok(pixels)
    }

    fn footprint(&self, _window: Window) -> u64 {
        0
    }
}

impl Sink for MemorySink {
    type Encoder = Keep;
    type Output = Buffer;

    fn begin(&mut self, info: &Info, options: &EngineOptions) -> Result<(Tiling, Keep)> {
        let window = info.grid.size.window();
        let needed = Buffer::bytes_for(window, info.bands, info.dtype);
        if needed > options.memory {
            return Err(Error::limit("raster in memory")
                .expected(format!("at most {} bytes", options.memory))
                .found(format!("{needed} bytes"))
                .hint("write it to a file, read it by windows, or allow more memory"));
        }
        self.whole = Some(Buffer::new(&Pool::new(0), window, info.bands, info.dtype));
        Ok((Tiling::for_reading(info, options), Keep))
    }

    fn put(&mut self, _tile: Tile, packet: Buffer) -> Result<()> {
        if let Some(whole) = &mut self.whole {
            for band in 0..packet.bands() {
                whole.copy_band(band, &packet, band);
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Buffer> {
        self.whole.ok_or_else(|| Error::defect("memory sink finished before it began"))
    }
}
