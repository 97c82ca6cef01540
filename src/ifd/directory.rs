//! Directories and the chain they make.

use std::borrow::Cow;
use std::collections::HashSet;

use tiff::tags::Tag;

use super::entry::{Array, Entry};
use super::header::Header;
use super::limits::Limits;
use crate::error::{Error, Result};
use crate::io::ByteSource;

/// One directory: the entries that describe one image.
///
/// Only the entries are held; values outside them are read when asked for, and what is wrong with
/// a value is an error only then. The methods that read a tag's values take an entry without
/// values for an absent one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    index: u32,
    offset: u64,
    next: u64,
    next_at: u64,
    entries: Vec<Entry>,
    limits: Limits,
}

impl Directory {
    /// Reads the directory at `offset`, which errors call number `index`.
    ///
    /// Entries may come in any order; of several with one tag the first counts, as in libtiff.
    ///
    /// # Errors
    ///
    /// `Format` if the directory does not lie inside the file or is empty, `Limit` if it has more
    /// than `limits.entries` entries, `Io` if reading fails.
    pub fn read(
        source: &ByteSource,
        header: &Header,
        offset: u64,
        index: u32,
        limits: &Limits,
    ) -> Result<Self> {
        Self::read_bare(source, *header, offset, index, limits)
            .map_err(|e| source.place(e.in_ifd(index)))
    }

    fn read_bare(
        source: &ByteSource,
        header: Header,
        offset: u64,
        index: u32,
        limits: &Limits,
    ) -> Result<Self> {
        let (count_bytes, entry_bytes) = if header.big { (8, 20) } else { (2, 12) };
        let mut head = [0; 8];
        source.read_into(offset, &mut head[..count_bytes as usize])?;
        let count = if header.big {
            header.order.u64(head)
        } else {
            header.order.u16([head[0], head[1]]).into()
        };
        if count == 0 {
            return Err(Error::format("number of entries").expected("at least 1").found(0));
        }
        if count > limits.entries {
            return Err(Error::limit("number of entries")
                .expected(format!("at most {}", limits.entries))
                .found(count));
        }
        let len = count.checked_mul(entry_bytes).ok_or_else(|| {
            Error::format("number of entries").expected("one that fits the file").found(count)
        })?;
        // The sum fits, or reading the count had failed.
        let start = offset + count_bytes;
        let bytes = source.range(start, len)?;
        let mut entries: Vec<Entry> = bytes
            .chunks_exact(entry_bytes as usize)
            .filter_map(|b| Entry::parse(header, b))
            .collect();
        // The sort is stable, so the first of several with one tag stays the first.
        entries.sort_by_key(Entry::tag_number);
        entries.dedup_by_key(|entry| entry.tag_number());

        // Files that end right after their last entry are taken for the end of the chain.
        let mut next = [0; 8];
        let width = header.offset_bytes();
        let next = match source.read_into(start + len, &mut next[..width as usize]) {
            Ok(()) => header.offset(next),
            Err(Error::Format(_)) => 0,
            Err(error) => return Err(error),
        };
        Ok(Self { index, offset, next, next_at: start + len, entries, limits: *limits })
    }

    /// The number of the directory in its chain, counted from 0.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Where the directory lies, in bytes from the start of the file.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Where the next directory lies; 0 if this is the last.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Where the file says so, in bytes from its start: right behind the last entry.
    pub fn next_at(&self) -> u64 {
        self.next_at
    }

    /// The entries, by rising tag, one for a tag.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of a tag.
    pub fn get(&self, tag: Tag) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(&tag.to_u16(), Entry::tag_number).ok()?;
        self.entries.get(at)
    }

    /// Tells whether there is an entry of a tag.
    pub fn has(&self, tag: Tag) -> bool {
        self.get(tag).is_some()
    }

    /// Returns the value of a tag as a `u16`; `None` if there is no such entry.
    ///
    /// # Errors
    ///
    /// As for [`Entry::u16`], naming the directory.
    pub fn u16(&self, source: &ByteSource, tag: Tag) -> Result<Option<u16>> {
        self.with(source, tag, |entry| entry.u16(source))
    }

    /// Returns the value of a tag as a `u32`; `None` if there is no such entry.
    ///
    /// # Errors
    ///
    /// As for [`Entry::u32`], naming the directory.
    pub fn u32(&self, source: &ByteSource, tag: Tag) -> Result<Option<u32>> {
        self.with(source, tag, |entry| entry.u32(source))
    }

    /// Returns the value of a tag as a `u64`; `None` if there is no such entry.
    ///
    /// # Errors
    ///
    /// As for [`Entry::u64`], naming the directory.
    pub fn u64(&self, source: &ByteSource, tag: Tag) -> Result<Option<u64>> {
        self.with(source, tag, |entry| entry.u64(source))
    }

    /// Returns the value of a tag as an `f64`; `None` if there is no such entry.
    ///
    /// # Errors
    ///
    /// As for [`Entry::f64`], naming the directory.
    pub fn f64(&self, source: &ByteSource, tag: Tag) -> Result<Option<f64>> {
        self.with(source, tag, |entry| entry.f64(source))
    }

    /// Returns all values of a tag as integers; `None` if there is no such entry.
    ///
    /// # Errors
    ///
    /// As for [`Entry::u64s`], naming the directory.
    pub fn u64s(&self, source: &ByteSource, tag: Tag) -> Result<Option<Vec<u64>>> {
        self.with(source, tag, |entry| entry.u64s(source, &self.limits))
    }

    /// Returns all values of a tag as floats; `None` if there is no such entry.
    ///
    /// # Errors
    ///
    /// As for [`Entry::f64s`], naming the directory.
    pub fn f64s(&self, source: &ByteSource, tag: Tag) -> Result<Option<Vec<f64>>> {
        self.with(source, tag, |entry| entry.f64s(source, &self.limits))
    }

    /// Returns the value of a tag as text; `None` if there is no such entry.
    ///
    /// # Errors
    ///
    /// As for [`Entry::string`], naming the directory.
    pub fn string(&self, source: &ByteSource, tag: Tag) -> Result<Option<String>> {
        self.with(source, tag, |entry| entry.string(source, &self.limits))
    }

    /// Returns the value of a tag as bytes; `None` if there is no such entry.
    ///
    /// # Errors
    ///
    /// As for [`Entry::bytes`], naming the directory.
    pub fn bytes<'a>(&self, source: &'a ByteSource, tag: Tag) -> Result<Option<Cow<'a, [u8]>>> {
        self.with(source, tag, |entry| entry.bytes(source, &self.limits))
    }

    /// Returns the values of a tag as an array that is read element by element; `None` if there is
    /// no such entry.
    ///
    /// # Errors
    ///
    /// As for [`Entry::array`], naming the directory.
    pub fn array(&self, source: &ByteSource, tag: Tag) -> Result<Option<Array>> {
        self.with(source, tag, Entry::array)
    }

    fn with<T>(
        &self,
        source: &ByteSource,
        tag: Tag,
        read: impl FnOnce(&Entry) -> Result<T>,
    ) -> Result<Option<T>> {
        // An entry without values tells nothing: libtiff leaves it out as well.
        let value = self.get(tag).filter(|entry| entry.count() > 0).map(read).transpose();
        value.map_err(|e| source.place(e.in_ifd(self.index)))
    }
}

/// All directories of a file that are linked one to the next.
#[derive(Debug)]
#[non_exhaustive]
pub struct Chain {
    /// The directories, at least one.
    pub directories: Vec<Directory>,
    /// Why the chain ends before its end, if it does: it comes back on itself, or leads out of the
    /// file. The directories before are good, and GDAL reads them too.
    pub broken: Option<Error>,
}

impl Chain {
    /// Reads all directories of a file, from the one that the header names.
    ///
    /// # Errors
    ///
    /// As for [`Directory::read`] if the first directory cannot be read; `Limit` if there are more
    /// than `limits` allow; `Io` if reading fails.
    pub fn read(source: &ByteSource, header: &Header, limits: &Limits) -> Result<Self> {
        let mut directories: Vec<Directory> = Vec::new();
        let mut seen = HashSet::new();
        let (mut offset, mut entries) = (header.first, 0);
        while offset != 0 || directories.is_empty() {
            // Limits on files of 2^32 directories are not worth a wider number.
            let index = directories.len() as u32;
            let limit = |what, most| {
                let error = Error::limit(what).expected(format!("at most {most}"));
                source.place(error.in_ifd(index))
            };
            if u64::from(index) >= limits.directories.min(u32::MAX.into()) {
                return Err(limit("number of directories", limits.directories));
            }
            let result = if seen.insert(offset) {
                Directory::read(source, header, offset, index, limits)
            } else {
                let error = Error::format("next directory").expected("one not seen yet");
                Err(source.place(error.found(format!("offset {offset} again")).in_ifd(index)))
            };
            let directory = match result {
                Ok(directory) => directory,
                Err(broken @ Error::Format(_)) if index > 0 => {
                    return Ok(Self { directories, broken: Some(broken) });
                }
                Err(error) => return Err(error),
            };
            entries += directory.entries.len() as u64;
            if entries > limits.total_entries {
                return Err(limit("number of entries in all directories", limits.total_entries));
            }
            offset = directory.next;
            directories.push(directory);
        }
        Ok(Self { directories, broken: None })
    }
}
