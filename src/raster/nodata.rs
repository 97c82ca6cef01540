//! The value that stands for "no value".

use std::fmt;

use super::{DataType, Sample, dispatch};

/// The value that stands for "no value" in a band, as the file states it.
///
/// Integers are kept exactly, so that the extremes of 64-bit types survive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoData {
    /// An integer, of any width.
    Integer(i128),
    /// Any other number; NaN stands for every NaN.
    Float(f64),
}

impl NoData {
    /// Reads the text of GDAL's `GDAL_NODATA` tag: an integer, a decimal
    /// number, `nan`, `inf` or `-inf`, in any case. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if let Ok(integer) = text.parse::<i128>() {
            return Some(Self::Integer(integer));
        }
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "nan" | "-nan" | "+nan" | "1.#qnan" | "-1.#ind" => Some(Self::Float(f64::NAN)),
            "inf" | "+inf" | "infinity" | "1.#inf" => Some(Self::Float(f64::INFINITY)),
            "-inf" | "-infinity" | "-1.#inf" => Some(Self::Float(f64::NEG_INFINITY)),
            _ => lower.parse().ok().map(Self::Float),
        }
    }

    /// Returns the value as `f64`; 64-bit integers beyond 2^53 round.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Integer(i) => i as f64,
            Self::Float(f) => f,
        }
    }

    /// Returns the sample that equals this value, or `None` if type `T` has no
    /// such value, so that no sample is nodata. `f32` takes the nearest value,
    /// as files state float nodata in decimal; a complex sample takes it as its
    /// real part.
    pub fn sample<T: Sample>(self) -> Option<T> {
        let part = T::DTYPE.part();
        if part.is_float() {
            return Some(T::from_f64(self.to_f64()));
        }
        let integer = match self {
            Self::Integer(i) => i,
            Self::Float(f) if f.fract() == 0.0 && f.abs() < 2f64.powi(64) => f as i128,
            Self::Float(_) => return None,
        };
        let fits = |min: i128, max: i128| (min..=max).contains(&integer);
        // Through the low 64 bits: exact for every type, unlike through f64.
        let bits = (integer as u64).to_le_bytes();
        let exact = match part {
            DataType::U8 => fits(0, u8::MAX.into()),
            DataType::I8 => fits(i8::MIN.into(), i8::MAX.into()),
            DataType::U16 => fits(0, u16::MAX.into()),
            DataType::I16 => fits(i16::MIN.into(), i16::MAX.into()),
            DataType::U32 => fits(0, u32::MAX.into()),
            DataType::I32 => fits(i32::MIN.into(), i32::MAX.into()),
            DataType::U64 => fits(0, u64::MAX.into()),
            DataType::I64 => fits(i64::MIN.into(), i64::MAX.into()),
            // Floats are done; a part is real.
            _ => false,
        };
        let mut sample = T::zeroed();
        // The real part comes first.
        let len = part.bytes();
        let raw = &mut bytemuck::bytes_of_mut(&mut sample)[..len];
        raw.copy_from_slice(&bits[..len]);
        if cfg!(target_endian = "big") {
            raw.reverse();
        }
        exact.then_some(sample)
    }

    /// Returns whether a sample of `dtype` can have this value.
    pub fn fits(self, dtype: DataType) -> bool {
        dispatch!(dtype, T => self.sample::<T>().is_some())
    }

    /// Returns whether it is a number beyond the largest of a float `dtype`, whose infinity then
    /// stands for it.
    pub fn overflows(self, dtype: DataType) -> bool {
        let sample = dispatch!(dtype, T => self.sample::<T>().map(Sample::to_f64));
        self.to_f64().is_finite() && sample.is_some_and(f64::is_infinite)
    }
}

impl fmt::Display for NoData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(i) => write!(f, "{i}"),
            Self::Float(x) if x.is_nan() => f.write_str("nan"),
            // The shortest text that reads back as the same number.
            Self::Float(x) if x.abs() >= 1e17 || (*x != 0.0 && x.abs() < 1e-5) => {
                write!(f, "{x:e}")
            }
            Self::Float(x) => write!(f, "{x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_gdal_writes() {
        assert_eq!(NoData::parse("0"), Some(NoData::Integer(0)));
        assert_eq!(NoData::parse(" -9999 \0"), Some(NoData::Integer(-9999)));
        assert_eq!(
            NoData::parse("-3.4028234663852886e+38").and_then(|n| n.sample::<f32>()),
            Some(f32::MIN)
        );
        assert!(NoData::parse("NaN").is_some_and(|n| n.to_f64().is_nan()));
        assert_eq!(NoData::parse("none"), None);
        assert_eq!(NoData::parse(""), None);
    }

    #[test]
    fn samples_are_exact_or_absent() {
        assert_eq!(NoData::Integer(u64::MAX.into()).sample::<u64>(), Some(u64::MAX));
        assert_eq!(NoData::Integer(i64::MIN.into()).sample::<i64>(), Some(i64::MIN));
        assert_eq!(NoData::Integer(-9999).sample::<u8>(), None);
        assert_eq!(NoData::Float(-9999.0).sample::<i16>(), Some(-9999));
        assert_eq!(NoData::Float(0.5).sample::<i32>(), None);
        assert_eq!(NoData::Float(f64::NAN).sample::<u16>(), None);
        let beyond = |n: f64| NoData::Float(n).overflows(DataType::F32);
        assert!(beyond(1e39) && !beyond(f64::INFINITY) && !beyond(-3.4028234663852886e38));
    }

    #[test]
    fn display_reads_back() {
        for n in [NoData::Integer(-9999), NoData::Float(1.5e-300), NoData::Float(-3.4e38)] {
            assert_eq!(NoData::parse(&n.to_string()), Some(n));
        }
    }
}
