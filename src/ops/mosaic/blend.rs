//! Seams that fade.

use super::fold::rows;
use crate::raster::{Buffer, DataType, Pool, Sample, Window, dispatch};

/// The most pixels that seams may fade over.
pub(super) const MOST: f64 = 4096.0;

/// How far beyond a window samples count for the seams in it.
pub(super) fn reach(blend: f64) -> u32 {
    // A sample fades by its distance to the border of the nearest that is missing,
    // half a pixel less than to its centre.
    (blend + 0.5).ceil() as u32
}

/// Returns a window that is larger by so many pixels on each side.
pub(super) fn grown(window: Window, by: u32) -> Window {
    let (width, height) =
        (window.width.saturating_add(2 * by), window.height.saturating_add(2 * by));
    Window::new(window.col - i64::from(by), window.row - i64::from(by), width, height)
}

/// Layers laid on one another, each fading into those below it.
///
/// A pixel's weight grows with the distance between its centre and the border of the
/// nearest pixel that is missing in all bands (as are those beyond the raster's edge),
/// from 0 there to 1 at the distance to blend over. Over what is valid below, the layer's
/// sample counts by its weight, and what is below by the rest.
#[derive(Debug)]
pub(super) struct Blend {
    made: Buffer,
    over: f64,
}

impl Blend {
    pub(super) fn new(window: Window, bands: u16, over: f64, pool: &Pool) -> Self {
        let mut made = Buffer::new(pool, window, bands, DataType::F64);
        made.invalidate();
        Self { made, over }
    }

    /// Lays a layer on top; `pixels` reach beyond `part`, as far as [`reach`] says.
    pub(super) fn add(&mut self, pixels: &Buffer, part: Window) {
        let distances = distances(pixels, part, reach(self.over));
        let whole = self.made.window();
        for band in 0..pixels.bands() {
            let mask = pixels.valid(band);
            let (to, Some(valid)) = self.made.plane_and_valid_mut::<f64>(band) else { return };
            dispatch!(pixels.dtype(), T => {
                let samples = pixels.plane::<T>(band);
                for ((there, near), (here, _)) in rows(part, whole).zip(rows(part, pixels.window())) {
                    for ((to_at, at), near) in there.zip(here).zip(near) {
                        if mask.is_some_and(|mask| mask[at] == 0) {
                            continue;
                        }
                        let value = samples[at].to_f64();
                        let weight = (distances[near] - 0.5) / self.over;
                        let (to, valid) = (&mut to[to_at], &mut valid[to_at]);
                        // Exactly the sample where it has all the weight, or lies alone.
                        if *valid == 0 || weight >= 1.0 {
                            *to = value;
                        } else {
                            *to += weight * (value - *to);
                        }
                        *valid = 255;
                    }
                }
            });
        }
    }

    /// Rounds to the type of `out`.
    pub(super) fn finish(self, out: &mut Buffer) {
        out.invalidate();
        for band in 0..out.bands() {
            let made = self.made.plane::<f64>(band);
            dispatch!(out.dtype(), T => {
                let (to, valid) = out.plane_and_valid_mut::<T>(band);
                to.iter_mut().zip(made).for_each(|(to, &value)| *to = T::from_f64(value));
                if let (Some(valid), Some(own)) = (valid, self.made.valid(band)) {
                    valid.copy_from_slice(own);
                }
            });
        }
    }
}

/// Returns the distances from the centres of the pixels of `part` to that of the nearest
/// that is missing in all bands, row by row; those of `reach` and more as `reach`.
fn distances(pixels: &Buffer, part: Window, reach: u32) -> Vec<f64> {
    let whole = pixels.window();
    let (width, height) = (whole.width as usize, whole.height as usize);
    let mut seen = vec![0u8; width * height];
    for band in 0..pixels.bands() {
        match pixels.valid(band) {
            Some(valid) => seen.iter_mut().zip(valid).for_each(|(seen, valid)| *seen |= valid),
            None => seen.fill(255),
        }
    }
    // Squares add up: first the nearest in each column, then among the columns near by.
    let far = u64::from(reach) * u64::from(reach);
    let mut columns = vec![reach; width * height];
    let mut scan = |at: usize, before: Option<usize>| {
        let next = before.map_or(reach, |before| columns[before].saturating_add(1));
        let own = if seen[at] == 0 { 0 } else { next.min(columns[at]) };
        columns[at] = own.min(reach);
    };
    for at in 0..width * height {
        scan(at, at.checked_sub(width));
    }
    for at in (0..width * height).rev() {
        scan(at, (at + width < width * height).then_some(at + width));
    }
    let mut found = Vec::with_capacity(part.pixels() as usize);
    for (row, _) in rows(part, whole) {
        let line = row.start / width * width;
        let line = &columns[line..line + width];
        for at in row.start % width..row.start % width + part.width as usize {
            let mut least = far;
            for (to_right, by) in (at..width.min(at + reach as usize)).zip(0u64..) {
                let column = u64::from(line[to_right]);
                least = least.min(by * by + column * column);
            }
            for (to_left, by) in (at.saturating_sub(reach as usize - 1)..=at).rev().zip(0u64..) {
                let column = u64::from(line[to_left]);
                least = least.min(by * by + column * column);
            }
            found.push((least as f64).sqrt());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Size;

    #[test]
    fn distances_are_those_of_the_definition() {
        let window = Size::new(23, 17).window();
        let mut pixels = Buffer::new(&Pool::new(0), window, 1, DataType::U8);
        pixels.add_mask();
        let holes = [(3usize, 4usize), (15, 9), (16, 9), (22, 0)];
        for (x, y) in holes {
            pixels.valid_mut(0).expect("has validity")[y * 23 + x] = 0;
        }
        let part = Window::new(2, 1, 19, 14);
        let found = distances(&pixels, part, 6);
        for (i, &distance) in found.iter().enumerate() {
            let (x, y) = (2.0 + (i % 19) as f64, 1.0 + (i / 19) as f64);
            let to = |&(a, b): &(usize, usize)| (a as f64 - x).hypot(b as f64 - y);
            let wanted = holes.iter().map(to).fold(6.0, f64::min);
            assert!((distance - wanted).abs() < 1e-12, "({x}, {y}): {distance}, not {wanted}");
        }
    }
}
