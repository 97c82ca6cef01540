//! Validity as a band of opacity.

use std::sync::Arc;

use crate::raster::{
    Alpha, Buffer, Colors, Context, DataType, Info, Masked, Raster, Sample, Source, Tell, Window,
    dispatch,
};
use crate::{Error, Result};

impl Raster {
    /// Returns this raster with one more band, of straight opacity: the type's
    /// greatest value where any band is valid, 0 elsewhere. No sample is missing
    /// any more: those that were are 0, and the nodata value is gone.
    ///
    /// A raster that has a band of opacity already is returned as it is.
    ///
    /// # Errors
    /// [`Error::Unsupported`] unless samples are uint8 or uint16, the types
    /// whose opacity other readers heed, or if the raster has a colour table.
    pub fn with_alpha(&self) -> Result<Self> {
        let info = self.info();
        if info.alpha.is_some() {
            return Ok(self.clone());
        }
        if !matches!(info.dtype, DataType::U8 | DataType::U16) {
            return Err(Error::unsupported("a band of opacity")
                .expected("samples of uint8 or uint16")
                .found(info.dtype)
                .hint("keep a mask, or convert the samples first"));
        }
        if matches!(info.colors, Colors::Palette(_)) {
            return Err(Error::unsupported("a band of opacity beside a colour table")
                .hint("expand the colours first"));
        }
        let bands = info.bands.checked_add(1).ok_or_else(|| {
            Error::limit("bands").expected("at most 65535").found(u32::from(info.bands) + 1)
        })?;
        let info = Info {
            bands,
            nodata: None,
            alpha: Some(Alpha::Straight),
            masked: Masked::No,
            metadata: Arc::clone(&info.metadata),
            ..info.clone()
        };
        Ok(Self::new(WithAlpha { input: self.clone(), info }))
    }
}

#[derive(Debug)]
struct WithAlpha {
    input: Raster,
    info: Info,
}

impl Source for WithAlpha {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let input = cx.read(&self.input, out.window())?;
        out.validate();
        dispatch!(self.info.dtype, T => {
            let opaque = greatest::<T>();
            let last = self.info.bands - 1;
            out.plane_mut::<T>(last).fill(<T as bytemuck::Zeroable>::zeroed());
            for band in 0..last {
                let samples = out.plane_mut::<T>(band);
                samples.copy_from_slice(input.plane::<T>(band));
                match input.valid(band) {
                    None => out.plane_mut::<T>(last).fill(opaque),
                    Some(valid) => {
                        for (sample, &valid) in samples.iter_mut().zip(valid) {
                            if valid == 0 {
                                *sample = <T as bytemuck::Zeroable>::zeroed();
                            }
                        }
                        for (alpha, &valid) in out.plane_mut::<T>(last).iter_mut().zip(valid) {
                            if valid != 0 {
                                *alpha = opaque;
                            }
                        }
                    }
                }
            }
        });
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let info = self.input.info();
        Buffer::bytes_for(window, info.bands, info.dtype) + self.input.source().footprint(window)
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.input.source().needs(window, tell);
    }

    fn overviews(&self) -> Vec<Raster> {
        self.input.overviews().iter().filter_map(|o| o.with_alpha().ok()).collect()
    }
}

/// The value of an opaque pixel: conversion saturates.
fn greatest<T: Sample>() -> T {
    T::from_f64(f64::INFINITY)
}
