//! LZMA in an xz stream, by lzma-rust2.
//!
//! The container is read here, for two reasons: a stream may ask for a dictionary of 4 GiB, of
//! which a chunk never needs more than its own size; and libtiff puts a delta filter in front,
//! which is undone over the whole chunk.

use std::io::{ErrorKind, Read, Write};

use lzma_rust2::{CheckType, Lzma2Reader, LzmaOptions, XzOptions, XzWriter};

use crate::error::{Error, Result};

const MAGIC: &[u8] = b"\xfd7zXZ\0";
/// Bytes of the head of a stream: magic, flags, checksum.
const HEAD: usize = 12;
/// The filters of the xz format that libtiff writes.
const DELTA: u64 = 3;
const LZMA2: u64 = 0x21;

/// What the head of a block says of the filters in it.
struct Filters {
    /// The distance of the delta filter in bytes; 0 without one.
    delta: usize,
    dictionary: u32,
}

/// Decodes into the front of `out` and returns how many bytes were made.
pub(super) fn decode(input: &[u8], out: &mut [u8]) -> Result<usize> {
    let mut rest = match input.strip_prefix(MAGIC) {
        Some(_) if input.len() >= HEAD => &input[HEAD..],
        // Cut before anything is said.
        _ if MAGIC.starts_with(&input[..input.len().min(MAGIC.len())]) => return Ok(0),
        _ => return Err(Error::format("LZMA stream").expected("an xz head")),
    };
    let check = match input[7] & 15 {
        0 => 0,
        // Each group of three kinds has a size: 4, 8, 16, 32, 64 bytes.
        kind => 4 << ((usize::from(kind) - 1) / 3),
    };
    let mut made = 0;
    // A head of size 0 is the index behind the last block.
    while made < out.len()
        && let Some(size @ 1..) = rest.first().copied()
    {
        let size = (usize::from(size) + 1) * 4;
        let Some((head, data)) = rest.split_at_checked(size) else { break };
        let filters = Filters::read(head)?;
        let (count, left) = block(&filters, data, &mut out[made..])?;
        made += count;
        // Blocks are padded to 4 bytes, and followed by a checksum.
        let used = (data.len() - left).next_multiple_of(4) + check;
        rest = data.get(used..).unwrap_or_default();
    }
    Ok(made)
}

/// Encodes into an xz stream of one block without a checksum, as libtiff does.
pub(super) fn encode(level: u8, input: &[u8], out: &mut Vec<u8>) -> Result<()> {
    if level > 9 {
        return Err(Error::usage("LZMA level").expected("0 to 9").found(level));
    }
    let mut lzma_options = LzmaOptions::with_preset(level.into());
    // More than the chunk helps nobody, and costs who decodes it.
    let needed = u32::try_from(input.len()).unwrap_or(u32::MAX).max(4096);
    lzma_options.dict_size = lzma_options.dict_size.min(needed);
    let options = XzOptions { lzma_options, check_type: CheckType::None, ..XzOptions::default() };
    let defect = |e| Error::defect(format!("LZMA: {e}"));
    let mut writer = XzWriter::new(out, options).map_err(defect)?;
    writer.write_all(input).and_then(|()| writer.finish()).map_err(defect)?;
    Ok(())
}

/// Decodes one block; returns how many bytes were made and how many of `data` are left.
fn block(filters: &Filters, data: &[u8], out: &mut [u8]) -> Result<(usize, usize)> {
    let needed = u32::try_from(out.len()).unwrap_or(u32::MAX);
    // 4096 is the least that the format has.
    let dictionary = filters.dictionary.min(needed).max(4096);
    let mut reader = Lzma2Reader::new(data, dictionary, None);
    let mut made = 0;
    while made < out.len() {
        match reader.read(&mut out[made..]) {
            Ok(0) => break,
            Ok(count) => made += count,
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => break,
            Err(e) => return Err(Error::format("LZMA stream").found(e)),
        }
    }
    if filters.delta > 0 {
        for at in filters.delta..made {
            out[at] = out[at].wrapping_add(out[at - filters.delta]);
        }
    }
    Ok((made, reader.into_inner().len()))
}

impl Filters {
    /// Reads the head of a block, whose first byte is its size.
    fn read(head: &[u8]) -> Result<Self> {
        let broken = || Error::format("head of an LZMA block");
        let flags = *head.get(1).ok_or_else(broken)?;
        let mut rest = head.get(2..).ok_or_else(broken)?;
        // The sizes before and after compression, which nothing here needs.
        for flag in [0x40, 0x80] {
            if flags & flag != 0 {
                number(&mut rest).ok_or_else(broken)?;
            }
        }
        let (mut delta, mut dictionary) = (0, None);
        for _ in 0..=flags & 3 {
            let id = number(&mut rest).ok_or_else(broken)?;
            let size = number(&mut rest).and_then(|n| usize::try_from(n).ok());
            let (properties, after) =
                size.and_then(|size| rest.split_at_checked(size)).ok_or_else(broken)?;
            rest = after;
            match (id, properties) {
                (DELTA, &[distance]) if delta == 0 && dictionary.is_none() => {
                    delta = usize::from(distance) + 1;
                }
                (LZMA2, &[bits @ 0..=40]) if dictionary.is_none() => {
                    // 2 or 3 times a power of two; 40 stands for all that fits.
                    let base = 2 | u64::from(bits & 1);
                    let size = base << (bits / 2 + 11);
                    dictionary = Some(u32::try_from(size).unwrap_or(u32::MAX));
                }
                _ => {
                    return Err(Error::unsupported("filter of an LZMA stream")
                        .expected("at most one delta filter, then LZMA2")
                        .found(format!("number {id}")));
                }
            }
        }
        Ok(Self { delta, dictionary: dictionary.ok_or_else(broken)? })
    }
}

/// Takes a number of up to 63 bits, 7 a byte, lowest first.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
