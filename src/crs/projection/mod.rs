//! Projections: one file for each that proj4rs lacks, and what makes one of a definition.

mod bonne;
mod build;
mod colombia_urban;
mod eckert;
mod equidistant_cylindrical;
mod gall;
mod homolosine;
mod krovak;
mod laborde;
mod meridian;
mod miller;
mod natural_earth;
mod newton;
mod nzmg;
mod plane;
mod proj4rs;
mod rotated_pole;
mod van_der_grinten;
mod winkel_tripel;

use std::fmt::Debug;

pub(super) use build::{plane, turned};
pub(super) use plane::{BATCH, Plane};

/// A projection on a body with a radius of 1: longitudes in radians from the
/// central meridian, latitudes in radians, x and y in radii from the natural
/// origin. What cannot be projected becomes NaN.
pub(super) trait Projection: Debug + Send + Sync {
    fn forward(&self, lam: f64, phi: f64) -> (f64, f64);
    fn inverse(&self, x: f64, y: f64) -> (f64, f64);
}

/// Brings an angle into [-π, π].
fn wrapped(angle: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    if angle.abs() <= PI { angle } else { (angle + PI).rem_euclid(TAU) - PI }
}
