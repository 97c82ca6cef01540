//! The projections of proj4rs.

use std::fmt;

use proj4rs::Proj;
use proj4rs::transform::{Transform, TransformClosure, transform};

use super::batch::{BATCH, copies};
use crate::{Error, Result};

/// A projection of proj4rs and the longitudes and latitudes it starts from. No
/// datum is ever left to the library.
#[derive(Clone)]
pub(super) struct Library {
    geographic: Proj,
    projected: Proj,
}

impl Library {
    /// Makes a projection of PROJ's definition with `+proj`, `+a` and `+b`.
    pub(super) fn new(definition: &str) -> Result<Self> {
        let build = |text: &str| {
            Proj::from_proj_string(text)
                .map_err(|error| Error::unsupported(format!("projection {definition:?}: {error}")))
        };
        let shape = definition.split(' ').filter(|p| p.starts_with("+a=") || p.starts_with("+b="));
        let shape: Vec<&str> = shape.collect();
        Ok(Self {
            geographic: build(&format!("+proj=longlat {}", shape.join(" ")))?,
            projected: build(definition)?,
        })
    }

    pub(super) fn false_easting(&self) -> f64 {
        self.projected.false_easting()
    }

    pub(super) fn central_meridian(&self) -> f64 {
        self.projected.longitude_of_origin()
    }

    /// Takes radians to metres.
    pub(super) fn project(&self, x: &mut [f64], y: &mut [f64]) {
        convert(&self.geographic, &self.projected, x, y);
    }

    /// Takes metres to radians. A point that lies outside by rounding alone, as half
    /// of those on the antimeridian do, is taken a hair inside.
    pub(super) fn unproject(&self, x: &mut [f64], y: &mut [f64]) {
        let (mut x0, mut y0) = ([0.0; BATCH], [0.0; BATCH]);
        let (x0, y0) = copies(x, y, &mut x0, &mut y0);
        convert(&self.projected, &self.geographic, x, y);
        let (middle, hair) = (self.false_easting(), 1.0 - 1e-11);
        for i in 0..x.len() {
            if x[i].is_nan() && x0[i].is_finite() {
                let (mut east, mut north) = ([middle + (x0[i] - middle) * hair], [y0[i]]);
                convert(&self.projected, &self.geographic, &mut east, &mut north);
                (x[i], y[i]) = (east[0], north[0]);
            }
        }
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "proj4rs {}", self.projected.projname())
    }
}

fn convert(from: &Proj, to: &Proj, x: &mut [f64], y: &mut [f64]) {
    // Fails only where a projection has no inverse: then no point has one.
    if transform(from, to, &mut Batch { x, y }).is_err() {
        x.fill(f64::NAN);
        y.fill(f64::NAN);
    }
}

/// Coordinates of points, which goes on after a point that fails.
struct Batch<'a> {
    x: &'a mut [f64],
    y: &'a mut [f64],
}

impl Transform for Batch<'_> {
    fn transform_coordinates<F: TransformClosure>(
        &mut self,
        f: &mut F,
    ) -> proj4rs::errors::Result<()> {
        for (x, y) in self.x.iter_mut().zip(self.y.iter_mut()) {
            // Iterative inverses need not stop on NaN: it is not shown to them.
            let point = if x.is_finite() && y.is_finite() { f(*x, *y, 0.0).ok() } else { None };
            (*x, *y) = point.map_or((f64::NAN, f64::NAN), |(x, y, _)| (x, y));
        }
        Ok(())
    }
}
