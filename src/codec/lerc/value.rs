//! The types of values that LERC knows.

use crate::codec::SampleKind;
use crate::codec::shape::ChunkShape;
use crate::error::{Error, Result};

/// An error that says which part of a blob is broken.
pub(super) fn broken(part: &str) -> Error {
    Error::format(format!("{part} of a LERC blob"))
}

/// Where the values of a blob go: a pixel's lie side by side from `first` on, a pixel's `stride`
/// values behind those of the pixel before.
pub(super) struct Target<'a, T> {
    pub(super) values: &'a mut [T],
    pub(super) first: usize,
    pub(super) stride: usize,
}

/// A type, in the order of its number in the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
}

impl Kind {
    const ALL: [Self; 8] =
        [Self::I8, Self::U8, Self::I16, Self::U16, Self::I32, Self::U32, Self::F32, Self::F64];

    pub(super) fn from_number(number: u32) -> Result<Self> {
        let kind = Self::ALL.get(number as usize).copied();
        kind.ok_or_else(|| broken("type of values").expected("0 to 7").found(number))
    }

    pub(super) fn number(self) -> u32 {
        self as u32
    }

    /// The type of the samples of a chunk.
    pub(super) fn of(shape: ChunkShape) -> Result<Self> {
        use SampleKind::{Float, Signed, Unsigned};
        Ok(match (shape.kind, shape.bits) {
            (Signed, 8) => Self::I8,
            (Unsigned, 8) => Self::U8,
            (Signed, 16) => Self::I16,
            (Unsigned, 16) => Self::U16,
            (Signed, 32) => Self::I32,
            (Unsigned, 32) => Self::U32,
            (Float, 32) => Self::F32,
            (Float, 64) => Self::F64,
            _ => return Err(shape.refuse_sample("LERC")),
        })
    }

    /// The smaller types that the least value of a block may have, the smallest first, each with
    /// its number in the head of the block; what is not there is stored as it is, under 0.
    pub(super) fn smaller(self) -> &'static [(u8, Self)] {
        match self {
            Self::I8 | Self::U8 => &[],
            Self::I16 => &[(2, Self::I8), (1, Self::U8)],
            Self::U16 => &[(1, Self::U8)],
            Self::I32 => &[(3, Self::U8), (2, Self::I16), (1, Self::U16)],
            Self::U32 => &[(2, Self::U8), (1, Self::U16)],
            Self::F32 => &[(2, Self::U8), (1, Self::I16)],
            Self::F64 => &[(3, Self::I16), (2, Self::I32), (1, Self::F32)],
        }
    }

    /// Appends a value, which the type has, and returns whether it does.
    pub(super) fn append(self, value: f64, out: &mut Vec<u8>) -> bool {
        let (len, back) = (out.len(), value);
        let back = match self {
            Self::I8 => (out.extend((back as i8).to_le_bytes()), f64::from(back as i8)).1,
            Self::U8 => (out.extend((back as u8).to_le_bytes()), f64::from(back as u8)).1,
            Self::I16 => (out.extend((back as i16).to_le_bytes()), f64::from(back as i16)).1,
            Self::U16 => (out.extend((back as u16).to_le_bytes()), f64::from(back as u16)).1,
            Self::I32 => (out.extend((back as i32).to_le_bytes()), f64::from(back as i32)).1,
            Self::U32 => (out.extend((back as u32).to_le_bytes()), f64::from(back as u32)).1,
            Self::F32 => (out.extend((back as f32).to_le_bytes()), f64::from(back as f32)).1,
            Self::F64 => (out.extend(back.to_le_bytes()), back).1,
        };
        if back != value {
            out.truncate(len);
        }
        back == value
    }
}

/// A value in memory.
pub(super) trait Value: bytemuck::Pod + PartialOrd {
    const KIND: Kind;
    const FLOAT: bool;
    /// What stands for a value that is missing, as libtiff has it.
    const MISSING: Self;
    /// The nearest value towards 0; beyond the ends the outermost.
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    /// Of little-endian bytes, as many as the value has.
    fn from_le(bytes: &[u8]) -> Self;
    fn append(self, out: &mut Vec<u8>);
}

macro_rules! value {
    ($($type:ty, $kind:ident, $float:literal, $missing:expr;)*) => {$(
        impl Value for $type {
            const KIND: Kind = Kind::$kind;
            const FLOAT: bool = $float;
            const MISSING: Self = $missing;

            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as Self
            }

            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            #[inline(always)]
            fn from_le(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<Self>()];
                own.copy_from_slice(bytes);
                Self::from_le_bytes(own)
            }

            #[inline(always)]
            fn append(self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }
        }
    )*};
}

value! {
    i8, I8, false, 0;
    u8, U8, false, 0;
    i16, I16, false, 0;
    u16, U16, false, 0;
    i32, I32, false, 0;
    u32, U32, false, 0;
    f32, F32, true, f32::NAN;
    f64, F64, true, f64::NAN;
}
