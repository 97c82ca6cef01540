//! What codecs need to know that the Compression tag does not say.

use std::sync::Arc;

use super::Layout;
use crate::codec::{ChunkShape, Compression, Fax, LercPacking, Packed, SampleKind};
use crate::error::{Error, Result};
use crate::ifd::{Directory, Tag, Value};
use crate::io::{ByteOrder, ByteSource};
use crate::raster::{DataType, Window};

/// Group 3 rows may be told by how they differ from the row before (bit 0).
const T4_OPTIONS: Tag = Tag::Unknown(292);
/// Version of LERC, and what its stream is packed in.
const LERC_PARAMETERS: Tag = Tag::Unknown(50674);
/// The samples of black and white, component by component.
const REFERENCE_BLACK_WHITE: Tag = Tag::Unknown(532);
/// `PhotometricInterpretation`: YCbCr.
const YCBCR: u16 = 6;

/// Reads the codec of an image, with the parameters that decoding needs.
pub(super) fn compression(source: &ByteSource, directory: &Directory) -> Result<Compression> {
    let tag = directory.u16(source, Tag::Compression)?.unwrap_or(1);
    Ok(match Compression::from_tag(tag)? {
        Compression::Ccitt(Fax::Group3 { .. }) => {
            let options = directory.u32(source, T4_OPTIONS)?.unwrap_or(0);
            Compression::Ccitt(Fax::Group3 { two_dimensional: options & 1 != 0 })
        }
        Compression::Jpeg { quality, .. } => {
            let colors = directory.u16(source, Tag::PhotometricInterpretation)?;
            // With bands apart there is one component, and nothing to convert.
            let apart = directory.u16(source, Tag::PlanarConfiguration)? == Some(2);
            Compression::Jpeg { ycbcr: colors == Some(YCBCR) && !apart, quality }
        }
        Compression::Lerc { max_z_error, .. } => {
            let parameters = directory.u64s(source, LERC_PARAMETERS)?.unwrap_or_default();
            let packing = match parameters.get(1).copied().unwrap_or(0) {
                0 => LercPacking::None,
                1 => LercPacking::Deflate { level: 6 },
                2 => LercPacking::Zstd { level: 9 },
                n => return Err(Error::unsupported("compression of LERC streams").found(n)),
            };
            Compression::Lerc { max_z_error, packing }
        }
        other => other,
    })
}

/// Reads the tables that all chunks of a JPEG image share.
pub(super) fn tables(
    source: &ByteSource,
    directory: &Directory,
    compression: Compression,
) -> Result<Option<Arc<[u8]>>> {
    match compression {
        Compression::Jpeg { .. } => {
            Ok(directory.bytes(source, Tag::JPEGTables)?.map(|tables| Arc::from(&*tables)))
        }
        _ => Ok(None),
    }
}

/// Returns the byte order of decoded samples.
///
/// Codecs of numbers know no byte order. libtiff nevertheless swaps the bytes of samples in files
/// that are big endian before it encodes and after it has decoded them, on machines that are little
/// endian: all such files hold swapped numbers.
pub(super) fn order(layout: &Layout) -> ByteOrder {
    match (layout.compression.decodes_samples(), layout.order, ByteOrder::NATIVE) {
        (false, order, _) => order,
        (true, ByteOrder::Little, native) => native,
        (true, ByteOrder::Big, ByteOrder::Little) => ByteOrder::Big,
        (true, ByteOrder::Big, ByteOrder::Big) => ByteOrder::Little,
    }
}

/// Puts what decoding takes beside the stored bytes of the chunk that covers `window`.
pub(super) fn packed<'a>(layout: &'a Layout, window: Window, stored: &'a [u8]) -> Packed<'a> {
    let shape = ChunkShape {
        width: window.width,
        height: window.height,
        samples: layout.bands_in_chunk(),
        bits: layout.bits,
        kind: kind(layout.dtype),
    };
    Packed {
        bytes: stored,
        tables: layout.tables.as_deref().unwrap_or_default(),
        shape,
        apart: apart(layout),
    }
}

/// Returns whether chunks of several bands are decoded band after band.
pub(super) fn apart(layout: &Layout) -> bool {
    layout.bands_in_chunk() > 1 && layout.compression.decodes_planes()
}

/// How codecs see samples of a type.
pub(super) fn kind(dtype: DataType) -> SampleKind {
    match dtype {
        DataType::F32 | DataType::F64 => SampleKind::Float,
        dtype if dtype.is_signed_integer() => SampleKind::Signed,
        _ => SampleKind::Unsigned,
    }
}

/// Returns the entries that a directory must have beside Compression for chunks of `samples`
/// samples a pixel to be decoded.
///
/// With YCbCr (JPEG alone) that includes PhotometricInterpretation, in place of RGB's.
pub(super) fn entries(compression: Compression, samples: u16) -> Result<Vec<(Tag, Value)>> {
    let mut entries = Vec::new();
    if let Compression::Lerc { packing, .. } = compression {
        let packing = match packing {
            LercPacking::None => 0,
            LercPacking::Deflate { .. } => 1,
            LercPacking::Zstd { .. } => 2,
        };
        // 4 is the number that libtiff has for LERC 2.4.
        entries.push((LERC_PARAMETERS, Value::Longs(vec![4, packing])));
    }
    if let Some(tables) = compression.tables(samples)? {
        entries.push((Tag::JPEGTables, Value::Undefined(tables)));
    }
    if let Compression::Jpeg { ycbcr: true, .. } = compression {
        entries.push((Tag::PhotometricInterpretation, Value::Shorts(vec![YCBCR])));
        entries.push((Tag::ChromaSubsampling, Value::Shorts(vec![2, 2])));
        // Black and white of the three, without which readers would have to assume them.
        let range = [0, 255, 128, 255, 128, 255].map(|value| (value, 1));
        entries.push((REFERENCE_BLACK_WHITE, Value::Rationals(range.to_vec())));
    }
    Ok(entries)
}
