//! Huffman codes that suit what a JPEG scan holds, in place of those that it was written with.
//!
//! As libjpeg's `optimize_coding`, which GDAL's JPEG in TIFF has on: some 7 % smaller, and the same
//! coefficients. Codes are found as ITU-T T.81, K.2 has it.

use super::jpeg::{DHT, Segments, append};
use crate::error::{Error, Result};

/// The symbols of a table, and the code that stands for none.
const CODES: usize = 257;
/// How many bits are looked up at once.
const LOOK: u32 = 9;

/// A table of codes: how many there are of each length, from 1 on, and their symbols.
#[derive(Clone, Default)]
struct Table {
    counts: [u8; 16],
    symbols: Vec<u8>,
}

impl Table {
    /// Calls `each` with every symbol, its code and the length of that.
    fn each(&self, mut each: impl FnMut(u8, u32, u32)) {
        let (mut code, mut at) = (0_u32, 0);
        for (length, &count) in (1..).zip(&self.counts) {
            for &symbol in self.symbols.iter().skip(at).take(count.into()) {
                each(symbol, code, length);
                code += 1;
            }
            at += usize::from(count);
            code <<= 1;
        }
    }

    /// Finds the codes that take the fewest bits for symbols that occur so often (K.2, figures K.1
    /// to K.4): none longer than 16 bits, and none of ones alone.
    fn of(counts: &[u32; 256]) -> Self {
        let mut weights = [0_u64; CODES];
        for (weight, &count) in weights.iter_mut().zip(counts) {
            *weight = count.into();
        }
        // It gets the longest code, of ones, which no symbol may have.
        weights[256] = 1;
        let (mut lengths, mut next) = ([0_usize; CODES], [None; CODES]);
        loop {
            // The two least; of equal ones the last.
            let least = |but: Option<usize>| {
                let live = (0..CODES).filter(|&at| weights[at] > 0 && Some(at) != but);
                live.rev().min_by_key(|&at| weights[at])
            };
            let Some(first) = least(None) else { break };
            let Some(second) = least(Some(first)) else { break };
            weights[first] += std::mem::take(&mut weights[second]);
            // All symbols of both trees are a bit deeper; the second's chain follows the first's.
            let mut end = first;
            lengths[end] += 1;
            while let Some(at) = next[end] {
                end = at;
                lengths[end] += 1;
            }
            next[end] = Some(second);
            let mut at = Some(second);
            while let Some(own) = at {
                lengths[own] += 1;
                at = next[own];
            }
        }
        let mut of_length = [0_i32; CODES + 1];
        for &length in lengths.iter().filter(|&&length| length > 0) {
            of_length[length] += 1;
        }
        // Pairs of codes that are too long: their prefix takes the place of one, and a shorter code
        // becomes two.
        for length in (17..=CODES).rev() {
            while of_length[length] > 0 {
                let mut shorter = length - 2;
                while of_length[shorter] == 0 {
                    shorter -= 1;
                }
                of_length[length] -= 2;
                of_length[length - 1] += 1;
                of_length[shorter + 1] += 2;
                of_length[shorter] -= 1;
            }
        }
        let longest = (1..=16).rev().find(|&length| of_length[length] > 0);
        longest.into_iter().for_each(|longest| of_length[longest] -= 1);
        let mut symbols: Vec<usize> = (0..256).filter(|&symbol| lengths[symbol] > 0).collect();
        symbols.sort_by_key(|&symbol| lengths[symbol]);
        Self {
            counts: std::array::from_fn(|at| of_length[at + 1] as u8),
            symbols: symbols.into_iter().map(|symbol| symbol as u8).collect(),
        }
    }
}

/// What reads the codes of a table.
struct Reader {
    /// By the next bits: the symbol, and the length of its code; 0 where it is longer.
    short: Vec<(u8, u8)>,
    /// Codes that are longer than that, at the front of 16 bits, with symbol and length.
    long: Vec<(u16, u8, u8)>,
}

impl Reader {
    fn new(table: &Table) -> Self {
        let (mut short, mut long) = (vec![(0, 0); 1 << LOOK], Vec::new());
        table.each(|symbol, code, length| {
            if length <= LOOK {
                let first = (code << (LOOK - length)) as usize;
                short[first..first + (1 << (LOOK - length))].fill((symbol, length as u8));
            } else {
                long.push(((code << (16 - length)) as u16, symbol, length as u8));
            }
        });
        Self { short, long }
    }

    /// Returns the symbol that the next 16 bits begin with, and the length of its code.
    fn symbol(&self, bits: u16) -> Option<(u8, u8)> {
        let found = self.short[usize::from(bits >> (16 - LOOK))];
        if found.1 > 0 {
            return Some(found);
        }
        // In the order of their codes: the last that is not beyond.
        let at = self.long.partition_point(|&(code, ..)| code <= bits);
        let (_, symbol, length) = *self.long.get(at.checked_sub(1)?)?;
        Some((symbol, length))
    }
}

/// The bits of a scan; behind its end are zeros.
struct Bits<'a> {
    bytes: &'a [u8],
    held: u64,
    count: u32,
}

impl Bits<'_> {
    /// Has at least 32 bits at the front of `held`.
    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match *self.bytes {
                [0xff, 0, ref rest @ ..] => {
                    self.bytes = rest;
                    0xff
                }
                // A marker ends the scan.
                [0xff, ..] | [] => 0,
                [byte, ref rest @ ..] => {
                    self.bytes = rest;
                    byte
                }
            };
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    fn take(&mut self, count: u8) -> u16 {
        let bits = if count == 0 { 0 } else { self.held >> (64 - u32::from(count)) };
        self.held <<= count;
        self.count -= u32::from(count);
        bits as u16
    }
}

/// A code word of a scan: which table it is of, the symbol, and the bits behind it, whose number is
/// the symbol's lower half.
struct Word {
    table: u8,
    symbol: u8,
    extra: u16,
}

/// A component of the scan: its blocks in a unit, and its tables of DC and AC codes.
struct Component {
    blocks: u32,
    tables: [u8; 2],
}

/// Codes for scans, with scratch to reuse.
#[derive(Default)]
struct Scan {
    tables: [Table; 8],
    components: Vec<Component>,
    units: u32,
}

impl Scan {
    /// Takes a segment of Huffman tables.
    fn add_tables(&mut self, mut body: &[u8]) -> Option<()> {
        while let [head, rest @ ..] = body {
            let counts: [u8; 16] = *rest.first_chunk()?;
            let len: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let symbols = rest.get(16..16 + len)?.to_vec();
            *self.tables.get_mut(slot(head >> 4, head & 15))? = Table { counts, symbols };
            body = &rest[16 + len..];
        }
        Some(())
    }

    /// Takes the segments of the frame and of the scan.
    fn set_components(&mut self, frame: &[u8], scan: &[u8]) -> Option<()> {
        let [_, h1, h0, w1, w0, count, rest @ ..] = frame else { return None };
        let (height, width) =
            (u32::from(u16::from_be_bytes([*h1, *h0])), u32::from(u16::from_be_bytes([*w1, *w0])));
        let of_frame = rest.as_chunks::<3>().0.get(..usize::from(*count))?;
        let [scanned, selectors @ ..] = scan else { return None };
        if scanned != count {
            return None;
        }
        let selectors = selectors.as_chunks::<2>().0.get(..usize::from(*count))?;
        let sides = |sampling: u8| (u32::from(sampling >> 4), u32::from(sampling & 15));
        let single = of_frame.len() == 1;
        let most = of_frame.iter().fold((1, 1), |most, component| {
            let (h, v) = if single { (1, 1) } else { sides(component[1]) };
            (most.0.max(h), most.1.max(v))
        });
        self.components = of_frame
            .iter()
            .zip(selectors)
            .map(|(component, [_, tables])| {
                let (h, v) = if single { (1, 1) } else { sides(component[1]) };
                let tables = [slot(0, tables >> 4), slot(1, tables & 15)];
                Component { blocks: h * v, tables: tables.map(|slot| slot as u8) }
            })
            .collect();
        self.units = width.div_ceil(8 * most.0) * height.div_ceil(8 * most.1);
        let known = self.components.iter().flat_map(|component| component.tables);
        known.into_iter().all(|slot| usize::from(slot) < self.tables.len()).then_some(())
    }

    /// Reads all words of the scan.
    fn words(&self, scan: &[u8]) -> Option<Vec<Word>> {
        let readers: Vec<_> = self.tables.iter().map(Reader::new).collect();
        let mut bits = Bits { bytes: scan, held: 0, count: 0 };
        let mut words = Vec::with_capacity(scan.len());
        let mut word = |table: u8| -> Option<u8> {
            bits.fill();
            let (symbol, length) = readers[usize::from(table)].symbol((bits.held >> 48) as u16)?;
            bits.take(length);
            let extra = bits.take(symbol & 15);
            words.push(Word { table, symbol, extra });
            Some(symbol)
        };
        for _ in 0..self.units {
            for Component { blocks, tables: [dc, ac] } in &self.components {
                for _ in 0..*blocks {
                    word(*dc)?;
                    let mut done = 1;
                    while done < 64 {
                        match word(*ac)? {
                            0 => break,
                            symbol => done += u32::from(symbol >> 4) + 1,
                        }
                    }
                }
            }
        }
        Some(words)
    }
}

/// The place of a table among all: those of DC first.
fn slot(class: u8, number: u8) -> usize {
    usize::from(class.min(15)) * 4 + usize::from(number.min(3))
}

/// Appends words in their tables' codes, and fills the last byte with ones.
fn write(words: &[Word], tables: &[Table; 8], out: &mut Vec<u8>) {
    let mut codes = vec![[(0_u32, 0_u32); 256]; tables.len()];
    for (codes, table) in codes.iter_mut().zip(tables) {
        table.each(|symbol, code, length| codes[usize::from(symbol)] = (code, length));
    }
    let (mut held, mut count) = (0_u64, 0);
    let push = |byte: u8, out: &mut Vec<u8>| {
        out.push(byte);
        if byte == 0xff {
            out.push(0);
        }
    };
    for Word { table, symbol, extra } in words {
        let (code, length) = codes[usize::from(*table)][usize::from(*symbol)];
        let more = u32::from(symbol & 15);
        held = held << (length + more) | u64::from(code) << more | u64::from(*extra);
        count += length + more;
        while count >= 8 {
            count -= 8;
            push((held >> count) as u8, out);
        }
    }
    if count > 0 {
        push((held << (8 - count)) as u8 | 0xff >> count, out);
    }
}

/// Appends the segments and the scan of a stream, codes of its own in place of those that it has;
/// segments with markers that `drops` are left out.
///
/// # Errors
/// [`Error::Defect`] for anything but a sequential stream of one scan, whole.
pub(super) fn suit(stream: &[u8], drops: impl Fn(u8) -> bool, out: &mut Vec<u8>) -> Result<()> {
    let broken = || Error::defect("a JPEG stream that is not of one scan");
    let (mut scan, mut frame) = (Scan::default(), None);
    let mut segments = Segments { rest: stream };
    while let Some(segment) = segments.next() {
        let (marker, body) = segment?;
        match marker {
            DHT => scan.add_tables(body).ok_or_else(broken)?,
            super::jpeg::SOS => {
                scan.set_components(frame.ok_or_else(broken)?, body).ok_or_else(broken)?;
                let words = scan.words(segments.rest).ok_or_else(broken)?;
                let mut counts = vec![[0; 256]; scan.tables.len()];
                for word in &words {
                    counts[usize::from(word.table)][usize::from(word.symbol)] += 1;
                }
                for (slot, counts) in counts.iter().enumerate() {
                    if counts.iter().any(|&count| count > 0) {
                        let table = Table::of(counts);
                        let head = ((slot / 4) << 4) | (slot % 4);
                        let segment = [&[head as u8][..], &table.counts, &table.symbols].concat();
                        append(out, DHT, &segment);
                        scan.tables[slot] = table;
                    }
                }
                append(out, marker, body);
                write(&words, &scan.tables, out);
                out.extend([0xff, super::jpeg::EOI]);
                return Ok(());
            }
            _ if drops(marker) => {}
            _ => {
                // A baseline or an extended sequential frame.
                if matches!(marker, 0xc0 | 0xc1) {
                    frame = Some(body);
                }
                append(out, marker, body);
            }
        }
    }
    Err(broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_take_the_fewest_bits() {
        // Weights of which Huffman's own tree is known: 1 (of none), 1, 2, 4, 8.
        let mut counts = [0; 256];
        (counts[7], counts[9], counts[0], counts[255]) = (1, 2, 4, 8);
        let table = Table::of(&counts);
        assert_eq!(table.symbols, [255, 0, 9, 7]);
        assert_eq!(table.counts[..5], [1, 1, 1, 1, 0]);
        // The longest code is not of ones alone.
        let mut codes = Vec::new();
        table.each(|symbol, code, length| codes.push((symbol, code, length)));
        assert_eq!(codes, [(255, 0, 1), (0, 2, 2), (9, 6, 3), (7, 14, 4)]);
    }

    #[test]
    fn no_code_is_longer_than_sixteen_bits_and_none_is_the_front_of_another() {
        // Weights of Fibonacci make a tree as deep as there are symbols.
        let mut counts = [0; 256];
        let (mut a, mut b) = (1, 1);
        for count in &mut counts[..40] {
            *count = a;
            (a, b) = (b, a + b);
        }
        let table = Table::of(&counts);
        assert_eq!(table.symbols.len(), 40);
        let mut codes = Vec::new();
        table.each(|_, code, length| codes.push((code, length)));
        assert_eq!(codes.len(), 40);
        for (at, (code, length)) in codes.iter().enumerate() {
            assert!(*length <= 16 && *code < (1 << length) - 1);
            for (other, longer) in &codes[at + 1..] {
                assert!(longer >= length && other >> (longer - length) != *code);
            }
        }
    }
}
