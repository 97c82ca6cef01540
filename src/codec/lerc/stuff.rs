//! Whole numbers in as few bits as the largest of them takes, as they are or by a table of those
//! that occur.

use super::head::Bytes;
use super::value::broken;
use crate::error::Result;

/// The most numbers read at once: a block's, or the lengths of codes.
pub(super) const MOST: usize = 1024;
/// The most numbers in a table.
const TABLE: usize = 254;

/// Reads up to `MOST` numbers, at most `most`, to the front of `out`; returns how many.
pub(super) fn read(
    rest: &mut Bytes<'_>,
    version: u32,
    most: usize,
    out: &mut [u32; MOST],
) -> Result<usize> {
    let head = rest.u8()?;
    let bits = u32::from(head & 31);
    let count = match head >> 6 {
        0 => rest.u32()? as usize,
        1 => usize::from(rest.u16()?),
        2 => usize::from(rest.u8()?),
        _ => return Err(broken("count of numbers")),
    };
    if count > most.min(MOST) {
        return Err(broken("count of numbers").expected(format!("at most {most}")).found(count));
    }
    if head & 32 == 0 {
        unstuff(rest, version, bits, &mut out[..count])?;
        return Ok(count);
    }
    // The table leaves out a 0 at its front.
    let len = usize::from(rest.u8()?);
    if bits == 0 || len < 2 {
        return Err(broken("table of numbers"));
    }
    let mut table = [0; 256];
    unstuff(rest, version, bits, &mut table[1..len])?;
    unstuff(rest, version, bits_of(len as u32 - 1), &mut out[..count])?;
    for number in &mut out[..count] {
        let index = *number as usize;
        *number = *table[..len].get(index).ok_or_else(|| broken("table of numbers"))?;
    }
    Ok(count)
}

/// How many bits a number takes.
fn bits_of(number: u32) -> u32 {
    32 - number.leading_zeros()
}

/// Reads as many numbers of `bits` bits as `out` has.
fn unstuff(rest: &mut Bytes<'_>, version: u32, bits: u32, out: &mut [u32]) -> Result<()> {
    let all = rest.0;
    let bytes = rest.take((out.len() * bits as usize).div_ceil(8))?;
    if version < 3 {
        unstuff_words(bytes, bits, out);
        return Ok(());
    }
    // Groups with their bits known to the compiler, while there is room to read past a group.
    macro_rules! groups {
        ($($bits:literal)*) => {
            match bits {
                $($bits => groups::<$bits>(all, out),)*
                _ => 0,
            }
        };
    }
    let done = groups!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24);
    if bits == 0 {
        out.fill(0);
        return Ok(());
    }
    let (bytes, out) = (&bytes[done / 8 * bits as usize..], &mut out[done..]);
    let mask = (1_u64 << bits) - 1;
    // Eight bytes hold any number, wherever in the first of them it begins.
    let safe = bytes.len().saturating_sub(8) * 8 / bits as usize;
    let (front, back) = out.split_at_mut(safe.min(out.len()));
    let mut at = 0;
    for number in front {
        let word = bytes[at / 8..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        *number = (word >> (at % 8) & mask) as u32;
        at += bits as usize;
    }
    let mut tail = [0; 16];
    for number in back {
        let from = &bytes[(at / 8).min(bytes.len())..];
        let len = from.len().min(8);
        tail[..len].copy_from_slice(&from[..len]);
        tail[len..8].fill(0);
        let word = tail.first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        *number = (word >> (at % 8) & mask) as u32;
        at += bits as usize;
    }
    Ok(())
}

/// Reads numbers of `BITS` bits by eights, up to the last from whose bytes on there are `ROOM`;
/// returns how many.
fn groups<const BITS: usize>(bytes: &[u8], out: &mut [u32]) -> usize {
    const ROOM: usize = 32;
    let mut done = 0;
    for (group, from) in out.as_chunks_mut::<8>().0.iter_mut().zip((0..).step_by(BITS)) {
        let Some(bytes) = bytes.get(from..).and_then(|bytes| bytes.first_chunk::<ROOM>()) else {
            break;
        };
        for (index, number) in group.iter_mut().enumerate() {
            let at = index * BITS;
            let word = bytes[at / 8..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
            *number = (word >> (at % 8)) as u32 & ((1 << BITS) - 1);
        }
        done += 8;
    }
    done
}

/// The order of bits before version 3: from the highest of each word of 32, of which the last lacks
/// the bytes at its front that nothing is in.
fn unstuff_words(bytes: &[u8], bits: u32, out: &mut [u32]) {
    let missing = bytes.len().next_multiple_of(4) - bytes.len();
    let word = |at: usize| {
        let mut word = [0; 4];
        let from = bytes.get(at * 4..).unwrap_or_default();
        let len = from.len().min(4);
        word[..len].copy_from_slice(&from[..len]);
        let last = (at + 1) * 4 > bytes.len();
        u32::from_le_bytes(word) << if last { 8 * missing as u32 } else { 0 }
    };
    for (index, number) in out.iter_mut().enumerate() {
        let at = index * bits as usize;
        let pair = u64::from(word(at / 32)) << 32 | u64::from(word(at / 32 + 1));
        let shifted = pair << (at % 32);
        *number = if bits == 0 { 0 } else { (shifted >> (64 - bits)) as u32 };
    }
}

/// Writes numbers below 2^31 the shorter way; `largest` is the largest of them, `sorted` scratch.
pub(super) fn write(numbers: &[u32], largest: u32, sorted: &mut Vec<u32>, out: &mut Vec<u8>) {
    let bits = bits_of(largest);
    let plain = (numbers.len() * bits as usize).div_ceil(8);
    // With a table of two a number still takes a bit.
    if bits > 1 && at_least(numbers) <= most_in_table(numbers.len(), bits) {
        sorted.clear();
        sorted.extend_from_slice(numbers);
        sorted.sort_unstable();
        sorted.dedup();
        // 0 is always among them, and not written.
        let others = sorted.iter().filter(|&&n| n > 0).count();
        let index = bits_of(others as u32);
        let table =
            1 + (others * bits as usize).div_ceil(8) + (numbers.len() * index as usize).div_ceil(8);
        if others < TABLE && sorted.first() == Some(&0) && table < plain {
            head(numbers.len(), bits as u8 | 32, out);
            out.push(others as u8 + 1);
            stuff(sorted[1..].iter().copied(), bits, out);
            let index_of = |n: &u32| sorted.partition_point(|s| s < n) as u32;
            stuff(numbers.iter().map(index_of), index, out);
            return;
        }
    }
    write_plain(numbers, largest, out);
}

/// Returns how many different numbers there are at least, by a look at parts of their bits.
fn at_least(numbers: &[u32]) -> usize {
    let mut seen = [0_u64; 4];
    for number in numbers {
        seen[(number >> 6) as usize & 3] |= 1 << (number & 63);
    }
    seen.iter().map(|word| word.count_ones() as usize).sum()
}

/// Returns how many different numbers a table may have at most that makes `count` numbers of `bits`
/// bits shorter: each index takes at least a bit less than a number.
fn most_in_table(count: usize, bits: u32) -> usize {
    (1..bits)
        .map(|index| count * (bits - index) as usize / bits as usize + 1)
        .zip(1..bits)
        .map(|(saved, index)| saved.min(1 << index))
        .max()
        .unwrap_or(0)
}

/// Writes numbers without a table.
pub(super) fn write_plain(numbers: &[u32], largest: u32, out: &mut Vec<u8>) {
    let bits = bits_of(largest);
    head(numbers.len(), bits as u8, out);
    stuff(numbers.iter().copied(), bits, out);
}

fn head(count: usize, flags: u8, out: &mut Vec<u8>) {
    if let Ok(count) = u8::try_from(count) {
        out.extend([flags | 2 << 6, count]);
    } else {
        // A block has at most 1024 numbers, and a table of codes 256.
        out.push(flags | 1 << 6);
        out.extend((count as u16).to_le_bytes());
    }
}

/// Appends numbers of `bits` bits, lowest bit first.
fn stuff(numbers: impl Iterator<Item = u32>, bits: u32, out: &mut Vec<u8>) {
    let (mut word, mut held) = (0_u64, 0);
    for number in numbers {
        word |= u64::from(number) << held;
        held += bits;
        if held >= 32 {
            out.extend((word as u32).to_le_bytes());
            word >>= 32;
            held -= 32;
        }
    }
    out.extend_from_slice(&word.to_le_bytes()[..held.div_ceil(8) as usize]);
}
