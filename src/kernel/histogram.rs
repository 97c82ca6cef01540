//! How samples are distributed over equal intervals.

use crate::raster::Sample;

/// Counts of samples in equal intervals, as `numpy.histogram` has them: each
/// holds its lower bound and not its upper, the last one both.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    edges: Vec<f64>,
    counts: Vec<u64>,
}

impl Histogram {
    /// Makes `bins` empty intervals from `min` to `max`, which are finite and
    /// `min <= max`; 0 bins count as 1. Around a single value they span 1, as numpy's.
    pub fn new(min: f64, max: f64, bins: u32) -> Self {
        let (min, max) = if min < max { (min, max) } else { (min - 0.5, min + 0.5) };
        let bins = bins.max(1);
        // numpy.linspace: in this order of operations.
        let step = (max - min) / f64::from(bins);
        let mut edges: Vec<f64> = (0..bins).map(|i| f64::from(i) * step + min).collect();
        edges.push(max);
        Self { edges, counts: vec![0; bins as usize] }
    }

    /// Returns the bounds of the intervals: one more than there are intervals.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Returns how many samples each interval holds.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Counts samples; `valid` has 0 for each that is missing and 255 for each
    /// other, `None` if none is missing. Samples outside and NaN count nowhere.
    ///
    /// # Panics
    /// If `valid` is shorter than `samples`.
    pub fn add<T: Sample>(&mut self, samples: &[T], valid: Option<&[u8]>) {
        for (index, sample) in samples.iter().enumerate() {
            if valid.is_none_or(|valid| valid[index] != 0) {
                self.count(sample.to_f64(), 1);
            }
        }
    }

    /// Counts one value `times` times.
    pub fn count(&mut self, value: f64, times: u64) {
        let (min, max) = (self.edges[0], self.edges[self.counts.len()]);
        if !(value >= min && value <= max) {
            return;
        }
        let bins = self.counts.len();
        let mut at = (((value - min) / (max - min) * bins as f64) as usize).min(bins - 1);
        // The guess may be off by roundings: the edges decide.
        while value < self.edges[at] {
            at -= 1;
        }
        while at + 1 < bins && value >= self.edges[at + 1] {
            at += 1;
        }
        self.counts[at] += times;
    }

    /// Adds the counts of another with the same intervals.
    pub fn merge(&mut self, other: &Self) {
        for (own, count) in self.counts.iter_mut().zip(&other.counts) {
            *own += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are `numpy.histogram`'s.
    #[test]
    fn edges_decide_as_in_numpy() {
        let mut tenths = Histogram::new(0.0, 1.0, 10);
        let samples: Vec<f64> = (0..=10).map(|i| f64::from(i) / 10.0).collect();
        tenths.add(&samples, None);
        // Multiples of 0.1 lie on both sides of the edges.
        assert_eq!(tenths.counts(), [1, 1, 2, 0, 1, 2, 1, 0, 1, 2]);
        tenths.add(&[-0.1, 1.1, f64::NAN, 0.55], Some(&[255, 255, 255, 0]));
        assert_eq!(tenths.counts().iter().sum::<u64>(), 11);
        let mut one = Histogram::new(7.0, 7.0, 3);
        one.count(7.0, 5);
        assert_eq!((one.counts(), one.edges()[0], one.edges()[3]), (&[0, 5, 0][..], 6.5, 7.5));
    }
}
