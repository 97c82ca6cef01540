//! JPEG 2000, by hayro-jpeg2000.

use hayro_jpeg2000::{ComponentData, DecodeSettings, DecoderContext, Image};

use super::shape::{Packed, SampleKind};
use crate::error::{Error, Result};

/// Decodes into `out`, samples of one or two bytes each in native byte order, and returns how many
/// bytes were made. Samples of 9 to 15 bits stay the numbers they are.
pub(super) fn decode(chunk: Packed<'_>, out: &mut [u8]) -> Result<usize> {
    let shape = chunk.shape;
    let (8 | 16, SampleKind::Unsigned) = (shape.bits, shape.kind) else {
        return Err(shape.refuse_sample("JPEG 2000"));
    };
    let broken = |e: &dyn std::fmt::Debug| Error::format("JPEG 2000 chunk").found(format!("{e:?}"));
    let settings = DecodeSettings { resolve_palette_indices: false, ..DecodeSettings::default() };
    let image = Image::new(chunk.bytes, &settings).map_err(|e| broken(&e))?;
    shape.check_size("JPEG 2000", image.width(), image.height())?;
    let samples = usize::from(image.color_space().num_channels()) + usize::from(image.has_alpha());
    shape.check_samples("JPEG 2000", samples)?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|e| broken(&e))?;
    let planes = decoded.components();
    shape.check_samples("JPEG 2000", planes.len())?;
    let pixels = shape.pixels()?;
    for plane in planes {
        let depth = u16::from(plane.bit_depth());
        if depth.next_multiple_of(8) != shape.bits || depth < 8 {
            return Err(Error::unsupported("JPEG 2000 samples")
                .expected(format!("{} bits", shape.bits))
                .found(format!("{depth} bits")));
        }
        if plane.samples().len() != pixels {
            return Err(Error::format("samples of a JPEG 2000 chunk")
                .expected(pixels)
                .found(plane.samples().len()));
        }
    }
    let len = pixels * samples * usize::from(shape.bits / 8);
    let room = out.len();
    let Some(out) = out.get_mut(..len) else {
        return Err(Error::defect("room for a JPEG 2000 chunk").expected(len).found(room));
    };
    if shape.bits == 8 {
        interleave(planes, out, |v| [v as u8]);
    } else {
        interleave(planes, out, |v| (v as u16).to_ne_bytes());
    }
    Ok(len)
}

/// Puts samples of planes side by side, each rounded to the nearest number that its bytes hold.
fn interleave<const BYTES: usize>(
    planes: &[ComponentData],
    out: &mut [u8],
    bytes: impl Fn(f32) -> [u8; BYTES],
) {
    let out = out.as_chunks_mut::<BYTES>().0;
    for (first, plane) in planes.iter().enumerate() {
        let to = out.iter_mut().skip(first).step_by(planes.len());
        to.zip(plane.samples()).for_each(|(to, &sample)| *to = bytes(sample.round()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::ChunkShape;
    use crate::codec::testing::{Random, damaged};

    /// 12 x 9 pixels by OpenJPEG, without loss: 20 x, 25 y and 2 x y.
    const STREAM: &str = "\
         ff4fff51002f00000000000c0000000900000000000000000000000c000000090000000000000000000307010107 \
         0101070101ff52000c00000001000204040001ff5c000a4040484850484850ff6400250001437265617465642062 \
         79204f70656e4a5045472076657273696f6e20322e352e34ff90000a0000000000540001ff93df8048095b6141fd \
         5cb2e735df80480797086aa83fac307fdf804008ed7688de6e962cc3ea04001592cdd780c3ea04001a511309c1f3 \
         85002c5f7a4e7f80c1f384004acf9bedffd9";

    /// The same of 16 bits: 5000 x + 7 y, 8000 y + x and 740 x y.
    const DEEP: &str = "\
         ff4fff51002f00000000000c0000000900000000000000000000000c00000009000000000000000000030f01010f \
         01010f0101ff52000c00000001010004040001ff5c00044080ff640025000143726561746564206279204f70656e \
         4a5045472076657273696f6e20322e352e34ff90000a0000000002790001ff93dff8966012325c10342d39f4188b \
         5953bac348aed2f42e25841ce64b252d44de32aacf8495a1c200f8eb955291cdf6cf2664b003c1989ca62339ad40 \
         cca9ebe2ebd83a30babb6abf4ef3e47cd6bf2636b94d83e799e22e110875ae29d90ce9b532b1c60bfc687888419d \
         b852acb3b1034c90aa3717499d158f242db721222c384485b1e2495d71bd7330b6992193cef2350185c954debe0c \
         64cfb0984dc0b9c4448dc1e6c8b95b5d4bf8d893671369ecbe59a0c6fa167a7ec46944e1df27ec3a80ecfd4db946 \
         c096be26f896a096b4b3dff895d84e3a1eff7da10e6fef2592e166e0d693055be773b5289c5b6e22e4743ff45cff \
         12add62721f62db98cc8597087e7056b925b9535b28c84e81bf1f9ce42610ef105df6cbb4be24dd977a4e6c3ecf1 \
         3f7f222616333a7cff6d7a7e3421c2dcceba9eb0c13d65fa6bd546987ce4e13356b237b15d3591b7d19504c6c41c \
         3f56c9b9a9af5ead0ee13d1cc5871550bd4f7fedeb27d6fc0104283196eb0f03da2bcb9e5b1d39552daeae139929 \
         3245b3f0adbaf9be6f9be6f9be6f9b571fdff896c036e0797c409c469d05f4997e157450f66fcec46d2c6db6220f \
         ea853061cb27d91bd111379d5f2b02f4e8f51c7ba93a472e5346c256d3632d078d40f8b2830dbdab5a5252ba8cc9 \
         28bacc0ddba02fb7cca68f090f52f818a22c068973edfd06635651eb4c6071e3b0353f15b96afeaf28f742226797 \
         d2d8356af52032816250893bf4da3c6a711d1b522e1d3a259d5db98318516a9836944237fbcdc37b86523b1f28d7 \
         59905ea5190476704a87dc84502d4f6f4037bc86aaaf90bd063c6d362c71b7277ae2162d5ea35658f113889c44e2 \
         27113889c44b1fffd9";

    fn stream(text: &str) -> Vec<u8> {
        let hex: Vec<u8> = text.bytes().filter(|b| *b != b' ').collect();
        let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
        hex.as_chunks::<2>().0.iter().map(|[a, b]| digit(*a) << 4 | digit(*b)).collect()
    }

    fn packed(bytes: &[u8]) -> Packed<'_> {
        let shape =
            ChunkShape { width: 12, height: 9, samples: 3, bits: 8, kind: SampleKind::Unsigned };
        Packed { shape, ..Packed::bytes(bytes) }
    }

    #[test]
    fn a_stream_of_openjpeg_is_decoded() {
        let (stream, mut out) = (stream(STREAM), [0; 12 * 9 * 3]);
        assert_eq!(decode(packed(&stream), &mut out).unwrap(), out.len());
        for (at, pixel) in out.as_chunks::<3>().0.iter().enumerate() {
            let (x, y) = (at % 12, at / 12);
            assert_eq!(*pixel, [x * 20, y * 25, x * y * 2].map(|v| v as u8), "{x}, {y}");
        }
        let mut chunk = packed(&stream);
        chunk.shape.width = 13;
        let error = decode(chunk, &mut out).unwrap_err().to_string();
        assert!(error.contains("expected 13 x 9"), "{error}");
    }

    #[test]
    fn sixteen_bits_keep_all_their_depth() {
        let (stream, mut out) = (stream(DEEP), [0; 12 * 9 * 3 * 2]);
        let mut chunk = packed(&stream);
        let error = decode(chunk, &mut out).unwrap_err().to_string();
        assert!(error.contains("expected 8 bits, found 16 bits"), "{error}");
        chunk.shape.bits = 16;
        assert_eq!(decode(chunk, &mut out).unwrap(), out.len());
        for (at, pixel) in out.as_chunks::<6>().0.iter().enumerate() {
            let (x, y) = (at % 12, at / 12);
            let wanted = [x * 5000 + y * 7, y * 8000 + x, x * y * 740];
            let found = pixel.as_chunks::<2>().0;
            for (found, wanted) in found.iter().zip(wanted) {
                assert_eq!(usize::from(u16::from_ne_bytes(*found)), wanted, "{x}, {y}");
            }
        }
    }

    #[test]
    fn damaged_streams_never_panic() {
        let (mut random, mut out) = (Random(5), [0; 12 * 9 * 3 * 2]);
        for (text, bits) in [(STREAM, 8), (DEEP, 16)] {
            let stream = stream(text);
            for _ in 0..1500 {
                let bad = damaged(&mut random, &stream);
                let mut chunk = packed(&bad);
                chunk.shape.bits = bits;
                let _ = decode(chunk, &mut out);
            }
        }
    }
}
