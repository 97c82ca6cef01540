//! The GeoKeys of a GeoTIFF: a CRS as the file states it.
//!
//! Numbers are those of the OGC GeoTIFF Standard 1.1 (OGC 19-008r4), section 7.

mod read;
mod write;

use super::CrsKind;
use crate::{Error, Result};

/// Numbers of keys; their names are the standard's.
pub(super) mod key {
    /// 1 projected, 2 geographic 2D, 3 geocentric.
    pub(crate) const MODEL_TYPE: u16 = 1024;
    /// 1 pixel is area, 2 pixel is point.
    pub(crate) const RASTER_TYPE: u16 = 1025;
    pub(crate) const CITATION: u16 = 1026;
    pub(crate) const GEODETIC_CRS: u16 = 2048;
    pub(crate) const GEODETIC_CITATION: u16 = 2049;
    pub(crate) const DATUM: u16 = 2050;
    pub(crate) const PRIME_MERIDIAN: u16 = 2051;
    pub(crate) const ANGULAR_UNITS: u16 = 2054;
    pub(crate) const ANGULAR_UNIT_SIZE: u16 = 2055;
    pub(crate) const ELLIPSOID: u16 = 2056;
    pub(crate) const SEMI_MAJOR: u16 = 2057;
    pub(crate) const SEMI_MINOR: u16 = 2058;
    pub(crate) const INVERSE_FLATTENING: u16 = 2059;
    pub(crate) const PRIME_MERIDIAN_LONGITUDE: u16 = 2061;
    /// GDAL's: a shift to WGS 84 of 3 or 7 numbers, metres, arc seconds, ppm.
    pub(crate) const TO_WGS84: u16 = 2062;
    pub(crate) const PROJECTED_CRS: u16 = 3072;
    pub(crate) const PROJECTED_CITATION: u16 = 3073;
    pub(crate) const PROJECTION: u16 = 3074;
    pub(crate) const METHOD: u16 = 3075;
    pub(crate) const LINEAR_UNITS: u16 = 3076;
    pub(crate) const LINEAR_UNIT_SIZE: u16 = 3077;
    pub(crate) const FIRST_PARALLEL: u16 = 3078;
    pub(crate) const NATURAL_LATITUDE: u16 = 3081;
    pub(crate) const NATURAL_SCALE: u16 = 3092;
    pub(crate) const VERTICAL_CRS: u16 = 4096;
    pub(crate) const VERTICAL_CITATION: u16 = 4097;
    pub(crate) const VERTICAL_DATUM: u16 = 4098;
    pub(crate) const VERTICAL_UNITS: u16 = 4099;
}

/// The value of a code key whose CRS is spelled out by other keys.
const USER_DEFINED: u16 = 32767;
/// The tag that text values lie in.
const ASCII_TAG: u16 = 34737;
/// The tag that floating point values lie in.
const DOUBLE_TAG: u16 = 34736;

/// The value of a GeoKey.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum GeoKey {
    /// A code or small number.
    Short(u16),
    /// Floating point numbers, mostly one.
    Doubles(Vec<f64>),
    /// Text, without its terminating `|`.
    Text(String),
}

/// The GeoKeys of a file, in the order of their numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GeoKeys {
    keys: Vec<(u16, GeoKey)>,
    /// `MinorRevision`: 1 says that vertical keys mean what GeoTIFF 1.1 says.
    minor: u16,
}

/// The three TIFF tags that GeoKeys are stored in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GeoKeyTags {
    /// `GeoKeyDirectoryTag` (34735): four numbers of header, then four a key.
    pub directory: Vec<u16>,
    /// `GeoDoubleParamsTag` (34736).
    pub doubles: Vec<f64>,
    /// `GeoAsciiParamsTag` (34737).
    pub text: String,
}

impl GeoKeys {
    /// Reads the keys out of the tags. Keys whose value lies elsewhere or
    /// outside its tag are left out, as GDAL does.
    ///
    /// # Errors
    /// [`Error::Format`] if the directory has no header.
    pub fn parse(tags: &GeoKeyTags) -> Result<Self> {
        let Some((header, entries)) = tags.directory.split_at_checked(4) else {
            return Err(Error::format("GeoKey directory")
                .expected("at least 4 numbers")
                .found(tags.directory.len()));
        };
        let count = usize::from(header[3]);
        let mut keys: Vec<(u16, GeoKey)> = Vec::new();
        for entry in entries.as_chunks::<4>().0.iter().take(count) {
            let &[key, tag, len, value] = entry;
            let (start, len) = (usize::from(value), usize::from(len));
            let value = match tag {
                0 => Some(GeoKey::Short(value)),
                DOUBLE_TAG => {
                    tags.doubles.get(start..start + len).map(|v| GeoKey::Doubles(v.to_vec()))
                }
                ASCII_TAG => tags.text.as_bytes().get(start..start + len).map(|bytes| {
                    let text = String::from_utf8_lossy(bytes);
                    GeoKey::Text(text.trim_end_matches(['|', '\0']).to_owned())
                }),
                _ => None,
            };
            keys.extend(value.map(|value| (key, value)));
        }
        keys.sort_by_key(|&(key, _)| key);
        keys.dedup_by_key(|&mut (key, _)| key);
        Ok(Self { keys, minor: header[2].min(1) })
    }

    /// Writes the keys into tags.
    pub fn to_tags(&self) -> GeoKeyTags {
        let mut tags = GeoKeyTags { directory: vec![1, 1, self.minor, 0], ..GeoKeyTags::default() };
        for (key, value) in &self.keys {
            // Values that 16-bit positions cannot reach are left out; no CRS has them.
            let entry = match value {
                GeoKey::Short(value) => Some([*key, 0, 1, *value]),
                GeoKey::Doubles(values) => {
                    place(tags.doubles.len(), values.len()).map(|(start, len)| {
                        tags.doubles.extend(values);
                        [*key, DOUBLE_TAG, len, start]
                    })
                }
                GeoKey::Text(text) => place(tags.text.len(), text.len() + 1).map(|(start, len)| {
                    tags.text.push_str(text);
                    tags.text.push('|');
                    [*key, ASCII_TAG, len, start]
                }),
            };
            tags.directory.extend(entry.into_iter().flatten());
        }
        tags.directory[3] = (tags.directory.len() / 4 - 1) as u16;
        tags
    }

    /// Returns the keys of a raster whose pixels are areas or points.
    #[must_use]
    pub fn with_pixel_is_point(&self, is_point: bool) -> Self {
        let mut keys = self.clone();
        keys.set_short(key::RASTER_TYPE, if is_point { 2 } else { 1 });
        keys
    }

    /// Returns whether positions in the file mean the centres of pixels.
    pub fn pixel_is_point(&self) -> bool {
        self.short(key::RASTER_TYPE) == Some(2)
    }

    /// Returns the EPSG code and kind that the keys name, or `None` if the CRS
    /// is spelled out, of another kind, or not given.
    pub fn epsg(&self) -> Option<(u32, CrsKind)> {
        let code = |key| self.short(key).filter(|&c| c != 0 && c != USER_DEFINED).map(u32::from);
        let projected = || Some((code(key::PROJECTED_CRS)?, CrsKind::Projected));
        let geographic = || Some((code(key::GEODETIC_CRS)?, CrsKind::Geographic));
        match self.short(key::MODEL_TYPE) {
            Some(1) => projected(),
            Some(2) => geographic(),
            Some(_) => None,
            // Some writers forget the model; a projected code says it as well.
            None if self.short(key::PROJECTED_CRS).is_some() => projected(),
            None => geographic(),
        }
    }

    /// Returns whether any key says something about the CRS.
    pub fn describes_crs(&self) -> bool {
        self.keys.iter().any(|&(key, _)| key >= key::GEODETIC_CRS)
            || self.short(key::MODEL_TYPE).is_some_and(|model| model != 0)
    }

    /// Returns the keys and their values, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &GeoKey)> {
        self.keys.iter().map(|(key, value)| (*key, value))
    }

    fn get(&self, key: u16) -> Option<&GeoKey> {
        let at = self.keys.binary_search_by_key(&key, |&(key, _)| key).ok()?;
        Some(&self.keys[at].1)
    }

    fn short(&self, key: u16) -> Option<u16> {
        match self.get(key)? {
            GeoKey::Short(value) => Some(*value),
            _ => None,
        }
    }

    fn set(&mut self, key: u16, value: GeoKey) {
        match self.keys.binary_search_by_key(&key, |&(key, _)| key) {
            Ok(at) => self.keys[at].1 = value,
            Err(at) => self.keys.insert(at, (key, value)),
        }
    }

    fn set_short(&mut self, key: u16, value: u16) {
        self.set(key, GeoKey::Short(value));
    }
}

fn place(start: usize, len: usize) -> Option<(u16, u16)> {
    Some((start.try_into().ok()?, len.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_their_tags() {
        let keys = GeoKeys {
            keys: vec![
                (1024, GeoKey::Short(1)),
                (1026, GeoKey::Text("World_Robinson".into())),
                (2057, GeoKey::Doubles(vec![6_378_137.0])),
                (3072, GeoKey::Short(32767)),
            ],
            minor: 1,
        };
        let tags = keys.to_tags();
        assert_eq!(tags.directory[..8], [1, 1, 1, 4, 1024, 0, 1, 1]);
        assert_eq!(GeoKeys::parse(&tags).expect("has a header"), keys);
        assert_eq!(keys.epsg(), None);
        assert!(keys.describes_crs());
    }

    #[test]
    fn the_code_follows_the_model() {
        for (code, kind) in [(32633, CrsKind::Projected), (7844, CrsKind::Geographic)] {
            let crs = crate::crs::Crs::from_epsg(code);
            let definition = crs.definition().expect("known");
            let keys = GeoKeys::from_definition(definition).expect("has a form");
            let keys = keys.with_pixel_is_point(true);
            assert_eq!(keys.epsg(), Some((code, kind)));
            assert!(keys.pixel_is_point());
        }
    }

    #[test]
    fn positions_outside_their_tags_are_left_out() {
        let directory = vec![1, 1, 0, 9, 1026, 34737, 200, 4, 2057, 34736, 1, 7, 3072, 0, 1, 2154];
        let tags = GeoKeyTags { directory, text: "short|".into(), ..GeoKeyTags::default() };
        let keys = GeoKeys::parse(&tags).expect("has a header");
        assert_eq!(keys.iter().collect::<Vec<_>>(), [(3072, &GeoKey::Short(2154))]);
        assert_eq!(keys.epsg(), Some((2154, CrsKind::Projected)));
        assert!(GeoKeys::parse(&GeoKeyTags::default()).is_err());
    }
}
