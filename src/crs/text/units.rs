//! The names of units.

use super::same_name;

/// A unit of length.
#[derive(Debug)]
pub(in crate::crs) struct LengthUnit {
    /// EPSG's code.
    pub(in crate::crs) code: u16,
    /// EPSG's name, which GDAL and WKT2 write.
    pub(in crate::crs) name: &'static str,
    /// Esri's name.
    pub(super) esri: &'static str,
    /// PROJ's short name, or empty.
    pub(super) proj: &'static str,
    pub(super) metres: f64,
}

const fn unit(
    code: u16,
    name: &'static str,
    esri: &'static str,
    proj: &'static str,
    metres: f64,
) -> LengthUnit {
    LengthUnit { code, name, esri, proj, metres }
}

const LENGTHS: &[LengthUnit] = &[
    unit(9001, "metre", "Meter", "m", 1.0),
    unit(9002, "foot", "Foot", "ft", 0.3048),
    unit(9003, "US survey foot", "Foot_US", "us-ft", 12.0 / 39.37),
    unit(9036, "kilometre", "Kilometer", "km", 1000.0),
    unit(1033, "centimetre", "Centimeter", "cm", 0.01),
    unit(1025, "millimetre", "Millimeter", "mm", 0.001),
    unit(9005, "Clarke's foot", "Foot_Clarke", "", 0.3047972654),
    unit(9014, "fathom", "Fathom", "fath", 1.8288),
    unit(9030, "nautical mile", "Nautical_Mile", "kmi", 1852.0),
    unit(9031, "German legal metre", "Meter_German", "", 1.0000135965),
    unit(9033, "US survey chain", "Chain_US", "us-ch", 792.0 / 39.37),
    unit(9034, "US survey link", "Link_US", "", 7.92 / 39.37),
    unit(9035, "US survey mile", "Mile_US", "us-mi", 63360.0 / 39.37),
    unit(9037, "Clarke's yard", "Yard_Clarke", "", 0.9143917962),
    unit(9038, "Clarke's chain", "Chain_Clarke", "", 20.1166195164),
    unit(9039, "Clarke's link", "Link_Clarke", "", 0.201166195164),
    unit(9040, "British yard (Sears 1922)", "Yard_Sears", "", 36.0 / 39.370147),
    unit(9041, "British foot (Sears 1922)", "Foot_Sears", "", 12.0 / 39.370147),
    unit(9042, "British chain (Sears 1922)", "Chain_Sears", "", 792.0 / 39.370147),
    unit(9043, "British link (Sears 1922)", "Link_Sears", "", 7.92 / 39.370147),
    unit(9050, "British yard (Benoit 1895 A)", "Yard_Benoit_1895_A", "", 0.9143992),
    unit(9051, "British foot (Benoit 1895 A)", "Foot_Benoit_1895_A", "", 0.9143992 / 3.0),
    unit(9052, "British chain (Benoit 1895 A)", "Chain_Benoit_1895_A", "", 20.1167824),
    unit(9053, "British link (Benoit 1895 A)", "Link_Benoit_1895_A", "", 0.201167824),
    unit(9060, "British yard (Benoit 1895 B)", "Yard_Benoit_1895_B", "", 36.0 / 39.370113),
    unit(9061, "British foot (Benoit 1895 B)", "Foot_Benoit_1895_B", "", 12.0 / 39.370113),
    unit(9062, "British chain (Benoit 1895 B)", "Chain_Benoit_1895_B", "", 792.0 / 39.370113),
    unit(9063, "British link (Benoit 1895 B)", "Link_Benoit_1895_B", "", 7.92 / 39.370113),
    unit(9070, "British foot (1865)", "Foot_1865", "", 0.9144025 / 3.0),
    unit(9080, "Indian foot", "Foot_Indian", "", 12.0 / 39.370142),
    unit(9081, "Indian foot (1937)", "Foot_Indian_1937", "ind-ft", 0.30479841),
    unit(9082, "Indian foot (1962)", "Foot_Indian_1962", "", 0.3047996),
    unit(9083, "Indian foot (1975)", "Foot_Indian_1975", "", 0.3047995),
    unit(9084, "Indian yard", "Yard_Indian", "", 36.0 / 39.370142),
    unit(9085, "Indian yard (1937)", "Yard_Indian_1937", "ind-yd", 0.91439523),
    unit(9086, "Indian yard (1962)", "Yard_Indian_1962", "", 0.9143988),
    unit(9087, "Indian yard (1975)", "Yard_Indian_1975", "", 0.9143985),
    unit(9093, "Statute mile", "Mile", "mi", 1609.344),
    unit(9094, "Gold Coast foot", "Foot_Gold_Coast", "", 6_378_300.0 / 20_926_201.0),
    unit(9095, "British foot (1936)", "Foot_British_1936", "", 0.3048007491),
    unit(9096, "yard", "Yard", "yd", 0.9144),
    unit(9097, "chain", "Chain", "ch", 20.1168),
    unit(9098, "link", "Link", "link", 0.201168),
    unit(9099, "British yard (Sears 1922 truncated)", "Yard_Sears_1922_Truncated", "", 0.914398),
    unit(
        9300,
        "British foot (Sears 1922 truncated)",
        "Foot_Sears_1922_Truncated",
        "",
        0.914398 / 3.0,
    ),
    unit(9301, "British chain (Sears 1922 truncated)", "Chain_Sears_1922_Truncated", "", 20.116756),
    unit(9302, "British link (Sears 1922 truncated)", "Link_Sears_1922_Truncated", "", 0.20116756),
];

/// Finds the unit of so many metres.
pub(in crate::crs) fn length(metres: f64) -> Option<&'static LengthUnit> {
    LENGTHS.iter().find(|unit| is_close(unit.metres, metres))
}

/// Finds a unit's metres by EPSG's code.
pub(in crate::crs) fn length_by_code(code: u16) -> Option<f64> {
    LENGTHS.iter().find(|unit| unit.code == code).map(|unit| unit.metres)
}

/// Finds a unit's metres by any of its names.
pub(super) fn length_by_name(name: &str) -> Option<f64> {
    let is = |unit: &&LengthUnit| {
        same_name(unit.name, name)
            || same_name(unit.esri, name)
            || (!unit.proj.is_empty() && unit.proj == name)
    };
    let american = || same_name("meter", name).then_some(1.0);
    LENGTHS.iter().find(is).map(|unit| unit.metres).or_else(american)
}

/// A unit of arc: EPSG's code, name and Esri's name.
pub(in crate::crs) type AngleUnit = (u16, &'static str, &'static str, f64);

const DEGREE: f64 = std::f64::consts::PI / 180.0;
const ANGLES: [AngleUnit; 5] = [
    (9102, "degree", "Degree", DEGREE),
    (9105, "grad", "Grad", std::f64::consts::PI / 200.0),
    (9101, "radian", "Radian", 1.0),
    (9104, "arc-second", "Second", DEGREE / 3600.0),
    (9103, "arc-minute", "Minute", DEGREE / 60.0),
];

/// Finds the unit of so many radians.
pub(in crate::crs) fn angle(radians: f64) -> Option<&'static AngleUnit> {
    ANGLES.iter().find(|unit| is_close(unit.3, radians))
}

/// Degrees in one unit of so many radians: for the degree exactly one.
pub(in crate::crs) fn degrees(radians: f64) -> f64 {
    if is_close(radians, DEGREE) { 1.0 } else { radians.to_degrees() }
}

/// Finds a unit's radians by EPSG's code.
pub(in crate::crs) fn angle_by_code(code: u16) -> Option<f64> {
    // Gon is grad; degrees in several notations are degrees.
    let code = match code {
        9106 => 9105,
        9107 | 9108 | 9122 => 9102,
        other => other,
    };
    ANGLES.iter().find(|unit| unit.0 == code).map(|unit| unit.3)
}

/// Brings radians that a text gives with few digits to the exact unit.
pub(in crate::crs) fn exact_angle(radians: f64) -> f64 {
    ANGLES.iter().map(|unit| unit.3).find(|&exact| is_close(exact, radians)).unwrap_or(radians)
}

/// Brings metres that a text gives with few digits to the exact unit.
pub(in crate::crs) fn exact_length(metres: f64) -> f64 {
    length(metres).map_or(metres, |unit| unit.metres)
}

/// Texts give units with up to fifteen digits, some with ten.
fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 2e-10 * a.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_found_by_number_code_and_name() {
        assert_eq!(length(0.304800609601219).map(|unit| unit.code), Some(9003));
        assert_eq!(length_by_name("Foot_US"), Some(12.0 / 39.37));
        assert_eq!(length_by_name("us-ft"), length_by_code(9003));
        assert_eq!(length_by_name("meter"), Some(1.0));
        assert_eq!(exact_angle(0.0174532925199433), 1f64.to_radians());
        assert_eq!(angle_by_code(9106), Some(std::f64::consts::PI / 200.0));
        assert!(length(0.30480060).is_none());
    }
}
