//! From a method and its parameters to a plane.

use super::albers::Albers;
use super::bonne::Bonne;
use super::colombia_urban::ColombiaUrban;
use super::eckert::{Eckert4, Eckert6};
use super::equidistant_cylindrical::EquidistantCylindrical;
use super::gall::Gall;
use super::homolosine::Homolosine;
use super::krovak::{Cone, ModifiedKrovak};
use super::laborde::Laborde;
use super::mercator::Mercator;
use super::miller::Miller;
use super::mollweide::Mollweide;
use super::natural_earth::NaturalEarth;
use super::near_conformal::NearConformal;
use super::nzmg::NewZealandMapGrid;
use super::orthographic::Orthographic;
use super::plane::{Axes, Engine, Own};
use super::proj4rs::Library;
use super::pseudocylinder::Pseudocylinder;
use super::rotated_pole::RotatedPole;
use super::sure::Sure;
use super::van_der_grinten::VanDerGrinten;
use super::winkel_tripel::{Aitoff, WinkelTripel};
use super::{Plane, Projection};
use crate::crs::datum::Shape;
use crate::crs::text;
use crate::crs::{Conversion, Derived, Direction, Method, Parameter, Projected};
use crate::{Error, Result};

/// Makes the plane of a projected system.
///
/// # Errors
/// [`Error::Unsupported`] for a method that swath does not have.
pub(in crate::crs) fn plane(system: &Projected) -> Result<Plane> {
    let conversion = &system.conversion;
    let ellipsoid = &system.base.datum.ellipsoid;
    let on = match text::radius(conversion, ellipsoid) {
        Some(radius) => Shape::new(radius, 0.0),
        None => Shape::of(ellipsoid),
    };
    let engine = match own(conversion, &on) {
        Some(own) => Engine::Own(own),
        None => {
            let text = text::projection(system).ok_or_else(|| refuse(conversion.method))?;
            Engine::Library(Box::new(Library::new(&text)?))
        }
    };
    let plane = Plane::new(engine, axes(system), system.unit, is_cylinder(conversion.method));
    let plane = plane.surely(Sure::of(conversion, &on));
    Ok(if conversion.method == Method::Robinson { plane.in_pieces() } else { plane })
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
/// directions to the north easting, and so does its projection: whether the text says along
/// which meridians they run, or, as WKT1, only that both run north.
fn axes(system: &Projected) -> Axes {
    use Direction::{North, South, West};
    if system.axes.first == system.axes.second {
        return Axes { is_turned: false, signs: [1.0, 1.0] };
    }
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
            | M::Patterson
            | M::CompactMiller
    )
}

/// One of our own projections, or `None` for a method that is left to proj4rs.
fn own(conversion: &Conversion, on: &Shape) -> Option<Own> {
    use Parameter as P;
    let angle = |parameter: P| conversion.get(parameter).to_radians();
    let (mut lam0, mut sign) = (angle(P::NaturalLongitude), 1.0);
    let (mut easting, mut northing) = (P::FalseEasting, P::FalseNorthing);
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
                    colatitude: colatitude(conversion.get(P::ConeColatitude)).to_radians(),
                    pseudo_parallel: angle(P::PseudoParallel),
                    scale: conversion.get(P::PseudoScale),
                },
            ))
        }
        Method::AlbersEqualArea => {
            lam0 = angle(P::FalseOriginLongitude);
            easting = P::FalseOriginEasting;
            northing = P::FalseOriginNorthing;
            let [phi0, phi1, phi2] =
                [P::FalseOriginLatitude, P::FirstParallel, P::SecondParallel].map(angle);
            Box::new(Albers::new(on, phi0, phi1, phi2)?)
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
        Method::Bonne | Method::BonneSouth if conversion.get(P::NaturalLatitude) != 0.0 => {
            // The origin is given in westing and southing.
            sign = if conversion.method == Method::BonneSouth { -1.0 } else { 1.0 };
            Box::new(Bonne::new(on, angle(P::NaturalLatitude)))
        }
        Method::MercatorSphericalScaled => {
            Box::new(Mercator { scale: conversion.get(P::NaturalScale) })
        }
        Method::LambertNearConformal if conversion.get(P::NaturalLatitude) != 0.0 => {
            let scale = conversion.get(P::NaturalScale);
            Box::new(NearConformal::new(on, angle(P::NaturalLatitude), scale))
        }
        Method::OrthographicLocal => {
            lam0 = angle(P::CentreLongitude);
            easting = P::CentreEasting;
            northing = P::CentreNorthing;
            let (phi0, azimuth) = (angle(P::CentreLatitude), angle(P::CentreAzimuth));
            Box::new(Orthographic::new(on, phi0, azimuth, conversion.get(P::CentreScale)))
        }
        Method::Miller => Box::new(Miller),
        Method::Gall => Box::new(Gall),
        Method::Eckert4 => Box::new(Eckert4),
        Method::Eckert6 => Box::new(Eckert6),
        Method::VanDerGrinten => Box::new(VanDerGrinten),
        Method::NaturalEarth => Box::new(NaturalEarth),
        Method::Aitoff => Box::new(Aitoff),
        Method::WinkelTripel => Box::new(WinkelTripel { cos: angle(P::FirstParallel).cos() }),
        Method::Eckert1 => Box::new(Pseudocylinder::Eckert1),
        Method::Eckert2 => Box::new(Pseudocylinder::Eckert2),
        Method::Eckert3 => Box::new(Pseudocylinder::Eckert3),
        Method::Eckert5 => Box::new(Pseudocylinder::Eckert5),
        Method::Craster => Box::new(Pseudocylinder::Craster),
        Method::Winkel1 => Box::new(Pseudocylinder::Winkel1(angle(P::FirstParallel).cos())),
        Method::Patterson => Box::new(Pseudocylinder::Patterson),
        Method::CompactMiller => Box::new(Pseudocylinder::CompactMiller),
        Method::NaturalEarth2 => Box::new(Pseudocylinder::NaturalEarth2),
        Method::Mollweide => Box::new(Mollweide),
        Method::Goode => Box::new(Homolosine::whole()),
        Method::GoodeLand => Box::new(Homolosine::land()),
        Method::GoodeOcean => Box::new(Homolosine::ocean()),
        _ => return None,
    };
    Some(Own {
        projection,
        lam0,
        radius: on.semi_major,
        false_easting: sign * conversion.get(easting),
        false_northing: sign * conversion.get(northing),
    })
}

/// The co-latitude of Krovak's cone in degrees. EPSG rounds it to a thousandth of
/// a second for the modified method, 3 mm on the ground; both PROJ and the
/// method's authors mean Krovak's own.
fn colatitude(stated: f64) -> f64 {
    const KROVAK: f64 = 30.0 + 17.0 / 60.0 + 17.303_11 / 3600.0;
    if (stated - KROVAK).abs() < 1e-6 { KROVAK } else { stated }
}
