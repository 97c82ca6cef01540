//! Which pixels have values: a bit each, highest first, packed as runs of equal bytes.

use super::head::Bytes;
use super::value::broken;
use crate::error::Result;

/// The count that ends the runs.
const END: i16 = i16::MIN;
/// The shortest run of equal bytes that is worth its head.
const RUN: usize = 5;

/// The pixels of a blob that have values.
#[derive(Debug, Default)]
pub(super) struct Mask {
    /// A bit a pixel, where some have values and some have none.
    bits: Vec<u8>,
    pixels: usize,
    valid: usize,
}

impl Mask {
    /// Makes the mask of pixels of which `valid` says which have values.
    pub(super) fn new(pixels: usize, valid: impl Fn(usize) -> bool) -> Self {
        let mut bits = vec![0; pixels.div_ceil(8)];
        let mut count = 0;
        for pixel in (0..pixels).filter(|&pixel| valid(pixel)) {
            bits[pixel / 8] |= 0x80 >> (pixel % 8);
            count += 1;
        }
        Self { bits, pixels, valid: count }
    }

    /// Makes the mask of pixels that all have values.
    pub(super) fn all(pixels: usize) -> Self {
        Self { bits: Vec::new(), pixels, valid: pixels }
    }

    pub(super) fn is_all(&self) -> bool {
        self.valid == self.pixels
    }

    pub(super) fn count(&self) -> usize {
        self.valid
    }

    #[inline]
    pub(super) fn has(&self, pixel: usize) -> bool {
        self.is_all() || (self.valid > 0 && self.bits[pixel / 8] & (0x80 >> (pixel % 8)) != 0)
    }

    /// Reads a mask of `pixels` pixels, of which `valid` have values, in place of the mask of the
    /// blob before, which stays if there is none.
    pub(super) fn read(&mut self, pixels: usize, valid: usize, rest: &mut Bytes<'_>) -> Result<()> {
        let len = rest.u32()? as usize;
        if valid == 0 || valid == pixels {
            (self.pixels, self.valid) = (pixels, valid);
            return if len == 0 { Ok(()) } else { Err(broken("mask").expected(0).found(len)) };
        }
        if len > 0 {
            self.bits.clear();
            self.bits.reserve(pixels.div_ceil(8));
            runs(Bytes(rest.take(len)?), pixels.div_ceil(8), &mut self.bits)?;
        }
        if self.bits.len() != pixels.div_ceil(8) {
            return Err(broken("mask").found("none"));
        }
        let ones: usize = self.bits.iter().map(|bits| bits.count_ones() as usize).sum();
        let beyond = (self.bits.len() * 8 - pixels) as u32;
        let beyond = self.bits.last().map_or(0, |last| last & ((1_u32 << beyond) - 1) as u8);
        let found = ones - beyond.count_ones() as usize;
        if found != valid {
            return Err(broken("mask").expected(format!("{valid} pixels")).found(found));
        }
        (self.pixels, self.valid) = (pixels, valid);
        Ok(())
    }

    /// Writes the mask behind its length.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let at = out.len();
        out.extend([0; 4]);
        if self.valid == 0 || self.is_all() {
            return;
        }
        let mut plain = 0..0;
        let literal = |bytes: &[u8], out: &mut Vec<u8>| {
            for part in bytes.chunks(i16::MAX as usize) {
                out.extend((part.len() as i16).to_le_bytes());
                out.extend_from_slice(part);
            }
        };
        for run in self.bits.chunk_by(|a, b| a == b) {
            let start = plain.end;
            plain.end += run.len();
            if run.len() < RUN {
                continue;
            }
            literal(&self.bits[plain.start..start], out);
            for part in run.chunks(i16::MAX as usize) {
                out.extend((-(part.len() as i16)).to_le_bytes());
                out.push(run[0]);
            }
            plain.start = plain.end;
        }
        literal(&self.bits[plain], out);
        out.extend(END.to_le_bytes());
        let len = (out.len() - at - 4) as u32;
        out[at..at + 4].copy_from_slice(&len.to_le_bytes());
    }
}

/// Unpacks runs into `len` bytes.
fn runs(mut rest: Bytes<'_>, len: usize, out: &mut Vec<u8>) -> Result<()> {
    loop {
        let count = rest.u16()? as i16;
        if count == END {
            break;
        }
        let run = usize::from(count.unsigned_abs());
        if run > len - out.len() {
            return Err(broken("mask").expected(format!("{len} bytes")));
        }
        if count < 0 {
            let byte = rest.u8()?;
            out.resize(out.len() + run, byte);
        } else {
            out.extend_from_slice(rest.take(run)?);
        }
    }
    Ok(())
}
