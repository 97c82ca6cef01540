//! Where on the globe a raster lies, which decides how its datum is shifted.

use crate::crs::{Area, Crs, TransformOptions, Transformer};
use crate::raster::{Grid, Point};
use crate::{Error, Result};

/// Positions looked at along each side, besides the first corner.
const STEPS: u32 = 16;

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
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    let share = |step: u32, size: u32| f64::from(size) * f64::from(step) / f64::from(STEPS);
    for row in 0..=STEPS {
        for column in 0..=STEPS {
            let x = share(column, source.size.width);
            let y = share(row, source.size.height);
            let p = source.transform.apply(Point { x, y });
            xs.push(p.x);
            ys.push(p.y);
        }
    }
    to_angles.transform(&mut xs, &mut ys);
    let turn = to_angles.to().unit_of_angle()?.to_degrees();
    Area::around(xs.iter().zip(&ys).map(|(x, y)| (x * turn, y * turn)))
}
