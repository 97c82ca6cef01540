//! Projections whose parallels are straight and evenly divided: x is the longitude times a width
//! that hangs on the latitude, y hangs on the latitude alone. All on the sphere.
//!
//! Formulas: J. P. Snyder and P. M. Voxland, "An Album of Map Projections" (1989) for Eckert I, II,
//! III and V, Craster's parabolic and Winkel I; T. Patterson, B. Šavrič and B. Jenny, "Introducing
//! the Patterson cylindrical projection" (2015); B. Jenny, B. Šavrič and T. Patterson, "A compromise
//! aspect-adaptive cylindrical projection" (2015) for Compact Miller; B. Šavrič, T. Patterson and
//! B. Jenny, "The Natural Earth II world map projection" (2015).

use std::f64::consts::PI;

use super::{Projection, arcsine};

#[derive(Debug, Clone, Copy)]
pub(super) enum Pseudocylinder {
    Eckert1,
    Eckert2,
    Eckert3,
    Eckert5,
    Craster,
    /// The cosine of the parallel that is true to scale.
    Winkel1(f64),
    Patterson,
    CompactMiller,
    NaturalEarth2,
}

impl Pseudocylinder {
    /// What a longitude is multiplied with.
    fn width(self, phi: f64) -> f64 {
        let p = phi * phi;
        match self {
            Self::Eckert1 => 2.0 * (2.0 / (3.0 * PI)).sqrt() * (1.0 - phi.abs() / PI),
            Self::Eckert2 => 2.0 / (6.0 * PI).sqrt() * two_minus(phi),
            Self::Eckert3 => {
                // A hair beyond a pole is the pole.
                let inside = (1.0 - 4.0 * p / (PI * PI)).max(0.0);
                2.0 * (1.0 + inside.sqrt()) / (4.0 * PI + PI * PI).sqrt()
            }
            Self::Eckert5 => (1.0 + phi.cos()) / (2.0 + PI).sqrt(),
            Self::Craster => (3.0 / PI).sqrt() * (2.0 * (2.0 * phi / 3.0).cos() - 1.0),
            Self::Winkel1(cos) => 0.5 * (cos + phi.cos()),
            Self::Patterson | Self::CompactMiller => 1.0,
            Self::NaturalEarth2 => {
                let high = -0.04515 + p * (0.05494 + p * (-0.02326 + p * 0.00331));
                0.84719 + p * (-0.13063 + p.powi(5) * high)
            }
        }
    }

    fn north(self, phi: f64) -> f64 {
        match self {
            Self::Eckert1 => 2.0 * (2.0 / (3.0 * PI)).sqrt() * phi,
            Self::Eckert2 => (2.0 * PI / 3.0).sqrt() * (2.0 - two_minus(phi)).copysign(phi),
            Self::Eckert3 => 4.0 * phi / (4.0 * PI + PI * PI).sqrt(),
            Self::Eckert5 => 2.0 * phi / (2.0 + PI).sqrt(),
            Self::Craster => (3.0 * PI).sqrt() * (phi / 3.0).sin(),
            Self::Winkel1(_) => phi,
            Self::Patterson | Self::CompactMiller | Self::NaturalEarth2 => self.series(phi).0,
        }
    }

    fn latitude(self, y: f64) -> f64 {
        match self {
            Self::Eckert1 => y / (2.0 * (2.0 / (3.0 * PI)).sqrt()),
            Self::Eckert2 => {
                let rest = 2.0 - y.abs() / (2.0 * PI / 3.0).sqrt();
                // From 2 at the equator to 1 at a pole; beyond, the square would come back.
                if rest < 1.0 - 1e-12 { f64::NAN } else { arcsine((4.0 - rest * rest) / 3.0) }
                    .copysign(y)
            }
            Self::Eckert3 => y * (4.0 * PI + PI * PI).sqrt() / 4.0,
            Self::Eckert5 => y * (2.0 + PI).sqrt() / 2.0,
            Self::Craster => 3.0 * arcsine(y / (3.0 * PI).sqrt()),
            Self::Winkel1(_) => y,
            Self::Patterson | Self::CompactMiller | Self::NaturalEarth2 => {
                let mut phi = y;
                for _ in 0..20 {
                    let (there, slope) = self.series(phi);
                    let step = (there - y) / slope;
                    phi -= step;
                    if step.abs() < 1e-14 {
                        break;
                    }
                }
                phi
            }
        }
    }

    /// The distance from the equator of those that have a polynomial for it, and its derivative.
    fn series(self, phi: f64) -> (f64, f64) {
        // Coefficients and the powers of the latitude that they stand with.
        let terms: [(f64, i32); 4] = match self {
            Self::Patterson => [(1.0148, 1), (0.23185, 5), (-0.14499, 7), (0.02406, 9)],
            Self::CompactMiller => [(0.9902, 1), (0.1604, 3), (-0.03054, 5), (0.0, 7)],
            _ => [(1.01183, 1), (-0.02625, 9), (0.01926, 11), (-0.00396, 13)],
        };
        terms.iter().fold((0.0, 0.0), |(y, slope), &(c, power)| {
            let below = c * phi.powi(power - 1);
            (y + below * phi, slope + below * f64::from(power))
        })
    }
}

impl Projection for Pseudocylinder {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        (lam * self.width(phi), self.north(phi))
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let phi = self.latitude(y);
        (x / self.width(phi), phi)
    }
}

/// Eckert's auxiliary of his second projection: 2 at the equator, 1 at a pole.
fn two_minus(phi: f64) -> f64 {
    (4.0 - 3.0 * phi.abs().sin()).sqrt()
}
