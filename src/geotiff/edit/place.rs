//! Changes where the file stands.
//!
//! Either the new values fit where the old ones are, so that one write inside a
//! sector of the disk changes them all; or new directories are added at the end,
//! made durable, and one write leads to them. A reader finds the old directories
//! or the new ones, nothing between.

use std::collections::BTreeMap;

use super::{File, How};
use crate::error::{Error, Result};
use crate::geotiff::ghost::Ghost;
use crate::ifd::{Directory, DirectoryBuilder, Patch};
use crate::io::{ByteOrder, Live};

pub(super) fn change(file: &File<'_>, changed: BTreeMap<usize, DirectoryBuilder>) -> Result<How> {
    if let Some((offset, bytes)) = in_place(file, &changed)? {
        Live::open(file.path)?.switch(offset, &bytes)?;
        return Ok(How::InPlace);
    }
    append(file, changed)
}

/// Returns the one write that changes everything, if there is one.
fn in_place(
    file: &File<'_>,
    changed: &BTreeMap<usize, DirectoryBuilder>,
) -> Result<Option<(u64, Vec<u8>)>> {
    let mut writes: Vec<Patch> = Vec::new();
    for (&number, builder) in changed {
        let Some(places) = builder.over(file.source, &file.chain.directories[number])? else {
            return Ok(None);
        };
        for patch in places {
            let there = file.source.range(patch.at, patch.bytes.len() as u64)?;
            writes.extend(difference(&there, &patch));
        }
    }
    let end = |patch: &Patch| patch.at + patch.bytes.len() as u64;
    let (start, end) = (writes.iter().map(|w| w.at).min(), writes.iter().map(end).max());
    let (Some(start), Some(end)) = (start, end) else { return Ok(None) };
    let shared = writes.iter().any(|write| shared(file, write.at, write.bytes.len() as u64));
    if !Live::in_one_sector(start, end - start) || shared {
        return Ok(None);
    }
    let mut sector = file.source.range(start, end - start)?.into_owned();
    for Patch { at, bytes } in writes {
        let at = (at - start) as usize;
        sector[at..at + bytes.len()].copy_from_slice(&bytes);
    }
    Ok(Some((start, sector)))
}

/// Returns the part of a patch that changes anything.
fn difference(there: &[u8], patch: &Patch) -> Option<Patch> {
    let differs = |(a, b): (&u8, &u8)| a != b;
    let first = there.iter().zip(&patch.bytes).position(differs)?;
    let last = there.iter().zip(&patch.bytes).rposition(differs)?;
    Some(Patch { at: patch.at + first as u64, bytes: patch.bytes[first..=last].to_vec() })
}

/// Returns whether the values of more than one entry lie in a range: some
/// writers let entries share what is equal.
fn shared(file: &File<'_>, at: u64, len: u64) -> bool {
    let entries = file.chain.directories.iter().flat_map(Directory::entries);
    let lie_there = entries.filter(|entry| {
        let start = entry.offset();
        start.is_some_and(|start| start < at + len && at < start.saturating_add(entry.size()))
    });
    lie_there.count() > 1
}

/// Adds directories from the first that changes to the last, and leads to them.
fn append(file: &File<'_>, mut changed: BTreeMap<usize, DirectoryBuilder>) -> Result<How> {
    let all = &file.chain.directories;
    let width = if file.header.big { 8 } else { 4 };
    let (Some(&first), Some(&last)) = (changed.keys().next(), changed.keys().next_back()) else {
        return Ok(How::Unchanged);
    };
    let pointer = |first: usize| match first.checked_sub(1) {
        None => file.pointer(),
        Some(before) => all[before].next_at(),
    };
    // The header lies in one sector.
    let first = (0..=first).rev().find(|&n| Live::in_one_sector(pointer(n), width)).unwrap_or(0);

    let mut live = Live::open(file.path)?;
    let start = live.len().next_multiple_of(2);
    let mut bytes = vec![0; (start - live.len()) as usize];
    for number in first..=last {
        let builder = changed.remove(&number);
        let builder = builder.unwrap_or_else(|| DirectoryBuilder::of(&all[number]));
        let at = live.len() + bytes.len() as u64;
        let next =
            if number == last { all[last].next() } else { at + builder.size(file.header.big) };
        let directory = builder.serialize(file.header.big, at, next).map_err(too_large)?;
        bytes.extend(directory);
    }
    live.append(&bytes)?;
    let (offset, leads) = lead(file, pointer(first), start)?;
    let was_cog = Ghost::read(file.source, &file.header)?.is_some_and(|ghost| ghost.is_intact());
    live.switch(offset, &leads)?;
    Ok(How::Appended { bytes: bytes.len() as u64, was_cog })
}

/// Returns the bytes of an offset in the file.
pub(super) fn offset(file: &File<'_>, offset: u64) -> Result<Vec<u8>> {
    let mut bytes = offset.to_le_bytes().to_vec();
    if !file.header.big {
        u32::try_from(offset).map_err(|_| too_large(Error::usage("offset").found(offset)))?;
        bytes.truncate(4);
    }
    if file.header.order == ByteOrder::Big {
        bytes.reverse();
    }
    Ok(bytes)
}

/// Returns the write that leads to a directory. In a COG it also says that the
/// file is edited: header and ghost area lie in one sector.
pub(super) fn lead(file: &File<'_>, pointer: u64, to: u64) -> Result<(u64, Vec<u8>)> {
    let leads = offset(file, to)?;
    let edition = Ghost::read(file.source, &file.header)?.and_then(|ghost| ghost.edition);
    match edition.filter(|&edition| pointer < edition && Live::in_one_sector(0, edition + 4)) {
        None => Ok((pointer, leads)),
        Some(edition) => {
            let mut head = file.source.range(pointer, edition + 4 - pointer)?.into_owned();
            head[..leads.len()].copy_from_slice(&leads);
            let at = (edition - pointer) as usize;
            head[at..].copy_from_slice(b"YES\n");
            Ok((pointer, head))
        }
    }
}

/// Says what to do about a classic TIFF that has no room for more.
pub(super) fn too_large(_: Error) -> Error {
    Error::limit("classic TIFF")
        .expected("a file of less than 4 GiB")
        .hint("there is no room behind its pixels: swath convert --bigtiff writes a larger kind")
}
