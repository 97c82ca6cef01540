//! What a coordinate reference system is made of.
//!
//! Every text, set of GeoKeys and row of the registry is brought to this one
//! form, and everything that is done with a system starts from it.

use std::borrow::Cow;

use super::{Locator, Method, Parameter};

/// A text that mostly comes from the registry.
pub type Text = Cow<'static, str>;

/// Who gives a code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Authority {
    /// The EPSG Dataset of the IOGP.
    Epsg,
    /// Esri.
    Esri,
    /// Another, by its name.
    Other(Text),
}

impl Authority {
    /// Makes the authority of a name, in any case.
    pub fn from_name(name: &str) -> Self {
        match name {
            _ if name.eq_ignore_ascii_case("EPSG") => Self::Epsg,
            _ if name.eq_ignore_ascii_case("ESRI") => Self::Esri,
            _ => Self::Other(name.to_owned().into()),
        }
    }

    /// Returns the name as it is written.
    pub fn name(&self) -> &str {
        match self {
            Self::Epsg => "EPSG",
            Self::Esri => "ESRI",
            Self::Other(name) => name,
        }
    }
}

/// A code and who gives it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Id {
    /// Who gives the code.
    pub authority: Authority,
    /// The code.
    pub code: u32,
}

impl Id {
    /// Makes an EPSG code.
    pub fn epsg(code: u32) -> Self {
        Self { authority: Authority::Epsg, code }
    }

    /// Returns the code if EPSG gives it.
    pub fn epsg_code(&self) -> Option<u32> {
        (self.authority == Authority::Epsg).then_some(self.code)
    }
}

/// An ellipsoid of revolution, or a sphere.
#[derive(Debug, Clone, PartialEq)]
pub struct Ellipsoid {
    /// The name.
    pub name: Text,
    /// The code, if it has one.
    pub id: Option<Id>,
    /// The semi-major axis in metres.
    pub semi_major: f64,
    /// How often the flattening goes into one; 0 for a sphere.
    pub inverse_flattening: f64,
}

impl Ellipsoid {
    /// Returns the semi-minor axis in metres.
    pub fn semi_minor(&self) -> f64 {
        if self.inverse_flattening == 0.0 {
            return self.semi_major;
        }
        self.semi_major * (1.0 - 1.0 / self.inverse_flattening)
    }

    /// Returns whether both have the same shape to within 0.1 mm.
    pub fn same_shape(&self, other: &Self) -> bool {
        (self.semi_major - other.semi_major).abs() < 1e-4
            && (self.semi_minor() - other.semi_minor()).abs() < 1e-4
    }
}

/// A prime meridian.
#[derive(Debug, Clone, PartialEq)]
pub struct PrimeMeridian {
    /// The name.
    pub name: Text,
    /// Degrees east of Greenwich.
    pub longitude: f64,
}

impl PrimeMeridian {
    /// The meridian of Greenwich.
    pub const GREENWICH: Self = Self { name: Cow::Borrowed("Greenwich"), longitude: 0.0 };
}

/// A geodetic datum, or an ensemble of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    /// The name.
    pub name: Text,
    /// The code, if it has one.
    pub id: Option<Id>,
    /// Whether it is an ensemble: several realisations taken for one.
    pub ensemble: bool,
    /// The ellipsoid.
    pub ellipsoid: Ellipsoid,
    /// The prime meridian.
    pub prime_meridian: PrimeMeridian,
    /// A shift to WGS 84 that the text states, as a position vector
    /// transformation: metres, arc seconds and parts per million.
    pub to_wgs84: Option<[f64; 7]>,
    /// Grids to WGS 84 that the text states, as PROJ's `+nadgrids` lists them.
    pub grids: Option<Text>,
}

/// The direction in which a coordinate grows.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Direction {
    /// East.
    East,
    /// North.
    North,
    /// West.
    West,
    /// South.
    South,
    /// Towards the north along the meridian of so many degrees, from the south pole.
    NorthAlong(f64),
    /// Towards the south along the meridian of so many degrees, from the north pole.
    SouthAlong(f64),
}

/// The directions of the axes in the order of the authority.
///
/// swath's own order is PROJ's when it normalizes for display: x first, but
/// axes that both run against it (as Krovak's southing and westing) stay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axes {
    /// The direction of the first axis.
    pub first: Direction,
    /// The direction of the second axis.
    pub second: Direction,
}

impl Axes {
    /// Easting, then northing.
    pub const EAST_NORTH: Self = Self { first: Direction::East, second: Direction::North };
    /// Northing, then easting; latitude, then longitude.
    pub const NORTH_EAST: Self = Self { first: Direction::North, second: Direction::East };

    /// Returns whether swath's order of the coordinates is the other way round.
    pub fn is_swapped(self) -> bool {
        use Direction::{East, North, NorthAlong, SouthAlong};
        // Around a pole, x is the axis with which y makes a right-handed pair.
        let turn = |a: f64, b: f64| (b - a).rem_euclid(360.0);
        match (self.first, self.second) {
            (North, East) => true,
            (SouthAlong(a), SouthAlong(b)) => turn(a, b) > 180.0,
            (NorthAlong(a), NorthAlong(b)) => turn(a, b) < 180.0,
            _ => false,
        }
    }

    /// Returns the directions of swath's x and y.
    pub fn xy(self) -> (Direction, Direction) {
        if self.is_swapped() { (self.second, self.first) } else { (self.first, self.second) }
    }
}

/// A geographic system, or the datum of a geocentric one.
#[derive(Debug, Clone, PartialEq)]
pub struct Geographic {
    /// The name.
    pub name: Text,
    /// The code, if it has one.
    pub id: Option<Id>,
    /// The datum.
    pub datum: Datum,
    /// The unit of both angles in radians.
    pub unit: f64,
    /// The order of the angles.
    pub axes: Axes,
    /// The unit of ellipsoidal heights in metres, if they are the third coordinate.
    pub height: Option<f64>,
}

/// A projection with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversion {
    /// The name.
    pub name: Text,
    /// The method.
    pub method: Method,
    /// The parameters, in degrees, metres and ratios; those left out are 0, scales 1.
    pub parameters: Vec<(Parameter, f64)>,
}

impl Conversion {
    /// Returns the value of a parameter: degrees, metres or a ratio.
    pub fn get(&self, parameter: Parameter) -> f64 {
        let stated = self.parameters.iter().find(|(known, _)| *known == parameter);
        stated.map_or(parameter.default(), |&(_, value)| value)
    }
}

/// A projected system.
#[derive(Debug, Clone, PartialEq)]
pub struct Projected {
    /// The name.
    pub name: Text,
    /// The code, if it has one.
    pub id: Option<Id>,
    /// The geographic system underneath.
    pub base: Geographic,
    /// The projection.
    pub conversion: Conversion,
    /// The unit of both axes in metres.
    pub unit: f64,
    /// The axes.
    pub axes: Axes,
}

/// A geographic system made from another by turning the globe.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// The name.
    pub name: Text,
    /// The system underneath.
    pub base: Geographic,
    /// How it is turned: [`Method::RotatedPole`].
    pub conversion: Conversion,
}

/// A system of heights or depths.
#[derive(Debug, Clone, PartialEq)]
pub struct Vertical {
    /// The name.
    pub name: Text,
    /// The code, if it has one.
    pub id: Option<Id>,
    /// The name of the datum.
    pub datum: Text,
    /// The code of the datum.
    pub datum_id: Option<Id>,
    /// The unit in metres.
    pub unit: f64,
    /// Whether values grow downwards.
    pub is_depth: bool,
}

/// A coordinate reference system.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Definition {
    /// Longitude and latitude.
    Geographic(Geographic),
    /// Easting and northing.
    Projected(Projected),
    /// Longitude and latitude about another pole.
    Derived(Derived),
    /// X, Y and Z from the centre of the earth.
    Geocentric(Geographic),
    /// Heights alone.
    Vertical(Vertical),
    /// A horizontal system with heights.
    Compound {
        /// The name.
        name: Text,
        /// The code, if it has one.
        id: Option<Id>,
        /// The horizontal system, itself not compound.
        horizontal: Box<Self>,
        /// The vertical system.
        vertical: Vertical,
    },
    /// Columns and rows of an image whose place on the ground is known.
    Image {
        /// The name.
        name: Text,
        /// The system of the ground, itself no image.
        ground: Box<Self>,
        /// Where the pixels lie there.
        locator: Locator,
    },
    /// Coordinates that do not say where on earth they lie.
    Local {
        /// The name.
        name: Text,
        /// The unit of both axes in metres.
        unit: f64,
    },
}

impl Definition {
    /// Returns the name.
    pub fn name(&self) -> &str {
        match self {
            Self::Geographic(g) | Self::Geocentric(g) => &g.name,
            Self::Projected(p) => &p.name,
            Self::Derived(d) => &d.name,
            Self::Vertical(v) => &v.name,
            Self::Compound { name, .. } | Self::Image { name, .. } | Self::Local { name, .. } => {
                name
            }
        }
    }

    /// Returns the code of the system as a whole.
    pub fn id(&self) -> Option<&Id> {
        match self {
            Self::Geographic(g) | Self::Geocentric(g) => g.id.as_ref(),
            Self::Projected(p) => p.id.as_ref(),
            Self::Vertical(v) => v.id.as_ref(),
            Self::Compound { id, .. } => id.as_ref(),
            Self::Derived(_) | Self::Image { .. } | Self::Local { .. } => None,
        }
    }

    /// Returns the horizontal part: the system itself if it has no heights beside it.
    pub fn horizontal(&self) -> &Self {
        match self {
            Self::Compound { horizontal, .. } => horizontal,
            other => other,
        }
    }

    /// Returns the vertical part.
    pub fn vertical(&self) -> Option<&Vertical> {
        match self {
            Self::Compound { vertical, .. } | Self::Vertical(vertical) => Some(vertical),
            _ => None,
        }
    }

    /// Returns the geographic system underneath, or `None` for heights and local systems.
    pub fn geographic(&self) -> Option<&Geographic> {
        match self.horizontal() {
            Self::Geographic(g) | Self::Geocentric(g) => Some(g),
            Self::Projected(p) => Some(&p.base),
            Self::Derived(d) => Some(&d.base),
            Self::Image { ground, .. } => ground.geographic(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x_comes_first_as_in_proj() {
        use Direction::{East, North, NorthAlong, South, SouthAlong, West};
        let axes = |first, second| Axes { first, second };
        assert!(!Axes::EAST_NORTH.is_swapped() && Axes::NORTH_EAST.is_swapped());
        // EPSG:5513 and EPSG:2053: as they are.
        assert!(!axes(South, West).is_swapped() && !axes(West, South).is_swapped());
        // EPSG:2296, north and west: as they are.
        assert!(!axes(North, West).is_swapped());
        // EPSG:5041 UPS North (E,N), EPSG:32661 UPS North (N,E).
        assert!(!axes(SouthAlong(90.0), SouthAlong(180.0)).is_swapped());
        assert!(axes(SouthAlong(180.0), SouthAlong(90.0)).is_swapped());
        // EPSG:5042 UPS South (E,N), EPSG:32761 UPS South (N,E).
        assert!(!axes(NorthAlong(90.0), NorthAlong(0.0)).is_swapped());
        assert!(axes(NorthAlong(0.0), NorthAlong(90.0)).is_swapped());
        assert_eq!(Axes::NORTH_EAST.xy(), (East, North));
    }

    #[test]
    fn a_sphere_has_one_radius() {
        let mut ellipsoid = Ellipsoid {
            name: "GRS 1980".into(),
            id: Some(Id::epsg(7019)),
            semi_major: 6_378_137.0,
            inverse_flattening: 298.257_222_101,
        };
        // EPSG: GRS 1980 has a semi-minor axis of 6356752.314140 m.
        assert!((ellipsoid.semi_minor() - 6_356_752.314_140_4).abs() < 1e-6);
        ellipsoid.inverse_flattening = 0.0;
        assert_eq!(ellipsoid.semi_minor(), 6_378_137.0);
    }
}
