//! Which grid a calculation is made on, and how inputs get there.

use std::str::FromStr;

use crate::crs::TransformOptions;
use crate::ops::warp::{GridRequest, WarpOptions};
use crate::raster::{Bounds, Grid, Point, Raster, Size};
use crate::{Error, Result};

/// The grid of a calculation whose inputs have several.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum GridChoice {
    /// That of the first input.
    #[default]
    First,
    /// That of the input with the smallest pixels.
    Finest,
    /// The pixels of the first input's grid that touch every input.
    Intersection,
    /// The pixels of the first input's grid, continued, that touch any input.
    Union,
    /// This one.
    Grid(Grid),
}

impl FromStr for GridChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "first" => Ok(Self::First),
            "finest" => Ok(Self::Finest),
            "intersection" => Ok(Self::Intersection),
            "union" => Ok(Self::Union),
            _ => Err(Error::usage("grid")
                .expected("first, finest, intersection, union or a file")
                .found(text)),
        }
    }
}

/// Returns the grid that some inputs are brought to.
pub(super) fn grid(choice: &GridChoice, inputs: &[Raster], how: &TransformOptions) -> Result<Grid> {
    let first = &inputs[0].info().grid;
    match choice {
        GridChoice::First => Ok(first.clone()),
        GridChoice::Grid(grid) => Ok(grid.clone()),
        GridChoice::Finest => {
            let mut finest = (area(first), first);
            for input in &inputs[1..] {
                let own = &input.info().grid;
                // In units of the first's system, so that areas compare.
                let seen = seen_in(first, own, how)?;
                if area(&seen) < finest.0 {
                    finest = (area(&seen), own);
                }
            }
            Ok(finest.1.clone())
        }
        GridChoice::Intersection | GridChoice::Union => {
            let inverse = first.transform.inverse().ok_or_else(|| {
                Error::usage("the first input's grid").expected("pixels with an extent")
            })?;
            let mut all = [0.0, 0.0, f64::from(first.size.width), f64::from(first.size.height)];
            for input in &inputs[1..] {
                let own = extent(&seen_in(first, &input.info().grid, how)?.bounds(), &inverse);
                let pairs: [(f64, f64); 4] = std::array::from_fn(|i| (all[i], own[i]));
                all = std::array::from_fn(|i| {
                    let (a, b) = pairs[i];
                    // Of an intersection the starts are the later ones.
                    if (i < 2) == (*choice == GridChoice::Intersection) {
                        a.max(b)
                    } else {
                        a.min(b)
                    }
                });
            }
            let [left, top, right, bottom] = all;
            if left >= right || top >= bottom {
                return Err(Error::usage("intersection of the inputs")
                    .expected("at least one pixel")
                    .found("inputs that lie apart")
                    .hint("--grid first or union makes what is missing nodata"));
            }
            let side = |start: f64, end: f64| {
                let pixels = end - start;
                if pixels > f64::from(i32::MAX) {
                    return Err(Error::limit("grid of all inputs")
                        .expected("at most 2147483647 pixels a side")
                        .found(pixels));
                }
                Ok(pixels as u32)
            };
            let size = Size::new(side(left, right)?, side(top, bottom)?);
            let transform = first.transform.moved_to(Point { x: left, y: top });
            Ok(Grid { size, transform, crs: first.crs.clone() })
        }
    }
}

/// A grid as it would be in another's system.
fn seen_in(first: &Grid, own: &Grid, how: &TransformOptions) -> Result<Grid> {
    match &first.crs {
        Some(crs) if own.crs.as_ref() != Some(crs) => {
            GridRequest { transform: how.clone(), ..GridRequest::new(crs.clone()) }.grid(own)
        }
        _ => Ok(own.clone()),
    }
}

fn area(grid: &Grid) -> f64 {
    let t = grid.transform;
    (t.pixel_width * t.pixel_height - t.row_rotation * t.column_rotation).abs()
}

/// Bounds in whole pixels of another grid: left, top, right, bottom.
fn extent(bounds: &Bounds, inverse: &crate::raster::GeoTransform) -> [f64; 4] {
    let corners = [
        (bounds.left, bounds.top),
        (bounds.right, bounds.top),
        (bounds.left, bounds.bottom),
        (bounds.right, bounds.bottom),
    ]
    .map(|(x, y)| inverse.apply(Point { x, y }));
    let fold = |pick: fn(Point) -> f64, least: fn(f64, f64) -> f64| {
        corners.iter().map(|&p| pick(p)).reduce(least).unwrap_or(0.0)
    };
    // Edges that meet but for rounding do not add a pixel.
    let tiny = 1e-6;
    [
        (fold(|p| p.x, f64::min) + tiny).floor(),
        (fold(|p| p.y, f64::min) + tiny).floor(),
        (fold(|p| p.x, f64::max) - tiny).ceil(),
        (fold(|p| p.y, f64::max) - tiny).ceil(),
    ]
}

/// Returns the inputs on a grid.
pub(super) fn align(inputs: &[Raster], grid: &Grid, how: &WarpOptions) -> Result<Vec<Raster>> {
    inputs
        .iter()
        .map(|input| {
            let own = &input.info().grid;
            // Without any place, pixels of equal rasters belong together.
            let placeless = own.crs.is_none() && grid.crs.is_none();
            if placeless && own.transform == grid.transform && own.size == grid.size {
                return Ok(input.clone());
            }
            input.warp(grid.clone(), how)
        })
        .collect()
}
