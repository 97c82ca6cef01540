//! What the coordinates of a raster mean.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Area, Authority, Definition, GeoKeys, Id, Locator, projection, registry, text};
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
    /// The code, if an authority gives one.
    id: Option<Id>,
    /// What the system is made of; `None` for a code that is not in the registry.
    definition: Option<Arc<Definition>>,
    /// As the file states it, so that what swath does not understand survives.
    keys: Option<Arc<GeoKeys>>,
}

impl PartialEq for Crs {
    /// Whether both mean the same coordinates: by code, or else by parameters,
    /// whatever their names. Systems that swath does not understand are the same
    /// if their GeoKeys are.
    fn eq(&self, other: &Self) -> bool {
        if self.id.is_some() && self.id == other.id {
            return true;
        }
        match (&self.definition, &other.definition) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a.is_same(b),
            (None, None) => self.id.is_none() && other.id.is_none() && self.keys == other.keys,
            _ => false,
        }
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
        Self::from_id(Id::epsg(code))
    }

    /// Makes the system of an authority's code, known to swath or not.
    pub fn from_id(id: Id) -> Self {
        let definition = registry::key(&id).and_then(registry::definition).map(Arc::new);
        Self { id: Some(id), definition, keys: None }
    }

    /// Makes the system that a definition describes, with its code if it has or
    /// means one.
    ///
    /// A code that a text states is kept if the parameters are the code's; with
    /// it, a shift to WGS 84 that the text adds gives way to the operations
    /// that are known for the code, as in GDAL.
    pub fn from_definition(definition: Definition) -> Self {
        let definition = definition.with_true_codes();
        let id = definition.identify();
        Self { id, definition: Some(Arc::new(definition)), keys: None }
    }

    /// Makes the system of an image's pixels, which lie on the ground as `locator` says, in
    /// coordinates of this system. Images are the same system only if they share a locator.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if swath has no definition of this system.
    pub fn of_image(&self, name: impl Into<Cow<'static, str>>, locator: Locator) -> Result<Self> {
        let ground = Box::new(self.definition()?.horizontal().clone());
        let definition = Definition::Image { name: name.into(), ground, locator };
        Ok(Self { id: None, definition: Some(Arc::new(definition)), keys: None })
    }

    /// Makes the system that a file's GeoKeys state, or `None` if they say
    /// nothing about one. What swath does not understand is kept, to be written
    /// again, but cannot be transformed.
    pub fn from_geokeys(keys: GeoKeys) -> Option<Self> {
        if !keys.describes_crs() {
            return None;
        }
        let code = keys.epsg().map(|(code, _)| Id::epsg(code));
        let definition = keys.definition();
        let id = definition.as_ref().and_then(Definition::identify).or(code);
        Some(Self { id, definition: definition.map(Arc::new), keys: Some(Arc::new(keys)) })
    }

    /// Returns the GeoKeys that state this system: those it was read from, or
    /// else GDAL's: the short form of an EPSG code, or the method with its
    /// parameters, or Esri's well-known text as a citation.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if GeoKeys cannot state it; its [well-known
    /// text](Self::to_wkt2) lies in a file beside the image then, as GDAL has it.
    pub fn to_geokeys(&self) -> Result<GeoKeys> {
        if let Some(keys) = &self.keys {
            return Ok(GeoKeys::clone(keys));
        }
        let made =
            self.definition.as_ref().and_then(|definition| GeoKeys::from_definition(definition));
        made.ok_or_else(|| {
            Error::unsupported(format!("writing {self} as GeoKeys")).hint(
                "GeoTIFF has no words for this system: swath convert and warp put it into a file \
                 beside the image, as GDAL does",
            )
        })
    }

    /// Reads a system from what a person or a file writes.
    ///
    /// Accepted are codes (`EPSG:3857` in any case, the bare code `3857`,
    /// `ESRI:54009`, `EPSG:4326+5773` for a compound system), URNs
    /// (`urn:ogc:def:crs:EPSG::3857`, with or without a version, and lists of
    /// them), `OGC:CRS84`, PROJ strings, PROJJSON, and well-known text: WKT1 as
    /// GDAL or Esri writes it, WKT2 of 2015 and 2019.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if let Some(id) = code(text) {
            return Ok(Self::from_id(id));
        }
        if let Some((horizontal, vertical)) = pair(text) {
            return Self::compound(&Self::from_id(horizontal), &Self::from_id(vertical));
        }
        if text.contains(['[', '(', '{']) || text.contains("proj=") {
            return text::read(text).map(Self::from_definition);
        }
        if let Some(init) =
            text.strip_prefix("+init=").and_then(|init| code(init.split(' ').next()?))
        {
            return Ok(Self::from_id(init));
        }
        Err(Error::usage("coordinate reference system")
            .expected("a code such as EPSG:3857, a URN, a PROJ string, well-known text or PROJJSON")
            .found(format!("{:?}", text.chars().take(80).collect::<String>())))
    }

    /// Joins a horizontal and a vertical system.
    fn compound(horizontal: &Self, vertical: &Self) -> Result<Self> {
        let (first, second) = (horizontal.definition()?, vertical.definition()?);
        match (first, second) {
            (Definition::Geographic(_) | Definition::Projected(_), Definition::Vertical(v)) => {
                Ok(Self::from_definition(Definition::Compound {
                    name: format!("{} + {}", first.name(), v.name).into(),
                    id: None,
                    horizontal: Box::new(first.clone()),
                    vertical: v.clone(),
                }))
            }
            _ => Err(Error::usage("coordinate reference system")
                .expected("a horizontal system, then a vertical one")
                .found(format!("{horizontal} and {vertical}"))),
        }
    }

    /// Returns the system as well-known text of ISO 19162:2019 (WKT2), or `None`
    /// if it is not known what it is made of.
    pub fn to_wkt2(&self) -> Option<String> {
        text::wkt(self.definition.as_deref()?, text::Style::Wkt2)
    }

    /// Returns the system as WKT1 the way GDAL writes it, or `None` if that has
    /// no words for it.
    pub fn to_wkt(&self) -> Option<String> {
        text::wkt(self.definition.as_deref()?, text::Style::Gdal)
    }

    /// Returns the system as WKT1 the way Esri writes it, or `None` if that has
    /// no words for it.
    pub fn to_esri_wkt(&self) -> Option<String> {
        text::wkt(self.definition.as_deref()?, text::Style::Esri)
    }

    /// Returns the system as PROJJSON, or `None` if that has no words for it.
    pub fn to_projjson(&self) -> Option<String> {
        text::projjson(self.definition.as_deref()?)
    }

    /// Returns the system as a PROJ string, which leaves out the name and mostly
    /// the datum, or `None` if there is none.
    pub fn to_proj(&self) -> Option<String> {
        text::proj_string(self.definition.as_deref()?)
    }

    /// Returns the code and who gives it, or `None` for a system that has none.
    pub fn id(&self) -> Option<&Id> {
        self.id.as_ref()
    }

    /// Returns the EPSG code, or `None` for a system that has none.
    pub fn epsg(&self) -> Option<u32> {
        self.id.as_ref().and_then(Id::epsg_code)
    }

    /// Returns whether swath has a definition and so can transform coordinates.
    pub fn is_known(&self) -> bool {
        self.definition.is_some()
    }

    /// Returns the codes of all systems swath has a definition of, in no promised order.
    pub fn known() -> impl Iterator<Item = Self> {
        registry::codes().map(Self::from_epsg)
    }

    /// Returns the kind of coordinates, or `None` for an unknown code and for
    /// systems that are neither.
    pub fn kind(&self) -> Option<CrsKind> {
        match self.definition.as_deref().map(Definition::horizontal) {
            Some(Definition::Geographic(_) | Definition::Derived(_)) => Some(CrsKind::Geographic),
            Some(Definition::Projected(_)) => Some(CrsKind::Projected),
            Some(_) => None,
            None => self.keys.as_ref()?.epsg().map(|(_, kind)| kind),
        }
    }

    /// Returns whether the coordinates are columns and rows of an image.
    pub fn is_image(&self) -> bool {
        matches!(self.definition.as_deref(), Some(Definition::Image { .. }))
    }

    /// Returns whether the coordinates are known to be longitude and latitude.
    pub fn is_geographic(&self) -> bool {
        self.kind() == Some(CrsKind::Geographic)
    }

    /// Returns the unit of both axes, or `None` for an unknown code and for pixels.
    pub fn unit(&self) -> Option<Unit> {
        Some(match self.definition.as_deref()?.horizontal() {
            Definition::Projected(system) => Unit::Length { metres: system.unit },
            Definition::Geocentric(_) => Unit::Length { metres: 1.0 },
            Definition::Image { .. } => return None,
            Definition::Local { unit, .. } => Unit::Length { metres: *unit },
            _ => Unit::Degree,
        })
    }

    /// Returns the name, or `EPSG:n` for an unknown code.
    pub fn name(&self) -> Cow<'_, str> {
        match &self.definition {
            Some(definition) => definition.name().into(),
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
        self.entry()?.area()
    }

    /// Returns whether the authority has withdrawn the system.
    pub fn is_deprecated(&self) -> bool {
        self.entry().is_some_and(registry::Entry::is_deprecated)
    }

    /// Returns what people should know before they use this system beside other software, in a
    /// line: that its projection is computed in another way there, and how far off that is.
    /// `None` for all but the equidistant cylindrical systems on ellipsoids.
    ///
    /// ```
    /// use swath::crs::Crs;
    ///
    /// assert!(Crs::from_epsg(32662).caution().unwrap().contains("25.3 km"));
    /// assert_eq!(Crs::from_epsg(3857).caution(), None);
    /// ```
    pub fn caution(&self) -> Option<String> {
        let Definition::Projected(system) = self.definition.as_deref()?.horizontal() else {
            return None;
        };
        let disputed = projection::disputed(system, self.area())?;
        let (own, others) = if disputed.on_sphere {
            (
                "a sphere, as PROJ before 9.8 does",
                "PROJ from 9.8 on (and GDAL with it) takes the ellipsoid",
            )
        } else {
            (
                "the ellipsoid, as PROJ from 9.8 on does",
                "PROJ before 9.8 (and files made with it) takes a sphere",
            )
        };
        let name = system.conversion.method.name();
        let km = disputed.metres / 1000.0;
        Some(format!("{self}: {name} is computed on {own}; {others}, up to {km:.1} km off"))
    }

    fn entry(&self) -> Option<registry::Entry> {
        self.id.as_ref().and_then(registry::key).and_then(registry::find)
    }

    /// Returns what the system is made of.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if that is not known.
    pub fn definition(&self) -> Result<&Definition> {
        self.definition.as_deref().ok_or_else(|| {
            Error::unsupported(format!("transforming coordinates of {self}")).hint(
                "swath has no definition of this system; warp the file to a common one \
                 with another tool first",
            )
        })
    }
}

/// Reads a code with its authority: `EPSG:3857`, `3857`, a URN.
fn code(text: &str) -> Option<Id> {
    let number = |text: &str| {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|&code: &u32| is_plain && code > 0)
    };
    let lower = text.to_ascii_lowercase();
    if matches!(
        lower.as_str(),
        "ogc:crs84" | "urn:ogc:def:crs:ogc:1.3:crs84" | "urn:ogc:def:crs:ogc::crs84" | "crs84"
    ) {
        return Some(Id::epsg(4326));
    }
    if let Some(code) = number(text) {
        return Some(Id::epsg(code));
    }
    let id = |authority: &str, code: &str| {
        let is_word = !authority.is_empty()
            && authority.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        Some(Id {
            authority: Authority::from_name(authority),
            code: number(code).filter(|_| is_word)?,
        })
    };
    if let Some(urn) = lower.strip_prefix("urn:ogc:def:crs:") {
        let mut parts = urn.split(':');
        let (authority, _version, code) = (parts.next()?, parts.next()?, parts.next()?);
        return id(authority, code).filter(|_| parts.next().is_none());
    }
    if let Some(path) = lower.strip_prefix("http://www.opengis.net/def/crs/") {
        let mut parts = path.split('/');
        return id(parts.next()?, parts.nth(1)?);
    }
    let (authority, code) = text.split_once(':')?;
    id(authority, code)
}

/// Reads two codes: `EPSG:4326+5773`, or a URN with a list.
fn pair(text: &str) -> Option<(Id, Id)> {
    if let Some((first, second)) = text.split_once('+') {
        let horizontal = code(first)?;
        let vertical = code(second)?;
        return Some((horizontal, vertical));
    }
    let list = text.to_ascii_lowercase();
    let (first, second) = list.strip_prefix("urn:ogc:def:crs,crs:")?.split_once(",crs:")?;
    let part = |text: &str| code(&format!("urn:ogc:def:crs:{text}"));
    Some((part(first)?, part(second)?))
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.id, &self.definition) {
            (Some(id), _) => write!(f, "{}:{}", id.authority.name(), id.code),
            (None, Some(definition)) => write!(f, "{:?}", definition.name()),
            (None, None) => f.write_str("a user-defined coordinate reference system"),
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
