//! Deflate in a zlib wrapper, decoded by libdeflate: C, and a feature that is off by default.

use libdeflater::Decompressor;

use super::inflate;
use crate::error::Result;

/// Decodes zlib streams; its memory is allocated when the first one is met.
///
/// libdeflate takes whole streams that fit into their room. Of all others (cut short, damaged,
/// longer than is wanted) the decoder that swath has otherwise says what becomes of them, so that
/// a build with libdeflate reads and refuses the same files; but libdeflate takes the two length
/// symbols that mean nothing for the longest length, as long as the checksum then holds.
#[derive(Default)]
pub(super) struct Inflater {
    whole: Option<Decompressor>,
    any: inflate::Inflater,
}

impl Inflater {
    /// Decodes as [`inflate::Inflater::decode`] does.
    pub(super) fn decode(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let whole = self.whole.get_or_insert_default();
        whole.zlib_decompress(input, out).or_else(|_| self.any.decode(input, out))
    }
}
