//! Images that are placed by control points or rational polynomials instead of a GeoTransform.

/// Where a locator is to be believed.
mod domain;
/// [`Heights`](heights::Heights): how high the ground is.
mod heights;
/// The view of a plane through control points.
mod homography;
/// The node: an image whose pixels are a reference system.
mod node;
/// Polynomials through control points.
mod polynomial;
/// Rational polynomials.
mod rational;
/// Systems of linear equations.
mod solve;
/// Thin plate splines through control points.
mod spline;

pub use node::{LocateOptions, Located, Placement};

use crate::Error;
use crate::raster::Point;

/// A place in an image, and on the ground.
#[derive(Debug, Clone, Copy)]
struct Pair {
    image: Point,
    ground: Point,
}

fn degenerate() -> Error {
    Error::unsupported("ground control points")
        .expected("points all over the image")
        .found("points on a line, or in too few places")
        .hint("place the image by other points, or by a GeoTransform (swath edit --transform)")
}
