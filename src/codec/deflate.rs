//! Deflate in a zlib wrapper, encoded by zlib-rs.

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Status, Strategy};

use crate::error::{Error, Result};

/// Chunks shorter than this are compressed without looking first.
const WORTH_A_LOOK: usize = 256 << 10;
/// The bytes looked at: what a window of deflate holds.
const LOOK: usize = 32 << 10;

/// Compresses with contexts that are kept.
///
/// What predictors leave of noisy imagery has no repeats, and searching for them
/// takes three quarters of the time: so up to level 6 a piece of each large chunk
/// is compressed with and without the search, and the chunk without it where that
/// costs at most 0.5 %. (16-bit scene with sensor noise: 117 MB/s at a ratio of
/// 1.390 instead of 36 at 1.391; Landsat keeps the search, 2.18 against 2.09.)
/// The choice is a function of the chunk alone.
#[derive(Default)]
pub(super) struct Deflater {
    searching: Option<(u8, Deflate)>,
    /// Runs of one byte only.
    runs: Option<(u8, Deflate)>,
}

impl Deflater {
    pub(super) fn encode(&mut self, level: u8, input: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if !(1..=9).contains(&level) {
            return Err(Error::usage("deflate level").expected("1 to 9").found(level));
        }
        let looks = level <= 6 && input.len() >= WORTH_A_LOOK;
        if looks && self.search_is_in_vain(level, &input[input.len() / 2..][..LOOK], out)? {
            return self.with(Strategy::Rle, level, input, out);
        }
        self.with(Strategy::Default, level, input, out)
    }

    /// Returns whether repeats make a piece hardly smaller. `out` is scratch.
    fn search_is_in_vain(&mut self, level: u8, piece: &[u8], out: &mut Vec<u8>) -> Result<bool> {
        self.with(Strategy::Default, level, piece, out)?;
        let searched = out.len();
        self.with(Strategy::Rle, level, piece, out)?;
        Ok(out.len() * 200 <= searched * 201)
    }

    fn with(
        &mut self,
        strategy: Strategy,
        level: u8,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let kept = if strategy == Strategy::Rle { &mut self.runs } else { &mut self.searching };
        let deflate = match kept {
            Some((kept, deflate)) if *kept == level => {
                deflate.reset();
                deflate
            }
            other => {
                // Level 1 of zlib-rs finds next to nothing in residuals (95 % of the
                // scene above, 67 % at level 2), and level 9 less than level 8.
                let level_there = i32::from(level.clamp(2, 8));
                let config =
                    DeflateConfig { level: level_there, strategy, ..DeflateConfig::default() };
                &mut other.insert((level, Deflate::new_with_config(config))).1
            }
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

    #[test]
    fn large_chunks_are_searched_for_repeats_only_where_there_are_some() {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as u8
        };
        // Noise of 5 bits, and words out of a small vocabulary.
        let noise: Vec<u8> = (0..WORTH_A_LOOK + 5).map(|_| next() >> 3).collect();
        let words: Vec<[u8; 8]> = (0..64).map(|_| [0; 8].map(|_: u8| next())).collect();
        let text: Vec<u8> =
            (0..WORTH_A_LOOK / 8 + 1).flat_map(|_| words[usize::from(next() % 64)]).collect();
        for (data, most) in [(noise, 0.64), (text, 0.3)] {
            let mut out = Vec::new();
            Deflater::default().encode(6, &data, &mut out).unwrap();
            assert!(out.len() as f64 <= data.len() as f64 * most, "{} bytes", out.len());
            let mut back = Vec::new();
            flate2::read::ZlibDecoder::new(&out[..]).read_to_end(&mut back).unwrap();
            assert!(back == data);
        }
    }
}
