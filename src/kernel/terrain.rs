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
    /// How the ground bends, in 1 / (unit of elevation).
    Curvature(Curvature),
}

/// A measure of how the ground bends: positive where it bulges, negative where it is
/// hollow, 0 on a plane, in 1 / (unit of elevation), such as 1/m.
///
/// All are made of the derivatives of Zevenbergen and Thorne's polynomial (1987), which
/// goes through all nine elevations: G and H, the rise towards east and north, D and E,
/// half of the second derivatives along x and y, and F, the mixed one.
///
/// The first three are the paper's, derivatives of elevation along the map: sound for
/// gentle ground. The sign is that of ArcGIS and RichDEM, which multiply by 100, but for
/// the profile, which they turn round. The last is the bending of the surface itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Curvature {
    /// Down the slope: -2 (D G² + E H² + F G H) / (G² + H²). 0 where
    /// there is no slope.
    Profile,
    /// Across the slope: -2 (D H² + E G² - F G H) / (G² + H²). 0 where
    /// there is no slope.
    Plan,
    /// The sum of both: -2 (D + E).
    Total,
    /// The mean of the surface's two principal curvatures, 1 / R on a sphere:
    /// -((1 + H²) D - F G H + (1 + G²) E) / (1 + G² + H²)^1.5.
    Mean,
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
            Self::Curvature(kind) => {
                each(rows, fill, out, |w| Polynomial::new(&w, x, y).curvature(kind));
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

/// The derivatives of Zevenbergen and Thorne's polynomial in the middle, by the names
/// that they have in the paper.
#[derive(Debug, Clone, Copy)]
struct Polynomial {
    d: f64,
    e: f64,
    f: f64,
    g: f64,
    h: f64,
}

impl Polynomial {
    #[inline(always)]
    fn new(w: &Nine, x: f64, y: f64) -> Self {
        let Fall { east, south } = beside(w);
        Self {
            d: ((w[3] + w[5]) * 0.5 - w[4]) * (x * x),
            e: ((w[1] + w[7]) * 0.5 - w[4]) * (y * y),
            f: ((w[2] + w[6]) - (w[0] + w[8])) * 0.25 * (x * y),
            g: -east * x,
            h: -south * y,
        }
    }

    #[inline(always)]
    fn curvature(self, kind: Curvature) -> f64 {
        let Self { d, e, f, g, h } = self;
        let square = g * g + h * h;
        match kind {
            Curvature::Profile | Curvature::Plan if square == 0.0 => 0.0,
            Curvature::Profile => -2.0 * (d * g * g + e * h * h + f * g * h) / square,
            Curvature::Plan => -2.0 * (d * h * h + e * g * g - f * g * h) / square,
            Curvature::Total => -2.0 * (d + e),
            Curvature::Mean => {
                let long = 1.0 + square;
                -((1.0 + h * h) * d - f * g * h + (1.0 + g * g) * e) / (long * long.sqrt())
            }
        }
    }
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

    /// A surface over pixels of 2 x 0.5, `at` (x, y) of the middle.
    fn surface(at: (f64, f64), z: impl Fn(f64, f64) -> f64) -> [[f64; 3]; 3] {
        [0.5, 0.0, -0.5].map(|dy| [-2.0, 0.0, 2.0].map(|dx| z(at.0 + dx, at.1 + dy)))
    }

    fn bent(kind: Curvature, w: [[f64; 3]; 3]) -> f64 {
        let mut out = [0.0];
        let cell = Cell { width: 2.0, height: 0.5 };
        Terrain::Curvature(kind).row([&w[0], &w[1], &w[2]], cell, false, &mut out);
        out[0]
    }

    #[test]
    fn surfaces_are_as_bent_as_they_are() {
        use Curvature::{Mean, Plan, Profile, Total};
        let near = |kind, w, wanted: f64| {
            let got = bent(kind, w);
            assert!((got - wanted).abs() <= 1e-9 * wanted.abs(), "{kind:?}: {got}, not {wanted}");
        };
        // Of polynomials of second degree the derivatives are exact. A gutter, across its
        // slope and along it: the parabola bends by 2a down the slope, not at all across.
        let gutter = surface((3.0, 1.0), |x, _| 0.25 * x * x);
        near(Profile, gutter, -0.5);
        near(Plan, gutter, 0.0);
        // A ridge that falls to the north: straight down the slope, bent across.
        let ridge = surface((0.0, 1.0), |x, y| -0.25 * x * x - y);
        near(Profile, ridge, 0.0);
        near(Plan, ridge, 0.5);
        near(Total, ridge, 0.5);
        // A dome bends alike in all directions; a saddle seen along its diagonal slope.
        let dome = surface((-3.0, 2.0), |x, y| -0.125 * (x * x + y * y));
        for (kind, wanted) in [(Profile, 0.25), (Plan, 0.25), (Total, 0.5)] {
            near(kind, dome, wanted);
        }
        // xy: F is 1, and the slope runs along (y, x), of length 2 and 1 here.
        let saddle = surface((1.0, 2.0), |x, y| x * y);
        near(Profile, saddle, -2.0 * 2.0 / 5.0);
        near(Plan, saddle, 2.0 * 2.0 / 5.0);
        near(Mean, saddle, 2.0 / 6f64.powf(1.5));
        let plane = surface((9.0, 5.0), |x, y| 3.0 * x - 2.0 * y);
        let level = surface((9.0, 5.0), |_, _| 7.0);
        for kind in [Profile, Plan, Total, Mean] {
            assert_eq!((bent(kind, plane), bent(kind, level)), (0.0, 0.0), "{kind:?}");
        }
        // A large sphere and cylinder far from the top: 1/R and 1/2R, both ways up.
        let radius: f64 = 1e4;
        let sphere = |x: f64, y: f64| (radius * radius - x * x - y * y).sqrt();
        let round = bent(Mean, surface((3000.0, -4000.0), sphere));
        assert!((round * radius - 1.0).abs() < 1e-5, "{round}");
        let bowl = bent(Mean, surface((3000.0, -4000.0), |x, y| -sphere(x, y)));
        assert!((bowl * radius + 1.0).abs() < 1e-5, "{bowl}");
        let pipe = bent(Mean, surface((3000.0, 77.0), |x, _| sphere(x, 0.0)));
        assert!((pipe * radius - 0.5).abs() < 1e-5, "{pipe}");
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
