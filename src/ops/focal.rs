//! The verb [`Raster::focal`](crate::Raster::focal): what the pixels around each pixel come to.

use std::sync::Arc;

use super::settled::{usual_nodata, without_statistics};
use crate::kernel::{Focal, Neighbourhood, widen};
use crate::raster::{
    Buffer, Colors, Context, Info, Masked, Metadata, NoData, Raster, Source, Tell, Window,
};
use crate::{Error, Result};

/// What is made where a pixel itself is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingCentre {
    /// What the others around come to, as in `focal()` of an expression.
    #[default]
    Filled,
    /// Nothing: it stays missing.
    Missing,
}

impl Raster {
    /// Returns, for each pixel of each band, what the pixels around it come to. Missing ones
    /// do not count, nor what lies beyond the edge; where none is left the result is missing.
    ///
    /// Types are those of [`Focal::output_type`]: where a result is a sample it has the
    /// samples' type (of a median of integers between two, rounded half to even) and their
    /// nodata value, else it is a float and NaN says that it is missing. A number of samples
    /// is never missing, unless [`MissingCentre::Missing`] asks for it: then it is 2^32 - 1.
    /// Sums are made in `f64`, of the same samples in the same order wherever a tile begins.
    ///
    /// Memory: the samples of a tile and around it, and for ranks, modes and varieties about
    /// 53 bytes for each. Work grows with the logarithm of the sides of a rectangle, with the
    /// number of rows of other shapes and of ranks, and with the number of weights.
    ///
    /// # Errors
    /// [`Error::Usage`] if a percentile is not from 0 to 100, or weights other than 0 and 1
    /// are given for anything but a mean or a sum; [`Error::Unsupported`] if samples are
    /// complex.
    pub fn focal(
        &self,
        what: Focal,
        around: &Neighbourhood,
        missing: MissingCentre,
    ) -> Result<Self> {
        let info = self.info();
        if info.dtype.is_complex() {
            return Err(Error::unsupported("neighbours of complex samples").found(info.dtype));
        }
        if let Focal::Percentile(wrong) = what
            && !(0.0..=100.0).contains(&wrong)
        {
            return Err(Error::usage("percentile").expected("0 to 100").found(wrong));
        }
        if around.is_weighted() && !matches!(what, Focal::Mean | Focal::Sum) {
            return Err(Error::usage("weights other than 0 and 1")
                .expected("a mean or a sum")
                .hint("weights of 0 and 1 say which pixels count"));
        }
        let info = described(info, what, around, missing);
        let around = around.clone();
        Ok(Self::new(Neighbours { input: self.clone(), info, what, around, missing }))
    }
}

/// What is true of the results.
fn described(from: &Info, what: Focal, around: &Neighbourhood, missing: MissingCentre) -> Info {
    use Focal::{Count, Max, Median, Min, Mode, Range, Std, Sum, Variety};
    let dtype = what.output_type(from.dtype);
    let mut metadata: Metadata = without_statistics(&from.metadata);
    if matches!(what, Sum | Std | Range | Count | Variety) {
        // What takes a sample to a value does not take a number or a difference of them.
        for band in metadata.bands.values_mut() {
            (band.scale, band.offset, band.unit) = (None, None, None);
        }
    }
    let plain = Info {
        nodata: Some(usual_nodata(dtype)),
        metadata: Arc::new(metadata),
        chunk: from.chunk,
        ..Info::new(from.grid.clone(), from.bands, dtype)
    };
    match what {
        Count | Variety => {
            let nodata = plain.nodata.filter(|_| missing == MissingCentre::Missing);
            Info { nodata, ..plain }
        }
        Min | Max | Median | Mode => {
            // All are there where all samples are, and the pixel itself counts.
            let whole = from.masked == Masked::No && around.has_centre() && !dtype.is_float();
            let usual = plain.nodata.filter(|_| from.masked == Masked::No && !whole);
            let indices = matches!(from.colors, Colors::Palette(_));
            Info {
                nodata: from.nodata.or(usual).filter(|nodata: &NoData| nodata.fits(dtype)),
                masked: from.masked,
                colors: match &from.colors {
                    // Between two indices lies a third colour; the most frequent is one.
                    _ if indices && what != Mode => Colors::Gray,
                    colors => colors.clone(),
                },
                alpha: from.alpha,
                ..plain
            }
        }
        _ => plain,
    }
}

#[derive(Debug)]
struct Neighbours {
    input: Raster,
    info: Info,
    what: Focal,
    around: Neighbourhood,
    missing: MissingCentre,
}

impl Neighbours {
    /// The samples that a window is made of.
    fn need(&self, window: Window) -> Window {
        window.grown(self.around.columns_beside(), self.around.rows_beside())
    }

    /// Makes what is missing itself missing.
    fn keep_missing(&self, source: &Buffer, out: &mut Buffer) {
        let window = out.window();
        let width = window.width as usize;
        let mut line = vec![0.0; width];
        for band in 0..out.bands() {
            for row in window.row..window.row_end() {
                widen(source, band, window.col, row, &mut line);
                if line.iter().any(|v| v.is_nan()) {
                    out.add_mask();
                    let start = (row - window.row) as usize * width;
                    let valid = out.valid_mut(band).unwrap_or_default();
                    let gone =
                        |(valid, v): (&mut u8, &f64)| *valid &= if v.is_nan() { 0 } else { 255 };
                    valid[start..start + width].iter_mut().zip(&line).for_each(gone);
                }
            }
        }
    }
}

impl Source for Neighbours {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let source = cx.read(&self.input, self.need(out.window()))?;
        out.validate();
        for band in 0..out.bands() {
            self.what.fill(&self.around, &source, band, out);
        }
        if self.missing == MissingCentre::Missing {
            self.keep_missing(&source, out);
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let (need, info) = (self.need(window), self.input.info());
        Buffer::bytes_for(need, info.bands, info.dtype)
            + self.input.source().footprint(need)
            + self.what.bytes(&self.around, window)
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.input.source().needs(self.need(window), tell);
    }
}
