//! Which interval of values a sample lies in.

use super::ordered::Ordered;
use crate::raster::{Buffer, DataType, NoData, Sample, dispatch_real};

/// An interval of values; each end with whether it belongs to it, `None` for no end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub from: Option<(NoData, bool)>,
    /// The upper end.
    pub to: Option<(NoData, bool)>,
}

/// Intervals of the values of one type, none of which shares a value with another.
#[derive(Debug, Clone)]
pub struct Classes {
    /// The places at which another interval, or a gap, begins.
    starts: Vec<u64>,
    /// The number of the interval that begins there; [`Classes::NONE`] for a gap.
    numbers: Vec<u32>,
    /// The numbers of all values, of types of up to 16 bits.
    table: Vec<u32>,
}

impl Classes {
    /// The number of a value that lies in no interval.
    pub const NONE: u32 = u32::MAX;
    /// The number of what is missing.
    pub const MISSING: u32 = u32::MAX - 1;

    /// Makes classes of intervals, which are numbered from 0. Ends are compared exactly
    /// with integers of any width; with floats as their nearest value.
    ///
    /// # Errors
    /// The numbers of two intervals that share a value.
    ///
    /// # Panics
    /// If samples of the type are complex.
    pub fn new(dtype: DataType, intervals: &[Interval]) -> Result<Self, (usize, usize)> {
        dispatch_real!(dtype, T => Self::of::<T>(intervals))
    }

    fn of<T: Ordered>(intervals: &[Interval]) -> Result<Self, (usize, usize)> {
        let places = (0..).zip(intervals).filter_map(|(number, interval)| {
            let (first, last) = interval.places::<T>()?;
            (first <= last).then_some((first, last, number))
        });
        let mut places: Vec<(u64, u64, u32)> = places.collect();
        places.sort_unstable();
        for pair in places.windows(2) {
            if pair[1].0 <= pair[0].1 {
                let (a, b) = (pair[0].2 as usize, pair[1].2 as usize);
                return Err((a.min(b), a.max(b)));
            }
        }
        let (mut starts, mut numbers) = (vec![0], vec![Self::NONE]);
        for (first, last, number) in places {
            if starts.last() == Some(&first) {
                starts.pop();
                numbers.pop();
            }
            starts.push(first);
            numbers.push(number);
            if let Some(next) = last.checked_add(1) {
                starts.push(next);
                numbers.push(Self::NONE);
            }
        }
        let mut classes = Self { starts, numbers, table: Vec::new() };
        if T::DTYPE.bytes() <= 2 {
            classes.table =
                (0..1 << (8 * T::DTYPE.bytes())).map(|key| classes.search(key)).collect();
        }
        Ok(classes)
    }

    fn search(&self, key: u64) -> u32 {
        // The first start is 0, so there is one at or before any place.
        self.numbers[self.starts.partition_point(|&start| start <= key) - 1]
    }

    /// Fills `out` with the numbers of the intervals that the samples of a band (from 0)
    /// lie in, from the one at `start` on.
    ///
    /// # Panics
    /// If `source` ends before the last of them, or is not of the type.
    pub fn find(&self, source: &Buffer, band: u16, start: usize, out: &mut [u32]) {
        let run = start..start + out.len();
        dispatch_real!(source.dtype(), T => {
            for (out, sample) in out.iter_mut().zip(&source.plane::<T>(band)[run.clone()]) {
                *out = match sample.key() {
                    Some(key) if T::DTYPE.bytes() <= 2 => self.table[key as usize],
                    Some(key) => self.search(key),
                    None => Self::MISSING,
                };
            }
        });
        if let Some(valid) = source.valid(band) {
            for (out, &valid) in out.iter_mut().zip(&valid[run]) {
                *out = if valid == 0 { Self::MISSING } else { *out };
            }
        }
    }
}

impl Interval {
    /// The first and the last place of a type's values in it; `None` if there is none.
    fn places<T: Ordered>(&self) -> Option<(u64, u64)> {
        if T::DTYPE.is_float() {
            let place = |end: NoData| end.sample::<T>().and_then(T::key);
            let first = match self.from {
                Some((end, belongs)) => place(end)? + u64::from(!belongs),
                None => 0,
            };
            let last = match self.to {
                Some((end, belongs)) => place(end)? - u64::from(!belongs),
                None => u64::MAX,
            };
            return Some((first, last));
        }
        let bits = 8 * T::DTYPE.bytes() as u32;
        let (least, most) = match T::DTYPE.is_signed_integer() {
            true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
            false => (0, (1i128 << bits) - 1),
        };
        let first = match self.from {
            Some((NoData::Integer(end), belongs)) => end.saturating_add(i128::from(!belongs)),
            Some((NoData::Float(end), true)) => end.ceil() as i128,
            Some((NoData::Float(end), false)) => (end.floor() as i128).saturating_add(1),
            None => least,
        };
        let last = match self.to {
            Some((NoData::Integer(end), belongs)) => end.saturating_sub(i128::from(!belongs)),
            Some((NoData::Float(end), true)) => end.floor() as i128,
            Some((NoData::Float(end), false)) => (end.ceil() as i128).saturating_sub(1),
            None => most,
        };
        let (first, last) = (first.max(least), last.min(most));
        let place = |value| NoData::Integer(value).sample::<T>().and_then(T::key);
        (first <= last).then_some((place(first)?, place(last)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{Pool, Window};

    fn numbers<T: Sample>(intervals: &[Interval], samples: &[T]) -> Vec<u32> {
        let window = Window::new(0, 0, samples.len() as u32, 1);
        let mut source = Buffer::new(&Pool::new(0), window, 1, T::DTYPE);
        source.plane_mut::<T>(0).copy_from_slice(samples);
        let mut out = vec![0; samples.len()];
        Classes::new(T::DTYPE, intervals).expect("no overlap").find(&source, 0, 0, &mut out);
        out
    }

    fn between(from: f64, belongs: bool, to: f64, too: bool) -> Interval {
        Interval { from: Some((NoData::Float(from), belongs)), to: Some((NoData::Float(to), too)) }
    }

    #[test]
    fn ends_belong_or_do_not() {
        const NONE: u32 = Classes::NONE;
        let open = [between(1.0, false, 3.0, true), between(3.5, true, 5.0, false)];
        assert_eq!(numbers(&open, &[0u8, 1, 2, 3, 4, 5]), [NONE, NONE, 0, 0, 1, NONE]);
        assert_eq!(
            numbers(&open, &[1.0f32, 1.0000001, 3.0, 3.1, 3.5, 4.9999995, 5.0]),
            [NONE, 0, 0, NONE, 1, 1, NONE]
        );
        // Both zeros are one value, and a tenth is the nearest float.
        let zero = [between(0.0, true, 0.0, true), between(0.1, true, 0.1, true)];
        assert_eq!(numbers(&zero, &[0.0f32, -0.0, 0.1, 1e-30]), [0, 0, 1, NONE]);
        assert_eq!(numbers(&zero, &[f64::NAN, -1e-300]), [Classes::MISSING, NONE]);
        let all = [
            Interval { from: None, to: Some((NoData::Float(0.0), false)) },
            Interval { from: Some((NoData::Float(0.0), true)), to: None },
        ];
        assert_eq!(numbers(&all, &[i64::MIN, -1, 0, i64::MAX]), [0, 0, 1, 1]);
        assert_eq!(numbers(&all, &[f32::NEG_INFINITY, -0.0, f32::INFINITY]), [0, 1, 1]);
        assert_eq!(numbers(&all, &[0u64, u64::MAX]), [1, 1]);
        // 2^53 + 1, which no f64 is.
        let exact = NoData::Integer((1 << 53) + 1);
        let one = [Interval { from: Some((exact, true)), to: Some((exact, true)) }];
        assert_eq!(numbers(&one, &[1i64 << 53, (1 << 53) + 1, (1 << 53) + 2]), [NONE, 0, NONE]);
        assert_eq!(numbers(&[between(-1e300, true, 1e300, true)], &[i16::MIN, i16::MAX]), [0, 0]);
        assert_eq!(numbers(&[between(0.2, true, 0.8, true)], &[0i8, 1]), [NONE, NONE]);
    }

    #[test]
    fn intervals_that_share_a_value_are_told() {
        let touching = [between(0.0, true, 5.0, false), between(5.0, true, 9.0, true)];
        assert!(Classes::new(DataType::F32, &touching).is_ok());
        let sharing = [touching[1], between(9.0, true, 12.0, true), touching[0]];
        assert_eq!(Classes::new(DataType::I16, &sharing).expect_err("overlap"), (0, 1));
        // No integer lies in what these share.
        let between_two = [between(0.0, true, 1.7, true), between(1.5, true, 3.0, true)];
        assert!(Classes::new(DataType::U8, &between_two).is_ok());
        assert!(Classes::new(DataType::F32, &between_two).is_err());
    }
}
