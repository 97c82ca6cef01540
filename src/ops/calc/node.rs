//! The node: a program that makes any window of its outputs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use multiversion::multiversion;

use super::program::{Axis, BLOCK, Op, Program, Shift};
use crate::crs::Transformer;
use crate::kernel::widen;
use crate::raster::{
    Buffer, Context, DataType, Info, Point, Raster, Sample, Source, Tell, Window, dispatch,
};
use crate::{Error, Result};

/// What becomes of a value beyond the range of the output's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overflow {
    /// The nearest value that the type has.
    #[default]
    Saturate,
    /// It is missing.
    NoData,
    /// The run fails.
    Error,
}

/// What happened to samples that were made so far. A sample that was made for
/// several windows counts for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Samples missing because an operation had no result: x/0, log(-1).
    pub failed: u64,
    /// Samples beyond the range of the output's type.
    pub overflowed: u64,
    /// Samples of 64-bit integers beyond 2^53 that were read, and rounded.
    pub rounded: u64,
}

/// [`Counts`] that several workers add to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    failed: AtomicU64,
    overflowed: AtomicU64,
    rounded: AtomicU64,
}

impl Tally {
    pub(super) fn counts(&self) -> Counts {
        Counts {
            failed: self.failed.load(Ordering::Relaxed),
            overflowed: self.overflowed.load(Ordering::Relaxed),
            rounded: self.rounded.load(Ordering::Relaxed),
        }
    }

    fn add(&self, counts: Counts) {
        self.failed.fetch_add(counts.failed, Ordering::Relaxed);
        self.overflowed.fetch_add(counts.overflowed, Ordering::Relaxed);
        self.rounded.fetch_add(counts.rounded, Ordering::Relaxed);
    }
}

/// An input on the output's grid.
#[derive(Debug)]
pub(super) struct Input {
    raster: Raster,
    /// How far samples are loaded from beside the pixel at hand.
    halo: Shift,
}

#[derive(Debug)]
pub(super) struct Calculation {
    info: Info,
    inputs: Vec<Input>,
    program: Program,
    overflow: Overflow,
    to_degrees: Option<Transformer>,
    tally: Arc<Tally>,
}

/// The bytes of inputs beyond which a window is made in parts.
const LARGE: u64 = 32 << 20;

impl Calculation {
    /// Makes a node of inputs that lie on the grid of `info`.
    pub(super) fn new(
        info: Info,
        rasters: Vec<Raster>,
        program: Program,
        overflow: Overflow,
        tally: Arc<Tally>,
    ) -> Result<Self> {
        let mut inputs: Vec<Input> =
            rasters.into_iter().map(|raster| Input { raster, halo: Shift::default() }).collect();
        let mut needs_degrees = false;
        for op in program.steps() {
            match op {
                Op::Load { input, shift, .. } => {
                    let halo = &mut inputs[*input].halo;
                    halo.dx = halo.dx.max(shift.dx.abs());
                    halo.dy = halo.dy.max(shift.dy.abs());
                }
                Op::Coordinate { axis, .. } => {
                    needs_degrees |= matches!(axis, Axis::Longitude | Axis::Latitude);
                }
                _ => {}
            }
        }
        let to_degrees = match (&info.grid.crs, needs_degrees) {
            (_, false) => None,
            (Some(crs), true) => Some(Transformer::new(crs, &crate::crs::Crs::from_epsg(4326))?),
            (None, true) => {
                return Err(Error::usage("lon() and lat()")
                    .expected("a raster with a coordinate reference system")
                    .hint("x() and y() give the raster's own coordinates"));
            }
        };
        Ok(Self { info, inputs, program, overflow, to_degrees, tally })
    }

    /// The part of an input that a window is made of.
    fn need(input: &Input, window: Window) -> Window {
        let Shift { dx, dy } = input.halo;
        window.grown(dx.unsigned_abs(), dy.unsigned_abs())
    }

    fn bytes(&self, window: Window) -> u64 {
        let bytes = |input: &Input| {
            let info = input.raster.info();
            Buffer::bytes_for(Self::need(input, window), info.bands, info.dtype)
        };
        self.inputs.iter().map(bytes).sum()
    }

    /// The rows that are made at once: all, unless their inputs are large.
    fn rows(&self, window: Window) -> u32 {
        let mut rows = window.height.max(1);
        while rows > 1 && self.bytes(Window { height: rows, ..window }) > LARGE {
            rows = rows.div_ceil(2);
        }
        rows
    }

    /// Cuts a window into rows that are made at once.
    fn parts(&self, window: Window) -> impl Iterator<Item = Window> + use<> {
        let rows = self.rows(window);
        (window.row..window.row_end()).step_by(rows as usize).map(move |row| {
            let height = (window.row_end() - row).min(rows.into()) as u32;
            Window { row, height, ..window }
        })
    }

    /// Makes some rows of `out`.
    fn fill(&self, out: &mut Buffer, part: Window, cx: &Context<'_>) -> Result<Counts> {
        let mut sources = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let need = Self::need(input, part);
            // Of a unit of work without a halo no chunk is read again, if it has
            // the chunks that the run was laid out by.
            let alone = need == out.window() && input.raster.info().chunk == self.info.chunk;
            let read = if alone { Context::read_tile } else { Context::read };
            sources.push(read(cx, &input.raster, need)?);
        }
        let mut counts = Counts::default();
        let mut registers = self.program.start();
        let whole = out.window();
        let mut places = Places::default();
        for row in part.row..part.row_end() {
            for left in (0..part.width as usize).step_by(BLOCK) {
                let len = BLOCK.min(part.width as usize - left);
                let col = part.col + left as i64;
                registers.run(len, |op, block| match *op {
                    Op::Load { input, band, shift } => {
                        let at = (col + i64::from(shift.dx), row + i64::from(shift.dy));
                        widen(&sources[input], band, at.0, at.1, block);
                        counts.rounded += rounded(sources[input].dtype(), block);
                    }
                    Op::Coordinate { axis, shift } => {
                        let at = (col + i64::from(shift.dx), row + i64::from(shift.dy));
                        self.coordinate(axis, at, &mut places, block);
                    }
                    _ => {}
                });
                let start = (row - whole.row) as usize * whole.width as usize + left;
                for band in 0..self.info.bands {
                    let values = registers.output(band.into(), len);
                    counts.failed += registers.failed(band.into(), len);
                    counts.overflowed += dispatch!(self.info.dtype, T => {
                        store::<T>(values, self.overflow, start, band, out)
                            .map_err(|at| self.beyond(values[at], band, (col + at as i64, row)))?
                    });
                }
            }
        }
        Ok(counts)
    }

    fn coordinate(&self, axis: Axis, at: (i64, i64), places: &mut Places, out: &mut [f64]) {
        let transform = self.info.grid.transform;
        let centre = |i: usize| {
            transform.apply(Point { x: (at.0 + i as i64) as f64 + 0.5, y: at.1 as f64 + 0.5 })
        };
        let is_x = matches!(axis, Axis::X | Axis::Longitude);
        let Some(transformer) =
            self.to_degrees.as_ref().filter(|_| matches!(axis, Axis::Longitude | Axis::Latitude))
        else {
            for (i, out) in out.iter_mut().enumerate() {
                let place = centre(i);
                *out = if is_x { place.x } else { place.y };
            }
            return;
        };
        places.x.clear();
        places.y.clear();
        for place in (0..out.len()).map(centre) {
            places.x.push(place.x);
            places.y.push(place.y);
        }
        transformer.transform(&mut places.x, &mut places.y);
        for (out, &value) in out.iter_mut().zip(if is_x { &places.x } else { &places.y }) {
            // A place that the system does not have is missing.
            *out = if value.is_finite() { value } else { f64::NAN };
        }
    }

    fn beyond(&self, value: f64, band: u16, at: (i64, i64)) -> Error {
        Error::usage(format!("band {}, column {}, row {}", u32::from(band) + 1, at.0, at.1))
            .expected(format!("a value that {} has", self.info.dtype))
            .found(value)
            .hint("another --type, or --overflow saturate or nodata")
    }
}

/// Coordinates of one block.
#[derive(Default)]
struct Places {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Source for Calculation {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let window = out.window();
        out.validate();
        let mut counts = Counts::default();
        for part in self.parts(window) {
            let made = self.fill(out, part, cx)?;
            counts.failed += made.failed;
            counts.overflowed += made.overflowed;
            counts.rounded += made.rounded;
        }
        if !cx.trial {
            self.tally.add(counts);
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let part = Window { height: self.rows(window), ..window };
        let inner = self
            .inputs
            .iter()
            .map(|input| input.raster.source().footprint(Self::need(input, part)));
        self.bytes(part) + inner.max().unwrap_or(0) + self.program.bytes()
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        for part in self.parts(window) {
            for input in &self.inputs {
                input.raster.source().needs(Self::need(input, part), tell);
            }
        }
    }
}

/// Counts the samples of a block that were 64-bit integers and are rounded now.
fn rounded(dtype: DataType, block: &[f64]) -> u64 {
    if !matches!(dtype, DataType::I64 | DataType::U64) {
        return 0;
    }
    block.iter().filter(|v| v.abs() > 9_007_199_254_740_992.0).count() as u64
}

/// Casts a block into a band; returns how many values were beyond the type's
/// range, or, if that is an error, where the first of them is.
fn store<T: Sample>(
    values: &[f64],
    overflow: Overflow,
    start: usize,
    band: u16,
    out: &mut Buffer,
) -> Result<u64, usize> {
    let range = Range::of::<T>();
    let run = start..start + values.len();
    let fit = cast(values, range, &mut out.plane_mut::<T>(band)[run.clone()]);
    let (mut missing, mut beyond) = (false, 0);
    if !fit {
        missing = values.iter().any(|value| value.is_nan());
        beyond = values.iter().filter(|value| range.is_beyond(**value)).count() as u64;
    }
    if beyond > 0 && overflow == Overflow::Error {
        return Err(values.iter().position(|&v| range.is_beyond(v)).unwrap_or(0));
    }
    if missing || beyond > 0 && overflow == Overflow::NoData {
        out.add_mask();
    }
    let (samples, valid) = out.plane_and_valid_mut::<T>(band);
    if beyond > 0 {
        // Of floats only f32 goes beyond what it has: to infinity.
        for (sample, &value) in samples[run.clone()].iter_mut().zip(values) {
            let ends = value.signum() * range.most;
            *sample = T::from_f64(if range.is_beyond(value) { ends } else { value });
        }
    }
    if let Some(valid) = valid {
        let lost_beyond = beyond > 0 && overflow == Overflow::NoData;
        for (valid, &value) in valid[run].iter_mut().zip(values) {
            let lost = value.is_nan() | lost_beyond & range.is_beyond(value);
            *valid = if lost { 0 } else { 255 };
        }
    }
    Ok(beyond)
}

/// Casts each value; returns whether all are within the type's range, and so numbers.
#[multiversion(targets("x86_64+avx2"))]
fn cast<T: Sample>(values: &[f64], range: Range, samples: &mut [T]) -> bool {
    let mut fit = true;
    for (sample, &value) in samples.iter_mut().zip(values) {
        fit &= (value >= range.low) & (value < range.high);
        *sample = T::from_f64(value);
    }
    fit
}

/// Between which values a type rounds to what it has.
#[derive(Debug, Clone, Copy)]
struct Range {
    low: f64,
    high: f64,
    /// What saturates in `from_f64`, or the type's largest.
    most: f64,
    /// Whether infinite values are values of the type.
    infinite: bool,
}

impl Range {
    fn of<T: Sample>() -> Self {
        match T::DTYPE {
            DataType::F64 => {
                Self { low: f64::MIN, high: f64::INFINITY, most: f64::MAX, infinite: true }
            }
            DataType::F32 => {
                // Halfway between the largest and what would come next.
                let high = f64::from(f32::MAX) + 2f64.powi(103);
                Self { low: -high, high, most: f32::MAX.into(), infinite: true }
            }
            _ => {
                let least = T::from_f64(f64::NEG_INFINITY).to_f64();
                // A tie goes to the even neighbour: the largest value is odd, so up and
                // away, the least is even. 64-bit ends round to a power of 2 here.
                let high = T::from_f64(f64::INFINITY).to_f64() + 0.5;
                Self { low: least - 0.5, high, most: f64::INFINITY, infinite: false }
            }
        }
    }

    #[inline(always)]
    fn is_beyond(self, value: f64) -> bool {
        ((value >= self.high) | (value < self.low)) & !(self.infinite & value.is_infinite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_end_where_rounding_does() {
        let beyond = |range: Range, values: &[f64]| {
            values.iter().map(|&v| range.is_beyond(v)).collect::<Vec<_>>()
        };
        assert_eq!(
            beyond(Range::of::<u8>(), &[255.4, 255.5, -0.5, -0.51]),
            [false, true, false, true]
        );
        assert_eq!(beyond(Range::of::<i16>(), &[-32768.5, -32769.0, 1e300]), [false, true, true]);
        assert_eq!(
            beyond(Range::of::<i64>(), &[2f64.powi(63), 2f64.powi(62), -2f64.powi(63)]),
            [true, false, false]
        );
        assert_eq!(
            beyond(Range::of::<f32>(), &[3.4e38, 3.5e38, f64::INFINITY, f64::NAN]),
            [false, true, false, false]
        );
        assert_eq!(
            beyond(Range::of::<f64>(), &[f64::MAX, f64::MIN, f64::NEG_INFINITY]),
            [false; 3]
        );
        assert_eq!(beyond(Range::of::<u16>(), &[f64::INFINITY, f64::NAN]), [true, false]);
    }
}
