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
) -> Result<(Colors, Option<Alpha>)> {
    let colors = match directory.u16(source, Tag::PhotometricInterpretation)?.unwrap_or(1) {
        0 => Colors::WhiteIsZero,
        1 => Colors::Gray,
        // Luminance and chrominance become red, green and blue when decoded.
        2 | 6 if bands >= 3 => Colors::Rgb,
        // GDAL takes an RGB image without its bands for grey.
        2 | 6 => Colors::Gray,
        3 => {
            let table = directory.u64s(source, Tag::ColorMap)?.unwrap_or_default();
            if table.is_empty() || table.len() % 3 != 0 {
                // Without its table an index is a number like any other.
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
