//! The extent and resolution that a source has in another system.
//!
//! The rule is GDAL's (`GDALSuggestedWarpOutput2` of version 3.10), so that
//! outputs line up with those of gdalwarp pixel for pixel.

use super::curve::Curve;
use super::place;
use crate::crs::{Crs, TransformOptions, Transformer};
use crate::raster::{Bounds, GeoTransform, Grid, Point, Size};
use crate::{Error, Result};

/// The largest number of columns or rows: what GDAL can open.
const LARGEST: f64 = i32::MAX as f64;

/// The extent of a pixel in units of the coordinate system, both positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolution {
    /// Width of a pixel.
    pub x: f64,
    /// Height of a pixel.
    pub y: f64,
}

/// How many steps of a border are checked for lying on the source.
const BORDER: usize = 20;

/// What a pixel is shrunk by, in pixels over the whole side, until a border
/// meets the source.
const SHRINK: [f64; 5] = [0.0, 0.001, 0.01, 0.1, 1.0];

/// How often the gap between a sample with coordinates and one without is halved.
const HALVINGS: u32 = 16;

/// What a warp of a whole source comes to.
pub(super) struct Suggestion {
    pub(super) bounds: Bounds,
    pub(super) size: Size,
    pub(super) resolution: Resolution,
}

/// Both directions between source pixels and target coordinates.
struct Ways {
    transform: GeoTransform,
    forward: Transformer,
    /// Between the target's coordinates, taken for pixels, and source pixels.
    backward: Curve,
}

impl Ways {
    fn forward(&self, points: &mut [Point]) {
        each(points, |xs, ys| {
            for (x, y) in xs.iter_mut().zip(ys.iter_mut()) {
                let p = self.transform.apply(Point { x: *x, y: *y });
                (*x, *y) = (p.x, p.y);
            }
            self.forward.transform(xs, ys);
        });
    }

    fn backward(&self, points: &mut [Point]) {
        each(points, |xs, ys| self.backward.apply(xs, ys));
    }
}

fn each(points: &mut [Point], change: impl Fn(&mut [f64], &mut [f64])) {
    let mut xs: Vec<f64> = points.iter().map(|p| p.x).collect();
    let mut ys: Vec<f64> = points.iter().map(|p| p.y).collect();
    change(&mut xs, &mut ys);
    for ((p, x), y) in points.iter_mut().zip(xs).zip(ys) {
        *p = Point { x, y };
    }
}

fn exists(p: Point) -> bool {
    p.x.is_finite() && p.y.is_finite()
}

/// The points of the source that are looked at, and where they lie in the target.
struct Samples {
    /// Samples in a run along x; the first of each has nothing on its left.
    run: usize,
    pixels: Vec<Point>,
    places: Vec<Point>,
}

impl Suggestion {
    pub(super) fn new(source: &Grid, to: &Crs, how: &TransformOptions) -> Result<Self> {
        let Some(from) = &source.crs else {
            return Err(Error::usage("the source's coordinate reference system").found("none"));
        };
        if from == to && source.transform.is_unrotated() {
            let t = source.transform;
            return Ok(Self {
                bounds: source.bounds(),
                size: source.size,
                resolution: Resolution { x: t.pixel_width.abs(), y: t.pixel_height.abs() },
            });
        }
        let inverse = source.transform.inverse().ok_or_else(|| {
            Error::usage("the source's geotransform")
                .expected("pixels with an area")
                .found(format!("{:?}", source.transform.to_gdal()))
        })?;
        let how = place::options(source, how);
        let ways = Ways {
            transform: source.transform,
            forward: Transformer::with_options(from, to, &how)?,
            backward: Curve::new(
                GeoTransform::IDENTITY,
                Transformer::with_options(to, from, &how)?,
                source,
                inverse,
            ),
        };
        let (w, h) = (f64::from(source.size.width), f64::from(source.size.height));
        let samples = Samples::take(&ways, w, h);
        let mut extent = samples.extent(&ways).ok_or_else(|| {
            Error::usage(format!("the source in {to}"))
                .expected("an area")
                .found("nearly no point that has coordinates there")
                .hint("warp to a system whose domain holds the source, or give bounds")
        })?;
        if to.is_geographic() && !from.is_geographic() {
            take_in_poles(&ways, (w, h), &mut extent);
        }

        let (first, last) = (samples.places[0], samples.places[samples.places.len() - 1]);
        let (mut dx, mut dy) = (last.x - first.x, last.y - first.y);
        // A diagonal along an axis is no measure of both (a square around a pole).
        if !(exists(first) && exists(last)) || dx == 0.0 || dy == 0.0 {
            (dx, dy) = (extent.width(), extent.height());
        }
        let pixel = (dx * dx + dy * dy).sqrt() / (w * w + h * h).sqrt();
        let round = |extent: f64| (extent / pixel + 0.5).floor().max(1.0);
        let size = limit(round(extent.width()), round(extent.height()))?;
        let mut resolution = Resolution { x: pixel, y: pixel };
        let (cols, rows) = (f64::from(size.width), f64::from(size.height));

        // A last column or row that lies off the source would be all nodata.
        let right =
            |x: f64, t: f64| Point { x: extent.left + cols * x, y: extent.top - pixel * t * rows };
        resolution.x = shrunk(&ways, pixel, cols, right);
        let x = resolution.x;
        let below =
            |y: f64, t: f64| Point { x: extent.left + x * t * cols, y: extent.top - rows * y };
        resolution.y = shrunk(&ways, pixel, rows, below);

        // The globe ends where it ends.
        let right = extent.left + cols * resolution.x;
        let whole = extent.right <= 180.0 && right > 180.0 || extent.right == 180.0;
        if to.is_geographic() && whole {
            extent.right = 180.0;
            resolution.x = extent.width() / cols;
        } else {
            extent.right = right;
        }
        let bottom = extent.top - rows * resolution.y;
        if to.is_geographic() && extent.bottom >= -90.0 && bottom < -90.0 {
            extent.bottom = -90.0;
            resolution.y = extent.height() / rows;
        } else {
            extent.bottom = bottom;
        }
        Ok(Self { bounds: extent, size, resolution })
    }
}

impl Samples {
    /// Samples the edge, or all of the source if part of the edge has no
    /// coordinates or does not come back from them.
    fn take(ways: &Ways, w: f64, h: f64) -> Self {
        let steps = ((w.min(h) / 50.0 + 0.5).floor() as usize).clamp(20, 100);
        let run = steps + 1;
        let ratio = |i: usize| if i == steps { 1.0 } else { i as f64 / steps as f64 };
        let along = |f: &dyn Fn(f64) -> Point| (0..run).map(|i| f(ratio(i))).collect::<Vec<_>>();
        let edge = [
            along(&|t| Point { x: t * w, y: 0.0 }),
            along(&|t| Point { x: t * w, y: h }),
            along(&|t| Point { x: 0.0, y: t * h }),
            along(&|t| Point { x: w, y: t * h }),
        ]
        .concat();
        let mut places = edge.clone();
        ways.forward(&mut places);
        if places.iter().all(|&p| exists(p)) {
            let mut back = places.clone();
            ways.backward(&mut back);
            let (wide, high) = (w / steps as f64, h / steps as f64);
            let near = |(a, b): (&Point, &Point)| {
                exists(*a) && (a.x - b.x).abs() <= wide && (a.y - b.y).abs() <= high
            };
            if back.iter().zip(&edge).all(near) {
                return Self { run, pixels: edge, places };
            }
        }
        let pixels: Vec<_> = (0..run)
            .flat_map(|j| (0..run).map(move |i| (i, j)))
            .map(|(i, j)| Point { x: ratio(i) * w, y: ratio(j) * h })
            .collect();
        let mut places = pixels.clone();
        ways.forward(&mut places);
        Self { run, pixels, places }
    }

    /// Returns the extent of the samples in the target; `None` if fewer than
    /// ten have coordinates.
    fn extent(&self, ways: &Ways) -> Option<Bounds> {
        let mut extent = Extent::EMPTY;
        let mut found = 0;
        for (i, &place) in self.places.iter().enumerate() {
            let in_rows = i % self.run > 0 && self.pixels[i].y == self.pixels[i - 1].y;
            if in_rows && (exists(place) || exists(self.places[i - 1])) {
                self.close_in(ways, i, &mut extent);
            }
            if exists(place) {
                found += 1;
                extent.take_in(place);
            }
        }
        (found >= 10).then_some(extent.0)
    }

    /// Halves the way between a sample and the one on its left, towards a place
    /// where coordinates end or x changes sign, and takes in what is met.
    fn close_in(&self, ways: &Ways, i: usize, extent: &mut Extent) {
        let (mut before, mut after) = (self.pixels[i - 1].x, self.pixels[i].x);
        let (mut left, mut right) = (self.places[i - 1], self.places[i]);
        for _ in 0..HALVINGS {
            if exists(left) && exists(right) && left.x * right.x >= 0.0 {
                return;
            }
            let middle = 0.5 * (before + after);
            let mut point = [Point { x: middle, y: self.pixels[i].y }];
            ways.forward(&mut point);
            let [place] = point;
            if exists(place) {
                extent.take_in(place);
            }
            let to_the_left = match (exists(place), exists(left), exists(right)) {
                (true, false, _) => true,
                (true, true, _) => left.x * place.x < 0.0,
                (false, false, _) => false,
                (false, true, false) => true,
                (false, true, true) => return,
            };
            if to_the_left {
                after = middle;
                if exists(place) {
                    right = place;
                }
            } else {
                before = middle;
                if exists(place) {
                    left = place;
                }
            }
        }
    }
}

/// Bounds that grow.
struct Extent(Bounds);

impl Extent {
    const EMPTY: Self =
        Self(Bounds::new(f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY));

    fn take_in(&mut self, p: Point) {
        let b = &mut self.0;
        *b = Bounds::new(b.left.min(p.x), b.bottom.min(p.y), b.right.max(p.x), b.top.max(p.y));
    }
}

/// Widens a geographic extent to every longitude if a pole lies in the source.
fn take_in_poles(ways: &Ways, (w, h): (f64, f64), extent: &mut Bounds) {
    let mut poles = [Point { x: 0.0, y: 90.0 }, Point { x: 0.0, y: -90.0 }];
    ways.backward(&mut poles);
    let [north, south] =
        poles.map(|p| exists(p) && (0.0..=w).contains(&p.x) && (0.0..=h).contains(&p.y));
    if north || south {
        (extent.left, extent.right) = (-180.0, 180.0);
    }
    if north {
        extent.top = 90.0;
    }
    if south {
        extent.bottom = -90.0;
    }
}

/// Returns the pixel, shrunk until a border made of `place(pixel, 0 to 1)`
/// meets the source, or as it was if it never does.
fn shrunk(ways: &Ways, pixel: f64, count: f64, place: impl Fn(f64, f64) -> Point) -> f64 {
    let tries = SHRINK.map(|by| pixel - pixel * by / count);
    let meets = |&size: &f64| {
        let border: Vec<_> = (0..=BORDER).map(|i| place(size, i as f64 / BORDER as f64)).collect();
        let mut there = border.clone();
        ways.backward(&mut there);
        ways.forward(&mut there);
        let miss = |(a, b): (&Point, &Point)| {
            !exists(*a) || (a.x - b.x).abs() > pixel || (a.y - b.y).abs() > pixel
        };
        !there.iter().zip(&border).all(miss)
    };
    tries.into_iter().find(meets).unwrap_or(pixel)
}

/// Returns the size if both sides can be.
pub(super) fn limit(width: f64, height: f64) -> Result<Size> {
    if width <= LARGEST && height <= LARGEST {
        return Ok(Size::new(width as u32, height as u32));
    }
    Err(Error::usage("size of the output")
        .expected(format!("at most {LARGEST} columns and rows"))
        .found(format!("{width:.0} x {height:.0}"))
        .hint("ask for a coarser resolution or smaller bounds"))
}
