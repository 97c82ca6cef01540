//! Where a projection certainly comes back: there no point has to be projected both ways.
//!
//! Everywhere else a point is projected, taken back and compared, because formulas give finite
//! numbers far outside of what they are for. Within the areas of this file that comparison could
//! not fail: the method is one-to-one there by its mathematics, far from where its series and
//! iterations end. The tests of `plane.rs` compare what is skipped, for every code.

use std::sync::OnceLock;

use crate::crs::datum::Shape;
use crate::crs::{Conversion, Method, Parameter};

/// Where a projection is one-to-one and its formulas hold.
#[derive(Debug)]
pub(super) struct Sure {
    area: Around,
    /// The part of it that a rectangle of the plane is sought for.
    core: Around,
    /// A rectangle of the plane within the image of that area, found when first asked for.
    field: OnceLock<Option<Field>>,
}

/// An area on both sides of a central meridian, in radians (where it is made, in degrees).
#[derive(Debug, Clone, Copy)]
struct Around {
    half: f64,
    south: f64,
    north: f64,
}

/// A rectangle of a plane, in units of its axes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    x: [f64; 2],
    y: [f64; 2],
}

/// Half the circumference, but for a hair.
const GLOBE: f64 = 179.999;
/// More than a turn, for methods whose meridians meet no seam; beyond 10 radians is no longitude.
const ANY: f64 = 380.0;

impl Sure {
    /// The area of a method on an ellipsoid; `None` where nothing is promised.
    pub(super) fn of(conversion: &Conversion, on: &Shape) -> Option<Self> {
        use Method as M;
        use Parameter as P;
        let (get, method) = (|p: P| conversion.get(p), conversion.method);
        // Series in the flattening hold for bodies like the earth.
        if on.flattening() > 1.0 / 150.0 {
            return None;
        }
        let around = |half, south, north| Around { half, south, north };
        let whole = |area: Around| (area, area);
        let (area, core) = match method {
            // As wide as national grids and neighbours of a zone, as high as UTM.
            M::TransverseMercator | M::TransverseMercatorSouth | M::TransverseMercator3d => {
                (around(60.0, -89.9, 89.9), around(6.0, -84.0, 84.0))
            }
            M::MercatorA
            | M::MercatorB
            | M::MercatorSpherical
            | M::PseudoMercator
            | M::CylindricalEqualArea
            | M::CylindricalEqualAreaSpherical
            | M::EquidistantCylindrical
            | M::EquidistantCylindricalSpherical => whole(around(GLOBE, -89.0, 89.0)),
            M::Mollweide => whole(around(GLOBE, -88.0, 88.0)),
            M::LambertConic1 | M::LambertConic1West => cone(get(P::NaturalLatitude))?,
            M::LambertConic2 | M::LambertConic2Michigan | M::AlbersEqualArea => {
                cone(0.5 * (get(P::FirstParallel) + get(P::SecondParallel)))?
            }
            M::PolarStereographicA => whole(cap(get(P::NaturalLatitude))?),
            M::PolarStereographicB => whole(cap(get(P::StandardParallel).signum() * 90.0)?),
            M::LambertAzimuthal | M::LambertAzimuthalSpherical => {
                let latitude = get(P::NaturalLatitude);
                cap(latitude).map_or_else(|| beside(latitude, 90.0, 80.0), whole)
            }
            _ => return None,
        };
        let radians = |a: Around| {
            let [half, south, north] = [a.half, a.south, a.north].map(f64::to_radians);
            Around { half, south, north }
        };
        Some(Self { area: radians(area), core: radians(core), field: OnceLock::new() })
    }

    /// Whether all of these places lie in the area: longitudes and latitudes in radians.
    pub(super) fn holds(&self, lam0: f64, lon: &[f64], lat: &[f64]) -> bool {
        let Around { half, south, north } = self.area;
        // Without a branch, so that it is done for several at once.
        let is_in =
            |lon: &f64, lat: &f64| ((lon - lam0).abs() <= half) & (*lat >= south) & (*lat <= north);
        lon.iter().zip(lat).fold(true, |all, (lon, lat)| all & is_in(lon, lat))
    }

    /// The half width, and the least and greatest latitude, in radians.
    #[cfg(test)]
    pub(super) fn edges(&self) -> [f64; 3] {
        [self.area.half, self.area.south, self.area.north]
    }

    /// The rectangle, if it was asked for and there is one.
    #[cfg(test)]
    pub(super) fn known_field(&self) -> Option<[[f64; 2]; 2]> {
        self.field.get().copied().flatten().map(|field| [field.x, field.y])
    }

    /// A rectangle of the plane from which all comes back, with `project` and `unproject` of it.
    ///
    /// The area is one-to-one with its image and has no holes. A rectangle whose edge lies in that
    /// image therefore lies in it whole; the points inside are looked at as well, for the formulas.
    pub(super) fn field(
        &self,
        lam0: f64,
        tolerance: f64,
        project: impl Fn(&mut [f64], &mut [f64]),
        unproject: impl Fn(&mut [f64], &mut [f64]),
    ) -> Option<&Field> {
        let find = || {
            const SIDE: usize = 16;
            let image = self.image(lam0, &project)?;
            // The largest first.
            let mut shares: Vec<(f64, f64)> = Vec::new();
            for i in 1..=10 {
                shares.extend((1..=10).map(|j| (f64::from(i) / 10.0, f64::from(j) / 10.0)));
            }
            shares.sort_by(|a, b| (b.0 * b.1).total_cmp(&(a.0 * a.1)));
            shares.into_iter().find_map(|(across, along)| {
                let field = image.shrunk(across * 0.999, along * 0.999);
                let steps = |[a, b]: [f64; 2]| {
                    (0..SIDE).map(move |i| a + (b - a) * i as f64 / (SIDE - 1) as f64)
                };
                let (xs, ys): (Vec<f64>, Vec<f64>) =
                    steps(field.x).flat_map(|x| steps(field.y).map(move |y| (x, y))).unzip();
                // The corners tell most.
                let corners = [0, SIDE - 1, SIDE * (SIDE - 1), SIDE * SIDE - 1];
                let comes_back = |xs: &[f64], ys: &[f64]| {
                    let (mut lon, mut lat) = (xs.to_vec(), ys.to_vec());
                    unproject(&mut lon, &mut lat);
                    let (mut x, mut y) = (lon.clone(), lat.clone());
                    project(&mut x, &mut y);
                    let close = |a: &[f64], b: &[f64]| {
                        a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
                    };
                    self.holds(lam0, &lon, &lat) && close(&x, xs) && close(&y, ys)
                };
                let pick = |all: &[f64]| corners.map(|at| all[at]);
                (comes_back(&pick(&xs), &pick(&ys)) && comes_back(&xs, &ys)).then_some(field)
            })
        };
        self.field.get_or_init(find).as_ref()
    }

    /// What the core's edge spans in the plane.
    fn image(&self, lam0: f64, project: &impl Fn(&mut [f64], &mut [f64])) -> Option<Field> {
        const STEPS: u32 = 64;
        let Around { half, south, north } = self.core;
        let half = half.min(std::f64::consts::PI);
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for i in 0..=STEPS {
            let share = f64::from(i) / f64::from(STEPS);
            let (lam, phi) = ((2.0 * share - 1.0) * half, south + (north - south) * share);
            x.extend([lam0 + lam, lam0 + lam, lam0 - half, lam0 + half]);
            y.extend([south, north, phi, phi]);
        }
        project(&mut x, &mut y);
        let span = |all: &[f64]| {
            let fold = |f: fn(f64, f64) -> f64, start| all.iter().copied().fold(start, f);
            let ends = [fold(f64::min, f64::INFINITY), fold(f64::max, f64::NEG_INFINITY)];
            ends.iter().all(|end| end.is_finite()).then_some(ends)
        };
        Some(Field { x: span(&x)?, y: span(&y)? })
    }
}

impl Field {
    /// A part around the same middle.
    fn shrunk(self, across: f64, along: f64) -> Self {
        let part = |[a, b]: [f64; 2], share: f64| {
            let (middle, half) = (0.5 * (a + b), 0.5 * (b - a) * share);
            [middle - half, middle + half]
        };
        Self { x: part(self.x, across), y: part(self.y, along) }
    }

    /// Whether all points lie in it.
    pub(super) fn holds(&self, x: &[f64], y: &[f64]) -> bool {
        let is_in = |x: &f64, y: &f64| {
            (*x >= self.x[0]) & (*x <= self.x[1]) & (*y >= self.y[0]) & (*y <= self.y[1])
        };
        x.iter().zip(y).fold(true, |all, (x, y)| all & is_in(x, y))
    }
}

/// The side of the equator that a cone of a parallel is on and somewhat more, as the other pole
/// lies at infinity or is a wide arc. `None` for what is nearly a cylinder.
fn cone(parallel: f64) -> Option<(Around, Around)> {
    let area = match parallel {
        10.0..=80.0 => Around { half: 60.0, south: -20.0, north: 89.0 },
        -80.0..=-10.0 => Around { half: 60.0, south: -89.0, north: 20.0 },
        _ => return None,
    };
    let core = Around {
        half: 30.0,
        south: area.south.max(parallel - 30.0),
        north: area.north.min(parallel + 30.0),
    };
    Some((area, core))
}

/// An area around a place, and its inner half.
fn beside(latitude: f64, half: f64, height: f64) -> (Around, Around) {
    let part = |share: f64| Around {
        half: half * share,
        south: (latitude - height * share).max(-89.9),
        north: (latitude + height * share).min(89.9),
    };
    (part(1.0), part(0.5))
}

/// The half of the globe around a pole, and somewhat more.
fn cap(latitude: f64) -> Option<Around> {
    let north = Around { half: ANY, south: -20.0, north: 90.0 };
    let south = Around { half: ANY, south: -90.0, north: 20.0 };
    (latitude.abs() == 90.0).then_some(if latitude > 0.0 { north } else { south })
}
