//! What the coordinates of a raster mean.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Area, Definition, GeoKeys, registry};
use crate::{Error, Result};

/// A coordinate reference system: what the coordinates of a raster mean.
///
/// Whatever order the authority gives the axes, swath's coordinates are always
/// x = easting or longitude, then y = northing or latitude, as GeoTIFF stores them.
///
/// Any EPSG code can be held, because a file may carry any; a code that swath
/// has no definition of can be kept and written, but not transformed.
///
/// ```
/// use swath::crs::{Crs, CrsKind};
///
/// let utm = Crs::parse("EPSG:32633")?;
/// assert_eq!(utm, Crs::from_epsg(32633));
/// assert_eq!(utm.name(), "WGS 84 / UTM zone 33N");
/// assert_eq!(utm.kind(), Some(CrsKind::Projected));
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Crs {
    code: Option<u32>,
    /// As the file states it, so that what swath does not understand survives.
    keys: Option<Arc<GeoKeys>>,
}

impl PartialEq for Crs {
    /// Compares codes; systems without one are the same if their GeoKeys are.
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code && (self.code.is_some() || self.keys == other.keys)
    }
}

/// What kind of coordinates a reference system has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CrsKind {
    /// Longitude and latitude.
    Geographic,
    /// Easting and northing in a plane.
    Projected,
}

/// The unit of both axes of a reference system.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Unit {
    /// Degrees of arc.
    Degree,
    /// A length.
    Length {
        /// How many metres one unit is; 1 for metres.
        metres: f64,
    },
}

impl Crs {
    /// Makes the system of an EPSG code, known to swath or not.
    pub fn from_epsg(code: u32) -> Self {
        Self { code: Some(code), keys: None }
    }

    /// Makes the system that a file's GeoKeys state, or `None` if they say
    /// nothing about one. One that has no EPSG code can be written again, but
    /// not transformed.
    pub fn from_geokeys(keys: GeoKeys) -> Option<Self> {
        let code = keys.epsg().map(|(code, _)| code);
        keys.describes_crs().then(|| Self { code, keys: Some(Arc::new(keys)) })
    }

    /// Returns the GeoKeys that state this system: those it was read from, or
    /// else the short form of its code.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if GeoKeys cannot state it or swath does not know
    /// whether it is geographic or projected.
    pub fn to_geokeys(&self) -> Result<GeoKeys> {
        if let Some(keys) = &self.keys {
            return Ok(GeoKeys::clone(keys));
        }
        let short = || GeoKeys::from_epsg(self.code?, self.kind()?);
        short().ok_or_else(|| Error::unsupported(format!("writing {self} as GeoKeys")))
    }

    /// Reads a system from what a person or a file writes.
    ///
    /// Accepted are `EPSG:3857` in any case, the bare code `3857`,
    /// `urn:ogc:def:crs:EPSG::3857` (with or without a version), and
    /// `OGC:CRS84`, which is EPSG:4326 here because x always comes first.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = || {
            Error::usage("coordinate reference system")
                .expected("an EPSG code such as EPSG:3857")
                .found(format!("{text:?}"))
                .hint("WKT and PROJ strings are not read yet; look the code up at https://epsg.io")
        };
        let lower = text.trim().to_ascii_lowercase();
        if matches!(lower.as_str(), "ogc:crs84" | "urn:ogc:def:crs:ogc:1.3:crs84") {
            return Ok(Self::from_epsg(4326));
        }
        let code = if let Some(urn) = lower.strip_prefix("urn:ogc:def:crs:epsg:") {
            urn.split_once(':').ok_or_else(refuse)?.1
        } else {
            lower.strip_prefix("epsg:").unwrap_or(&lower)
        };
        // `u32::from_str` takes a leading plus sign; a code has none.
        match code.parse() {
            Ok(code) if code > 0 && !lower.contains('+') => Ok(Self::from_epsg(code)),
            _ => Err(refuse()),
        }
    }

    /// Returns the EPSG code, or `None` for a system that has none.
    pub fn epsg(&self) -> Option<u32> {
        self.code
    }

    /// Returns whether swath has a definition and so can transform coordinates.
    pub fn is_known(&self) -> bool {
        self.code.and_then(registry::find).is_some()
    }

    /// Returns the codes of all systems swath has a definition of, in no promised order.
    pub fn known() -> impl Iterator<Item = Self> {
        registry::codes().map(Self::from_epsg)
    }

    /// Returns the kind of coordinates, or `None` for an unknown code.
    pub fn kind(&self) -> Option<CrsKind> {
        let stated = || self.keys.as_ref()?.epsg().map(|(_, kind)| kind);
        match self.code.and_then(registry::find) {
            Some(registry::Entry::Geodetic(_)) => Some(CrsKind::Geographic),
            Some(_) => Some(CrsKind::Projected),
            None => stated(),
        }
    }

    /// Returns whether the coordinates are known to be longitude and latitude.
    pub fn is_geographic(&self) -> bool {
        self.kind() == Some(CrsKind::Geographic)
    }

    /// Returns the unit of both axes, or `None` for an unknown code.
    pub fn unit(&self) -> Option<Unit> {
        Some(match self.definition().ok()?.horizontal() {
            Definition::Projected(system) => Unit::Length { metres: system.unit },
            _ => Unit::Degree,
        })
    }

    /// Returns the authority's name, or `EPSG:n` for an unknown code.
    pub fn name(&self) -> Cow<'static, str> {
        match self.code.and_then(registry::name) {
            Some(name) => name,
            None => self.to_string().into(),
        }
    }

    /// Returns the geographic system underneath, on the same datum: the system
    /// itself if it is one. `None` for one that swath does not know.
    pub fn base(&self) -> Option<Self> {
        let definition = self.definition().ok()?;
        let code = definition.geographic()?.id.as_ref()?.epsg_code()?;
        Some(Self::from_epsg(code))
    }

    /// Returns how many radians one unit of a geographic system is, or `None`
    /// for any other system.
    pub fn unit_of_angle(&self) -> Option<f64> {
        match self.definition().ok()?.horizontal() {
            Definition::Geographic(system) => Some(system.unit),
            _ => None,
        }
    }

    /// Returns where the authority means the system to be used, or `None` if swath does not know.
    pub fn area(&self) -> Option<Area> {
        self.code.and_then(registry::find)?.area()
    }

    /// Returns whether the authority has withdrawn the system.
    pub fn is_deprecated(&self) -> bool {
        self.code.and_then(registry::find).is_some_and(registry::Entry::is_deprecated)
    }

    pub(super) fn definition(&self) -> Result<Definition> {
        self.code.and_then(registry::definition).ok_or_else(|| {
            Error::unsupported(format!("transforming coordinates of {self}")).hint(
                "swath has no definition of this code yet; warp the file to a common system \
                 with another tool first",
            )
        })
    }
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "EPSG:{code}"),
            None => f.write_str("a user-defined coordinate reference system"),
        }
    }
}

impl FromStr for Crs {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_people_write_are_read() {
        for text in ["EPSG:3857", "epsg:3857", " 3857 ", "urn:ogc:def:crs:EPSG::3857"] {
            assert_eq!(Crs::parse(text).unwrap().epsg(), Some(3857), "{text}");
        }
        assert_eq!(Crs::parse("urn:ogc:def:crs:EPSG:9.1:2154").unwrap().epsg(), Some(2154));
        assert_eq!(Crs::parse("OGC:CRS84").unwrap().epsg(), Some(4326));
    }

    #[test]
    fn nonsense_is_a_usage_error() {
        for text in ["", "EPSG:", "EPSG:0", "+3857", "WGS84", "EPSG:99999999999", "epsg:-1"] {
            assert!(matches!(Crs::parse(text), Err(Error::Usage(_))), "{text}");
        }
    }

    #[test]
    fn unknown_codes_are_held_and_named() {
        let crs = Crs::from_epsg(1);
        assert_eq!((crs.to_string(), crs.name().as_ref()), ("EPSG:1".into(), "EPSG:1"));
        assert_eq!((crs.kind(), crs.unit(), crs.is_known()), (None, None, false));
    }

    #[test]
    fn units_follow_the_kind() {
        assert_eq!(Crs::from_epsg(4258).unit(), Some(Unit::Degree));
        assert_eq!(Crs::from_epsg(2193).unit(), Some(Unit::Length { metres: 1.0 }));
    }
}
