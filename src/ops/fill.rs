//! The verb [`Raster::fill`](crate::Raster::fill): what is missing, from what is beside it.

use std::sync::Arc;

use super::settled::without_statistics;
use crate::kernel::{Gaps, narrow, smooth};
use crate::raster::{Buffer, Colors, Context, Info, Raster, Source, Tell, Window};
use crate::{Error, Result};

/// How gaps are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillOptions {
    /// How far samples may be, in pixels: 1 to 8191.
    pub distance: u32,
    /// How often what was filled is smoothed, by the mean of 3 x 3 pixels: 0 to 255.
    pub smooth: u32,
}

impl Default for FillOptions {
    /// Up to 100 pixels, not smoothed, as GDAL and rasterio.
    fn default() -> Self {
        Self { distance: 100, smooth: 0 }
    }
}

/// The furthest that samples are looked for.
const FURTHEST: u32 = 8191;

impl Raster {
    /// Returns this raster with missing pixels of each band filled, as GDALFillNodata does:
    /// by the mean of the nearest samples of four quadrants, weighted by the inverse of their
    /// distance, as far as [`FillOptions::distance`] reaches; what has none stays missing.
    /// Then they are smoothed. Samples that are there stay what they are.
    ///
    /// Values are made in `f64`; integers round half to even, 64-bit ones beyond 2^53 round.
    /// Not as GDAL, the last column of the raster counts once, not for two quadrants, the
    /// first and the last row are smoothed as others are, and the smoothing counts what was
    /// filled whatever said that it was missing.
    ///
    /// Memory: the samples of a tile and around it, as far as the distance and the smoothing
    /// reach; work, for each missing pixel, grows with the distance to what is there.
    ///
    /// # Errors
    /// [`Error::Usage`] if the distance or the smoothing is out of its range;
    /// [`Error::Unsupported`] if samples are complex or indices into a colour table.
    pub fn fill(&self, how: FillOptions) -> Result<Self> {
        let info = self.info();
        if info.dtype.is_complex() {
            return Err(Error::unsupported("filling of complex samples").found(info.dtype));
        }
        if matches!(info.colors, Colors::Palette(_)) {
            return Err(Error::unsupported("filling by means of indices into a colour table")
                .hint("expand the colours first, or take the most frequent neighbour (focal)"));
        }
        if !(1..=FURTHEST).contains(&how.distance) {
            return Err(Error::usage("distance")
                .expected(format!("1 to {FURTHEST} pixels"))
                .found(how.distance));
        }
        if how.smooth > 255 {
            return Err(Error::usage("smoothing").expected("0 to 255 times").found(how.smooth));
        }
        let metadata = Arc::new(without_statistics(&info.metadata));
        Ok(Self::new(Filled { input: self.clone(), info: Info { metadata, ..info.clone() }, how }))
    }
}

#[derive(Debug)]
struct Filled {
    input: Raster,
    info: Info,
    how: FillOptions,
}

impl Filled {
    /// What is filled for a window: smoothing looks at a pixel more each time.
    fn made(&self, window: Window) -> Window {
        window.grown(self.how.smooth, self.how.smooth)
    }

    fn need(&self, window: Window) -> Window {
        self.made(window).grown(self.how.distance, self.how.distance)
    }

    /// Fills a band, smoothed.
    fn smoothed(&self, source: &Buffer, band: u16, out: &mut Buffer) {
        let (window, made) = (out.window(), self.made(out.window()));
        let raster = self.info.grid.size.window();
        let width = made.width as usize;
        let mut values = vec![0.0; width * made.height as usize];
        let mut filled = vec![false; values.len()];
        let mut gaps = Gaps::new(source, band, made, self.how.distance);
        for (row, line) in (made.row..).zip(values.chunks_exact_mut(width)) {
            gaps.row(line);
            for (col, value) in (made.col..).zip(line) {
                // Gaps reach beyond the edge, but there is nothing.
                if !(raster.col..raster.col_end()).contains(&col)
                    || !(raster.row..raster.row_end()).contains(&row)
                {
                    *value = f64::NAN;
                }
            }
        }
        let mut own = vec![0.0; width];
        for (row, (filled, line)) in
            (made.row..).zip(filled.chunks_exact_mut(width).zip(values.chunks_exact(width)))
        {
            crate::kernel::widen(source, band, made.col, row, &mut own);
            for ((filled, own), value) in filled.iter_mut().zip(&own).zip(line) {
                *filled = own.is_nan() && !value.is_nan();
            }
        }
        let mut next = values.clone();
        for pass in 1..=self.how.smooth as usize {
            for row in pass..made.height as usize - pass {
                let at = |row: usize| &values[row * width..][..width];
                let rows = [at(row - 1), at(row), at(row + 1)];
                let run = row * width + 1..(row + 1) * width - 1;
                smooth(rows, &filled[run.clone()], &mut next[run]);
            }
            std::mem::swap(&mut values, &mut next);
        }
        let beside = self.how.smooth as usize;
        for row in 0..window.height as usize {
            let line = &values[(row + beside) * width + beside..][..window.width as usize];
            narrow(line, band, row * window.width as usize, out);
        }
    }
}

impl Source for Filled {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let window = out.window();
        let source = cx.read(&self.input, self.need(window))?;
        out.validate();
        let mut line = vec![0.0; window.width as usize];
        for band in 0..out.bands() {
            if self.how.smooth > 0 {
                self.smoothed(&source, band, out);
            } else {
                let mut gaps = Gaps::new(&source, band, window, self.how.distance);
                for row in 0..window.height as usize {
                    gaps.row(&mut line);
                    narrow(&line, band, row * line.len(), out);
                }
            }
            // What is there is not made of floats: it stays as it is.
            keep(&source, band, out);
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let (made, need, info) = (self.made(window), self.need(window), self.input.info());
        let smoothing = if self.how.smooth > 0 { 17 * made.pixels() } else { 0 };
        Buffer::bytes_for(need, info.bands, info.dtype)
            + self.input.source().footprint(need)
            + Gaps::bytes(made, self.how.distance)
            + smoothing
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.input.source().needs(self.need(window), tell);
    }
}

/// Copies the 64-bit integers that are there: the others came through unchanged.
fn keep(source: &Buffer, band: u16, out: &mut Buffer) {
    use crate::raster::DataType::{I64, U64};
    match source.dtype() {
        I64 => keep_of::<i64>(source, band, out),
        U64 => keep_of::<u64>(source, band, out),
        _ => {}
    }
}

fn keep_of<T: crate::raster::Sample>(source: &Buffer, band: u16, out: &mut Buffer) {
    let (held, window) = (source.window(), out.window());
    let width = window.width as usize;
    for row in 0..window.height as usize {
        let start = (window.row - held.row) as usize + row;
        let start = start * held.width as usize + (window.col - held.col) as usize;
        let valid = source.valid(band).map(|valid| &valid[start..start + width]);
        let own = &source.plane::<T>(band)[start..start + width];
        let samples = &mut out.plane_mut::<T>(band)[row * width..][..width];
        for (i, (sample, &own)) in samples.iter_mut().zip(own).enumerate() {
            if valid.is_none_or(|valid| valid[i] != 0) {
                *sample = own;
            }
        }
    }
}
