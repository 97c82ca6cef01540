//! What a camera says of an image: the directories of EXIF.
//!
//! They are kept as a TIFF stream of their own, as JPEG's APP1 segments hold them: a directory with the tags
//! `ExifIFD` (34665) and `GPSIFD` (34853) of CIPA DC-008-2019, sections 4.5 and 4.6.

mod items;
mod names;

use std::sync::Arc;

pub use items::items;

use super::unread::Unread;
use crate::error::{Error, Result};
use crate::ifd::{Directory, DirectoryBuilder, Entry, Header, Limits, Tag, Type, Value};
use crate::io::ByteSource;

/// `ExifIFD`: how the picture was taken.
const EXIF: Tag = Tag::Unknown(34665);
/// `GPSIFD`: where it was taken.
const GPS: Tag = Tag::Unknown(34853);
/// `InteroperabilityIFD`: what can read it; inside `ExifIFD`.
const INTEROPERABILITY: Tag = Tag::Unknown(40965);
/// What an image's directory may name, and what that may name.
const OUTER: [(Tag, &[Tag]); 2] = [(EXIF, &[INTEROPERABILITY]), (GPS, &[])];

/// Reads the EXIF of a directory as a TIFF stream of its own.
///
/// # Errors
/// [`Error::Limit`] if it says more than `limits.value_bytes`, [`Error::Io`].
pub(super) fn read(
    source: &ByteSource,
    header: &Header,
    directory: &Directory,
    limits: &Limits,
    unread: &mut Unread,
) -> Result<Option<Arc<[u8]>>> {
    let mut own = DirectoryBuilder::new();
    let left = limits.value_bytes;
    if !(Copying { source, header, limits, unread, left }).all(directory, &mut own)? {
        return Ok(None);
    }
    let mut stream = b"II\x2a\0\x08\0\0\0".to_vec();
    stream.extend(own.serialize(false, stream.len() as u64, 0)?);
    Ok(Some(stream.into()))
}

/// Writes EXIF that is a TIFF stream of its own.
///
/// # Errors
/// [`Error::Usage`] if `stream` is none.
pub(super) fn write(stream: &[u8], directory: &mut DirectoryBuilder) -> Result<()> {
    let (source, header, outer) = open(stream)?;
    copy(&source, &header, &outer, &Limits::unlimited(), directory).map_err(|e| broken(&e))
}

/// Copies the EXIF of a directory to one to write, whole.
///
/// # Errors
/// [`Error::Format`] if any of it cannot be read; [`Error::Limit`], [`Error::Io`].
pub(super) fn copy(
    source: &ByteSource,
    header: &Header,
    directory: &Directory,
    limits: &Limits,
    into: &mut DirectoryBuilder,
) -> Result<()> {
    let mut unread = Unread::default();
    let left = limits.value_bytes;
    Copying { source, header, limits, unread: &mut unread, left }.all(directory, into)?;
    unread.into_first().map_or(Ok(()), Err)
}

/// Opens a TIFF stream of EXIF.
fn open(stream: &[u8]) -> Result<(ByteSource, Header, Directory)> {
    let source = ByteSource::from_vec(stream.to_vec());
    let header = Header::read(&source).map_err(|e| broken(&e))?;
    let outer = Directory::read(&source, &header, header.first, 0, &Limits::default());
    let outer = outer.map_err(|e| broken(&e))?;
    Ok((source, header, outer))
}

fn broken(reason: &Error) -> Error {
    Error::usage("EXIF to write").expected("a TIFF stream").found(reason)
}

/// Takes the directories of EXIF out of a file, with all they say.
struct Copying<'a> {
    source: &'a ByteSource,
    header: &'a Header,
    limits: &'a Limits,
    unread: &'a mut Unread,
    /// Bytes of values that may still be read: those of several entries may overlap.
    left: u64,
}

impl Copying<'_> {
    /// Copies the directories that `outer` names; returns whether there are any.
    fn all(&mut self, outer: &Directory, into: &mut DirectoryBuilder) -> Result<bool> {
        let mut found = false;
        for (tag, inside) in OUTER {
            found |= self.one(outer, tag, inside, into)?;
        }
        Ok(found)
    }

    /// Copies the directory that a tag names, and those of the tags `inside` that it names itself.
    fn one(
        &mut self,
        outer: &Directory,
        tag: Tag,
        inside: &[Tag],
        into: &mut DirectoryBuilder,
    ) -> Result<bool> {
        let Some(offset) = self.unread.without(outer.u64(self.source, tag))? else {
            return Ok(false);
        };
        let inner = Directory::read(self.source, self.header, offset, outer.index(), self.limits);
        let Some(inner) = self.unread.without(inner.map(Some).map_err(|e| in_exif(tag, e)))? else {
            return Ok(false);
        };
        let mut copy = DirectoryBuilder::new();
        let mut found = false;
        for entry in inner.entries() {
            if inside.contains(&entry.tag()) {
                found |= self.one(&inner, entry.tag(), &[], &mut copy)?;
                continue;
            }
            // Values that lie outside are the file's fault, however many are claimed.
            let is_there = entry.offset().is_none_or(|at| self.source.holds(at, entry.size()));
            if is_there && entry.size() > self.left {
                return Err(in_exif(tag, Error::limit("bytes of values"))
                    .expected(format!("at most {}", self.limits.value_bytes))
                    .hint("--limit-value allows more, for a file that is trusted"));
            }
            let raw = known(entry).and_then(|()| entry.raw(self.source, self.limits));
            let raw = raw.map(Some).map_err(|e| in_exif(tag, e));
            if let Some(bytes) = self.unread.without(raw)? {
                self.left -= entry.size();
                copy.set(entry.tag(), Value::Raw(*entry, bytes.into_owned()));
                found = true;
            }
        }
        if found {
            into.set(tag, Value::Directory(copy));
        }
        Ok(found)
    }
}

/// Refuses types that classic TIFFs, and so EXIF, do not have.
fn known(entry: &Entry) -> Result<()> {
    match entry.kind() {
        Some(Type::LONG8 | Type::SLONG8 | Type::IFD8) => Err(Error::format("type")
            .expected("one that EXIF has")
            .found(format!("{:?}", entry.kind()))
            .about(format!("tag {}", entry.tag_number()))),
        _ => Ok(()),
    }
}

/// Names the directory in what went wrong.
fn in_exif(tag: Tag, error: Error) -> Error {
    let name = match tag {
        EXIF => "ExifIFD",
        GPS => "GPSIFD",
        _ => "InteroperabilityIFD",
    };
    error.about(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the directory of EXIF lies.
    const AT: u64 = 26;

    /// Reads a file whose first directory names one of EXIF with these entries: tag, type, count
    /// and where the values are, and `tail` behind that.
    fn read(
        entries: &[(u16, u16, u32, u32)],
        limits: &Limits,
    ) -> (Result<Option<Arc<[u8]>>>, Unread) {
        let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
        let mut outer = DirectoryBuilder::new();
        outer.set(EXIF, Value::Longs(vec![AT as u32]));
        bytes.extend(outer.serialize(false, 8, 0).expect("sound"));
        assert_eq!(bytes.len() as u64, AT);
        bytes.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, place) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(count.to_le_bytes());
            bytes.extend(place.to_le_bytes());
        }
        bytes.extend([0; 4]);
        let source = ByteSource::from_vec(bytes);
        let header = Header::read(&source).expect("a header");
        let outer = Directory::read(&source, &header, header.first, 0, limits).expect("sound");
        let mut unread = Unread::default();
        (super::read(&source, &header, &outer, limits, &mut unread), unread)
    }

    const ASCII: u16 = 2;
    const LONG: u16 = 4;

    #[test]
    fn what_cannot_be_read_is_told_of_and_the_rest_kept() {
        let entries = [(0xa433, ASCII, 9, 8), (0xa434, ASCII, 9, 9999), (0xa435, 77, 1, 0)];
        let (stream, unread) = read(&entries, &Limits::default());
        let items = items(&stream.expect("read").expect("something")).expect("a stream");
        assert_eq!(items.into_keys().collect::<Vec<_>>(), ["EXIF_LensMake"]);
        assert_eq!(unread.reasons().len(), 2);
        assert!(unread.reasons().iter().all(|reason| reason.to_string().contains("ExifIFD")));
    }

    #[test]
    fn values_that_are_not_there_cost_nothing_else() {
        let entries = [(0xa433, ASCII, 4, 0x0061_6261), (0xa434, ASCII, u32::MAX, 8)];
        let (stream, unread) = read(&entries, &Limits::default());
        assert!(stream.expect("read").is_some());
        assert_eq!(unread.reasons().len(), 1);
    }

    #[test]
    fn a_directory_that_holds_itself_ends() {
        let entries = [(0xa005, LONG, 1, AT as u32), (0xa433, ASCII, 4, 0x0061_6261)];
        let (stream, unread) = read(&entries, &Limits::default());
        let items = items(&stream.expect("read").expect("something")).expect("a stream");
        assert_eq!(items.get("EXIF_LensMake").map(String::as_str), Some("aba"));
        assert!(unread.reasons().is_empty());
    }

    #[test]
    fn values_that_overlap_have_one_limit() {
        let entries: Vec<_> = (0..100).map(|tag| (tag, ASCII, 1000, 8)).collect();
        let limits = Limits { value_bytes: 99_999, ..Limits::default() };
        assert!(matches!(read(&entries, &limits).0, Err(Error::Limit(_))));
        let limits = Limits { value_bytes: 100_000, ..limits };
        assert!(read(&entries, &limits).0.expect("read").is_some());
    }

    #[test]
    fn what_is_no_stream_is_not_written() {
        for bytes in [&b""[..], b"Exif\0\0II*\0", b"II*\0\x08\0\0\0"] {
            let written = write(bytes, &mut DirectoryBuilder::new());
            assert!(matches!(written, Err(Error::Usage(_))), "{written:?}");
        }
    }
}
