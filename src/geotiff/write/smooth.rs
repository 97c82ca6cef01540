//! What lies beneath a mask, for codecs that blur it into what is seen.

use crate::raster::Buffer;

/// Gives the pixels of a tile that no band has the colours of valid ones nearby:
/// the mean of what is known of the blocks of 2 x 2 that hold them, where nothing
/// is of 4 x 4, and so on. A tile without any valid pixel stays as it is.
///
/// JPEG stores waves over 8 or 16 pixels, so that an edge beneath the mask would
/// ring into the pixels beside it.
pub(super) fn smooth(pixels: &mut Buffer) {
    let (width, height) = (pixels.window().width as usize, pixels.window().height as usize);
    let mut known = vec![false; width * height];
    for band in 0..pixels.bands() {
        let Some(valid) = pixels.valid(band) else { return };
        known.iter_mut().zip(valid).for_each(|(known, &valid)| *known |= valid != 0);
    }
    if !known.contains(&true) {
        return;
    }
    for band in 0..pixels.bands() {
        fill(width, height, &mut known.clone(), pixels.plane_mut::<u8>(band));
    }
}

/// Fills what is not known of a plane, of which something is.
fn fill(width: usize, height: usize, known: &mut [bool], samples: &mut [u8]) {
    let mut side = 2;
    while known.contains(&false) {
        for top in (0..height).step_by(side) {
            for left in (0..width).step_by(side) {
                let right = (left + side).min(width);
                let rows = top..(top + side).min(height);
                let line = |row: usize| row * width + left..row * width + right;
                let (mut sum, mut count) = (0_u64, 0);
                for row in rows.clone() {
                    for (&known, &sample) in known[line(row)].iter().zip(&samples[line(row)]) {
                        sum += if known { sample.into() } else { 0 };
                        count += u64::from(known);
                    }
                }
                if count == 0 || count == (rows.len() * (right - left)) as u64 {
                    continue;
                }
                let mean = ((sum + count / 2) / count) as u8;
                for row in rows {
                    let line = line(row);
                    for (known, sample) in known[line.clone()].iter_mut().zip(&mut samples[line]) {
                        *sample = if *known { *sample } else { mean };
                        *known = true;
                    }
                }
            }
        }
        side *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{DataType, Pool, Window};

    #[test]
    fn pixels_of_no_band_take_the_nearest_mean() {
        let pool = Pool::new(0);
        let mut tile = Buffer::new(&pool, Window::new(5, 7, 5, 3), 2, DataType::U8);
        tile.add_mask();
        for (band, valid) in [(0, [0, 1]), (1, [1, 2])] {
            // Row by row: 255 marks what is there.
            let mask = tile.valid_mut(band).expect("a mask");
            mask.fill(0);
            valid.into_iter().for_each(|at: usize| mask[at] = 255);
            let plane = tile.plane_mut::<u8>(band);
            plane.fill(0);
            valid.into_iter().for_each(|at: usize| plane[at] = 10 * (at as u8 + 1));
        }
        smooth(&mut tile);
        // Pixel 2 is known, though not to band 0, whose sample stays 0.
        // Blocks of 2 x 2: 15, then 0; of 4 x 4: 60 / 8; of 8 x 8: 92 / 12.
        let first = [10, 20, 0, 0, 8, 15, 15, 0, 0, 8, 8, 8, 8, 8, 8];
        assert_eq!(tile.plane::<u8>(0), first);
        let mut missing = Buffer::new(&pool, Window::new(0, 0, 3, 3), 1, DataType::U8);
        missing.add_mask();
        missing.valid_mut(0).expect("a mask").fill(0);
        missing.plane_mut::<u8>(0).fill(0);
        smooth(&mut missing);
        assert_eq!(missing.plane::<u8>(0), [0; 9]);
    }
}
