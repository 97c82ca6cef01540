//! From the planes of a JPEG image to its pixels, as libjpeg does it: subsampled planes are
//! enlarged by a triangle filter, and YCbCr becomes RGB in 16-bit fixed point.
//!
//! Every rounding is libjpeg's, whose pixels GDAL gives.

use crate::error::{Error, Result};

/// The samples of one component.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane<'a> {
    /// Rows of samples, each `stride` long.
    pub(super) samples: &'a [u8],
    pub(super) stride: usize,
    /// Columns and rows that mean something.
    pub(super) width: usize,
    pub(super) height: usize,
    /// How many pixels a sample covers across and down.
    pub(super) across: usize,
    pub(super) down: usize,
}

impl Plane<'_> {
    /// A row of samples; rows beyond the edges repeat the outermost.
    fn row(&self, row: usize) -> &[u8] {
        let from = row.min(self.height - 1) * self.stride;
        &self.samples[from..from + self.width]
    }

    /// Makes the samples of row `y` of pixels, at least as many as there are pixels.
    fn enlarge<'a>(&'a self, y: usize, sums: &mut Vec<u16>, out: &'a mut Vec<u8>) -> &'a [u8] {
        let row = y / self.down;
        let near = self.row(row);
        if (self.across, self.down) == (1, 1) {
            return near;
        }
        out.clear();
        match (self.across, self.down) {
            (1, 2) => {
                // Rounds down and up in turns, so that nothing drifts.
                let bias = if y.is_multiple_of(2) { 1 } else { 2 };
                let mix = |(&n, &f)| ((u16::from(n) * 3 + u16::from(f) + bias) >> 2) as u8;
                out.extend(near.iter().zip(self.far(y)).map(mix));
            }
            (2, 1) if self.width > 2 => {
                sums.clear();
                sums.extend(near.iter().map(|&n| u16::from(n)));
                widen::<2>(sums, [1, 2], out);
            }
            (2, 2) if self.width > 2 => {
                sums.clear();
                let sum = |(&n, &f): (&u8, &u8)| u16::from(n) * 3 + u16::from(f);
                sums.extend(near.iter().zip(self.far(y)).map(sum));
                widen::<4>(sums, [8, 7], out);
            }
            (across, _) => {
                out.extend(near.iter().flat_map(|&sample| std::iter::repeat_n(sample, across)));
            }
        }
        out
    }

    /// The row of samples next to the nearest, on the side where row `y` of pixels lies.
    fn far(&self, y: usize) -> &[u8] {
        let row = y / 2;
        self.row(if y.is_multiple_of(2) { row.saturating_sub(1) } else { row + 1 })
    }
}

/// Makes two samples of each: three quarters of it and a quarter of its neighbour, which at the
/// ends is itself. Sums are shifted by `SHIFT` bits after `bias` is added, left and right.
fn widen<const SHIFT: u32>(sums: &[u16], bias: [u16; 2], out: &mut Vec<u8>) {
    out.resize(sums.len() * 2, 0);
    let last = sums.len() - 1;
    let [left, right] = bias;
    let inner = out[1..last * 2 + 1].as_chunks_mut::<2>().0;
    // Each pair lies between two samples: right of the one and left of the other.
    for (pair, sums) in inner.iter_mut().zip(sums.windows(2)) {
        *pair = [
            ((sums[0] * 3 + sums[1] + right) >> SHIFT) as u8,
            ((sums[1] * 3 + sums[0] + left) >> SHIFT) as u8,
        ];
    }
    // At the ends libjpeg leaves a sample as it is, which with sums of rows is rounded as well.
    out[0] = ((sums[0] * 4 + if SHIFT == 2 { 0 } else { left }) >> SHIFT) as u8;
    out[last * 2 + 1] = ((sums[last] * 4 + if SHIFT == 2 { 0 } else { right }) >> SHIFT) as u8;
}

/// Memory for rows, reused from chunk to chunk.
#[derive(Default)]
pub(super) struct Rows {
    sums: Vec<u16>,
    /// A row of each component.
    rows: Vec<Vec<u8>>,
    /// A row of each colour.
    colors: [Vec<u8>; 3],
}

/// Writes the pixels of `planes`, rows of `width`, into `out`, which ends where the rows wanted
/// end: the samples of a pixel side by side, or plane after plane if `apart`; as RGB if `ycbcr`
/// says that the three are YCbCr.
pub(super) fn pixels(
    planes: &[Plane<'_>],
    width: usize,
    ycbcr: bool,
    apart: bool,
    scratch: &mut Rows,
    out: &mut [u8],
) -> Result<()> {
    let fits = planes.iter().all(|p| p.height > 0 && p.width * p.across >= width);
    if !fits || width == 0 || !(1..=4).contains(&planes.len()) {
        return Err(Error::format("planes of a JPEG chunk"));
    }
    let samples = planes.len();
    let plane = out.len() / samples;
    scratch.rows.resize_with(samples, Vec::new);
    scratch.colors.iter_mut().for_each(|row| row.resize(width, 0));
    for y in 0..plane / width {
        let mut each: [&[u8]; 4] = [&[]; 4];
        for ((plane, row), to) in planes.iter().zip(&mut scratch.rows).zip(&mut each) {
            *to = &plane.enlarge(y, &mut scratch.sums, row)[..width];
        }
        if let ([luma, blue, red, _], true) = (each, ycbcr) {
            if apart {
                let (r, rest) = out.split_at_mut(plane);
                let (g, b) = rest.split_at_mut(plane);
                let row = y * width..(y + 1) * width;
                rgb(luma, blue, red, [&mut r[row.clone()], &mut g[row.clone()], &mut b[row]]);
                continue;
            }
            let [r, g, b] = &mut scratch.colors;
            rgb(luma, blue, red, [&mut r[..width], &mut g[..width], &mut b[..width]]);
            each = [r, g, b, &[]];
        }
        if apart || samples == 1 {
            for (band, row) in each.iter().enumerate().take(samples) {
                out[band * plane + y * width..][..width].copy_from_slice(row);
            }
            continue;
        }
        let line = &mut out[y * width * samples..][..width * samples];
        if let ([r, g, b, _], 3) = (each, samples) {
            let pixels = line.as_chunks_mut::<3>().0.iter_mut();
            for (((to, &r), &g), &b) in pixels.zip(r).zip(g).zip(b) {
                *to = [r, g, b];
            }
            continue;
        }
        for (band, row) in each.iter().enumerate().take(samples) {
            let to = line.iter_mut().skip(band).step_by(samples);
            to.zip(*row).for_each(|(to, &sample)| *to = sample);
        }
    }
    Ok(())
}

/// Turns a row of YCbCr to RGB (JFIF): libjpeg's 1.402, 1.772, 0.71414 and 0.34414 in 16-bit fixed
/// point (91881, 116130, 46802 and 22554), each product rounded half up.
///
/// The factors are taken apart so that products are of 16 bits and of each the upper half is
/// wanted, for which processors have an instruction.
fn rgb(luma: &[u8], blue: &[u8], red: &[u8], out: [&mut [u8]; 3]) {
    /// The upper half of a product.
    fn high(a: i16, b: i16) -> i16 {
        ((i32::from(a) * i32::from(b)) >> 16) as i16
    }
    /// A number of 16 bits times a factor of 65536ths, rounded half up.
    fn times(a: i16, factor: i16) -> i16 {
        (high(2 * a, factor) + 1) >> 1
    }
    let [r, g, b] = out;
    let clamp = |value: i16| value.clamp(0, 255) as u8;
    for ((to, &y), &cr) in r.iter_mut().zip(luma).zip(red) {
        let (y, cr) = (i16::from(y), i16::from(cr) - 128);
        *to = clamp(y + cr + times(cr, (91881 - 65536) as i16));
    }
    for (((to, &y), &cb), &cr) in g.iter_mut().zip(luma).zip(blue).zip(red) {
        let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
        *to = (y + (((1 << 15) - 22554 * cb - 46802 * cr) >> 16)).clamp(0, 255) as u8;
    }
    for ((to, &y), &cb) in b.iter_mut().zip(luma).zip(blue) {
        let (y, cb) = (i16::from(y), i16::from(cb) - 128);
        *to = clamp(y + 2 * cb + times(cb, (116130 - 131072) as i16));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_whole_products() {
        // Every pair of luma or chroma with either chroma.
        for first in 0..=255_u8 {
            let all: Vec<u8> = (0..=255).collect();
            let same = vec![first; 256];
            let (mut r, mut g, mut b) = (vec![0; 256], vec![0; 256], vec![0; 256]);
            for (luma, blue, red) in [
                (&same, &all, &all),
                (&all, &same, &all),
                (&all, &all, &same),
                (&same, &same, &all),
            ] {
                rgb(luma, blue, red, [&mut r, &mut g, &mut b]);
                for at in 0..256 {
                    let y = i32::from(luma[at]);
                    let (cb, cr) = (i32::from(blue[at]) - 128, i32::from(red[at]) - 128);
                    let whole = [
                        y + ((91881 * cr + 32768) >> 16),
                        y + ((32768 - 22554 * cb - 46802 * cr) >> 16),
                        y + ((116130 * cb + 32768) >> 16),
                    ];
                    assert_eq!([r[at], g[at], b[at]], whole.map(|v| v.clamp(0, 255) as u8));
                }
            }
        }
    }
}
