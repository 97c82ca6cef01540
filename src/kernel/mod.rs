//! Pure functions on borrowed pixels: no files, no threads, no memory of their own.
//!
//! Positions are in source pixels, absolute, and count from the top left
//! *corner* of the raster: pixel (i, j) covers `[i, i+1) x [j, j+1)`, its centre
//! is (i + 0.5, j + 0.5). What a kernel gives for a pixel depends on that
//! pixel's own position, footprint and source samples alone, bit for bit.

/// [`Classes`]: which interval a sample lies in.
mod classes;
/// [`contour`]: lines of equal height.
mod contour;
/// [`Cover`]: what the footprints of a run of output pixels cover.
mod cover;
/// [`Gaps`]: what is missing, from what is beside it.
mod fill;
/// [`Focal`]: what the pixels around a pixel come to.
mod focal;
/// [`Histogram`]: counts over equal intervals.
mod histogram;
/// [`Segment::gather`]: interpolates a run of output pixels.
mod interpolate;
/// [`label`]: regions of one rectangle.
mod label;
/// The Lanczos kernel, by polynomials.
mod lanczos;
/// [`nearest`], [`Distances`]: how far the nearest of some pixels is.
mod nearest;
/// [`mark_nodata`], [`avoid_nodata`]: nodata values become validity, and back.
mod nodata;
/// Samples as numbers that are in the same order.
mod ordered;
/// [`outline`]: where regions end.
mod outline;
/// What a quadrilateral covers, exactly.
mod quad;
/// [`Colouring`]: numbers as colours.
mod ramp;
/// [`Ranks`]: exact order statistics.
mod ranks;
/// The float types that sums are made in.
mod real;
/// [`Reduction`]: overviews.
mod reduce;
/// [`Resampling`] and its weight functions.
mod resampling;
/// [`Segment`]: where a run of output pixels lies in the source.
mod segment;
/// [`Statistics`]: exact minimum, maximum, mean and standard deviation.
mod statistics;
/// Sums over any number of taps: minified or incomplete supports.
mod support;
/// [`Terrain`]: what neighbours say of the ground.
mod terrain;
/// Samples of any type as numbers to calculate with, and back.
mod widen;
/// Blocks of pixels whose kernels are widened alike.
mod widened;

pub use classes::{Classes, Interval};
pub use contour::{Contours, Crossing, Levels, Stretch, TooMany, contour};
pub use cover::Cover;
pub use fill::{Gaps, smooth};
pub use focal::{Focal, Neighbourhood};
pub use histogram::Histogram;
pub use label::{Connect, label, root, union};
pub use nearest::{Distances, Hull, Metric, Stand, nearest};
pub use nodata::{avoid_nodata, mark_nodata};
pub use outline::{Arc, Corner, Outlines, Side, outline};
pub use quad::{Corners, Quad, Quads};
pub use ramp::{Colouring, Rgba, Shade};
pub use ranks::{Ranks, Wanted, interpolate_ranks, ranks_beside};
pub use reduce::{OverviewResampling, Reduction};
pub use resampling::Resampling;
pub use segment::{Footprints, Outcome, Plane, Positions, Segment};
pub use statistics::{Statistics, Summary};
pub use terrain::{Cell, Curvature, Gradient, Light, Terrain, metres_of_a_degree};
pub use widen::{narrow, widen};
