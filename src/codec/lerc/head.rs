//! The head of a blob, and reading what follows.

use super::value::{Kind, broken};
use crate::error::{Error, Result};

const MAGIC: &[u8] = b"Lerc2 ";
/// The newest version read.
const NEWEST: u32 = 6;
/// The version written: what libtiff writes, and the first with several values in a pixel.
const WRITTEN: u32 = 4;
/// Where the checksum lies, from version 3 on, and where what it covers begins.
const CHECKSUM: usize = 10;
const CHECKED: usize = 14;
/// Where the length of the blob lies in version 4.
const SIZE: usize = 34;

/// What the head of a blob says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) version: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Values in a pixel.
    pub(super) depth: u32,
    /// Pixels that have values.
    pub(super) valid: u32,
    /// Columns and rows of a block.
    pub(super) block: u32,
    /// Bytes of the blob.
    pub(super) size: usize,
    pub(super) kind: Kind,
    pub(super) max_error: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Head {
    /// Reads the head that `blob` begins with, and what comes after it.
    pub(super) fn read(blob: &[u8]) -> Result<(Self, Bytes<'_>)> {
        if !blob.starts_with(MAGIC) {
            return Err(broken("head").expected("Lerc2"));
        }
        let mut rest = Bytes(&blob[MAGIC.len()..]);
        let version = rest.u32()?;
        if !(1..=NEWEST).contains(&version) {
            return Err(Error::unsupported("version of LERC")
                .expected("2.1 to 2.6")
                .found(version));
        }
        if version >= 3 {
            rest.u32()?;
        }
        let (height, width) = (rest.u32()?, rest.u32()?);
        let depth = if version >= 4 { rest.u32()? } else { 1 };
        let (valid, block) = (rest.u32()?, rest.u32()?);
        let size = rest.u32()? as usize;
        let kind = Kind::from_number(rest.u32()?)?;
        if version >= 6 {
            // How many blobs follow, and flags.
            rest.take(8)?;
        }
        let (max_error, low, high) = (rest.f64()?, rest.f64()?, rest.f64()?);
        if version >= 6 {
            // Values that stand for missing ones among several of a pixel.
            rest.take(16)?;
        }
        if depth == 0 || u64::from(valid) > u64::from(width) * u64::from(height) {
            return Err(broken("head").found(format!("{valid} pixels of {depth} values")));
        }
        if size > blob.len() || size < blob.len() - rest.0.len() {
            return Err(broken("head")
                .expected(format!("at most {} bytes", blob.len()))
                .found(format!("{size}")));
        }
        rest.0 = &rest.0[..rest.0.len() - (blob.len() - size)];
        let head =
            Self { version, width, height, depth, valid, block, size, kind, max_error, low, high };
        Ok((head, rest))
    }

    /// Holds the checksum of a blob against its bytes.
    pub(super) fn check(&self, blob: &[u8]) -> Result<()> {
        if self.version < 3 {
            return Ok(());
        }
        let stored = Bytes(&blob[CHECKSUM..]).u32()?;
        let found = fletcher(&blob[CHECKED..self.size]);
        if stored == found {
            return Ok(());
        }
        Err(broken("checksum").expected(format!("{stored:08x}")).found(format!("{found:08x}")))
    }

    /// Writes the head; its length and checksum come with [`finish`].
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(MAGIC);
        for word in [WRITTEN, 0, self.height, self.width, self.depth, self.valid, self.block, 0] {
            out.extend(word.to_le_bytes());
        }
        out.extend(self.kind.number().to_le_bytes());
        for number in [self.max_error, self.low, self.high] {
            out.extend(number.to_le_bytes());
        }
    }
}

/// Puts length and checksum into the head of a blob that is whole.
pub(super) fn finish(blob: &mut [u8]) -> Result<()> {
    let size = i32::try_from(blob.len()).map_err(|_| {
        Error::limit("bytes of a LERC blob").expected("less than 2 GiB").found(blob.len())
    })?;
    blob[SIZE..SIZE + 4].copy_from_slice(&size.to_le_bytes());
    let checksum = fletcher(&blob[CHECKED..]);
    blob[CHECKSUM..CHECKED].copy_from_slice(&checksum.to_le_bytes());
    Ok(())
}

/// Fletcher's checksum over big-endian words of 16 bits, neither of its sums ever 0.
///
/// Sums are taken modulo 65,535, to which the order of a word's bytes is a factor of 256: words are
/// summed as little-endian ones, two at a time in the halves of a `u64`, four of those side by side
/// for the sake of vector units.
fn fletcher(bytes: &[u8]) -> u32 {
    const LANES: usize = 4;
    const WORDS: u64 = 4 * LANES as u64;
    /// The groups after which a sum of sums still fits 32 bits.
    const MOST: usize = 256;
    const HALVES: u64 = 0xffff_0000_ffff;
    let whole = |sum: u64| (sum + 65_534) % 65_535 + 1;
    // The sum of all words, and of what that sum was after each.
    let (mut a, mut b) = (0_u64, 0_u64);
    let (groups, rest) = bytes.as_chunks::<{ 8 * LANES }>();
    for part in groups.chunks(MOST) {
        // Sums of the words at each place of a group, and of what they were before each group.
        let (mut even, mut odd) = ([0_u64; LANES], [0_u64; LANES]);
        let (mut even_before, mut odd_before) = ([0_u64; LANES], [0_u64; LANES]);
        for group in part {
            for (lane, words) in group.as_chunks::<8>().0.iter().enumerate() {
                let words = u64::from_le_bytes(*words);
                even_before[lane] += even[lane];
                odd_before[lane] += odd[lane];
                even[lane] += words & HALVES;
                odd[lane] += words >> 16 & HALVES;
            }
        }
        b += a * part.len() as u64 * WORDS;
        for lane in 0..LANES {
            let at = |place: u64, sums: u64, before: u64| {
                // How many words there are from the one at this place to the end of its group.
                let from_here = WORDS - 4 * lane as u64 - place;
                (sums, WORDS * before + from_here * sums)
            };
            for (place, sums, before) in
                [(0, even[lane], even_before[lane]), (1, odd[lane], odd_before[lane])]
            {
                let low = at(place, sums as u32 as u64, before as u32 as u64);
                let high = at(place + 2, sums >> 32, before >> 32);
                a += low.0 + high.0;
                b += low.1 + high.1;
            }
        }
        (a, b) = (a % 65_535, b % 65_535);
    }
    let (words, odd) = rest.as_chunks::<2>();
    // A last odd byte counts as the high half of a word.
    let odd = odd.iter().map(|&byte| [byte, 0]);
    for word in words.iter().copied().chain(odd) {
        a += u64::from(u16::from_le_bytes(word));
        b += a;
    }
    (whole(256 * b) << 16 | whole(256 * a)) as u32
}

/// Bytes that are taken from the front; all numbers are little endian.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (front, rest) =
            self.0.split_at_checked(len).ok_or_else(|| broken("data").found("its end"))?;
        self.0 = rest;
        Ok(front)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (front, rest) =
            self.0.split_first_chunk().ok_or_else(|| broken("data").found("its end"))?;
        self.0 = rest;
        Ok(*front)
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn f64(&mut self) -> Result<f64> {
        self.array().map(f64::from_le_bytes)
    }

    /// Takes a number of a kind.
    pub(super) fn number(&mut self, kind: Kind) -> Result<f64> {
        Ok(match kind {
            Kind::I8 => f64::from(self.u8()? as i8),
            Kind::U8 => f64::from(self.u8()?),
            Kind::I16 => f64::from(self.u16()? as i16),
            Kind::U16 => f64::from(self.u16()?),
            Kind::I32 => f64::from(self.u32()? as i32),
            Kind::U32 => f64::from(self.u32()?),
            Kind::F32 => f64::from(f32::from_bits(self.u32()?)),
            Kind::F64 => self.f64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::Random;

    /// The sums word by word, as the format's own description has them.
    fn plain(bytes: &[u8]) -> u32 {
        let fold = |sum: u32| (sum & 0xffff) + (sum >> 16);
        let (mut a, mut b) = (0xffff, 0xffff);
        for word in bytes.chunks(2) {
            a = fold(a + (u32::from(word[0]) << 8 | u32::from(*word.get(1).unwrap_or(&0))));
            b = fold(b + a);
        }
        fold(b) << 16 | fold(a)
    }

    #[test]
    fn the_checksum_is_that_of_single_words() {
        let mut random = Random(7);
        for len in [0, 1, 2, 3, 31, 32, 33, 65, 8191, 8192, 8193, 8224, 9001, 70_000] {
            for bytes in [vec![0; len], vec![255; len], random.bytes(len)] {
                assert_eq!(fletcher(&bytes), plain(&bytes), "{len} bytes");
            }
        }
    }
}
