//! How samples are stored, and what they become in memory.

use crate::error::{Error, Result};
use crate::ifd::{Directory, Tag};
use crate::io::ByteSource;
use crate::raster::DataType;

/// How a sample is stored.
///
/// Samples of 8, 16, 32, 64 or 128 bits are read as they are. Others are packed
/// highest bit first in rows that begin at whole bytes, and widened to `dtype`;
/// so are floats of 16 and 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Samples {
    /// Bits of a sample as stored.
    pub(super) bits: u16,
    /// The type in memory.
    pub(super) dtype: DataType,
}

impl Samples {
    /// Reads how all samples of an image are stored; the types in memory are GDAL's.
    pub(super) fn read(source: &ByteSource, directory: &Directory, bands: u16) -> Result<Self> {
        let bits = uniform(source, directory, Tag::BitsPerSample, bands)?;
        let format = uniform(source, directory, Tag::SampleFormat, bands)?;
        let dtype = match (format, bits) {
            (3, 16 | 24 | 32) => DataType::F32,
            (3, 64) => DataType::F64,
            (5, 32) => DataType::CI16,
            (5, 64) => DataType::CI32,
            (6, 64) => DataType::CF32,
            (6, 128) => DataType::CF64,
            (2, 8) => DataType::I8,
            (2, 16) => DataType::I16,
            (2, 32) => DataType::I32,
            (2, 64) => DataType::I64,
            // What is odd or of no known format counts as unsigned, signs or not.
            (_, 1..=8) => DataType::U8,
            (_, 9..=16) => DataType::U16,
            (_, 17..=32) => DataType::U32,
            (1 | 4, 64) => DataType::U64,
            _ => {
                return Err(Error::unsupported("samples of this width")
                    .expected("1 to 32, 64 or (complex) 128 bits")
                    .found(format!("{bits} bits of sample format {format}")));
            }
        };
        Ok(Self { bits, dtype })
    }

    /// Returns whether samples are widened.
    pub(super) fn is_packed(self) -> bool {
        usize::from(self.bits) != self.dtype.bytes() * 8
    }

    /// Returns the bytes of a stored row of `count` samples.
    pub(super) fn row_bytes(self, count: u64) -> Option<u64> {
        Some(count.checked_mul(self.bits.into())?.div_ceil(8))
    }

    /// Returns the bytes that are swapped together in a file of the other byte order.
    pub(super) fn word_bytes(self) -> usize {
        if self.is_packed() {
            // Short floats have an order of bytes, packed integers have not.
            if self.dtype == DataType::F32 { usize::from(self.bits / 8) } else { 1 }
        } else {
            self.dtype.part().bytes()
        }
    }

    /// Widens rows of packed samples, in native byte order where they have one.
    pub(super) fn widen(self, packed: &[u8], row_bytes: usize, out: &mut [u8], out_row: usize) {
        let rows = packed.chunks_exact(row_bytes.max(1)).zip(out.chunks_exact_mut(out_row.max(1)));
        for (packed, out) in rows {
            match (self.dtype, self.bits) {
                (DataType::F32, 16) => {
                    let (halves, floats) = (packed.as_chunks::<2>().0, out.as_chunks_mut::<4>().0);
                    for (float, &half) in floats.iter_mut().zip(halves) {
                        *float = half_to_f32(u16::from_ne_bytes(half)).to_ne_bytes();
                    }
                }
                (DataType::F32, _) => {
                    let (three, floats) = (packed.as_chunks::<3>().0, out.as_chunks_mut::<4>().0);
                    for (float, &bytes) in floats.iter_mut().zip(three) {
                        *float = f24_to_f32(word_of_3(bytes)).to_ne_bytes();
                    }
                }
                (DataType::U8, bits) => {
                    unpack(packed, bits.into(), out.iter_mut(), |to, v| *to = v as u8);
                }
                (DataType::U16, bits) => {
                    let words = out.as_chunks_mut::<2>().0.iter_mut();
                    unpack(packed, bits.into(), words, |to, v| *to = (v as u16).to_ne_bytes());
                }
                (_, bits) => {
                    let words = out.as_chunks_mut::<4>().0.iter_mut();
                    unpack(packed, bits.into(), words, |to, v| *to = (v as u32).to_ne_bytes());
                }
            }
        }
    }
}

/// Reads the value that a tag gives for every band. Values are one a band, but
/// many writers store one for all.
fn uniform(source: &ByteSource, directory: &Directory, tag: Tag, bands: u16) -> Result<u16> {
    let values = directory.u64s(source, tag)?.unwrap_or_default();
    let first = values.first().copied().unwrap_or(1);
    if let Some(other) = values.iter().take(bands.into()).find(|&&other| other != first) {
        let error = Error::unsupported("bands of several types");
        return Err(error.found(format!("{tag:?} {first} and {other}")));
    }
    // Wider numbers are no widths or formats that anything knows.
    Ok(u16::try_from(first).unwrap_or(u16::MAX))
}

/// Takes samples of `bits` bits (at most 32) out of a row, highest bit first.
fn unpack<'a, W: 'a>(
    packed: &[u8],
    bits: u32,
    out: impl Iterator<Item = &'a mut W>,
    put: impl Fn(&mut W, u64),
) {
    let mut bytes = packed.iter();
    let (mut held, mut count) = (0u64, 0);
    for to in out {
        while count < bits {
            held = held << 8 | u64::from(bytes.next().copied().unwrap_or(0));
            count += 8;
        }
        count -= bits;
        put(to, held >> count & ((1 << bits) - 1));
    }
}

fn word_of_3(bytes: [u8; 3]) -> u32 {
    let [a, b, c] = bytes;
    let word = if cfg!(target_endian = "big") { [c, b, a, 0] } else { [a, b, c, 0] };
    u32::from_le_bytes(word)
}

/// Widens an IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction.
fn half_to_f32(half: u16) -> f32 {
    widen_float(half.into(), 5, 10)
}

/// Widens a float of 24 bits: sign, 7 bits of exponent, 16 of fraction (TIFF
/// technical note 3).
fn f24_to_f32(bits: u32) -> f32 {
    widen_float(bits, 7, 16)
}

/// Widens a float exactly; a NaN keeps the leading bits of its payload.
fn widen_float(bits: u32, exponent_bits: u32, fraction_bits: u32) -> f32 {
    let sign = bits >> (exponent_bits + fraction_bits) << 31;
    let top = (1 << exponent_bits) - 1;
    let exponent = bits >> fraction_bits & top;
    let fraction = bits & ((1 << fraction_bits) - 1);
    let bias = top >> 1;
    let wide = fraction << (23 - fraction_bits);
    if exponent == top {
        return f32::from_bits(sign | 0x7f80_0000 | wide);
    }
    if exponent != 0 {
        return f32::from_bits(sign | (exponent + 127 - bias) << 23 | wide);
    }
    // Subnormal: the fraction counts the smallest steps. All are normal in f32.
    let step = f32::from_bits((127 + 1 - bias - fraction_bits) << 23);
    let value = fraction as f32 * step;
    f32::from_bits(sign | value.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_highest_first_and_rows_begin_at_bytes() {
        let samples = Samples { bits: 12, dtype: DataType::U16 };
        assert_eq!(samples.row_bytes(3), Some(5));
        let mut out = [0; 12];
        samples.widen(&[0x12, 0x3a, 0xbc, 0xff, 0xf7, 0, 1, 0, 2, 0], 5, &mut out, 6);
        let values = out.as_chunks::<2>().0.iter().map(|&b| u16::from_ne_bytes(b));
        assert!(values.eq([0x123, 0xabc, 0xfff, 0, 0x100, 0x020]));
        let mut out = [9; 5];
        Samples { bits: 3, dtype: DataType::U8 }.widen(&[0b1010_0111, 0b1100_1000], 2, &mut out, 5);
        assert_eq!(out, [0b101, 0b001, 0b111, 0b100, 0b100]);
    }

    #[test]
    fn short_floats_widen_exactly() {
        for (half, wide) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2f32.powi(-24)),
            (0x03ff, 2f32.powi(-14) - 2f32.powi(-24)),
            (0x8000, -0.0),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half_to_f32(half).to_bits(), f32::to_bits(wide), "{half:x}");
        }
        assert!(half_to_f32(0x7e00).is_nan());
        assert_eq!(f24_to_f32(0x3f_0000), 1.0);
        assert_eq!(f24_to_f32(0xc0_8000), -3.0);
        assert_eq!(f24_to_f32(1), 2f32.powi(-78));
    }
}
