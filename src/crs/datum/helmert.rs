//! Shifts between datums by way of earth-centred coordinates.
//!
//! Formulas: EPSG Guidance Note 7-2, sections 4.1.1 (geographic to geocentric),
//! 4.2.2 (translations) and 4.2.3 (rotations, both conventions, with and without
//! a point of rotation). As in PROJ, rotations are small angles, and the way back
//! is by the transposed rotation.

use super::shape::Shape;

/// A seven-parameter transformation of earth-centred coordinates about a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::crs) struct Helmert {
    translation: [f64; 3],
    /// Rotation and scale together: what is multiplied on the way there.
    there: [[f64; 3]; 3],
    /// What is multiplied on the way back.
    back: [[f64; 3]; 3],
    about: [f64; 3],
}

/// Which way a positive rotation turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::crs) enum Convention {
    /// The vector turns: EPSG 9606, PROJ's `+towgs84`.
    PositionVector,
    /// The axes turn: EPSG 9607.
    CoordinateFrame,
}

impl Helmert {
    /// Makes the transformation of translations in metres, rotations in arc
    /// seconds, a scale difference in parts per million and a point of rotation
    /// in metres; numbers that are not given are 0.
    pub(in crate::crs) fn new(values: &[f64], convention: Convention) -> Self {
        let at = |i: usize| values.get(i).copied().unwrap_or(0.0);
        let sign = if convention == Convention::PositionVector { 1.0 } else { -1.0 };
        let turn = |i| sign * (at(i) / 3600.0).to_radians();
        let (rx, ry, rz) = (turn(3), turn(4), turn(5));
        let rotation = [[1.0, -rz, ry], [rz, 1.0, -rx], [-ry, rx, 1.0]];
        let scale = 1.0 + at(6) * 1e-6;
        let mut there = rotation;
        let mut back = rotation;
        for i in 0..3 {
            for j in 0..3 {
                there[i][j] = rotation[i][j] * scale;
                back[i][j] = rotation[j][i] / scale;
            }
        }
        let translation = [at(0), at(1), at(2)];
        Self { translation, there, back, about: [at(7), at(8), at(9)] }
    }

    /// Moves earth-centred coordinates there, or back.
    pub(in crate::crs) fn apply(&self, point: [f64; 3], back: bool) -> [f64; 3] {
        let (m, before, after) = if back {
            (&self.back, add(self.translation, self.about), self.about)
        } else {
            (&self.there, self.about, add(self.translation, self.about))
        };
        let p = [point[0] - before[0], point[1] - before[1], point[2] - before[2]];
        let row = |i: usize| m[i][0] * p[0] + m[i][1] * p[1] + m[i][2] * p[2];
        add([row(0), row(1), row(2)], after)
    }
}

fn add(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// Takes longitude and latitude in radians, height 0, to earth-centred metres.
pub(in crate::crs) fn to_geocentric(on: &Shape, lon: f64, lat: f64, height: f64) -> [f64; 3] {
    let ((sin, cos), (sin_lon, cos_lon)) = (lat.sin_cos(), lon.sin_cos());
    let e2 = on.eccentricity_squared();
    let radius = on.semi_major / (1.0 - e2 * sin * sin).sqrt();
    let across = (radius + height) * cos;
    [across * cos_lon, across * sin_lon, (radius * (1.0 - e2) + height) * sin]
}

/// Takes earth-centred metres to longitude and latitude in radians and height
/// in metres, by one step of Bowring's (1976) formula: exact to 1e-11 of a
/// radian within 10 km of the ellipsoid.
pub(in crate::crs) fn to_geographic(on: &Shape, [x, y, z]: [f64; 3]) -> (f64, f64, f64) {
    let (a, e2) = (on.semi_major, on.eccentricity_squared());
    let b = a * (1.0 - e2).sqrt();
    let across = x.hypot(y);
    let norm = (z * a).hypot(across * b);
    let (sin, cos) = if norm == 0.0 { (0.0, 1.0) } else { (z * a / norm, across * b / norm) };
    let up = z + e2 / (1.0 - e2) * b * sin * sin * sin;
    let out = across - e2 * a * cos * cos * cos;
    let lat = up.atan2(out.max(0.0));
    let (sin, cos) = lat.sin_cos();
    let radius = a / (1.0 - e2 * sin * sin).sqrt();
    let height = if cos.abs() < 1e-6 { z.abs() - b } else { across / cos - radius };
    (y.atan2(x), lat, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: [f64; 3], b: [f64; 3], by: f64) {
        for i in 0..3 {
            assert!((a[i] - b[i]).abs() < by, "{a:?} {b:?}");
        }
    }

    #[test]
    fn the_guidance_notes_examples_come_out() {
        // EPSG Guidance Note 7-2, 4.2.3: WGS 72 to WGS 84, position vector.
        let values = [0.0, 0.0, 4.5, 0.0, 0.0, 0.554, 0.219];
        let shift = Helmert::new(&values, Convention::PositionVector);
        let from = [3_657_660.66, 255_768.55, 5_201_382.11];
        let to = [3_657_660.78, 255_778.43, 5_201_387.75];
        // The note prints both what goes in and what comes out to 0.01 m, and no shift here
        // stretches: half of that each way, 0.01 m together, is how far they may part.
        near(shift.apply(from, false), to, 0.01);
        near(shift.apply(to, true), from, 0.01);
        // The other convention is the same with the rotation's sign changed.
        let values = [0.0, 0.0, 4.5, 0.0, 0.0, -0.554, 0.219];
        near(Helmert::new(&values, Convention::CoordinateFrame).apply(from, false), to, 0.01);
        // 4.2.4: La Canoa to REGVEN, Molodensky-Badekas in the coordinate frame's convention.
        let values = [
            -270.933,
            115.599,
            -360.226,
            -5.266,
            -1.238,
            2.381,
            -5.109,
            2_464_351.59,
            -5_783_466.61,
            974_809.81,
        ];
        let shift = Helmert::new(&values, Convention::CoordinateFrame);
        let from = [2_550_408.96, -5_749_912.26, 1_054_891.11];
        near(shift.apply(from, false), [2_550_138.45, -5_749_799.87, 1_054_530.82], 0.01);
    }

    #[test]
    fn geocentric_coordinates_of_the_guidance_note() {
        // 4.1.1: 53d48'33.820"N, 2d07'46.380"E, 73.0 m on WGS 84.
        let wgs84 = Shape::new(6_378_137.0, 298.257_223_563);
        let (lat, lon) = (53.0 + 48.0 / 60.0 + 33.820 / 3600.0, 2.0 + 7.0 / 60.0 + 46.380 / 3600.0);
        let (lat, lon): (f64, f64) = (f64::to_radians(lat), f64::to_radians(lon));
        let point = to_geocentric(&wgs84, lon, lat, 73.0);
        near(point, [3_771_793.968, 140_253.342, 5_124_304.349], 0.001);
        let (back_lon, back_lat, height) = to_geographic(&wgs84, point);
        assert!((back_lon - lon).abs() < 1e-14 && (back_lat - lat).abs() < 1e-12);
        assert!((height - 73.0).abs() < 1e-6);
        for lat in [-90.0_f64, 90.0, 0.0, 45.0] {
            let (_, back, _) =
                to_geographic(&wgs84, to_geocentric(&wgs84, 1.0, lat.to_radians(), 0.0));
            assert!((back.to_degrees() - lat).abs() < 1e-10, "{lat}");
        }
    }
}
