//! The projection alone, as proj4rs computes it.

use std::borrow::Cow;
use std::fmt::Write;

use super::proj_write::method;
use crate::crs::{Conversion, Ellipsoid, Method, Parameter, Projected};

/// Returns the projection alone, as proj4rs computes it: metres to the east and
/// north from degrees on the system's own ellipsoid and prime meridian, with no
/// datum, unit or direction of axes. `None` for methods that proj4rs does not
/// have or does not compute as PROJ does.
///
/// A method that counts to the west or south is given with its false origin
/// turned round: negated, the result is the coordinate along the axis.
pub(in crate::crs) fn projection(system: &Projected) -> Option<String> {
    let (conversion, ellipsoid) = (&system.conversion, &system.base.datum.ellipsoid);
    if !is_in_proj4rs(conversion) {
        return None;
    }
    let mut text = method(&turned(conversion), ellipsoid)?;
    // Of proj4rs: no pseudo-Mercator by that name, no axes, no spheres of the same area.
    text = text.replace("+proj=webmerc", "+proj=merc");
    for flag in [" +axis=wsu", " +axis=swu", " +axis=wnu", " +R_A", " +R_C"] {
        text = text.replace(flag, "");
    }
    match radius(conversion, ellipsoid) {
        Some(radius) => write!(text, " +a={radius} +b={radius}"),
        None => write!(text, " +a={} +b={}", ellipsoid.semi_major, ellipsoid.semi_minor()),
    }
    .expect("strings take text");
    Some(text)
}

/// The radius of the sphere that a method computes on instead of the ellipsoid.
pub(in crate::crs) fn radius(conversion: &Conversion, ellipsoid: &Ellipsoid) -> Option<f64> {
    let (a, b) = (ellipsoid.semi_major, ellipsoid.semi_minor());
    let es = 1.0 - (b / a).powi(2);
    match conversion.method {
        Method::PseudoMercator => Some(a),
        // Snyder, Map Projections: A Working Manual (1987), formula 3-12, as a series.
        Method::LambertAzimuthalSpherical
        | Method::LambertAzimuthalSphericalOld
        | Method::CylindricalEqualAreaSpherical
        | Method::VanDerGrinten
        | Method::Miller => {
            Some(a * (1.0 - es * (1.0 / 6.0 + es * (17.0 / 360.0 + es * 67.0 / 3024.0))))
        }
        // The radius of the sphere that fits best at the origin.
        Method::MercatorSpherical => {
            let sin = conversion.get(Parameter::NaturalLatitude).to_radians().sin();
            Some(a * (1.0 - es).sqrt() / (1.0 - es * sin * sin))
        }
        _ => None,
    }
}

/// Whether proj4rs 0.3.0 gives what PROJ gives to within 1 mm, which
/// `tests/epsg.rs` holds for the codes and a measurement for the others.
fn is_in_proj4rs(conversion: &Conversion) -> bool {
    use Method as M;
    match conversion.method {
        M::TransverseMercator
        | M::TransverseMercatorSouth
        | M::TransverseMercator3d
        | M::LambertConic1
        | M::LambertConic1B
        | M::LambertConic1West
        | M::LambertConic2
        | M::LambertConic2Belgium
        | M::LambertConic2Michigan
        | M::MercatorA
        | M::MercatorB
        | M::MercatorSpherical
        | M::PseudoMercator
        | M::AlbersEqualArea
        | M::EquidistantConic
        | M::LambertAzimuthal
        | M::LambertAzimuthalSpherical
        | M::LambertAzimuthalSphericalOld
        | M::AzimuthalEquidistant
        | M::AzimuthalEquidistantModified
        | M::Guam
        | M::PolarStereographicA
        | M::PolarStereographicB
        | M::PolarStereographicC
        | M::Stereographic
        | M::ObliqueStereographic
        | M::HotineA
        | M::HotineB
        | M::HotineTwoPoint
        | M::CassiniSoldner
        | M::CassiniHyperbolic
        | M::Polyconic
        | M::Krovak
        | M::KrovakNorth
        | M::EquidistantCylindrical
        | M::EquidistantCylindricalSpherical
        | M::EquidistantCylindricalOld
        | M::EquidistantCylindricalSphericalOld
        | M::CylindricalEqualArea
        | M::CylindricalEqualAreaSpherical
        | M::EqualEarth
        | M::Orthographic
        | M::TiltedPerspective
        | M::Gnomonic
        | M::GeostationaryX
        | M::GeostationaryY
        | M::Miller
        | M::Robinson
        | M::Sinusoidal
        | M::Mollweide => true,
        M::VerticalPerspective => conversion.get(Parameter::TopocentricHeight) == 0.0,
        _ => false,
    }
}

/// Turns the false origin round where a method counts to the west or south.
fn turned(conversion: &Conversion) -> Cow<'_, Conversion> {
    let negated: &[Parameter] = match conversion.method {
        Method::TransverseMercatorSouth
        | Method::BonneSouth
        | Method::Krovak
        | Method::KrovakModified => &[Parameter::FalseEasting, Parameter::FalseNorthing],
        Method::LambertConic1West => &[Parameter::FalseEasting],
        _ => return Cow::Borrowed(conversion),
    };
    let mut turned = conversion.clone();
    for (parameter, value) in &mut turned.parameters {
        // Nothing is not written as less than nothing.
        if negated.contains(parameter) && *value != 0.0 {
            *value = -*value;
        }
    }
    Cow::Owned(turned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::{Axes, Datum, Geographic, PrimeMeridian};

    fn system(method: Method, parameters: &[(Parameter, f64)]) -> Projected {
        let ellipsoid = Ellipsoid {
            name: "WGS 84".into(),
            id: None,
            semi_major: 6_378_137.0,
            inverse_flattening: 298.257_223_563,
        };
        let datum = Datum {
            name: "World Geodetic System 1984".into(),
            id: None,
            ensemble: true,
            ellipsoid,
            prime_meridian: PrimeMeridian::GREENWICH,
            to_wgs84: None,
            grids: None,
        };
        let base = Geographic {
            name: "WGS 84".into(),
            id: None,
            datum,
            unit: 1f64.to_radians(),
            axes: Axes::NORTH_EAST,
            height: None,
        };
        Projected {
            name: "test".into(),
            id: None,
            base,
            conversion: Conversion { name: "test".into(), method, parameters: parameters.to_vec() },
            unit: 1.0,
            axes: Axes::EAST_NORTH,
        }
    }

    #[test]
    fn projections_are_what_proj_names_them() {
        use Parameter as P;
        let text = |method, parameters: &[_]| projection(&system(method, parameters)).unwrap();
        let web = text(Method::PseudoMercator, &[]);
        assert_eq!(web, "+proj=merc +lon_0=0 +x_0=0 +y_0=0 +a=6378137 +b=6378137");
        let lo29 = text(
            Method::TransverseMercatorSouth,
            &[(P::NaturalLongitude, 29.0), (P::FalseEasting, 10.0)],
        );
        assert!(lo29.starts_with("+proj=tmerc +lat_0=0 +lon_0=29 +k=1 +x_0=-10 +y_0=0 +a="));
        let south = text(Method::PolarStereographicB, &[(P::StandardParallel, -71.0)]);
        assert!(south.starts_with("+proj=stere +lat_0=-90 +lat_ts=-71 +lon_0=0"), "{south}");
        let swiss = text(Method::HotineB, &[(P::CentreAzimuth, 90.0), (P::SkewAngle, 90.0)]);
        assert!(swiss.starts_with("+proj=somerc +lat_0=0"), "{swiss}");
        // Not what proj4rs has.
        assert_eq!(projection(&system(Method::NewZealandMapGrid, &[])), None);
    }

    #[test]
    fn polar_stereographic_c_keeps_its_example() {
        // IOGP 373-7-2, Petrels 1972 / Terre Adelie: on the false origin's parallel and
        // meridian lies the false origin.
        let ellipsoid = Ellipsoid {
            name: "International 1924".into(),
            id: None,
            semi_major: 6_378_388.0,
            inverse_flattening: 297.0,
        };
        let mut petrels = system(
            Method::PolarStereographicC,
            &[
                (Parameter::StandardParallel, -67.0),
                (Parameter::OriginLongitude, 140.0),
                (Parameter::FalseOriginEasting, 300_000.0),
                (Parameter::FalseOriginNorthing, 200_000.0),
            ],
        );
        petrels.base.datum.ellipsoid = ellipsoid;
        let text = projection(&petrels).unwrap();
        let y: f64 =
            text.split("+y_0=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        // The guidance note's rho of the false origin is 2499363.488 m.
        assert!((y - (200_000.0 - 2_499_363.488)).abs() < 0.001, "{y}");
    }
}
