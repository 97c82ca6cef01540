//! What the samples of a raster come to: exact statistics and GDAL's checksum, in one pass.

use crate::engine::{Encode, Engine, EngineOptions, Observer, Sink, Tile, Tiling};
use crate::error::Result;
use crate::kernel::{Statistics, Summary};
use crate::raster::{Buffer, Context, DataType, Info, Raster, Sample, Size, Window, dispatch};

/// What is asked of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SurveyOptions {
    /// Minimum, maximum, mean, standard deviation and number of valid samples.
    pub statistics: bool,
    /// GDAL's checksum (`GDALChecksumImage`) of the samples as they are, valid
    /// or not.
    pub checksum: bool,
}

/// What the samples of one band come to.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BandSurvey {
    /// The number of valid samples, NaN not among them; `None` if not asked for.
    pub valid: Option<u64>,
    /// `None` if not asked for, or if no sample is valid. Of complex samples the
    /// real parts are counted.
    pub statistics: Option<Summary>,
    /// `None` if not asked for.
    pub checksum: Option<u16>,
}

impl Raster {
    /// Reads all samples once, and returns what those of each band come to. The
    /// result does not depend on threads, memory or the unit of work.
    ///
    /// # Errors
    /// Whatever keeps a sample from being made.
    pub fn survey(
        &self,
        engine: &Engine,
        what: &SurveyOptions,
        observer: &mut dyn Observer,
    ) -> Result<Vec<BandSurvey>> {
        engine.run(self, Survey { what: *what, bands: Vec::new() }, observer)
    }
}

struct Survey {
    what: SurveyOptions,
    bands: Vec<Tally>,
}

/// What is known of a band so far.
struct Tally {
    statistics: Option<Statistics>,
    checksum: u16,
}

impl Tally {
    fn new(what: SurveyOptions, dtype: DataType) -> Self {
        Self { statistics: what.statistics.then(|| Statistics::new(dtype)), checksum: 0 }
    }
}

struct Count {
    what: SurveyOptions,
    bands: u16,
    dtype: DataType,
    width: u32,
}

impl Encode for Count {
    type Packet = Vec<Tally>;

    fn encode(&self, tile: Tile, pixels: Buffer, _cx: &Context<'_>) -> Result<Vec<Tally>> {
        let band = |band: u16| {
            let mut tally = Tally::new(self.what, self.dtype);
            dispatch!(self.dtype, T => {
                let samples = pixels.plane::<T>(band);
                if let Some(statistics) = &mut tally.statistics {
                    statistics.add::<T>(samples, pixels.valid(band));
                }
            });
            if self.what.checksum {
                tally.checksum = checksum(&pixels, band, tile.window, self.width);
            }
            tally
        };
        Ok((0..self.bands).map(band).collect())
    }

    fn footprint(&self, _window: Window) -> u64 {
        u64::from(self.bands) * Statistics::bytes_for(self.dtype)
    }
}

impl Sink for Survey {
    type Encoder = Count;
    type Output = Vec<BandSurvey>;

    fn begin(&mut self, info: &Info, options: &EngineOptions) -> Result<(Tiling, Count)> {
        let Self { what, .. } = *self;
        self.bands = (0..info.bands).map(|_| Tally::new(what, info.dtype)).collect();
        // Whole chunks where they are small, so that none is decoded twice.
        let side = |chunk: u32| chunk.clamp(256, 1024);
        let tile = Size::new(side(info.chunk.width), side(info.chunk.height));
        let tiling = Tiling::new(info.grid.size, options.work.unwrap_or(tile));
        let (bands, dtype, width) = (info.bands, info.dtype, info.grid.size.width);
        Ok((tiling, Count { what, bands, dtype, width }))
    }

    fn put(&mut self, _tile: Tile, packet: Vec<Tally>) -> Result<()> {
        for (own, tally) in self.bands.iter_mut().zip(packet) {
            own.checksum = own.checksum.wrapping_add(tally.checksum);
            if let (Some(own), Some(statistics)) = (&mut own.statistics, &tally.statistics) {
                own.merge(statistics);
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<BandSurvey>> {
        let band = |tally: &Tally| {
            let statistics = tally.statistics.as_ref().and_then(Statistics::summary);
            BandSurvey {
                valid: tally.statistics.as_ref().map(|_| statistics.map_or(0, |s| s.valid)),
                statistics,
                checksum: self.what.checksum.then_some(tally.checksum),
            }
        };
        Ok(self.bands.iter().map(band).collect())
    }
}

/// GDAL takes each number modulo one of these, in turn from the first number
/// of the raster on, and sums the remainders modulo 2^16.
const PRIMES: [i32; 11] = [7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43];

/// Returns the share of a window in the checksum of a band of a raster that is
/// so wide. What is summed does not depend on the order.
fn checksum(pixels: &Buffer, band: u16, window: Window, width: u32) -> u16 {
    let numbers = if pixels.dtype().is_complex() { 2 } else { 1 };
    let row_bytes = window.width as usize * pixels.dtype().bytes();
    let rows = pixels.plane_bytes(band).chunks_exact(row_bytes.max(1));
    let mut sum = 0i64;
    for (row, bytes) in (window.row..).zip(rows) {
        // Rows and columns of a window inside a raster are not negative.
        let first = (row as u64 * u64::from(width) + window.col as u64) * numbers % 11;
        sum += match pixels.dtype().part() {
            DataType::U8 => remainders(first, bytes, |v: u8| v.into()),
            DataType::I8 => remainders(first, bytes, |v: i8| v.into()),
            DataType::U16 => remainders(first, bytes, |v: u16| v.into()),
            DataType::I16 => remainders(first, bytes, |v: i16| v.into()),
            DataType::U32 => remainders(first, bytes, |v: u32| v.min(i32::MAX as u32) as i32),
            DataType::I32 => remainders(first, bytes, |v: i32| v),
            DataType::U64 => remainders(first, bytes, |v: u64| v.min(i32::MAX as u64) as i32),
            DataType::I64 => {
                remainders(first, bytes, |v: i64| v.clamp(i32::MIN.into(), i32::MAX.into()) as i32)
            }
            DataType::F32 => remainders(first, bytes, |v: f32| whole(v.into())),
            _ => remainders(first, bytes, whole),
        };
    }
    sum as u16
}

/// Rounds as GDAL does for a checksum: halves up, what is no number to the least integer.
fn whole(value: f64) -> i32 {
    if !value.is_finite() {
        return i32::MIN;
    }
    (value + 0.5).floor().clamp(f64::from(-i32::MAX), f64::from(i32::MAX)) as i32
}

/// Sums remainders, the first by prime number `first`.
fn remainders<T: Sample>(first: u64, bytes: &[u8], to_integer: impl Fn(T) -> i32) -> i64 {
    let numbers: &[T] = bytemuck::cast_slice(bytes);
    // Up to the first prime again, so that whole turns follow.
    let (head, rest) = numbers.split_at(((11 - first) as usize % 11).min(numbers.len()));
    let (turns, tail) = rest.as_chunks::<11>();
    let one = |sum: i64, (&number, prime): (&T, &i32)| sum + i64::from(to_integer(number) % prime);
    let mut sum = head.iter().zip(&PRIMES[first as usize..]).fold(0, one);
    for turn in turns {
        // Of known length: divisions by constants.
        let part: i32 = (0..11).map(|at| to_integer(turn[at]) % PRIMES[at]).sum();
        sum += i64::from(part);
    }
    tail.iter().zip(&PRIMES).fold(sum, one)
}
