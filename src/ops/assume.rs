//! Another value for "no value" than the raster states.

use super::nodata::{check_fits, fill_missing};
use crate::Result;
use crate::kernel::mark_nodata;
use crate::raster::{
    Buffer, Context, Info, Masked, NoData, Raster, Source, Tell, Window, dispatch,
};

impl Raster {
    /// Returns this raster with `nodata` for the value that stands for "no
    /// value", whatever it says itself: samples that equal it are missing, and no
    /// others, neither those of the raster's own value nor those of its mask.
    /// `None` makes every sample valid.
    ///
    /// Samples that were missing count as the raster's own value (0 without one).
    /// [`Raster::with_nodata`] keeps what is missing and changes how it is stored.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) if no sample can have this value.
    pub fn assume_nodata(&self, nodata: Option<NoData>) -> Result<Self> {
        let info = self.info();
        check_fits(nodata, info)?;
        let info = Info { nodata, masked: Masked::No, ..info.clone() };
        Ok(Self::new(Assumed { input: self.clone(), info }))
    }
}

#[derive(Debug)]
struct Assumed {
    input: Raster,
    info: Info,
}

impl Source for Assumed {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        self.input.source().read(out, cx)?;
        let own = self.input.info();
        if own.masked == Masked::No {
            dispatch!(own.dtype, T => fill_missing::<T>(own.nodata, out));
        }
        out.validate();
        if let Some(nodata) = self.info.nodata {
            mark_nodata(nodata, 0..out.bands(), out);
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        self.input.source().footprint(window)
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.input.source().needs(window, tell);
    }

    fn overviews(&self) -> Vec<Raster> {
        let again = |overview: Raster| overview.assume_nodata(self.info.nodata).ok();
        self.input.overviews().into_iter().filter_map(again).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
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
            let marked = raster.assume_nodata(nodata).expect("fits");
            let all = marked.read(Window::new(0, 0, 5, 1)).expect("reads");
            (all.plane::<u8>(0)[..4].to_vec(), all.valid(0).expect("reaches outside").to_vec())
        };
        let (samples, valid) = read(Some(NoData::Integer(2)));
        assert_eq!((&samples[..], &valid[..]), (&[7, 1, 2, 9][..], &[255, 255, 0, 255, 0][..]));
        assert_eq!(read(None).1, [255, 255, 255, 255, 0]);
        let refused = raster.assume_nodata(Some(NoData::Integer(256)));
        assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
    }
}
