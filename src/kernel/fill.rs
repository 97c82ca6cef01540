//! What is missing, from the nearest of what is there, as GDALFillNodata has it
//! (alg/rasterfill.cpp).

use super::nearest::{Columns, NONE};
use super::widen;
use crate::raster::{Buffer, Window};

/// Finds values for what is missing of one band.
///
/// From a pixel the nearest sample is looked for in each of four quadrants: left with the
/// column itself, and right, each up with the row itself, and down. The value is the mean of
/// those found, weighted by the inverse of their distance.
#[derive(Debug)]
pub struct Gaps<'a> {
    samples: Samples<'a>,
    /// How far samples may be, in pixels.
    distance: u32,
    columns: Columns,
    window: Window,
    /// The row that is made next.
    row: i64,
}

/// Which samples of a band are there.
#[derive(Debug)]
struct Samples<'a> {
    source: &'a Buffer,
    band: u16,
    /// The first column that is looked at.
    col: i64,
    line: Vec<f64>,
}

impl Samples<'_> {
    fn there(&mut self, row: i64, there: &mut [bool]) {
        self.line.resize(there.len(), 0.0);
        widen(self.source, self.band, self.col, row, &mut self.line);
        there.iter_mut().zip(&self.line).for_each(|(there, value)| *there = !value.is_nan());
    }
}

impl<'a> Gaps<'a> {
    /// Makes it for the missing pixels of `window`; `source` reaches `distance` pixels
    /// further on each side, and what of it lies outside the raster is missing.
    ///
    /// # Panics
    /// If `source` is smaller than that.
    pub fn new(source: &'a Buffer, band: u16, window: Window, distance: u32) -> Self {
        let need = window.grown(distance, distance);
        assert!(source.window().contains(need), "the source reaches as far as is looked");
        let mut samples = Samples { source, band, col: need.col, line: Vec::new() };
        let columns = Columns::new(need, window, &mut |row, there| samples.there(row, there));
        Self { samples, distance, columns, window, row: window.row }
    }

    /// Returns the bytes that it holds for a window.
    pub fn bytes(window: Window, distance: u32) -> u64 {
        let need = window.grown(distance, distance);
        Columns::bytes(need, window) + 8 * u64::from(need.width)
    }

    /// Fills a row with what is there and, where nothing is, with what is found; NaN where
    /// that is nothing. Each call makes the next row.
    ///
    /// # Panics
    /// If `out` is not as wide as the window, or all rows were made.
    pub fn row(&mut self, out: &mut [f64]) {
        let Self { samples, columns, .. } = self;
        columns.advance(self.row, &mut |row, there| samples.there(row, there));
        widen(samples.source, samples.band, self.window.col, self.row, out);
        for (x, out) in out.iter_mut().enumerate() {
            if out.is_nan() {
                *out = self.find(x);
            }
        }
        self.row += 1;
    }

    /// The value for a missing pixel of the row at hand.
    fn find(&self, x: usize) -> f64 {
        let reach = self.distance as usize;
        let centre = x + reach;
        let (above, below) = (self.columns.above(), self.columns.below());
        // The distance of the nearest of each quadrant, and where it is.
        let far = f64::from(self.distance) + 1.0;
        let mut nearest = [(far, 0, 0); 4];
        for step in 0..=reach {
            let mut check = |quadrant: usize, column: usize, rows: u32, up: bool| {
                if rows != NONE {
                    let square = (step as f64).powi(2) + f64::from(rows).powi(2);
                    // The square of a rounded root, as in GDAL: it says which of two counts
                    // that are as far away.
                    if square < nearest[quadrant].0 * nearest[quadrant].0 {
                        let rows = i64::from(rows);
                        nearest[quadrant] = (square.sqrt(), column, if up { -rows } else { rows });
                    }
                }
            };
            check(0, centre - step, above[centre - step], true);
            check(1, centre - step, below[centre - step], false);
            if step > 0 {
                check(2, centre + step, above[centre + step], true);
                check(3, centre + step, below[centre + step], false);
            }
            // Columns further away hold nothing nearer.
            if nearest.iter().all(|(distance, ..)| *distance < step as f64) {
                break;
            }
        }
        let (mut weights, mut sum) = (0.0, 0.0);
        for (distance, column, rows) in nearest {
            if distance <= f64::from(self.distance) {
                let weight = 1.0 / distance;
                let mut value = [0.0];
                let Samples { source, band, col, .. } = self.samples;
                widen(source, band, col + column as i64, self.row + rows, &mut value);
                weights += weight;
                sum += value[0] * weight;
            }
        }
        if weights > 0.0 { sum / weights } else { f64::NAN }
    }
}

/// One pass of smoothing: `out` becomes the mean of the 3 x 3 values around each pixel that
/// was filled, of those that are there, and stays what it was elsewhere. Rows are those above,
/// at hand and below, one column longer than `out` at both ends, NaN for what is missing.
pub fn smooth(rows: [&[f64]; 3], filled: &[bool], out: &mut [f64]) {
    for (i, (out, &filled)) in out.iter_mut().zip(filled).enumerate() {
        *out = rows[1][i + 1];
        if filled {
            let (mut sum, mut count) = (0.0, 0.0);
            for value in rows.iter().flat_map(|row| &row[i..i + 3]).filter(|v| !v.is_nan()) {
                sum += value;
                count += 1.0;
            }
            *out = sum / count;
        }
    }
}
