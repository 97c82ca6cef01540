//! Another value for "no value".

use std::sync::Arc;

use super::settled::without_statistics;
use crate::kernel::mark_nodata;
use crate::raster::{
    Buffer, Context, Info, Masked, NoData, Raster, Sample, Source, Tell, Window, dispatch,
};
use crate::{Error, Result};

impl Raster {
    /// Returns this raster with another nodata value, or none.
    ///
    /// What is missing by the old value, or by a mask, stays missing and is
    /// stored as the new value; a valid sample that equals it gives way when it
    /// is written (see [`avoid_nodata`](crate::kernel::avoid_nodata)). If nothing
    /// said what is missing so far, samples that equal the value are from now on.
    /// Without a value nothing is missing: samples that were have the old value,
    /// or 0 if a mask said it.
    ///
    /// # Errors
    /// [`Error::Usage`] if no sample can have the value.
    pub fn with_nodata(&self, nodata: Option<NoData>) -> Result<Self> {
        let info = self.info();
        check_fits(nodata, info)?;
        let finds = info.nodata.is_none() && info.masked == Masked::No;
        let metadata = without_statistics(&info.metadata);
        let info =
            Info { nodata, masked: Masked::No, metadata: Arc::new(metadata), ..info.clone() };
        Ok(Self::new(Relabelled { input: self.clone(), info, finds }))
    }
}

/// Refuses a value that no sample of a raster can have.
pub(super) fn check_fits(nodata: Option<NoData>, info: &Info) -> Result<()> {
    match nodata.filter(|value| !value.fits(info.dtype) || value.overflows(info.dtype)) {
        None => Ok(()),
        Some(value) => Err(Error::usage("nodata value")
            .expected(format!("one that a sample of {} can have", info.dtype))
            .found(value)),
    }
}

#[derive(Debug)]
struct Relabelled {
    input: Raster,
    info: Info,
    /// Whether samples that equal the value are missing.
    finds: bool,
}

impl Source for Relabelled {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        *out = cx.read_tile(&self.input, out.window())?;
        match self.info.nodata {
            Some(nodata) if self.finds => mark_nodata(nodata, 0..out.bands(), out),
            Some(_) => {}
            None => {
                let old = self.input.info().nodata;
                dispatch!(self.info.dtype, T => fill_missing::<T>(old, out));
                out.validate();
                out.invalidate_outside(self.info.grid.size.window());
            }
        }
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
        let overviews = self.input.overviews();
        overviews.iter().filter_map(|o| o.with_nodata(self.info.nodata).ok()).collect()
    }
}

/// Writes a value, or 0, over all missing samples.
pub(super) fn fill_missing<T: Sample>(value: Option<NoData>, out: &mut Buffer) {
    let value = value.and_then(NoData::sample::<T>).unwrap_or(T::zeroed());
    for band in 0..out.bands() {
        if let (samples, Some(valid)) = out.plane_and_valid_mut::<T>(band) {
            for (sample, &mut valid) in samples.iter_mut().zip(valid) {
                if valid == 0 {
                    *sample = value;
                }
            }
        }
    }
}
