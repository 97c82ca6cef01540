//! Definitions as PROJ's strings.

use std::fmt::Write;

use super::units;
use crate::crs::{Conversion, Datum, Definition, Direction, Ellipsoid, Method, Parameter};

/// Returns the whole definition as a PROJ string, as far as one can say it, or
/// `None` for systems that have none.
pub(in crate::crs) fn string(definition: &Definition) -> Option<String> {
    let mut text = match definition.horizontal() {
        Definition::Geographic(_) => "+proj=longlat".to_owned(),
        Definition::Geocentric(_) => "+proj=geocent".to_owned(),
        Definition::Projected(system) if system.conversion.method == Method::PseudoMercator => {
            let (a, get) = (system.base.datum.ellipsoid.semi_major, &system.conversion);
            return Some(format!(
                "+proj=merc +a={a} +b={a} +lat_ts=0 +lon_0={} +x_0={} +y_0={} +k=1 +units=m \
                 +nadgrids=@null +wktext +no_defs +type=crs",
                get.get(Parameter::NaturalLongitude),
                get.get(Parameter::FalseEasting),
                get.get(Parameter::FalseNorthing)
            ));
        }
        Definition::Projected(system) if is_unsayable(&system.conversion) => return None,
        Definition::Projected(system) => {
            let text = method(&system.conversion, &system.base.datum.ellipsoid)?;
            let letter = |direction| match direction {
                Direction::West => 'w',
                Direction::South => 's',
                Direction::North => 'n',
                _ => 'e',
            };
            let (x, y) = system.axes.xy();
            let is_turned = |direction| matches!(direction, Direction::West | Direction::South);
            if (is_turned(x) || is_turned(y)) && !text.contains("+axis=") {
                format!("{text} +axis={}{}u", letter(x), letter(y))
            } else {
                text
            }
        }
        Definition::Derived(system) => method(&system.conversion, &system.base.datum.ellipsoid)?,
        _ => return None,
    };
    let geographic = definition.geographic()?;
    push_datum(&mut text, &geographic.datum);
    match definition.horizontal() {
        Definition::Projected(system) => match units::length(system.unit).map(|unit| unit.proj) {
            Some(name) if !name.is_empty() => write!(text, " +units={name}"),
            _ => write!(text, " +to_meter={}", system.unit),
        },
        Definition::Geocentric(_) => write!(text, " +units=m"),
        _ => Ok(()),
    }
    .expect("strings take text");
    if let Some(vertical) = definition.vertical() {
        match units::length(vertical.unit).map(|unit| unit.proj) {
            Some(name) if !name.is_empty() => write!(text, " +vunits={name}"),
            _ => write!(text, " +vto_meter={}", vertical.unit),
        }
        .expect("strings take text");
    }
    text.push_str(" +no_defs +type=crs");
    Some(text)
}

/// PROJ has no word for a false origin that is counted to the south or west.
fn is_unsayable(conversion: &Conversion) -> bool {
    let is_turned = matches!(
        conversion.method,
        Method::TransverseMercatorSouth | Method::BonneSouth | Method::LambertConic1West
    );
    let place = [Parameter::FalseEasting, Parameter::FalseNorthing];
    is_turned && place.iter().any(|parameter| conversion.get(*parameter) != 0.0)
}

fn push_datum(text: &mut String, datum: &Datum) {
    let code = datum.id.as_ref().and_then(crate::crs::Id::epsg_code);
    let named = match code.filter(|_| datum.to_wgs84.is_none() && datum.grids.is_none()) {
        Some(6326) => Some("WGS84"),
        Some(6269) => Some("NAD83"),
        Some(6267) => Some("NAD27"),
        _ => None,
    };
    let ellipsoid = &datum.ellipsoid;
    match (named, super::proj_names::ellipsoid_name(ellipsoid)) {
        (Some(name), _) => write!(text, " +datum={name}"),
        (None, Some(name)) => write!(text, " +ellps={name}"),
        (None, None) if ellipsoid.inverse_flattening == 0.0 => {
            write!(text, " +R={}", ellipsoid.semi_major)
        }
        (None, None) => {
            write!(text, " +a={} +rf={}", ellipsoid.semi_major, ellipsoid.inverse_flattening)
        }
    }
    .expect("strings take text");
    if datum.prime_meridian.longitude != 0.0 {
        write!(text, " +pm={}", datum.prime_meridian.longitude).expect("strings take text");
    }
    if let Some(shift) = datum.to_wgs84 {
        let numbers: Vec<String> = shift.iter().map(f64::to_string).collect();
        write!(text, " +towgs84={}", numbers.join(",")).expect("strings take text");
    }
    if let Some(grids) = &datum.grids {
        write!(text, " +nadgrids={grids}").expect("strings take text");
    }
}

/// Returns `+proj=…` with the method's parameters, but without an ellipsoid.
pub(super) fn method(conversion: &Conversion, ellipsoid: &Ellipsoid) -> Option<String> {
    let row = conversion.method.row();
    if row.proj.is_empty() {
        return None;
    }
    let get = |parameter| conversion.get(parameter);
    let is_right = |parameter| (get(parameter) - 90.0).abs() < 1e-8;
    // Oblique Mercator along a parallel is Switzerland's own projection.
    if conversion.method == Method::HotineB
        && is_right(Parameter::CentreAzimuth)
        && is_right(Parameter::SkewAngle)
    {
        return Some(format!(
            "+proj=somerc +lat_0={} +lon_0={} +k_0={} +x_0={} +y_0={}",
            get(Parameter::CentreLatitude),
            get(Parameter::CentreLongitude),
            get(Parameter::CentreScale),
            get(Parameter::CentreEasting),
            get(Parameter::CentreNorthing)
        ));
    }
    let mut text = format!("+proj={}", row.proj);
    let mut add = |key: &str, value: f64| write!(text, " +{key}={value}").expect("never fails");
    // What PROJ wants beside the parameters.
    match conversion.method {
        Method::LambertConic1 | Method::LambertConic1West => {
            add("lat_1", get(Parameter::NaturalLatitude));
        }
        Method::PolarStereographicB | Method::PolarStereographicC => {
            add("lat_0", 90f64.copysign(get(Parameter::StandardParallel)));
        }
        _ => {}
    }
    for slot in row.slots.iter().filter(|slot| !slot.proj.is_empty()) {
        let value = get(slot.parameter);
        // PROJ's Mercator has its natural origin on the equator.
        let is_idle = conversion.method == Method::MercatorA && slot.proj == "lat_0";
        if !is_idle {
            add(slot.proj, false_origin(conversion, slot.proj, value, ellipsoid));
        }
    }
    Some(text)
}

/// Brings a false easting or northing to what PROJ's projection wants.
fn false_origin(conversion: &Conversion, key: &str, value: f64, ellipsoid: &Ellipsoid) -> f64 {
    // Its false origin lies on the standard parallel, the natural one at the pole
    // (IOGP 373-7-2, Polar Stereographic variant C).
    if conversion.method == Method::PolarStereographicC && key == "y_0" {
        let parallel = conversion.get(Parameter::StandardParallel).to_radians();
        let es = 1.0 - (ellipsoid.semi_minor() / ellipsoid.semi_major).powi(2);
        let radius =
            ellipsoid.semi_major * parallel.cos() / (1.0 - es * parallel.sin().powi(2)).sqrt();
        return value + radius.copysign(parallel);
    }
    value
}
