//! What distances are to.

use crate::kernel::{Classes, widen};
use crate::raster::{Buffer, Raster};

/// What is looked for, and where.
#[derive(Debug)]
pub(super) struct Targets {
    /// One band.
    pub(super) input: Raster,
    pub(super) classes: Classes,
    pub(super) keep_missing: bool,
}

impl Targets {
    /// Tells which pixels of a row of a source, from a column on, are targets.
    pub(super) fn there(
        &self,
        source: &Buffer,
        col: i64,
        row: i64,
        numbers: &mut Vec<u32>,
        out: &mut [bool],
    ) {
        let held = source.window();
        let start = (row - held.row) as usize * held.width as usize + (col - held.col) as usize;
        numbers.resize(out.len(), 0);
        self.classes.find(source, 0, start, numbers);
        for (out, &number) in out.iter_mut().zip(numbers.iter()) {
            *out = number != Classes::NONE && number != Classes::MISSING;
        }
    }

    /// Makes missing what is so in a source, if that is asked for.
    pub(super) fn keep(&self, source: &Buffer, out: &mut Buffer) {
        let window = out.window();
        let width = window.width as usize;
        let mut line = vec![0.0; width];
        for row in window.row..window.row_end() {
            widen(source, 0, window.col, row, &mut line);
            if line.iter().any(|v| v.is_nan()) {
                out.add_mask();
                let start = (row - window.row) as usize * width;
                let valid = &mut out.valid_mut(0).unwrap_or_default()[start..start + width];
                for (valid, value) in valid.iter_mut().zip(&line) {
                    *valid &= if value.is_nan() { 0 } else { 255 };
                }
            }
        }
    }
}
