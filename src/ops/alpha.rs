//! Validity as a band of opacity.

use crate::raster::{
    Alpha, Buffer, Context, DataType, Info, Masked, Raster, Sample, Source, Window, dispatch,
};
use crate::{Error, Result};

/// Returns the sample that stands for full opacity, as gdalwarp has it: 65535 for
/// `uint16`, 32767 for `int16`, 127 for `int8`, 255 for all other types.
pub(super) const fn opaque(dtype: DataType) -> f64 {
    match dtype {
        DataType::U16 => 65_535.0,
        DataType::I16 => 32_767.0,
        DataType::I8 => 127.0,
        _ => 255.0,
    }
}

impl Raster {
    /// Returns this raster with one more band: opaque where any band is valid,
    /// else 0, with zeros in the other bands. There is no nodata value then. A
    /// raster that has opacity already is returned as it is.
    ///
    /// # Errors
    /// [`Error::Usage`] for complex samples; [`Error::Limit`] for 65535 bands.
    pub fn with_alpha(&self) -> Result<Self> {
        let info = self.info();
        if info.alpha.is_some() {
            return Ok(self.clone());
        }
        if info.dtype.is_complex() {
            return Err(Error::usage("opacity beside complex samples").expected("real ones"));
        }
        let bands = info.bands.checked_add(1).ok_or_else(|| {
            Error::limit("bands").expected("room for one of opacity").found(info.bands)
        })?;
        let info = Info {
            bands,
            alpha: Some(Alpha::Straight),
            nodata: None,
            masked: Masked::No,
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
        let colors = cx.read_tile(&self.input, out.window())?;
        out.validate();
        for band in 0..colors.bands() {
            out.copy_band(band, &colors, band);
        }
        out.validate();
        dispatch!(self.info.dtype, T => fill::<T>(&colors, out));
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let info = self.input.info();
        self.input.source().footprint(window) + Buffer::bytes_for(window, info.bands, info.dtype)
    }
}

/// Fills the last band of `out`, and zeros where nothing is valid.
fn fill<T: Sample>(colors: &Buffer, out: &mut Buffer) {
    let last = colors.bands();
    out.plane_mut::<T>(last).fill(T::from_f64(opaque(T::DTYPE)));
    for band in 0..last {
        let Some(valid) = colors.valid(band) else { return };
        for (sample, &valid) in out.plane_mut::<T>(band).iter_mut().zip(valid) {
            *sample = if valid == 0 { T::zeroed() } else { *sample };
        }
    }
    let planes: Vec<&[u8]> = (0..last).filter_map(|band| colors.valid(band)).collect();
    for (i, sample) in out.plane_mut::<T>(last).iter_mut().enumerate() {
        if planes.iter().all(|valid| valid[i] == 0) {
            *sample = T::zeroed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{GeoTransform, Grid, NoData, Pool, Size};

    #[test]
    fn opaque_where_any_band_is_valid() {
        let grid = Grid { size: Size::new(3, 1), transform: GeoTransform::IDENTITY, crs: None };
        let mut pixels = Buffer::new(&Pool::new(0), grid.size.window(), 2, DataType::U16);
        pixels.invalidate();
        for (band, bytes) in [[255, 0, 0], [255, 255, 0]].iter().enumerate() {
            let (samples, valid) = pixels.plane_and_valid_mut::<u16>(band as u16);
            samples.fill(5 + band as u16);
            valid.expect("made above").copy_from_slice(bytes);
        }
        let info = Info { nodata: Some(NoData::Integer(1)), ..Info::new(grid, 2, DataType::U16) };
        let raster = Raster::from_buffer(info, pixels).expect("whole");
        let shown = raster.with_alpha().expect("real samples");
        assert_eq!((shown.info().bands, shown.info().nodata), (3, None));
        let all = shown.read(Window::new(0, 0, 3, 1)).expect("reads");
        assert_eq!(all.valid(0), None);
        let planes = [0, 1, 2].map(|band| all.plane::<u16>(band).to_vec());
        assert_eq!(planes, [[5, 0, 0], [6, 6, 0], [65_535, 65_535, 0]].map(Vec::from));
        assert_eq!(shown.with_alpha().expect("as it is").info(), shown.info());
    }
}
