//! Samples as numbers that are in the same order.

use crate::raster::Sample;

/// A type whose values are in order.
pub(super) trait Ordered: Sample {
    /// The value's place: a number of as many bits as the type has, in the same
    /// order; both zeros have one place. `None` for NaN.
    fn key(self) -> Option<u64>;
    /// The value at a place.
    fn from_key(key: u64) -> Self;
}

macro_rules! ordered {
    (unsigned: $($t:ty)*) => { $(
        impl Ordered for $t {
            #[inline(always)]
            fn key(self) -> Option<u64> {
                Some(self.into())
            }
            fn from_key(key: u64) -> Self {
                key as Self
            }
        }
    )* };
    (signed: $($t:ty, $bits:ty;)*) => { $(
        impl Ordered for $t {
            #[inline(always)]
            fn key(self) -> Option<u64> {
                Some((self as $bits ^ Self::MIN as $bits).into())
            }
            fn from_key(key: u64) -> Self {
                (key as $bits ^ Self::MIN as $bits) as Self
            }
        }
    )* };
    (float: $($t:ty, $bits:ty;)*) => { $(
        impl Ordered for $t {
            #[inline(always)]
            fn key(self) -> Option<u64> {
                // Adding 0 makes the negative zero positive.
                let bits = (self + 0.0).to_bits();
                let sign = 1 << (<$bits>::BITS - 1);
                let key = if bits & sign == 0 { bits | sign } else { !bits };
                (!self.is_nan()).then_some(key.into())
            }
            fn from_key(key: u64) -> Self {
                let (key, sign) = (key as $bits, 1 << (<$bits>::BITS - 1));
                let bits = if key & sign == 0 { !key } else { key ^ sign };
                Self::from_bits(bits)
            }
        }
    )* };
}
ordered! { unsigned: u8 u16 u32 u64 }
ordered! { signed: i8, u8; i16, u16; i32, u32; i64, u64; }
ordered! { float: f32, u32; f64, u64; }

impl<P: Ordered> Ordered for [P; 2]
where
    Self: Sample,
{
    fn key(self) -> Option<u64> {
        let [real, _] = self;
        real.key()
    }
    fn from_key(key: u64) -> Self {
        [P::from_key(key), P::zeroed()]
    }
}
