//! LZW as TIFF has it: own decoder and encoder (TIFF 6.0, section 13).
//!
//! Codes of 9 to 12 bits, most significant bit first, where the width grows one code early. Files
//! of before 1993 hold codes least significant bit first whose width grows in time; they are told
//! by their first two bytes, as in libtiff.

use crate::error::{Error, Result};

const CLEAR: usize = 256;
const END: usize = 257;
/// The first code that stands for a string.
const FIRST: usize = 258;
/// One more than the largest code of 12 bits.
const CODES: usize = 4096;
/// How many bytes of a string its entry holds itself.
const SHORT: usize = 7;
/// How many codes are decoded between two looks at input and output.
const BATCH: usize = 4;
/// Bytes that these may write to.
const ROOM: usize = BATCH * SHORT + 8;
/// A length of 1 in the length byte of an entry.
const LENGTH_1: u64 = 1 << 56;

/// The decoder's table.
///
/// Most strings of real rasters are short, so an entry holds up to 7 bytes, lowest first, below a
/// length byte, and is stored whole without a branch on its length. A longer string has length 0
/// there and is copied from where it first appeared in the output: each new string is the one
/// before it and the byte that came next, so the output holds it in one piece.
///
/// Clear and end codes and those of no string yet have length 0 as well, so that one look at an
/// entry tells the usual case, a short string, from all others.
pub(super) struct Unpacker {
    short: Box<[u64; CODES]>,
    long: Box<[(usize, usize); CODES]>,
    /// One more than the last code of a string; entries from here on are 0.
    used: usize,
}

impl Default for Unpacker {
    fn default() -> Self {
        let mut short = Box::new([0; CODES]);
        for (byte, entry) in short.iter_mut().take(256).enumerate() {
            *entry = byte as u64 | LENGTH_1;
        }
        Self { short, long: Box::new([(0, 0); CODES]), used: FIRST }
    }
}

/// Returns whether codes are those of before 1993.
pub(super) fn is_old(input: &[u8]) -> bool {
    matches!(input, [0, second, ..] if second & 1 == 1)
}

impl Unpacker {
    pub(super) fn decode(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        if is_old(input) {
            self.decode_as::<true>(input, out)
        } else {
            self.decode_as::<false>(input, out)
        }
    }

    fn decode_as<const LOW: bool>(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let mut bits = Codes::<LOW>::new(input);
        let mut width = 9;
        let mut next = FIRST;
        let mut before: Option<Before> = None;
        let mut made = 0;
        self.forget();
        // A missing clear code at the start and a missing end code are tolerated.
        while made < out.len() {
            // Long strings come together: after one, it is not worth trying.
            if let Some(before) = before.as_mut().filter(|before| before.entry != 0) {
                self.short_strings(&mut bits, width, &mut next, before, out, &mut made);
                self.used = next;
            }
            let Some(code) = bits.take(width) else { break };
            if code == CLEAR {
                self.forget();
                (width, next, before) = (9, FIRST, None);
                continue;
            }
            if code == END {
                break;
            }
            match before {
                // The new string is the one before and the first byte of this one, which is in
                // the table unless it is the new string itself.
                Some(before) if next < CODES => {
                    let first = match self.short[code] {
                        _ if code == next => out[before.start],
                        _ if code > next => return Err(corrupt(code, next)),
                        0 => out[self.long[code].0],
                        entry => entry as u8,
                    };
                    self.add(next, before, first);
                    next += 1;
                    self.used = next;
                    if next + Codes::<LOW>::EARLY == 1 << width && width < 12 {
                        width += 1;
                    }
                }
                // The table is full: all codes are known.
                Some(_) => {}
                None if code < CLEAR => {}
                None => return Err(corrupt(code, CLEAR - 1)),
            }
            let entry = self.short[code];
            let mut len = (entry >> 56) as usize;
            if entry == 0 {
                let (start, whole) = self.long[code];
                len = whole.min(out.len() - made);
                copy(out, start, made, len);
            } else {
                len = len.min(out.len() - made);
                out[made..made + len].copy_from_slice(&entry.to_le_bytes()[..len]);
            }
            before = Some(Before { entry, start: made, len });
            made += len;
        }
        Ok(made)
    }

    /// Decodes four codes at a time while all are of short strings that are known, the width
    /// stays, and input and room are plenty: no check on a code but that its string is short.
    #[inline(always)]
    fn short_strings<const LOW: bool>(
        &mut self,
        bits: &mut Codes<'_, LOW>,
        width: u32,
        next: &mut usize,
        before: &mut Before,
        out: &mut [u8],
        made: &mut usize,
    ) {
        while *next + BATCH + Codes::<LOW>::EARLY < 1 << width
            && bits.input.len() >= 8
            && let Some(room) = out.get_mut(*made..).and_then(|out| out.first_chunk_mut::<ROOM>())
        {
            bits.refill();
            let mut put = 0;
            for _ in 0..BATCH {
                // It cannot be missing: four codes of 12 bits are fewer than a refill brings.
                let code = bits.peek(width);
                let entry = self.short[code & (CODES - 1)];
                if entry == 0 {
                    *made += put;
                    return;
                }
                bits.skip(width);
                self.add(*next, *before, entry as u8);
                *next += 1;
                // Bytes past the string are written over by the next one.
                room[put..put + 8].copy_from_slice(&entry.to_le_bytes());
                let len = (entry >> 56) as usize & SHORT;
                *before = Before { entry, start: *made + put, len };
                put += len;
            }
            *made += put;
        }
    }

    /// Adds a string to the table: the one before and a byte more.
    #[inline(always)]
    fn add(&mut self, code: usize, before: Before, byte: u8) {
        let code = code & (CODES - 1);
        self.short[code] = if before.entry != 0 && before.len < SHORT {
            (before.entry + LENGTH_1) | u64::from(byte) << (8 * before.len)
        } else {
            self.long[code] = (before.start, before.len + 1);
            0
        };
    }

    /// Forgets all strings.
    fn forget(&mut self) {
        self.short[FIRST..self.used].fill(0);
        self.used = FIRST;
    }
}

/// The string before the one at hand: its entry and where it lies in the output.
#[derive(Clone, Copy)]
struct Before {
    entry: u64,
    start: usize,
    len: usize,
}

/// Copies a string to the end of the output; it may end one byte into its own copy.
fn copy(out: &mut [u8], start: usize, made: usize, len: usize) {
    let whole = len.min(made - start);
    out.copy_within(start..start + whole, made);
    for i in whole..len {
        out[made + i] = out[start + i];
    }
}

fn corrupt(code: usize, next: usize) -> Error {
    Error::format("LZW code").expected(format!("at most {next}")).found(code)
}

/// The codes of a chunk; `LOW` if the first bit of a code is the lowest one of a byte.
struct Codes<'a, const LOW: bool> {
    input: &'a [u8],
    /// Bits taken from the input and not given yet: at the top, or at the bottom if `LOW`.
    buffer: u64,
    count: u32,
}

impl<'a, const LOW: bool> Codes<'a, LOW> {
    /// How many codes before it has to the width grows.
    const EARLY: usize = if LOW { 0 } else { 1 };

    fn new(input: &'a [u8]) -> Self {
        Self { input, buffer: 0, count: 0 }
    }

    /// The next code, of `width` bits; `None` after the last whole one.
    fn take(&mut self, width: u32) -> Option<usize> {
        if self.count < width {
            self.refill();
            if self.count < width {
                return None;
            }
        }
        let code = self.peek(width);
        self.skip(width);
        Some(code)
    }

    /// The next `width` bits of the buffer.
    #[inline(always)]
    fn peek(&self, width: u32) -> usize {
        let code = if LOW { self.buffer & ((1 << width) - 1) } else { self.buffer >> (64 - width) };
        code as usize
    }

    /// Takes bits that are in the buffer.
    #[inline(always)]
    fn skip(&mut self, width: u32) {
        self.count -= width;
        self.buffer = if LOW { self.buffer >> width } else { self.buffer << width };
    }

    /// Fills the buffer with at least 56 bits, or all that are left.
    fn refill(&mut self) {
        if let Some((word, _)) = self.input.split_first_chunk::<8>()
            && !LOW
        {
            // The bits below the whole bytes taken are right too: they come again next time.
            self.buffer |= u64::from_be_bytes(*word) >> self.count;
            self.input = &self.input[(63 - self.count as usize) / 8..];
            self.count |= 56;
            return;
        }
        while self.count <= 56
            && let [byte, rest @ ..] = self.input
        {
            let at = if LOW { self.count } else { 56 - self.count };
            self.buffer |= u64::from(*byte) << at;
            self.count += 8;
            self.input = rest;
        }
    }
}

/// Twice as many slots as codes, so that few strings meet.
const SLOTS: usize = 1 << 13;
/// A slot without a string: no code is that large.
const FREE: u32 = u32::MAX;

/// The encoder's hash table: in each slot, 12 bits of the code of a string without its last byte,
/// that byte, and 12 bits of the code of the string itself.
pub(super) struct Packer {
    slots: Box<[u32; SLOTS]>,
}

impl Default for Packer {
    fn default() -> Self {
        Self { slots: Box::new([FREE; SLOTS]) }
    }
}

impl Packer {
    /// Encodes `input` at the end of `out`: a clear code, the strings, an end code.
    pub(super) fn encode(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut sink = Sink { out, buffer: 0, count: 0 };
        let mut width = 9;
        let mut next = FIRST;
        self.slots.fill(FREE);
        sink.put(CLEAR, width);
        let mut bytes = input.iter();
        let mut prefix = bytes.next().map(|&b| usize::from(b));
        while let Some(mut string) = prefix.take() {
            for &byte in bytes.by_ref() {
                let key = (string as u32) << 8 | u32::from(byte);
                let slot = self.find(key);
                if *slot == FREE {
                    *slot = key << 12 | next as u32;
                    prefix = Some(byte.into());
                    break;
                }
                string = (*slot & 0xfff) as usize;
            }
            sink.put(string, width);
            // The decoder counts an entry after the last string too.
            next += 1;
            if next == CODES - 2 {
                // As libtiff does: two codes of 12 bits stay unused.
                sink.put(CLEAR, width);
                self.slots.fill(FREE);
                (width, next) = (9, FIRST);
            } else if next == 1 << width {
                width += 1;
            }
        }
        sink.put(END, width);
        sink.finish();
    }

    /// The slot of a key, or the free one where it belongs.
    fn find(&mut self, key: u32) -> &mut u32 {
        // Fibonacci hashing: the top bits of the product are the best mixed.
        let mut at = (key.wrapping_mul(0x9e37_79b1) >> (32 - SLOTS.ilog2())) as usize;
        while self.slots[at] != FREE && self.slots[at] >> 12 != key {
            at = (at + 1) % SLOTS;
        }
        &mut self.slots[at]
    }
}

/// Codes become bytes, most significant bit first.
struct Sink<'a> {
    out: &'a mut Vec<u8>,
    /// Bits not written yet, at the bottom.
    buffer: u64,
    count: u32,
}

impl Sink<'_> {
    fn put(&mut self, code: usize, width: u32) {
        self.buffer = self.buffer << width | code as u64;
        self.count += width;
        if self.count >= 32 {
            self.count -= 32;
            self.out.extend(((self.buffer >> self.count) as u32).to_be_bytes());
        }
    }

    fn finish(mut self) {
        while self.count > 0 {
            let rest = self.count.saturating_sub(8);
            // The last byte is filled up with zeros.
            self.out.push((self.buffer << 8 >> self.count) as u8);
            self.count = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use weezl::{BitOrder, decode, encode};

    use super::*;
    use crate::codec::testing::samples;

    #[test]
    fn weezl_reads_what_is_encoded_and_the_other_way_round() {
        let (mut unpacker, mut packer, mut packed) =
            (Unpacker::default(), Packer::default(), Vec::new());
        for data in samples() {
            packed.clear();
            packer.encode(&data, &mut packed);
            let theirs = decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8).decode(&packed);
            assert!(theirs.unwrap() == data);
            let mut out = vec![0; data.len()];
            assert_eq!(unpacker.decode(&packed, &mut out).unwrap(), data.len());
            assert!(out == data);

            let theirs = encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&data);
            let mut out = vec![0; data.len() + 3];
            assert_eq!(unpacker.decode(&theirs.unwrap(), &mut out).unwrap(), data.len());
            assert!(out[..data.len()] == data);
        }
    }

    #[test]
    fn the_old_style_is_told_and_decoded() {
        let mut unpacker = Unpacker::default();
        for data in samples().into_iter().filter(|d| !d.is_empty()) {
            let packed = encode::Encoder::new(BitOrder::Lsb, 8).encode(&data).unwrap();
            assert_eq!((packed[0], packed[1] & 1), (0, 1));
            let mut out = vec![0; data.len() + 3];
            assert_eq!(unpacker.decode(&packed, &mut out).unwrap(), data.len());
            assert!(out[..data.len()] == data);
        }
    }

    /// Packs codes of 9 bits.
    fn codes(codes: &[usize]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut sink = Sink { out: &mut out, buffer: 0, count: 0 };
        codes.iter().for_each(|&code| sink.put(code, 9));
        sink.finish();
        out
    }

    #[test]
    fn missing_clear_and_end_codes_are_tolerated_and_unknown_codes_are_not() {
        let mut unpacker = Unpacker::default();
        let mut out = [0; 8];
        // The second string is the very entry that it makes.
        assert_eq!(unpacker.decode(&codes(&[7, 258, 258]), &mut out).unwrap(), 5);
        assert_eq!(out[..5], [7; 5]);
        assert_eq!(unpacker.decode(&codes(&[CLEAR, CLEAR, 7, 8, END, 9]), &mut out).unwrap(), 2);
        assert_eq!(unpacker.decode(&codes(&[CLEAR, END]), &mut out).unwrap(), 0);
        for bad in [&[CLEAR, 258][..], &[CLEAR, 7, 259], &[7, 258, CLEAR, 258]] {
            let error = unpacker.decode(&codes(bad), &mut out).unwrap_err();
            assert!(error.to_string().contains("LZW"), "{error}");
        }
    }
}
