//! The verb [`Raster::colorize`](crate::Raster::colorize): samples as colours.

/// Ramps from files.
mod file;
/// Ramps by name.
mod named;

use std::sync::Arc;

use crate::engine::{Engine, Observer};
use crate::kernel::{Colouring, Rgba, Shade, widen};
use crate::ops::stats::StatsOptions;
use crate::raster::{
    Alpha, Buffer, Colors, Context, DataType, Info, Masked, Metadata, NoData, Raster, Sample,
    Source, Tell, Validity, Window, dispatch,
};
use crate::{Error, Result};

/// A colour: red, green, blue and opacity.
type Color = Rgba;

/// Where on a ramp a colour stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stop {
    Value(f64),
    /// Between the least and the largest value.
    Percent(f64),
}

/// Colours for values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ramp {
    stops: Vec<(Stop, Color)>,
    /// Of what is missing.
    missing: Option<Color>,
    /// Of values without one.
    default: Option<Color>,
}

/// How samples become colours.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ColorizeOptions {
    /// What becomes of values between entries of the ramp.
    pub shade: Shade,
    /// The values that 0 % and 100 % of the ramp stand for.
    pub range: Option<(f64, f64)>,
    /// Whether a fourth band has the opacity; without it what is missing is masked.
    pub alpha: bool,
}

impl Ramp {
    /// Returns whether colours stand at percentages, so that it takes a range.
    pub fn needs_range(&self) -> bool {
        self.stops.iter().any(|(stop, _)| matches!(stop, Stop::Percent(_)))
    }

    /// Returns whether it has a colour for what is missing.
    pub fn colors_missing(&self) -> bool {
        self.missing.is_some()
    }

    /// The colours of values; entries of the nodata value are of what is missing.
    fn colouring(
        &self,
        range: Option<(f64, f64)>,
        shade: Shade,
        nodata: Option<NoData>,
    ) -> Result<(Colouring, Option<Color>)> {
        let mut missing = self.missing;
        let mut entries = Vec::with_capacity(self.stops.len());
        for &(stop, color) in &self.stops {
            let value = match (stop, range) {
                (Stop::Value(value), _) => value,
                (Stop::Percent(percent), Some((least, most))) => {
                    least + percent / 100.0 * (most - least)
                }
                (Stop::Percent(_), None) => {
                    return Err(Error::usage("ramp of percentages")
                        .expected("the values that 0 % and 100 % stand for"));
                }
            };
            if matches!(stop, Stop::Value(_)) && nodata.is_some_and(|n| n.to_f64() == value) {
                missing.get_or_insert(color);
            } else {
                entries.push((value, color));
            }
        }
        if entries.is_empty() {
            return Err(Error::usage("ramp").expected("a value other than nodata with its colour"));
        }
        Ok((Colouring::new(entries, shade), missing))
    }
}

impl Raster {
    /// Returns the least and the largest sample of a band (from 0), for the range of a ramp:
    /// one pass over all pixels. `None` if all are missing.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is no such band; those of [`Raster::statistics`].
    pub fn value_range(
        &self,
        band: u16,
        engine: &Engine,
        observer: &mut dyn Observer,
    ) -> Result<Option<(f64, f64)>> {
        let one = self.select_bands(&[band])?;
        let found = one.statistics(engine, &StatsOptions::default(), observer)?;
        let summary = found.first().and_then(|band| band.summary);
        Ok(summary.map(|summary| (summary.min, summary.max)))
    }

    /// Returns the colours of a band (from 0) by a ramp: red, green and blue of 8 bits, and
    /// opacity if asked for, as `gdaldem color-relief` makes them.
    ///
    /// What is missing has the ramp's colour for it (`nv`); without one it is transparent,
    /// or masked if there is no opacity, where GDAL colours the nodata value as a number. The
    /// nodata value is no place on the ramp, which goes on across it. So it is with values that have no colour ([`Shade::Exact`]), unless the ramp has one by
    /// `default`. 64-bit integers beyond 2^53 round.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is no such band, the range is not finite, or the ramp needs
    /// one and there is none; [`Error::Unsupported`] if samples are complex.
    pub fn colorize(&self, band: u16, ramp: &Ramp, options: &ColorizeOptions) -> Result<Self> {
        let from = self.info();
        from.check_real_band(band, "colours of")?;
        if let Some((least, most)) = options.range
            && !(least.is_finite() && most.is_finite() && (most - least).is_finite())
        {
            return Err(Error::usage("range of the ramp")
                .expected("two finite numbers")
                .found(format!("{least}, {most}"))
                .hint("state it (--range), if the samples hold infinite ones"));
        }
        let nodata = from.nodata.filter(|_| from.validity(band) == Validity::NoData);
        let (colouring, missing) = ramp.colouring(options.range, options.shade, nodata)?;
        let gaps = !matches!(from.validity(band), Validity::All | Validity::Alpha)
            || from.dtype.is_float();
        let holes =
            gaps && missing.is_none() || options.shade == Shade::Exact && ramp.default.is_none();
        let metadata =
            Metadata { pixel_is_point: from.metadata.pixel_is_point, ..Metadata::default() };
        let info = Info {
            colors: Colors::Rgb,
            alpha: options.alpha.then_some(Alpha::Straight),
            masked: if holes && !options.alpha { Masked::Shared } else { Masked::No },
            chunk: from.chunk,
            metadata: Arc::new(metadata),
            ..Info::new(from.grid.clone(), if options.alpha { 4 } else { 3 }, DataType::U8)
        };
        let of = |value| colouring.color(value).or(ramp.default);
        let table = match from.dtype {
            DataType::U8 => (0..=u8::MAX).map(|v| of(v.into())).collect(),
            DataType::I8 => (0..=u8::MAX).map(|v| of((v as i8).into())).collect(),
            DataType::U16 => (0..=u16::MAX).map(|v| of(v.into())).collect(),
            DataType::I16 => (0..=u16::MAX).map(|v| of((v as i16).into())).collect(),
            _ => Vec::new(),
        };
        let input = self.select_bands(&[band])?;
        let default = ramp.default;
        Ok(Self::new(Colorized { input, info, colouring, missing, default, table }))
    }
}

#[derive(Debug)]
struct Colorized {
    input: Raster,
    info: Info,
    colouring: Colouring,
    missing: Option<Color>,
    default: Option<Color>,
    /// The colours of all values by their bits, of types of up to 16.
    table: Vec<Option<Color>>,
}

impl Colorized {
    /// The colours of a row; `None` for none.
    fn row(&self, source: &Buffer, row: i64, values: &mut [f64], out: &mut [Option<Color>]) {
        let window = source.window();
        let start = (row - window.row) as usize * out.len();
        if self.table.is_empty() {
            widen(source, 0, window.col, row, values);
            for (out, &value) in out.iter_mut().zip(values.iter()) {
                *out = match value.is_nan() {
                    true => self.missing,
                    false => self.colouring.color(value).or(self.default),
                };
            }
            return;
        }
        match source.dtype() {
            DataType::U8 | DataType::I8 => {
                let bits = &source.plane_bytes(0)[start..];
                out.iter_mut()
                    .zip(bits)
                    .for_each(|(out, &bits)| *out = self.table[usize::from(bits)]);
            }
            _ => dispatch!(source.dtype(), T => {
                for (out, &sample) in out.iter_mut().zip(&source.plane::<T>(0)[start..]) {
                    *out = self.table[usize::from(sample.to_f64() as i32 as u16)];
                }
            }),
        }
        if let Some(valid) = source.valid(0) {
            for (out, &valid) in out.iter_mut().zip(&valid[start..]) {
                *out = if valid == 0 { self.missing } else { *out };
            }
        }
    }
}

impl Source for Colorized {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let window = out.window();
        let source = cx.read_tile(&self.input, window)?;
        out.validate();
        let width = window.width as usize;
        let (mut values, mut colors) = (vec![0.0; width], vec![None; width]);
        for row in window.row..window.row_end() {
            self.row(&source, row, &mut values, &mut colors);
            let start = (row - window.row) as usize * width;
            let holes = self.info.masked != Masked::No && colors.contains(&None);
            if holes {
                out.add_mask();
            }
            for band in 0..out.bands() {
                let (samples, valid) = out.plane_and_valid_mut::<u8>(band);
                for (sample, color) in samples[start..].iter_mut().zip(&colors) {
                    *sample = color.unwrap_or_default()[usize::from(band)];
                }
                if let Some(valid) = valid.filter(|_| holes) {
                    for (valid, color) in valid[start..].iter_mut().zip(&colors) {
                        *valid = if color.is_some() { 255 } else { 0 };
                    }
                }
            }
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let line = u64::from(window.width) * 16;
        Buffer::bytes_for(window, 1, self.input.info().dtype)
            + self.input.source().footprint(window)
            + line
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.input.source().needs(window, tell);
    }
}
