//! What the pixels around a pixel come to.

/// Ranks, modes and the number of values.
mod order;
/// [`Neighbourhood`]: which pixels count.
mod shape;
/// Runs of neighbours.
mod slide;

pub use shape::Neighbourhood;

use self::order::Of;
use self::slide::{Spare, runs};
use super::narrow;
use super::ordered::Ordered;
use crate::raster::{Buffer, DataType, Window, dispatch_real};

/// What the pixels around a pixel, itself included where it counts, come to. Missing ones
/// do not count, nor what lies beyond the raster; without any left the result is missing.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Focal {
    /// The mean; with weights the sum of the weighted samples over that of their weights.
    Mean,
    /// The sum. With weights it is missing where one sample that has a weight is.
    Sum,
    /// The standard deviation of all of them (over n, not n - 1).
    Std,
    /// The least.
    Min,
    /// The largest.
    Max,
    /// The largest less the least.
    Range,
    /// How many there are: 0 where there is none.
    Count,
    /// How many different values there are: 0 where there is none.
    Variety,
    /// The most frequent value, the least of several.
    Mode,
    /// The one in the middle; of an even number the mean of the two.
    Median,
    /// The value below which so many percent lie, as `numpy.percentile` has it.
    Percentile(f64),
}

impl Focal {
    /// Returns the type of the results: the samples' own for those that are samples, `u32`
    /// for numbers of them, `f32` for others, `f64` if the samples are that or integers
    /// of more than 16 bits.
    pub fn output_type(self, samples: DataType) -> DataType {
        match self {
            Self::Min | Self::Max | Self::Mode | Self::Median => samples,
            Self::Count | Self::Variety => DataType::U32,
            _ if samples.bytes() <= 2 || samples == DataType::F32 => DataType::F32,
            _ => DataType::F64,
        }
    }

    /// Fills a band (from 0) of `out`, which is of the type that [`Focal::output_type`]
    /// says, from the same band of `source`, which reaches as far beyond `out` as the
    /// neighbourhood does. Weights are heeded by mean and sum; of other results they say
    /// which pixels count.
    ///
    /// # Panics
    /// If `source` or `out` is not so, or samples are complex.
    pub fn fill(self, around: &Neighbourhood, source: &Buffer, band: u16, out: &mut Buffer) {
        match self {
            Self::Mode => order::fill(Of::Mode, around, source, band, out),
            Self::Variety => order::fill(Of::Variety, around, source, band, out),
            Self::Median => order::fill(Of::Rank(50.0), around, source, band, out),
            Self::Percentile(p) => order::fill(Of::Rank(p), around, source, band, out),
            Self::Min | Self::Max | Self::Range => dispatch_real!(source.dtype(), T => {
                self.extremes::<T>(around, source, band, out);
            }),
            Self::Mean | Self::Sum if around.is_weighted() => {
                self.weighted(around, source, band, out);
            }
            Self::Mean | Self::Sum | Self::Count => self.sums(around, source, band, out),
            Self::Std => deviations(around, source, band, out),
        }
    }

    /// Returns the bytes that `fill` of a window holds besides its buffers.
    pub fn bytes(self, around: &Neighbourhood, window: Window) -> u64 {
        let beside = |extent: u32, by: u32| u64::from(extent) + 2 * u64::from(by);
        let columns = beside(window.width, around.columns_beside());
        match self {
            Self::Mode | Self::Variety | Self::Median | Self::Percentile(_) => {
                order::BYTES * columns * beside(window.height, around.rows_beside())
            }
            _ => {
                let height = strip(around).min(window.height);
                // Elements, columns of them, two runs and results: of moments, of two
                // extremes and counts, or of one and counts.
                let each = match self {
                    Self::Std => 5 * size_of::<Moments>() as u64,
                    Self::Range => 5 * (2 * 8 + 4),
                    _ => 5 * (8 + 4),
                };
                each * columns * beside(height, around.rows_beside())
            }
        }
    }

    fn sums(self, around: &Neighbourhood, source: &Buffer, band: u16, out: &mut Buffer) {
        let whole = out.window();
        let (mut values, mut sums) = (Plane::default(), Folded::default());
        let (mut present, mut counts) = (Plane::default(), Folded::default());
        for part in parts(around, whole) {
            let missing = values.load(around, part, source, band, 0.0, |v| v);
            if self != Self::Count {
                sums.fold(around, part, &values, |a, b| a + b);
            }
            if missing || self == Self::Count {
                present.load(around, part, source, band, 0u32, |_| 1);
                counts.fold(around, part, &present, |a, b| a + b);
            }
            let all = around.len() as f64;
            let results = &mut sums.made;
            if self == Self::Count {
                results.clear();
                results.extend(counts.made.iter().map(|&n| f64::from(n)));
            } else if missing {
                for (sum, &count) in results.iter_mut().zip(&counts.made) {
                    let by = if self == Self::Mean { f64::from(count) } else { 1.0 };
                    *sum = if count == 0 { f64::NAN } else { *sum / by };
                }
            } else if self == Self::Mean {
                results.iter_mut().for_each(|sum| *sum /= all);
            }
            narrow(results, band, start(whole, part), out);
        }
    }

    fn weighted(self, around: &Neighbourhood, source: &Buffer, band: u16, out: &mut Buffer) {
        let whole = out.window();
        let absent = if self == Self::Mean { 0.0 } else { f64::NAN };
        let (mut values, mut present) = (Plane::default(), Plane::default());
        let (mut sums, mut weights) = (Vec::new(), Vec::new());
        let taps = around.weights().unwrap_or_default();
        let all = taps.iter().fold(0.0, |all, tap| all + tap.weight);
        for part in parts(around, whole) {
            let missing = values.load(around, part, source, band, absent, |v| v);
            values.weigh(around, part, &mut sums);
            if self == Self::Mean && missing {
                present.load(around, part, source, band, 0.0, |_| 1.0);
                present.weigh(around, part, &mut weights);
                for (sum, &weight) in sums.iter_mut().zip(&weights) {
                    *sum = if weight == 0.0 { f64::NAN } else { *sum / weight };
                }
            } else if self == Self::Mean {
                let quotient = |sum| if all == 0.0 { f64::NAN } else { sum / all };
                sums.iter_mut().for_each(|sum| *sum = quotient(*sum));
            }
            narrow(&sums, band, start(whole, part), out);
        }
    }

    fn extremes<T: Ordered>(
        self,
        around: &Neighbourhood,
        source: &Buffer,
        band: u16,
        out: &mut Buffer,
    ) {
        let whole = out.window();
        let mut values = Plane::default();
        let (mut least, mut most) = (Folded::default(), Folded::default());
        let (mut present, mut counts) = (Plane::default(), Folded::default());
        for part in parts(around, whole) {
            let mut missing = false;
            if self != Self::Max {
                let absent = T::from_f64(f64::INFINITY);
                missing = values.samples(around, part, source, band, absent);
                least.fold(around, part, &values, |a: T, b| if b < a { b } else { a });
            }
            if self != Self::Min {
                let absent = T::from_f64(f64::NEG_INFINITY);
                missing = values.samples(around, part, source, band, absent);
                most.fold(around, part, &values, |a: T, b| if b > a { b } else { a });
            }
            if missing {
                present.load(around, part, source, band, 0u32, |_| 1);
                counts.fold(around, part, &present, |a, b| a + b);
            }
            let absent = |at: usize| missing && counts.made[at] == 0;
            let start = start(whole, part);
            if self == Self::Range {
                let pairs = least.made.iter().zip(&most.made).enumerate();
                let between = |(at, (&least, &most))| match absent(at) {
                    true => f64::NAN,
                    false => difference::<T>(least, most),
                };
                narrow(&pairs.map(between).collect::<Vec<_>>(), band, start, out);
                continue;
            }
            let made = if self == Self::Min { &least.made } else { &most.made };
            let gaps = (0..made.len()).any(absent);
            if gaps {
                out.add_mask();
            }
            let (samples, valid) = out.plane_and_valid_mut::<T>(band);
            samples[start..][..made.len()].copy_from_slice(made);
            if let Some(valid) = valid.filter(|_| gaps) {
                let valid = valid[start..][..made.len()].iter_mut().enumerate();
                valid.for_each(|(at, valid)| *valid = if absent(at) { 0 } else { 255 });
            }
        }
    }
}

/// The exact difference of two samples, rounded once.
fn difference<T: Ordered>(least: T, most: T) -> f64 {
    if T::DTYPE.is_float() {
        return most.to_f64() - least.to_f64();
    }
    // The places of integers are as far apart as they are.
    let place = |sample: T| sample.key().unwrap_or(0);
    (place(most) - place(least)) as f64
}

/// How many samples there are, their mean, and the sum of the squares of what they are off it.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    /// What rounding took off the mean.
    rest: f64,
    squares: f64,
}

impl Moments {
    /// Those of two lots together (Chan, Golub, LeVeque 1979): what large means would
    /// cancel is never there.
    #[inline(always)]
    fn with(self, other: Self) -> Self {
        if self.count == 0.0 {
            return other;
        }
        let count = self.count + other.count;
        let share = other.count / count;
        let apart = (other.mean - self.mean) + (other.rest - self.rest);
        let step = if share == 0.0 { 0.0 } else { apart * share };
        let mean = self.mean + step;
        // Exactly what is lost of the sum (Knuth, TAOCP 2, 4.2.2).
        let added = mean - self.mean;
        let lost = (self.mean - (mean - added)) + (step - added);
        Self {
            count,
            mean,
            rest: self.rest + lost,
            squares: self.squares + other.squares + apart * step * self.count,
        }
    }
}

fn deviations(around: &Neighbourhood, source: &Buffer, band: u16, out: &mut Buffer) {
    let whole = out.window();
    let (mut values, mut moments) = (Plane::default(), Folded::default());
    let mut made = Vec::new();
    for part in parts(around, whole) {
        let one = |v| Moments { count: 1.0, mean: v, ..Moments::default() };
        values.load(around, part, source, band, Moments::default(), one);
        moments.fold(around, part, &values, Moments::with);
        made.clear();
        // Without samples 0/0.
        made.extend(moments.made.iter().map(|m| (m.squares / m.count).sqrt()));
        narrow(&made, band, start(whole, part), out);
    }
}

/// The rows that are made at once: few, so that they stay in the processor's own memory,
/// but as many as are read beside them.
fn strip(around: &Neighbourhood) -> u32 {
    (2 * around.rows_beside()).max(16)
}

/// Cuts a window into rows that are made at once.
fn parts(around: &Neighbourhood, window: Window) -> impl Iterator<Item = Window> + use<> {
    let rows = strip(around);
    (window.row..window.row_end()).step_by(rows as usize).map(move |row| {
        let height = (window.row_end() - row).min(rows.into()) as u32;
        Window { row, height, ..window }
    })
}

/// Where the samples of a part begin in those of the whole.
fn start(whole: Window, part: Window) -> usize {
    (part.row - whole.row) as usize * whole.width as usize
}

/// The elements of a part and of what is around it.
#[derive(Debug)]
struct Plane<E> {
    elements: Vec<E>,
    line: Vec<f64>,
}

impl<E> Default for Plane<E> {
    fn default() -> Self {
        Self { elements: Vec::new(), line: Vec::new() }
    }
}

impl<E: Copy> Plane<E> {
    /// Reads the samples of a part and around it as elements, `absent` for missing ones;
    /// returns whether there are any.
    fn load(
        &mut self,
        around: &Neighbourhood,
        part: Window,
        source: &Buffer,
        band: u16,
        absent: E,
        element: impl Fn(f64) -> E,
    ) -> bool {
        let (left, up) = (i64::from(around.columns_beside()), i64::from(around.rows_beside()));
        self.elements.clear();
        self.line.resize(part.width as usize + around.columns() - 1, 0.0);
        let mut missing = false;
        for row in part.row - up..part.row_end() + up {
            super::widen(source, band, part.col - left, row, &mut self.line);
            missing |= self.line.iter().fold(false, |any, v| any | v.is_nan());
            let elements = self.line.iter().map(|&v| if v.is_nan() { absent } else { element(v) });
            self.elements.extend(elements);
        }
        missing
    }
}

impl<T: Ordered> Plane<T> {
    /// Reads samples as they are.
    fn samples(
        &mut self,
        around: &Neighbourhood,
        part: Window,
        source: &Buffer,
        band: u16,
        absent: T,
    ) -> bool {
        self.elements.clear();
        let mut missing = false;
        for row in rows_around(around, part, source) {
            let samples = source.plane::<T>(band)[row.clone()].iter();
            match source.valid(band) {
                None if !T::DTYPE.is_float() => self.elements.extend(samples),
                valid => {
                    let valid = valid.map(|valid| &valid[row]);
                    for (i, &sample) in samples.enumerate() {
                        let gone = sample.key().is_none() || valid.is_some_and(|v| v[i] == 0);
                        missing |= gone;
                        self.elements.push(if gone { absent } else { sample });
                    }
                }
            }
        }
        missing
    }
}

impl Plane<f64> {
    /// Adds up what is around each pixel of a part by weight, row by row.
    fn weigh(&self, around: &Neighbourhood, part: Window, made: &mut Vec<f64>) {
        let width = part.width as usize;
        made.clear();
        made.resize(width * part.height as usize, 0.0);
        let taps = around.weights().unwrap_or_default();
        for (row, sums) in made.chunks_exact_mut(width).enumerate() {
            for tap in taps {
                let from = beside(around, width, row, tap.dx, tap.dy);
                for (sum, &value) in sums.iter_mut().zip(&self.elements[from..]) {
                    *sum += tap.weight * value;
                }
            }
        }
    }
}

/// Where in a plane around rows of `width` pixels that one lies which is beside the first
/// pixel of a row.
fn beside(around: &Neighbourhood, width: usize, row: usize, dx: i64, dy: i64) -> usize {
    let (left, up) = (i64::from(around.columns_beside()), i64::from(around.rows_beside()));
    let across = width + around.columns() - 1;
    (row as i64 + up + dy) as usize * across + (left + dx) as usize
}

/// The index ranges, in a source, of the rows of a part and around it.
fn rows_around(
    around: &Neighbourhood,
    part: Window,
    source: &Buffer,
) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
    let (left, up) = (i64::from(around.columns_beside()), i64::from(around.rows_beside()));
    let held = source.window();
    let across = part.width as usize + around.columns() - 1;
    (part.row - up..part.row_end() + up).map(move |row| {
        let start =
            (row - held.row) as usize * held.width as usize + (part.col - left - held.col) as usize;
        start..start + across
    })
}

/// What is around each pixel of a part, put together.
#[derive(Debug)]
struct Folded<E> {
    made: Vec<E>,
    columns: Vec<E>,
    line: Vec<E>,
    spare: Spare<E>,
}

impl<E> Default for Folded<E> {
    fn default() -> Self {
        Self { made: Vec::new(), columns: Vec::new(), line: Vec::new(), spare: Spare::default() }
    }
}

impl<E: Copy> Folded<E> {
    /// Puts together columns, then rows of those, of a block; of other shapes the runs of
    /// each row, then these.
    fn fold(
        &mut self,
        around: &Neighbourhood,
        part: Window,
        plane: &Plane<E>,
        merge: impl Fn(E, E) -> E + Copy,
    ) {
        let Some(&any) = plane.elements.first() else { return };
        let (width, height) = (part.width as usize, part.height as usize);
        let across = width + around.columns() - 1;
        let Self { made, columns, line, spare } = self;
        made.resize(width * height, any);
        if let Some((wide, high)) = around.block() {
            columns.resize(across * height, any);
            runs(&plane.elements, across, high, spare, columns, merge);
            for (columns, made) in columns.chunks_exact(across).zip(made.chunks_exact_mut(width)) {
                runs(columns, 1, wide, spare, made, merge);
            }
            return;
        }
        line.resize(width, any);
        for (row, made) in made.chunks_exact_mut(width).enumerate() {
            for (number, run) in around.runs().iter().enumerate() {
                let from = beside(around, width, row, run.dx, run.dy);
                let elements = &plane.elements[from..];
                if number == 0 {
                    runs(elements, 1, run.len, spare, made, merge);
                    continue;
                }
                runs(elements, 1, run.len, spare, line, merge);
                for (made, &line) in made.iter_mut().zip(line.iter()) {
                    *made = merge(*made, line);
                }
            }
        }
    }
}
