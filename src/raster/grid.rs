//! Where the pixels of a raster lie.

use super::{Bounds, GeoTransform, Point, Size, Window};
use crate::crs::Crs;

/// Where the pixels of a raster lie: how many, mapped how, in which CRS.
///
/// Grids are immutable; verbs return a new one.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Columns and rows.
    pub size: Size,
    /// From pixel positions to coordinates of `crs`.
    pub transform: GeoTransform,
    /// What the coordinates mean; `None` if the raster does not say.
    pub crs: Option<Crs>,
}

impl Grid {
    /// Returns the smallest bounds that contain all pixels, for a rotated grid too.
    pub fn bounds(&self) -> Bounds {
        let (w, h) = (f64::from(self.size.width), f64::from(self.size.height));
        let corners = [(0.0, 0.0), (w, 0.0), (0.0, h), (w, h)]
            .map(|(x, y)| self.transform.apply(Point { x, y }));
        let fold = |pick: fn(Point) -> f64, least: fn(f64, f64) -> f64| {
            corners.iter().map(|&p| pick(p)).reduce(least).unwrap_or(f64::NAN)
        };
        Bounds {
            left: fold(|p| p.x, f64::min),
            bottom: fold(|p| p.y, f64::min),
            right: fold(|p| p.x, f64::max),
            top: fold(|p| p.y, f64::max),
        }
    }

    /// Returns the grid of the pixels in `window`, which may reach beyond this grid.
    #[must_use]
    pub fn crop(&self, window: Window) -> Self {
        Self {
            size: window.size(),
            transform: self
                .transform
                .moved_to(Point { x: window.col as f64, y: window.row as f64 }),
            crs: self.crs.clone(),
        }
    }

    /// Returns the grid of the same area in `size` pixels.
    #[must_use]
    pub fn resized(&self, size: Size) -> Self {
        let x = f64::from(self.size.width) / f64::from(size.width);
        let y = f64::from(self.size.height) / f64::from(size.height);
        Self { size, transform: self.transform.scaled(x, y), crs: self.crs.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_rotated_and_cropped_grids() {
        let transform = GeoTransform::from_gdal([10.0, 2.0, 1.0, 50.0, 1.0, -2.0]);
        let grid = Grid { size: Size::new(4, 3), transform, crs: None };
        assert_eq!(grid.bounds(), Bounds::new(10.0, 44.0, 21.0, 54.0));
        let crop = grid.crop(Window::new(1, 1, 2, 2));
        assert_eq!((crop.transform.origin_x, crop.transform.origin_y), (13.0, 49.0));
        assert_eq!(grid.resized(Size::new(2, 3)).transform.pixel_width, 4.0);
    }
}
