//! Where a raster lies in another system.

use geo::{Coord, LineString, Polygon, Rect};

use crate::crs::{Crs, TransformOptions};
use crate::ops::warp::{GridRequest, transformer};
use crate::raster::{Bounds, Grid, Point};
use crate::{Error, Result};

/// Parts of each side of a raster whose edge is looked at in another system.
const STEPS: u32 = 21;

/// Where a raster lies in a coordinate reference system.
#[derive(Debug, Clone)]
pub struct Footprint {
    /// The raster on its usual grid there, as gdalwarp chooses it: it holds all of it.
    pub grid: Grid,
    /// The raster's edge, clockwise from the upper left corner of its pixels; `None`
    /// where an edge says nothing of what lies inside: around a pole, across the
    /// antimeridian, or where part of it has no coordinates.
    pub edge: Option<Polygon<f64>>,
    /// Whether the edge is exact: the raster is in this system itself.
    pub exact: bool,
}

impl Footprint {
    /// Finds the footprint of a raster; without a system, in its own. `how` says which
    /// operation there is between datums.
    ///
    /// # Errors
    /// Those of [`GridRequest::grid`]; [`Error::Usage`] if only one of both has a system.
    pub fn of(source: &Grid, to: Option<&Crs>, how: &TransformOptions) -> Result<Self> {
        let request = match (&source.crs, to) {
            (Some(from), Some(to)) if from == to => None,
            (Some(_), Some(to)) => {
                Some(GridRequest { transform: how.clone(), ..GridRequest::new(to.clone()) })
            }
            (_, None) => None,
            (None, Some(_)) => {
                return Err(Error::usage("the raster's coordinate reference system")
                    .found("none")
                    .hint("give it one first, with swath edit --crs"));
            }
        };
        if let Some(request) = request {
            let grid = request.grid(source)?;
            let edge = edge_elsewhere(source, &request.to, how, &grid.bounds())?;
            return Ok(Self { grid, edge, exact: false });
        }
        let corners = corners(source).map(|p| source.transform.apply(p));
        let edge = Some(polygon(&corners));
        let grid = if source.transform.is_unrotated() {
            // South-up rasters too: what counts is where pixels lie.
            source.clone()
        } else {
            unrotated(source)?
        };
        Ok(Self { grid, edge, exact: true })
    }

    /// Returns the edge; where it is none, the bounds of all that the raster may fill.
    pub fn outline(&self) -> Polygon<f64> {
        let Bounds { left, bottom, right, top } = self.grid.bounds();
        let bounds = || Rect::new((left, bottom), (right, top)).to_polygon();
        self.edge.clone().unwrap_or_else(bounds)
    }
}

/// The usual grid of a rotated raster in its own system.
fn unrotated(source: &Grid) -> Result<Grid> {
    match &source.crs {
        Some(crs) => GridRequest::new(crs.clone()).grid(source),
        None => Err(Error::unsupported("a rotated raster without a reference system")),
    }
}

fn corners(source: &Grid) -> [Point; 4] {
    let (w, h) = (f64::from(source.size.width), f64::from(source.size.height));
    [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|(x, y)| Point { x, y })
}

fn polygon(points: &[Point]) -> Polygon<f64> {
    let ring = points.iter().map(|p| Coord { x: p.x, y: p.y }).collect();
    Polygon::new(LineString::new(ring), Vec::new())
}

/// The edge of a raster in another system, if it is one ring around all of it.
fn edge_elsewhere(
    source: &Grid,
    to: &Crs,
    how: &TransformOptions,
    whole: &Bounds,
) -> Result<Option<Polygon<f64>>> {
    let corners = corners(source);
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for side in 0..4 {
        let (a, b) = (corners[side], corners[(side + 1) % 4]);
        for step in 0..STEPS {
            let t = f64::from(step) / f64::from(STEPS);
            let pixel = Point { x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) };
            let p = source.transform.apply(pixel);
            xs.push(p.x);
            ys.push(p.y);
        }
    }
    transformer(source, to, how)?.transform(&mut xs, &mut ys);
    let points: Vec<Point> = xs.iter().zip(&ys).map(|(&x, &y)| Point { x, y }).collect();
    if points.iter().any(|p| !(p.x.is_finite() && p.y.is_finite())) {
        return Ok(None);
    }
    // A pole inside widens the whole beyond its edge, and a seam makes neighbours jump.
    let fold = |v: &[f64], least: fn(f64, f64) -> f64| v.iter().copied().reduce(least);
    let spans = |v: &[f64], low: f64, high: f64| {
        let (least, most) = (fold(v, f64::min), fold(v, f64::max));
        let tiny = 0.02 * (high - low);
        least.is_some_and(|v| (v - low).abs() <= tiny)
            && most.is_some_and(|v| (v - high).abs() <= tiny)
    };
    let all = spans(&xs, whole.left, whole.right) && spans(&ys, whole.bottom, whole.top);
    let next = points.iter().cycle().skip(1);
    let jumps = points.iter().zip(next).any(|(a, b)| {
        (a.x - b.x).abs() > 0.5 * whole.width() || (a.y - b.y).abs() > 0.5 * whole.height()
    });
    Ok((all && !jumps).then(|| polygon(&points)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{GeoTransform, Size};
    use geo::{Area, BoundingRect};

    fn grid(crs: u32, left: f64, top: f64, pixel: f64, size: Size) -> Grid {
        let transform = GeoTransform::north_up(left, top, pixel, pixel);
        Grid { size, transform, crs: Some(Crs::from_epsg(crs)) }
    }

    #[test]
    fn the_edge_is_that_of_the_pixels_where_it_is_one() {
        let utm = grid(32633, 399_960.0, 5_300_040.0, 30.0, Size::new(3660, 3660));
        let own =
            Footprint::of(&utm, utm.crs.as_ref(), &TransformOptions::default()).expect("its own");
        assert_eq!(own.edge.map(|e| e.unsigned_area()), Some(109_800.0 * 109_800.0));
        // pyproj, transform_bounds: 13.66287 to 15.13047 east, 46.85818 to 47.85370 north.
        let there = Footprint::of(&utm, Some(&Crs::from_epsg(4326)), &TransformOptions::default())
            .expect("elsewhere");
        let rect = there.edge.and_then(|e| e.bounding_rect()).expect("an edge");
        let bounds = [rect.min().x, rect.max().x, rect.min().y, rect.max().y];
        let wanted = [13.66287, 15.13047, 46.85818, 47.85370];
        assert!(bounds.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5), "{bounds:?}");
    }

    #[test]
    fn poles_and_seams_have_no_edge() {
        let pole = grid(3413, -1e6, 1e6, 1e4, Size::new(200, 200));
        let found = Footprint::of(&pole, Some(&Crs::from_epsg(4326)), &TransformOptions::default())
            .expect("is seen");
        assert!(found.edge.is_none() && found.grid.bounds().top == 90.0);
        // Fiji, across 180 degrees.
        let fiji = grid(3460, 1.8e6, 4.2e6, 1e4, Size::new(50, 50));
        let found = Footprint::of(&fiji, Some(&Crs::from_epsg(4326)), &TransformOptions::default())
            .expect("is seen");
        assert!(found.edge.is_none(), "{found:?}");
    }
}
