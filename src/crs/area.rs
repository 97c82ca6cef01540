//! Areas on the globe between two meridians and two parallels.

use std::fmt;

use crate::{Error, Result};

/// An area between two meridians and two parallels, in degrees.
///
/// Longitudes lie in [-180, 180], latitudes in [-90, 90]. An area whose west is
/// greater than its east crosses the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// The western edge, degrees east of Greenwich.
    pub west: f64,
    /// The southern edge, degrees north.
    pub south: f64,
    /// The eastern edge, degrees east of Greenwich.
    pub east: f64,
    /// The northern edge, degrees north.
    pub north: f64,
}

impl Area {
    /// The whole globe.
    pub const WORLD: Self = Self { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };

    /// Makes an area of its edges in degrees.
    ///
    /// # Errors
    /// [`Error::Usage`] if the south lies north of the north, or an edge off the globe.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self> {
        let area = Self { west, south, east, north };
        area.check().map(|()| area)
    }

    /// Refuses what is no area.
    pub(super) fn check(&self) -> Result<()> {
        let latitudes = -90.0..=90.0;
        let expected = if self.south > self.north {
            "west, south, east, north, with the south not north of the north"
        } else if ![self.south, self.north].iter().all(|lat| latitudes.contains(lat)) {
            "latitudes from -90 to 90 degrees"
        } else if ![self.west, self.east].iter().all(|lon| (-180.0..=180.0).contains(lon)) {
            "longitudes from -180 to 180 degrees; a west greater than the east crosses 180"
        } else {
            return Ok(());
        };
        let Self { west, south, east, north } = self;
        let found = format!("{west},{south},{east},{north}");
        Err(Error::usage("an area in degrees").expected(expected).found(found))
    }

    /// Makes the area of a single point; a longitude beyond ±180 is brought back.
    pub fn point(longitude: f64, latitude: f64) -> Self {
        let longitude = wrapped(longitude);
        Self { west: longitude, south: latitude, east: longitude, north: latitude }
    }

    /// Returns the smallest area around points of longitude and latitude in
    /// degrees; points that are not finite are left out, and those beyond a pole, as the
    /// outermost pixels of a raster may be, taken to it. `None` without any.
    ///
    /// The points are taken for a connected set that reaches at most half round
    /// the globe: one that lies on both sides of the antimeridian crosses it.
    pub fn around(points: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let mut longitudes = Vec::new();
        let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
        for (lon, lat) in points {
            if lon.is_finite() && lat.is_finite() {
                longitudes.push(wrapped(lon));
                let lat = lat.clamp(-90.0, 90.0);
                south = south.min(lat);
                north = north.max(lat);
            }
        }
        longitudes.sort_by(f64::total_cmp);
        let (first, last) = (*longitudes.first()?, *longitudes.last()?);
        // What lies between the two neighbours farthest apart is outside.
        let mut gap = (first + 360.0 - last, first, last);
        for pair in longitudes.windows(2) {
            if pair[1] - pair[0] > gap.0 {
                gap = (pair[1] - pair[0], pair[1], pair[0]);
            }
        }
        // Points all round: what lies between any two is as good as the rest.
        let (west, east) = if gap.0 <= 30.0 { (-180.0, 180.0) } else { (gap.1, gap.2) };
        Some(Self { west, south, east, north })
    }

    /// Whether the area is a single place.
    pub(super) fn is_point(&self) -> bool {
        self.west == self.east && self.south == self.north
    }

    /// Returns the width in degrees of longitude.
    pub fn width(&self) -> f64 {
        let width = self.east - self.west;
        if width < 0.0 { width + 360.0 } else { width }
    }

    /// Returns a number that grows with the area on the globe, 0 for a point or
    /// a line: degrees of longitude times the difference of the latitudes' sines.
    pub(super) fn size(&self) -> f64 {
        self.width() * (self.north.to_radians().sin() - self.south.to_radians().sin())
    }

    /// Returns whether another area lies wholly inside, edges included.
    pub fn contains(&self, other: &Self) -> bool {
        let east_of_west = (other.west - self.west).rem_euclid(360.0);
        self.south <= other.south
            && other.north <= self.north
            && (self.width() >= 360.0 || east_of_west + other.width() <= self.width())
    }

    /// Returns what two areas share, or `None` if they do not touch. Of two
    /// separate pieces, which only areas of more than half the globe can share, the larger.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let (south, north) = (self.south.max(other.south), self.north.min(other.north));
        if south > north {
            return None;
        }
        let mut best: Option<(f64, f64)> = None;
        for turn in [-360.0, 0.0, 360.0] {
            let west = self.west.max(other.west + turn);
            let east = (self.west + self.width()).min(other.west + turn + other.width());
            if west <= east && best.is_none_or(|(w, e)| e - w < east - west) {
                best = Some((west, east));
            }
        }
        let (west, east) = best?;
        let (west, east) =
            if east - west >= 360.0 { (-180.0, 180.0) } else { (wrapped(west), wrapped(east)) };
        Some(Self { west, south, east, north })
    }
}

/// Brings a longitude into [-180, 180].
fn wrapped(longitude: f64) -> f64 {
    if (-180.0..=180.0).contains(&longitude) {
        longitude
    } else {
        (longitude + 180.0).rem_euclid(360.0) - 180.0
    }
}

impl fmt::Display for Area {
    /// Writes `west,south,east,north` with two decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2},{:.2},{:.2},{:.2}", self.west, self.south, self.east, self.north)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIJI: Area = Area { west: 176.81, south: -20.81, east: -178.15, north: -12.42 };

    #[test]
    fn areas_across_the_antimeridian_hold_both_sides() {
        assert!((FIJI.width() - 5.04).abs() < 1e-9);
        assert!(FIJI.contains(&Area::point(179.0, -15.0)));
        assert!(FIJI.contains(&Area::point(-179.0, -15.0)));
        assert!(FIJI.contains(&Area::point(181.0, -15.0)));
        assert!(!FIJI.contains(&Area::point(0.0, -15.0)));
        assert!(Area::WORLD.contains(&FIJI) && !FIJI.contains(&Area::WORLD));
        let east = Area { west: -180.0, south: -90.0, east: -170.0, north: -15.0 };
        let shared = FIJI.intersection(&east).expect("they meet");
        assert!(shared.west.abs() == 180.0 && shared.north == -15.0, "{shared}");
        assert!((shared.east + 178.15).abs() < 1e-9, "{shared}");
    }

    #[test]
    fn points_on_both_sides_of_the_antimeridian_make_a_small_area() {
        let area = Area::around([(179.0, -20.0), (-178.0, -12.0), (181.0, f64::NAN)]);
        assert_eq!(area, Some(Area { west: 179.0, south: -20.0, east: -178.0, north: -12.0 }));
        assert_eq!(Area::around([(f64::NAN, 0.0)]), None);
        // A raster whose pixels are points reaches beyond the poles by half of one.
        let area = Area::around([(0.0, -90.25), (1.0, 90.25)]).expect("points");
        assert_eq!((area.south, area.north), (-90.0, 90.0));
        let whole = Area::around((-18..=18).map(|i| (f64::from(i) * 10.0, 0.0))).expect("points");
        assert_eq!((whole.west, whole.east), (-180.0, 180.0));
    }

    #[test]
    fn what_is_no_area_is_refused() {
        assert!(Area::new(176.81, -20.81, -178.15, -12.42).is_ok_and(|area| area == FIJI));
        for [west, south, east, north] in [
            [0.0, 53.0, 1.0, 51.0],
            [0.0, -91.0, 1.0, 0.0],
            [0.0, 0.0, 181.0, 1.0],
            [f64::NAN, 0.0, 1.0, 1.0],
            [0.0, f64::NAN, 1.0, 1.0],
        ] {
            assert!(matches!(Area::new(west, south, east, north), Err(Error::Usage(_))));
        }
    }

    #[test]
    fn areas_that_do_not_touch_share_nothing() {
        let a = Area { west: 0.0, south: 0.0, east: 10.0, north: 10.0 };
        let b = Area { west: 20.0, south: 0.0, east: 30.0, north: 10.0 };
        assert_eq!(a.intersection(&b), None);
        assert_eq!(a.intersection(&Area { south: 11.0, north: 12.0, ..a }), None);
        assert_eq!(a.intersection(&Area::WORLD), Some(a));
        assert_eq!(Area::WORLD.intersection(&Area::WORLD), Some(Area::WORLD));
        assert_eq!(Area::point(3.0, 4.0).size(), 0.0);
    }
}
