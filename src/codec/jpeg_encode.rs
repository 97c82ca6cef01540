//! JPEG, written by jpeg-encoder: baseline, with the tables of Annex K at libjpeg's qualities and
//! Huffman codes that suit each chunk.
//!
//! What the samples mean is said by the directory, and the tables of quantisation are the same in
//! all chunks: application markers are left out, and those tables go into the JPEGTables tag.

use jpeg_encoder::{
    ChromaSubsamplingMethod, Encoder, ImageBuffer, JpegColorType, QuantizationTableType,
    SamplingFactor, rgb_to_ycbcr,
};

use super::jpeg::{DQT, EOI, SOI, SOS, Segments, append};
use super::jpeg_huffman::suit;
use super::shape::{ChunkShape, Plain, SampleKind};
use crate::error::{Error, Result};

/// Annex K, table K.1, in rows.
const LUMINANCE: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/// Encodes `chunk` into a stream that needs [`tables`]; `ycbcr` says that RGB becomes YCbCr.
pub(super) fn encode(
    chunk: Plain<'_>,
    ycbcr: bool,
    quality: u8,
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<()> {
    chunk.check_len()?;
    whole(chunk, ycbcr, quality, scratch)?;
    out.extend([0xff, SOI]);
    suit(scratch, |marker| matches!(marker, 0xe0..=0xef | DQT), out)
}

/// Makes the stream of tables that chunks of `samples` samples share.
pub(super) fn tables(samples: u16, ycbcr: bool, quality: u8) -> Result<Vec<u8>> {
    let shape = ChunkShape { width: 1, height: 1, samples, bits: 8, kind: SampleKind::Unsigned };
    let mut stream = Vec::new();
    let bytes = vec![0; samples.into()];
    whole(Plain { bytes: &bytes, shape, nodata: None }, ycbcr, quality, &mut stream)?;
    let mut out = vec![0xff, SOI];
    for segment in (Segments { rest: &stream }) {
        let (marker, body) = segment?;
        match marker {
            DQT => append(&mut out, marker, body),
            SOS => break,
            _ => {}
        }
    }
    out.extend([0xff, EOI]);
    Ok(out)
}

/// Encodes into a stream of its own.
fn whole(chunk: Plain<'_>, ycbcr: bool, quality: u8, out: &mut Vec<u8>) -> Result<()> {
    let shape = chunk.shape;
    if !(1..=100).contains(&quality) {
        return Err(Error::usage("JPEG quality").expected("1 to 100").found(quality));
    }
    let colors = match (shape.samples, ycbcr) {
        (1, false) => JpegColorType::Luma,
        (3, _) => JpegColorType::Ycbcr,
        (4, false) => JpegColorType::Cmyk,
        _ => {
            let refused = shape.refuse_sample(if ycbcr { "YCbCr in JPEG" } else { "JPEG" });
            return Err(refused.hint(
                "1, 3 or 4 bands of 8 bits: --interleave band stores others apart, --mask internal \
                 needs no band",
            ));
        }
    };
    let (8, SampleKind::Unsigned) = (shape.bits, shape.kind) else {
        return Err(shape.refuse_sample("JPEG"));
    };
    let (Ok(width @ 1..), Ok(height @ 1..)) =
        (u16::try_from(shape.width), u16::try_from(shape.height))
    else {
        return Err(Error::limit("size of a JPEG image")
            .expected("1 to 65535 pixels on a side")
            .found(format!("{} x {}", shape.width, shape.height)));
    };
    out.clear();
    let mut encoder = Encoder::new(&mut *out, quality);
    let sampling = if ycbcr { SamplingFactor::F_2_2 } else { SamplingFactor::F_1_1 };
    encoder.set_sampling_factor(sampling);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    if !ycbcr {
        // No component is colour alone: all are as fine as luminance.
        let table = || QuantizationTableType::Custom(Box::new(luminance(quality)));
        encoder.set_quantization_tables(table(), table());
    }
    encoder
        .encode_image(Rows {
            bytes: chunk.bytes,
            colors,
            samples: shape.samples.into(),
            ycbcr,
            width,
            height,
        })
        .map_err(|e| Error::defect(format!("JPEG: {e}")))
}

/// The table for luminance at a quality, as libjpeg scales it.
fn luminance(quality: u8) -> [u16; 64] {
    let quality = u16::from(quality);
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    LUMINANCE.map(|step| ((u32::from(step) * u32::from(scale) + 50) / 100).clamp(1, 255) as u16)
}

/// Pixels as the crate asks for them, row by row.
struct Rows<'a> {
    bytes: &'a [u8],
    colors: JpegColorType,
    samples: usize,
    ycbcr: bool,
    width: u16,
    height: u16,
}

impl ImageBuffer for Rows<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        self.colors
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let samples = self.samples;
        let row = usize::from(self.width) * samples;
        let row = &self.bytes[usize::from(y) * row..][..row];
        if self.ycbcr {
            let row = row.as_chunks::<3>().0;
            let [luma, blue, red, _] = buffers;
            let [luma, blue, red] = [luma, blue, red].map(|buffer| {
                let len = buffer.len();
                buffer.resize(len + row.len(), 0);
                &mut buffer[len..]
            });
            for (((&[r, g, b], y), cb), cr) in row.iter().zip(luma).zip(blue).zip(red) {
                (*y, *cb, *cr) = rgb_to_ycbcr(r, g, b);
            }
            return;
        }
        for (band, buffer) in buffers.iter_mut().enumerate().take(samples) {
            buffer.extend(row.iter().skip(band).step_by(samples));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Compression, Decoder, Encoder, Packed};

    /// A surface with a hill in each sample, 83 x 50 pixels.
    fn pixels(samples: usize) -> Vec<u8> {
        let value = |at: usize| {
            let (x, y, band) = (at / samples % 83, at / samples / 83, at % samples);
            let hill = ((x as f64 / 14.0 + band as f64).sin() + (y as f64 / 11.0).cos()) * 50.0;
            (128.0 + hill) as u8
        };
        (0..83 * 50 * samples).map(value).collect()
    }

    #[test]
    fn pixels_come_back_about_as_good_as_the_quality() {
        for (samples, ycbcr) in [(1_u16, false), (3, false), (3, true), (4, false)] {
            let bytes = pixels(samples.into());
            let kind = SampleKind::Unsigned;
            let shape = ChunkShape { width: 83, height: 50, samples, bits: 8, kind };
            let mut len = usize::MAX;
            // The largest error that rounding of coefficients leaves in so smooth a surface.
            for (quality, most) in [(100, 4), (90, 12), (50, 40), (1, 255)] {
                let codec = Compression::Jpeg { ycbcr, quality };
                let mut stored = Vec::new();
                let plain = Plain { bytes: &bytes, shape, nodata: None };
                Encoder::new().encode(codec, plain, &mut stored).unwrap();
                assert!(stored.len() < len, "a lower quality is smaller");
                len = stored.len();
                let tables = codec.tables(samples).unwrap().unwrap();
                let packed = Packed { bytes: &stored, tables: &tables, shape, apart: false };
                let mut out = vec![0; bytes.len()];
                Decoder::new().decode(codec, packed, &mut out).unwrap();
                let off = out.iter().zip(&bytes).map(|(a, b)| a.abs_diff(*b)).max();
                assert!(off <= Some(most), "{samples} samples, quality {quality}: off by {off:?}");
                // Other codes for the same coefficients.
                let mut usual = Vec::new();
                whole(plain, ycbcr, quality, &mut usual).unwrap();
                let (mut other, whole) = (vec![0; bytes.len()], Packed { bytes: &usual, ..packed });
                Decoder::new().decode(codec, whole, &mut other).unwrap();
                assert!(other == out && stored.len() < usual.len());
                let mut planes = vec![0; bytes.len()];
                let apart = Packed { apart: true, ..packed };
                Decoder::new().decode(codec, apart, &mut planes).unwrap();
                let (samples, plane) = (usize::from(samples), bytes.len() / usize::from(samples));
                for (at, &sample) in out.iter().enumerate() {
                    assert_eq!(planes[at % samples * plane + at / samples], sample);
                }
                let bare = Packed { tables: &[], ..packed };
                assert!(Decoder::new().decode(codec, bare, &mut out).is_err(), "tables are apart");
            }
        }
    }

    #[test]
    fn what_cannot_be_encoded_is_refused() {
        let bytes = [0; 64];
        let encode = |samples, bits, width, quality, ycbcr| {
            let shape = ChunkShape { width, height: 1, samples, bits, ..ChunkShape::default() };
            let plain = Plain { bytes: &bytes, shape, nodata: None };
            Encoder::new().encode(Compression::Jpeg { ycbcr, quality }, plain, &mut Vec::new())
        };
        assert!(matches!(encode(1, 8, 64, 0, false), Err(Error::Usage(_))));
        assert!(matches!(encode(1, 8, 63, 75, false), Err(Error::Usage(_))));
        assert!(matches!(encode(1, 16, 32, 75, false), Err(Error::Unsupported(_))));
        assert!(matches!(encode(2, 8, 32, 75, false), Err(Error::Unsupported(_))));
        assert!(matches!(encode(1, 8, 64, 75, true), Err(Error::Unsupported(_))));
    }
}
