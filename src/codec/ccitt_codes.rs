//! The codes of fax runs (ITU-T T.4, tables 2 and 3).

/// Codes of white runs of 0 to 63 pixels, then of 64, 128 and so on to 1728.
const WHITE: &str = "00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 \
     110101 101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011 \
     0010011 0100100 0011000 00000010 00000011 00011010 00011011 00010010 00010011 00010100 \
     00010101 00010110 00010111 00101000 00101001 00101010 00101011 00101100 00101101 00000100 \
     00000101 00001010 00001011 01010010 01010011 01010100 01010101 00100100 00100101 01011000 \
     01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100 11011 10010 010111 \
     0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100 011001101 011010010 \
     011010011 011010100 011010101 011010110 011010111 011011000 011011001 011011010 011011011 \
     010011000 010011001 010011010 011000 010011011";

/// Codes of black runs, as those of white ones.
const BLACK: &str = "0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 \
     00000111 000011000 0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 \
     00000110111 00000101000 00000010111 00000011000 000011001010 000011001011 000011001100 \
     000011001101 000001101000 000001101001 000001101010 000001101011 000011010010 000011010011 \
     000011010100 000011010101 000011010110 000011010111 000001101100 000001101101 000011011010 \
     000011011011 000001010100 000001010101 000001010110 000001010111 000001100100 000001100101 \
     000001010010 000001010011 000000100100 000000110111 000000111000 000000100111 000000101000 \
     000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 000001100111 \
     0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 \
     0000001101100 0000001101101 0000001001010 0000001001011 0000001001100 0000001001101 \
     0000001110010 0000001110011 0000001110100 0000001110101 0000001110110 0000001110111 \
     0000001010010 0000001010011 0000001010100 0000001010101 0000001011010 0000001011011 \
     0000001100100 0000001100101";

/// Codes of runs of 1792, 1856 and so on to 2560 pixels of either colour.
const LONG: &str = "00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 \
     000000010110 000000010111 000000011100 000000011101 000000011110 000000011111";

/// The longest code has 13 bits.
const BITS: u32 = 13;

/// What the next bits stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// A run, or with a length of 64 or more a part of it that another code goes on with.
    Part {
        /// Pixels.
        len: u32,
        /// Bits of its code.
        bits: u32,
    },
    /// Zeros that begin an end-of-line code.
    Line,
    /// Nothing.
    Unknown,
}

/// Runs by the 13 bits that their codes begin: as pixels times 16 plus bits, 0 if there is none.
pub(super) struct Codes {
    white: Vec<u16>,
    black: Vec<u16>,
}

impl Codes {
    pub(super) fn new() -> Self {
        Self { white: table(WHITE), black: table(BLACK) }
    }

    /// Looks 13 bits up.
    pub(super) fn run(&self, black: bool, next: u32) -> Run {
        let table = if black { &self.black } else { &self.white };
        match table.get(next as usize).copied().unwrap_or(0) {
            0 if next >> 2 == 0 => Run::Line,
            0 => Run::Unknown,
            entry => Run::Part { len: u32::from(entry >> 4), bits: u32::from(entry & 15) },
        }
    }
}

fn table(codes: &str) -> Vec<u16> {
    let mut table = vec![0; 1 << BITS];
    let lengths = (0..64).chain((64..=2560).step_by(64));
    for (code, pixels) in codes.split(' ').chain(LONG.split(' ')).zip(lengths) {
        let bits = code.len() as u32;
        let value = code.bytes().fold(0, |value, digit| value << 1 | usize::from(digit == b'1'));
        let first = value << (BITS - bits);
        let entry: u16 = pixels << 4 | bits as u16;
        table[first..first + (1 << (BITS - bits))].fill(entry);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_begins_another_and_all_lengths_are_there() {
        for (own, black) in [(WHITE, false), (BLACK, true)] {
            let all: Vec<&str> = own.split(' ').chain(LONG.split(' ')).collect();
            assert_eq!(all.len(), 64 + 40);
            for a in &all {
                assert!(all.iter().filter(|b| b.starts_with(a)).count() == 1, "{a}");
            }
            let codes = Codes::new();
            let first = u32::from_str_radix(&format!("{:0<13}", all[64 + 39]), 2).unwrap();
            assert_eq!(codes.run(black, first), Run::Part { len: 2560, bits: 12 });
            assert_eq!(codes.run(black, 1), Run::Line);
        }
    }
}
