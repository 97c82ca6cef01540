//! Luminance and chrominance become red, green and blue (TIFF 6.0, section 21),
//! for codecs that do not know of colours.

use super::Interleave;
use super::samples::Samples;
use crate::error::{Error, Result};
use crate::ifd::{Directory, Tag};
use crate::io::ByteSource;
use crate::raster::DataType;

/// How luminance and chrominance are stored in a chunk: blocks of
/// `horizontal` x `vertical` luminances, row by row, each followed by the
/// block's blue and red differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct YCbCr {
    horizontal: u32,
    vertical: u32,
    /// The shares of red, green and blue in luminance.
    luma: [f32; 3],
    /// The codes of black and white in each of the three.
    range: [f32; 6],
}

/// `YCbCrCoefficients`.
const COEFFICIENTS: Tag = Tag::Unknown(529);
/// `ReferenceBlackWhite`.
const REFERENCE: Tag = Tag::Unknown(532);

/// The fixed point of libtiff's conversion, which is the reference.
const SHIFT: u32 = 16;

impl YCbCr {
    /// Reads how an image stores them.
    pub(super) fn read(
        source: &ByteSource,
        directory: &Directory,
        bands: u16,
        samples: Samples,
        interleave: Interleave,
    ) -> Result<Self> {
        if bands != 3 || (samples.bits, samples.dtype) != (8, DataType::U8) {
            return Err(Error::unsupported("YCbCr image of this kind")
                .expected("3 bands of 8 bits")
                .found(format!("{bands} band(s) of {} bits", samples.bits)));
        }
        let steps = directory.u64s(source, Tag::ChromaSubsampling)?.unwrap_or(vec![2, 2]);
        let (&[horizontal, vertical, ..], 1 | 2 | 4, 1 | 2 | 4) =
            (&steps[..], steps.first().copied().unwrap_or(0), steps.get(1).copied().unwrap_or(0))
        else {
            return Err(Error::format("YCbCr subsampling")
                .expected("two of 1, 2 and 4")
                .found(format!("{steps:?}")));
        };
        if interleave == Interleave::Band && (horizontal, vertical) != (1, 1) {
            return Err(Error::unsupported("subsampled YCbCr in separate planes"));
        }
        let floats = |tag, default: &[f32]| -> Result<Vec<f32>> {
            let values = directory.f64s(source, tag)?;
            let values =
                values.filter(|v| v.len() >= default.len() && v.iter().all(|x| x.is_finite()));
            Ok(values.map_or(default.to_vec(), |v| v.iter().map(|&x| x as f32).collect()))
        };
        let luma = floats(COEFFICIENTS, &[0.299, 0.587, 0.114])?;
        let range = floats(REFERENCE, &[0.0, 255.0, 128.0, 255.0, 128.0, 255.0])?;
        if luma[1] == 0.0 {
            return Err(Error::format("YCbCr coefficients").expected("some green").found(0));
        }
        Ok(Self {
            horizontal: horizontal as u32,
            vertical: vertical as u32,
            luma: [luma[0], luma[1], luma[2]],
            range: [range[0], range[1], range[2], range[3], range[4], range[5]],
        })
    }

    /// Returns the bytes of a row of blocks over `width` pixels.
    pub(super) fn row_bytes(self, width: u32) -> usize {
        let blocks = width.div_ceil(self.horizontal) as usize;
        blocks * (self.horizontal * self.vertical + 2) as usize
    }

    /// Returns the bytes of a chunk.
    pub(super) fn chunk_bytes(self, width: u32, height: u32) -> usize {
        self.row_bytes(width) * height.div_ceil(self.vertical) as usize
    }

    /// Turns the blocks of a chunk into pixels of red, green and blue.
    pub(super) fn to_rgb(self, blocks: &[u8], width: u32, out: &mut [u8]) {
        let tables = Tables::new(self);
        let (across, down) = (self.horizontal as usize, self.vertical as usize);
        let in_block = across * down;
        let rows = out.chunks_mut(width as usize * 3 * down);
        for (out, blocks) in rows.zip(blocks.chunks_exact(self.row_bytes(width))) {
            for (block, column) in blocks.chunks_exact(in_block + 2).zip((0..).step_by(across)) {
                let (lumas, chroma) = block.split_at(in_block);
                for (line, lumas) in
                    out.chunks_exact_mut(width as usize * 3).zip(lumas.chunks_exact(across))
                {
                    let pixels = line.as_chunks_mut::<3>().0;
                    for (pixel, &luma) in pixels[column..].iter_mut().zip(lumas) {
                        *pixel = tables.rgb(luma, chroma[0], chroma[1]);
                    }
                }
            }
        }
    }
}

/// What each code adds to a colour, so that a pixel is a few additions.
struct Tables {
    luma: [i32; 256],
    red_of_cr: [i32; 256],
    green_of_cr: [i32; 256],
    green_of_cb: [i32; 256],
    blue_of_cb: [i32; 256],
}

impl Tables {
    fn new(how: YCbCr) -> Self {
        let [red, green, blue] = how.luma;
        let fixed = |x: f32| (f64::from(x) * f64::from(1 << SHIFT) + 0.5) as i32;
        let red_gain = fixed((2.0 - 2.0 * red).clamp(0.0, 2.0));
        let red_in_green = -fixed((red * (2.0 - 2.0 * red) / green).clamp(0.0, 2.0));
        let blue_gain = fixed((2.0 - 2.0 * blue).clamp(0.0, 2.0));
        let blue_in_green = -fixed((blue * (2.0 - 2.0 * blue) / green).clamp(0.0, 2.0));
        let half = 1 << (SHIFT - 1);
        // Codes to values: black at 0, white at `full`.
        let value = |code: i32, black: f32, white: f32, full: i32| {
            // The reference subtracts black as an integer.
            let span = if white - black != 0.0 { white - black } else { 1.0 };
            let value = (code - black as i32) as f32 * full as f32 / span;
            value.clamp(-128.0 * 32.0, 128.0 * 32.0) as i32
        };
        let [y0, y1, b0, b1, r0, r1] = how.range;
        let each = |f: &dyn Fn(i32) -> i32| std::array::from_fn(|code| f(code as i32));
        let cr = |code: i32| value(code - 128, r0 - 128.0, r1 - 128.0, 127);
        let cb = |code: i32| value(code - 128, b0 - 128.0, b1 - 128.0, 127);
        Self {
            luma: each(&|code| value(code, y0, y1, 255)),
            red_of_cr: each(&|code| (red_gain.wrapping_mul(cr(code)) + half) >> SHIFT),
            green_of_cr: each(&|code| red_in_green.wrapping_mul(cr(code))),
            green_of_cb: each(&|code| blue_in_green.wrapping_mul(cb(code)).wrapping_add(half)),
            blue_of_cb: each(&|code| {
                (blue_gain.wrapping_mul(cb(code)).wrapping_add(half)) >> SHIFT
            }),
        }
    }

    fn rgb(&self, luma: u8, cb: u8, cr: u8) -> [u8; 3] {
        let (luma, cb, cr) = (self.luma[usize::from(luma)], usize::from(cb), usize::from(cr));
        let green = self.green_of_cb[cb].wrapping_add(self.green_of_cr[cr]) >> SHIFT;
        [luma + self.red_of_cr[cr], luma + green, luma + self.blue_of_cb[cb]]
            .map(|colour| colour.clamp(0, 255) as u8)
    }
}
