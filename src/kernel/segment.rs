//! Where a run of output pixels lies in the source.

use std::ops::Range;

use multiversion::multiversion;

use super::Resampling;
use super::real::{floor, low_bits};
use super::resampling::effective_scale;
use crate::raster::{Buffer, Sample, Size, Window};

/// The pixels looked at together: small enough that one pixel at the raster's
/// edge slows few others down, and that gathered taps stay in the first cache.
pub(super) const BLOCK: usize = 64;

/// The most pixels of a segment: its arrays stay in the first cache too.
const RUN: usize = 256;

/// One band of a source: borrowed samples of one window.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a, T> {
    /// The window, in absolute source pixels.
    pub window: Window,
    /// Its samples, row by row.
    pub samples: &'a [T],
    /// 255 for each valid sample and 0 for each other; `None` if all are valid.
    pub valid: Option<&'a [u8]>,
}

impl<T> Plane<'_, T> {
    /// Returns whether a rectangle of its pixels, counted from the window's first, is small and
    /// all valid. Pixels of one run lie next to each other, so that this takes far less than a look
    /// at what each of them needs.
    #[inline(always)]
    pub(super) fn is_whole(&self, columns: &Range<usize>, rows: Range<usize>) -> bool {
        let Some(valid) = self.valid else { return true };
        let stride = self.window.width as usize;
        columns.len() * rows.len() <= 64 * BLOCK
            && rows.into_iter().all(|row| {
                let line = &valid[row * stride..][columns.clone()];
                line.iter().fold(255, |all, &v| all & v) == 255
            })
    }
}

impl<'a, T: Sample> Plane<'a, T> {
    /// Borrows a band (from 0) of a buffer.
    ///
    /// # Panics
    /// If `T` is not the buffer's type or there is no such band.
    pub fn of(buffer: &'a Buffer, band: u16) -> Self {
        Self { window: buffer.window(), samples: buffer.plane(band), valid: buffer.valid(band) }
    }
}

/// The size of each output pixel in source pixels, along the source's axes.
///
/// For the Jacobian J of the map from output to source positions that is
/// `hypot(J_xcol, J_xrow)` along x and `hypot(J_ycol, J_yrow)` along y. Values
/// up to 1/0.95 and NaN count as 1; larger ones widen the kernel.
#[derive(Debug, Clone, Copy)]
pub struct Footprints<'a> {
    /// Along x.
    pub x: &'a [f64],
    /// Along y.
    pub y: &'a [f64],
}

/// Where output pixel centres lie, in absolute source pixels from the corner of
/// the raster. A position that is not finite, or outside `[0, width] x [0, height]`
/// of the raster, makes its pixel invalid, as in gdalwarp.
#[derive(Debug, Clone, Copy)]
pub struct Positions<'a> {
    /// Columns.
    pub x: &'a [f64],
    /// Rows.
    pub y: &'a [f64],
    /// Sizes of the output pixels; `None` if none is minified.
    pub footprints: Option<Footprints<'a>>,
}

/// What became of a run of pixels in one band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Whether all pixels are valid.
    pub all_valid: bool,
    /// How many valid pixels an integer type had no room for: they hold its
    /// least or largest value.
    pub saturated: u32,
}

impl Outcome {
    /// Of no pixels, or of valid ones that all fit.
    pub const ALL_VALID: Self = Self { all_valid: true, saturated: 0 };
}

impl std::ops::AddAssign for Outcome {
    fn add_assign(&mut self, other: Self) {
        self.all_valid &= other.all_valid;
        self.saturated += other.saturated;
    }
}

/// Where a run of up to [`Segment::MAX`] output pixels lies in a source window:
/// worked out once by [`Segment::locate`], used for every band by
/// [`Segment::gather`]. About 10 KiB, to be kept from one run to the next.
#[derive(Debug, Clone)]
pub struct Segment {
    pub(super) how: Resampling,
    pub(super) window: Window,
    pub(super) len: usize,
    /// The last tap at or before the position, from the window's corner.
    pub(super) x: Axis,
    pub(super) y: Axis,
    /// Whether the kernel is widened anywhere.
    pub(super) minified: bool,
    /// Whether no pixel of a block is outside the raster or minified, and all
    /// its taps are in the window.
    pub(super) inside: [bool; RUN / BLOCK],
}

/// One axis of a segment.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    /// The tap at or left of the position, from the window's first; any number
    /// where `placed` is not set.
    pub(super) base: [i32; RUN],
    /// How far the position is past that tap's centre, in `[0, 1)`.
    pub(super) fraction: [f64; RUN],
    /// 255 if the position is in the raster, else 0.
    pub(super) placed: [u8; RUN],
    /// What the kernel is widened by, at least 1; only where minified.
    pub(super) scale: [f64; RUN],
}

impl Segment {
    /// The most pixels of a segment.
    pub const MAX: usize = RUN;

    /// Makes a segment of no pixels.
    pub fn new() -> Self {
        let axis = Axis {
            base: [0; Self::MAX],
            fraction: [0.0; Self::MAX],
            placed: [0; Self::MAX],
            scale: [1.0; Self::MAX],
        };
        Self {
            how: Resampling::Near,
            window: Window::new(0, 0, 0, 0),
            len: 0,
            x: axis.clone(),
            y: axis,
            minified: false,
            inside: [false; Self::MAX / BLOCK],
        }
    }

    /// Works out the taps of up to [`Segment::MAX`] output pixels in a source
    /// whose raster has size `raster` and of which `window` is in memory.
    ///
    /// `window` must hold every tap that is in the raster ([`Resampling::reach`]
    /// says how far they lie); taps outside it count as outside the raster.
    ///
    /// # Panics
    /// If the arrays of `at` have different lengths or more than [`Segment::MAX`],
    /// or `how` is a summary.
    pub fn locate(&mut self, how: Resampling, raster: Size, window: Window, at: Positions<'_>) {
        assert!(!how.is_summary(), "{how} needs footprints: see Cover");
        let len = at.x.len();
        assert!(len <= Self::MAX && at.y.len() == len, "one x and y a pixel, at most 256");
        self.how = how;
        self.window = window;
        self.len = len;
        let locate = if how == Resampling::Near { locate_pixels } else { locate_taps };
        locate(&mut self.x, raster.width, window.col, at.x);
        locate(&mut self.y, raster.height, window.row, at.y);
        self.minified = false;
        if let (Some(footprints), true) = (at.footprints, how.radius() > 0) {
            assert!(
                footprints.x.len() == len && footprints.y.len() == len,
                "one footprint a pixel"
            );
            self.minified = self.x.widen(raster.width, footprints.x)
                | self.y.widen(raster.height, footprints.y);
        }
        for (block, inside) in self.inside.iter_mut().enumerate() {
            let range = block * BLOCK..len.min((block + 1) * BLOCK);
            *inside = !range.is_empty()
                && self.x.is_inside(how, window.width, range.clone())
                && self.y.is_inside(how, window.height, range.clone())
                && !(self.minified
                    && (self.x.is_widened(range.clone()) || self.y.is_widened(range)));
        }
    }

    /// Sets to 255 each pixel of `seen` whose position lies on a valid sample of
    /// a band; the others keep what they have. `valid` is the band's validity
    /// over the segment's window.
    ///
    /// gdalwarp makes no pixel whose position lies on a sample that is missing in
    /// every band, however many of its neighbours are there: interpolation shrinks
    /// no gap.
    ///
    /// # Panics
    /// If `valid` is not one byte a pixel of the window, or `seen` has another
    /// length than the segment.
    pub fn see(&self, valid: &[u8], seen: &mut [u8]) {
        assert_eq!(valid.len() as u64, self.window.pixels(), "one byte a pixel of the window");
        assert_eq!(seen.len(), self.len, "one byte a pixel");
        let stride = self.window.width as usize;
        for (i, seen) in seen.iter_mut().enumerate() {
            if self.x.placed[i] & self.y.placed[i] == 0 {
                continue;
            }
            let col = self.x.center(self.how, self.window.width, i);
            let row = self.y.center(self.how, self.window.height, i);
            *seen |= valid[row * stride + col];
        }
    }

    /// Returns the number of pixels.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no pixels.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Default for Segment {
    fn default() -> Self {
        Self::new()
    }
}

impl Axis {
    /// Returns the pixel that a placed position lies on, in a window of `extent`
    /// pixels; with the border rule of [`locate`].
    #[inline(always)]
    fn center(&self, how: Resampling, extent: u32, i: usize) -> usize {
        let next = how.radius() > 0 && self.fraction[i] >= 0.5 - 1e-10;
        // The window holds the taps, and so this pixel, unless it is past the far edge.
        (self.base[i] + i32::from(next)).clamp(0, extent as i32 - 1) as usize
    }

    /// Takes footprints over; returns whether any widens the kernel.
    fn widen(&mut self, extent: u32, footprints: &[f64]) -> bool {
        // A pixel that much larger than the raster sees all of it alike.
        let most = 1024.0 * f64::from(extent);
        let mut any = false;
        for (&footprint, scale) in footprints.iter().zip(&mut self.scale) {
            *scale = effective_scale(footprint, most);
            any |= *scale > 1.0;
        }
        any
    }

    fn is_widened(&self, range: Range<usize>) -> bool {
        self.scale[range].iter().any(|&s| s > 1.0)
    }

    /// Returns whether all these pixels are in the raster and their taps at
    /// scale 1 in a window of `extent` pixels.
    fn is_inside(&self, how: Resampling, extent: u32, range: Range<usize>) -> bool {
        let radius = how.radius() as i32;
        let (first, last) = match radius {
            0 => (0, i64::from(extent) - 1),
            r => (r - 1, i64::from(extent) - 1 - i64::from(r)),
        };
        let Ok(last) = i32::try_from(last) else { return false };
        let placed = self.placed[range.clone()].iter().fold(255, |all, &p| all & p) == 255;
        let (least, most) = ends(&self.base[range]);
        placed && least >= first && most <= last
    }
}

/// The source pixels from a window's first up to which bases are numbers.
const FAR: f64 = (1 << 30) as f64;

/// Works out the pixels that positions on a raster of `extent` pixels lie on, from pixel `origin`.
#[multiversion(targets("x86_64+avx2"))]
fn locate_pixels(axis: &mut Axis, extent: u32, origin: i64, positions: &[f64]) {
    let (end, origin) = (f64::from(extent), origin as f64);
    let outputs = axis.base.iter_mut().zip(&mut axis.placed);
    for (&position, (base, placed)) in positions.iter().zip(outputs) {
        // Positions on a pixel's border belong to the pixel after it even if they are a rounding
        // error before it (gdalwarpkernel.cpp's 1e-10); a position on the far edge of the raster
        // belongs to its last pixel.
        let whole = floor(position + 1e-10);
        let whole = if whole < end - 1.0 { whole } else { end - 1.0 };
        let from_origin = whole - origin;
        *base = low_bits(from_origin);
        *placed = placed_here(position, end, from_origin);
    }
}

/// Works out base and fraction for positions on a raster of `extent` pixels,
/// the base from pixel `origin`.
#[multiversion(targets("x86_64+avx2"))]
fn locate_taps(axis: &mut Axis, extent: u32, origin: i64, positions: &[f64]) {
    let (end, origin) = (f64::from(extent), origin as f64);
    let outputs = axis.base.iter_mut().zip(&mut axis.fraction).zip(&mut axis.placed);
    for (&position, ((base, fraction), placed)) in positions.iter().zip(outputs) {
        // The base is floor(p - 0.5) = floor(p + 0.5) - 1, free of negatives.
        let shifted = position + 0.5;
        let whole = floor(shifted);
        let whole = if whole < end { whole } else { end };
        let from_origin = whole - 1.0 - origin;
        *base = low_bits(from_origin);
        *fraction = shifted - whole;
        *placed = placed_here(position, end, from_origin);
    }
}

/// Returns 255 for a position on the raster whose base is a number, whatever the window; else 0.
#[inline(always)]
fn placed_here(position: f64, end: f64, from_origin: f64) -> u8 {
    let here = (position >= 0.0) & (position <= end) & (from_origin.abs() < FAR);
    if here { 255 } else { 0 }
}

/// Returns the least and the largest of some numbers.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn ends(numbers: &[i32]) -> (i32, i32) {
    let (mut least, mut most) = (i32::MAX, i32::MIN);
    // A fold would not become part of this function, nor wide.
    for &number in numbers {
        least = least.min(number);
        most = most.max(number);
    }
    (least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(how: Resampling, x: &[f64], window: Window) -> Segment {
        let mut segment = Segment::new();
        let y = vec![10.5; x.len()];
        let at = Positions { x, y: &y, footprints: None };
        segment.locate(how, Size::new(100, 40), window, at);
        segment
    }

    #[test]
    fn bases_and_fractions_count_from_pixel_centres() {
        let x = [0.0, 0.5, 1.25, 99.75, 100.0, -0.01, 100.01, f64::NAN, f64::INFINITY];
        let s = locate(Resampling::Bilinear, &x, Window::new(0, 0, 100, 40));
        assert_eq!(&s.x.base[..5], [-1, 0, 0, 99, 99]);
        assert_eq!(&s.x.fraction[..5], [0.5, 0.0, 0.75, 0.25, 0.5]);
        assert_eq!(&s.x.placed[..9], [255, 255, 255, 255, 255, 0, 0, 0, 0]);
        assert_eq!((s.y.base[0], s.y.fraction[0]), (10, 0.0));
        let s = locate(Resampling::Near, &x, Window::new(2, 3, 90, 20));
        assert_eq!(&s.x.base[..5], [-2, -2, -1, 97, 97]);
        assert_eq!(s.y.base[0], 7);
    }

    #[test]
    fn near_forgives_rounding_errors_before_a_border() {
        let x = [3.0 - 1e-11, 3.0 - 1e-9, 3.0];
        let s = locate(Resampling::Near, &x, Window::new(0, 0, 100, 40));
        assert_eq!(&s.x.base[..3], [3, 2, 3]);
    }

    #[test]
    fn positions_lie_on_the_pixels_that_contain_them() {
        let valid: Vec<u8> = (0..100u32 * 40).map(|i| if i % 100 == 7 { 0 } else { 255 }).collect();
        for how in [Resampling::Near, Resampling::Bilinear, Resampling::Cubic] {
            let x = [6.99, 7.0 - 1e-11, 7.0, 7.5, 7.99, 8.0, 100.0, -1.0];
            let segment = locate(how, &x, Window::new(0, 0, 100, 40));
            let mut seen = [0; 8];
            segment.see(&valid, &mut seen);
            assert_eq!(seen, [255, 0, 0, 0, 0, 255, 255, 0], "{how}");
        }
    }

    #[test]
    fn a_block_is_inside_only_if_all_its_taps_are() {
        let mut x = [50.0; 130];
        x[127] = 1.4;
        let s = locate(Resampling::Cubic, &x, Window::new(0, 0, 100, 40));
        assert_eq!(s.inside, [true, false, true, false]);
        let s = locate(Resampling::Bilinear, &x, Window::new(0, 0, 100, 40));
        assert_eq!(s.inside, [true, true, true, false]);
        let s = locate(Resampling::Bilinear, &x, Window::new(0, 0, 50, 40));
        assert_eq!(s.inside, [false, false, false, false]);
    }
}
