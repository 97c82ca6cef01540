//! The GeoKeys of a GeoTIFF: a CRS as the file states it.
//!
//! Numbers are those of the OGC GeoTIFF Standard 1.1 (OGC 19-008r4), section 7.

use super::CrsKind;
use crate::{Error, Result};

/// `GTModelTypeGeoKey`: 1 projected, 2 geographic 2D, 3 geocentric.
const MODEL_TYPE: u16 = 1024;
/// `GTRasterTypeGeoKey`: 1 pixel is area, 2 pixel is point.
const RASTER_TYPE: u16 = 1025;
/// `GeodeticCRSGeoKey`: the EPSG code of a geographic CRS.
const GEODETIC_CRS: u16 = 2048;
/// `ProjectedCRSGeoKey`: the EPSG code of a projected CRS.
const PROJECTED_CRS: u16 = 3072;
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

    /// Makes the short form for an EPSG code, which GDAL reads by the registry.
    /// `None` for codes that do not fit a key.
    pub fn from_epsg(code: u32, kind: CrsKind) -> Option<Self> {
        let code = u16::try_from(code).ok().filter(|&c| c != 0 && c != USER_DEFINED)?;
        let (model, key) = match kind {
            CrsKind::Projected => (1, PROJECTED_CRS),
            CrsKind::Geographic => (2, GEODETIC_CRS),
        };
        let mut keys = Self { keys: vec![(key, GeoKey::Short(code))], minor: 0 };
        keys.set_short(MODEL_TYPE, model);
        Some(keys)
    }

    /// Returns the keys of a raster whose pixels are areas or points.
    #[must_use]
    pub fn with_pixel_is_point(&self, is_point: bool) -> Self {
        let mut keys = self.clone();
        keys.set_short(RASTER_TYPE, if is_point { 2 } else { 1 });
        keys
    }

    /// Returns whether positions in the file mean the centres of pixels.
    pub fn pixel_is_point(&self) -> bool {
        self.short(RASTER_TYPE) == Some(2)
    }

    /// Returns the EPSG code and kind that the keys name, or `None` if the CRS
    /// is spelled out, of another kind, or not given.
    pub fn epsg(&self) -> Option<(u32, CrsKind)> {
        let code = |key| self.short(key).filter(|&c| c != 0 && c != USER_DEFINED).map(u32::from);
        let projected = || Some((code(PROJECTED_CRS)?, CrsKind::Projected));
        let geographic = || Some((code(GEODETIC_CRS)?, CrsKind::Geographic));
        match self.short(MODEL_TYPE) {
            Some(1) => projected(),
            Some(2) => geographic(),
            Some(_) => None,
            // Some writers forget the model; a projected code says it as well.
            None if self.short(PROJECTED_CRS).is_some() => projected(),
            None => geographic(),
        }
    }

    /// Returns whether any key says something about the CRS.
    pub fn describes_crs(&self) -> bool {
        self.keys.iter().any(|&(key, _)| key >= GEODETIC_CRS)
            || self.short(MODEL_TYPE).is_some_and(|model| model != 0)
    }

    /// Returns the keys and their values, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &GeoKey)> {
        self.keys.iter().map(|(key, value)| (*key, value))
    }

    fn short(&self, key: u16) -> Option<u16> {
        let at = self.keys.binary_search_by_key(&key, |&(key, _)| key).ok()?;
        match self.keys[at].1 {
            GeoKey::Short(value) => Some(value),
            _ => None,
        }
    }

    fn set_short(&mut self, key: u16, value: u16) {
        let value = GeoKey::Short(value);
        match self.keys.binary_search_by_key(&key, |&(key, _)| key) {
            Ok(at) => self.keys[at].1 = value,
            Err(at) => self.keys.insert(at, (key, value)),
        }
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
            let keys = GeoKeys::from_epsg(code, kind).expect("fits").with_pixel_is_point(true);
            assert_eq!(keys.epsg(), Some((code, kind)));
            assert!(keys.pixel_is_point());
        }
        assert_eq!(GeoKeys::from_epsg(102_003, CrsKind::Projected), None);
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
