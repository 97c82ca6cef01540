//! The verb [`Raster::reclassify`](crate::Raster::reclassify): other values for intervals of values.

/// [`Rules`]: what is typed.
mod rules;

use std::sync::Arc;

pub use rules::Rules;

use super::settled::{usual_nodata, without_statistics};
use crate::kernel::{Classes, widen};
use crate::raster::{
    Buffer, Context, DataType, Info, NoData, Raster, Sample, Source, Tell, Validity, Window,
    dispatch_real,
};
use crate::{Error, Result};

/// What becomes of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum NewValue {
    /// Another value.
    Value(NoData),
    /// It is missing.
    #[default]
    Missing,
    /// What it was.
    Kept,
}

/// How samples are reclassified.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReclassifyOptions {
    /// What becomes of values that no rule is for.
    pub other: NewValue,
    /// The type of the output; `None` for the smallest that has all new values, and those
    /// of the input's type if samples may be kept: the first of uint8, int16, uint16, int32,
    /// uint32, int64 and uint64, or float32 if it has all digits of them, or float64.
    pub dtype: Option<DataType>,
    /// What stands for "no value" in the output; `None`, if anything may be missing, for the
    /// input's own if no rule makes it, else for a value of the type that none makes.
    pub nodata: Option<NoData>,
}

impl Raster {
    /// Returns this raster with other values in every band, by rules. What is missing (NaN
    /// too) stays so unless a rule is for it. Values of rules are compared exactly with
    /// integers of any width, and as their nearest value with floats.
    ///
    /// # Errors
    /// [`Error::Usage`] if there are no rules, two of them share a value of the raster's
    /// type, or a type or nodata value that was asked for has no place for what is made;
    /// [`Error::Unsupported`] if samples are complex, or none of the types has all values.
    pub fn reclassify(&self, rules: &Rules, options: &ReclassifyOptions) -> Result<Self> {
        let info = self.info();
        if info.dtype.is_complex() {
            return Err(Error::unsupported("classes of complex samples").found(info.dtype));
        }
        if rules.is_empty() {
            return Err(Error::usage("rules")
                .expected("at least one")
                .hint("such as 0..10=1 or 7=nodata"));
        }
        let classes = Classes::new(info.dtype, &rules.intervals).map_err(|(a, b)| {
            Error::usage("rules")
                .expected("each value in one rule alone")
                .found(format!(
                    "values of {} in both {:?} and {:?}",
                    info.dtype, rules.texts[a], rules.texts[b]
                ))
                .hint("a..b ends before b; [a,b] has both ends, (a,b) none")
        })?;
        // The numbers of the classes, then those of what no rule is for and of what is missing.
        let mut becomes = rules.values.clone();
        becomes.push(options.other);
        becomes.push(rules.missing.unwrap_or(NewValue::Missing));
        let plan = Plan::new(info, &becomes, options)?;
        let mut metadata = without_statistics(&info.metadata);
        for band in metadata.bands.values_mut() {
            (band.scale, band.offset, band.unit) = (None, None, None);
        }
        let info = Info {
            nodata: plan.nodata,
            metadata: Arc::new(metadata),
            chunk: info.chunk,
            ..Info::new(info.grid.clone(), info.bands, plan.dtype)
        };
        Ok(Self::new(Reclassified { input: self.clone(), info, classes, becomes }))
    }
}

/// The output's type and nodata value.
struct Plan {
    dtype: DataType,
    nodata: Option<NoData>,
}

impl Plan {
    fn new(info: &Info, becomes: &[NewValue], options: &ReclassifyOptions) -> Result<Self> {
        let made: Vec<NoData> = becomes
            .iter()
            .filter_map(|new| if let NewValue::Value(value) = new { Some(*value) } else { None })
            .collect();
        let keeps = becomes.contains(&NewValue::Kept);
        let gaps = |band| !matches!(info.validity(band), Validity::All | Validity::Alpha);
        let [rules @ .., missing] = becomes else { return Err(Error::defect("no classes")) };
        let may_miss = info.dtype.is_float() || (0..info.bands).any(gaps);
        let misses = rules.contains(&NewValue::Missing)
            || may_miss && !matches!(missing, NewValue::Value(_));
        let is_made = |nodata: NoData| made.iter().any(|value| is_same(*value, nodata));
        if let Some(nodata) = options.nodata.filter(|&nodata| is_made(nodata)) {
            return Err(Error::usage("nodata value")
                .expected("one that no rule makes")
                .found(nodata)
                .hint("what should be missing becomes nodata: 0..10=nodata"));
        }
        let fits = |dtype: DataType| {
            let has = |value: &NoData| {
                let whole = value.to_f64().fract() == 0.0;
                let digits = dtype != DataType::F32
                    || whole
                    || value.to_f64().to_string() == (value.to_f64() as f32).to_string();
                value.fits(dtype) && !value.overflows(dtype) && digits && has_exactly(dtype, value)
            };
            made.iter().chain(&options.nodata).all(has) && (!keeps || holds(dtype, info.dtype))
        };
        let free = |dtype: DataType| -> Option<NoData> {
            let own = info.nodata.into_iter().filter(|nodata| nodata.fits(dtype));
            // Among more values than are made is one that is not.
            let usual = usual_nodata(dtype);
            let step = if dtype.is_signed_integer() { 1 } else { -1 };
            let near = (0..=made.len() as i128).filter_map(|i| match usual {
                NoData::Integer(first) => Some(NoData::Integer(first + i * step)),
                NoData::Float(_) => None,
            });
            let mut all = own.chain([usual]).chain(near);
            all.find(|&nodata| nodata.fits(dtype) && !is_made(nodata))
        };
        let nodata = |dtype| match options.nodata {
            None if misses => free(dtype).map(Some),
            asked => Some(asked),
        };
        if let Some(dtype) = options.dtype {
            let wanted = made.iter().chain(&options.nodata);
            if dtype.is_complex() {
                return Err(Error::unsupported("classes of complex samples").found(dtype));
            }
            if let Some(wrong) = wanted.into_iter().find(|v| !v.fits(dtype) || v.overflows(dtype)) {
                return Err(Error::usage("type of the output")
                    .expected(format!("one that has {wrong}"))
                    .found(dtype));
            }
            let nodata = nodata(dtype).ok_or_else(|| {
                Error::usage("type of the output")
                    .expected("one that has a value left for what is missing")
                    .found(dtype)
            })?;
            return Ok(Self { dtype, nodata });
        }
        use DataType::{F32, F64, I16, I32, I64, U8, U16, U32, U64};
        let kinds = [U8, I16, U16, I32, U32, I64, U64, F32, F64];
        // What is kept in its own type stays what it is.
        let own = keeps.then_some(info.dtype);
        let found = own.into_iter().chain(kinds).filter(|&dtype| fits(dtype));
        let mut found = found.filter_map(|dtype| Some(Self { dtype, nodata: nodata(dtype)? }));
        found.next().ok_or_else(|| {
            Error::unsupported("a type for all of these values")
                .hint("choose one by --dtype; samples that it has not become the nearest it has")
        })
    }
}

/// Whether two values are one, whatever they were written as.
fn is_same(a: NoData, b: NoData) -> bool {
    match (a, b) {
        (NoData::Integer(a), NoData::Integer(b)) => a == b,
        (a, b) => a.to_f64() == b.to_f64(),
    }
}

/// Whether a float type has all bits of an integer.
fn has_exactly(dtype: DataType, value: &NoData) -> bool {
    match (dtype, value) {
        (DataType::F32, NoData::Integer(i)) => i128::from(*i as f32 as i64) == *i,
        (DataType::F64, NoData::Integer(i)) => *i as f64 as i128 == *i,
        _ => true,
    }
}

/// Whether a type has all values of another.
fn holds(dtype: DataType, other: DataType) -> bool {
    let bits = |dtype: DataType| 8 * dtype.bytes() as u32;
    match (dtype.is_float(), other.is_float()) {
        (true, true) => dtype.bytes() >= other.bytes(),
        (false, true) => false,
        (true, false) => bits(other) <= if dtype == DataType::F32 { 16 } else { 32 },
        (false, false) => match (dtype.is_signed_integer(), other.is_signed_integer()) {
            (true, false) => bits(dtype) > bits(other),
            (false, true) => false,
            _ => bits(dtype) >= bits(other),
        },
    }
}

#[derive(Debug)]
struct Reclassified {
    input: Raster,
    info: Info,
    classes: Classes,
    /// What becomes of each class, of what is in none, and of what is missing.
    becomes: Vec<NewValue>,
}

impl Reclassified {
    /// Makes one band.
    fn fill<T: Sample>(&self, band: u16, source: &Buffer, out: &mut Buffer) {
        let table: Vec<(T, u8)> = self
            .becomes
            .iter()
            .map(|new| match new {
                NewValue::Value(value) => (value.sample::<T>().unwrap_or(T::zeroed()), 255),
                NewValue::Missing => (T::zeroed(), 0),
                NewValue::Kept => (T::zeroed(), 255),
            })
            .collect();
        let (other, missing) = (self.becomes.len() as u32 - 2, self.becomes.len() as u32 - 1);
        let window = source.window();
        let width = window.width as usize;
        let mut numbers = vec![0; width];
        let mut values = vec![0.0; width];
        for (line, row) in (window.row..window.row_end()).enumerate() {
            let start = line * width;
            self.classes.find(source, band, start, &mut numbers);
            for number in &mut numbers {
                *number = match *number {
                    Classes::NONE => other,
                    Classes::MISSING => missing,
                    class => class,
                };
            }
            let becomes = |number: u32| self.becomes[number as usize];
            if numbers.iter().any(|&n| table[n as usize].1 == 0 || n == missing) {
                out.add_mask();
            }
            let (samples, valid) = out.plane_and_valid_mut::<T>(band);
            let samples = &mut samples[start..start + width];
            for (sample, &number) in samples.iter_mut().zip(&numbers) {
                *sample = table[number as usize].0;
            }
            if self.becomes.contains(&NewValue::Kept) {
                if source.dtype() == T::DTYPE {
                    let own = &source.plane::<T>(band)[start..];
                    for ((sample, &own), &number) in samples.iter_mut().zip(own).zip(&numbers) {
                        *sample = if becomes(number) == NewValue::Kept { own } else { *sample };
                    }
                } else {
                    widen(source, band, window.col, row, &mut values);
                    for ((sample, &own), &number) in samples.iter_mut().zip(&values).zip(&numbers) {
                        if becomes(number) == NewValue::Kept {
                            *sample = T::from_f64(own);
                        }
                    }
                }
            }
            if let Some(valid) = valid {
                for (valid, &number) in valid[start..].iter_mut().zip(&numbers) {
                    // What is missing and kept is missing.
                    let kept = number == missing && becomes(number) == NewValue::Kept;
                    *valid = if kept { 0 } else { table[number as usize].1 };
                }
            }
        }
    }
}

impl Source for Reclassified {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let source = cx.read_tile(&self.input, out.window())?;
        out.validate();
        for band in 0..out.bands() {
            dispatch_real!(self.info.dtype, T => self.fill::<T>(band, &source, out));
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let info = self.input.info();
        let line = u64::from(window.width) * 12;
        Buffer::bytes_for(window, info.bands, info.dtype)
            + self.input.source().footprint(window)
            + line
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.input.source().needs(window, tell);
    }
}
