//! CCITT fax: runs of white and black pixels (ITU-T T.4 and T.6; TIFF 6.0, sections 10 and 11).
//!
//! Rows come out as packed bits, the first pixel in the most significant bit and black as 1, as an
//! uncompressed image has them. Damage is met as libtiff meets it: a row that breaks off ends
//! white, and decoding goes on at the next.

use std::sync::LazyLock;

use super::ccitt_codes::{Codes, Run};
use super::shape::{Packed, SampleKind};
use crate::error::Result;

/// The coding of fax images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fax {
    /// Rows of runs, each beginning at a byte (compression 2).
    Rle,
    /// Rows of runs, each beginning at an even byte (compression 32771).
    RleWords,
    /// Rows behind an end-of-line code (compression 3).
    Group3 {
        /// Whether rows may be told by how they differ from the row before (bit 0 of T4Options).
        two_dimensional: bool,
    },
    /// Rows told by how they differ from the row before (compression 4).
    Group4,
}

static CODES: LazyLock<Codes> = LazyLock::new(Codes::new);

/// Decodes into the front of `out` and returns how many bytes were made.
pub(super) fn decode(fax: Fax, chunk: Packed<'_>, out: &mut [u8]) -> Result<usize> {
    let shape = chunk.shape;
    let (1, 1, SampleKind::Unsigned) = (shape.samples, shape.bits, shape.kind) else {
        return Err(shape.refuse_sample("CCITT fax"));
    };
    let row_bytes = shape.width.div_ceil(8) as usize;
    if row_bytes == 0 {
        return Ok(0);
    }
    // Some writers leave out all end-of-line codes of Group 3.
    let lines = matches!(fax, Fax::Group3 { .. }) && Bits::new(chunk.bytes).skip_to_line();
    let mut rows = Rows {
        bits: Bits::new(chunk.bytes),
        codes: &CODES,
        width: shape.width,
        before: Vec::new(),
        row: Vec::new(),
    };
    let whole = out.len() / row_bytes;
    let out = &mut out[..whole.min(shape.height as usize) * row_bytes];
    let mut made = 0;
    for line in out.chunks_exact_mut(row_bytes) {
        let flat = match fax {
            Fax::Group4 => false,
            Fax::Group3 { two_dimensional } => {
                if lines && !rows.bits.skip_to_line() {
                    break;
                }
                !two_dimensional || rows.bits.take(1) == 1
            }
            Fax::Rle | Fax::RleWords => true,
        };
        if rows.bits.is_empty() {
            break;
        }
        std::mem::swap(&mut rows.before, &mut rows.row);
        rows.row.clear();
        let ended = if flat { rows.flat() } else { rows.relative() };
        match fax {
            // Two end-of-line codes end the chunk; rows that it lacks are white.
            Fax::Group4 if ended == Ended::Line && made > 0 => {
                out[made..].fill(0);
                return Ok(out.len());
            }
            Fax::Group4 if ended == Ended::Line => break,
            Fax::Rle => rows.bits.align(8),
            Fax::RleWords => rows.bits.align(16),
            _ => {}
        }
        line.fill(0);
        rows.paint(line);
        made += row_bytes;
    }
    Ok(made)
}

/// How a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// It is whole, or damaged.
    Row,
    /// At an end-of-line code.
    Line,
}

/// The rows of a chunk, each the positions where its colour changes: to black, to white, and so
/// on, the last at the width.
struct Rows<'a> {
    bits: Bits<'a>,
    codes: &'static Codes,
    width: u32,
    before: Vec<u32>,
    row: Vec<u32>,
}

impl Rows<'_> {
    /// Reads a run of one colour.
    fn run(&mut self, black: bool) -> Result<u32, Ended> {
        let mut total: u32 = 0;
        loop {
            if self.bits.is_empty() {
                return Err(Ended::Row);
            }
            match self.codes.run(black, self.bits.peek(13)) {
                Run::Part { len, bits } => {
                    self.bits.skip(bits);
                    total = total.saturating_add(len);
                    if len < 64 {
                        return Ok(total);
                    }
                }
                // The zeros in front of its 1 may go on.
                Run::Line => return Err(Ended::Line),
                Run::Unknown => {
                    self.bits.skip(1);
                    return Err(Ended::Row);
                }
            }
        }
    }

    /// Reads a row of runs.
    fn flat(&mut self) -> Ended {
        let mut at = 0;
        let mut black = false;
        while at < self.width {
            match self.run(black) {
                Ok(run) => {
                    at = self.width.min(at.saturating_add(run));
                    self.row.push(at);
                    black = !black;
                }
                Err(ended) => {
                    self.finish(at, black);
                    return ended;
                }
            }
        }
        Ended::Row
    }

    /// Reads a row told by how it differs from the one before.
    fn relative(&mut self) -> Ended {
        let mut at = 0;
        let mut black = false;
        // The first change of the row before that lies right of `at`, towards the other colour.
        // Left of the first pixel lies an imaginary white one, so a change at 0 counts there.
        let mut next = 0;
        let mut started = false;
        while at < self.width {
            while next > 0 && self.change(next - 1) > at {
                next -= 1;
            }
            loop {
                let change = self.change(next);
                let passed = change < self.width && (change < at || change == at && started);
                if !passed && (next % 2 == 1) == black {
                    break;
                }
                next += 1;
            }
            let b1 = self.change(next);
            let code = self.bits.peek(7);
            // Mode codes (T.4, table 4), the most frequent first.
            let (bits, left, right) = match code {
                0b100_0000..=0b111_1111 => (1, 0, 0),
                0b011_0000..=0b011_1111 => (3, 0, 1),
                0b010_0000..=0b010_1111 => (3, 1, 0),
                0b001_0000..=0b001_1111 => {
                    self.bits.skip(3);
                    for color in [black, !black] {
                        match self.run(color) {
                            Ok(run) => {
                                at = self.width.min(at.saturating_add(run));
                                self.row.push(at);
                            }
                            Err(ended) => {
                                self.finish(at, color);
                                return ended;
                            }
                        }
                    }
                    started = true;
                    continue;
                }
                0b000_1000..=0b000_1111 => {
                    self.bits.skip(4);
                    at = self.change(next + 1);
                    started = true;
                    continue;
                }
                0b000_0110 | 0b000_0111 => (6, 0, 2),
                0b000_0100 | 0b000_0101 => (6, 2, 0),
                0b000_0011 => (7, 0, 3),
                0b000_0010 => (7, 3, 0),
                _ => {
                    self.finish(at, black);
                    if code == 0 && !self.bits.is_empty() {
                        return Ended::Line;
                    }
                    // Uncompressed mode, which nobody writes, or damage.
                    self.bits.skip(7);
                    return Ended::Row;
                }
            };
            self.bits.skip(bits);
            let to = b1.saturating_add(right).min(self.width);
            match to.checked_sub(left) {
                Some(to) if to >= at => at = to,
                _ => {
                    self.finish(at, black);
                    return Ended::Row;
                }
            }
            self.row.push(at);
            black = !black;
            started = true;
            if self.bits.is_empty() && at < self.width {
                self.finish(at, black);
                return Ended::Row;
            }
        }
        Ended::Row
    }

    /// A change of colour in the row before; behind the last, the width.
    fn change(&self, index: usize) -> u32 {
        self.before.get(index).copied().unwrap_or(self.width)
    }

    /// Ends a row that broke off at `at`, within a run of one colour: what is missing is white.
    fn finish(&mut self, at: u32, black: bool) {
        if black {
            self.row.push(at);
        }
        self.row.push(self.width);
    }

    /// Sets the bits of the row's black pixels in `line`, which holds none.
    fn paint(&self, line: &mut [u8]) {
        for run in self.row[..].chunks(2) {
            let [from, ref to @ ..] = *run else { continue };
            let to = to.first().copied().unwrap_or(self.width);
            let (from, to) = (from as usize, to as usize);
            if from >= to {
                continue;
            }
            let (first, last) = (from / 8, (to - 1) / 8);
            let (head, tail) = (0xff_u8 >> (from % 8), 0xff_u8 << (7 - (to - 1) % 8));
            if first == last {
                line[first] |= head & tail;
            } else {
                line[first] |= head;
                line[first + 1..last].fill(0xff);
                line[last] |= tail;
            }
        }
    }
}

/// The bits of a chunk, most significant first; behind the end lie zeros.
struct Bits<'a> {
    bytes: &'a [u8],
    /// How many bits are taken.
    at: usize,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn is_empty(&self) -> bool {
        self.at >= self.bytes.len() * 8
    }

    /// The next `count` bits, at most 25, without taking them.
    fn peek(&self, count: u32) -> u32 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = match rest.first_chunk::<4>() {
            Some(word) => u32::from_be_bytes(*word),
            None => {
                let mut word = [0; 4];
                word[..rest.len()].copy_from_slice(rest);
                u32::from_be_bytes(word)
            }
        };
        (word << (self.at % 8)) >> (32 - count)
    }

    fn skip(&mut self, count: u32) {
        self.at += count as usize;
    }

    fn take(&mut self, count: u32) -> u32 {
        let bits = self.peek(count);
        self.skip(count);
        bits
    }

    fn align(&mut self, bits: usize) {
        self.at = self.at.next_multiple_of(bits);
    }

    /// Takes everything up to and with the next end-of-line code: 11 zeros or more, then a 1.
    fn skip_to_line(&mut self) -> bool {
        let mut zeros = 0;
        while !self.is_empty() {
            if self.take(1) == 0 {
                zeros += 1;
            } else if zeros >= 11 {
                return true;
            } else {
                zeros = 0;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::ChunkShape;
    use crate::codec::testing::Random;

    const KINDS: [Fax; 5] = [
        Fax::Rle,
        Fax::RleWords,
        Fax::Group3 { two_dimensional: false },
        Fax::Group3 { two_dimensional: true },
        Fax::Group4,
    ];

    /// Packs digits, the first into the most significant bit.
    fn bits(digits: &str) -> Vec<u8> {
        let digits: Vec<u8> = digits.bytes().filter(|&b| b != b' ').collect();
        let byte =
            |digits: &[u8]| digits.iter().enumerate().map(|(at, b)| (b - b'0') << (7 - at)).sum();
        digits.chunks(8).map(byte).collect()
    }

    fn packed(bytes: &[u8], width: u32, height: u32) -> Packed<'_> {
        let shape = ChunkShape { width, height, samples: 1, bits: 1, kind: SampleKind::Unsigned };
        Packed { shape, ..Packed::bytes(bytes) }
    }

    #[test]
    fn rows_of_three_white_two_black_three_white_are_decoded() {
        const EOL: &str = "000000000001";
        // Runs of 3 white, 2 black and 3 white pixels; the same against a white row; against itself.
        let (runs, first, again) = ("1000 11 1000", "001 1000 11 1", "1 1 1");
        let stored = [
            format!("{runs} 000000 {runs}"),
            format!("{runs} 000000 {runs}"),
            format!("{EOL} {runs} 0000 {EOL} {runs} {EOL}"),
            format!("{EOL} 1 {runs} {EOL} 0 {again}"),
            format!("{first} {again} {EOL} {EOL}"),
        ];
        for (fax, digits) in KINDS.into_iter().zip(stored) {
            let (bytes, mut out) = (bits(&digits), [0xff; 2]);
            assert_eq!(decode(fax, packed(&bytes, 8, 2), &mut out).unwrap(), 2, "{fax:?}");
            assert_eq!(out, [0b0001_1000; 2], "{fax:?}");
        }
        // Group 3 without any end-of-line code, as some write it.
        let (bytes, mut out) = (bits(&format!("{runs} {runs}")), [0; 2]);
        assert_eq!(decode(KINDS[2], packed(&bytes, 8, 2), &mut out).unwrap(), 2);
        assert_eq!(out, [0b0001_1000; 2]);
        // An end code before the last row leaves white.
        let (bytes, mut out) = (bits(&format!("{first} {EOL} {EOL}")), [0xff; 2]);
        assert_eq!(decode(Fax::Group4, packed(&bytes, 8, 2), &mut out).unwrap(), 2);
        assert_eq!(out, [0b0001_1000, 0]);
    }

    #[test]
    fn noise_never_panics_and_never_overruns() {
        let (mut random, mut out) = (Random(11), vec![0; 40 * 50]);
        for round in 0..20_000 {
            let (len, width) = (random.below(120), 1 + random.below(320));
            // Many ones make short codes, and so long rows.
            let mut noise = random.bytes(len);
            if round % 2 == 0 {
                noise.iter_mut().for_each(|byte| *byte |= (random.next() >> 40) as u8);
            }
            for fax in KINDS {
                let made = decode(fax, packed(&noise, width as u32, 50), &mut out).unwrap();
                assert!(made <= width.div_ceil(8) * 50);
            }
        }
    }
}
