//! Summarises what the footprints of a run of output pixels cover.

/// Boxes around footprints, along the axes of the source.
mod boxes;
/// Means of what lies in boxes.
mod means;
/// Samples picked of what lies in boxes.
mod picks;

use boxes::{BLOCK, Block, boxes_around};
use means::means;
use picks::{Scratch, order};

use super::quad::{Quads, covered};
use super::real::Real;
use super::{Outcome, Plane, Resampling, Segment};
use crate::raster::{Sample, Size, Window};

/// What the footprints of a run of up to [`Segment::MAX`] output pixels cover of
/// a source window: worked out once by [`Cover::locate`], used for every band
/// by [`Cover::gather`].
#[derive(Debug, Clone)]
pub struct Cover {
    how: Resampling,
    raster: Size,
    window: Window,
    len: usize,
    quads: Quads,
    boxes: Vec<Block>,
    scratch: Scratch,
}

impl Cover {
    /// Makes the cover of no pixels.
    pub fn new() -> Self {
        Self {
            how: Resampling::Average,
            raster: Size::new(0, 0),
            window: Window::new(0, 0, 0, 0),
            len: 0,
            quads: Quads::default(),
            boxes: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Returns the most bytes that summarising one pixel takes, if its footprint
    /// is all of `window`.
    pub fn bytes_for(how: Resampling, window: Window, sample: usize) -> u64 {
        let each = match how {
            Resampling::Mode => sample + size_of::<f64>() + size_of::<usize>(),
            Resampling::Med | Resampling::Q1 | Resampling::Q3 => sample,
            _ => return u64::from(window.width) * size_of::<f64>() as u64,
        };
        window.pixels() * each as u64
    }

    /// Works out what up to [`Segment::MAX`] footprints cover of a source whose
    /// raster has size `raster` and of which `window` is in memory; it must hold
    /// all of the raster that they cover.
    ///
    /// [`Resampling::Sum`] and [`Resampling::Area`] take the quadrilateral as it
    /// is; neighbours that share corners then share out every source pixel.
    /// The others take a box along the axes of the source: from the upper left
    /// corner to the lower right, as gdalwarp has it, where the output is turned
    /// against the source by no more than 14 degrees (a slope of 1/4). From there
    /// on to a slope of 1/2 it grows to the box of all four corners; gdalwarp's
    /// shrinks to nothing at 45 degrees.
    ///
    /// # Panics
    /// If there are more than [`Segment::MAX`] footprints or `how` is no summary.
    pub fn locate(
        &mut self,
        how: Resampling,
        raster: Size,
        window: Window,
        quads: &Quads,
        len: usize,
    ) {
        assert!(how.is_summary(), "{how} takes positions: see Segment");
        assert!(len <= Segment::MAX, "at most 256 footprints");
        (self.how, self.raster, self.window, self.len) = (how, raster, window, len);
        self.boxes.clear();
        if how.is_exact_cover() {
            self.quads.clone_from(quads);
        } else {
            boxes_around(quads, len, raster, window, &mut self.boxes);
        }
    }

    /// Summarises every footprint in one band; returns whether all pixels are
    /// valid, and how many did not fit the type.
    ///
    /// Writes the samples and their validity (255 or 0); an invalid sample is 0.
    /// Samples that are invalid or outside the raster do not count; a pixel is
    /// invalid if nothing of its footprint does. Sums and means are made in `f64`;
    /// what is picked is exact. Integers round half to even and saturate.
    /// NaN samples that are not invalid make NaN of sums and means; they are
    /// larger than all numbers to what is picked.
    ///
    /// # Panics
    /// If `source` has another window than the footprints were located in, or
    /// `out` or `valid` another length; if samples are not of a type that the
    /// method works in ([`Resampling::working`]), complex ones among them: sums are
    /// made of their parts.
    pub fn gather<T: Sample>(
        &mut self,
        source: Plane<'_, T>,
        out: &mut [T],
        valid: &mut [u8],
    ) -> Outcome {
        let sums = const { Resampling::Average.works_in(T::DTYPE) };
        let picks = const { Resampling::Mode.works_in(T::DTYPE) } && self.how.picks();
        assert!(sums || picks, "samples of a working type");
        assert_eq!(source.window, self.window, "the window the footprints were located in");
        let len = self.len;
        assert!(out.len() == len && valid.len() == len, "one sample a pixel");
        match self.how {
            Resampling::Average if sums => return means(&self.boxes, source, false, out, valid),
            Resampling::Rms if sums => return means(&self.boxes, source, true, out, valid),
            _ => {}
        }
        let mut outcome = Outcome::ALL_VALID;
        for (i, (out, valid)) in out.iter_mut().zip(valid).enumerate() {
            let found = if picks {
                self.pick(source, i)
            } else {
                let found =
                    covered(source, self.raster, &self.quads.get(i), &mut self.scratch.line);
                let mean = self.how == Resampling::Area;
                (found.area > 0.0).then(|| {
                    let value = if mean { found.sum / found.area } else { found.sum };
                    outcome.saturated += u32::from(value.saturates::<T>());
                    value.sample()
                })
            };
            outcome.all_valid &= found.is_some();
            *valid = if found.is_some() { 255 } else { 0 };
            *out = found.unwrap_or_else(T::zeroed);
        }
        outcome
    }

    /// Picks a sample.
    fn pick<T: Sample>(&mut self, source: Plane<'_, T>, i: usize) -> Option<T> {
        let area = &self.boxes[i / BLOCK].area(i % BLOCK);
        let least = |a: T, b: T| if order(&b, &a).is_lt() { b } else { a };
        let most = |a: T, b: T| if order(&b, &a).is_gt() { b } else { a };
        let quantile = |of: f64| move |n: usize| (of * n as f64 - 1.0).ceil().max(0.0) as usize;
        match self.how {
            Resampling::Min => area.samples(source).map(|(v, _)| v).reduce(least),
            Resampling::Max => area.samples(source).map(|(v, _)| v).reduce(most),
            Resampling::Mode => self.scratch.mode(area, source),
            Resampling::Q1 => self.scratch.ranked(area, source, quantile(0.25)),
            Resampling::Q3 => self.scratch.ranked(area, source, quantile(0.75)),
            _ => self.scratch.ranked(area, source, quantile(0.5)),
        }
    }
}

impl Default for Cover {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::quad::Quad;
    use super::*;
    use crate::raster::{DataType, Point, dispatch_real};

    fn one(quad: Quad) -> Quads {
        let mut quads = Quads::default();
        quads.set(0, quad);
        quads
    }

    fn summarize(how: Resampling, width: u32, samples: &[f64], corners: [f64; 4]) -> f64 {
        let size = Size::new(width, samples.len() as u32 / width);
        let [left, top, right, bottom] = corners;
        let quad = [(left, top), (right, top), (right, bottom), (left, bottom)];
        let mut cover = Cover::new();
        cover.locate(how, size, size.window(), &one(quad.map(|(x, y)| Point { x, y })), 1);
        let (mut out, mut valid) = ([0.0], [0]);
        let source = Plane { window: size.window(), samples, valid: None };
        assert!(cover.gather(source, &mut out, &mut valid).all_valid);
        out[0]
    }

    /// Values of GDAL 3.12 (`rasterio.warp.reproject` with tolerance 0) on the
    /// same 4 x 4 pixels: halves, and pixel (1, 0) of thirds.
    #[test]
    fn summaries_are_those_of_gdal() {
        use Resampling::{Area, Average, Max, Med, Min, Mode, Q1, Q3, Rms, Sum};
        let samples = [1, 2, 3, 3, 1, 2, 3, 4, 5, 2, 5, 6, 5, 5, 6, 6].map(f64::from);
        for (how, lower_left, upper_middle) in [
            (Mode, 5.0, 3.0),
            (Med, 5.0, 2.0),
            (Q1, 2.0, 2.0),
            (Q3, 5.0, 3.0),
            (Min, 2.0, 2.0),
            (Max, 5.0, 3.0),
            (Average, 4.25, 2.666_666_666_666_666_5),
            (Rms, 4.444_097_208_657_794, 2.708_012_801_545_32),
            (Sum, 17.0, 6.0),
            (Area, 4.25, 2.666_666_666_666_666_5),
        ] {
            let found = summarize(how, 4, &samples, [0.0, 2.0, 2.0, 4.0]);
            assert!((found - lower_left).abs() < 1e-14, "{how}: {found}");
            let found = summarize(how, 4, &samples, [1.5, 0.0, 3.0, 1.5]);
            assert!((found - upper_middle).abs() < 1e-14, "{how}: {found}");
        }
    }

    #[test]
    fn what_is_picked_is_of_its_rank_in_every_type() {
        let values = [7.0, -3.0, f64::NAN, 1e30, 0.0, 2.5, -1e30, 2.0, 300.0];
        let size = Size::new(9, 1);
        let quad = [(0.0, 0.0), (9.0, 0.0), (9.0, 1.0), (0.0, 1.0)].map(|(x, y)| Point { x, y });
        let own = |dtype: &DataType| Resampling::Med.works_in(*dtype);
        for dtype in DataType::ALL.into_iter().filter(own) {
            dispatch_real!(dtype, T => {
                let samples = values.map(<T as Sample>::from_f64);
                let mut sorted = samples;
                sorted.sort_by(order);
                for (how, rank) in [(Resampling::Q1, 2), (Resampling::Med, 4), (Resampling::Q3, 6)] {
                    let mut cover = Cover::new();
                    cover.locate(how, size, size.window(), &one(quad), 1);
                    let (mut out, mut valid) = ([T::default()], [0]);
                    let source = Plane { window: size.window(), samples: &samples, valid: None };
                    cover.gather(source, &mut out, &mut valid);
                    assert_eq!((out[0], valid), (sorted[rank], [255]), "{how} of {dtype}");
                }
            });
        }
        let nan = f64::NAN;
        assert!(
            summarize(Resampling::Med, 4, &[nan, 1.0, nan, nan], [0.0, 0.0, 4.0, 1.0]).is_nan()
        );
    }

    #[test]
    fn of_values_that_cover_as_much_the_first_to_do_so_is_the_mode() {
        for (samples, wanted) in
            [([7.0, 9.0, 9.0, 7.0], 9.0), ([7.0, 9.0, 7.0, 9.0], 7.0), ([9.0, 7.0, 7.0, 9.0], 7.0)]
        {
            let one = summarize(Resampling::Mode, 4, &samples, [0.0, 0.0, 4.0, 1.0]);
            // The same among so many that they are sorted.
            let many: Vec<f64> = samples.repeat(20);
            let sorted = summarize(Resampling::Mode, 4, &many, [0.0, 0.0, 4.0, 20.0]);
            assert_eq!((one, sorted), (wanted, wanted));
        }
    }

    #[test]
    fn boxes_of_turned_footprints_are_not_empty() {
        let samples = [1.0; 100];
        let size = Size::new(10, 10);
        let diamond = [(5.0, 3.0), (7.0, 5.0), (5.0, 7.0), (3.0, 5.0)].map(|(x, y)| Point { x, y });
        let around = |quad: Quad| {
            let mut boxes = Vec::new();
            boxes_around(&one(quad), 1, size, size.window(), &mut boxes);
            boxes[0].area(0)
        };
        let found = around(diamond);
        assert_eq!((found.x.taps.clone(), found.y.taps.clone()), (3..7, 3..7));
        let slight = [(5.0, 5.0), (7.0, 5.1), (6.9, 7.1), (4.9, 7.0)].map(|(x, y)| Point { x, y });
        let found = around(slight);
        assert!((found.x.taps.clone(), found.y.taps.clone()) == (5..7, 5..8));
        assert!((found.x.last - 0.9).abs() < 1e-12 && (found.y.last - 0.1).abs() < 1e-12);
        let source = Plane { window: size.window(), samples: &samples, valid: None };
        let (sum, weight) = found.sum(source, false);
        assert_eq!(sum / weight, 1.0);
    }
}
