//! Rasters of samples that are in memory already.

use super::{Buffer, Context, Info, Raster, Source, Window};
use crate::error::{Error, Result};

impl Raster {
    /// Makes a raster of samples in memory, valid where the buffer says so.
    ///
    /// # Errors
    /// [`Error::Usage`] if the buffer is not the whole raster that `info` describes.
    pub fn from_buffer(info: Info, pixels: Buffer) -> Result<Self> {
        let wanted = (info.grid.size.window(), info.bands, info.dtype);
        let given = (pixels.window(), pixels.bands(), pixels.dtype());
        if wanted != given {
            return Err(Error::usage("samples of a raster")
                .expected(format!("{wanted:?}"))
                .found(format!("{given:?}")));
        }
        Ok(Self::new(InMemory { info, pixels }))
    }
}

#[derive(Debug)]
struct InMemory {
    info: Info,
    pixels: Buffer,
}

impl Source for InMemory {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, _cx: &Context<'_>) -> Result<()> {
        out.validate();
        for band in 0..self.info.bands {
            out.copy_band(band, &self.pixels, band);
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, _window: Window) -> u64 {
        0
    }
}
