//! Ranks, modes and the number of values of what is around a pixel.

use super::Neighbourhood;
use super::shape::Run;
use crate::kernel::ordered::Ordered;
use crate::kernel::{interpolate_ranks, narrow, ranks_beside};
use crate::raster::{Buffer, Size, dispatch_real};

/// What is asked of the samples around.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Of {
    /// The one at a percentage of the ranks.
    Rank(f64),
    Mode,
    Variety,
}

/// Up to this many pixels around are looked at anew for each pixel; of more only those
/// are that come and go from one pixel to the next.
const FEW: usize = 49;

/// Bytes a pixel of the source: places, their sorting, ranks, values and counts.
pub(super) const BYTES: u64 = 8 + 1 + 16 + 4 + 8 + 16;

pub(super) fn fill(of: Of, around: &Neighbourhood, source: &Buffer, band: u16, out: &mut Buffer) {
    // Places are found and results stored for each type; what lies between knows numbers alone.
    let (places, store) = dispatch_real!(source.dtype(), T => {
        let places = Places::new::<T>(around, source, band, out.window());
        (places, Results::store::<T> as fn(&mut _, usize))
    });
    let row = Vec::with_capacity(out.window().width as usize);
    let mut results = Results { out, band, row, numbers: Vec::new(), store };
    let bytes = source.dtype().bytes();
    if around.len() <= FEW {
        few(of, around, &places, bytes, &mut results);
    } else {
        many(of, around, &places, bytes, &mut results);
    }
}

/// The samples of a window and around it as numbers in the same order.
struct Places {
    keys: Vec<u64>,
    /// Which are there; `None` if all are.
    present: Option<Vec<bool>>,
}

impl Places {
    fn new<T: Ordered>(
        around: &Neighbourhood,
        source: &Buffer,
        band: u16,
        window: crate::raster::Window,
    ) -> Self {
        let across = window.width as usize + around.columns() - 1;
        let mut keys = Vec::with_capacity(across * (window.height as usize + around.rows() - 1));
        let mut present: Option<Vec<bool>> = None;
        for row in super::rows_around(around, window, source) {
            let valid = source.valid(band).map(|valid| &valid[row.clone()]);
            for (i, sample) in source.plane::<T>(band)[row].iter().enumerate() {
                let key = sample.key().filter(|_| valid.is_none_or(|valid| valid[i] != 0));
                if key.is_none() {
                    present.get_or_insert_with(|| vec![true; keys.len()]);
                }
                if let Some(present) = &mut present {
                    present.push(key.is_some());
                }
                keys.push(key.unwrap_or(0));
            }
        }
        Self { keys, present }
    }
}

/// One result: a place, or a number between two of them.
#[derive(Debug, Clone, Copy)]
enum Found {
    Nothing,
    Place(u64),
    Between(u64, u64, f64),
    Number(usize),
}

/// Rows of results on their way into a band.
struct Results<'a> {
    out: &'a mut Buffer,
    band: u16,
    row: Vec<Found>,
    numbers: Vec<f64>,
    /// [`Results::store`] for the type of the samples.
    store: fn(&mut Self, usize),
}

impl Results<'_> {
    fn value<T: Ordered>(found: Found) -> f64 {
        match found {
            Found::Nothing => f64::NAN,
            Found::Place(key) => T::from_key(key).to_f64(),
            Found::Between(below, above, fraction) => {
                let value = |key| T::from_key(key).to_f64();
                interpolate_ranks(value(below), value(above), fraction)
            }
            Found::Number(number) => number as f64,
        }
    }

    /// Stores the results of a row (from 0), and forgets them.
    fn store<T: Ordered>(&mut self, row: usize) {
        let start = row * self.row.len();
        self.numbers.clear();
        self.numbers.extend(self.row.iter().map(|&found| Self::value::<T>(found)));
        narrow(&self.numbers, self.band, start, self.out);
        if T::DTYPE == self.out.dtype() && T::DTYPE.bytes() == 8 {
            // What an f64 may have rounded.
            let samples = &mut self.out.plane_mut::<T>(self.band)[start..][..self.row.len()];
            for (sample, found) in samples.iter_mut().zip(&self.row) {
                if let Found::Place(key) = *found {
                    *sample = T::from_key(key);
                }
            }
        }
        self.row.clear();
    }
}

/// Finds the result for each pixel among the places around it.
fn few(of: Of, around: &Neighbourhood, places: &Places, bytes: usize, results: &mut Results<'_>) {
    let Size { width, height } = results.out.window().size();
    let (width, height) = (width as usize, height as usize);
    let mut here = Vec::with_capacity(around.len());
    let mut lanes = Lanes::new(of, around, places, bytes);
    for y in 0..height {
        for x in 0..width {
            if let Some(lanes) = &mut lanes {
                if x % LANES == 0 {
                    lanes.sort(around, places, width, y, x);
                }
                results.row.push(lanes.found(x % LANES));
                continue;
            }
            here.clear();
            for run in around.runs() {
                let from = super::beside(around, width, y, run.dx, run.dy) + x;
                let keys = &places.keys[from..from + run.len];
                match &places.present {
                    None => here.extend_from_slice(keys),
                    Some(present) => {
                        let present = &present[from..from + run.len];
                        let there = keys.iter().zip(present).filter(|(_, there)| **there);
                        here.extend(there.map(|(&key, _)| key));
                    }
                }
            }
            results.row.push(among(of, &mut here));
        }
        (results.store)(results, y);
    }
}

/// Pixels that are sorted side by side.
const LANES: usize = 16;

/// The places around pixels of a row, sorted for each: by a network, which compares the same
/// ones whatever they are, so that it goes on for many pixels at once.
struct Lanes {
    /// Which two are compared, in order.
    network: Vec<(usize, usize)>,
    sorted: Vec<[i32; LANES]>,
    ranks: (usize, usize, f64),
}

impl Lanes {
    /// For ranks, where nothing is missing, of types of up to 32 bits.
    fn new(of: Of, around: &Neighbourhood, places: &Places, bytes: usize) -> Option<Self> {
        let Of::Rank(percentile) = of else { return None };
        if places.present.is_some() || bytes > 4 {
            return None;
        }
        let (below, above, fraction) = ranks_beside(percentile, around.len() as u64);
        let sorted = vec![[0; LANES]; around.len()];
        let ranks = (below as usize, above as usize, fraction);
        Some(Self { network: network(around.len()), sorted, ranks })
    }

    /// Sorts what is around the pixels of row `y` from `x` on.
    fn sort(&mut self, around: &Neighbourhood, places: &Places, width: usize, y: usize, x: usize) {
        let mut rows = self.sorted.iter_mut();
        // At the end of a row there are fewer.
        let count = LANES.min(width - x);
        for run in around.runs() {
            let from = super::beside(around, width, y, run.dx, run.dy) + x;
            for (at, lanes) in (from..from + run.len).zip(&mut rows) {
                for (lane, &key) in lanes.iter_mut().zip(&places.keys[at..at + count]) {
                    // As signed numbers, in the same order: those have instructions.
                    *lane = (key as u32 ^ 1 << 31) as i32;
                }
            }
        }
        for &(a, b) in &self.network {
            let (left, right) = self.sorted.split_at_mut(b);
            for (a, b) in left[a].iter_mut().zip(&mut right[0]) {
                (*a, *b) = ((*a).min(*b), (*a).max(*b));
            }
        }
    }

    fn found(&self, lane: usize) -> Found {
        let key = |rank: usize| u64::from(self.sorted[rank][lane] as u32 ^ 1 << 31);
        between(key(self.ranks.0), key(self.ranks.1), self.ranks.2)
    }
}

/// Batcher's odd-even merge sort of so many (Knuth, TAOCP 3, 5.3.4): pairs to be put in order.
fn network(count: usize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut sorted = 1;
    while sorted < count {
        let mut apart = sorted;
        while apart > 0 {
            let mut start = apart % sorted;
            while start + apart < count {
                for at in start..(start + apart).min(count - apart) {
                    if at / (2 * sorted) == (at + apart) / (2 * sorted) {
                        pairs.push((at, at + apart));
                    }
                }
                start += 2 * apart;
            }
            apart /= 2;
        }
        sorted *= 2;
    }
    pairs
}

/// The result of some places in any order.
fn among(of: Of, here: &mut [u64]) -> Found {
    if of == Of::Variety {
        here.sort_unstable();
        return Found::Number(here.chunk_by(u64::eq).count());
    }
    if here.is_empty() {
        return Found::Nothing;
    }
    match of {
        Of::Rank(percentile) => {
            let (below, above, fraction) = ranks_beside(percentile, here.len() as u64);
            let (_, &mut key, larger) = here.select_nth_unstable(below as usize);
            let next = larger.iter().min().filter(|_| above > below);
            between(key, next.copied().unwrap_or(key), fraction)
        }
        _ => {
            here.sort_unstable();
            let mut best = (0, 0);
            for same in here.chunk_by(u64::eq) {
                if same.len() > best.0 {
                    best = (same.len(), same[0]);
                }
            }
            Found::Place(best.1)
        }
    }
}

fn between(below: u64, above: u64, fraction: f64) -> Found {
    if fraction == 0.0 || below == above {
        Found::Place(below)
    } else {
        Found::Between(below, above, fraction)
    }
}

/// Finds the results along each row, by what comes and goes from one pixel to the next.
fn many(of: Of, around: &Neighbourhood, places: &Places, bytes: usize, results: &mut Results<'_>) {
    let (values, ranks) = ranked(places, bytes);
    let mut tally: Box<dyn Tally> = match of {
        Of::Rank(percentile) => Box::new(Counts::new(values.len(), percentile)),
        Of::Mode => Box::new(Peaks::new(values.len())),
        Of::Variety => Box::new(Different { counts: vec![0; values.len()], number: 0 }),
    };
    let Size { width, height } = results.out.window().size();
    let (width, height) = (width as usize, height as usize);
    for y in 0..height {
        let at = |run: &Run| super::beside(around, width, y, run.dx, run.dy);
        for x in 0..width {
            for run in around.runs() {
                let from = at(run) + x;
                if x == 0 {
                    tally.come(&ranks[from..from + run.len]);
                } else {
                    tally.go(&ranks[from - 1..from]);
                    tally.come(&ranks[from + run.len - 1..from + run.len]);
                }
            }
            results.row.push(match tally.found() {
                Found::Place(rank) => Found::Place(values.at(rank)),
                Found::Between(below, above, fraction) => {
                    between(values.at(below), values.at(above), fraction)
                }
                other => other,
            });
        }
        for run in around.runs() {
            let from = at(run) + width - 1;
            tally.go(&ranks[from..from + run.len]);
        }
        (results.store)(results, y);
    }
}

/// The place that each rank has.
enum Values {
    /// Its own number, up to so many.
    Own(usize),
    Sorted(Vec<u64>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Own(len) => *len,
            Self::Sorted(values) => values.len(),
        }
    }

    fn at(&self, rank: u64) -> u64 {
        match self {
            Self::Own(_) => rank,
            Self::Sorted(values) => values[rank as usize],
        }
    }
}

/// The rank of what is missing.
const MISSING: u32 = u32::MAX;

/// Ranks the different places that there are.
fn ranked(places: &Places, bytes: usize) -> (Values, Vec<u32>) {
    let there = |at: usize| places.present.as_ref().is_none_or(|present| present[at]);
    if bytes <= 2 {
        let rank = |(at, &key): (usize, &u64)| if there(at) { key as u32 } else { MISSING };
        let ranks = places.keys.iter().enumerate().map(rank).collect();
        return (Values::Own(1 << (8 * bytes)), ranks);
    }
    let all = places.keys.iter().enumerate().filter(|(at, _)| there(*at));
    // The pixels of a window fit 32 bits: the halo of a window would not fit memory otherwise.
    let mut sorted: Vec<(u64, u32)> = all.map(|(at, &key)| (key, at as u32)).collect();
    sorted.sort_unstable();
    let (mut values, mut ranks) = (Vec::new(), vec![MISSING; places.keys.len()]);
    for (key, at) in sorted {
        if values.last() != Some(&key) {
            values.push(key);
        }
        ranks[at as usize] = values.len() as u32 - 1;
    }
    (Values::Sorted(values), ranks)
}

/// What is known of the ranks around the pixel at hand.
trait Tally {
    fn come(&mut self, ranks: &[u32]);
    fn go(&mut self, ranks: &[u32]);
    /// The result, in ranks.
    fn found(&self) -> Found;
}

/// Counts of each rank, of each 64 ranks, of each 64 of these, and so on.
struct Counts {
    levels: Vec<Vec<u32>>,
    number: u64,
    percentile: f64,
}

impl Counts {
    fn new(ranks: usize, percentile: f64) -> Self {
        let mut levels = vec![vec![0; ranks.max(1)]];
        while let Some(len) = levels.last().map(Vec::len).filter(|&len| len > 64) {
            levels.push(vec![0; len.div_ceil(64)]);
        }
        Self { levels, number: 0, percentile }
    }

    /// The rank of the n-th (from 0).
    fn nth(&self, mut n: u64) -> u64 {
        let mut at = 0;
        for level in self.levels.iter().rev() {
            at *= 64;
            while n >= u64::from(level[at]) {
                n -= u64::from(level[at]);
                at += 1;
            }
        }
        at as u64
    }
}

impl Tally for Counts {
    fn come(&mut self, ranks: &[u32]) {
        for &rank in ranks.iter().filter(|rank| **rank != MISSING) {
            self.number += 1;
            let mut at = rank as usize;
            for level in &mut self.levels {
                level[at] += 1;
                at /= 64;
            }
        }
    }

    fn go(&mut self, ranks: &[u32]) {
        for &rank in ranks.iter().filter(|rank| **rank != MISSING) {
            self.number -= 1;
            let mut at = rank as usize;
            for level in &mut self.levels {
                level[at] -= 1;
                at /= 64;
            }
        }
    }

    fn found(&self) -> Found {
        if self.number == 0 {
            return Found::Nothing;
        }
        let (below, above, fraction) = ranks_beside(self.percentile, self.number);
        let first = self.nth(below);
        if fraction == 0.0 {
            return Found::Place(first);
        }
        Found::Between(first, self.nth(above), fraction)
    }
}

/// Counts of ranks in a tree of the larger of two.
struct Peaks {
    tree: Vec<u32>,
    leaves: usize,
}

impl Peaks {
    fn new(ranks: usize) -> Self {
        let leaves = ranks.max(1).next_power_of_two();
        Self { tree: vec![0; 2 * leaves], leaves }
    }

    fn set(&mut self, rank: u32, count: impl Fn(u32) -> u32) {
        let mut at = self.leaves + rank as usize;
        self.tree[at] = count(self.tree[at]);
        while at > 1 {
            let larger = self.tree[at].max(self.tree[at ^ 1]);
            at /= 2;
            if self.tree[at] == larger {
                return;
            }
            self.tree[at] = larger;
        }
    }
}

impl Tally for Peaks {
    fn come(&mut self, ranks: &[u32]) {
        for &rank in ranks.iter().filter(|rank| **rank != MISSING) {
            self.set(rank, |count| count + 1);
        }
    }

    fn go(&mut self, ranks: &[u32]) {
        for &rank in ranks.iter().filter(|rank| **rank != MISSING) {
            self.set(rank, |count| count - 1);
        }
    }

    fn found(&self) -> Found {
        let most = self.tree[1];
        if most == 0 {
            return Found::Nothing;
        }
        let mut at = 1;
        while at < self.leaves {
            at *= 2;
            at += usize::from(self.tree[at] != most);
        }
        Found::Place((at - self.leaves) as u64)
    }
}

/// Counts of ranks, and how many are not 0.
struct Different {
    counts: Vec<u32>,
    number: usize,
}

impl Tally for Different {
    fn come(&mut self, ranks: &[u32]) {
        for &rank in ranks.iter().filter(|rank| **rank != MISSING) {
            let count = &mut self.counts[rank as usize];
            self.number += usize::from(*count == 0);
            *count += 1;
        }
    }

    fn go(&mut self, ranks: &[u32]) {
        for &rank in ranks.iter().filter(|rank| **rank != MISSING) {
            let count = &mut self.counts[rank as usize];
            *count -= 1;
            self.number -= usize::from(*count == 0);
        }
    }

    fn found(&self) -> Found {
        Found::Number(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_sort() {
        // By the zero-one principle: what sorts all zeros and ones sorts all.
        for count in 1..=13 {
            let network = network(count);
            for bits in 0..1u32 << count {
                let mut all: Vec<u32> = (0..count).map(|at| bits >> at & 1).collect();
                for &(a, b) in &network {
                    if all[a] > all[b] {
                        all.swap(a, b);
                    }
                }
                assert!(all.is_sorted(), "{count}: {bits:b}");
            }
        }
        for count in [25, 49] {
            let mut all: Vec<usize> = (0..count).map(|at| at * 37 % count).rev().collect();
            for (a, b) in network(count) {
                if all[a] > all[b] {
                    all.swap(a, b);
                }
            }
            assert!(all.is_sorted(), "{count}");
        }
    }
}
