//! Stored chunks that another file may hold as they are.

use std::borrow::Cow;

use super::shape::Packed;
use super::{Compression, lzw};

/// Returns a stored chunk as any file may hold it that is compressed by `compression`: with the
/// JPEG tables in it that it shared with others. `None` where a directory cannot say how it is
/// coded: LZW of before 1993, and JPEG whose luminance and chrominance are not 4:2:0, the one
/// subsampling that is written.
pub fn standalone<'a>(compression: Compression, chunk: Packed<'a>) -> Option<Cow<'a, [u8]>> {
    match compression {
        #[cfg(feature = "jpeg")]
        Compression::Jpeg { ycbcr, .. } => super::jpeg::standalone(chunk, ycbcr).map(Cow::Owned),
        #[cfg(not(feature = "jpeg"))]
        Compression::Jpeg { .. } => None,
        Compression::Lzw if lzw::is_old(chunk.bytes) => None,
        _ => Some(Cow::Borrowed(chunk.bytes)),
    }
}
