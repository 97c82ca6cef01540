//! Projections: one file for each that proj4rs lacks, and what makes one of a definition.

mod albers;
mod batch;
mod bonne;
mod build;
mod colombia_urban;
mod eckert;
mod equidistant_cylindrical;
mod gall;
mod homolosine;
mod krovak;
mod laborde;
mod mercator;
mod meridian;
mod miller;
mod mollweide;
mod natural_earth;
mod near_conformal;
mod newton;
mod nzmg;
mod orthographic;
mod plane;
mod proj4rs;
mod pseudocylinder;
mod rotated_pole;
mod sure;
mod van_der_grinten;
mod winkel_tripel;

use std::fmt::Debug;

pub(super) use batch::BATCH;
pub(super) use build::{plane, turned};
pub(super) use equidistant_cylindrical::disputed;
pub(super) use plane::Plane;

/// A projection on a body with a radius of 1: longitudes in radians from the
/// central meridian, latitudes in radians, x and y in radii from the natural
/// origin. What cannot be projected becomes NaN.
pub(super) trait Projection: Debug + Send + Sync {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64);
    fn inverse(&self, x: f64, y: f64) -> (f64, f64);
}

/// The arc sine, of what rounding has made a hair too large as well.
fn arcsine(sine: f64) -> f64 {
    if sine.abs() <= 1.0 + 1e-12 { sine.clamp(-1.0, 1.0).asin() } else { f64::NAN }
}

/// Brings an angle into [-π, π].
fn wrapped(angle: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    if angle.abs() <= PI { angle } else { (angle + PI).rem_euclid(TAU) - PI }
}
