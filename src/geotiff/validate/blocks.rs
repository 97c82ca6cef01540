//! Every chunk against what the ghost area promises.

use super::part::{Part, Parts, Place};
use super::rule::Rule;
use super::structure::Report;
use crate::error::Result;
use crate::geotiff::ghost::Ghost;
use crate::ifd::Header;
use crate::io::{ByteOrder, ByteSource};

/// What the ghost area promises of every chunk.
#[derive(Debug, Clone, Copy, Default)]
struct Promises {
    row_major: bool,
    leader: bool,
    trailer: bool,
    interleaved: bool,
}

impl Promises {
    fn of(ghost: &Ghost) -> Self {
        Self {
            row_major: ghost.says("BLOCK_ORDER", "ROW_MAJOR"),
            leader: ghost.says("BLOCK_LEADER", "SIZE_AS_UINT4"),
            trailer: ghost.says("BLOCK_TRAILER", "LAST_4_BYTES_REPEATED"),
            interleaved: ghost.says("MASK_INTERLEAVED_WITH_IMAGERY", "YES"),
        }
    }
}

/// Chunks that break one rule: the first, and how many.
#[derive(Debug, Default)]
struct Broken(Vec<(Rule, String, u64)>);

impl Broken {
    fn add(&mut self, rule: Rule, first: impl FnOnce() -> String) {
        match self.0.iter_mut().find(|(known, ..)| *known == rule) {
            Some((.., count)) => *count += 1,
            None => self.0.push((rule, first(), 1)),
        }
    }
}

/// Checks every chunk of every image.
pub(super) fn check(
    source: &ByteSource,
    header: &Header,
    ghost: Option<&Ghost>,
    parts: &Parts,
    report: &mut Report<'_>,
) -> Result<()> {
    let promises = ghost.map(Promises::of).unwrap_or_default();
    for image in parts.levels() {
        for part in std::iter::once(image).chain(image.mask.as_deref()) {
            let mut broken = Broken::default();
            chunks(source, header.order, promises, part, &mut broken)?;
            for (rule, first, count) in broken.0 {
                let more =
                    if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
                report(rule, &part.name, first + &more);
            }
        }
    }
    Ok(())
}

fn chunks(
    source: &ByteSource,
    order: ByteOrder,
    promises: Promises,
    part: &Part,
    broken: &mut Broken,
) -> Result<()> {
    let in_plane = part.in_plane();
    let mut before = 0;
    for index in 0..in_plane.saturating_mul(part.planes).min(part.listed()) {
        // Chunks of bands that lie apart are in order band by band.
        if index % in_plane == 0 {
            before = 0;
        }
        let Some(place) = part.chunk(source, index)? else { continue };
        let Place { offset, bytes } = place;
        if offset.checked_add(bytes).is_none_or(|end| end > source.len()) {
            broken.add(Rule::ChunksInside, || {
                format!("chunk {index} is {bytes} bytes from byte {offset} of {}", source.len())
            });
            continue;
        }
        if promises.row_major && offset < before {
            broken.add(Rule::BlockOrder, || {
                format!("chunk {index} at byte {offset}, one before it at {before}")
            });
        }
        before = offset;
        framed(source, order, promises, index, place, broken)?;
        let mask = part.mask.as_deref().filter(|_| promises.interleaved && part.planes == 1);
        let Some(mask) = mask else { continue };
        // Behind the trailer, and behind the mask's own leader.
        let frame = 4 * (u64::from(promises.leader) + u64::from(promises.trailer));
        match mask.chunk(source, index)? {
            Some(its) if its.offset != offset + bytes + frame => {
                broken.add(Rule::MaskInterleaved, || {
                    format!(
                        "chunk {index} ends at byte {}, its mask begins at {}",
                        offset + bytes,
                        its.offset
                    )
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Checks the bytes before and after a chunk.
fn framed(
    source: &ByteSource,
    order: ByteOrder,
    promises: Promises,
    index: u64,
    place: Place,
    broken: &mut Broken,
) -> Result<()> {
    let Place { offset, bytes } = place;
    if promises.leader {
        let mut leader = [0; 4];
        let stated = match offset.checked_sub(4) {
            Some(at) => source.read_into(at, &mut leader).map(|()| order.u32(leader))?,
            None => 0,
        };
        if u64::from(stated) != bytes {
            broken.add(Rule::BlockLeader, || {
                format!("chunk {index} is {bytes} bytes, {stated} stand before it")
            });
        }
    }
    // Shorter chunks have nothing to repeat.
    if promises.trailer && bytes >= 4 {
        let end = offset + bytes;
        let (mut last, mut repeated) = ([0; 4], [0; 4]);
        source.read_into(end - 4, &mut last)?;
        let there = end + 4 <= source.len();
        if there {
            source.read_into(end, &mut repeated)?;
        }
        if !there || last != repeated {
            broken.add(Rule::BlockTrailer, || {
                format!("chunk {index} ends in {last:02x?}, {repeated:02x?} stand behind it")
            });
        }
    }
    Ok(())
}
