//! Goode's homolosine projection: sinusoidal near the equator, Mollweide's
//! beyond 40°44'11.8", in lobes cut through the oceans or the land, on the sphere.
//!
//! J. P. Goode, "The Homolosine projection" (1925); D. R. Steinwand, "Mapping
//! raster imagery to the Interrupted Goode Homolosine projection" (1994).

use std::f64::consts::PI;

use super::Projection;
use super::mollweide::{mollweide, mollweide_inverse};

/// Where both projections have the same scale.
const SEAM: f64 = (40.0 + 44.0 / 60.0 + 11.8 / 3600.0) * PI / 180.0;
/// The same, and how far the outer projection is moved to meet the inner, as PROJ
/// rounds them for the projection without cuts.
const ROUND_SEAM: f64 = (40.0 + 44.0 / 60.0) * PI / 180.0;
const ROUND_DROP: f64 = 0.0528;

/// The lobes of a half of the globe: western edge and central meridian in degrees.
type Lobes = &'static [(f64, f64)];

/// The projection with its lobes.
#[derive(Debug)]
pub(super) struct Homolosine {
    north: Lobes,
    south: Lobes,
    /// The latitude where the two projections meet.
    seam: f64,
    /// How far the outer projection is moved towards the equator to meet the inner.
    drop: f64,
}

impl Homolosine {
    /// One piece, without cuts.
    pub(super) fn whole() -> Self {
        let lobes: Lobes = &[(-180.0, 0.0)];
        Self { north: lobes, south: lobes, seam: ROUND_SEAM, drop: ROUND_DROP }
    }

    /// Cut through the oceans.
    pub(super) fn land() -> Self {
        Self::new(
            &[(-180.0, -100.0), (-40.0, 30.0)],
            &[(-180.0, -160.0), (-100.0, -60.0), (-20.0, 20.0), (80.0, 140.0)],
        )
    }

    /// Cut through the land.
    pub(super) fn ocean() -> Self {
        Self::new(
            &[(-180.0, -140.0), (-90.0, -10.0), (60.0, 130.0)],
            &[(-180.0, -110.0), (-60.0, 20.0), (90.0, 150.0)],
        )
    }

    fn new(north: Lobes, south: Lobes) -> Self {
        Self { north, south, seam: SEAM, drop: mollweide(0.0, SEAM).1 - SEAM }
    }

    /// The edges and middle of the lobe around a longitude or easting.
    fn lobe(&self, phi: f64, along: f64) -> (f64, f64, f64) {
        let lobes = if phi < 0.0 { self.south } else { self.north };
        let at = lobes.iter().rposition(|&(west, _)| along >= west.to_radians()).unwrap_or(0);
        let east = lobes.get(at + 1).map_or(180.0, |&(west, _)| west);
        (lobes[at].0.to_radians(), east.to_radians(), lobes[at].1.to_radians())
    }
}

impl Projection for Homolosine {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64) {
        let (_, _, middle) = self.lobe(phi, lam);
        let lam = lam - middle;
        if phi.abs() <= self.seam {
            return (middle + lam * phi.cos(), phi);
        }
        let (x, y) = mollweide(lam, phi);
        (middle + x, y - self.drop.copysign(phi))
    }

    fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let (west, east, middle) = self.lobe(y, x);
        let x = x - middle;
        let (lam, phi) = if y.abs() <= self.seam {
            (x / y.cos(), y)
        } else {
            mollweide_inverse(x, y + self.drop.copysign(y))
        };
        let lam = lam + middle;
        // Between the lobes there is nothing; next to a pole, where they end, an easting
        // says little of the longitude.
        let edge = 1e-9 / phi.cos().max(1e-12);
        if lam < west - edge || lam > east + edge {
            (f64::NAN, f64::NAN)
        } else {
            (lam.clamp(west, east), phi)
        }
    }
}
