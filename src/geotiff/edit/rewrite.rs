//! Changes in a copy that keeps its layout.
//!
//! The chunks move as they are, in one piece, by as many bytes as the directories
//! grow; so does everything the ghost area promises of them.

use std::collections::BTreeMap;

use super::{File, How, place};
use crate::error::{Error, Result};
use crate::geotiff::exif;
use crate::geotiff::ghost::Ghost;
use crate::geotiff::validate::{Severity, validate};
use crate::ifd::{Directory, DirectoryBuilder, Tag, Value};
use crate::io::{Overwrite, Staged};

/// Bytes copied at once.
const PIECE: u64 = 1 << 20;
/// The chunks move by a multiple of this.
const ALIGN: u64 = 16;

pub(super) fn copy(file: &File<'_>, mut changed: BTreeMap<usize, DirectoryBuilder>) -> Result<How> {
    file.check_whole()?;
    let all = &file.chain.directories;
    let verdict = validate(file.path, &file.options.open)?;
    let wrong = verdict.findings.iter().find(|f| f.rule.severity() == Severity::Error);
    if let Some(finding) = wrong {
        return Err(Error::unsupported("rewriting a file that is no COG")
            .found(format!("{}: {}", finding.place, finding.found))
            .hint("swath convert makes it one"));
    }
    let data = data_start(file)?;
    let mut builders = Vec::with_capacity(all.len());
    for (number, directory) in all.iter().enumerate() {
        let placed = |e: Error| e.in_ifd(directory.index());
        // Directories outside the chain, by position.
        if directory.has(Tag::SubIfd) {
            return Err(placed(Error::unsupported("rewriting a file with directories in others")));
        }
        let builder = changed.remove(&number);
        let mut builder = builder.unwrap_or_else(|| DirectoryBuilder::of(directory));
        let limits = &file.options.open.limits;
        builder.detach(file.source, limits).map_err(placed)?;
        exif::copy(file.source, &file.header, directory, limits, &mut builder).map_err(placed)?;
        builders.push(builder);
    }
    let big = file.header.big;
    let start = Ghost::read(file.source, &file.header)?
        .map_or(if big { 16 } else { 8 }, |ghost| ghost.end.next_multiple_of(2));
    // Offsets keep their width, so the size is known before they are.
    for (builder, directory) in builders.iter_mut().zip(all) {
        moved(file, directory, 0, builder)?;
    }
    let head: u64 = start + builders.iter().map(|builder| builder.size(big)).sum::<u64>();
    let by = head.saturating_sub(data).next_multiple_of(ALIGN);
    let mut bytes = file.source.range(0, start)?.into_owned();
    for (number, (mut builder, directory)) in builders.into_iter().zip(all).enumerate() {
        moved(file, directory, by, &mut builder)?;
        let at = bytes.len() as u64;
        let next = if number + 1 == all.len() { 0 } else { at + builder.size(big) };
        bytes.extend(builder.serialize(big, at, next).map_err(place::too_large)?);
    }
    bytes.resize((data + by) as usize, 0);
    let first = file.pointer() as usize;
    let leads = place::offset(file, start)?;
    bytes[first..first + leads.len()].copy_from_slice(&leads);

    let mut staged = Staged::create(file.path, Overwrite::Follow)?;
    staged.append(&bytes)?;
    let mut from = data;
    while from < file.source.len() {
        let len = PIECE.min(file.source.len() - from);
        staged.append(&file.source.range(from, len)?)?;
        from += len;
    }
    staged.commit()?;
    Ok(How::Rewritten)
}

/// Returns where the first chunk begins, with the length before it.
fn data_start(file: &File<'_>) -> Result<u64> {
    let ghost = Ghost::read(file.source, &file.header)?;
    let leader = ghost.is_some_and(|ghost| ghost.says("BLOCK_LEADER", "SIZE_AS_UINT4"));
    let mut start = file.source.len();
    for directory in &file.chain.directories {
        for offset in offsets(file, directory)?.1 {
            if offset > 0 {
                start = start.min(offset);
            }
        }
    }
    Ok(start.saturating_sub(if leader { 4 } else { 0 }))
}

/// Returns the offsets of a directory's chunks and their tag.
fn offsets(file: &File<'_>, directory: &Directory) -> Result<(Tag, Vec<u64>)> {
    let tags = [Tag::TileOffsets, Tag::StripOffsets];
    let tag = tags.into_iter().find(|&tag| directory.has(tag)).unwrap_or(Tag::TileOffsets);
    Ok((tag, directory.u64s(file.source, tag)?.unwrap_or_default()))
}

/// Moves a directory's chunks; those that the file leaves out stay so.
fn moved(
    file: &File<'_>,
    directory: &Directory,
    by: u64,
    builder: &mut DirectoryBuilder,
) -> Result<()> {
    let (tag, offsets) = offsets(file, directory)?;
    let moved = offsets.into_iter().map(|offset| if offset > 0 { offset + by } else { 0 });
    builder.set(tag, Value::Offsets(moved.collect()));
    Ok(())
}
