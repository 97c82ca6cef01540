//! How high the ground is.

use crate::crs::{Crs, Transformer};
use crate::raster::{Bounds, Buffer, GeoTransform, Point, Raster, Size, Window, dispatch};
use crate::{Error, Result};

/// The most samples of heights held in memory.
const MOST: u64 = 1 << 28;
/// Positions looked at along each side of an area.
const STEPS: u32 = 20;
/// Samples around an area that are read as well.
const MARGIN: i64 = 2;

/// Heights in metres at longitudes and latitudes on WGS 84.
#[derive(Debug)]
pub(super) enum Heights {
    /// The same everywhere.
    Level(f64),
    /// Those of a raster.
    Model(Box<Model>),
}

/// The part of a raster of heights that is over an image.
#[derive(Debug)]
pub(super) struct Model {
    to_model: Transformer,
    /// Where x repeats: the middle of the model, and after how much.
    turn: Option<(f64, f64)>,
    inverse: GeoTransform,
    /// One, or two where the area goes over the edge of a model that goes round the globe.
    parts: Vec<Part>,
    /// Added to every height.
    offset: f64,
    /// The height where the raster knows none.
    missing: Option<f64>,
}

/// Heights of a window; NaN where nothing is known.
#[derive(Debug)]
struct Part {
    window: Window,
    samples: Vec<f32>,
}

impl Heights {
    /// Returns the height at a place; NaN where it is not known.
    pub(super) fn at(&self, lon: f64, lat: f64) -> f64 {
        match self {
            Self::Level(height) => *height,
            Self::Model(model) => model.at(lon, lat),
        }
    }

    /// Returns a height that is usual around a place, or `otherwise` if none is known.
    pub(super) fn usual(&self, lon: f64, lat: f64, otherwise: f64) -> f64 {
        let height = self.at(lon, lat);
        if height.is_finite() { height } else { otherwise }
    }
}

impl Model {
    /// Reads the heights of an area in degrees.
    ///
    /// # Errors
    /// [`Error::Usage`] if the raster has no place on earth or does not touch the area,
    /// [`Error::Limit`] if it has too many samples there; whatever keeps it from being read.
    pub(super) fn read(
        raster: &Raster,
        area: Bounds,
        offset: f64,
        missing: Option<f64>,
    ) -> Result<Self> {
        let grid = &raster.info().grid;
        let (Some(crs), Some(inverse)) = (&grid.crs, grid.transform.inverse()) else {
            return Err(Error::usage("raster of heights")
                .expected("one with a coordinate reference system and a GeoTransform")
                .found("none"));
        };
        let to_model = Transformer::new(&Crs::from_epsg(4326), crs)?;
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        for row in 0..=STEPS {
            for column in 0..=STEPS {
                let along = |step: u32| f64::from(step) / f64::from(STEPS);
                xs.push(area.left + along(column) * area.width());
                ys.push(area.bottom + along(row) * area.height());
            }
        }
        to_model.transform(&mut xs, &mut ys);
        let bounds = grid.bounds();
        let period = crs.unit_of_angle().map(|unit| std::f64::consts::TAU / unit);
        let turn = period.map(|period| (0.5 * (bounds.left + bounds.right), period));
        let places = xs.iter().zip(&ys).map(|(&x, &y)| inverse.apply(turned(turn, x, y)));
        let places: Vec<Point> = places.filter(|p| p.x.is_finite() && p.y.is_finite()).collect();
        let half = 0.5 * f64::from(grid.size.width);
        let (first, last): (Vec<_>, Vec<_>) = places.iter().partition(|p| p.x < half);
        let window = |places: &[Point]| cover(places, grid.size);
        let windows: Vec<Window> = match (window(&first), window(&last), window(&places)) {
            // On both sides of the edge, and nowhere in the middle.
            (Some(a), Some(b), _)
                if turn.is_some() && a.width.max(b.width) < grid.size.width / 4 =>
            {
                vec![a, b]
            }
            (_, _, all) => all.into_iter().collect(),
        };
        if windows.is_empty() {
            return Err(Error::usage("raster of heights")
                .expected(format!(
                    "one that touches the image, between longitudes {:.3} and {:.3} and latitudes {:.3} and {:.3}",
                    area.left, area.right, area.bottom, area.top
                ))
                .found("one that lies elsewhere"));
        }
        let pixels: u64 = windows.iter().map(|window| window.pixels()).sum();
        if pixels > MOST {
            return Err(Error::limit("samples of heights over the image")
                .expected(format!("at most {MOST}"))
                .found(pixels)
                .hint("a coarser raster of heights will do"));
        }
        let part = |window: Window| -> Result<Part> {
            let buffer = raster.read(window)?;
            let samples = dispatch!(buffer.dtype(), T => samples::<T>(&buffer));
            Ok(Part { window, samples })
        };
        let parts = windows.into_iter().map(part).collect::<Result<_>>()?;
        Ok(Self { to_model, turn, inverse, parts, offset, missing })
    }

    /// Returns the height between the four nearest samples, by those that are known, as GDAL does.
    fn at(&self, lon: f64, lat: f64) -> f64 {
        let (mut x, mut y) = ([lon], [lat]);
        self.to_model.transform(&mut x, &mut y);
        let p = self.inverse.apply(turned(self.turn, x[0], y[0]));
        let found = self.between(p.x - 0.5, p.y - 0.5);
        found.or(self.missing).map_or(f64::NAN, |height| height + self.offset)
    }

    /// Returns what lies between samples; positions count from the middle of the raster's first.
    fn between(&self, x: f64, y: f64) -> Option<f64> {
        let (left, top) = (x.floor(), y.floor());
        let (right, lower) = (x - left, y - top);
        let (mut sum, mut weights) = (0.0, 0.0);
        for (dy, wy) in [(0.0, 1.0 - lower), (1.0, lower)] {
            for (dx, wx) in [(0.0, 1.0 - right), (1.0, right)] {
                let height = self.sample(left + dx, top + dy);
                if let Some(height) = height.filter(|height| !height.is_nan()) {
                    sum += wx * wy * f64::from(height);
                    weights += wx * wy;
                }
            }
        }
        (weights > 0.0).then(|| sum / weights)
    }

    fn sample(&self, col: f64, row: f64) -> Option<f32> {
        let within = |at: f64, start: i64, size: u32| {
            let at = at - start as f64;
            (at >= 0.0 && at < f64::from(size)).then_some(at as usize)
        };
        self.parts.iter().find_map(|Part { window, samples }| {
            let col = within(col, window.col, window.width)?;
            let row = within(row, window.row, window.height)?;
            samples.get(row * window.width as usize + col).copied()
        })
    }
}

/// Returns a place with x on the turn that is nearest to the middle.
fn turned(turn: Option<(f64, f64)>, x: f64, y: f64) -> Point {
    let away = turn.map_or(0.0, |(middle, period)| ((x - middle) / period).round() * period);
    Point { x: x - away, y }
}

/// Returns the window around places in a raster, with a margin; `None` if they are all outside.
fn cover(places: &[Point], size: Size) -> Option<Window> {
    let side = |values: &mut dyn Iterator<Item = f64>, size: u32| {
        let (least, most) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), v| {
            (least.min(v), most.max(v))
        });
        let clamp = |v: f64| v.clamp(0.0, f64::from(size)) as i64;
        let start = (clamp(least.floor()) - MARGIN).max(0);
        let end = (clamp(most.ceil()) + MARGIN).min(i64::from(size));
        (least < f64::from(size) && most > 0.0 && end > start)
            .then_some((start, (end - start) as u32))
    };
    let (col, width) = side(&mut places.iter().map(|p| p.x), size.width)?;
    let (row, height) = side(&mut places.iter().map(|p| p.y), size.height)?;
    Some(Window::new(col, row, width, height))
}

/// The samples of the first band; NaN for what is invalid.
fn samples<T: crate::raster::Sample>(buffer: &Buffer) -> Vec<f32> {
    let valid = buffer.valid(0);
    let all = buffer.plane::<T>(0).iter().enumerate();
    all.map(|(i, sample)| match valid {
        Some(valid) if valid[i] == 0 => f32::NAN,
        _ => sample.to_f64() as f32,
    })
    .collect()
}
