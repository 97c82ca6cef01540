//! What codecs need to know that the Compression tag does not say.

use std::sync::Arc;

use super::Layout;
use crate::codec::{ChunkShape, Compression, Fax, LercPacking, Packed, SampleKind};
use crate::error::{Error, Result};
use crate::ifd::{Directory, Tag};
use crate::io::{ByteOrder, ByteSource};
use crate::raster::{DataType, Window};

/// Group 3 rows may be told by how they differ from the row before (bit 0).
const T4_OPTIONS: Tag = Tag::Unknown(292);
/// Version of LERC, and what its stream is packed in.
const LERC_PARAMETERS: Tag = Tag::Unknown(50674);
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
        Compression::Jpeg { .. } => {
            let colors = directory.u16(source, Tag::PhotometricInterpretation)?;
            // With bands apart there is one component, and nothing to convert.
            let apart = directory.u16(source, Tag::PlanarConfiguration)? == Some(2);
            Compression::Jpeg { ycbcr: colors == Some(YCBCR) && !apart }
        }
        Compression::Lerc { .. } => {
            let parameters = directory.u64s(source, LERC_PARAMETERS)?.unwrap_or_default();
            let packing = match parameters.get(1).copied().unwrap_or(0) {
                0 => LercPacking::None,
                1 => LercPacking::Deflate,
                2 => LercPacking::Zstd,
                n => return Err(Error::unsupported("compression of LERC streams").found(n)),
            };
            Compression::Lerc { packing }
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
    let kind = match layout.dtype {
        DataType::F32 | DataType::F64 => SampleKind::Float,
        dtype if dtype.is_signed_integer() => SampleKind::Signed,
        _ => SampleKind::Unsigned,
    };
    let shape = ChunkShape {
        width: window.width,
        height: window.height,
        samples: layout.bands_in_chunk(),
        bits: layout.bits,
        kind,
    };
    Packed { bytes: stored, tables: layout.tables.as_deref().unwrap_or_default(), shape }
}
