//! World files: six numbers, one a line, that place the centre of the top left pixel.

use crate::error::{Error, Result};
use crate::raster::GeoTransform;

/// Reads the GeoTransform of a world file: width of a pixel, its two rotations
/// (by column, by row), height, then x and y of the centre of the top left pixel.
pub(super) fn parse(text: &str) -> Result<GeoTransform> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let numbers: Vec<f64> = lines.take(6).map_while(number).collect();
    let &[width, column_rotation, row_rotation, height, x, y] = &numbers[..] else {
        return Err(Error::format("world file").expected("six lines of one number each"));
    };
    // GDAL asks for as much.
    if width == 0.0 && row_rotation == 0.0 || height == 0.0 && column_rotation == 0.0 {
        return Err(Error::format("world file").expected("pixels of some size").found(0));
    }
    Ok(GeoTransform::from_gdal([
        x - 0.5 * width - 0.5 * row_rotation,
        width,
        row_rotation,
        y - 0.5 * column_rotation - 0.5 * height,
        column_rotation,
        height,
    ]))
}

/// Reads a number, behind which a comma may stand, and in which it may be the point.
fn number(line: &str) -> Option<f64> {
    let line = line.trim_end_matches([',', ';']).replace(',', ".");
    line.parse().ok().filter(|x: &f64| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centre_of_the_first_pixel_becomes_its_corner() {
        let parsed = parse("2\r\n0.5\n0\n-4,\n\n11,5\n20\n").expect("parses");
        assert_eq!(parsed.to_gdal(), [10.5, 2.0, 0.0, 21.75, 0.5, -4.0]);
        for bad in ["", "1\n2\n3", "a\n0\n0\n1\n0\n0", "0\n0\n0\n1\n0\n0", "nan\n0\n0\n1\n0\n0"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
