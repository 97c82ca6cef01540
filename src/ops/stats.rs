//! The verb [`Raster::statistics`](crate::Raster::statistics): what the samples of each band come to.

use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::{Encode, Engine, EngineOptions, Observer, Sink, Tile, Tiling};
use crate::kernel::{
    Histogram, Ranks, Statistics, Summary, Wanted, interpolate_ranks, ranks_beside,
};
use crate::raster::{Buffer, Context, DataType, Info, Raster, Sample, Window, dispatch};
use crate::{Error, Result};

/// What is asked of a raster besides minimum, maximum, mean and standard deviation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StatsOptions {
    /// Percentiles, each from 0 to 100; 50 is the median.
    pub percentiles: Vec<f64>,
    /// A histogram.
    pub histogram: Option<HistogramRequest>,
}

/// A histogram that is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistogramRequest {
    /// The number of intervals, 1 to 1048576.
    pub bins: u32,
    /// From where to where; `None` for the least to the largest finite sample.
    pub range: Option<(f64, f64)>,
}

/// What the samples of one band come to.
#[derive(Debug, Clone, PartialEq)]
pub struct BandStatistics {
    /// The number of samples, missing ones too.
    pub samples: u64,
    /// What the valid ones come to; `None` if there are none.
    pub summary: Option<Summary>,
    /// The percentiles that were asked for, in that order; none if no sample is valid.
    pub percentiles: Vec<f64>,
    /// The histogram that was asked for; `None` if no sample is valid.
    pub histogram: Option<Histogram>,
}

impl Raster {
    /// Returns what the valid samples of each band come to: exactly, whatever the
    /// engine's threads, memory and tiles.
    ///
    /// A percentile is that of `numpy.percentile`: between the two samples next to
    /// its rank, it is interpolated. Minimum, maximum, mean and standard deviation
    /// take one pass over the pixels, and so does everything for samples of up to
    /// 16 bits. Percentiles of wider ones take a pass for each 16 bits, and a
    /// histogram of them without a range a second one. NaN samples count as missing.
    ///
    /// Memory a band and worker: up to 100 KB for floats, and 512 KiB for each
    /// percentile.
    ///
    /// # Errors
    /// [`Error::Usage`] if a percentile, the number of bins or the range makes no
    /// sense, [`Error::Unsupported`] if samples are complex, and whatever keeps a
    /// pixel from being made.
    pub fn statistics(
        &self,
        engine: &Engine,
        options: &StatsOptions,
        observer: &mut dyn Observer,
    ) -> Result<Vec<BandStatistics>> {
        let info = self.info();
        check(info, options)?;
        let (bands, dtype) = (usize::from(info.bands), info.dtype);
        let short = Ranks::rounds(dtype) == 1;
        let ranked = !options.percentiles.is_empty() || short && options.histogram.is_some();
        let first = Tally {
            statistics: Some(Statistics::new(dtype)),
            ranks: ranked.then(|| Ranks::new(dtype)),
            histogram: options
                .histogram
                .and_then(|h| h.range.map(|(min, max)| Histogram::new(min, max, h.bins)))
                .filter(|_| !short),
        };
        let mut tally = count(self, engine, vec![first; bands], observer)?;
        let mut progress: Vec<Progress> =
            tally.iter_mut().map(|band| Progress::after_first(band, options, short)).collect();
        while progress.iter().any(|band| band.next.is_busy()) {
            let round = progress.iter_mut().map(|band| std::mem::take(&mut band.next)).collect();
            tally = count(self, engine, round, observer)?;
            for (band, tally) in progress.iter_mut().zip(tally) {
                band.take(tally);
            }
        }
        Ok(progress.into_iter().map(|band| band.finish(options)).collect())
    }
}

/// The most bins a histogram has: 8 MiB of counts.
const MOST_BINS: u32 = 1 << 20;

fn check(info: &Info, options: &StatsOptions) -> Result<()> {
    if info.dtype.is_complex() {
        return Err(Error::unsupported("statistics of complex samples")
            .found(info.dtype)
            .hint("complex numbers have no order"));
    }
    if let Some(wrong) = options.percentiles.iter().find(|p| !(0.0..=100.0).contains(*p)) {
        return Err(Error::usage("percentile").expected("0 to 100").found(wrong));
    }
    if let Some(HistogramRequest { bins, range }) = options.histogram {
        if !(1..=MOST_BINS).contains(&bins) {
            return Err(Error::usage("bins of the histogram")
                .expected(format!("1 to {MOST_BINS}"))
                .found(bins));
        }
        if let Some((min, max)) = range
            && !(min < max && (max - min).is_finite())
        {
            return Err(Error::usage("range of the histogram")
                .expected("a finite minimum below a finite maximum")
                .found(format!("{min} to {max}")));
        }
    }
    Ok(())
}

/// What one round counts of one band.
#[derive(Debug, Clone, Default)]
struct Tally {
    statistics: Option<Statistics>,
    ranks: Option<Ranks>,
    histogram: Option<Histogram>,
}

impl Tally {
    fn is_busy(&self) -> bool {
        self.statistics.is_some() || self.ranks.is_some() || self.histogram.is_some()
    }

    fn add<T: Sample>(&mut self, samples: &[T], valid: Option<&[u8]>) {
        if let Some(statistics) = &mut self.statistics {
            statistics.add(samples, valid);
        }
        if let Some(ranks) = &mut self.ranks {
            ranks.add(samples, valid);
        }
        if let Some(histogram) = &mut self.histogram {
            histogram.add(samples, valid);
        }
    }

    fn merge(&mut self, other: &Self) {
        if let (Some(own), Some(other)) = (&mut self.statistics, &other.statistics) {
            own.merge(other);
        }
        if let (Some(own), Some(other)) = (&mut self.ranks, &other.ranks) {
            own.merge(other);
        }
        if let (Some(own), Some(other)) = (&mut self.histogram, &other.histogram) {
            own.merge(other);
        }
    }

    fn bytes(&self, dtype: DataType) -> u64 {
        let statistics = self.statistics.as_ref().map_or(0, |_| Statistics::bytes_for(dtype));
        let histogram = self.histogram.as_ref().map_or(0, |h| h.counts().len() as u64 * 16);
        statistics + self.ranks.as_ref().map_or(0, Ranks::bytes) + histogram
    }
}

/// What is known of one band after some rounds, and what the next one counts.
struct Progress {
    samples: u64,
    summary: Option<Summary>,
    wanted: Vec<Wanted>,
    settled: Option<Ranks>,
    histogram: Option<Histogram>,
    next: Tally,
}

impl Progress {
    fn after_first(tally: &mut Tally, options: &StatsOptions, short: bool) -> Self {
        let statistics = tally.statistics.take();
        let summary = statistics.as_ref().and_then(Statistics::summary);
        let mut band = Self {
            samples: statistics.as_ref().map_or(0, Statistics::samples),
            summary,
            wanted: Vec::new(),
            settled: None,
            histogram: None,
            next: Tally::default(),
        };
        let Some(summary) = summary else { return band };
        for &percentile in &options.percentiles {
            let (below, above, _) = ranks_beside(percentile, summary.valid);
            band.wanted.extend([below, above].map(Wanted::rank));
        }
        if let Some(HistogramRequest { bins, range }) = options.histogram
            && tally.histogram.is_none()
        {
            let (min, max) = range.unwrap_or((summary.min, summary.max));
            // Samples that are infinite lie in no interval.
            let mut empty =
                Histogram::new(min.clamp(f64::MIN, f64::MAX), max.clamp(f64::MIN, f64::MAX), bins);
            if short {
                for (value, times) in tally.ranks.iter().flat_map(Ranks::values) {
                    empty.count(value, times);
                }
                band.histogram = Some(empty);
            } else {
                band.next.histogram = Some(empty);
            }
        }
        let next = Tally {
            ranks: tally.ranks.take(),
            histogram: tally.histogram.take(),
            statistics: None,
        };
        band.take(next);
        band
    }

    /// Takes what a round counted.
    fn take(&mut self, tally: Tally) {
        if let Some(ranks) = tally.ranks {
            self.next.ranks = ranks.settle(&mut self.wanted);
            self.settled = Some(ranks);
        }
        self.histogram = self.histogram.take().or(tally.histogram);
    }

    fn finish(self, options: &StatsOptions) -> BandStatistics {
        let value = |wanted: Wanted| self.settled.as_ref().map(|ranks| ranks.value(wanted));
        let valid = self.summary.map_or(0, |summary| summary.valid);
        let pairs = options.percentiles.iter().zip(self.wanted.as_chunks::<2>().0);
        let percentiles = pairs.filter_map(|(&percentile, &[below, above])| {
            Some(interpolate_ranks(value(below)?, value(above)?, ranks_beside(percentile, valid).2))
        });
        BandStatistics {
            samples: self.samples,
            summary: self.summary,
            percentiles: percentiles.collect(),
            histogram: self.histogram.filter(|_| valid > 0),
        }
    }
}

/// Counts one round over the whole raster.
fn count(
    raster: &Raster,
    engine: &Engine,
    round: Vec<Tally>,
    observer: &mut dyn Observer,
) -> Result<Vec<Tally>> {
    engine.run(raster, Count { round, spare: Arc::default() }, observer)
}

/// A sink that counts. Each worker adds to a tally of its own: nothing is rounded,
/// so which tile went to which does not show.
struct Count {
    round: Vec<Tally>,
    spare: Arc<Mutex<Vec<Vec<Tally>>>>,
}

struct Counter {
    round: Vec<Tally>,
    bytes: u64,
    spare: Arc<Mutex<Vec<Vec<Tally>>>>,
}

impl Encode for Counter {
    type Packet = ();

    fn encode(&self, _tile: Tile, pixels: Buffer, _cx: &Context<'_>) -> Result<()> {
        let lock = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let spare = lock().pop();
        let mut own = spare.unwrap_or_else(|| self.round.clone());
        for (band, tally) in (0..pixels.bands()).zip(&mut own) {
            dispatch!(pixels.dtype(), T => tally.add(pixels.plane::<T>(band), pixels.valid(band)));
        }
        lock().push(own);
        Ok(())
    }

    fn footprint(&self, _window: Window) -> u64 {
        self.bytes
    }
}

impl Sink for Count {
    type Encoder = Counter;
    type Output = Vec<Tally>;

    fn begin(&mut self, info: &Info, options: &EngineOptions) -> Result<(Tiling, Counter)> {
        let round = self.round.clone();
        let bytes = round.iter().map(|tally| tally.bytes(info.dtype)).sum();
        let counter = Counter { round, bytes, spare: self.spare.clone() };
        Ok((Tiling::for_reading(info, options), counter))
    }

    fn put(&mut self, _tile: Tile, _packet: ()) -> Result<()> {
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Tally>> {
        let counted =
            std::mem::take(&mut *self.spare.lock().unwrap_or_else(PoisonError::into_inner));
        for part in counted {
            for (own, tally) in self.round.iter_mut().zip(&part) {
                own.merge(tally);
            }
        }
        Ok(self.round)
    }
}
