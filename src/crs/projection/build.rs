//! From a method and its parameters to a plane.

use super::bonne::Bonne;
use super::colombia_urban::ColombiaUrban;
use super::eckert::{Eckert4, Eckert6};
use super::equidistant_cylindrical::EquidistantCylindrical;
use super::gall::Gall;
use super::homolosine::Homolosine;
use super::krovak::{Cone, ModifiedKrovak};
use super::laborde::Laborde;
use super::miller::Miller;
use super::natural_earth::NaturalEarth;
use super::nzmg::NewZealandMapGrid;
use super::plane::{Axes, Engine, Own};
use super::proj4rs::Library;
use super::rotated_pole::RotatedPole;
use super::van_der_grinten::VanDerGrinten;
use super::winkel_tripel::{Aitoff, WinkelTripel};
use super::{Plane, Projection};
use crate::crs::datum::Shape;
use crate::crs::{Conversion, Derived, Direction, Method, Parameter, Projected};
use crate::{Error, Result};

/// Makes the plane of a projected system.
///
/// # Errors
/// [`Error::Unsupported`] for a method that swath does not have.
pub(in crate::crs) fn plane(system: &Projected) -> Result<Plane> {
    let conversion = &system.conversion;
    let on = body(conversion, &Shape::of(&system.base.datum.ellipsoid));
    let engine = match own(conversion, &on) {
        Some(own) => Engine::Own(own),
        None => Engine::Library(Library::new(&definition(conversion)?, &on)?),
    };
    Ok(Plane::new(engine, axes(system), system.unit, is_cylinder(conversion.method)))
}

/// Makes the plane of a system about another pole: its coordinates are degrees.
///
/// # Errors
/// [`Error::Unsupported`] for a method other than [`Method::RotatedPole`].
pub(in crate::crs) fn turned(system: &Derived) -> Result<Plane> {
    let conversion = &system.conversion;
    if conversion.method != Method::RotatedPole {
        return Err(refuse(conversion.method));
    }
    let angle = |parameter| conversion.get(parameter).to_radians();
    let pole = RotatedPole::new(angle(Parameter::PoleLongitude), angle(Parameter::PoleLatitude));
    let own = Own {
        projection: Box::new(pole),
        lam0: angle(Parameter::PoleMeridian),
        radius: 1.0,
        false_easting: 0.0,
        false_northing: 0.0,
    };
    Ok(Plane::turned(own, Axes { is_turned: false, signs: [1.0, 1.0] }))
}

fn refuse(method: Method) -> Error {
    Error::unsupported(format!("projection method {:?}", method.name()))
        .hint("warp the file to a common system with another tool first")
}

/// Which way a system's coordinates grow. About a pole PROJ calls one of two
/// directions to the north easting, and so does its projection.
fn axes(system: &Projected) -> Axes {
    use Direction::{North, South, West};
    let (x, y) = system.axes.xy();
    let sign = |direction| if matches!(direction, West | South) { -1.0 } else { 1.0 };
    Axes { is_turned: matches!(x, North | South), signs: [sign(x), sign(y)] }
}

fn is_cylinder(method: Method) -> bool {
    use Method as M;
    matches!(
        method,
        M::MercatorA
            | M::MercatorB
            | M::MercatorSpherical
            | M::MercatorSphericalScaled
            | M::PseudoMercator
            | M::EquidistantCylindrical
            | M::EquidistantCylindricalSpherical
            | M::EquidistantCylindricalOld
            | M::EquidistantCylindricalSphericalOld
            | M::CylindricalEqualArea
            | M::CylindricalEqualAreaSpherical
            | M::Miller
            | M::Gall
    )
}

/// The body that a method's formulas are for: for some a sphere of the same
/// equator, surface or curvature.
fn body(conversion: &Conversion, on: &Shape) -> Shape {
    use Method as M;
    let e2 = on.eccentricity_squared();
    let radius = match conversion.method {
        // Spherical formulas on the ellipsoid's coordinates, by definition.
        M::PseudoMercator
        | M::MercatorSphericalScaled
        | M::EquidistantCylindricalSpherical
        | M::EquidistantCylindricalSphericalOld => 1.0,
        method if method.row().proj.ends_with("+R_A") && e2 > 0.0 => {
            let e = e2.sqrt();
            (0.5 * (1.0 + (1.0 - e2) / e * e.atanh())).sqrt()
        }
        method if method.row().proj.ends_with("+R_C") => {
            let sin = conversion.get(Parameter::NaturalLatitude).to_radians().sin();
            (1.0 - e2).sqrt() / (1.0 - e2 * sin * sin)
        }
        _ => return *on,
    };
    Shape::new(on.semi_major * radius, 0.0)
}

/// The definition for proj4rs: PROJ's own.
fn definition(conversion: &Conversion) -> Result<String> {
    let row = conversion.method.row();
    let is_east = |p| (conversion.get(p) - 90.0).abs() < 1e-4;
    let name = match conversion.method {
        Method::PseudoMercator | Method::MercatorSphericalScaled => "merc",
        // An oblique cylinder cannot run straight east: that is the Swiss form.
        Method::HotineB if is_east(Parameter::CentreAzimuth) && is_east(Parameter::SkewAngle) => {
            return Ok(swiss(conversion));
        }
        _ => row.proj.split(" +axis").next().unwrap_or_default().trim_end_matches(" +R_A"),
    };
    if name.is_empty() {
        return Err(refuse(conversion.method));
    }
    let mut text = name.trim_end_matches(" +R_C").to_owned();
    for &(parameter, value) in &conversion.parameters {
        if let Some(slot) = row.slots.iter().find(|slot| slot.parameter == parameter)
            && !slot.proj.is_empty()
        {
            text.push_str(&format!(" +{}={value}", slot.proj));
        }
    }
    match conversion.method {
        Method::LambertConic1 => {
            let parallel = conversion.get(Parameter::NaturalLatitude);
            text.push_str(&format!(" +lat_1={parallel}"));
        }
        Method::PolarStereographicB => {
            let pole = 90_f64.copysign(conversion.get(Parameter::StandardParallel));
            text.push_str(&format!(" +lat_0={pole}"));
        }
        _ => {}
    }
    Ok(text)
}

fn swiss(conversion: &Conversion) -> String {
    let value = |parameter| conversion.get(parameter);
    format!(
        "somerc +lat_0={} +lon_0={} +k_0={} +x_0={} +y_0={}",
        value(Parameter::CentreLatitude),
        value(Parameter::CentreLongitude),
        value(Parameter::CentreScale),
        value(Parameter::CentreEasting),
        value(Parameter::CentreNorthing)
    )
}

/// One of our own projections, or `None` for a method that is left to proj4rs.
fn own(conversion: &Conversion, on: &Shape) -> Option<Own> {
    use Parameter as P;
    let angle = |parameter: P| conversion.get(parameter).to_radians();
    let (mut lam0, mut sign) = (angle(P::NaturalLongitude), 1.0);
    let projection: Box<dyn Projection> = match conversion.method {
        Method::EquidistantCylindrical => {
            let parallel = angle(P::FirstParallel);
            Box::new(EquidistantCylindrical::new(on, parallel, angle(P::NaturalLatitude)))
        }
        Method::EquidistantCylindricalOld => {
            lam0 = angle(P::FalseOriginLongitude);
            Box::new(EquidistantCylindrical::new(on, angle(P::NaturalLatitude), 0.0))
        }
        Method::KrovakModified | Method::KrovakModifiedNorth => {
            lam0 = angle(P::OriginLongitude);
            // The origin is given in southing and westing, whichever way the axes point.
            sign = -1.0;
            Box::new(ModifiedKrovak::new(
                on,
                Cone {
                    latitude_of_centre: angle(P::CentreLatitude),
                    colatitude: angle(P::ConeColatitude),
                    pseudo_parallel: angle(P::PseudoParallel),
                    scale: conversion.get(P::PseudoScale),
                },
            ))
        }
        Method::ColombiaUrban => {
            let height = conversion.get(P::PlaneHeight);
            Box::new(ColombiaUrban::new(on, angle(P::NaturalLatitude), height))
        }
        Method::NewZealandMapGrid => {
            Box::new(NewZealandMapGrid { phi0: angle(P::NaturalLatitude) })
        }
        Method::Laborde => {
            lam0 = angle(P::CentreLongitude);
            let (phi0, azimuth) = (angle(P::CentreLatitude), angle(P::CentreAzimuth));
            Box::new(Laborde::new(on, phi0, azimuth, conversion.get(P::CentreScale)))
        }
        Method::Bonne if conversion.get(P::NaturalLatitude) != 0.0 => {
            Box::new(Bonne::new(on, angle(P::NaturalLatitude)))
        }
        Method::Miller => Box::new(Miller),
        Method::Gall => Box::new(Gall),
        Method::Eckert4 => Box::new(Eckert4),
        Method::Eckert6 => Box::new(Eckert6),
        Method::VanDerGrinten => Box::new(VanDerGrinten),
        Method::NaturalEarth => Box::new(NaturalEarth),
        Method::Aitoff => Box::new(Aitoff),
        Method::WinkelTripel => Box::new(WinkelTripel { cos: angle(P::FirstParallel).cos() }),
        Method::Goode => Box::new(Homolosine::whole()),
        Method::GoodeLand => Box::new(Homolosine::land()),
        Method::GoodeOcean => Box::new(Homolosine::ocean()),
        _ => return None,
    };
    Some(Own {
        projection,
        lam0,
        radius: on.semi_major,
        false_easting: sign * conversion.get(P::FalseEasting),
        false_northing: sign * conversion.get(P::FalseNorthing),
    })
}
