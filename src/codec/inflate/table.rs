//! Huffman codes as tables (RFC 1951, section 3.2).

use super::bits::Stop;

/// The bits of the longest code.
const MAX_BITS: usize = 15;

/// What the bits at hand stand for.
///
/// Bits 0 to 5: how many bits to consume. Bits 6 and 7: how many literals these are, which lie
/// in bits 8 to 31, the first one lowest. If none, bits 8 to 11: the bits of the code alone,
/// above which the extra bits lie; bits 12 to 15: the kind, 0 for a value; bits 16 to 31: the base
/// of the value.
pub(super) type Entry = u32;

pub(super) const LITERALS: Entry = 3 << 6;
/// The bits go on in a subtable: its index is in the base, its bits in place of the code's.
pub(super) const SUBTABLE: Entry = 1 << 12;
/// The end of the block.
pub(super) const END: Entry = 2 << 12;
/// No code, or one that stands for nothing.
pub(super) const INVALID: Entry = 3 << 12;
pub(super) const KINDS: Entry = 15 << 12;
/// What codes that do not exist are: a lone bit.
const NO_CODE: Entry = INVALID | 1;

/// How many bits to consume.
pub(super) fn bits(entry: Entry) -> u32 {
    entry & 63
}

/// How many literals an entry holds.
pub(super) fn literals(entry: Entry) -> usize {
    (entry >> 6 & 3) as usize
}

/// The base value and the extra bits, taken from `buffer` as it was before they were consumed.
#[inline(always)]
pub(super) fn value(entry: Entry, buffer: u64) -> usize {
    let with_extra = buffer & ((1 << (entry & 63)) - 1);
    (entry >> 16) as usize + (with_extra >> (entry >> 8 & 15)) as usize
}

/// Which codes that are not complete may pass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Incomplete {
    /// None but one without any code: it is a mistake that shows later.
    Refused,
    /// A lone code of one bit too, as zlib allows: section 3.2.7 has it for distances.
    LoneBit,
}

/// Tables for codes: of the first `ROOT` bits (`MAIN` = 2^`ROOT`), and for longer codes of the
/// bits that follow (at most `SUB`, a power of two).
pub(super) struct Table<const ROOT: usize, const MAIN: usize, const SUB: usize> {
    pub(super) main: [Entry; MAIN],
    pub(super) sub: [Entry; SUB],
}

impl<const ROOT: usize, const MAIN: usize, const SUB: usize> Table<ROOT, MAIN, SUB> {
    pub(super) const EMPTY: Self = Self { main: [NO_CODE; MAIN], sub: [NO_CODE; SUB] };

    /// Looks up the next code, which takes at most 15 bits and 13 extra ones.
    #[inline(always)]
    pub(super) fn root(&self, buffer: u64) -> Entry {
        self.main[buffer as usize & (MAIN - 1)]
    }

    /// Looks up the rest of a code in a subtable; `buffer` is what follows the `ROOT` bits.
    #[inline(always)]
    pub(super) fn rest(&self, entry: Entry, buffer: u64) -> Entry {
        let low = buffer as usize & ((1 << (entry >> 8 & 15)) - 1);
        self.sub[((entry >> 16) as usize + low) & (SUB - 1)]
    }

    /// Builds the tables for codes of the lengths `lens`, 0 for symbols without one; `symbols`
    /// are the entries of the symbols, whose code is still to be added.
    pub(super) fn build(
        &mut self,
        lens: &[u8],
        symbols: &[Entry],
        incomplete: Incomplete,
    ) -> Result<(), Stop> {
        let mut counts = [0_usize; MAX_BITS + 1];
        for &len in lens {
            counts[usize::from(len) & 15] += 1;
        }
        counts[0] = 0;
        let longest = counts.iter().rposition(|&n| n > 0).unwrap_or(0);
        // What is left of the space of codes, in units of one code.
        let mut left = 1_isize;
        let mut ends = [0_usize; MAX_BITS + 2];
        for len in 1..=MAX_BITS {
            left = left * 2 - counts[len] as isize;
            if left < 0 {
                return Err(Stop::Corrupt("code that is oversubscribed"));
            }
            ends[len + 1] = ends[len] + counts[len];
        }
        let lone = incomplete == Incomplete::LoneBit && longest == 1;
        if left > 0 && longest > 0 && !lone {
            return Err(Stop::Corrupt("code that is incomplete"));
        }
        // The symbols by length, then by value: the order of canonical codes.
        let mut sorted = [0_u16; 288];
        for (symbol, &len) in lens.iter().enumerate() {
            if len > 0 {
                let at = &mut ends[usize::from(len)];
                sorted[*at] = symbol as u16;
                *at += 1;
            }
        }
        let mut sorted = sorted.iter().map(|&s| usize::from(s));
        let entry = |symbol: usize, len: usize| {
            let proto = symbols[symbol];
            let len = len as Entry;
            proto + if proto & LITERALS == 0 { len << 8 | len } else { len }
        };

        // Codes arrive most significant bit first, so they are counted up in reversed bits. The
        // table grows by doubling: an entry of fewer bits comes again for each next bit.
        self.main[..2].fill(NO_CODE);
        let mut code = 0_usize;
        for (len, &count) in counts.iter().enumerate().take(ROOT + 1).skip(1) {
            for symbol in sorted.by_ref().take(count) {
                self.main[code] = entry(symbol, len);
                code = next_reversed(code, len);
            }
            if len < ROOT {
                self.main.copy_within(..1 << len, 1 << len);
            }
        }

        let (mut prefix, mut start, mut sub_bits, mut free) = (usize::MAX, 0, 0, 0);
        for len in ROOT + 1..=longest {
            for placed in 0..counts[len] {
                if code & (MAIN - 1) != prefix {
                    prefix = code & (MAIN - 1);
                    start = free;
                    // As many bits as it takes until the codes that follow fill the subtable.
                    sub_bits = len - ROOT;
                    let mut filled = counts[len] - placed;
                    while filled < 1 << sub_bits && ROOT + sub_bits < longest {
                        sub_bits += 1;
                        filled = filled * 2 + counts[ROOT + sub_bits];
                    }
                    free += 1 << sub_bits;
                    self.main[prefix] = (start as Entry) << 16
                        | SUBTABLE
                        | (sub_bits as Entry) << 8
                        | ROOT as Entry;
                }
                let Some(symbol) = sorted.next() else { break };
                let entry = entry(symbol, len - ROOT);
                for at in (code >> ROOT..1 << sub_bits).step_by(1 << (len - ROOT)) {
                    self.sub[start + at] = entry;
                }
                code = next_reversed(code, len);
            }
        }
        Ok(())
    }
}

/// The code of `len` bits, reversed, after `code`; 0 after the last.
fn next_reversed(code: usize, len: usize) -> usize {
    let zeros = !code & ((1 << len) - 1);
    if zeros == 0 {
        return 0;
    }
    let bit = 1 << zeros.ilog2();
    code & (bit - 1) | bit
}

/// In joined entries bits 8 to 23 hold up to two literals, and bits 24 to 31 the length of a match
/// that follows them, 0 for none; or 1 for what only the plain entry at the bits that follow tells.
pub(super) const JOINED_OTHER: Entry = 1 << 24;

/// Joins up to two literals and the length of a match whose codes fit together into one entry.
pub(super) fn join<const MAIN: usize>(single: &[Entry; MAIN], joined: &mut [Entry; MAIN]) {
    let root = MAIN.ilog2();
    // Bits above those of an entry are known only as far as `root` goes, so what follows counts if
    // it ends there, extra bits and all.
    let fits = |entry: Entry, next: Entry| bits(entry) + bits(next) <= root;
    let match_len = |entry: Entry, buffer: usize| {
        let len = if entry & (LITERALS | KINDS) == 0 { value(entry, buffer as u64) } else { 0 };
        if len < 256 { len as Entry } else { 0 }
    };
    for (index, (&first, joined)) in single.iter().zip(joined).enumerate() {
        let mut entry = if first & LITERALS == 0 { 0 } else { first };
        let mut rest = index >> bits(entry);
        let mut next = single[rest];
        if entry != 0 && next & LITERALS != 0 && fits(entry, next) {
            // Both bits and counts of literals add up.
            entry = (entry + (next & 0xff)) | (next & 0xff00) << 8;
            rest >>= bits(next);
            next = single[rest];
        }
        let len = match_len(next, rest);
        if len > 0 && fits(entry, next) {
            entry = (entry + bits(next)) | len << 24;
        }
        *joined = if entry == 0 { JOINED_OTHER } else { entry };
    }
}
