//! Deflate in a zlib wrapper, encoded by zlib-rs.

use zlib_rs::{Deflate, DeflateFlush, Status};

use crate::error::{Error, Result};

/// A window of 2^15 bytes, the largest there is and what everyone writes.
const WINDOW_BITS: u8 = 15;

#[derive(Default)]
pub(super) struct Deflater(Option<(u8, Deflate)>);

impl Deflater {
    pub(super) fn encode(&mut self, level: u8, input: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if !(1..=9).contains(&level) {
            return Err(Error::usage("deflate level").expected("1 to 9").found(level));
        }
        let deflate = match &mut self.0 {
            Some((kept, deflate)) if *kept == level => {
                deflate.reset();
                deflate
            }
            other => &mut other.insert((level, Deflate::new(level.into(), true, WINDOW_BITS))).1,
        };
        out.resize(zlib_rs::compress_bound(input.len()), 0);
        let (mut taken, mut made) = (0, 0);
        loop {
            let status = deflate
                .compress(&input[taken..], &mut out[made..], DeflateFlush::Finish)
                .map_err(|e| Error::defect(format!("deflate: {}", e.as_str())))?;
            // Both count what lies in slices, so they fit.
            (taken, made) = (deflate.total_in() as usize, deflate.total_out() as usize);
            if status == Status::StreamEnd {
                out.truncate(made);
                return Ok(());
            }
            if made == out.len() {
                out.resize(made + made / 2 + 64, 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::codec::testing::patterned;

    #[test]
    fn flate2_reads_what_is_encoded() {
        let (mut deflater, mut out, data) = (Deflater::default(), Vec::new(), patterned());
        for level in 1..=9 {
            out.clear();
            deflater.encode(level, &data, &mut out).unwrap();
            let mut back = Vec::new();
            flate2::read::ZlibDecoder::new(&out[..]).read_to_end(&mut back).unwrap();
            assert!(back == data, "level {level}");
        }
        assert!(matches!(deflater.encode(0, &data, &mut out), Err(Error::Usage(_))));
        assert!(matches!(deflater.encode(10, &data, &mut out), Err(Error::Usage(_))));
    }
}
