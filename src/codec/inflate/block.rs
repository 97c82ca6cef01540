//! The blocks of a deflate stream (RFC 1951, section 3.2).

use multiversion::multiversion;

use super::bits::{Bits, Stop};
use super::table::{
    END, Entry, INVALID, Incomplete, JOINED_OTHER, KINDS, LITERALS, SUBTABLE, Table, bits, join,
    literals, value,
};

/// The longest match.
const LONGEST: usize = 258;
/// Room that one turn of the fast loop may write to: literals, and a match in
/// steps of up to 32 bytes.
const ROOM: usize = 16 + LONGEST + 32;
/// Input that one turn of the fast loop may look at: two refills.
const AHEAD: usize = 16;
/// The bits looked up at once in codes of literals and lengths.
const ROOT: usize = 11;
const MAIN: usize = 1 << ROOT;
/// How much of a block is decoded before its codes are joined: short blocks are not worth it.
const TRIAL: usize = 512;

/// The codes of a block.
pub(super) struct Codes {
    /// Of literals and lengths, one at a time.
    single: Table<ROOT, MAIN, 1024>,
    /// The same codes, up to two literals and a length at a time.
    joined: [Entry; MAIN],
    distances: Table<8, 256, 512>,
    /// Whether joining pays.
    joins: bool,
    /// Whether the codes are the fixed ones, which need not be made twice.
    fixed: bool,
}

impl Codes {
    pub(super) const EMPTY: Self = Self {
        single: Table::EMPTY,
        joined: [0; MAIN],
        distances: Table::EMPTY,
        joins: false,
        fixed: false,
    };

    /// Sets the fixed codes (section 3.2.6).
    pub(super) fn set_fixed(&mut self) {
        if self.fixed {
            return;
        }
        let mut lens = [8; 288];
        lens[144..256].fill(9);
        lens[256..280].fill(7);
        self.set(&lens, &[5; 32]).expect("the fixed codes are complete");
        self.fixed = true;
    }

    fn set(&mut self, literals: &[u8], distances: &[u8]) -> Result<(), Stop> {
        self.fixed = false;
        self.single.build(literals, &LITERAL_SYMBOLS, Incomplete::LoneBit)?;
        self.distances.build(distances, &DISTANCE_SYMBOLS, Incomplete::LoneBit)?;
        // A code of n bits is met about once in 2^n symbols. Joining pays if a literal is often
        // followed by a code that fits beside it.
        let mut shares = [[0_u32; ROOT + 1]; 2];
        for (symbol, &len) in literals.iter().enumerate() {
            let len = usize::from(len) + bits(LITERAL_SYMBOLS[symbol]) as usize;
            if len <= ROOT && symbol != 256 && literals[symbol] > 0 {
                shares[usize::from(symbol > 256)][len] +=
                    1 << (ROOT - usize::from(literals[symbol]));
            }
        }
        let mut joined = 0;
        for first in 1..ROOT {
            for next in 1..=ROOT - first {
                joined += shares[0][first] * (shares[0][next] + shares[1][next]);
            }
        }
        self.joins = joined > 1 << (2 * ROOT - 3);
        Ok(())
    }

    /// Reads the codes of a block (section 3.2.7).
    pub(super) fn read(&mut self, bits: &mut Bits<'_>) -> Result<(), Stop> {
        const ORDER: [usize; 19] =
            [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        let (literals, distances) = (bits.take(5)? + 257, bits.take(5)? + 1);
        let count = bits.take(4)? + 4;
        if literals > 286 || distances > 30 {
            return Err(Stop::Corrupt("too many lengths or distances"));
        }
        let mut lens = [0; 19];
        for &symbol in &ORDER[..count] {
            lens[symbol] = bits.take(3)? as u8;
        }
        let mut table = Table::<7, 128, 1>::EMPTY;
        table.build(&lens, &LENGTH_SYMBOLS, Incomplete::Refused)?;

        let total = literals + distances;
        let mut lens = [0; 286 + 30];
        let mut at = 0;
        while at < total {
            bits.refill();
            let entry = table.root(bits.buffer);
            bits.consume(entry & 63)?;
            // Where there is no code at all, zlib takes bits for lengths of 0.
            let symbol = if entry & KINDS == INVALID { 0 } else { entry >> 16 };
            let (len, times) = match symbol {
                16 if at == 0 => return Err(Stop::Corrupt("repeat of no code length")),
                16 => (lens[at - 1], 3 + bits.take(2)?),
                17 => (0, 3 + bits.take(3)?),
                18 => (0, 11 + bits.take(7)?),
                len => (len as u8, 1),
            };
            let Some(place) = lens[..total].get_mut(at..at + times) else {
                return Err(Stop::Corrupt("too many code lengths"));
            };
            place.fill(len);
            at += times;
        }
        if lens[256] == 0 {
            return Err(Stop::Corrupt("no code for the end of the block"));
        }
        self.set(&lens[..literals], &lens[literals..total])
    }

    /// Decodes a block to its end.
    pub(super) fn decode(
        &mut self,
        bits: &mut Bits<'_>,
        out: &mut [u8],
        made: &mut usize,
    ) -> Result<(), Stop> {
        let trial = if self.joins { bits.at.saturating_add(TRIAL) } else { usize::MAX };
        let mut ended = decode_fast::<false>(self, trial, bits, out, made)?;
        if !ended && bits.at >= trial {
            join(&self.single.main, &mut self.joined);
            ended = decode_fast::<true>(self, usize::MAX, bits, out, made)?;
        }
        while !ended {
            ended = self.decode_symbol(bits, out, made)?;
        }
        Ok(())
    }

    /// Decodes a literal or a match, with all checks; tells whether the block ended instead.
    fn decode_symbol(
        &self,
        source: &mut Bits<'_>,
        out: &mut [u8],
        made: &mut usize,
    ) -> Result<bool, Stop> {
        source.refill();
        let mut entry = self.single.root(source.buffer);
        if entry & (LITERALS | KINDS) == SUBTABLE {
            source.consume(bits(entry))?;
            entry = self.single.rest(entry, source.buffer);
        }
        let len = value(entry, source.buffer);
        source.consume(bits(entry))?;
        if entry & LITERALS != 0 {
            *out.get_mut(*made).ok_or(Stop::Short)? = (entry >> 8) as u8;
            *made += 1;
            return Ok(false);
        }
        match entry & KINDS {
            END => return Ok(true),
            INVALID => return Err(Stop::Corrupt("invalid code of a literal or length")),
            _ => {}
        }
        source.refill();
        let mut entry = self.distances.root(source.buffer);
        if entry & KINDS == SUBTABLE {
            source.consume(bits(entry))?;
            entry = self.distances.rest(entry, source.buffer);
        }
        let distance = value(entry, source.buffer);
        source.consume(bits(entry))?;
        if entry & KINDS != 0 {
            return Err(Stop::Corrupt("invalid code of a distance"));
        }
        if *made == out.len() {
            return Err(Stop::Short);
        }
        if distance > *made {
            return Err(Stop::Corrupt("distance too far back"));
        }
        let end = out.len().min(*made + len);
        for at in *made..end {
            out[at] = out[at - distance];
        }
        let whole = end == *made + len;
        *made = end;
        if whole { Ok(false) } else { Err(Stop::Short) }
    }
}

/// Decodes while there is plenty of input before `until`, and plenty of room; tells whether
/// the block ended. With `JOINED`, the joined codes are looked at first. Shifts by numbers of bits are
/// one instruction where a processor has BMI2, three elsewhere.
#[multiversion(targets("x86_64+bmi1+bmi2"))]
fn decode_fast<const JOINED: bool>(
    codes: &Codes,
    until: usize,
    source: &mut Bits<'_>,
    out: &mut [u8],
    total: &mut usize,
) -> Result<bool, Stop> {
    let table = if JOINED { &codes.joined } else { &codes.single.main };
    let look = |buffer: u64| table[buffer as usize & (MAIN - 1)];
    source.refill();
    let input = &source.input[..until.saturating_add(AHEAD).min(source.input.len())];
    let (mut at, mut buffer, mut count) = (source.at, source.buffer, source.count);
    let mut made = *total;
    let mut ended = false;
    // Looked up before the next refill, off whose way it is: at least 11 bits are there.
    let mut entry = look(buffer);
    while let Some(ahead) = input.get(at..).and_then(|rest| rest.first_chunk::<AHEAD>())
        && let Some((done, room)) = out.split_at_mut_checked(made)
        && let Some(room) = room.first_chunk_mut::<ROOM>()
    {
        let (mut refilled, mut put) = (0, 0);
        refill(ahead, &mut refilled, &mut buffer, &mut count);
        // Four looks of at most 11 bits take no more than 44 of the 56.
        let mut more = true;
        for _ in 0..4 {
            if !JOINED && entry & LITERALS == 0 {
                more = false;
                break;
            }
            // Bytes past the literals are written over by what comes next.
            if JOINED {
                room[put..put + 4].copy_from_slice(&(entry >> 8).to_le_bytes());
                put += literals(entry);
            } else {
                room[put] = (entry >> 8) as u8;
                put += 1;
            }
            buffer >>= entry & 63;
            count = count.wrapping_sub(entry);
            if JOINED && entry >= JOINED_OTHER {
                more = false;
                break;
            }
            entry = look(buffer);
        }
        if more {
            made += put;
            at += refilled;
            continue;
        }

        let mut far = codes.distances.root(buffer);
        refill(ahead, &mut refilled, &mut buffer, &mut count);
        at += refilled;
        let mut len = (entry >> 24) as usize;
        if !JOINED || entry < 2 * JOINED_OTHER {
            if JOINED {
                entry = codes.single.root(buffer);
            }
            if entry & (LITERALS | KINDS) == SUBTABLE {
                buffer >>= bits(entry);
                count = count.wrapping_sub(entry);
                entry = codes.single.rest(entry, buffer);
            }
            if entry & LITERALS != 0 {
                room[put] = (entry >> 8) as u8;
                made += put + 1;
                buffer >>= bits(entry);
                count = count.wrapping_sub(entry);
                entry = look(buffer);
                continue;
            }
            len = value(entry, buffer);
            buffer >>= bits(entry);
            count = count.wrapping_sub(entry);
            if entry & KINDS != 0 {
                made += put;
                if entry & KINDS == INVALID {
                    return Err(Stop::Corrupt("invalid code of a literal or length"));
                }
                ended = true;
                break;
            }
            far = codes.distances.root(buffer);
        }
        // At most 15 + 5 of the 56 bits are gone; a distance takes at most 15 + 13.
        if far & KINDS != 0 {
            if far & KINDS == SUBTABLE {
                buffer >>= bits(far);
                count = count.wrapping_sub(far);
                far = codes.distances.rest(far, buffer);
            }
            if far & KINDS != 0 {
                return Err(Stop::Corrupt("invalid code of a distance"));
            }
        }
        let distance = value(far, buffer);
        buffer >>= bits(far);
        count = count.wrapping_sub(far);
        entry = look(buffer);
        let before = done.len().wrapping_sub(distance.wrapping_sub(put));
        if let Some(from) = done.get(before..).and_then(|from| from.first_chunk::<32>())
            && len <= 32
        {
            // All in one go, whatever the length: bytes past it are written over.
            room[put..put + 32].copy_from_slice(from);
            made += put + len;
            continue;
        }
        made += put;
        if distance > made {
            return Err(Stop::Corrupt("distance too far back"));
        }
        copy_fast(out, made, distance, len);
        made += len;
    }
    (source.at, source.buffer, source.count) = (at, buffer, count & 63);
    *total = made;
    Ok(ended)
}

/// Fills the buffer with at least 56 bits from the bytes after the first `used` of `ahead`.
#[inline(always)]
fn refill(ahead: &[u8; AHEAD], used: &mut usize, buffer: &mut u64, count: &mut u32) {
    if let Some(word) = ahead[*used..].first_chunk::<8>() {
        *buffer |= u64::from_le_bytes(*word) << (*count & 63);
    }
    *used += (!*count >> 3 & 7) as usize;
    *count = *count & 7 | 56;
}

/// Copies a match in steps of 8 to 32 bytes, which may go past its end: there is room.
#[inline(always)]
fn copy_fast(out: &mut [u8], made: usize, distance: usize, len: usize) {
    match distance {
        32.. => steps::<32>(out, made, distance, len),
        16.. => steps::<16>(out, made, distance, len),
        8.. => steps::<8>(out, made, distance, len),
        _ => {
            // A pattern of up to 7 bytes, repeated in a word.
            let Some(&word) = out.get(made - distance..).and_then(|from| from.first_chunk()) else {
                return;
            };
            let bits = 8 * distance as u32;
            let mut word = u64::from_le_bytes(word) & ((1 << bits) - 1);
            for times in [1, 2, 4] {
                word |= word.checked_shl(times * bits).unwrap_or(0);
            }
            let word = word.to_le_bytes();
            let Some(to) = out.get_mut(made..made + LONGEST + 32) else { return };
            // As many bytes at a time as whole patterns have.
            match 8 / distance * distance {
                8 => {
                    for at in (0..len).step_by(32) {
                        to[at..at + 32].as_chunks_mut::<8>().0.fill(word);
                    }
                }
                stride => {
                    for at in (0..len).step_by(stride) {
                        to[at..at + 8].copy_from_slice(&word);
                    }
                }
            }
        }
    }
}

/// Copies a match `N` bytes at a time from at least as far away.
#[inline(always)]
fn steps<const N: usize>(out: &mut [u8], made: usize, distance: usize, len: usize) {
    for to in (made..made + len).step_by(N) {
        if let Some(&bytes) = out.get(to - distance..).and_then(|from| from.first_chunk::<N>())
            && let Some(to) = out.get_mut(to..).and_then(|to| to.first_chunk_mut::<N>())
        {
            *to = bytes;
        }
    }
}

/// Copies a block of bytes stored as they are (section 3.2.4).
pub(super) fn stored(source: &mut Bits<'_>, out: &mut [u8], made: &mut usize) -> Result<(), Stop> {
    let bytes = source.bytes();
    let Some((&[a, b, c, d], bytes)) = bytes.split_first_chunk() else { return Err(Stop::Short) };
    let len = u16::from_le_bytes([a, b]);
    if len != !u16::from_le_bytes([c, d]) {
        return Err(Stop::Corrupt("invalid length of a stored block"));
    }
    let wanted = usize::from(len);
    let len = wanted.min(bytes.len()).min(out.len() - *made);
    out[*made..*made + len].copy_from_slice(&bytes[..len]);
    *made += len;
    source.at += 4 + len;
    if len < wanted { Err(Stop::Short) } else { Ok(()) }
}

/// Code lengths and their repeats are told by value.
const LENGTH_SYMBOLS: [Entry; 19] = {
    let mut symbols = [0; 19];
    let mut symbol = 0;
    while symbol < 19 {
        symbols[symbol] = (symbol as Entry) << 16;
        symbol += 1;
    }
    symbols
};

/// Section 3.2.5: literals, the end, and lengths in groups of four, each with an extra bit more.
const LITERAL_SYMBOLS: [Entry; 288] = {
    let mut symbols = [INVALID; 288];
    let mut symbol = 0;
    while symbol < 256 {
        symbols[symbol] = (symbol as Entry) << 8 | 1 << 6;
        symbol += 1;
    }
    symbols[256] = END;
    let mut base = 3;
    symbol = 257;
    while symbol < 285 {
        let extra = if symbol < 265 { 0 } else { (symbol as Entry - 261) / 4 };
        symbols[symbol] = base << 16 | extra;
        base += 1 << extra;
        symbol += 1;
    }
    symbols[285] = (LONGEST as Entry) << 16;
    symbols
};

/// Section 3.2.5: distances in groups of two, each with an extra bit more.
const DISTANCE_SYMBOLS: [Entry; 32] = {
    let mut symbols = [INVALID; 32];
    let (mut base, mut symbol) = (1, 0);
    while symbol < 30 {
        let extra = if symbol < 4 { 0 } else { (symbol as Entry - 2) / 2 };
        symbols[symbol] = base << 16 | extra;
        base += 1 << extra;
        symbol += 1;
    }
    symbols
};
