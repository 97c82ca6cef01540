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
    fn enlarge(&self, y: usize, sums: &mut Vec<u16>, out: &mut Vec<u8>) {
        out.clear();
        let row = y / self.down;
        let near = self.row(row);
        match (self.across, self.down) {
            (1, 1) => out.extend_from_slice(near),
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

/// Writes the pixels of `planes`, rows of `width`, side by side into `out`, which ends where the
/// rows wanted end; as RGB if `ycbcr` says that the three are YCbCr.
pub(super) fn interleave(
    planes: &[Plane<'_>],
    width: usize,
    ycbcr: bool,
    out: &mut [u8],
) -> Result<()> {
    let fits = planes.iter().all(|p| p.height > 0 && p.width * p.across >= width);
    if !fits || width == 0 {
        return Err(Error::format("planes of a JPEG chunk"));
    }
    let mut sums = Vec::new();
    let mut rows: Vec<Vec<u8>> = vec![Vec::new(); planes.len()];
    for (y, line) in out.chunks_exact_mut(width * planes.len()).enumerate() {
        for (plane, row) in planes.iter().zip(&mut rows) {
            plane.enlarge(y, &mut sums, row);
        }
        match &rows[..] {
            [gray] => line.copy_from_slice(&gray[..width]),
            [luma, blue, red] if ycbcr => {
                let pixels = line.as_chunks_mut::<3>().0.iter_mut();
                for (((to, &y), &cb), &cr) in pixels.zip(luma).zip(blue).zip(red) {
                    *to = rgb(y, cb, cr);
                }
            }
            rows => {
                for (band, row) in rows.iter().enumerate() {
                    let to = line.iter_mut().skip(band).step_by(rows.len());
                    to.zip(row).for_each(|(to, &sample)| *to = sample);
                }
            }
        }
    }
    Ok(())
}

/// Turns YCbCr to RGB (JFIF), in 16-bit fixed point.
fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    // 1.402, 1.772, 0.71414 and 0.34414, times 65536.
    const RED: i32 = 91881;
    const BLUE: i32 = 116130;
    const GREEN_RED: i32 = 46802;
    const GREEN_BLUE: i32 = 22554;
    const HALF: i32 = 1 << 15;
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    [
        y + ((RED * cr + HALF) >> 16),
        y + ((HALF - GREEN_BLUE * cb - GREEN_RED * cr) >> 16),
        y + ((BLUE * cb + HALF) >> 16),
    ]
    .map(|v| v.clamp(0, 255) as u8)
}
