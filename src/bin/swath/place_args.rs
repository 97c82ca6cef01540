//! How an image without a GeoTransform is placed, as it is typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use swath::input::Files;
use swath::ops::locate::{LocateOptions, Located, Placement};
use swath::raster::{GeoTransform, Raster};
use swath::{Error, Result};

use crate::session::Session;

#[derive(Debug, Clone, Args)]
pub(crate) struct PlaceArgs {
    /// What places the input: its GeoTransform, or else its ground control points by
    /// a homography (4 or 5) or polynomials, or else rational polynomials (auto); its points
    /// whatever else it has (gcps), by a homography or by thin plate splines (tps); rational
    /// polynomials (rpc).
    #[arg(long, value_enum, value_name = "HOW", default_value = "auto")]
    place_by: PlaceBy,
    /// The degree of polynomials through control points, 1 to 3 [default: 2 if there are six
    /// points or more, else 1].
    #[arg(long, value_name = "DEGREE", value_parser = clap::value_parser!(u8).range(1..=3))]
    gcp_order: Option<u8>,
    /// The heights of the ground, in metres above the ellipsoid, for rational polynomials.
    #[arg(long, value_name = "FILE")]
    pub(crate) dem: Option<PathBuf>,
    /// The height of the ground in metres, for rational polynomials without --dem; added to its
    /// heights with it.
    #[arg(long, value_name = "METRES", default_value_t = 0.0, allow_hyphen_values = true)]
    height: f64,
    /// The height where --dem knows none; without it nothing is seen there.
    #[arg(long, value_name = "METRES", allow_hyphen_values = true, requires = "dem")]
    missing_height: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlaceBy {
    Auto,
    Gcps,
    Homography,
    Tps,
    Rpc,
}

impl PlaceArgs {
    /// Returns an image that can be warped, and how it was placed if not by its GeoTransform.
    pub(crate) fn place(&self, input: &Raster, files: &Files) -> Result<(Raster, Option<Located>)> {
        let info = input.info();
        let has_points = info.metadata.gcps.is_some() || info.metadata.rpc.is_some();
        let placed = info.grid.transform != GeoTransform::IDENTITY || !has_points;
        let asks = self.dem.is_some() || self.height != 0.0;
        let placement = match (self.place_by, self.gcp_order) {
            (PlaceBy::Auto, Some(degree)) if !placed => Placement::Polynomial(degree),
            (PlaceBy::Auto, None) if !placed => Placement::Auto,
            (PlaceBy::Auto, None) if !asks => return Ok((input.clone(), None)),
            (PlaceBy::Auto, order) => {
                let what = if order.is_some() { "--gcp-order" } else { "--dem or --height" };
                return Err(Error::usage(format!("{what} for an input that has a GeoTransform"))
                    .hint("--place-by gcps or --place-by rpc leaves that unheeded"));
            }
            (PlaceBy::Gcps, Some(degree)) => Placement::Polynomial(degree),
            (PlaceBy::Gcps, None) => Placement::Points,
            (PlaceBy::Homography, None) => Placement::Homography,
            (PlaceBy::Tps, None) => Placement::Spline,
            (PlaceBy::Rpc, None) => Placement::Rational,
            (_, Some(_)) => {
                return Err(Error::usage("--gcp-order without polynomials through points")
                    .hint("it goes with --place-by gcps"));
            }
        };
        let heights = self.dem.as_ref().map(|path| files.open(path)).transpose()?;
        let how = LocateOptions {
            placement,
            heights,
            height: self.height,
            missing_height: self.missing_height,
        };
        let located = input.locate(&how)?;
        Ok((located.raster.clone(), Some(located)))
    }
}

/// The distance in pixels from control points beyond which an image is placed badly.
const FAR: f64 = 3.0;

/// Says how an image was placed, and warns if that is bad.
pub(crate) fn tell(name: &str, located: &Located, session: &Session<'_>) {
    let text = format!("{name}: {}", remark(located));
    if located.error > FAR {
        session.warn(&format!("{text}: --place-by or --gcp-order may do better"));
    } else {
        session.remark(&text);
    }
}

/// Says how an image was placed.
fn remark(located: &Located) -> String {
    let Located { points, error, .. } = located;
    match located.placement {
        Placement::Polynomial(degree) => format!(
            "placed by {points} ground control points and polynomials of degree {degree}, {error:.2} pixels off (RMS)"
        ),
        Placement::Homography => format!(
            "placed by {points} ground control points and a homography, {error:.2} pixels off (RMS)"
        ),
        Placement::Spline => {
            format!("placed by {points} ground control points and thin plate splines")
        }
        _ => "placed by rational polynomials".into(),
    }
}

/// The same for machines.
pub(crate) fn as_json(located: &Located) -> Value {
    match located.placement {
        Placement::Polynomial(degree) => json!({
            "by": "polynomials",
            "degree": degree,
            "points": located.points,
            "rmsPixels": located.error,
        }),
        Placement::Homography => json!({
            "by": "homography",
            "points": located.points,
            "rmsPixels": located.error,
        }),
        Placement::Spline => json!({ "by": "thin plate splines", "points": located.points }),
        _ => json!({ "by": "rational polynomials" }),
    }
}
