//! Bytes in codes of few bits where they are frequent, as they are or as differences to the pixel
//! before.

use super::head::{Bytes, Head};
use super::mask::Mask;
use super::stuff;
use super::value::{Kind, Target, broken};
use crate::error::Result;

/// Codes of up to so many bits are looked up at once.
const LOOKED_UP: u32 = 12;
/// The longest code.
const LONGEST: u32 = 32;
/// The number of bytes there are.
const BYTES: usize = 256;
/// The version of tables of codes written here.
const TABLE_VERSION: u32 = 4;

/// What a byte of a kind is coded as: differences and signed values are centred on 128.
fn shift(kind: Kind) -> u8 {
    if kind == Kind::I8 { 128 } else { 0 }
}

/// Decodes all values of a blob.
pub(super) fn decode(
    head: &Head,
    mut rest: Bytes<'_>,
    mask: &Mask,
    differences: bool,
    to: Target<'_, u8>,
) -> Result<()> {
    let codes = Codes::read(&mut rest, head.version)?;
    let mut bits = Bits::new(rest.0);
    let shift = shift(head.kind);
    let (width, height) = (head.width as usize, head.height as usize);
    if !differences {
        let depth = head.depth as usize;
        for pixel in (0..width * height).filter(|&pixel| mask.has(pixel)) {
            for value in &mut to.values[pixel * to.stride + to.first..][..depth] {
                *value = codes.next(&mut bits)?.wrapping_sub(shift);
            }
        }
        return bits.check();
    }
    let all = mask.is_all();
    for index in 0..head.depth as usize {
        let first = to.first + index;
        let mut before = 0;
        for row in 0..height {
            for column in 0..width {
                let pixel = row * width + column;
                if !all && !mask.has(pixel) {
                    continue;
                }
                let at = pixel * to.stride + first;
                // The pixel before in the row, else the one above, else the last there was.
                let left = column > 0 && (all || mask.has(pixel - 1));
                if !left && row > 0 && (all || mask.has(pixel - width)) {
                    before = to.values[at - width * to.stride];
                }
                before = before.wrapping_add(codes.next(&mut bits)?.wrapping_sub(shift));
                to.values[at] = before;
            }
        }
    }
    bits.check()
}

/// Bits from the highest of each word of 32 bits, little endian.
struct Bits<'a> {
    words: &'a [[u8; 4]],
    tail: u32,
    word: u64,
    held: u32,
    /// Bits given beyond the end.
    beyond: u32,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let (words, rest) = bytes.as_chunks();
        let mut tail = [0; 4];
        tail[..rest.len()].copy_from_slice(rest);
        Self { words, tail: u32::from_le_bytes(tail), word: 0, held: 0, beyond: 0 }
    }

    /// Makes the next 32 bits the highest of `word`.
    #[inline(always)]
    fn fill(&mut self) {
        if self.held < 32 {
            let word = match self.words.split_first() {
                Some((word, rest)) => {
                    self.words = rest;
                    u32::from_le_bytes(*word)
                }
                None => {
                    self.beyond += 32;
                    std::mem::take(&mut self.tail)
                }
            };
            self.word |= u64::from(word) << (32 - self.held);
            self.held += 32;
        }
    }

    #[inline(always)]
    fn skip(&mut self, bits: u32) {
        self.word <<= bits;
        self.held -= bits;
    }

    /// Fails if more bits were used than there were, but for those of one word.
    fn check(&self) -> Result<()> {
        if self.beyond.saturating_sub(self.held) > 32 {
            return Err(broken("codes").found("their end"));
        }
        Ok(())
    }
}

/// The codes of bytes.
struct Codes {
    /// By the next bits: the length of a code, 0 if it is longer, and its byte.
    table: Vec<(u8, u8)>,
    /// Longer codes, as the highest bits of a word, in order, with lengths and bytes.
    long: Vec<(u32, u8, u8)>,
}

impl Codes {
    fn read(rest: &mut Bytes<'_>, version: u32) -> Result<Self> {
        let (table, size) = (rest.u32()?, rest.u32()? as usize);
        let (from, to) = (rest.u32()? as usize, rest.u32()? as usize);
        // The bytes that occur may wrap around from the last to the first.
        let fits = (1..=BYTES).contains(&size) && from < to && to - from <= size && to < 2 * size;
        if table < 2 || !fits {
            return Err(broken("codes").found(format!("{from} to {to} of {size}")));
        }
        let mut lengths = [0; stuff::MOST];
        if stuff::read(rest, version, to - from, &mut lengths)? != to - from {
            return Err(broken("codes"));
        }
        let mut bits = Bits::new(rest.0);
        let mut codes = Self { table: vec![(0, 0); 1 << LOOKED_UP], long: Vec::new() };
        let mut used = 0;
        for (byte, &length) in (from..to).map(|at| at % size).zip(&lengths[..]) {
            if length == 0 {
                continue;
            }
            if length > LONGEST {
                return Err(broken("codes").expected("at most 32 bits").found(length));
            }
            bits.fill();
            let code = (bits.word >> 32) as u32 & (u32::MAX << (LONGEST - length));
            bits.skip(length);
            used += length as usize;
            // The size of a table is at most 256.
            let entry = (length as u8, byte as u8);
            if length <= LOOKED_UP {
                let first = (code >> (32 - LOOKED_UP)) as usize;
                codes.table[first..][..1 << (LOOKED_UP - length)].fill(entry);
            } else {
                codes.long.push((code, entry.0, entry.1));
            }
        }
        rest.take(used.div_ceil(32) * 4)?;
        codes.long.sort_unstable();
        Ok(codes)
    }

    #[inline(always)]
    fn next(&self, bits: &mut Bits<'_>) -> Result<u8> {
        bits.fill();
        let (length, byte) = self.table[(bits.word >> (64 - LOOKED_UP)) as usize];
        if length > 0 {
            bits.skip(length.into());
            return Ok(byte);
        }
        self.next_long(bits)
    }

    #[cold]
    fn next_long(&self, bits: &mut Bits<'_>) -> Result<u8> {
        bits.check()?;
        let word = (bits.word >> 32) as u32;
        let at = self.long.partition_point(|&(code, ..)| code <= word);
        match at.checked_sub(1).and_then(|at| self.long.get(at)) {
            Some(&(code, length, byte)) if (code ^ word) >> (LONGEST - u32::from(length)) == 0 => {
                bits.skip(length.into());
                Ok(byte)
            }
            _ => Err(broken("codes").found("bits that are none")),
        }
    }
}

/// Codes all values of a blob, side by side in pixels of `depth`, the shorter way; returns whether
/// it is differences. Nothing is written, and nothing returned, if a code would be too long or the
/// result longer than `most` bytes.
pub(super) fn encode(
    values: &[u8],
    kind: Kind,
    width: usize,
    depth: usize,
    mask: &Mask,
    most: usize,
    out: &mut Vec<u8>,
) -> Option<bool> {
    let shift = shift(kind);
    let mut plain = [0_u32; BYTES];
    let mut differences = [0_u32; BYTES];
    let each = |symbol: &mut dyn FnMut(u8)| {
        for (pixel, values) in values.chunks_exact(depth).enumerate() {
            if mask.has(pixel) {
                values.iter().for_each(|value| symbol(value.wrapping_add(shift)));
            }
        }
    };
    each(&mut |symbol| plain[usize::from(symbol)] += 1);
    let between = |symbol: &mut dyn FnMut(u8)| {
        for index in 0..depth {
            let mut before = 0_u8;
            for pixel in (0..values.len() / depth).filter(|&pixel| mask.has(pixel)) {
                let column = pixel % width;
                let left = column > 0 && mask.has(pixel - 1);
                if !left && pixel >= width && mask.has(pixel - width) {
                    before = values[(pixel - width) * depth + index];
                }
                let value = values[pixel * depth + index];
                symbol(value.wrapping_sub(before).wrapping_add(shift));
                before = value;
            }
        }
    };
    between(&mut |symbol| differences[usize::from(symbol)] += 1);
    let (plain_lengths, lengths) = (lengths(&plain), lengths(&differences));
    let bits = |counts: &[u32; BYTES], lengths: &[u32; BYTES]| -> u64 {
        counts
            .iter()
            .zip(lengths)
            .map(|(&count, &length)| u64::from(count) * u64::from(length))
            .sum()
    };
    let differs = bits(&differences, &lengths) < bits(&plain, &plain_lengths);
    let (lengths, counts) = if differs { (lengths, differences) } else { (plain_lengths, plain) };
    let data = bits(&counts, &lengths).div_ceil(8);
    if data >= most as u64 || lengths.iter().any(|&length| length > LONGEST) {
        return None;
    }
    let codes = canonical(&lengths);
    let from = lengths.iter().position(|&length| length > 0)?;
    let to = lengths.iter().rposition(|&length| length > 0)? + 1;
    for word in [TABLE_VERSION, BYTES as u32, from as u32, to as u32] {
        out.extend(word.to_le_bytes());
    }
    let longest = lengths.iter().copied().max()?;
    stuff::write_plain(&lengths[from..to], longest, out);
    let mut writer = Writer { out, word: 0, held: 0 };
    for (&code, &length) in codes[from..to].iter().zip(&lengths[from..to]) {
        writer.put(code, length);
    }
    writer.flush();
    let mut put = |symbol: u8| {
        let symbol = usize::from(symbol);
        writer.put(codes[symbol], lengths[symbol]);
    };
    if differs {
        between(&mut put)
    } else {
        each(&mut put)
    }
    writer.flush();
    // Readers look ahead.
    out.extend([0; 4]);
    Some(differs)
}

/// Bits from the highest of each word of 32 bits, little endian.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
    word: u64,
    held: u32,
}

impl Writer<'_> {
    #[inline]
    fn put(&mut self, code: u32, length: u32) {
        self.word = self.word << length | u64::from(code);
        self.held += length;
        if self.held >= 32 {
            self.held -= 32;
            self.out.extend(((self.word >> self.held) as u32).to_le_bytes());
        }
    }

    /// Fills the last word with zeros.
    fn flush(&mut self) {
        if self.held > 0 {
            self.out.extend(((self.word << (32 - self.held)) as u32).to_le_bytes());
        }
        (self.word, self.held) = (0, 0);
    }
}

/// The lengths of the codes of symbols that occur `counts` times (Huffman's construction); equal
/// weights are joined in the order in which they came to be.
fn lengths(counts: &[u32; BYTES]) -> [u32; BYTES] {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    let mut lengths = [0; BYTES];
    let mut parents = [0_usize; BYTES * 2];
    let occurring = (0..BYTES).filter(|&symbol| counts[symbol] > 0);
    let mut heap: BinaryHeap<_> =
        occurring.map(|symbol| Reverse((u64::from(counts[symbol]), symbol))).collect();
    if heap.len() == 1
        && let Some(Reverse((_, symbol))) = heap.pop()
    {
        lengths[symbol] = 1;
        return lengths;
    }
    let mut next = BYTES;
    while let (Some(Reverse((a, left))), Some(Reverse((b, right)))) = (heap.pop(), heap.pop()) {
        (parents[left], parents[right]) = (next, next);
        heap.push(Reverse((a + b, next)));
        next += 1;
        if heap.len() == 1 {
            break;
        }
    }
    let root = next - 1;
    for symbol in (0..BYTES).filter(|&symbol| counts[symbol] > 0) {
        let mut at = symbol;
        while at != root {
            at = parents[at];
            lengths[symbol] += 1;
        }
    }
    lengths
}

/// The codes of lengths: ascending with the length, then with the symbol.
fn canonical(lengths: &[u32; BYTES]) -> [u32; BYTES] {
    let mut codes = [0; BYTES];
    let mut next = 0_u64;
    for length in 1..=LONGEST {
        next <<= 1;
        for symbol in (0..BYTES).filter(|&symbol| lengths[symbol] == length) {
            codes[symbol] = next as u32;
            next += 1;
        }
    }
    codes
}
