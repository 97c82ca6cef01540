//! Where on the globe a raster lies, which decides how its datum is shifted.

use crate::crs::{Area, Crs, TransformOptions, Transformer};
use crate::raster::{Grid, Point};
use crate::{Error, Result};

/// Positions looked at along each side, besides the first corner.
const STEPS: u32 = 16;

/// The same of pixels, for how many of them grids reach.
const PIXELS: u32 = 64;

/// Returns the transformation of a raster's coordinates to another system, by
/// the operation that a warp of it takes with the same options.
///
/// # Errors
/// [`Error::Usage`] if the raster has no system; those of [`Transformer::with_options`].
pub fn transformer(source: &Grid, to: &Crs, how: &TransformOptions) -> Result<Transformer> {
    let Some(from) = &source.crs else {
        return Err(Error::usage("the source's coordinate reference system").found("none"));
    };
    Transformer::with_options(from, to, &options(source, how))
}

/// Returns what share of a raster's pixels, from 0 to 1, the grids of an operation reach, as
/// estimated from a lattice of them that holds the outermost; `None` for an operation without
/// grids. A warp makes nothing of the others.
pub fn grid_share(source: &Grid, transformer: &Transformer) -> Option<f64> {
    let (xs, ys) = lattice(source, PIXELS, 0.5);
    transformer.grid_share(&xs, &ys)
}

/// Returns the options of a transformation for a raster: unless they say otherwise,
/// the operation is that for the area the raster lies in, the same in both directions.
/// One asked for by its number is that of the list without an area, so that the
/// number means the same for every raster.
pub(in crate::ops) fn options(source: &Grid, how: &TransformOptions) -> TransformOptions {
    let area = how.area.or_else(|| how.operation.is_none().then(|| area(source)).flatten());
    TransformOptions { area, ..how.clone() }
}

/// The area between the outermost longitudes and latitudes of a lattice over the
/// raster, on its own datum; `None` where no point of it has any.
fn area(source: &Grid) -> Option<Area> {
    let crs = source.crs.as_ref()?;
    let to_angles = Transformer::new(crs, &crs.base()?).ok()?;
    let (mut xs, mut ys) = lattice(source, STEPS, 0.0);
    to_angles.transform(&mut xs, &mut ys);
    let turn = to_angles.to().unit_of_angle()?.to_degrees();
    Area::around(xs.iter().zip(&ys).map(|(x, y)| (x * turn, y * turn)))
}

/// Positions all over a raster, from so far inside its edges, in pixels.
fn lattice(source: &Grid, steps: u32, inset: f64) -> (Vec<f64>, Vec<f64>) {
    let along = |step: u32, size: u32| {
        inset + (f64::from(size) - 2.0 * inset) * f64::from(step) / f64::from(steps)
    };
    let rows = 0..=steps;
    rows.flat_map(|row| (0..=steps).map(move |column| (column, row)))
        .map(|(column, row)| {
            let x = along(column, source.size.width);
            let y = along(row, source.size.height);
            let p = source.transform.apply(Point { x, y });
            (p.x, p.y)
        })
        .unzip()
}
