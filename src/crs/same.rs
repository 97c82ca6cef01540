//! Whether two reference systems mean the same coordinates, and which code one means.

use super::registry;
use super::{
    Axes, Conversion, Datum, Definition, Direction, Geographic, Id, Method, Parameter,
    ParameterKind, Projected, Vertical,
};

impl Definition {
    /// Returns whether both mean the same coordinates: the same datum, the same
    /// projection by parameters, the same units. Names do not count, nor does
    /// the order in which an authority gives the axes, which is x, then y here.
    ///
    /// Parameters may differ by what fifteen digits leave: 1e-9 degree, 1e-5 m.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Geographic(a), Self::Geographic(b)) => {
                same_geographic(a, b)
                    && a.height.is_some() == b.height.is_some()
                    && near(a.unit, b.unit, 1e-9)
            }
            (Self::Geocentric(a), Self::Geocentric(b)) => same_geographic(a, b),
            (Self::Projected(a), Self::Projected(b)) => same_projected(a, b),
            (Self::Derived(a), Self::Derived(b)) => {
                same_geographic(&a.base, &b.base)
                    && same_conversion(&a.conversion, &b.conversion, false)
            }
            (Self::Vertical(a), Self::Vertical(b)) => same_vertical(a, b),
            (
                Self::Compound { horizontal: a, vertical: v, .. },
                Self::Compound { horizontal: b, vertical: w, .. },
            ) => a.is_same(b) && same_vertical(v, w),
            (Self::Image { locator: a, .. }, Self::Image { locator: b, .. }) => a == b,
            (Self::Local { name: a, unit: u }, Self::Local { name: b, unit: v }) => {
                a == b && near(*u, *v, 1e-9)
            }
            _ => false,
        }
    }

    /// Takes away codes that the registry has for something else, and shifts to
    /// WGS 84 from what has a code.
    pub(super) fn with_true_codes(mut self) -> Self {
        let Some(id) = self.id() else { return self };
        let Some(known) = registry::key(id).and_then(registry::definition) else { return self };
        let mut plain = self.clone();
        if let Some(geographic) = plain.geographic_mut() {
            geographic.datum.to_wgs84 = None;
            geographic.datum.grids = None;
        }
        if plain.is_same(&known) {
            return plain;
        }
        match &mut self {
            Self::Geographic(g) | Self::Geocentric(g) => g.id = None,
            Self::Projected(p) => p.id = None,
            Self::Vertical(v) => v.id = None,
            Self::Compound { id, .. } => *id = None,
            Self::Derived(_) | Self::Image { .. } | Self::Local { .. } => {}
        }
        self
    }

    /// The geographic system underneath, to be changed.
    pub(super) fn geographic_mut(&mut self) -> Option<&mut Geographic> {
        match self {
            Self::Geographic(g) | Self::Geocentric(g) => Some(g),
            Self::Projected(p) => Some(&mut p.base),
            Self::Derived(d) => Some(&mut d.base),
            Self::Compound { horizontal, .. } => horizontal.geographic_mut(),
            Self::Image { ground, .. } => ground.geographic_mut(),
            Self::Vertical(_) | Self::Local { .. } => None,
        }
    }

    /// Finds the code of the registry that means the same coordinates.
    ///
    /// A system on a datum that has no code means none: that its ellipsoid is
    /// one in use does not say which datum it is.
    pub fn identify(&self) -> Option<Id> {
        if let Some(id) = self.id() {
            return Some(id.clone());
        }
        match self {
            Self::Compound { horizontal, vertical, .. } => {
                let horizontal = registry::key(&horizontal.identify()?)?;
                let vertical = registry::key(vertical.id.as_ref()?)?;
                registry::compound_of(horizontal, vertical)
            }
            Self::Geographic(_) | Self::Projected(_) | Self::Geocentric(_) => {
                let datum = registry::key(self.geographic()?.datum.id.as_ref()?)?;
                registry::on_datum(datum, matches!(self, Self::Projected(_))).find_map(|key| {
                    let known = registry::definition(key)?;
                    known.is_same(self).then(|| known.id().cloned()).flatten()
                })
            }
            _ => None,
        }
    }
}

fn near(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * a.abs().max(b.abs())
}

fn same_datum(a: &Datum, b: &Datum) -> bool {
    // A shift that a text states makes a datum its own, unless both state it.
    let same_shift = a.to_wgs84 == b.to_wgs84 && a.grids == b.grids;
    let same_datum = match (&a.id, &b.id) {
        (Some(a), Some(b)) => a == b,
        // Without a code the name is all there is.
        (None, None) => super::method::same_name(&a.name, &b.name),
        _ => false,
    };
    same_shift
        && same_datum
        && a.ellipsoid.same_shape(&b.ellipsoid)
        && (a.prime_meridian.longitude - b.prime_meridian.longitude).abs() < 1e-9
}

fn same_geographic(a: &Geographic, b: &Geographic) -> bool {
    same_datum(&a.datum, &b.datum)
}

fn same_vertical(a: &Vertical, b: &Vertical) -> bool {
    let same = match (&a.datum_id, &b.datum_id) {
        (Some(a), Some(b)) => a == b,
        _ => match (&a.id, &b.id) {
            (Some(a), Some(b)) => a == b,
            _ => super::method::same_name(&a.datum, &b.datum),
        },
    };
    same && a.is_depth == b.is_depth && near(a.unit, b.unit, 1e-9)
}

fn same_projected(a: &Projected, b: &Projected) -> bool {
    same_geographic(&a.base, &b.base)
        && near(a.unit, b.unit, 1e-9)
        && same_axes(a.axes, b.axes)
        && same_conversion(
            &a.conversion,
            &b.conversion,
            a.base.datum.ellipsoid.inverse_flattening == 0.0,
        )
}

/// Whether x and y run the same way; about a pole they follow the projection.
pub(super) fn same_axes(a: Axes, b: Axes) -> bool {
    let kind = |direction| match direction {
        Direction::East | Direction::NorthAlong(_) | Direction::SouthAlong(_) => 0,
        Direction::North => 1,
        Direction::West => 2,
        Direction::South => 3,
    };
    let polar = |axes: Axes| {
        axes.first == axes.second
            || matches!(axes.first, Direction::NorthAlong(_) | Direction::SouthAlong(_))
    };
    let pair = |axes: Axes| {
        if polar(axes) {
            (0, 1)
        } else {
            let (x, y) = axes.xy();
            (kind(x), kind(y))
        }
    };
    pair(a) == pair(b)
}

/// Methods whose formulas are the same.
fn kin(conversion: &Conversion, is_sphere: bool) -> Method {
    match conversion.method {
        Method::CylindricalEqualAreaSpherical if is_sphere => Method::CylindricalEqualArea,
        Method::LambertAzimuthalSpherical if is_sphere => Method::LambertAzimuthal,
        Method::EquidistantCylindricalSpherical if is_sphere => Method::EquidistantCylindrical,
        Method::TransverseMercator3d => Method::TransverseMercator,
        Method::AzimuthalEquidistantModified => Method::AzimuthalEquidistant,
        method => method,
    }
}

fn same_conversion(a: &Conversion, b: &Conversion, is_sphere: bool) -> bool {
    let same = |parameter: Parameter| {
        let (x, y) = (a.get(parameter), b.get(parameter));
        let difference = (x - y).abs();
        match parameter.kind() {
            // Longitudes that differ by whole turns are one.
            ParameterKind::Angle => difference < 1e-9 || (difference - 360.0).abs() < 1e-9,
            ParameterKind::Length => difference < 1e-5,
            ParameterKind::Scale => difference < 1e-10,
        }
    };
    kin(a, is_sphere) == kin(b, is_sphere) && a.method.parameters().all(same)
        || mercator(a).is_some_and(|a| {
            mercator(b).is_some_and(|b| a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-9))
        })
}

/// A Mercator projection of scale 1 at the equator, by either of its variants:
/// longitude, false easting and northing.
fn mercator(conversion: &Conversion) -> Option<[f64; 3]> {
    let get = |parameter| conversion.get(parameter);
    let is_plain = match conversion.method {
        Method::MercatorA => get(Parameter::NaturalScale) == 1.0,
        Method::MercatorB => get(Parameter::FirstParallel) == 0.0,
        _ => false,
    };
    let place = [Parameter::NaturalLongitude, Parameter::FalseEasting, Parameter::FalseNorthing];
    is_plain.then(|| place.map(get))
}
