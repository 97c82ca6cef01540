//! Samples of another type, scaled on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::settled::without_statistics;
use crate::raster::{
    Alpha, Buffer, Colors, Context, DataType, Info, Masked, NoData, Raster, Sample, Source, Tell,
    Window, dispatch,
};
use crate::{Error, Result};

/// A straight line through two points: `from.0` becomes `to.0`, `from.1` becomes `to.1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Two different values of the input.
    pub from: (f64, f64),
    /// What becomes of them.
    pub to: (f64, f64),
}

/// How samples are converted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CastOptions {
    /// The type of the output's samples.
    pub dtype: DataType,
    /// What is done to values before they are converted.
    pub scale: Option<Scale>,
    /// The value that stands for what is missing, in the output's type; without
    /// it the input's own, unscaled, if the type has it.
    pub nodata: Option<NoData>,
}

/// How many samples did not keep their value, over all that were made so far.
#[derive(Debug, Clone, Default)]
pub struct CastCounts(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    saturated: AtomicU64,
    not_a_number: AtomicU64,
}

impl CastCounts {
    /// Returns how many valid samples were beyond the type's range, and became
    /// its least or greatest value.
    pub fn saturated(&self) -> u64 {
        self.0.saturated.load(Ordering::Relaxed)
    }

    /// Returns how many valid samples were NaN, and became 0.
    pub fn not_a_number(&self) -> u64 {
        self.0.not_a_number.load(Ordering::Relaxed)
    }
}

impl Raster {
    /// Returns this raster with samples of another type, and a count of what did
    /// not fit. Values are scaled in `f64`, then converted: integers round half
    /// to even and saturate, NaN becomes 0. A band of opacity is not scaled:
    /// its greatest value becomes the greatest of the new type. What is missing
    /// stays missing.
    ///
    /// # Errors
    /// [`Error::Usage`] if the nodata value has no place in the type, or the
    /// scale's two values are one; [`Error::Unsupported`] for complex samples,
    /// and for a colour table whose indices would be scaled or lie in another
    /// type than uint8 or uint16.
    pub fn cast(&self, how: CastOptions) -> Result<(Self, CastCounts)> {
        let counts = CastCounts::default();
        Ok((self.cast_counting(how, counts.clone())?, counts))
    }

    fn cast_counting(&self, how: CastOptions, counts: CastCounts) -> Result<Self> {
        let info = self.info();
        let CastOptions { dtype, scale, nodata } = how;
        if dtype == info.dtype && scale.is_none() && nodata.is_none() {
            return Ok(self.clone());
        }
        if dtype.is_complex() || info.dtype.is_complex() {
            return Err(Error::unsupported("conversion of complex samples")
                .found(format!("{} to {dtype}", info.dtype)));
        }
        if let Some(Scale { from: (a, b), to: (c, d) }) = scale
            && (a == b || ![a, b, c, d].iter().all(|v| v.is_finite()))
        {
            return Err(Error::usage("scale")
                .expected("four finite numbers, the first two different")
                .found(format!("{a}, {b}, {c}, {d}")));
        }
        let indices = matches!(dtype, DataType::U8 | DataType::U16);
        if matches!(info.colors, Colors::Palette(_)) && (scale.is_some() || !indices) {
            return Err(Error::unsupported("conversion of indices into a colour table")
                .expected("unscaled uint8 or uint16")
                .hint("expand the colours first"));
        }
        let nodata = nodata.or(info.nodata);
        if let Some(value) = nodata.filter(|value| !value.fits(dtype)) {
            return Err(Error::usage("nodata value")
                .expected(format!("one that a sample of {dtype} can have"))
                .found(value)
                .hint("choose another nodata value"));
        }
        let masked = if how.nodata.is_some() { Masked::No } else { info.masked };
        let metadata = Arc::new(without_statistics(&info.metadata));
        let info = Info { dtype, nodata, masked, metadata, ..info.clone() };
        Ok(Self::new(Cast { input: self.clone(), info, how, counts }))
    }
}

#[derive(Debug)]
struct Cast {
    input: Raster,
    info: Info,
    how: CastOptions,
    counts: CastCounts,
}

/// Samples that are converted at a time.
const RUN: usize = 1024;

/// Takes samples to `f64`, and scales them.
fn widen<S: Sample>(scale: Option<Scale>, samples: &[S], values: &mut [f64]) {
    for (value, sample) in values.iter_mut().zip(samples) {
        *value = sample.to_f64();
    }
    if let Some(Scale { from, to }) = scale {
        let factor = (to.1 - to.0) / (from.1 - from.0);
        for value in values {
            *value = (*value - from.0) * factor + to.0;
        }
    }
}

/// Takes values to the output's type, and returns how many were beyond it and how
/// many not a number.
fn narrow<T: Sample>(values: &[f64], valid: Option<&[u8]>, out: &mut [T]) -> (u64, u64) {
    let integer = !T::DTYPE.is_float();
    // Halves below the least value round up to it, and above the greatest down.
    let (least, most) = (T::from_f64(f64::MIN).to_f64(), T::from_f64(f64::MAX).to_f64());
    let (mut saturated, mut nan) = (0, 0);
    for (k, (out, &value)) in out.iter_mut().zip(values).enumerate() {
        *out = T::from_f64(value);
        let counts = integer && valid.is_none_or(|v| v[k] != 0);
        saturated += u64::from(counts && (value < least - 0.5 || value > most + 0.5));
        nan += u64::from(counts && value.is_nan());
    }
    (saturated, nan)
}

/// Converts one band of samples, and returns how many were beyond the type and how many
/// not a number. By way of `f64`: code for each type, not for each pair.
fn convert(band: u16, pixels: &Buffer, scale: Option<Scale>, out: &mut Buffer) -> (u64, u64) {
    let valid = pixels.valid(band);
    let (mut saturated, mut nan) = (0, 0);
    let mut values = [0.0; RUN];
    let len = pixels.window().pixels() as usize;
    for start in (0..len).step_by(RUN) {
        let run = start..len.min(start + RUN);
        let values = &mut values[..run.len()];
        dispatch!(pixels.dtype(), S => {
            widen::<S>(scale, &pixels.plane::<S>(band)[run.clone()], values);
        });
        let valid = valid.map(|valid| &valid[run.clone()]);
        let counts = dispatch!(out.dtype(), T => {
            narrow::<T>(values, valid, &mut out.plane_mut::<T>(band)[run])
        });
        saturated += counts.0;
        nan += counts.1;
    }
    (saturated, nan)
}

/// Copies which samples of a band are valid.
fn copy_valid(band: u16, pixels: &Buffer, out: &mut Buffer) {
    if let Some(valid) = pixels.valid(band) {
        out.add_mask();
        out.valid_mut(band).unwrap_or_default().copy_from_slice(valid);
    }
}

/// Converts all bands of a buffer to the type of another of the same window and bands;
/// returns how many valid samples were beyond it. What is invalid becomes what it converts to.
pub(super) fn convert_all(pixels: &Buffer, out: &mut Buffer) -> u64 {
    out.validate();
    let mut all = 0;
    for band in 0..pixels.bands() {
        all += convert(band, pixels, None, out).0;
        copy_valid(band, pixels, out);
    }
    all
}

impl Cast {
    /// Returns how a band is scaled.
    fn scale(&self, band: u16) -> Option<Scale> {
        let (from, to) = (self.input.info().dtype, self.info.dtype);
        let opacity = self.info.alpha.is_some() && band + 1 == self.info.bands;
        if !opacity || self.info.alpha == Some(Alpha::Premultiplied) {
            return self.how.scale;
        }
        let greatest = |dtype: DataType| dispatch!(dtype, T => T::from_f64(f64::MAX).to_f64());
        let whole = !from.is_float() && !to.is_float();
        whole.then(|| Scale { from: (0.0, greatest(from)), to: (0.0, greatest(to)) })
    }
}

impl Source for Cast {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let pixels = cx.read_tile(&self.input, out.window())?;
        out.validate();
        for band in 0..pixels.bands() {
            let (saturated, nan) = convert(band, &pixels, self.scale(band), out);
            if !cx.trial {
                self.counts.0.saturated.fetch_add(saturated, Ordering::Relaxed);
                self.counts.0.not_a_number.fetch_add(nan, Ordering::Relaxed);
            }
            copy_valid(band, &pixels, out);
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
        let cast = |o: &Raster| o.cast_counting(self.how, self.counts.clone()).ok();
        overviews.iter().filter_map(cast).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{GeoTransform, Grid, Pool, Size};

    fn row(values: &[f64], nodata: Option<NoData>) -> Raster {
        let size = Size::new(values.len() as u32, 1);
        let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, DataType::F64);
        pixels.plane_mut::<f64>(0).copy_from_slice(values);
        pixels.add_mask();
        if let (Some(nodata), Some(valid)) = (nodata, pixels.valid_mut(0)) {
            for (valid, &value) in valid.iter_mut().zip(values) {
                *valid = if value == nodata.to_f64() { 0 } else { 255 };
            }
        }
        let grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
        let info = Info { nodata, ..Info::new(grid, 1, DataType::F64) };
        Raster::from_buffer(info, pixels).expect("a whole raster")
    }

    #[test]
    fn values_are_scaled_rounded_and_counted() {
        let values = [0.5, 1.5, 254.5, 255.5, 256.0, -0.5, -7.0, f64::NAN, -9999.0];
        let raster = row(&values, Some(NoData::Integer(-9999)));
        let how =
            CastOptions { dtype: DataType::U8, scale: None, nodata: Some(NoData::Integer(0)) };
        let refused = raster.cast(CastOptions { nodata: None, ..how });
        assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
        let (cast, counts) = raster.cast(how).expect("converts");
        let read = cast.read(Window::new(0, 0, 9, 1)).expect("reads");
        assert_eq!(read.plane::<u8>(0)[..8], [0, 2, 254, 255, 255, 0, 0, 0]);
        assert_eq!(read.valid(0).map(|v| v[8]), Some(0));
        assert_eq!((counts.saturated(), counts.not_a_number()), (2, 1));

        let scale = Some(Scale { from: (0.0, 10.0), to: (100.0, 0.0) });
        let (cast, _) = row(&[0.0, 2.5, 10.0], None)
            .cast(CastOptions { dtype: DataType::I16, scale, nodata: None })
            .expect("converts");
        let read = cast.read(Window::new(0, 0, 3, 1)).expect("reads");
        assert_eq!(read.plane::<i16>(0), [100, 75, 0]);
    }
}
