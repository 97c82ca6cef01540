//! Zstandard, by the zstd crate.

use zstd::zstd_safe::{
    self, CCtx, CParameter, DCtx, InBuffer, OutBuffer, find_frame_compressed_size, get_error_name,
};

use crate::error::{Error, Result};

#[derive(Default)]
pub(super) struct Decompressor(Option<DCtx<'static>>);

impl Decompressor {
    pub(super) fn decode(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        // As in libtiff, the first frame counts. If it is there in whole and fits, it is decoded
        // straight into `out`, which serves as its window.
        if let Ok(len) = find_frame_compressed_size(input) {
            let context = match &mut self.0 {
                Some(context) => context,
                none => none.insert(DCtx::try_create().ok_or_else(no_memory)?),
            };
            if let Ok(made) = context.decompress(&mut out[..], &input[..len.min(input.len())]) {
                return Ok(made);
            }
        }
        stream(input, out)
    }
}

/// Decodes a frame that is cut short or larger than `out`, in a context of its own: it allocates
/// the window that the frame asks for (at most 128 MiB, zstd's own limit), which is not to be kept.
fn stream(input: &[u8], out: &mut [u8]) -> Result<usize> {
    let mut context = DCtx::try_create().ok_or_else(no_memory)?;
    let mut input = InBuffer::around(input);
    let mut output = OutBuffer::around(out);
    loop {
        let before = (input.pos(), output.pos());
        let left = context
            .decompress_stream(&mut output, &mut input)
            .map_err(|code| Error::format("zstd stream").found(get_error_name(code)))?;
        let stuck = before == (input.pos(), output.pos());
        if left == 0 || output.pos() == output.capacity() || stuck {
            return Ok(output.pos());
        }
    }
}

#[derive(Default)]
pub(super) struct Compressor(Option<CCtx<'static>>);

impl Compressor {
    pub(super) fn encode(&mut self, level: i32, input: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if !(1..=22).contains(&level) {
            return Err(Error::usage("zstd level").expected("1 to 22").found(level));
        }
        let context = match &mut self.0 {
            Some(context) => context,
            none => none.insert(CCtx::try_create().ok_or_else(no_memory)?),
        };
        let defect = |code| Error::defect(format!("zstd: {}", get_error_name(code)));
        context.set_parameter(CParameter::CompressionLevel(level)).map_err(defect)?;
        let bound = zstd_safe::compress_bound(input.len());
        out.try_reserve(bound).map_err(|_| no_memory())?;
        context.compress2(out, input).map_err(defect)?;
        Ok(())
    }
}

fn no_memory() -> Error {
    Error::limit("memory for zstd")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::patterned;

    #[test]
    fn the_plain_functions_read_what_is_encoded() {
        let (mut compressor, mut out, data) = (Compressor::default(), Vec::new(), patterned());
        for level in [1, 3, 9, 19, 22] {
            out.clear();
            compressor.encode(level, &data, &mut out).unwrap();
            assert!(zstd::stream::decode_all(&out[..]).unwrap() == data, "level {level}");
        }
        for level in [-1, 0, 23] {
            assert!(matches!(compressor.encode(level, &data, &mut out), Err(Error::Usage(_))));
        }
    }

    #[test]
    fn frames_with_and_without_a_size_are_decoded_whole_and_in_part() {
        let (mut decompressor, data) = (Decompressor::default(), patterned());
        let sized = zstd::bulk::compress(&data, 5).unwrap();
        // As libtiff writes: streamed, so that the frame does not say how large it is.
        let streamed = zstd::stream::encode_all(&data[..], 19).unwrap();
        for packed in [sized, streamed] {
            let mut out = vec![0; data.len() + 7];
            assert_eq!(decompressor.decode(&packed, &mut out).unwrap(), data.len());
            assert!(out[..data.len()] == data);
            let mut part = vec![0; 200_000];
            let trailing = [&packed[..], b"xyz"].concat();
            assert_eq!(decompressor.decode(&trailing, &mut part).unwrap(), 200_000);
            assert!(part == data[..200_000]);
            assert_eq!(decompressor.decode(&trailing, &mut out).unwrap(), data.len());
            let short = decompressor.decode(&packed[..packed.len() - 9], &mut out).unwrap();
            assert!(short < data.len() && out[..short] == data[..short]);
        }
    }

    #[test]
    fn a_corrupt_stream_is_named() {
        let error = Decompressor::default().decode(b"not zstd at all", &mut [0; 9]);
        assert!(error.unwrap_err().to_string().contains("zstd"));
    }
}
