//! What bands mean as colours.

use std::sync::Arc;

use crate::error::Result;
use crate::ifd::{Directory, Tag};
use crate::io::ByteSource;
use crate::raster::{Alpha, Colors};

/// Reads what the bands of an image mean as colours, and whether the last is opacity.
pub(super) fn read(
    source: &ByteSource,
    directory: &Directory,
    bands: u16,
    bits: u16,
) -> Result<(Colors, Option<Alpha>)> {
    let colors = match directory.u16(source, Tag::PhotometricInterpretation)?.unwrap_or(1) {
        // In memory these bits are the low ones of whole bytes: a table keeps their meaning.
        0 if bands == 1 && bits < 16 && bits != 8 => grays(bits, true),
        1 if bands == 1 && bits == 1 => grays(bits, false),
        0 => Colors::WhiteIsZero,
        1 => Colors::Gray,
        // Luminance and chrominance become red, green and blue when decoded.
        2 | 6 if bands >= 3 => Colors::Rgb,
        // GDAL takes an RGB image without its bands for grey.
        2 | 6 => Colors::Gray,
        3 => {
            let table = directory.u64s(source, Tag::ColorMap)?.unwrap_or_default();
            if bits > 16 || table.len() != 3 << bits {
                // Without its table, or with one for other depths, an index is a number like any other.
                Colors::Gray
            } else {
                // Stored as 16-bit numbers; anything wider is cut as libtiff does.
                Colors::Palette(table.iter().map(|&v| v as u16).collect::<Arc<[u16]>>())
            }
        }
        5 if bands >= 4 => Colors::Cmyk,
        other => Colors::Other(other),
    };
    let extra = directory.u64s(source, Tag::ExtraSamples)?.unwrap_or_default();
    let alpha = match extra.last() {
        Some(1) if bands > 1 => Some(Alpha::Premultiplied),
        Some(2) if bands > 1 => Some(Alpha::Straight),
        _ => None,
    };
    Ok((colors, alpha))
}

/// Returns the table of all greys of a number of bits.
fn grays(bits: u16, white_first: bool) -> Colors {
    let last = (1u32 << bits) - 1;
    let gray = |index: u32| {
        let step = if white_first { last - index } else { index };
        (step * 65535 / last) as u16
    };
    Colors::Palette((0..3).flat_map(|_| (0..=last).map(gray)).collect())
}
