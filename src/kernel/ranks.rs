//! Exact order statistics, by counting digits: median, percentiles.

use std::collections::BTreeMap;

use super::ordered::Ordered;
use crate::raster::{DataType, Sample, dispatch};

/// Counts of samples by 16 bits of their place in the order of their type.
///
/// One round of counting settles types of up to 16 bits; each further round
/// settles 16 bits more of the ranks that are looked for. Counts add up the same
/// in any order. NaN samples count as missing, complex ones by their real part.
#[derive(Debug, Clone)]
pub struct Ranks {
    dtype: DataType,
    /// How many bits the rounds before this one settled.
    settled: u32,
    /// For each of the settled beginnings that are looked for, how many samples
    /// go on with which digit.
    counts: BTreeMap<u64, Vec<u64>>,
}

/// A sample that is looked for: the one of `rank` (from 0) among those that begin
/// with the bits that are settled so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    beginning: u64,
    rank: u64,
}

impl Wanted {
    /// Asks for the sample of `rank`, from 0, in ascending order.
    pub const fn rank(rank: u64) -> Self {
        Self { beginning: 0, rank }
    }
}

/// The bits that one round settles.
const DIGIT: u32 = 16;

impl Ranks {
    /// Makes the first round for samples of `dtype`.
    pub fn new(dtype: DataType) -> Self {
        let counts = BTreeMap::from([(0, vec![0; Self::digits(dtype)])]);
        Self { dtype, settled: 0, counts }
    }

    /// Returns how many rounds settle samples of `dtype`: 1, 2 or 4.
    pub const fn rounds(dtype: DataType) -> usize {
        (dtype.part().bytes() * 8).div_ceil(DIGIT as usize)
    }

    /// Returns the bytes that this takes.
    pub fn bytes(&self) -> u64 {
        (self.counts.len() * Self::digits(self.dtype) * size_of::<u64>()) as u64
    }

    /// Counts samples; `valid` has 0 for each that is missing and 255 for each
    /// other, `None` if none is missing.
    ///
    /// # Panics
    /// If the samples are not of the type that this was made for, or `valid` is shorter.
    pub fn add<T: Sample>(&mut self, samples: &[T], valid: Option<&[u8]>) {
        assert_eq!(T::DTYPE, self.dtype, "sample type of the ranks");
        // The arm taken has U = T: the cast goes from a type to itself.
        dispatch!(T::DTYPE, U => self.count(bytemuck::cast_slice::<T, U>(samples), valid));
    }

    fn count<T: Ordered>(&mut self, samples: &[T], valid: Option<&[u8]>) {
        let unsettled = self.unsettled();
        let low = self.low();
        let mask = (1 << (unsettled - low)) - 1;
        let mut tables: Vec<_> = self.counts.iter_mut().collect();
        for (index, sample) in samples.iter().enumerate() {
            if valid.is_some_and(|valid| valid[index] == 0) {
                continue;
            }
            let Some(key) = sample.key() else { continue };
            // All 64 bits are unsettled in the first round of the widest types.
            let beginning = key.checked_shr(unsettled).unwrap_or(0);
            if let Some((_, counts)) = tables.iter_mut().find(|(own, _)| **own == beginning) {
                counts[(key >> low & mask) as usize] += 1;
            }
        }
    }

    /// Adds what another of the same round counted.
    pub fn merge(&mut self, other: &Self) {
        for (own, counts) in self.counts.values_mut().zip(other.counts.values()) {
            for (own, count) in own.iter_mut().zip(counts) {
                *own += count;
            }
        }
    }

    /// Settles what this round can of the samples that are looked for; returns the
    /// next round, or `None` if all is settled ([`Ranks::value`]).
    ///
    /// # Panics
    /// If fewer samples were counted than a rank asks for.
    pub fn settle(&self, wanted: &mut [Wanted]) -> Option<Self> {
        let digit = self.unsettled() - self.low();
        for one in &mut *wanted {
            let counts = self.counts.get(&one.beginning).expect("counted for what is wanted");
            let mut before = 0;
            let found = counts.iter().position(|&count| {
                let here = one.rank < before + count;
                before += if here { 0 } else { count };
                here
            });
            let found = found.expect("as many samples as a rank asks for") as u64;
            *one = Wanted { beginning: one.beginning << digit | found, rank: one.rank - before };
        }
        let settled = self.settled + digit;
        (self.low() > 0).then(|| {
            let table = || vec![0; Self::digits(self.dtype)];
            let counts = wanted.iter().map(|one| (one.beginning, table())).collect();
            Self { dtype: self.dtype, settled, counts }
        })
    }

    /// Returns the value of a sample that is settled.
    pub fn value(&self, wanted: Wanted) -> f64 {
        dispatch!(self.dtype, T => T::from_key(wanted.beginning).to_f64())
    }

    /// Returns each value and how many samples have it, ascending, after the only
    /// round of a type of up to 16 bits.
    pub fn values(&self) -> impl Iterator<Item = (f64, u64)> {
        let counts = self.counts.values().next().filter(|_| self.low() == 0);
        counts
            .into_iter()
            .flatten()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(key, &count)| (self.value(Wanted { beginning: key as u64, rank: 0 }), count))
    }

    fn digits(dtype: DataType) -> usize {
        1 << DIGIT.min(dtype.part().bytes() as u32 * 8)
    }

    fn unsettled(&self) -> u32 {
        self.dtype.part().bytes() as u32 * 8 - self.settled
    }

    /// The lowest bit that this round settles.
    fn low(&self) -> u32 {
        self.unsettled().saturating_sub(DIGIT)
    }
}

/// Returns the ranks (from 0) next to a percentile (0 to 100) of `count` samples, at
/// least 1, and how far it lies between them, as `numpy.percentile` has it.
pub fn ranks_beside(percentile: f64, count: u64) -> (u64, u64, f64) {
    let last = count - 1;
    let at = percentile / 100.0 * last as f64;
    let below = (at.floor() as u64).min(last);
    (below, (below + 1).min(last), at - at.floor())
}

/// Interpolates between two samples as numpy does, from the nearer one; equal ones,
/// infinite too, give themselves.
pub fn interpolate_ranks(below: f64, above: f64, fraction: f64) -> f64 {
    let step = above - below;
    if below == above {
        below
    } else if fraction < 0.5 {
        below + step * fraction
    } else {
        above - step * (1.0 - fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every rank of some samples, found by counting.
    fn sorted<T: Sample>(samples: &[T]) -> Vec<f64> {
        let mut wanted: Vec<Wanted> = (0..samples.len() as u64).map(Wanted::rank).collect();
        let mut round = Ranks::new(T::DTYPE);
        for _ in 1..Ranks::rounds(T::DTYPE) {
            // In two parts, as two workers would.
            let (first, second) = samples.split_at(samples.len() / 3);
            let mut other = round.clone();
            round.add(first, None);
            other.add(second, None);
            round.merge(&other);
            round = round.settle(&mut wanted).expect("more rounds");
        }
        round.add(samples, None);
        assert!(round.settle(&mut wanted).is_none());
        wanted.iter().map(|&one| round.value(one)).collect()
    }

    #[test]
    fn ranks_are_those_of_sorting() {
        let mut state = 7u64;
        for dtype in DataType::ALL.into_iter().filter(|dtype| !dtype.is_complex()) {
            dispatch!(dtype, T => {
                let samples: Vec<T> = (0..300)
                    .map(|_| {
                        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                        let wide = (state as i64) as f64 / 2f64.powi(state as i32 % 60);
                        T::from_f64(wide)
                    })
                    .collect();
                let mut wanted: Vec<f64> = samples.iter().map(|s| s.to_f64()).collect();
                wanted.sort_by(f64::total_cmp);
                assert_eq!(sorted(&samples), wanted, "{dtype}");
            });
        }
        assert_eq!(sorted(&[0.0, -0.0, f32::INFINITY, -1.0]), [-1.0, 0.0, 0.0, f64::INFINITY]);
    }

    #[test]
    fn what_is_missing_does_not_count() {
        let mut ranks = Ranks::new(DataType::I16);
        ranks.add(&[5i16, -7, 5, 100], Some(&[255, 255, 255, 0]));
        assert_eq!(ranks.values().collect::<Vec<_>>(), [(-7.0, 1), (5.0, 2)]);
        let mut floats = Ranks::new(DataType::F32);
        floats.add(&[f32::NAN, 2.0], None);
        assert_eq!(floats.counts[&0].iter().sum::<u64>(), 1);
    }
}
