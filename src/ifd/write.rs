//! Directories to write, little-endian.

use std::collections::BTreeMap;

use tiff::tags::{Tag, Type};

use super::entry::type_bytes;
use crate::error::{Error, Result};

/// The values of an entry to write.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Bytes (BYTE).
    Bytes(Vec<u8>),
    /// Text (ASCII); the NUL at its end is added.
    Ascii(String),
    /// Integers of 2 bytes (SHORT).
    Shorts(Vec<u16>),
    /// Integers of 4 bytes (LONG).
    Longs(Vec<u32>),
    /// Integers of 8 bytes (LONG8), which only a BigTIFF may hold.
    Long8s(Vec<u64>),
    /// Positions or lengths in the file: LONG in a classic TIFF, LONG8 in a BigTIFF.
    Offsets(Vec<u64>),
    /// Fractions: pairs of the numbers over and under the line (RATIONAL).
    Rationals(Vec<(u32, u32)>),
    /// Floats of 4 bytes (FLOAT).
    Floats(Vec<f32>),
    /// Floats of 8 bytes (DOUBLE).
    Doubles(Vec<f64>),
    /// Bytes with a meaning of their own (UNDEFINED).
    Undefined(Vec<u8>),
}

impl Value {
    fn kind(&self, big: bool) -> Type {
        match self {
            Self::Bytes(_) => Type::BYTE,
            Self::Ascii(_) => Type::ASCII,
            Self::Shorts(_) => Type::SHORT,
            Self::Longs(_) => Type::LONG,
            Self::Long8s(_) => Type::LONG8,
            Self::Offsets(_) if big => Type::LONG8,
            Self::Offsets(_) => Type::LONG,
            Self::Rationals(_) => Type::RATIONAL,
            Self::Floats(_) => Type::FLOAT,
            Self::Doubles(_) => Type::DOUBLE,
            Self::Undefined(_) => Type::UNDEFINED,
        }
    }

    fn count(&self) -> u64 {
        let count = match self {
            Self::Bytes(v) | Self::Undefined(v) => v.len(),
            Self::Ascii(v) => v.len() + 1,
            Self::Shorts(v) => v.len(),
            Self::Longs(v) => v.len(),
            Self::Long8s(v) | Self::Offsets(v) => v.len(),
            Self::Rationals(v) => v.len(),
            Self::Floats(v) => v.len(),
            Self::Doubles(v) => v.len(),
        };
        count as u64
    }

    /// Bytes that the values take.
    fn size(&self, big: bool) -> u64 {
        // Every type that can be written is known, and what is in memory cannot overflow.
        self.count() * type_bytes(self.kind(big).to_u16()).unwrap_or(1)
    }

    fn write(&self, big: bool, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Bytes(v) | Self::Undefined(v) => out.extend_from_slice(v),
            Self::Ascii(v) => {
                out.extend_from_slice(v.as_bytes());
                out.push(0);
            }
            Self::Shorts(v) => v.iter().for_each(|x| out.extend(x.to_le_bytes())),
            Self::Longs(v) => v.iter().for_each(|x| out.extend(x.to_le_bytes())),
            Self::Long8s(_) if !big => {
                return Err(Error::usage("integers of 8 bytes").expected("a BigTIFF"));
            }
            Self::Long8s(v) => v.iter().for_each(|x| out.extend(x.to_le_bytes())),
            Self::Offsets(v) => {
                for &x in v {
                    write_offset(x, big, out)?;
                }
            }
            Self::Rationals(v) => {
                for (over, under) in v {
                    out.extend(over.to_le_bytes());
                    out.extend(under.to_le_bytes());
                }
            }
            Self::Floats(v) => v.iter().for_each(|x| out.extend(x.to_le_bytes())),
            Self::Doubles(v) => v.iter().for_each(|x| out.extend(x.to_le_bytes())),
        }
        Ok(())
    }
}

/// Writes a number as wide as offsets are.
fn write_offset(offset: u64, big: bool, out: &mut Vec<u8>) -> Result<()> {
    if big {
        out.extend(offset.to_le_bytes());
    } else {
        let narrow = u32::try_from(offset).map_err(|_| {
            Error::usage("offset in a classic TIFF")
                .expected("less than 4 GiB")
                .found(offset)
                .hint("write a BigTIFF")
        })?;
        out.extend(narrow.to_le_bytes());
    }
    Ok(())
}

/// Collects the entries of a directory to write.
///
/// The size depends on the entries' types and counts only, so it can be known before offsets are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DirectoryBuilder {
    // Sorted by tag, as TIFF wants entries.
    entries: BTreeMap<u16, Value>,
}

impl DirectoryBuilder {
    /// Makes a directory without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the values of a tag, in place of what it had.
    pub fn set(&mut self, tag: Tag, value: Value) -> &mut Self {
        self.entries.insert(tag.to_u16(), value);
        self
    }

    /// The values set for a tag.
    pub fn get(&self, tag: Tag) -> Option<&Value> {
        self.entries.get(&tag.to_u16())
    }

    /// Bytes that the directory and the values outside its entries take: an even number.
    pub fn size(&self, big: bool) -> u64 {
        let outside = self.entries.values().map(|value| value.size(big));
        let outside = outside.filter(|&size| size > offset_bytes(big));
        self.own_size(big) + outside.map(|size| size.next_multiple_of(2)).sum::<u64>()
    }

    /// Bytes of the directory without the values outside its entries, with what aligns them.
    fn own_size(&self, big: bool) -> u64 {
        let count = self.entries.len() as u64;
        if big { 8 + 20 * count + 8 } else { 2 + 12 * count + 4 }
    }

    /// Where the values of a tag lie, in bytes from the start of the directory; `None` if the tag
    /// is not set. Serves to write offsets into place after the directory was written.
    pub fn position(&self, tag: Tag, big: bool) -> Option<u64> {
        let inline = offset_bytes(big);
        let (mut in_entry, mut outside) = (if big { 20 } else { 10 }, self.own_size(big));
        for (&number, value) in &self.entries {
            let size = value.size(big);
            if number == tag.to_u16() {
                return Some(if size <= inline { in_entry } else { outside });
            }
            in_entry += if big { 20 } else { 12 };
            if size > inline {
                outside += size.next_multiple_of(2);
            }
        }
        None
    }

    /// Returns the bytes of the directory, to be written at `at` (even, in bytes from the start of
    /// the file), with `next` the position of the directory after it, or 0.
    ///
    /// Values that do not fit their entries follow the directory, in the order of tags, each at an
    /// even position.
    ///
    /// # Errors
    ///
    /// `Usage` if there are no entries, `at` is odd, or an offset or count is too large for a
    /// classic TIFF.
    pub fn serialize(&self, big: bool, at: u64, next: u64) -> Result<Vec<u8>> {
        if self.entries.is_empty() {
            return Err(Error::usage("directory to write").expected("at least 1 entry").found(0));
        }
        if !at.is_multiple_of(2) {
            return Err(Error::usage("position of a directory").expected("even").found(at));
        }
        let inline = offset_bytes(big);
        let mut out = Vec::new();
        let mut outside = Vec::new();
        let outside_at = at.saturating_add(self.own_size(big));
        // Tags are numbers of 16 bits: only all 65,536 of them would not fit here.
        let count = self.entries.len();
        match u16::try_from(count) {
            _ if big => out.extend((count as u64).to_le_bytes()),
            Ok(count) => out.extend(count.to_le_bytes()),
            Err(_) => {
                let error = Error::usage("entries of a classic TIFF's directory");
                return Err(error.expected("at most 65535").found(count));
            }
        }
        for (tag, value) in &self.entries {
            out.extend(tag.to_le_bytes());
            out.extend(value.kind(big).to_u16().to_le_bytes());
            write_offset(value.count(), big, &mut out)?;
            if value.size(big) <= inline {
                let end = out.len() + inline as usize;
                value.write(big, &mut out)?;
                out.resize(end, 0);
            } else {
                write_offset(outside_at.saturating_add(outside.len() as u64), big, &mut out)?;
                value.write(big, &mut outside)?;
                outside.resize(outside.len().next_multiple_of(2), 0);
            }
        }
        write_offset(next, big, &mut out)?;
        out.append(&mut outside);
        Ok(out)
    }
}

/// Bytes in an offset, and of values that fit in an entry.
fn offset_bytes(big: bool) -> u64 {
    if big { 8 } else { 4 }
}
