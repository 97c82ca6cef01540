//! Deflate in a zlib wrapper, by zlib-rs.

use zlib_rs::{Deflate, DeflateFlush, Inflate, InflateFlush, Status};

use crate::error::{Error, Result};

/// A window of 2^15 bytes, the largest there is and what everyone writes.
const WINDOW_BITS: u8 = 15;

#[derive(Default)]
pub(super) struct Inflater(Option<Inflate>);

impl Inflater {
    pub(super) fn decode(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let inflate = match &mut self.0 {
            Some(inflate) => {
                inflate.reset(true);
                inflate
            }
            none => none.insert(Inflate::new(true, WINDOW_BITS)),
        };
        // More than once only for chunks past 4 GiB, which zlib cannot count.
        let (mut taken, mut made) = (0, 0);
        loop {
            let status = inflate
                .decompress(&input[taken..], &mut out[made..], InflateFlush::NoFlush)
                .map_err(|e| Error::format("deflate stream").found(e.as_str()))?;
            let (before_taken, before_made) = (taken, made);
            // Both count what lies in slices, so they fit.
            (taken, made) = (inflate.total_in() as usize, inflate.total_out() as usize);
            let stuck = (taken, made) == (before_taken, before_made);
            if status == Status::StreamEnd || made == out.len() || stuck {
                return Ok(made);
            }
        }
    }
}

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
    use std::io::{Read, Write};

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

    #[test]
    fn what_flate2_writes_is_decoded() {
        let (mut inflater, data) = (Inflater::default(), patterned());
        for level in [0, 1, 6, 9] {
            let level = flate2::Compression::new(level);
            let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), level);
            writer.write_all(&data).unwrap();
            let packed = writer.finish().unwrap();
            let mut out = vec![0; data.len() + 7];
            assert_eq!(inflater.decode(&packed, &mut out).unwrap(), data.len());
            assert!(out[..data.len()] == data);
            // Part of it, with the rest left alone, and trailing bytes ignored.
            let mut part = vec![0; 1000];
            assert_eq!(inflater.decode(&[&packed[..], b"xyz"].concat(), &mut part).unwrap(), 1000);
            assert!(part == data[..1000]);
            let short = inflater.decode(&packed[..packed.len() / 2], &mut out).unwrap();
            assert!(short < data.len() && out[..short] == data[..short]);
        }
    }

    #[test]
    fn a_corrupt_stream_is_named() {
        let error = Inflater::default().decode(&[0x78, 0x9c, 0xff, 0xff], &mut [0; 9]);
        assert!(error.unwrap_err().to_string().contains("deflate"));
    }
}
