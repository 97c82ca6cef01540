//! What is known of each EPSG code: name, datum, projection.
//!
//! Names and parameters are facts of the EPSG Dataset, owned by IOGP and used
//! under its terms (<https://epsg.org/terms-of-use.html>).

use std::borrow::Cow;

/// A datum, as far as it matters to a transformation without grids.
///
/// All of these are realisations of the same earth-centred frame to within a
/// few metres, and PROJ moves between any two of them by a null transformation
/// in its default operation. Other datums are not in the registry: a shift that
/// is left out would be an error of tens or hundreds of metres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Datum {
    Wgs84,
    Etrs89,
    Nad83,
    Nzgd2000,
    Rgf93,
    Sirgas2000,
}

impl Datum {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Wgs84 => "WGS 84",
            Self::Etrs89 => "ETRS89",
            Self::Nad83 => "NAD83",
            Self::Nzgd2000 => "NZGD2000",
            Self::Rgf93 => "RGF93 v1",
            Self::Sirgas2000 => "SIRGAS 2000",
        }
    }

    fn ellipsoid(self) -> &'static str {
        if self == Self::Wgs84 { "+ellps=WGS84" } else { "+ellps=GRS80" }
    }

    /// The published accuracy in metres of taking WGS 84 coordinates for ones on this datum.
    fn null_from_wgs84(self) -> f64 {
        match self {
            Self::Wgs84 => 0.0,
            Self::Nad83 => 4.0,
            Self::Etrs89 | Self::Nzgd2000 | Self::Rgf93 | Self::Sirgas2000 => 1.0,
        }
    }

    /// Returns the accuracy in metres of the null transformation between two
    /// datums, or `None` where EPSG publishes none (PROJ calls that ballpark).
    pub(super) fn null_accuracy(self, to: Self) -> Option<f64> {
        use Datum::{Etrs89, Nad83, Rgf93, Sirgas2000, Wgs84};
        match (self, to) {
            (a, b) if a == b => Some(0.0),
            (Wgs84, other) | (other, Wgs84) => Some(other.null_from_wgs84()),
            (Etrs89, Rgf93) | (Rgf93, Etrs89) => Some(0.1),
            // Their areas of use meet in the Americas: by way of WGS 84.
            (Nad83, Sirgas2000) | (Sirgas2000, Nad83) => {
                Some(self.null_from_wgs84() + to.null_from_wgs84())
            }
            _ => None,
        }
    }
}

/// The definition of one code.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) name: Cow<'static, str>,
    pub(super) datum: Datum,
    /// PROJ's projection parameters without an ellipsoid; `None` for geographic systems.
    projection: Option<Cow<'static, str>>,
}

impl Entry {
    pub(super) fn is_geographic(&self) -> bool {
        self.projection.is_none()
    }

    /// Returns the definition of the geographic system underneath, without a datum.
    pub(super) fn base(&self) -> String {
        format!("+proj=longlat {}", self.datum.ellipsoid())
    }

    /// Returns the definition of the projection, without a datum: a datum step
    /// is never left to the projection library.
    pub(super) fn projection(&self) -> Option<String> {
        self.projection.as_deref().map(|p| {
            if p.contains("+a=") { p.to_owned() } else { format!("{p} {}", self.datum.ellipsoid()) }
        })
    }
}

const GEOGRAPHIC: &[(u32, &str, Datum)] = &[
    (4167, "NZGD2000", Datum::Nzgd2000),
    (4171, "RGF93 v1", Datum::Rgf93),
    (4258, "ETRS89", Datum::Etrs89),
    (4269, "NAD83", Datum::Nad83),
    (4326, "WGS 84", Datum::Wgs84),
    (4674, "SIRGAS 2000", Datum::Sirgas2000),
    // The three-dimensional form, met in files: only its horizontal part is used.
    (4979, "WGS 84", Datum::Wgs84),
];

#[rustfmt::skip]
const PROJECTED: &[(u32, &str, Datum, &str)] = &[
    (2154, "RGF93 v1 / Lambert-93", Datum::Rgf93,
     "+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000"),
    (2193, "NZGD2000 / New Zealand Transverse Mercator 2000", Datum::Nzgd2000,
     "+proj=tmerc +lat_0=0 +lon_0=173 +k=0.9996 +x_0=1600000 +y_0=10000000"),
    (3005, "NAD83 / BC Albers", Datum::Nad83,
     "+proj=aea +lat_0=45 +lon_0=-126 +lat_1=50 +lat_2=58.5 +x_0=1000000 +y_0=0"),
    (3031, "WGS 84 / Antarctic Polar Stereographic", Datum::Wgs84,
     "+proj=stere +lat_0=-90 +lat_ts=-71 +lon_0=0"),
    (3034, "ETRS89-extended / LCC Europe", Datum::Etrs89,
     "+proj=lcc +lat_0=52 +lon_0=10 +lat_1=35 +lat_2=65 +x_0=4000000 +y_0=2800000"),
    (3035, "ETRS89-extended / LAEA Europe", Datum::Etrs89,
     "+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000"),
    (3347, "NAD83 / Statistics Canada Lambert", Datum::Nad83,
     "+proj=lcc +lat_0=63.390675 +lon_0=-91.8666666666667 +lat_1=49 +lat_2=77 +x_0=6200000 +y_0=3000000"),
    (3395, "WGS 84 / World Mercator", Datum::Wgs84, "+proj=merc +lon_0=0 +k=1"),
    (3413, "WGS 84 / NSIDC Sea Ice Polar Stereographic North", Datum::Wgs84,
     "+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45"),
    (3571, "WGS 84 / North Pole LAEA Bering Sea", Datum::Wgs84, "+proj=laea +lat_0=90 +lon_0=180"),
    (3572, "WGS 84 / North Pole LAEA Alaska", Datum::Wgs84, "+proj=laea +lat_0=90 +lon_0=-150"),
    (3573, "WGS 84 / North Pole LAEA Canada", Datum::Wgs84, "+proj=laea +lat_0=90 +lon_0=-100"),
    (3574, "WGS 84 / North Pole LAEA Atlantic", Datum::Wgs84, "+proj=laea +lat_0=90 +lon_0=-40"),
    (3575, "WGS 84 / North Pole LAEA Europe", Datum::Wgs84, "+proj=laea +lat_0=90 +lon_0=10"),
    (3576, "WGS 84 / North Pole LAEA Russia", Datum::Wgs84, "+proj=laea +lat_0=90 +lon_0=90"),
    (3832, "WGS 84 / PDC Mercator", Datum::Wgs84, "+proj=merc +lon_0=150 +k=1"),
    // Spherical formulas on the ellipsoid's coordinates, by definition.
    (3857, "WGS 84 / Pseudo-Mercator", Datum::Wgs84, "+proj=merc +a=6378137 +b=6378137"),
    (3976, "WGS 84 / NSIDC Sea Ice Polar Stereographic South", Datum::Wgs84,
     "+proj=stere +lat_0=-90 +lat_ts=-70 +lon_0=0"),
    (3978, "NAD83 / Canada Atlas Lambert", Datum::Nad83,
     "+proj=lcc +lat_0=49 +lon_0=-95 +lat_1=49 +lat_2=77"),
    (3995, "WGS 84 / Arctic Polar Stereographic", Datum::Wgs84,
     "+proj=stere +lat_0=90 +lat_ts=71 +lon_0=0"),
    (3996, "WGS 84 / IBCAO Polar Stereographic", Datum::Wgs84,
     "+proj=stere +lat_0=90 +lat_ts=75 +lon_0=0"),
    (5041, "WGS 84 / UPS North (E,N)", Datum::Wgs84,
     "+proj=stere +lat_0=90 +lon_0=0 +k=0.994 +x_0=2000000 +y_0=2000000"),
    (5042, "WGS 84 / UPS South (E,N)", Datum::Wgs84,
     "+proj=stere +lat_0=-90 +lon_0=0 +k=0.994 +x_0=2000000 +y_0=2000000"),
    (5070, "NAD83 / Conus Albers", Datum::Nad83,
     "+proj=aea +lat_0=23 +lon_0=-96 +lat_1=29.5 +lat_2=45.5"),
    (6931, "WGS 84 / NSIDC EASE-Grid 2.0 North", Datum::Wgs84, "+proj=laea +lat_0=90 +lon_0=0"),
    (6932, "WGS 84 / NSIDC EASE-Grid 2.0 South", Datum::Wgs84, "+proj=laea +lat_0=-90 +lon_0=0"),
    (6933, "WGS 84 / NSIDC EASE-Grid 2.0 Global", Datum::Wgs84, "+proj=cea +lat_ts=30 +lon_0=0"),
    (8857, "WGS 84 / Equal Earth Greenwich", Datum::Wgs84, "+proj=eqearth +lon_0=0"),
];

/// Runs of UTM zones: first code, last code, first zone, southern half, datum.
const UTM: &[(u32, u32, u32, bool, Datum)] = &[
    (5396, 5396, 26, true, Datum::Sirgas2000),
    (6210, 6211, 23, false, Datum::Sirgas2000),
    (25828, 25838, 28, false, Datum::Etrs89),
    (26901, 26923, 1, false, Datum::Nad83),
    (31965, 31976, 11, false, Datum::Sirgas2000),
    (31977, 31985, 17, true, Datum::Sirgas2000),
    (32601, 32660, 1, false, Datum::Wgs84),
    (32701, 32760, 1, true, Datum::Wgs84),
];

/// Returns the definition of an EPSG code, if it is known.
pub(super) fn find(code: u32) -> Option<Entry> {
    if let Some(&(_, name, datum)) = GEOGRAPHIC.iter().find(|entry| entry.0 == code) {
        return Some(Entry { name: name.into(), datum, projection: None });
    }
    if let Some(&(_, name, datum, projection)) = PROJECTED.iter().find(|entry| entry.0 == code) {
        return Some(Entry { name: name.into(), datum, projection: Some(projection.into()) });
    }
    let &(first, _, first_zone, south, datum) =
        UTM.iter().find(|run| (run.0..=run.1).contains(&code))?;
    let zone = first_zone + (code - first);
    let (half, flag) = if south { ("S", " +south") } else { ("N", "") };
    Some(Entry {
        name: format!("{} / UTM zone {zone}{half}", datum.name()).into(),
        datum,
        projection: Some(format!("+proj=utm +zone={zone}{flag}").into()),
    })
}

/// Returns every known code: geographic, projected, then UTM zones.
pub(super) fn codes() -> impl Iterator<Item = u32> {
    (GEOGRAPHIC.iter().map(|entry| entry.0))
        .chain(PROJECTED.iter().map(|entry| entry.0))
        .chain(UTM.iter().flat_map(|run| run.0..=run.1))
}
