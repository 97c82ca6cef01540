//! Samples picked of what lies in boxes.

use std::cmp::Ordering;

use super::super::Plane;
use super::super::ordered::Ordered;
use super::boxes::Boxed;
use crate::raster::{Sample, dispatch_real};

/// The values up to which the most frequent one is found by a look at each.
const FEW: usize = 64;

/// Memory that is used again.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch {
    pub(super) line: Vec<f64>,
    values: Vec<u64>,
    weights: Vec<f64>,
    order: Vec<usize>,
}

/// The order of samples, NaN last.
pub(super) fn order<T: Sample>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| {
        let is_nan = |v: &T| v.to_f64().is_nan();
        is_nan(a).cmp(&is_nan(b))
    })
}

impl Scratch {
    /// Returns the sample of a rank that depends on how many there are.
    pub(super) fn ranked<T: Sample>(
        &mut self,
        area: &Boxed,
        source: Plane<'_, T>,
        rank: impl Fn(usize) -> usize,
    ) -> Option<T> {
        // By place: numbers of the type's width compare in one step, whatever the type.
        match size_of::<T>() {
            1 => self.of_rank::<T, u8>(area, source, rank),
            2 => self.of_rank::<T, u16>(area, source, rank),
            4 => self.of_rank::<T, u32>(area, source, rank),
            _ => self.of_rank::<T, u64>(area, source, rank),
        }
    }

    fn of_rank<T: Sample, P: Place>(
        &mut self,
        area: &Boxed,
        source: Plane<'_, T>,
        rank: impl Fn(usize) -> usize,
    ) -> Option<T> {
        let places = room::<P>(&mut self.values, area);
        let mut count = 0;
        for (slot, (value, _)) in places.iter_mut().zip(area.samples(source)) {
            // NaN comes last.
            *slot = place(value).map_or(P::LAST, P::of);
            count += 1;
        }
        (count > 0).then(|| sample(P::at_rank(&mut places[..count], rank(count))))
    }

    /// Returns the sample that covers most; of several, the first to do so.
    pub(super) fn mode<T: Sample>(&mut self, area: &Boxed, source: Plane<'_, T>) -> Option<T> {
        let Self { values, weights, order: by_value, .. } = self;
        let values = room::<T>(values, area);
        weights.clear();
        for (slot, (value, weight)) in values.iter_mut().zip(area.samples(source)) {
            *slot = value;
            weights.push(weight);
        }
        let values = &values[..weights.len()];
        let same = |a: usize, b: usize| order(&values[a], &values[b]).is_eq();
        let mut best = None::<(f64, usize)>;
        // A value's weight grows in the order of its samples, whatever way they
        // are found; the last of them is when it reaches all of it.
        let mut meet = |weight: f64, last: usize| {
            let better = best.is_none_or(|(most, at)| weight > most || weight == most && last < at);
            if better {
                best = Some((weight, last));
            }
        };
        if values.len() <= FEW {
            for i in 0..values.len() {
                if (0..i).any(|j| same(i, j)) {
                    continue;
                }
                let (mut weight, mut last) = (0.0, i);
                for j in (i..values.len()).filter(|&j| same(i, j)) {
                    weight += weights[j];
                    last = j;
                }
                meet(weight, last);
            }
        } else {
            by_value.clear();
            by_value.extend(0..values.len());
            sort_by(by_value, &|a, b| order(&values[a], &values[b]).then(a.cmp(&b)));
            for group in by_value.chunk_by(|&a, &b| same(a, b)) {
                let weight = group.iter().fold(0.0, |sum, &i| sum + weights[i]);
                meet(weight, group[group.len() - 1]);
            }
        }
        best.map(|(_, at)| values[at])
    }
}

/// Returns room for the samples of a box.
fn room<'a, V: bytemuck::Pod>(words: &'a mut Vec<u64>, area: &Boxed) -> &'a mut [V] {
    let most = area.x.taps.len() * area.y.taps.len();
    let needed = (most * size_of::<V>()).div_ceil(size_of::<u64>());
    if words.len() < needed {
        words.resize(needed, 0);
    }
    &mut bytemuck::cast_slice_mut(&mut words[..needed])[..most]
}

/// Sorts, for all types by the same code.
fn sort_by(order: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    order.sort_unstable_by(|&a, &b| compare(a, b));
}

/// A place of samples (see [`Ordered`]) of one width.
trait Place: bytemuck::Pod {
    const LAST: Self;
    fn of(place: u64) -> Self;
    /// Returns the place of a rank among some, which it reorders.
    fn at_rank(places: &mut [Self], rank: usize) -> u64;
}

macro_rules! place {
    ($($t:ty)*) => { $(
        impl Place for $t {
            const LAST: Self = Self::MAX;
            #[inline(always)]
            fn of(place: u64) -> Self {
                place as Self
            }
            #[inline(never)]
            fn at_rank(places: &mut [Self], rank: usize) -> u64 {
                (*places.select_nth_unstable(rank).1).into()
            }
        }
    )* };
}
place! { u8 u16 u32 u64 }

/// Returns a real sample's place; none for NaN.
#[inline(always)]
fn place<T: Sample>(value: T) -> Option<u64> {
    dispatch_real!(T::DTYPE, U => bytemuck::cast::<T, U>(value).key())
}

/// Returns the sample at a place.
fn sample<T: Sample>(place: u64) -> T {
    let found = dispatch_real!(T::DTYPE, U => bytemuck::cast::<U, T>(U::from_key(place)));
    // Beyond all numbers is NaN: the usual one.
    if found.partial_cmp(&found).is_some() { found } else { T::from_f64(f64::NAN) }
}
