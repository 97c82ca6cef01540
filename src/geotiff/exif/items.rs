//! What EXIF says, in words.

use super::names::{CAMERA, PLACE};
use super::{EXIF, GPS, OUTER, open};
use crate::error::Result;
use crate::geotiff::metadata::significant;
use crate::ifd::{Directory, Entry, Limits, Tag, Type, text_of};
use crate::io::ByteSource;
use crate::raster::Items;

/// Bytes of the name of a text's characters, before the text.
const CODE: usize = 8;
/// Bytes of which as many are shown one by one.
const SHOWN: u64 = 1024;
/// Digits of a number, as C's `%g` writes it.
const DIGITS: usize = 6;

/// Returns what a TIFF stream of EXIF says, in the names and words of GDAL's domain `EXIF`
/// (`gdalinfo -mdd EXIF`); tags that GDAL has no name for are called by number. What cannot be read
/// is left out.
///
/// Of more than 1024 bytes only the number is told. Unlike GDAL's, comments of the user are told without the name of their characters, and text that
/// is not UTF-8 is taken for Latin-1.
///
/// # Errors
/// [`Usage`](crate::Error::Usage) if `stream` is no TIFF stream.
pub fn items(stream: &[u8]) -> Result<Items> {
    let (source, header, outer) = open(stream)?;
    let limits = Limits::default();
    let mut items = Items::new();
    for (tag, inside) in OUTER {
        let Some(offset) = outer.u64(&source, tag).ok().flatten() else { continue };
        let Ok(inner) = Directory::read(&source, &header, offset, 0, &limits) else { continue };
        for entry in inner.entries().iter().filter(|entry| !inside.contains(&entry.tag())) {
            if let Ok(text) = words(entry, tag, &source, &limits) {
                items.insert(name(entry.tag_number(), tag), text);
            }
        }
    }
    Ok(items)
}

/// Returns what GDAL calls an item.
fn name(number: u16, directory: Tag) -> String {
    let names = if directory == GPS { PLACE } else { CAMERA };
    match names.binary_search_by_key(&number, |(number, _)| *number) {
        Ok(at) => format!("EXIF_{}", names[at].1),
        Err(_) if directory == GPS => format!("EXIF_GPSTag{number}"),
        Err(_) => format!("EXIF_Tag{number}"),
    }
}

/// Returns the values of an entry as GDAL words them.
fn words(entry: &Entry, directory: Tag, source: &ByteSource, limits: &Limits) -> Result<String> {
    let text = |bytes: &[u8]| text_of(bytes).trim_end_matches(' ').to_owned();
    Ok(match (entry.kind(), entry.tag_number()) {
        (Some(Type::ASCII), _) => text(&entry.raw(source, limits)?),
        // Texts of bytes with a meaning of their own: versions, MakerNote.
        (Some(Type::UNDEFINED), 0x9000 | 0x927c | 0xa000) if directory == EXIF => {
            text(&entry.raw(source, limits)?)
        }
        // UserComment.
        (Some(Type::UNDEFINED), 0x9286) if directory == EXIF => {
            text(entry.raw(source, limits)?.get(CODE..).unwrap_or_default())
        }
        (Some(Type::BYTE | Type::UNDEFINED), _) if entry.count() > SHOWN => {
            format!("{} bytes", entry.count())
        }
        (Some(Type::BYTE | Type::UNDEFINED), _) => {
            let bytes = entry.raw(source, limits)?;
            joined(bytes.iter().map(|byte| format!("0x{byte:02x}")))
        }
        (Some(Type::RATIONAL | Type::SRATIONAL), _) => {
            let values = entry.f64s(source, limits)?;
            joined(values.into_iter().map(|value| format!("({})", significant(value, DIGITS))))
        }
        (Some(Type::FLOAT | Type::DOUBLE), _) => {
            let values = entry.f64s(source, limits)?;
            joined(values.into_iter().map(|value| significant(value, DIGITS)))
        }
        _ => joined(entry.f64s(source, limits)?.into_iter().map(|value| value.to_string())),
    })
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}
