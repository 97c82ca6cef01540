//! Methods by the names and parameters of WKT1.

use super::same_name;
use crate::crs::method::{METHODS, Row, Slot};
use crate::crs::{Axes, Direction, Method, Parameter, ParameterKind};

/// Names that mean a method of another name.
const ALIASES: &[(&str, Method)] = &[
    ("Gauss_Kruger", Method::TransverseMercator),
    ("Transverse_Mercator_Complex", Method::TransverseMercator),
    ("Transverse_Mercator_NGA_2014", Method::TransverseMercator),
    ("Hotine_Oblique_Mercator_Azimuth_Natural_Origin", Method::HotineA),
    ("Hotine_Oblique_Mercator_Variant_A", Method::HotineA),
    ("Hotine_Oblique_Mercator_Variant_B", Method::HotineB),
    ("Oblique_Mercator", Method::HotineB),
    ("Swiss_Oblique_Cylindrical", Method::HotineB),
    ("Swiss_Oblique_Mercator", Method::HotineB),
    ("Stereographic_South_Pole", Method::PolarStereographicB),
    ("Polar_Stereographic_Variant_A", Method::PolarStereographicA),
    ("Polar_Stereographic_Variant_B", Method::PolarStereographicB),
    ("Plate_Carree", Method::EquidistantCylindrical),
    ("Equidistant_Cylindrical_Ellipsoidal", Method::EquidistantCylindrical),
    ("Equidistant_Cylindrical_Spherical", Method::EquidistantCylindricalSpherical),
    ("Van_Der_Grinten", Method::VanDerGrinten),
    ("Lambert_Conformal_Conic_(2SP)", Method::LambertConic2),
    ("Lambert_Azimuthal_Equal_Area_Auxiliary_Sphere", Method::LambertAzimuthalSpherical),
    ("Vertical_Perspective", Method::VerticalPerspective),
    ("Cylindrical_Equal_Area_Spherical", Method::CylindricalEqualAreaSpherical),
    ("Mercator_1SP", Method::MercatorA),
    ("Tunisia_Mining_Grid", Method::TunisiaMiningGrid),
];

/// Finds the method that a name and its parameters mean, with their values in
/// degrees, metres and ratios, from values in units of so many degrees and metres.
pub(super) fn find(
    name: &str,
    given: &[(String, f64)],
    units: [f64; 2],
    axes: Option<Axes>,
) -> Option<(Method, Vec<(Parameter, f64)>)> {
    let value = |wanted: &str| given.iter().find(|(name, _)| same_name(name, wanted)).map(|g| g.1);
    let alias = ALIASES.iter().find(|(alias, _)| same_name(alias, name)).map(|(_, method)| *method);
    let is = |row: &&Row| {
        let named = [row.gdal, row.esri, row.name];
        alias == Some(row.method)
            || alias.is_none()
                && named.iter().any(|known| !known.is_empty() && same_name(known, name))
    };
    // Of methods of one name, the one that takes most of the parameters and whose
    // marks are there; the first of equals.
    let score = |row: &&Row| {
        let taken = given.iter().filter(|(name, _)| slot(row, name).is_some()).count() as i32;
        let marks = row.esri_fixed.iter().map(|(name, mark)| match value(name) {
            Some(value) if (value - mark).abs() < 1e-9 => 2,
            Some(_) => -4,
            None => 0,
        });
        let missing = row.slots.len() as i32 - taken;
        8 * taken - missing + marks.sum::<i32>()
    };
    let mut best: Option<(&Row, i32)> = None;
    for row in METHODS.iter().filter(is) {
        let score = score(&row);
        if best.is_none_or(|(_, most)| score > most) {
            best = Some((row, score));
        }
    }
    let mut method = best?.0.method;
    let read = |method: Method| {
        let row = method.row();
        let mut parameters: Vec<(Parameter, f64)> = Vec::new();
        for (name, value) in given {
            let Some(slot) = slot(row, name) else { continue };
            let unit = match slot.parameter.kind() {
                ParameterKind::Angle => units[0],
                ParameterKind::Length => units[1],
                ParameterKind::Scale => 1.0,
            };
            if !parameters.iter().any(|(known, _)| *known == slot.parameter) {
                parameters.push((slot.parameter, round(value * unit)));
            }
        }
        parameters
    };
    let degrees = |name: &str| value(name).map(|x| x * units[0]);
    let scale = value("scale_factor").unwrap_or(1.0);
    let (latitude, parallel) = (degrees("latitude_of_origin"), degrees("standard_parallel_1"));
    let is_pole = |x: Option<f64>| x.is_some_and(|x| (x.abs() - 90.0).abs() < 1e-8);
    match method {
        // One name for the scale at the pole and for a parallel of scale 1.
        Method::PolarStereographicA | Method::PolarStereographicB
            if same_name(name, "Polar_Stereographic") =>
        {
            let at_pole = is_pole(latitude) && value("scale_factor").is_some();
            method = if at_pole || scale != 1.0 {
                Method::PolarStereographicA
            } else {
                Method::PolarStereographicB
            };
        }
        Method::Stereographic | Method::PolarStereographicA if same_name(name, "Stereographic") => {
            method = if is_pole(latitude) && is_polar_scale(scale) {
                Method::PolarStereographicA
            } else {
                Method::Stereographic
            };
        }
        Method::MercatorA if value("standard_parallel_1").is_some() => method = Method::MercatorB,
        Method::LambertConic1
        | Method::LambertConic2
        | Method::LambertConic2Michigan
        | Method::LambertConic1B
            if same_name(name, "Lambert_Conformal_Conic") =>
        {
            let has_second = value("standard_parallel_2").is_some();
            let is_one = parallel.is_none()
                || latitude.is_none_or(|lat| (lat - parallel.unwrap_or(lat)).abs() < 1e-10);
            method = match (has_second, scale == 1.0, is_one) {
                (true, true, _) => Method::LambertConic2,
                (true, false, _) => Method::LambertConic2Michigan,
                (false, _, true) => Method::LambertConic1,
                (false, _, false) => Method::LambertConic1B,
            };
        }
        Method::Krovak | Method::KrovakNorth if value("X_Scale").is_none() => {
            let south = Axes { first: Direction::South, second: Direction::West };
            method = if axes == Some(south) { Method::Krovak } else { Method::KrovakNorth };
        }
        _ => {}
    }
    let mut parameters = read(method);
    let mut set = |parameter, value: Option<f64>| {
        parameters.retain(|(known, _)| *known != parameter);
        parameters.extend(value.map(|value| (parameter, value)));
    };
    match method {
        Method::HotineA | Method::HotineB => {
            let azimuth = degrees("azimuth");
            let has_skew =
                value("rectified_grid_angle").is_some() || value("XY_Plane_Rotation").is_some();
            if azimuth.is_none() {
                // Along a parallel: the Swiss projection.
                set(Parameter::CentreAzimuth, Some(90.0));
                set(Parameter::SkewAngle, Some(90.0));
            } else if !has_skew {
                set(Parameter::SkewAngle, azimuth);
            }
        }
        Method::LambertConic1B => {
            set(Parameter::NaturalLatitude, parallel);
            set(Parameter::FalseOriginLatitude, latitude);
        }
        Method::LambertConic1 if latitude.is_none() => set(Parameter::NaturalLatitude, parallel),
        // Esri's parallel of true scale is the latitude whose parallel is meant.
        Method::MercatorA => set(Parameter::NaturalLatitude, latitude),
        _ => {}
    }
    Some((method, parameters))
}

/// A plain stereographic projection at a pole is the polar one.
fn is_polar_scale(scale: f64) -> bool {
    scale > 0.0
}

/// Products of units lose a digit; the fifteenth is nobody's.
fn round(value: f64) -> f64 {
    let text = format!("{value:.14e}");
    text.parse().unwrap_or(value)
}

/// The parameter that a method has under a name.
fn slot<'a>(row: &'a Row, name: &str) -> Option<&'a Slot> {
    let is = |slot: &&Slot| {
        let names = [slot.gdal, slot.esri, slot.parameter.name()];
        names.iter().any(|known| !known.is_empty() && same_name(known, name))
    };
    row.slots.iter().find(is).or_else(|| {
        let wanted = Kin::of_name(name)?;
        row.slots.iter().find(|slot| Kin::of(slot.parameter) == Some(wanted))
    })
}

/// Names of one meaning: writers mix them.
#[derive(Clone, Copy, PartialEq)]
enum Kin {
    Latitude,
    Longitude,
}

impl Kin {
    fn of_name(name: &str) -> Option<Self> {
        let is = |names: &[&str]| names.iter().any(|known| same_name(known, name));
        if is(&[
            "latitude_of_origin",
            "latitude_of_center",
            "central_parallel",
            "latitude_of_centre",
        ]) {
            return Some(Self::Latitude);
        }
        is(&[
            "central_meridian",
            "longitude_of_center",
            "longitude_of_origin",
            "longitude_of_centre",
        ])
        .then_some(Self::Longitude)
    }

    fn of(parameter: Parameter) -> Option<Self> {
        use Parameter as P;
        match parameter {
            P::NaturalLatitude
            | P::FalseOriginLatitude
            | P::CentreLatitude
            | P::TopocentricLatitude => Some(Self::Latitude),
            P::NaturalLongitude
            | P::FalseOriginLongitude
            | P::CentreLongitude
            | P::TopocentricLongitude
            | P::OriginLongitude => Some(Self::Longitude),
            _ => None,
        }
    }
}

/// The axes of a method where a text gives none.
pub(in crate::crs) fn usual_axes(method: Method) -> Axes {
    match method {
        Method::TransverseMercatorSouth | Method::BonneSouth => {
            Axes { first: Direction::West, second: Direction::South }
        }
        Method::Krovak | Method::KrovakModified => {
            Axes { first: Direction::South, second: Direction::West }
        }
        Method::LambertConic1West => Axes { first: Direction::West, second: Direction::North },
        _ => Axes::EAST_NORTH,
    }
}

/// Reads a rotation of the pole in the terms of GRIB or of CF as PROJ's.
pub(super) fn rotated_pole(name: &str, given: &[(String, f64)]) -> Option<Vec<(Parameter, f64)>> {
    let value = |start: &str| {
        let found = given.iter().find(|(name, _)| name.to_lowercase().starts_with(start));
        found.map_or(0.0, |(_, value)| *value)
    };
    let (longitude, latitude, meridian) = match name {
        "Pole rotation (GRIB convention)" => (
            -value("axis rotation"),
            -value("latitude of the southern pole"),
            value("longitude of the southern pole"),
        ),
        "Pole rotation (netCDF CF convention)" => {
            let meridian = value("grid north pole longitude") + 180.0;
            (value("north pole grid longitude"), value("grid north pole latitude"), meridian)
        }
        _ => return None,
    };
    Some(vec![
        (Parameter::PoleLongitude, longitude),
        (Parameter::PoleLatitude, latitude),
        (Parameter::PoleMeridian, meridian),
    ])
}
