//! What the eight neighbours of an elevation say of the ground, as gdaldem has it
//! (apps/gdaldem_lib.cpp; the formulas are those of the papers named below).

use std::f64::consts::{FRAC_PI_2, PI};

/// How the gradient is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gradient {
    /// From all eight neighbours, those beside weighing double (Horn 1981): for
    /// rough ground.
    #[default]
    Horn,
    /// From the four neighbours beside (Zevenbergen and Thorne 1987): for smooth ground.
    ZevenbergenThorne,
}

/// The light of a shaded relief.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    /// Where it comes from, in degrees clockwise from north.
    pub azimuth: f64,
    /// How high it stands over the horizon, in degrees.
    pub altitude: f64,
    /// What elevations are multiplied by.
    pub z_factor: f64,
}

impl Default for Light {
    /// From the north-west, half way up, as gdaldem.
    fn default() -> Self {
        Self { azimuth: 315.0, altitude: 45.0, z_factor: 1.0 }
    }
}

/// A quantity of the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Terrain {
    /// How steep it is, in degrees.
    SlopeDegrees(Gradient),
    /// How steep it is, in percent: 100 at 45 degrees.
    SlopePercent(Gradient),
    /// Which way it falls, in degrees clockwise from north; missing where it is
    /// flat. Pixels count as squares, as in gdaldem.
    Aspect(Gradient),
    /// How much light it gets from one side, from 1 to 255.
    Hillshade(Gradient, Light),
    /// How much light it gets from the north, north-west, west and south-west, each
    /// where it grazes the slope (Mark 1992), from 1 to 255. The azimuth is not heeded.
    MultiHillshade(Gradient, Light),
    /// The largest difference among the nine elevations.
    Roughness,
    /// The elevation over the mean of its neighbours (topographic position index).
    PositionIndex,
    /// The root of the sum of the squares of differences to the neighbours
    /// (terrain ruggedness index, Riley 1999).
    RuggednessRiley,
    /// The mean difference to the neighbours, without sign (Wilson 2007).
    RuggednessWilson,
}

/// Nine elevations: three rows of three, from the north west.
type Nine = [f64; 9];

/// The size of a pixel, in units of the elevation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// From west to east.
    pub width: f64,
    /// From north to south.
    pub height: f64,
}

impl Terrain {
    /// Fills a row. `rows` are the elevations of the row above, the row itself and the
    /// row below, each one column longer than `out` at both ends; missing ones are NaN.
    ///
    /// Where one of the nine is missing, so is the result (NaN), unless `fill`: then
    /// a missing neighbour counts as the elevation itself.
    ///
    /// # Panics
    /// If a row is shorter than that.
    pub fn row(self, rows: [&[f64]; 3], cell: Cell, fill: bool, out: &mut [f64]) {
        let (x, y) = (1.0 / cell.width, 1.0 / cell.height);
        match self {
            Self::SlopeDegrees(Gradient::Horn) => {
                each(rows, fill, out, |w| steepness(horn(&w), x, y).atan() * (180.0 / PI));
            }
            Self::SlopeDegrees(Gradient::ZevenbergenThorne) => {
                each(rows, fill, out, |w| steepness(beside(&w), x, y).atan() * (180.0 / PI));
            }
            Self::SlopePercent(Gradient::Horn) => {
                each(rows, fill, out, |w| steepness(horn(&w), x, y) * 100.0);
            }
            Self::SlopePercent(Gradient::ZevenbergenThorne) => {
                each(rows, fill, out, |w| steepness(beside(&w), x, y) * 100.0);
            }
            Self::Aspect(Gradient::Horn) => each(rows, fill, out, |w| azimuth(horn(&w))),
            Self::Aspect(Gradient::ZevenbergenThorne) => {
                each(rows, fill, out, |w| azimuth(beside(&w)));
            }
            Self::Hillshade(gradient, light) => {
                let lamp = Lamp::new(light, light.azimuth);
                match gradient {
                    Gradient::Horn => each(rows, fill, out, |w| lamp.shade(horn(&w), x, y)),
                    Gradient::ZevenbergenThorne => {
                        each(rows, fill, out, |w| lamp.shade(beside(&w), x, y));
                    }
                }
            }
            Self::MultiHillshade(gradient, light) => {
                let lamps = [225.0, 270.0, 315.0, 360.0].map(|azimuth| Lamp::new(light, azimuth));
                match gradient {
                    Gradient::Horn => each(rows, fill, out, |w| shade_all(&lamps, horn(&w), x, y)),
                    Gradient::ZevenbergenThorne => {
                        each(rows, fill, out, |w| shade_all(&lamps, beside(&w), x, y));
                    }
                }
            }
            Self::Roughness => each(rows, fill, out, |w| {
                let (first, others) = (w[0], &w[1..]);
                let least = others.iter().fold(first, |a, &b| if b < a { b } else { a });
                let most = others.iter().fold(first, |a, &b| if b > a { b } else { a });
                most - least
            }),
            Self::PositionIndex => each(rows, fill, out, |w| {
                let around = w[0] + w[1] + w[2] + w[3] + w[5] + w[6] + w[7] + w[8];
                w[4] - around * 0.125
            }),
            Self::RuggednessRiley => each(rows, fill, out, |w| {
                w.iter().map(|v| (v - w[4]) * (v - w[4])).sum::<f64>().sqrt()
            }),
            Self::RuggednessWilson => {
                each(rows, fill, out, |w| w.iter().map(|v| (v - w[4]).abs()).sum::<f64>() * 0.125)
            }
        }
    }
}

#[inline(always)]
fn each(rows: [&[f64]; 3], fill: bool, out: &mut [f64], of: impl Fn(Nine) -> f64) {
    let [above, own, below] = rows.map(|row| &row[..out.len() + 2]);
    for (i, out) in out.iter_mut().enumerate() {
        let mut nine = [
            above[i],
            above[i + 1],
            above[i + 2],
            own[i],
            own[i + 1],
            own[i + 2],
            below[i],
            below[i + 1],
            below[i + 2],
        ];
        if fill {
            let own = nine[4];
            nine = nine.map(|v| if v.is_nan() { own } else { v });
        }
        // Some quantities do not look at all nine.
        let missing = nine.iter().fold(false, |any, v| any | v.is_nan());
        *out = if missing { f64::NAN } else { of(nine) };
    }
}

/// How much the ground falls towards the east, and rises towards the south, in a pixel.
#[derive(Debug, Clone, Copy)]
struct Fall {
    east: f64,
    south: f64,
}

#[inline(always)]
fn horn(w: &Nine) -> Fall {
    Fall {
        east: ((w[0] + w[3] + w[3] + w[6]) - (w[2] + w[5] + w[5] + w[8])) * 0.125,
        south: ((w[6] + w[7] + w[7] + w[8]) - (w[0] + w[1] + w[1] + w[2])) * 0.125,
    }
}

#[inline(always)]
fn beside(w: &Nine) -> Fall {
    Fall { east: (w[3] - w[5]) * 0.5, south: (w[7] - w[1]) * 0.5 }
}

/// The tangent of the slope; `x` and `y` are pixels a unit of elevation.
#[inline(always)]
fn steepness(fall: Fall, x: f64, y: f64) -> f64 {
    let (east, south) = (fall.east * x, fall.south * y);
    (east * east + south * south).sqrt()
}

fn azimuth(fall: Fall) -> f64 {
    if fall.east == 0.0 && fall.south == 0.0 {
        return f64::NAN;
    }
    let counterclockwise = fall.south.atan2(fall.east) * (180.0 / PI);
    let clockwise = 90.0 - counterclockwise;
    if clockwise < 0.0 { clockwise + 360.0 } else { clockwise }
}

/// One source of light.
#[derive(Debug, Clone, Copy)]
struct Lamp {
    up: f64,
    /// Weights of the two parts of the gradient.
    east: f64,
    south: f64,
    z_factor: f64,
}

impl Lamp {
    fn new(light: Light, azimuth: f64) -> Self {
        let (azimuth, altitude) = (azimuth.to_radians(), light.altitude.to_radians());
        let flat = altitude.cos() * light.z_factor;
        Self {
            up: altitude.sin(),
            east: azimuth.sin() * flat,
            south: azimuth.cos() * flat,
            z_factor: light.z_factor,
        }
    }

    /// The cosine of the angle between the light and the normal of the ground, times
    /// the normal's length.
    #[inline(always)]
    fn cosine(self, east: f64, south: f64) -> f64 {
        self.up + east * self.east + south * self.south
    }

    #[inline(always)]
    fn normal(self, east: f64, south: f64) -> f64 {
        (1.0 + self.z_factor * self.z_factor * (east * east + south * south)).sqrt()
    }

    #[inline(always)]
    fn shade(self, fall: Fall, x: f64, y: f64) -> f64 {
        let (east, south) = (fall.east * x, fall.south * y);
        let lit = self.cosine(east, south) / self.normal(east, south);
        if lit <= 0.0 { 1.0 } else { 1.0 + 254.0 * lit }
    }
}

/// Light from four sides, each weighted by the square of the sine of its angle to the aspect.
fn shade_all(lamps: &[Lamp; 4], fall: Fall, x: f64, y: f64) -> f64 {
    let (east, south) = (fall.east * x, fall.south * y);
    let square = east * east + south * south;
    if square == 0.0 {
        return 1.0 + 254.0 * lamps[0].up;
    }
    let diagonal = 0.5 * square + east * south;
    let weights = [diagonal, east * east, square - diagonal, south * south];
    let lit = |lamp: &Lamp| lamp.cosine(east, south).max(0.0);
    let sum: f64 = lamps.iter().zip(weights).map(|(lamp, weight)| weight * lit(lamp)).sum();
    // The weights sum to twice the square.
    1.0 + 127.0 * sum / square / lamps[0].normal(east, south)
}

/// Returns the size in metres of a degree at a latitude in degrees, on the ellipsoid
/// of WGS 84: the lengths of its parallel and its meridian there.
pub fn metres_of_a_degree(latitude: f64) -> Cell {
    const A: f64 = 6_378_137.0;
    const E2: f64 = 0.006_694_379_990_141_316;
    let phi = latitude.to_radians().clamp(-FRAC_PI_2, FRAC_PI_2);
    let w2 = 1.0 - E2 * phi.sin() * phi.sin();
    let prime = A / w2.sqrt();
    let meridional = A * (1.0 - E2) / (w2 * w2.sqrt());
    Cell { width: prime * phi.cos() * (PI / 180.0), height: meridional * (PI / 180.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plane that rises by `east` and `north` a pixel.
    fn plane(east: f64, north: f64) -> [[f64; 3]; 3] {
        [0.0, 1.0, 2.0].map(|row| [0.0, 1.0, 2.0].map(|col| 100.0 + east * col - north * row))
    }

    fn of(what: Terrain, w: [[f64; 3]; 3]) -> f64 {
        let mut out = [0.0];
        what.row([&w[0], &w[1], &w[2]], Cell { width: 10.0, height: 10.0 }, false, &mut out);
        out[0]
    }

    #[test]
    fn planes_are_as_steep_as_they_are() {
        for gradient in [Gradient::Horn, Gradient::ZevenbergenThorne] {
            let w = plane(10.0, 0.0);
            assert!((of(Terrain::SlopeDegrees(gradient), w) - 45.0).abs() < 1e-12);
            let percent = of(Terrain::SlopePercent(gradient), plane(3.0, 4.0));
            assert!((percent - 50.0).abs() < 1e-12);
            // What rises to the east falls to the west.
            assert_eq!(of(Terrain::Aspect(gradient), w), 270.0);
            assert_eq!(of(Terrain::Aspect(gradient), plane(0.0, -5.0)), 0.0);
            assert_eq!(of(Terrain::Aspect(gradient), plane(-5.0, 0.0)), 90.0);
            assert!(of(Terrain::Aspect(gradient), plane(0.0, 0.0)).is_nan());
            // Light from the north-west, 45 degrees up, falls straight on such a slope.
            let facing = 10.0 * 0.5f64.sqrt();
            let light = Light::default();
            let lit = of(Terrain::Hillshade(gradient, light), plane(facing, -facing));
            assert!((lit - 255.0).abs() < 1e-9, "{lit}");
            assert_eq!(of(Terrain::Hillshade(gradient, light), plane(-1e3, 1e3)), 1.0);
        }
    }

    #[test]
    fn a_degree_is_as_long_as_it_is() {
        // The lengths of a degree at 0 and 60 degrees (NIMA TR8350.2 gives 111319.5 and 55800).
        let equator = metres_of_a_degree(0.0);
        assert!((equator.width - 111_319.491).abs() < 1e-3);
        assert!((equator.height - 110_574.276).abs() < 1e-3);
        assert!((metres_of_a_degree(60.0).width - 55_800.0).abs() < 0.5);
    }

    #[test]
    fn missing_neighbours_make_missing_results_unless_filled() {
        let mut w = plane(1.0, 0.0);
        w[0][0] = f64::NAN;
        assert!(of(Terrain::SlopeDegrees(Gradient::ZevenbergenThorne), w).is_nan());
        let mut out = [0.0];
        let cell = Cell { width: 10.0, height: 10.0 };
        Terrain::Roughness.row([&w[0], &w[1], &w[2]], cell, true, &mut out);
        assert_eq!(out, [2.0]);
        w[1][1] = f64::NAN;
        Terrain::Roughness.row([&w[0], &w[1], &w[2]], cell, true, &mut out);
        assert!(out[0].is_nan());
    }
}
