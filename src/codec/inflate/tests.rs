//! What is decoded and what is refused, against zlib-rs.

use std::io::Write;

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush, Strategy};

use super::*;
use crate::codec::testing::{Random, patterned, samples};

/// Decodes with zlib-rs; `None` if it refuses.
fn theirs(input: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut inflate = Inflate::new(true, 15);
    inflate.decompress(input, out, InflateFlush::NoFlush).ok()?;
    Some(inflate.total_out() as usize)
}

/// Decodes with both, and with libdeflate if it is built in, and checks that they agree; gives what
/// was made.
fn both(inflater: &mut Inflater, input: &[u8], room: usize) -> Option<Vec<u8>> {
    let (mut ours, mut zlib) = (vec![0xaa; room], vec![0x55; room]);
    let made = inflater.decode(input, &mut ours);
    let wanted = theirs(input, &mut zlib);
    assert_eq!(made.as_ref().ok(), wanted.as_ref(), "{made:?} of {input:02x?}");
    #[cfg(feature = "libdeflate")]
    libdeflate(input, &made, &ours);
    let made = wanted?;
    assert!(ours[..made] == zlib[..made], "bytes differ for {input:02x?}");
    ours.truncate(made);
    Some(ours)
}

/// Holds a decoder by libdeflate against what ours made of a stream.
#[cfg(feature = "libdeflate")]
fn libdeflate(input: &[u8], ours: &Result<usize>, bytes: &[u8]) {
    let mut out = vec![0x33; bytes.len()];
    match (ours, crate::codec::libdeflate::Inflater::default().decode(input, &mut out)) {
        (Ok(ours), Ok(made)) => {
            assert_eq!(*ours, made, "{input:02x?}");
            assert!(out[..made] == bytes[..made], "bytes differ for {input:02x?}");
        }
        (Err(_), Err(_)) => {}
        // It takes length symbols that mean nothing for the longest length, and holds the checksum
        // against what comes of that.
        (Err(why), Ok(_)) if why.to_string().contains("invalid code of a literal or length") => {}
        (ours, theirs) => panic!("{ours:?}, {theirs:?} of {input:02x?}"),
    }
}

fn packed(data: &[u8], level: i32, strategy: Strategy, mem_level: i32) -> Vec<u8> {
    let config = DeflateConfig { level, strategy, mem_level, ..DeflateConfig::default() };
    let mut deflate = Deflate::new_with_config(config);
    let mut out = vec![0; zlib_rs::compress_bound(data.len()) + data.len() / 8 + 1000];
    deflate.compress(data, &mut out, DeflateFlush::Finish).unwrap();
    out.truncate(deflate.total_out() as usize);
    out
}

const STRATEGIES: [Strategy; 5] =
    [Strategy::Default, Strategy::Filtered, Strategy::HuffmanOnly, Strategy::Rle, Strategy::Fixed];

#[test]
fn what_any_level_and_strategy_writes_is_decoded() {
    let mut inflater = Inflater::default();
    let mut random = Random(9);
    let data: Vec<u8> = (0..40_000).map(|_| (random.next() >> 40) as u8 & 0x1f).collect();
    for data in samples().into_iter().chain([data]) {
        for (level, strategy) in [0, 1, 3, 6, 9].into_iter().zip(STRATEGIES.into_iter().cycle()) {
            let packed = packed(&data, level, strategy, 8);
            let made = both(&mut inflater, &packed, data.len() + 5);
            assert!(made.unwrap() == data, "level {level}, {strategy:?}");
        }
    }
    let data = patterned();
    for strategy in STRATEGIES {
        for mem_level in [1, 9] {
            let packed = packed(&data, 6, strategy, mem_level);
            assert!(both(&mut inflater, &packed, data.len()).unwrap() == data);
        }
    }
}

#[test]
fn part_of_a_stream_and_what_follows_it_are_left_alone() {
    let (mut inflater, data) = (Inflater::default(), patterned());
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
    writer.write_all(&data).unwrap();
    let packed = writer.finish().unwrap();
    let trailing = [&packed[..], b"xyz"].concat();
    for room in [0, 1, 1000, data.len() - 1, data.len(), data.len() + 7] {
        let wanted = &data[..room.min(data.len())];
        assert!(both(&mut inflater, &trailing, room).unwrap() == wanted);
    }
    for cut in (0..packed.len()).step_by(997).chain(packed.len() - 5..packed.len()) {
        let made = both(&mut inflater, &packed[..cut], data.len() + 7).unwrap();
        assert!(made == data[..made.len()]);
    }
    let mut wrong = packed.clone();
    *wrong.last_mut().unwrap() ^= 1;
    let error = inflater.decode(&wrong, &mut vec![0; data.len()]).unwrap_err();
    assert!(error.to_string().contains("deflate stream: found incorrect checksum"), "{error}");
}

/// Bits of a stream, written by hand: lowest first, codes highest first.
#[derive(Default)]
struct Writer(Vec<bool>);

impl Writer {
    fn number(mut self, value: u32, bits: u32) -> Self {
        self.0.extend((0..bits).map(|bit| value >> bit & 1 == 1));
        self
    }

    fn code(mut self, value: u32, bits: u32) -> Self {
        self.0.extend((0..bits).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    /// A dynamic block's codes, each length spelt out by a code of 4 bits.
    fn lengths(self, literals: &[u8], distances: &[u8]) -> Self {
        let mut bits = self.number(0b101, 3).number(literals.len() as u32 - 257, 5);
        bits = bits.number(distances.len() as u32 - 1, 5).number(15, 4);
        for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] {
            bits = bits.number(if symbol < 16 { 4 } else { 0 }, 3);
        }
        literals.iter().chain(distances).fold(bits, |bits, &len| bits.code(len.into(), 4))
    }

    fn stream(self, content: &[u8]) -> Vec<u8> {
        let bytes = self
            .0
            .chunks(8)
            .map(|bits| bits.iter().rev().fold(0, |b, &bit| b << 1 | u8::from(bit)));
        let mut out = vec![0x78, 0x9c];
        out.extend(bytes);
        out.extend(adler::adler32(content).to_be_bytes());
        out
    }
}

fn lens(used: &[(usize, u8)], count: usize) -> Vec<u8> {
    let mut lens = vec![0; count];
    used.iter().for_each(|&(symbol, len)| lens[symbol] = len);
    lens
}

#[test]
fn odd_codes_are_taken_and_refused_as_zlib_does() {
    let mut inflater = Inflater::default();
    let mut check = |bits: Writer, content: Option<&[u8]>| {
        let stream = bits.stream(content.unwrap_or_default());
        assert_eq!(both(&mut inflater, &stream, 600).as_deref(), content);
    };
    // 'a' twice, then a match of 258 at distance 1, whose code is the only one.
    let literals = lens(&[(97, 1), (256, 2), (285, 2)], 286);
    let lone = || Writer::default().lengths(&literals, &[1]);
    check(lone().code(0, 1).code(3, 2).code(0, 1).code(2, 2), Some(&[97; 259]));
    // The bit that the lone code leaves unused.
    check(lone().code(0, 1).code(3, 2).code(1, 1).code(2, 2), None);
    // Before the beginning.
    check(lone().code(3, 2).code(0, 1).code(2, 2), None);
    // No distance at all: fine if unused, refused if used.
    let none = || Writer::default().lengths(&literals, &[0]);
    check(none().code(0, 1).code(2, 2), Some(b"a"));
    check(none().code(0, 1).code(3, 2).code(0, 1), None);
    // Incomplete and oversubscribed codes, and no code for the end.
    for (literals, distances) in [
        (&[(97, 2), (256, 2)][..], &[1, 1][..]),
        (&[(97, 1), (98, 1), (256, 1)], &[1, 1]),
        (&[(97, 1), (98, 1)], &[1, 1]),
        (&[(97, 1), (256, 1)], &[2, 2]),
        (&[(97, 1), (256, 1)], &[1, 1, 1]),
    ] {
        check(Writer::default().lengths(&lens(literals, 257), distances).code(1, 1), None);
    }
    // The end alone, in one bit.
    check(Writer::default().lengths(&lens(&[(256, 1)], 257), &[0]).code(0, 1), Some(b""));
    // Too many literals; too many distances.
    check(Writer::default().lengths(&[8; 287], &[1, 1]), None);
    check(Writer::default().lengths(&lens(&[(97, 1), (256, 1)], 257), &[5; 31]), None);
    // Fixed codes: literals 0x30 + byte; 286 and distance 30 stand for nothing.
    let fixed = || Writer::default().number(0b011, 3);
    check(fixed().code(0x30 + 97, 8).code(0, 7), Some(b"a"));
    check(fixed().code(0x30 + 97, 8).code(0xc6, 8).code(0, 5), None);
    check(fixed().code(0x30 + 97, 8).code(1, 7).code(30, 5), None);
    // Empty blocks: fixed and stored, then the last one; and a type that does not exist.
    let empty =
        Writer::default().number(0b010, 3).code(0, 7).number(0, 3 + 3).number(0xffff_0000, 32);
    check(empty.number(0b011, 3).code(0x30, 8).code(0, 7), Some(&[0]));
    check(Writer::default().number(0b111, 3), None);
    check(Writer::default().number(0b001, 8).number(0xffff_0001, 32), None);
}

#[test]
fn the_longest_code_lengths_and_distances_are_decoded() {
    let mut inflater = Inflater::default();
    // Codes of 1 to 15 bits for literals and for distances.
    let mut literals = vec![0; 286];
    for (symbol, len) in literals.iter_mut().zip(1..=13) {
        *symbol = len;
    }
    (literals[256], literals[284], literals[285]) = (14, 15, 15);
    let mut distances: Vec<u8> = (1..=15).collect();
    distances.push(15);
    let mut bits = Writer::default().lengths(&literals, &distances);
    let mut wanted = Vec::new();
    // The code of length n is n - 1 ones and a zero.
    let ones = |len: u32| (1 << len) - 2;
    for round in 0..200_usize {
        let symbol = round % 13;
        bits = bits.code(ones(symbol as u32 + 1), symbol as u32 + 1);
        wanted.push(symbol as u8);
        if round > 40 {
            // 227 + 0..31 bytes by symbol 284 from 1 to 4 away.
            let (extra, away) = (round as u32 % 31, round % 4);
            bits =
                bits.code(0x7ffe, 15).number(extra, 5).code(ones(away as u32 + 1), away as u32 + 1);
            for _ in 0..227 + extra {
                wanted.push(wanted[wanted.len() - 1 - away]);
            }
        }
        if round == 150 {
            // Distance symbol 15: 193 + 6 extra bits.
            bits = bits.code(0x7fff, 15).code(0x7fff, 15).number(63, 6);
            for _ in 0..258 {
                wanted.push(wanted[wanted.len() - 256]);
            }
        }
    }
    let stream = bits.code(0x3ffe, 14).stream(&wanted);
    assert!(both(&mut inflater, &stream, wanted.len()).unwrap() == wanted);

    // The farthest: 32768, of which the last block of 3 bytes tells.
    let mut random = Random(3);
    let mut data = random.bytes(32_768);
    data.extend_from_within(..300);
    let packed = packed(&data[..32_768], 0, Strategy::Default, 8);
    let mut bits = Writer::default().number(0b011, 3).code(0xc5, 8);
    bits = bits.code(29, 5).number(8191, 13).code(0, 7);
    let tail = bits.stream(&data[..33_026]);
    // Zlib wrote stored blocks; none of them is to be the last.
    let mut stream = packed[..packed.len() - 4].to_vec();
    let last = stream.len()
        - 5
        - usize::from(u16::from_le_bytes([0, 1].map(|i| stream[last_header(&packed) + 1 + i])));
    stream[last] = 0;
    stream.extend(&tail[2..]);
    assert!(both(&mut inflater, &stream, 33_026).unwrap() == data[..33_026]);
}

/// Where the header of the last of the stored blocks in a zlib stream lies.
fn last_header(stream: &[u8]) -> usize {
    let mut at = 2;
    while stream[at] & 1 == 0 {
        at += 5 + usize::from(u16::from_le_bytes([stream[at + 1], stream[at + 2]]));
    }
    at
}

#[test]
fn damaged_streams_are_taken_and_refused_as_zlib_does() {
    let (mut inflater, mut random) = (Inflater::default(), Random(11));
    let sources = [&samples()[6][..4000], &samples()[7][..4000], &patterned()[..2000], &[0; 3000]];
    for data in sources {
        for (level, strategy) in [6, 9, 1, 6, 6].into_iter().zip(STRATEGIES) {
            let packed = packed(data, level, strategy, 1);
            for round in 0..500 {
                let mut bad = packed.clone();
                // Damage near the front, where the codes are, and anywhere.
                let reach = if round % 2 == 0 { bad.len().min(80) } else { bad.len() };
                for _ in 0..random.below(4) {
                    bad[random.below(reach)] ^= 1 << random.below(8);
                }
                if round % 3 == 0 {
                    bad.truncate(random.below(bad.len() + 1));
                }
                let room = if round % 5 == 0 { random.below(data.len()) } else { data.len() + 400 };
                both(&mut inflater, &bad, room);
            }
        }
    }
    for _ in 0..3000 {
        let mut noise =
            vec![0x78, 0x9c, (random.next() >> 20) as u8 & !3 | 4 | random.below(2) as u8];
        let len = random.below(200);
        noise.extend(random.bytes(len));
        both(&mut inflater, &noise, 1000);
    }
    for noise in 0..=u16::MAX {
        both(&mut inflater, &[&noise.to_be_bytes()[..], &[3, 0, 0, 0, 0, 1]].concat(), 9);
    }
}
