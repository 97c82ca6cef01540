//! How high the ground is.

use crate::crs::{Crs, Transformer};
use crate::raster::{Bounds, Buffer, GeoTransform, Point, Raster, Window, dispatch};
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
    inverse: GeoTransform,
    window: Window,
    /// NaN where nothing is known.
    samples: Vec<f32>,
    /// Added to every height.
    offset: f64,
    /// The height where the raster knows none.
    missing: Option<f64>,
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
        let places = xs.iter().zip(&ys).map(|(&x, &y)| inverse.apply(Point { x, y }));
        let (mut least, mut most) =
            (Point { x: f64::INFINITY, y: f64::INFINITY }, Point { x: -1.0, y: -1.0 });
        for p in places.filter(|p| p.x.is_finite() && p.y.is_finite()) {
            least = Point { x: least.x.min(p.x), y: least.y.min(p.y) };
            most = Point { x: most.x.max(p.x), y: most.y.max(p.y) };
        }
        let side = |least: f64, most: f64, size: u32| {
            let clamp = |v: f64| v.clamp(0.0, f64::from(size)) as i64;
            let start = (clamp(least.floor()) - MARGIN).max(0);
            let end = (clamp(most.ceil()) + MARGIN).min(i64::from(size));
            (least < f64::from(size) && most > 0.0 && end > start)
                .then_some((start, (end - start) as u32))
        };
        let columns = side(least.x, most.x, grid.size.width);
        let rows = side(least.y, most.y, grid.size.height);
        let (Some((col, width)), Some((row, height))) = (columns, rows) else {
            return Err(Error::usage("raster of heights")
                .expected(format!(
                    "one that touches the image, between longitudes {:.3} and {:.3} and latitudes {:.3} and {:.3}",
                    area.left, area.right, area.bottom, area.top
                ))
                .found("one that lies elsewhere"));
        };
        let window = Window::new(col, row, width, height);
        if window.pixels() > MOST {
            return Err(Error::limit("samples of heights over the image")
                .expected(format!("at most {MOST}"))
                .found(window.pixels())
                .hint("a coarser raster of heights will do"));
        }
        let buffer = raster.read(window)?;
        let samples = dispatch!(buffer.dtype(), T => samples::<T>(&buffer));
        Ok(Self { to_model, inverse, window, samples, offset, missing })
    }

    /// Returns the height between the four nearest samples, by those that are known, as GDAL does.
    fn at(&self, lon: f64, lat: f64) -> f64 {
        let (mut x, mut y) = ([lon], [lat]);
        self.to_model.transform(&mut x, &mut y);
        let p = self.inverse.apply(Point { x: x[0], y: y[0] });
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
        let col = within(col, self.window.col, self.window.width)?;
        let row = within(row, self.window.row, self.window.height)?;
        self.samples.get(row * self.window.width as usize + col).copied()
    }
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
