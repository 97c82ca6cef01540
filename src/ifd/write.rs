//! Directories to write: new ones, little-endian, and those of a file with changes.

use std::collections::BTreeMap;

use tiff::tags::{Tag, Type};

use super::directory::Directory;
use super::entry::{Entry, type_bytes};
use super::limits::Limits;
use crate::error::{Error, Result};
use crate::io::{ByteOrder, ByteSource};

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
    /// Values that stay where they lie in the file that the directory is written to.
    Stored(Entry),
    /// Values of an entry in the order of its file, to be written again.
    Raw(Entry, Vec<u8>),
    /// A directory that the entry names, stored behind the one it is in.
    Directory(DirectoryBuilder),
}

impl Value {
    fn kind(&self, big: bool) -> u16 {
        let kind = match self {
            Self::Bytes(_) => Type::BYTE,
            Self::Ascii(_) => Type::ASCII,
            Self::Shorts(_) => Type::SHORT,
            Self::Longs(_) => Type::LONG,
            Self::Long8s(_) => Type::LONG8,
            Self::Offsets(_) if big => Type::LONG8,
            Self::Directory(_) if big => Type::IFD8,
            // As EXIF wants the positions of its directories.
            Self::Offsets(_) | Self::Directory(_) => Type::LONG,
            Self::Rationals(_) => Type::RATIONAL,
            Self::Floats(_) => Type::FLOAT,
            Self::Doubles(_) => Type::DOUBLE,
            Self::Undefined(_) => Type::UNDEFINED,
            Self::Stored(entry) | Self::Raw(entry, _) => return entry.kind_number(),
        };
        kind.to_u16()
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
            Self::Stored(entry) | Self::Raw(entry, _) => return entry.count(),
            Self::Directory(_) => 1,
        };
        count as u64
    }

    /// Bytes that the values take.
    fn size(&self, big: bool) -> u64 {
        match self {
            // In the entry, be it the values or where they are.
            Self::Stored(_) => 0,
            Self::Raw(_, bytes) => bytes.len() as u64,
            // Never as few as an entry holds.
            Self::Directory(directory) => directory.size(big),
            // Every type that can be written is known, and what is in memory cannot overflow.
            _ => self.count() * type_bytes(self.kind(big)).unwrap_or(1),
        }
    }

    /// Writes the values, to lie at `at` if outside their entry.
    fn write(&self, order: ByteOrder, big: bool, at: u64, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        let written = match self {
            // In the order of the file, which is that of the directory.
            Self::Stored(_) => order,
            Self::Raw(entry, _) => entry.order(),
            Self::Directory(inner) => {
                out.extend(inner.serialize_in(order, big, at, 0)?);
                return Ok(());
            }
            _ => ByteOrder::Little,
        };
        self.write_stored(big, out)?;
        if written != order {
            let kind = self.kind(big);
            let width = match Type::from_u16(kind) {
                // The two numbers of a fraction are turned around each.
                Some(Type::RATIONAL | Type::SRATIONAL) => 4,
                _ => type_bytes(kind).unwrap_or(1),
            };
            out[start..].chunks_exact_mut(width as usize).for_each(<[u8]>::reverse);
        }
        Ok(())
    }

    /// Writes the values as a little-endian file has them, those that are
    /// stored already in the order of their file.
    fn write_stored(&self, big: bool, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Stored(entry) => out.extend_from_slice(entry.field()),
            Self::Raw(_, bytes) => out.extend_from_slice(bytes),
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
            // Written in any order at once, by `write`.
            Self::Directory(_) => {}
        }
        Ok(())
    }
}

/// Writes a number as wide as offsets are, little-endian.
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

/// Bytes to be written over what is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Where, in bytes from the start of the file.
    pub at: u64,
    /// What.
    pub bytes: Vec<u8>,
}

/// Collects the entries of a directory to write: a new one, or one of a file with changes.
///
/// The size depends on the entries' types and counts only, so it can be known before offsets are.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectoryBuilder {
    order: ByteOrder,
    // Sorted by tag, as TIFF wants entries.
    entries: BTreeMap<u16, Value>,
}

impl Default for DirectoryBuilder {
    fn default() -> Self {
        Self { order: ByteOrder::Little, entries: BTreeMap::new() }
    }
}

impl DirectoryBuilder {
    /// Makes a directory without entries, for a little-endian file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a directory with the entries of one that is stored, to be changed and written to the
    /// same file: its values stay where they are.
    pub fn of(directory: &Directory) -> Self {
        let entries = directory.entries();
        Self {
            order: entries.first().map_or(ByteOrder::Little, Entry::order),
            entries: entries.iter().map(|e| (e.tag_number(), Value::Stored(*e))).collect(),
        }
    }

    /// Reads all values that lie outside their entries, so that the directory can be written to
    /// another file of the same kind and order.
    ///
    /// # Errors
    ///
    /// As for [`Entry::raw`].
    pub fn detach(&mut self, source: &ByteSource, limits: &Limits) -> Result<()> {
        for value in self.entries.values_mut() {
            if let Value::Stored(entry) = value
                && entry.offset().is_some()
            {
                *value = Value::Raw(*entry, entry.raw(source, limits)?.into_owned());
            }
        }
        Ok(())
    }

    /// Takes a tag out.
    pub fn remove(&mut self, tag: Tag) -> &mut Self {
        self.entries.remove(&tag.to_u16());
        self
    }

    /// Returns the bytes to be written over those of `old`, which this directory was made of, so
    /// that it says what this one does. `None` if something
    /// has no room there: a tag that `old` lacks, or more values than lie outside their entry.
    ///
    /// # Errors
    ///
    /// As for [`DirectoryBuilder::serialize`]; `Format` or `Io` if `old` cannot be read again.
    pub fn over(&self, source: &ByteSource, old: &Directory) -> Result<Option<Vec<Patch>>> {
        if self.entries.len() != old.entries().len() {
            return Ok(None);
        }
        let big = old.entries().iter().any(|entry| entry.field().len() == 8);
        let (count, entry) = if big { (8, 20) } else { (2, 12) };
        let inline = offset_bytes(big);
        let mut places = Vec::new();
        for (tag, value) in &self.entries {
            if matches!(value, Value::Stored(_)) {
                continue;
            }
            let Some(stored) = old.get(Tag::from_u16_exhaustive(*tag)) else { return Ok(None) };
            // Entries may come in any order, and of several with one tag the first counts.
            let mut at = old.offset() + count;
            let mut number = [0; 2];
            loop {
                if at >= old.next_at() {
                    return Ok(None);
                }
                source.read_into(at, &mut number)?;
                if self.order.u16(number) == *tag {
                    break;
                }
                at += entry;
            }
            let mut field = Vec::new();
            if value.size(big) <= inline {
                value.write(self.order, big, 0, &mut field)?;
                field.resize(inline as usize, 0);
            } else {
                let fits = value.size(big) <= stored.size();
                let Some(outside) = stored.offset().filter(|_| fits) else {
                    return Ok(None);
                };
                let mut values = Vec::new();
                value.write(self.order, big, outside, &mut values)?;
                places.push(Patch { at: outside, bytes: values });
                write_number(self.order, outside, inline, &mut field)?;
            }
            let mut bytes = Vec::new();
            write_number(self.order, value.kind(big).into(), 2, &mut bytes)?;
            write_number(self.order, value.count(), inline, &mut bytes)?;
            bytes.append(&mut field);
            places.push(Patch { at: at + 2, bytes });
        }
        Ok(Some(places))
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
        self.serialize_in(self.order, big, at, next)
    }

    fn serialize_in(&self, order: ByteOrder, big: bool, at: u64, next: u64) -> Result<Vec<u8>> {
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
        if !big && u16::try_from(count).is_err() {
            let error = Error::usage("entries of a classic TIFF's directory");
            return Err(error.expected("at most 65535").found(count));
        }
        write_number(order, count as u64, if big { 8 } else { 2 }, &mut out)?;
        for (tag, value) in &self.entries {
            write_number(order, (*tag).into(), 2, &mut out)?;
            write_number(order, value.kind(big).into(), 2, &mut out)?;
            write_number(order, value.count(), inline, &mut out)?;
            if value.size(big) <= inline {
                let end = out.len() + inline as usize;
                value.write(order, big, 0, &mut out)?;
                out.resize(end, 0);
            } else {
                let place = outside_at.saturating_add(outside.len() as u64);
                write_number(order, place, inline, &mut out)?;
                value.write(order, big, place, &mut outside)?;
                outside.resize(outside.len().next_multiple_of(2), 0);
            }
        }
        write_number(order, next, inline, &mut out)?;
        out.append(&mut outside);
        Ok(out)
    }
}

/// Bytes in an offset, and of values that fit in an entry.
fn offset_bytes(big: bool) -> u64 {
    if big { 8 } else { 4 }
}

/// Writes a number of 2, 4 or 8 bytes.
fn write_number(order: ByteOrder, number: u64, width: u64, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    match width {
        // Tags, types and counts of entries, which are 16 bits.
        2 => out.extend((number as u16).to_le_bytes()),
        width => write_offset(number, width == 8, out)?,
    }
    if order == ByteOrder::Big {
        out[start..].reverse();
    }
    Ok(())
}
