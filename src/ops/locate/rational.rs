//! Rational polynomials: from the ground, with its height, to the image.

use super::heights::Heights;
use crate::crs::Locate;
use crate::raster::Rpc;

/// Terms of a polynomial.
const TERMS: usize = 20;
/// Steps towards a place on the ground.
const STEPS: usize = 40;
/// How near to the pixel a place on the ground has to come, in pixels.
const NEAR: f64 = 1e-6;
/// How near it has to come where heights jump, so that it cannot come nearer (GDAL's own limit).
const NEARLY: f64 = 0.1;
/// The step over which slopes are taken, of the extent that the polynomials are for.
const STEP: f64 = 1e-4;

/// Rational polynomials and the heights that they need.
#[derive(Debug)]
pub(super) struct Rational {
    /// Of the line, then of the sample: what is added, and what it is multiplied by before.
    image: [(f64, f64); 2],
    /// The same of latitude, longitude and height.
    ground: [(f64, f64); 3],
    /// Over and under the line of fractions, of the line and then of the sample.
    fractions: [[[f64; TERMS]; 2]; 2],
    heights: Heights,
}

impl Rational {
    pub(super) fn new(rpc: &Rpc, heights: Heights) -> Self {
        let v = &rpc.values;
        let polynomial = |number: usize| {
            let start = Rpc::SINGLE.len() + number * TERMS;
            std::array::from_fn(|term| v[start + term])
        };
        Self {
            image: [(v[2], v[7]), (v[3], v[8])],
            ground: [(v[4], v[9]), (v[5], v[10]), (v[6], v[11])],
            fractions: [[polynomial(0), polynomial(1)], [polynomial(2), polynomial(3)]],
            heights,
        }
    }

    /// Returns the place in the image of a place on the ground: longitude and latitude in degrees,
    /// height in metres.
    fn project(&self, lon: f64, lat: f64, height: f64) -> (f64, f64) {
        let [(lat_0, lat_scale), (lon_0, lon_scale), (height_0, height_scale)] = self.ground;
        // Places on the other side of the antimeridian.
        let lon = match lon - lon_0 {
            away if away < -270.0 => lon + 360.0,
            away if away > 270.0 => lon - 360.0,
            _ => lon,
        };
        let terms = terms(
            (lat - lat_0) / lat_scale,
            (lon - lon_0) / lon_scale,
            (height - height_0) / height_scale,
        );
        let sum = |polynomial: &[f64; TERMS]| -> f64 {
            polynomial.iter().zip(&terms).map(|(c, t)| c * t).sum()
        };
        let [line, sample] = [0, 1].map(|which| {
            let [over, under] = &self.fractions[which];
            let (offset, scale) = self.image[which];
            // They count from the middle of the first pixel.
            offset + scale * sum(over) / sum(under) + 0.5
        });
        (sample, line)
    }

    fn image_of(&self, lon: f64, lat: f64) -> (f64, f64) {
        self.project(lon, lat, self.heights.at(lon, lat))
    }

    /// Finds the place on the ground that is seen in a place of the image, by Newton's method.
    fn ground_of(&self, col: f64, row: f64) -> Option<(f64, f64)> {
        let [(lat_0, lat_scale), (lon_0, lon_scale), _] = self.ground;
        let (mut lon, mut lat) = (lon_0, lat_0);
        let (mut nearest, mut found) = (f64::INFINITY, None);
        // Beyond the edge of known heights there is no slope: the first steps go on level ground.
        let level = self.heights.usual(lon_0, lat_0, self.ground[2].0);
        for step in 0..STEPS {
            let at = |lon: f64, lat: f64| {
                if step < STEPS / 4 {
                    return self.project(lon, lat, level);
                }
                self.image_of(lon, lat)
            };
            let (x, y) = at(lon, lat);
            let (dx, dy) = (col - x, row - y);
            let away = dx.hypot(dy);
            if away.is_nan() {
                return found;
            }
            if step >= STEPS / 4 {
                if away < nearest {
                    (nearest, found) = (away, Some((lon, lat)));
                }
                if away < NEAR {
                    return found;
                }
            }
            let (across, up) = (STEP * lon_scale, STEP * lat_scale);
            let (east, north) = (at(lon + across, lat), at(lon, lat + up));
            let (a, b) = ((east.0 - x) / across, (north.0 - x) / up);
            let (c, d) = ((east.1 - y) / across, (north.1 - y) / up);
            let area = a * d - b * c;
            lon += (dx * d - b * dy) / area;
            lat += (a * dy - dx * c) / area;
        }
        found.filter(|_| nearest < NEARLY)
    }
}

/// The terms of RPC00B in their order, of normalized latitude, longitude and height (STDI-0002, The
/// Compendium of Controlled Extensions, appendix E).
fn terms(p: f64, l: f64, h: f64) -> [f64; TERMS] {
    [
        1.0,
        l,
        p,
        h,
        l * p,
        l * h,
        p * h,
        l * l,
        p * p,
        h * h,
        p * l * h,
        l * l * l,
        l * p * p,
        l * h * h,
        l * l * p,
        p * p * p,
        p * h * h,
        l * l * h,
        p * p * h,
        h * h * h,
    ]
}

impl Locate for Rational {
    fn to_ground(&self, x: &mut [f64], y: &mut [f64]) {
        assert_eq!(x.len(), y.len(), "as many x as y");
        for (x, y) in x.iter_mut().zip(y) {
            (*x, *y) = self.ground_of(*x, *y).unwrap_or((f64::NAN, f64::NAN));
        }
    }

    fn to_image(&self, x: &mut [f64], y: &mut [f64]) {
        assert_eq!(x.len(), y.len(), "as many x as y");
        for (x, y) in x.iter_mut().zip(y) {
            (*x, *y) = self.image_of(*x, *y);
        }
    }
}
