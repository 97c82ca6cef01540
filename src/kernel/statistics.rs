//! Minimum, maximum, mean and standard deviation, without rounding on the way.

use num_bigint::{BigInt, BigUint, Sign};

use crate::raster::{DataType, Sample, dispatch};

/// What is known of the valid samples of one band so far.
///
/// Nothing is rounded before [`Statistics::summary`]: sums of integers are kept
/// whole, floats are summed by their exponents. So the order in which samples
/// come, and how they are divided among several of these, never shows.
///
/// NaN samples count as missing, as in GDAL. Of complex samples the real parts
/// are counted.
#[derive(Debug, Clone)]
pub struct Statistics {
    samples: u64,
    valid: u64,
    min: f64,
    max: f64,
    sums: Sums,
}

/// What [`Statistics`] come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// The number of valid samples.
    pub valid: u64,
    /// The least of them; 64-bit integers beyond 2^53 are rounded to nearest.
    pub min: f64,
    /// The largest of them; 64-bit integers beyond 2^53 are rounded to nearest.
    pub max: f64,
    /// The exact mean, rounded once. Infinite if samples are; NaN if they are
    /// infinite both ways.
    pub mean: f64,
    /// The standard deviation of the population (divided by n): the square root of
    /// the exact variance, rounded once. NaN if a sample is infinite.
    pub std: f64,
}

/// Exact sums of samples and of their squares.
#[derive(Debug, Clone)]
enum Sums {
    Integer(IntegerSums),
    Float(Box<FloatSums>),
}

#[derive(Debug, Clone, Default)]
struct IntegerSums {
    sum: i128,
    squares: Wide,
}

/// An unsigned number of 192 bits.
#[derive(Debug, Clone, Copy, Default)]
struct Wide {
    low: u128,
    high: u64,
}

/// Sums of significands, one for each exponent that an `f64` can have.
#[derive(Debug, Clone)]
struct FloatSums {
    sums: Vec<i128>,
    squares: Vec<Wide>,
    infinite: Infinite,
}

/// How many samples were infinite.
#[derive(Debug, Clone, Copy, Default)]
struct Infinite {
    negative: u64,
    positive: u64,
}

/// The exponents of finite numbers, subnormal ones counted with the least normal.
const EXPONENTS: usize = 2047;
/// An `f64` of biased exponent 0 is its significand times 2 to this.
const LEAST_EXPONENT: i64 = -1075;

impl Statistics {
    /// Makes statistics of no samples; samples of `dtype` will come.
    pub fn new(dtype: DataType) -> Self {
        let sums = if dtype.part().is_float() {
            Sums::Float(Box::new(FloatSums {
                sums: vec![0; EXPONENTS],
                squares: vec![Wide::default(); EXPONENTS],
                infinite: Infinite::default(),
            }))
        } else {
            Sums::Integer(IntegerSums::default())
        };
        Self { samples: 0, valid: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, sums }
    }

    /// Returns the bytes that statistics of samples of `dtype` take.
    pub const fn bytes_for(dtype: DataType) -> u64 {
        let float = EXPONENTS * (size_of::<i128>() + size_of::<Wide>());
        (if dtype.part().is_float() { float } else { 0 } + size_of::<Self>()) as u64
    }

    /// Adds samples; `valid` has 0 for each that is missing and 255 for each
    /// other, `None` if none is missing.
    ///
    /// # Panics
    /// If `valid` has another length than `samples`, or if these statistics were
    /// made for floats and the samples are integers, or the other way round.
    pub fn add<T: Sample>(&mut self, samples: &[T], valid: Option<&[u8]>) {
        assert!(valid.is_none_or(|v| v.len() == samples.len()), "one validity a sample");
        self.samples += samples.len() as u64;
        // The arm taken has U = T: the cast goes from a type to itself.
        dispatch!(T::DTYPE, U => Term::add(bytemuck::cast_slice::<T, U>(samples), valid, self));
    }

    /// Adds what other statistics know.
    ///
    /// # Panics
    /// If one was made for floats and the other for integers.
    pub fn merge(&mut self, other: &Self) {
        self.samples += other.samples;
        self.extend(other.valid, other.min, other.max);
        match (&mut self.sums, &other.sums) {
            (Sums::Integer(own), Sums::Integer(sums)) => {
                own.sum += sums.sum;
                own.squares.add(sums.squares);
            }
            (Sums::Float(own), Sums::Float(sums)) => {
                for (own, sum) in own.sums.iter_mut().zip(&sums.sums) {
                    *own += sum;
                }
                for (own, square) in own.squares.iter_mut().zip(&sums.squares) {
                    own.add(*square);
                }
                own.infinite.negative += sums.infinite.negative;
                own.infinite.positive += sums.infinite.positive;
            }
            _ => panic!("statistics of one kind"),
        }
    }

    /// Returns the number of samples that were added, valid or not.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Returns what the samples come to, or `None` if none is valid.
    pub fn summary(&self) -> Option<Summary> {
        let n = self.valid;
        if n == 0 {
            return None;
        }
        let (sum, squares, exponent, infinite) = match &self.sums {
            Sums::Integer(sums) => (sums.sum.into(), sums.squares.big(), 0, Infinite::default()),
            Sums::Float(sums) => (sums.sum(), sums.square_sum(), LEAST_EXPONENT, sums.infinite),
        };
        let (mean, std) = match infinite {
            Infinite { negative: 0, positive: 0 } => {
                let count = BigUint::from(n);
                let mean = quotient(sum.magnitude(), &count, exponent);
                let mean = if sum.sign() == Sign::Minus { -mean } else { mean };
                // n * (sum of squares) - (sum)^2 is n^2 times the variance, never negative.
                let spread = squares * &count - sum.magnitude() * sum.magnitude();
                (mean, quotient(&spread, &(&count * &count), 2 * exponent).sqrt())
            }
            Infinite { negative: 0, .. } => (f64::INFINITY, f64::NAN),
            Infinite { positive: 0, .. } => (f64::NEG_INFINITY, f64::NAN),
            _ => (f64::NAN, f64::NAN),
        };
        // Which zero came first is nobody's business.
        Some(Summary { valid: n, min: self.min + 0.0, max: self.max + 0.0, mean, std })
    }

    fn extend(&mut self, valid: u64, min: f64, max: f64) {
        self.valid += valid;
        self.min = if min < self.min { min } else { self.min };
        self.max = if max > self.max { max } else { self.max };
    }

    fn integers(&mut self) -> &mut IntegerSums {
        match &mut self.sums {
            Sums::Integer(sums) => sums,
            Sums::Float(_) => panic!("statistics of floats"),
        }
    }
}

impl Wide {
    #[inline(always)]
    fn add(&mut self, other: Self) {
        let (low, carry) = self.low.overflowing_add(other.low);
        *self = Self { low, high: self.high + other.high + u64::from(carry) };
    }

    fn big(self) -> BigUint {
        (BigUint::from(self.high) << 128u32) + self.low
    }
}

impl FloatSums {
    /// The sum of samples, in units of 2^[`LEAST_EXPONENT`].
    fn sum(&self) -> BigInt {
        let bins = self.sums.iter().enumerate().filter(|(_, sum)| **sum != 0);
        bins.map(|(exponent, &sum)| BigInt::from(sum) << exponent).sum()
    }

    /// The sum of squares, in units of the square of that.
    fn square_sum(&self) -> BigUint {
        let bins = self.squares.iter().enumerate().filter(|(_, s)| s.low != 0 || s.high != 0);
        bins.map(|(exponent, &sum)| sum.big() << (2 * exponent)).sum()
    }
}

/// Returns `numerator / denominator * 2^exponent`, rounded to nearest once unless
/// it is subnormal.
fn quotient(numerator: &BigUint, denominator: &BigUint, exponent: i64) -> f64 {
    if numerator.bits() == 0 {
        return 0.0;
    }
    // So many bits more that the quotient has at least 64.
    let shift = (denominator.bits() + 64).saturating_sub(numerator.bits());
    let scaled = numerator << shift;
    let whole = &scaled / denominator;
    let exact = &whole * denominator == scaled;
    let cut = whole.bits() - 64;
    let top = u64::try_from(&whole >> cut).unwrap_or(u64::MAX);
    // 11 bits are rounded away: that there is more below shows in the last of them.
    let exact = exact && whole.trailing_zeros().is_some_and(|zeros| zeros >= cut);
    let rounded = (top | u64::from(!exact)) as f64;
    let mut power = exponent + cut as i64 - shift as i64;
    let mut value = rounded;
    // Powers of 2 that an f64 has, one after another; all but the last keep the value normal.
    while power != 0 && value != 0.0 && value.is_finite() {
        let step = power.clamp(-1000, 1000);
        value *= f64::from_bits(((step + 1023) as u64) << 52);
        power -= step;
    }
    value
}

/// A type whose samples can be summed exactly.
trait Term: Sized {
    fn add(samples: &[Self], valid: Option<&[u8]>, to: &mut Statistics);
}

/// The samples after which sums of narrow integers are put away: they fit 64 bits.
const RUN: usize = 1 << 16;

/// Implements [`Term`] for integers: sums of [`RUN`] samples fit `$sum`, sums of as
/// many squares `$square`.
macro_rules! integer_term {
    ($($t:ty, $sum:ty, $square:ty;)*) => { $(
        impl Term for $t {
            fn add(samples: &[Self], valid: Option<&[u8]>, to: &mut Statistics) {
                for (index, run) in samples.chunks(RUN).enumerate() {
                    let (mut n, mut sum, mut squares): (u32, $sum, $square) = (0, 0, 0);
                    let (mut min, mut max) = (Self::MAX, Self::MIN);
                    let mut take = |v: Self, counts: bool| {
                        n += u32::from(counts);
                        let own = if counts { v } else { 0 };
                        sum += <$sum>::from(own);
                        squares += <$square>::from(own.unsigned_abs()).pow(2);
                        min = min.min(if counts { v } else { Self::MAX });
                        max = max.max(if counts { v } else { Self::MIN });
                    };
                    match valid {
                        None => run.iter().for_each(|&v| take(v, true)),
                        Some(valid) => {
                            let valid = &valid[index * RUN..][..run.len()];
                            run.iter().zip(valid).for_each(|(&v, &valid)| take(v, valid != 0));
                        }
                    }
                    if n > 0 {
                        let own = to.integers();
                        own.sum += i128::from(sum);
                        own.squares.add(Wide { low: squares.into(), high: 0 });
                        to.extend(n.into(), min.to_f64(), max.to_f64());
                    }
                }
            }
        }
    )* };
}

/// Gives unsigned integers the one method that signed ones have.
trait Magnitude {
    fn unsigned_abs(self) -> Self;
}
macro_rules! magnitude {
    ($($t:ty)*) => { $(
        impl Magnitude for $t {
            #[inline(always)]
            fn unsigned_abs(self) -> Self {
                self
            }
        }
    )* };
}
magnitude! { u8 u16 u32 u64 }

integer_term! {
    u8, i64, u64;
    i8, i64, u64;
    u16, i64, u64;
    i16, i64, u64;
    u32, i64, u128;
    i32, i64, u128;
}

/// Squares of 64-bit integers need more than 128 bits together.
macro_rules! long_term {
    ($($t:ty)*) => { $(
        impl Term for $t {
            fn add(samples: &[Self], valid: Option<&[u8]>, to: &mut Statistics) {
                let (mut n, mut min, mut max) = (0u64, Self::MAX, Self::MIN);
                let sums = to.integers();
                for (index, &v) in samples.iter().enumerate() {
                    if valid.is_none_or(|valid| valid[index] != 0) {
                        n += 1;
                        (min, max) = (min.min(v), max.max(v));
                        sums.sum += i128::from(v);
                        let square = u128::from(v.unsigned_abs()).pow(2);
                        sums.squares.add(Wide { low: square, high: 0 });
                    }
                }
                if n > 0 {
                    to.extend(n, min.to_f64(), max.to_f64());
                }
            }
        }
    )* };
}
long_term! { u64 i64 }

macro_rules! float_term {
    ($($t:ty)*) => { $(
        impl Term for $t {
            fn add(samples: &[Self], valid: Option<&[u8]>, to: &mut Statistics) {
                let Sums::Float(sums) = &mut to.sums else { panic!("statistics of integers") };
                let (mut n, mut min, mut max) = (0, f64::INFINITY, f64::NEG_INFINITY);
                for (index, &sample) in samples.iter().enumerate() {
                    let v = f64::from(sample);
                    if v.is_nan() || valid.is_some_and(|valid| valid[index] == 0) {
                        continue;
                    }
                    n += 1;
                    min = if v < min { v } else { min };
                    max = if v > max { v } else { max };
                    sums.add(v);
                }
                to.extend(n, min, max);
            }
        }
    )* };
}
float_term! { f32 f64 }

impl FloatSums {
    #[inline(always)]
    fn add(&mut self, v: f64) {
        let bits = v.to_bits();
        let (exponent, fraction) = ((bits >> 52) as usize & 0x7ff, bits & ((1 << 52) - 1));
        if exponent == EXPONENTS {
            *(if v > 0.0 { &mut self.infinite.positive } else { &mut self.infinite.negative }) += 1;
            return;
        }
        // Subnormal numbers have no leading 1, and the exponent of the least normal ones.
        let (exponent, significand) =
            if exponent == 0 { (1, fraction) } else { (exponent, fraction | 1 << 52) };
        let signed = if v < 0.0 { -(significand as i64) } else { significand as i64 };
        self.sums[exponent] += i128::from(signed);
        self.squares[exponent].add(Wide { low: u128::from(significand).pow(2), high: 0 });
    }
}

/// The real part alone.
impl<P: Term + Copy> Term for [P; 2] {
    fn add(samples: &[Self], valid: Option<&[u8]>, to: &mut Statistics) {
        for (index, run) in samples.chunks(RUN).enumerate() {
            let real: Vec<P> = run.iter().map(|sample| sample[0]).collect();
            P::add(&real, valid.map(|valid| &valid[index * RUN..][..run.len()]), to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<T: Sample>(samples: &[T], valid: Option<&[u8]>) -> Option<Summary> {
        let mut statistics = Statistics::new(T::DTYPE);
        statistics.add(samples, valid);
        statistics.summary()
    }

    fn summary(valid: u64, min: f64, max: f64, mean: f64, std: f64) -> Option<Summary> {
        Some(Summary { valid, min, max, mean, std })
    }

    #[test]
    fn sums_lose_nothing() {
        // 1 is lost beside 1e16 in f64; here the mean of the three is exactly 1/3.
        assert_eq!(of(&[1e16, 1.0, -1e16], None).map(|s| s.mean), Some(1.0 / 3.0));
        // The textbook formula in f64 gives 0 or nonsense; sqrt(22.5) is by hand.
        let far = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0];
        assert_eq!(of(&far, None), summary(4, 1e9 + 4.0, 1e9 + 16.0, 1e9 + 10.0, 22.5f64.sqrt()));
        let small = f64::from_bits(4);
        let beside = of(&[f64::MAX, small, -f64::MAX, small], None).map(|s| s.mean);
        assert_eq!(beside, Some(f64::from_bits(2)));
        assert_eq!(of(&[0.1f32, 0.3], None).map(|s| s.min), Some(0.1f32.into()));
        assert_eq!(
            of(&[u64::MAX, u64::MAX], None).map(|s| (s.mean, s.std)),
            Some((2f64.powi(64), 0.0))
        );
        // The mean is -0.5, the variance (2^64 - 1)^2 / 4.
        let extremes = of(&[i64::MIN, i64::MAX], None).expect("two samples");
        assert_eq!((extremes.mean, extremes.std), (-0.5, 2f64.powi(63)));
    }

    #[test]
    fn what_is_missing_or_infinite_is_told_apart() {
        let valid = [255, 0, 255];
        assert_eq!(of(&[1u8, 9, 3], Some(&valid)), summary(2, 1.0, 3.0, 2.0, 1.0));
        assert_eq!(of(&[-1i32, 9, -3], Some(&valid)), summary(2, -3.0, -1.0, -2.0, 1.0));
        assert_eq!(of(&[1i64, 9, 3], Some(&valid)), summary(2, 1.0, 3.0, 2.0, 1.0));
        assert_eq!(of(&[1f32, f32::NAN, 3.0], None), summary(2, 1.0, 3.0, 2.0, 1.0));
        assert_eq!(of(&[f64::NAN], None), None);
        assert_eq!(of(&[7u16], Some(&[0])), None);
        assert_eq!(of(&[[1i16, 50], [3, 60]], None), summary(2, 1.0, 3.0, 2.0, 1.0));
        let up = of(&[1.0, f64::INFINITY], None).expect("two samples");
        assert!(up.mean == f64::INFINITY && up.std.is_nan() && up.min == 1.0);
        let both = of(&[f64::NEG_INFINITY, f64::INFINITY], None).expect("two samples");
        assert!(both.mean.is_nan() && both.max == f64::INFINITY);
        let zero = of(&[-0.0, 0.0], None).expect("two samples");
        assert!(zero.min.is_sign_positive() && zero.mean == 0.0);
    }

    #[test]
    fn neither_order_nor_division_shows() {
        // Magnitudes from 1e-30 to 1e30 and both signs.
        let value = |i: i32| f64::from(i * 37 % 101 - 50) * 10f64.powi(i * 13 % 61 - 30);
        let samples: Vec<f64> = (0..5000).map(value).collect();
        let whole = of(&samples, None);
        let mut backwards = samples.clone();
        backwards.reverse();
        assert_eq!(of(&backwards, None), whole);
        let mut parts = Statistics::new(DataType::F64);
        for part in samples.chunks(77) {
            let mut own = Statistics::new(DataType::F64);
            own.add(part, None);
            parts.merge(&own);
        }
        assert_eq!((parts.summary(), parts.samples()), (whole, 5000));
        let long = vec![u16::MAX; RUN * 2 + 5];
        assert_eq!(of(&long, None), summary(long.len() as u64, 65535.0, 65535.0, 65535.0, 0.0));
    }
}
