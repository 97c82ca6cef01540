//! From pixel positions to CRS coordinates, and back.

/// A position: pixels (column, row) or CRS coordinates (x east, y north).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Column, easting or longitude.
    pub x: f64,
    /// Row, northing or latitude.
    pub y: f64,
}

/// The affine map from pixel positions to CRS coordinates.
///
/// Positions count from the top left *corner* of the top left pixel, so the
/// centre of that pixel is (0.5, 0.5). The fields are GDAL's six, named:
/// `x = origin_x + col * pixel_width + row * row_rotation`,
/// `y = origin_y + col * column_rotation + row * pixel_height`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeoTransform {
    /// x of the top left corner.
    pub origin_x: f64,
    /// Change of x from one column to the next.
    pub pixel_width: f64,
    /// Change of x from one row to the next; 0 for an unrotated raster.
    pub row_rotation: f64,
    /// y of the top left corner.
    pub origin_y: f64,
    /// Change of y from one column to the next; 0 for an unrotated raster.
    pub column_rotation: f64,
    /// Change of y from one row to the next; negative for a north-up raster.
    pub pixel_height: f64,
}

impl GeoTransform {
    /// The map of a raster without a position: pixels are coordinates, as in GDAL.
    pub const IDENTITY: Self = Self {
        origin_x: 0.0,
        pixel_width: 1.0,
        row_rotation: 0.0,
        origin_y: 0.0,
        column_rotation: 0.0,
        pixel_height: 1.0,
    };

    /// Makes the map of a north-up raster: its top left corner and the (positive)
    /// width and height of a pixel.
    pub const fn north_up(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self {
            origin_x: left,
            pixel_width: width,
            row_rotation: 0.0,
            origin_y: top,
            column_rotation: 0.0,
            pixel_height: -height,
        }
    }

    /// Makes the map from GDAL's array: origin x, pixel width, row rotation,
    /// origin y, column rotation, pixel height.
    pub const fn from_gdal(c: [f64; 6]) -> Self {
        Self {
            origin_x: c[0],
            pixel_width: c[1],
            row_rotation: c[2],
            origin_y: c[3],
            column_rotation: c[4],
            pixel_height: c[5],
        }
    }

    /// Returns GDAL's array, in the order of [`GeoTransform::from_gdal`].
    pub const fn to_gdal(self) -> [f64; 6] {
        [
            self.origin_x,
            self.pixel_width,
            self.row_rotation,
            self.origin_y,
            self.column_rotation,
            self.pixel_height,
        ]
    }

    /// Returns the CRS coordinates of a pixel position.
    #[inline]
    pub fn apply(self, pixel: Point) -> Point {
        Point {
            x: self.origin_x + pixel.x * self.pixel_width + pixel.y * self.row_rotation,
            y: self.origin_y + pixel.x * self.column_rotation + pixel.y * self.pixel_height,
        }
    }

    /// Returns whether rows run along x and columns along y.
    pub fn is_unrotated(self) -> bool {
        self.row_rotation == 0.0 && self.column_rotation == 0.0
    }

    /// Returns whether the raster is unrotated with x growing rightwards and y
    /// growing upwards.
    pub fn is_north_up(self) -> bool {
        self.is_unrotated() && self.pixel_width > 0.0 && self.pixel_height < 0.0
    }

    /// Returns the map from CRS coordinates to pixel positions, or `None` if
    /// pixels have no area or a coefficient is not finite.
    pub fn inverse(self) -> Option<Self> {
        if self.is_unrotated() {
            // Kept apart: exact where the general formula rounds.
            let (w, h) = (1.0 / self.pixel_width, 1.0 / self.pixel_height);
            let inverse = Self {
                origin_x: -self.origin_x * w,
                pixel_width: w,
                row_rotation: 0.0,
                origin_y: -self.origin_y * h,
                column_rotation: 0.0,
                pixel_height: h,
            };
            return inverse.to_gdal().iter().all(|c| c.is_finite()).then_some(inverse);
        }
        let det = self.pixel_width * self.pixel_height - self.row_rotation * self.column_rotation;
        let inverse = Self {
            origin_x: (self.row_rotation * self.origin_y - self.origin_x * self.pixel_height) / det,
            pixel_width: self.pixel_height / det,
            row_rotation: -self.row_rotation / det,
            origin_y: (self.column_rotation * self.origin_x - self.pixel_width * self.origin_y)
                / det,
            column_rotation: -self.column_rotation / det,
            pixel_height: self.pixel_width / det,
        };
        inverse.to_gdal().iter().all(|c| c.is_finite()).then_some(inverse)
    }

    /// Returns the map for a raster whose top left corner lies at `pixel` of this one.
    #[must_use]
    pub fn moved_to(self, pixel: Point) -> Self {
        let origin = self.apply(pixel);
        Self { origin_x: origin.x, origin_y: origin.y, ..self }
    }

    /// Returns the map for pixels `x` times as wide and `y` times as high.
    #[must_use]
    pub fn scaled(self, x: f64, y: f64) -> Self {
        Self {
            pixel_width: self.pixel_width * x,
            column_rotation: self.column_rotation * x,
            row_rotation: self.row_rotation * y,
            pixel_height: self.pixel_height * y,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_undoes_apply_for_rotated_maps() {
        let map = GeoTransform::from_gdal([440_720.0, 60.0, 7.0, 3_751_320.0, -5.0, -60.0]);
        let back = map.inverse().expect("pixels have area");
        for (x, y) in [(0.0, 0.0), (17.5, 3.25), (-4.0, 900.0)] {
            let p = back.apply(map.apply(Point { x, y }));
            assert!((p.x - x).abs() < 1e-9 && (p.y - y).abs() < 1e-9, "{p:?}");
        }
        assert_eq!(GeoTransform::from_gdal([0.0, 1.0, 1.0, 0.0, 1.0, 1.0]).inverse(), None);
        assert_eq!(GeoTransform::north_up(0.0, 0.0, 0.0, 1.0).inverse(), None);
    }

    #[test]
    fn apply_gives_corners_and_centres() {
        let map = GeoTransform::north_up(500_000.0, 4_000_000.0, 30.0, 30.0);
        let centre = map.apply(Point { x: 0.5, y: 0.5 });
        assert_eq!((centre.x, centre.y), (500_015.0, 3_999_985.0));
        let moved = map.moved_to(Point { x: 2.0, y: 1.0 }).scaled(2.0, 2.0);
        assert_eq!(moved.to_gdal(), [500_060.0, 60.0, 0.0, 3_999_970.0, 0.0, -60.0]);
    }
}
