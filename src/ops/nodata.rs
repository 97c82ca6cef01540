//! Another value for "no value" than the raster states.

use crate::raster::{
    Buffer, Context, Info, Masked, NoData, Raster, Sample, Source, Window, dispatch,
};
use crate::{Error, Result};

impl Raster {
    /// Returns this raster with `nodata` for the value that stands for "no
    /// value", whatever it says itself: samples that equal it are missing, and no
    /// others, neither those of the raster's own value nor those of its mask.
    /// `None` makes every sample valid.
    ///
    /// Samples that were missing count as the raster's own value (0 without one).
    ///
    /// # Errors
    /// [`Error::Usage`] if no sample can have this value.
    pub fn with_nodata(&self, nodata: Option<NoData>) -> Result<Self> {
        let info = self.info();
        fits(nodata, info)?;
        let info = Info { nodata, masked: Masked::No, ..info.clone() };
        Ok(Self::new(Marked { input: self.clone(), info }))
    }
}

/// Refuses a value that no sample of a raster can have.
pub(super) fn fits(nodata: Option<NoData>, info: &Info) -> Result<()> {
    match nodata.filter(|n| !n.fits(info.dtype)) {
        None => Ok(()),
        Some(nodata) => Err(Error::usage("value for nodata")
            .expected(format!("one that {} has", info.dtype))
            .found(nodata)),
    }
}

#[derive(Debug)]
struct Marked {
    input: Raster,
    info: Info,
}

impl Source for Marked {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        self.input.source().read(out, cx)?;
        let own = self.input.info();
        dispatch!(own.dtype, T => {
            if own.masked == Masked::No {
                write_over::<T>(own.nodata, out);
            }
            out.validate();
            if let Some(nodata) = self.info.nodata.and_then(NoData::sample::<T>) {
                mark::<T>(nodata, out);
            }
        });
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        self.input.source().footprint(window)
    }

    fn overviews(&self) -> Vec<Raster> {
        let again = |overview: Raster| overview.with_nodata(self.info.nodata).ok();
        self.input.overviews().into_iter().filter_map(again).collect()
    }
}

/// Writes a value, or 0, over all missing samples.
pub(super) fn write_over<T: Sample>(nodata: Option<NoData>, out: &mut Buffer) {
    let value = nodata.and_then(NoData::sample::<T>).unwrap_or_else(T::zeroed);
    for band in 0..out.bands() {
        if let (samples, Some(valid)) = out.plane_and_valid_mut::<T>(band) {
            for (sample, &valid) in samples.iter_mut().zip(valid.iter()) {
                *sample = if valid == 0 { value } else { *sample };
            }
        }
    }
}

/// Makes the samples that equal a value missing, NaN any NaN.
fn mark<T: Sample>(nodata: T, out: &mut Buffer) {
    let is_nan = nodata.to_f64().is_nan();
    let missing = |v: T| if is_nan { v.to_f64().is_nan() } else { v.matches(nodata) };
    if (0..out.bands()).all(|band| !out.plane::<T>(band).iter().any(|&v| missing(v))) {
        return;
    }
    out.add_mask();
    for band in 0..out.bands() {
        if let (samples, Some(valid)) = out.plane_and_valid_mut::<T>(band) {
            for (valid, &sample) in valid.iter_mut().zip(samples.iter()) {
                *valid = if missing(sample) { 0 } else { 255 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{DataType, GeoTransform, Grid, Pool, Size};

    #[test]
    fn the_value_given_counts_and_no_other() {
        let grid = Grid { size: Size::new(4, 1), transform: GeoTransform::IDENTITY, crs: None };
        let mut pixels = Buffer::new(&Pool::new(0), grid.size.window(), 1, DataType::U8);
        pixels.plane_mut::<u8>(0).copy_from_slice(&[9, 1, 2, 9]);
        pixels.invalidate_outside(Window::new(1, 0, 3, 1));
        let info = Info { nodata: Some(NoData::Integer(7)), ..Info::new(grid, 1, DataType::U8) };
        let raster = Raster::from_buffer(info, pixels).expect("whole");
        let read = |nodata| {
            let marked = raster.with_nodata(nodata).expect("fits");
            let all = marked.read(Window::new(0, 0, 5, 1)).expect("reads");
            (all.plane::<u8>(0)[..4].to_vec(), all.valid(0).expect("reaches outside").to_vec())
        };
        let (samples, valid) = read(Some(NoData::Integer(2)));
        assert_eq!((&samples[..], &valid[..]), (&[7, 1, 2, 9][..], &[255, 255, 0, 255, 0][..]));
        assert_eq!(read(None).1, [255, 255, 255, 255, 0]);
        let refused = raster.with_nodata(Some(NoData::Integer(256)));
        assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
    }
}
