//! The grid of all inputs together.

use std::str::FromStr;

use super::{Footprint, MosaicInput};
use crate::crs::Crs;
use crate::ops::warp::{GridRequest, Resolution};
use crate::raster::{Bounds, GeoTransform, Grid, Size};
use crate::{Error, Result};

/// The pixels of a mosaic whose inputs have several.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Pixels {
    /// The least width and height among the inputs, as gdalwarp has it.
    #[default]
    Finest,
    /// The greatest.
    Coarsest,
    /// Those of the first input, as rio merge has it.
    First,
    /// The mean, as gdalbuildvrt has it.
    Average,
    /// These.
    Of(Resolution),
}

impl FromStr for Pixels {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "finest" => Ok(Self::Finest),
            "coarsest" => Ok(Self::Coarsest),
            "first" => Ok(Self::First),
            "average" => Ok(Self::Average),
            _ => Err(Error::usage("resolution")
                .expected("finest, coarsest, first, average, X or X,Y")
                .found(text)),
        }
    }
}

/// What is asked of the grid of a mosaic; the rest is chosen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MosaicGrid {
    /// This grid and no other.
    pub like: Option<Grid>,
    /// The system; `None` for that of the first input.
    pub to: Option<Crs>,
    /// The pixels.
    pub pixels: Pixels,
    /// The area to cover, in units of the system; `None` for that of all inputs.
    pub bounds: Option<Bounds>,
    /// What `bounds` mean, if not coordinates of the system.
    pub bounds_crs: Option<Crs>,
    /// The number of columns and rows, as in [`GridRequest::size`].
    pub size: Option<Size>,
    /// Whether the edges of pixels lie on multiples of their size.
    pub align: bool,
}

impl MosaicGrid {
    /// Returns the system of the mosaic.
    pub(super) fn crs(&self, inputs: &[MosaicInput]) -> Option<Crs> {
        let first = || inputs.first()?.raster.info().grid.crs.clone();
        match &self.like {
            Some(grid) => grid.crs.clone(),
            None => self.to.clone().or_else(first),
        }
    }

    /// Chooses the grid: from the outermost left and upper edge, pixels of one size
    /// over the extent of all inputs, counted to the nearest, as gdalwarp has it.
    /// `all` is not empty and in the grid's system.
    pub(super) fn grid(&self, all: &[Footprint], crs: Option<&Crs>) -> Result<Grid> {
        if let Some(grid) = &self.like {
            return Ok(grid.clone());
        }
        let pixel = |grid: &Grid| {
            let t = grid.transform;
            Resolution { x: t.pixel_width.abs(), y: t.pixel_height.abs() }
        };
        let each = |pick: fn(f64, f64) -> f64| {
            let fold =
                |a: Resolution, b: Resolution| Resolution { x: pick(a.x, b.x), y: pick(a.y, b.y) };
            all.iter().map(|f| pixel(&f.grid)).reduce(fold)
        };
        let own = match self.pixels {
            Pixels::Finest | Pixels::Of(_) => each(f64::min),
            Pixels::Coarsest => each(f64::max),
            Pixels::First => all.first().map(|f| pixel(&f.grid)),
            Pixels::Average => each(|a, b| a + b).map(|sum| {
                let n = all.len() as f64;
                Resolution { x: sum.x / n, y: sum.y / n }
            }),
        };
        let whole = all.iter().map(|f| f.grid.bounds()).reduce(|a, b| {
            let (left, bottom) = (a.left.min(b.left), a.bottom.min(b.bottom));
            Bounds::new(left, bottom, a.right.max(b.right), a.top.max(b.top))
        });
        let (Some(own), Some(whole)) = (own, whole) else {
            return Err(Error::usage("inputs of a mosaic").expected("at least one"));
        };
        // Rules about pixels and areas need no system: any plane will do for none.
        let request = GridRequest {
            resolution: match self.pixels {
                Pixels::Of(resolution) => Some(resolution),
                _ => (self.size.is_none()).then_some(own),
            },
            bounds: Some(self.bounds.unwrap_or(whole)),
            bounds_crs: self.bounds_crs.clone().filter(|_| self.bounds.is_some()),
            size: self.size,
            align: self.align,
            ..GridRequest::new(crs.cloned().unwrap_or_else(|| Crs::from_epsg(3857)))
        };
        let placed = Grid {
            size: Size::new(1, 1),
            transform: GeoTransform::north_up(whole.left, whole.top, own.x, own.y),
            crs: Some(request.to.clone()),
        };
        Ok(Grid { crs: crs.cloned(), ..request.grid(&placed)? })
    }
}
