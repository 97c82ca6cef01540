//! The float types that sums are made in.

use std::ops::{Add, Div, Mul, Sub};

use super::lanczos::Phases;
use crate::raster::{DataType, Sample};

/// `f32` or `f64`, as the type of a sum.
pub(super) trait Real:
    Copy
    + Phases
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    /// 0.
    const ZERO: Self;

    /// Rounds a number to this type.
    fn new(value: f64) -> Self;

    /// Converts a sample.
    fn of<T: Sample>(sample: T) -> Self;

    /// Converts to a sample: integers round half to even and saturate.
    fn sample<T: Sample>(self) -> T;

    /// Returns whether [`Real::sample`] saturates: whether the integer type has
    /// no value within a half. NaN does not count, nor do floats.
    fn saturates<T: Sample>(self) -> bool;

    /// Removes the sign.
    fn magnitude(self) -> Self;
}

macro_rules! real {
    ($t:ty, $of:ident, $from:ident) => {
        impl Real for $t {
            const ZERO: Self = 0.0;
            #[inline(always)]
            fn new(value: f64) -> Self {
                value as $t
            }
            #[inline(always)]
            fn of<T: Sample>(sample: T) -> Self {
                sample.$of()
            }
            #[inline(always)]
            fn sample<T: Sample>(self) -> T {
                T::$from(self)
            }
            #[inline(always)]
            fn saturates<T: Sample>(self) -> bool {
                let least = T::from_f64(f64::MIN).$of();
                let most = T::from_f64(f64::MAX).$of();
                !T::DTYPE.part().is_float() & ((self < least - 0.5) | (self > most + 0.5))
            }
            #[inline(always)]
            fn magnitude(self) -> Self {
                self.abs()
            }
        }
    };
}

real!(f32, to_f32, from_f32);
real!(f64, to_f64, from_f64);

/// Returns whether sums of `dtype` are made in `f32`.
///
/// The types of up to 16 bits are exact in `f32`. A sum of 2n taps an axis is
/// off by less than 4n * 2^-24 * 65535 * 1.6 (the largest sum of |weights|):
/// under 0.4 of a quantum for the 32 taps an axis that this type is used for, so
/// the result is never further from the one in `f64` than the two roundings are.
pub(super) const fn sums_in_f32(dtype: DataType) -> bool {
    matches!(dtype, DataType::U8 | DataType::I8 | DataType::U16 | DataType::I16)
}

/// The most taps an axis whose sum may be made in `f32`.
pub(super) const MOST_TAPS_IN_F32: usize = 32;

/// 2^52: adding and subtracting it rounds a smaller non-negative `f64` to an integer.
const TO_INTEGER: f64 = 4_503_599_627_370_496.0;

/// Rounds down a number in `[0, 2^51)`. The target's own instruction is not in
/// every x86-64, and the library call would be most of a pixel's time.
#[inline(always)]
pub(super) fn floor(value: f64) -> f64 {
    let nearest = (value + TO_INTEGER) - TO_INTEGER;
    if nearest > value { nearest - 1.0 } else { nearest }
}

/// Rounds up a number in `[0, 2^51)`.
#[inline(always)]
pub(super) fn ceil(value: f64) -> f64 {
    let nearest = (value + TO_INTEGER) - TO_INTEGER;
    if nearest < value { nearest + 1.0 } else { nearest }
}

/// Converts an integral `f64` in `[-2^31, 2^31)`; anything else gives any number.
/// Unlike `as`, two instructions for several numbers at once.
#[inline(always)]
pub(super) fn low_bits(value: f64) -> i32 {
    (value + 1.5 * TO_INTEGER).to_bits() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_agrees_with_the_library() {
        for v in [0.0, 0.25, 0.5, 0.999_999_999_999_999_9, 1.0, 1.5, 2.5, 7e9 + 0.75, 4e9 - 1e-6] {
            assert_eq!((floor(v), ceil(v)), (v.floor(), v.ceil()), "{v}");
        }
        for i in [0, 1, -1, 65_536, i32::MAX, i32::MIN] {
            assert_eq!(low_bits(f64::from(i)), i);
        }
    }
}
