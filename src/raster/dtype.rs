//! The types a sample can have, and the one bridge from run time to generics.

use std::fmt;

/// The type of every sample of a raster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataType {
    /// Unsigned, 8 bits.
    U8,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 64 bits.
    I64,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// Complex: real and imaginary part of type `I16`.
    CI16,
    /// Complex: real and imaginary part of type `I32`.
    CI32,
    /// Complex: real and imaginary part of type `F32`.
    CF32,
    /// Complex: real and imaginary part of type `F64`.
    CF64,
}

impl DataType {
    /// Every data type: real ones, smallest first, then complex ones.
    pub const ALL: [Self; 14] = [
        Self::U8,
        Self::I8,
        Self::U16,
        Self::I16,
        Self::U32,
        Self::I32,
        Self::F32,
        Self::U64,
        Self::I64,
        Self::F64,
        Self::CI16,
        Self::CI32,
        Self::CF32,
        Self::CF64,
    ];

    /// Returns the size of one sample in bytes: 1, 2, 4, 8 or 16.
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 | Self::CI16 => 4,
            Self::U64 | Self::I64 | Self::F64 | Self::CI32 | Self::CF32 => 8,
            Self::CF64 => 16,
        }
    }

    /// Returns the type of the parts of a complex sample; of a real one, its own.
    pub const fn part(self) -> Self {
        match self {
            Self::CI16 => Self::I16,
            Self::CI32 => Self::I32,
            Self::CF32 => Self::F32,
            Self::CF64 => Self::F64,
            real => real,
        }
    }

    /// Returns whether samples are complex numbers.
    pub const fn is_complex(self) -> bool {
        matches!(self, Self::CI16 | Self::CI32 | Self::CF32 | Self::CF64)
    }

    /// Returns whether samples are real floating point numbers.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Returns whether samples are real integers that can be negative.
    pub const fn is_signed_integer(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64)
    }

    /// Returns the name numpy and rasterio use, such as `uint16`; numpy has
    /// none for complex integers, rasterio calls them `complex_int16`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::CI16 => "complex_int16",
            Self::CI32 => "complex_int32",
            Self::CF32 => "complex64",
            Self::CF64 => "complex128",
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

mod sealed {
    pub trait Sealed {}
}

/// One value of one band. Sealed: the implementors are the [`DataType`]s, the
/// complex ones as arrays of real and imaginary part.
///
/// As GDAL has it, a complex number converts to a real one by losing its
/// imaginary part. What computes with samples therefore looks at
/// [`DataType::is_complex`] first.
pub trait Sample: sealed::Sealed + bytemuck::Pod + PartialOrd + fmt::Debug + Send + Sync {
    /// The tag of this type.
    const DTYPE: DataType;

    /// Converts to `f64`: exact for all but 64-bit integers beyond 2^53,
    /// which round to nearest.
    fn to_f64(self) -> f64;

    /// Converts from `f64`. Integers round half to even and saturate; NaN
    /// becomes 0. `f32` rounds to nearest.
    fn from_f64(value: f64) -> Self;

    /// Converts to `f32`, rounding to nearest.
    fn to_f32(self) -> f32;

    /// Converts from `f32` by the rules of [`Sample::from_f64`].
    fn from_f32(value: f32) -> Self;

    /// Returns whether this sample equals `nodata`. NaN equals nothing, and a
    /// complex sample no nodata value, as in GDAL.
    #[inline(always)]
    fn matches(self, nodata: Self) -> bool {
        self == nodata
    }
}

/// 1.5 * 2^52: adding it to a smaller `f64` rounds that half to even, and leaves the
/// integer in the last bits of the sum (up to 51 of them, in two's complement): one
/// instruction that every target has and that vectorises, where a cast looks at each.
const ROUND_F64: f64 = 6_755_399_441_055_744.0;
/// The same for `f32`, with 22 bits: 1.5 * 2^23.
const ROUND_F32: f32 = 12_582_912.0;

/// Clamps by comparisons that compile to one instruction each; NaN becomes 0.
#[inline(always)]
fn clamp<F: PartialOrd + Default + Copy>(value: F, min: F, max: F) -> F {
    let low = if value > min { value } else { min };
    let clamped = if low < max { low } else { max };
    // NaN is the one value that does not equal itself.
    if value.partial_cmp(&value).is_some() { clamped } else { F::default() }
}

/// Implements [`Sample`] for integers. `narrow` types round by the magic
/// numbers above, `middle` ones by that for `f64`, `wide` ones do not fit them.
macro_rules! integer_sample {
    (narrow: $($t:ty, $tag:ident;)*) => {
        integer_sample! { rounded: $($t, $tag, value => {
            let clamped = clamp(value, <$t>::MIN as f32, <$t>::MAX as f32);
            (clamped + ROUND_F32).to_bits() as $t
        };)* }
    };
    (middle: $($t:ty, $tag:ident;)*) => {
        integer_sample! { rounded: $($t, $tag, value => <$t>::from_f64(value.into());)* }
    };
    (rounded: $($t:ty, $tag:ident, $value:ident => $from_f32:expr;)*) => { $(
        impl sealed::Sealed for $t {}
        impl Sample for $t {
            const DTYPE: DataType = DataType::$tag;
            #[inline(always)]
            fn to_f64(self) -> f64 { f64::from(self) }
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                let clamped = clamp(value, f64::from(<$t>::MIN), f64::from(<$t>::MAX));
                (clamped + ROUND_F64).to_bits() as $t
            }
            #[inline(always)]
            fn to_f32(self) -> f32 { self as f32 }
            #[inline(always)]
            fn from_f32($value: f32) -> Self { $from_f32 }
        }
    )* };
    (wide: $($t:ty, $tag:ident;)*) => { $(
        impl sealed::Sealed for $t {}
        impl Sample for $t {
            const DTYPE: DataType = DataType::$tag;
            #[inline(always)]
            fn to_f64(self) -> f64 { self as f64 }
            #[inline(always)]
            fn from_f64(value: f64) -> Self { value.round_ties_even() as $t }
            #[inline(always)]
            fn to_f32(self) -> f32 { self as f32 }
            #[inline(always)]
            fn from_f32(value: f32) -> Self { value.round_ties_even() as $t }
        }
    )* };
}

integer_sample! { narrow: u8, U8; i8, I8; u16, U16; i16, I16; }
integer_sample! { middle: u32, U32; i32, I32; }
integer_sample! { wide: u64, U64; i64, I64; }

macro_rules! float_sample {
    ($($t:ty, $tag:ident;)*) => { $(
        impl sealed::Sealed for $t {}
        impl Sample for $t {
            const DTYPE: DataType = DataType::$tag;
            #[inline(always)]
            fn to_f64(self) -> f64 { self as f64 }
            #[inline(always)]
            fn from_f64(value: f64) -> Self { value as $t }
            #[inline(always)]
            fn to_f32(self) -> f32 { self as f32 }
            #[inline(always)]
            fn from_f32(value: f32) -> Self { value as $t }
        }
    )* };
}

float_sample! { f32, F32; f64, F64; }

macro_rules! complex_sample {
    ($($part:ty, $tag:ident;)*) => { $(
        impl sealed::Sealed for [$part; 2] {}
        impl Sample for [$part; 2] {
            const DTYPE: DataType = DataType::$tag;
            #[inline(always)]
            fn to_f64(self) -> f64 { self[0].to_f64() }
            #[inline(always)]
            fn from_f64(value: f64) -> Self { [Sample::from_f64(value), <$part>::default()] }
            #[inline(always)]
            fn to_f32(self) -> f32 { self[0].to_f32() }
            #[inline(always)]
            fn from_f32(value: f32) -> Self { [Sample::from_f32(value), <$part>::default()] }
            #[inline(always)]
            fn matches(self, _nodata: Self) -> bool { false }
        }
    )* };
}

complex_sample! { i16, CI16; i32, CI32; f32, CF32; f64, CF64; }

/// Names `$T` for a run-time [`DataType`] of real samples, once per buffer as [`dispatch!`] does. For
/// what refuses complex samples before, so that code which never runs is not made four times; panics
/// with them.
macro_rules! dispatch_real {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::raster::DataType::U8 => {
                type $T = u8;
                $body
            }
            $crate::raster::DataType::I8 => {
                type $T = i8;
                $body
            }
            $crate::raster::DataType::U16 => {
                type $T = u16;
                $body
            }
            $crate::raster::DataType::I16 => {
                type $T = i16;
                $body
            }
            $crate::raster::DataType::U32 => {
                type $T = u32;
                $body
            }
            $crate::raster::DataType::I32 => {
                type $T = i32;
                $body
            }
            $crate::raster::DataType::U64 => {
                type $T = u64;
                $body
            }
            $crate::raster::DataType::I64 => {
                type $T = i64;
                $body
            }
            $crate::raster::DataType::F32 => {
                type $T = f32;
                $body
            }
            $crate::raster::DataType::F64 => {
                type $T = f64;
                $body
            }
            complex => panic!("real samples, not {complex}"),
        }
    };
}
pub(crate) use dispatch_real;

/// Names `$T` for a run-time [`DataType`]: once per buffer, never per pixel.
macro_rules! dispatch {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::raster::DataType::CI16 => {
                type $T = [i16; 2];
                $body
            }
            $crate::raster::DataType::CI32 => {
                type $T = [i32; 2];
                $body
            }
            $crate::raster::DataType::CF32 => {
                type $T = [f32; 2];
                $body
            }
            $crate::raster::DataType::CF64 => {
                type $T = [f64; 2];
                $body
            }
            real => $crate::raster::dispatch_real!(real, $T => $body),
        }
    };
}
pub(crate) use dispatch;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_round_half_to_even_and_saturate() {
        for (value, expected) in
            [(0.5, 0), (1.5, 2), (2.5, 2), (254.5, 254), (-3.0, 0), (1e30, 255), (f64::NAN, 0)]
        {
            assert_eq!(u8::from_f64(value), expected, "{value}");
            assert_eq!(u8::from_f32(value as f32), expected, "{value}");
        }
        assert_eq!(i16::from_f64(-2.5), -2);
        assert_eq!((i16::from_f64(f64::NAN), i8::from_f32(f32::NAN)), (0, 0));
        assert_eq!(i16::from_f32(-32768.6), i16::MIN);
        assert_eq!(i32::from_f64(f64::INFINITY), i32::MAX);
        assert_eq!(u64::from_f64(-1.0), 0);
        assert_eq!(i64::from_f64(9.3e18), i64::MAX);
    }

    #[test]
    fn every_value_of_the_narrow_types_survives_both_float_types() {
        for v in u16::MIN..=u16::MAX {
            assert_eq!(u16::from_f32(v.to_f32()), v);
            assert_eq!(u16::from_f64(v.to_f64()), v);
            let s = v as i16;
            assert_eq!(i16::from_f32(s.to_f32()), s);
        }
    }

    #[test]
    fn dispatch_names_the_type_of_the_tag() {
        for dtype in DataType::ALL {
            assert_eq!(dispatch!(dtype, T => (T::DTYPE, size_of::<T>())), (dtype, dtype.bytes()));
        }
    }
}
