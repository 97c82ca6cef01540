//! PROJ's strings as a definition.

use super::tree::MAX_LENGTH;
use super::{known, units, wkt_method, wkt_read};
use crate::crs::definition::Text;
use crate::crs::method::{METHODS, Row};
use crate::crs::{
    Axes, Conversion, Datum, Definition, Derived, Direction, Geographic, Id, Method, Parameter,
    ParameterKind, PrimeMeridian, Projected, registry,
};
use crate::error::{Error, Result};

/// PROJ's names of ellipsoids: EPSG's code, or 0, then metres and inverse flattening.
#[rustfmt::skip]
const ELLIPSOIDS: &[(&str, u32, f64, f64)] = &[
    ("WGS84", 7030, 6_378_137.0, 298.257_223_563),
    ("GRS80", 7019, 6_378_137.0, 298.257_222_101),
    ("bessel", 7004, 6_377_397.155, 299.152_812_8),
    ("intl", 7022, 6_378_388.0, 297.0),
    ("clrk66", 7008, 6_378_206.4, 294.978_698_213_898),
    ("clrk80", 7034, 6_378_249.145, 293.4663),
    ("clrk80ign", 7011, 6_378_249.2, 293.466_021_293_627),
    ("airy", 7001, 6_377_563.396, 299.324_964_6),
    ("mod_airy", 7002, 6_377_340.189, 299.324_964_6),
    ("krass", 7024, 6_378_245.0, 298.3),
    ("aust_SA", 7003, 6_378_160.0, 298.25),
    ("GRS67", 7036, 6_378_160.0, 298.247_167_427),
    ("GSK2011", 1025, 6_378_136.5, 298.256_415_1),
    ("PZ90", 7054, 6_378_136.0, 298.257_839_303),
    ("WGS72", 7043, 6_378_135.0, 298.26),
    ("WGS66", 7025, 6_378_145.0, 298.25),
    ("WGS60", 0, 6_378_165.0, 298.3),
    ("bess_nam", 7046, 6_377_483.865_280_419, 299.152_812_8),
    ("evrst30", 7042, 6_377_276.345, 300.8017),
    ("evrst48", 7018, 6_377_304.063, 300.8017),
    ("evrst56", 7044, 6_377_301.243, 300.8017),
    ("evrst69", 7056, 6_377_295.664, 300.8017),
    ("evrstSS", 7016, 6_377_298.556, 300.8017),
    ("helmert", 7020, 6_378_200.0, 298.3),
    ("hough", 7053, 6_378_270.0, 297.0),
    ("danish", 7051, 6_377_019.256_3, 300.0),
    ("new_intl", 0, 6_378_157.5, 298.249_615_391_123_6),
    ("MERIT", 0, 6_378_137.0, 298.257),
    ("SGS85", 7054, 6_378_136.0, 298.257),
    ("IAU76", 0, 6_378_140.0, 298.257),
    ("NWL9D", 7025, 6_378_145.0, 298.25),
    ("fschr60", 0, 6_378_166.0, 298.3),
    ("fschr60m", 0, 6_378_155.0, 298.3),
    ("fschr68", 0, 6_378_150.0, 298.3),
    ("SEasia", 0, 6_378_155.0, 298.300_000_240_8),
    ("walbeck", 0, 6_376_896.0, 302.780_000_181_5),
    ("plessis", 0, 6_376_523.0, 308.640_998_253_6),
    ("kaula", 0, 6_378_163.0, 298.24),
    ("lerch", 0, 6_378_139.0, 298.257),
    ("engelis", 0, 6_378_136.05, 298.2566),
    ("CPM", 0, 6_375_738.7, 334.29),
    ("delmbr", 0, 6_376_428.0, 311.5),
    ("mprts", 0, 6_397_300.0, 191.0),
    ("sphere", 0, 6_370_997.0, 0.0),
];

/// PROJ's names of datums: EPSG's code, the ellipsoid, a shift to WGS 84.
const DATUMS: &[(&str, u32, &str, &str)] = &[
    ("WGS84", 6326, "WGS84", ""),
    ("NAD83", 6269, "GRS80", ""),
    ("NAD27", 6267, "clrk66", ""),
    ("GGRS87", 6121, "GRS80", "-199.87,74.79,246.62"),
    ("potsdam", 6314, "bessel", "598.1,73.7,418.2,0.202,0.045,-2.455,6.7"),
    ("carthage", 6223, "clrk80ign", "-263.0,6.0,431.0"),
    ("hermannskogel", 6312, "bessel", "577.326,90.129,463.919,5.137,1.474,5.297,2.4232"),
    ("ire65", 6299, "mod_airy", "482.530,-130.596,564.557,-1.042,-0.214,-0.631,8.15"),
    ("nzgd49", 6272, "intl", "59.47,-5.04,187.44,0.47,-0.1,1.024,-4.5993"),
    ("OSGB36", 6277, "airy", "446.448,-125.157,542.060,0.1502,0.2470,0.8421,-20.4894"),
];

/// PROJ's names of prime meridians and EPSG's codes.
const MERIDIANS: &[(&str, u32)] = &[
    ("greenwich", 8901),
    ("lisbon", 8902),
    ("paris", 8903),
    ("bogota", 8904),
    ("madrid", 8905),
    ("rome", 8906),
    ("bern", 8907),
    ("jakarta", 8908),
    ("ferro", 8909),
    ("brussels", 8910),
    ("stockholm", 8911),
    ("athens", 8912),
    ("oslo", 8913),
];

/// PROJ's name of an ellipsoid.
pub(super) fn ellipsoid_name(ellipsoid: &crate::crs::Ellipsoid) -> Option<&'static str> {
    let near = |known: &&(&str, u32, f64, f64)| {
        (known.2 - ellipsoid.semi_major).abs() < 1e-5
            && (known.3 - ellipsoid.inverse_flattening).abs() < 1e-8
    };
    ELLIPSOIDS.iter().find(near).map(|known| known.0)
}

/// Reads a PROJ string.
pub(super) fn read(text: &str) -> Result<Definition> {
    if text.len() > MAX_LENGTH {
        return Err(refuse("fewer characters", text.len()));
    }
    Keys::new(text).definition()
}

/// Reads the projection alone out of a PROJ string.
pub(super) fn method(text: &str) -> Option<Conversion> {
    let keys = Keys::new(text.get(..text.len().min(MAX_LENGTH))?);
    keys.conversion().ok().map(|(conversion, _)| conversion)
}

fn refuse(expected: impl std::fmt::Display, found: impl std::fmt::Display) -> Error {
    Error::usage("PROJ string").expected(expected).found(found)
}

struct Keys<'a>(Vec<(&'a str, Option<&'a str>)>);

impl<'a> Keys<'a> {
    fn new(text: &'a str) -> Self {
        let words = text.split_whitespace().map(|word| word.trim_start_matches('+'));
        let pairs = words.map(|word| match word.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (word, None),
        });
        Self(pairs.collect())
    }

    /// As in PROJ, the first of several wins.
    fn get(&self, wanted: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, _)| *key == wanted).and_then(|(_, value)| *value)
    }

    fn has(&self, wanted: &str) -> bool {
        self.0.iter().any(|(key, value)| *key == wanted && *value != Some("f"))
    }

    fn number(&self, key: &str) -> Result<Option<f64>> {
        let Some(text) = self.get(key) else { return Ok(None) };
        let value = match text.split_once('/') {
            Some((a, b)) => a.parse::<f64>().ok().zip(b.parse::<f64>().ok()).map(|(a, b)| a / b),
            None => text.parse().ok(),
        };
        let finite = value.filter(|x: &f64| x.is_finite());
        finite.map(Some).ok_or_else(|| refuse(format!("a number for +{key}"), text))
    }

    fn angle(&self, key: &str) -> Result<Option<f64>> {
        let Some(text) = self.get(key) else { return Ok(None) };
        degrees(text).map(Some).ok_or_else(|| refuse(format!("an angle for +{key}"), text))
    }

    fn definition(&self) -> Result<Definition> {
        let name = self.get("proj").ok_or_else(|| refuse("+proj=…", "none"))?;
        let title: Text = "unknown".into();
        match name {
            "longlat" | "latlong" | "latlon" | "lonlat" => {
                return Ok(Definition::Geographic(self.geographic()?));
            }
            "geocent" | "cart" => return Ok(Definition::Geocentric(self.geographic()?)),
            "pipeline" => return Err(refuse("a system", "a pipeline")),
            _ => {}
        }
        let (conversion, axes) = self.conversion()?;
        let mut base = self.geographic()?;
        if conversion.method == Method::RotatedPole {
            return Ok(Definition::Derived(Derived { name: title, base, conversion }));
        }
        // The grid of nothing says: spherical formulas on coordinates of WGS 84.
        if conversion.method == Method::PseudoMercator {
            base.datum = self.datum_named(&DATUMS[0])?;
            base.name = "WGS 84".into();
            base.id = Some(Id::epsg(4326));
        }
        Ok(Definition::Projected(Projected {
            name: title,
            id: None,
            base,
            conversion,
            unit: self.unit()?,
            axes,
        }))
    }

    fn unit(&self) -> Result<f64> {
        if let Some(metres) = self.number("to_meter")? {
            let metres = units::exact_length(metres);
            return Some(metres)
                .filter(|&x| x > 0.0)
                .ok_or_else(|| refuse("a unit above 0", metres));
        }
        match self.get("units") {
            Some(name) => {
                units::length_by_name(name).ok_or_else(|| refuse("a unit of length", name))
            }
            None => Ok(1.0),
        }
    }

    fn geographic(&self) -> Result<Geographic> {
        let mut datum = self.datum()?;
        if let Some(text) = self.get("pm") {
            let code = MERIDIANS.iter().find(|(name, _)| *name == text).map(|(_, code)| *code);
            datum.prime_meridian = match code.and_then(PrimeMeridian::from_epsg) {
                Some(known) => known,
                None => known::prime_meridian("unknown".into(), self.angle("pm")?.unwrap_or(0.0)),
            };
        }
        if let Some(text) = self.get("towgs84") {
            datum.to_wgs84 = Some(shift(text).ok_or_else(|| refuse("3 or 7 numbers", text))?);
        }
        datum.grids = self
            .get("nadgrids")
            .filter(|grids| *grids != "@null")
            .map(|grids| grids.to_owned().into());
        let is_plain = datum.to_wgs84.is_none()
            && datum.grids.is_none()
            && datum.prime_meridian.longitude == 0.0;
        let code = datum.id.as_ref().and_then(Id::epsg_code).filter(|_| is_plain);
        let id = match code {
            Some(6326) => Some(Id::epsg(4326)),
            Some(6269) => Some(Id::epsg(4269)),
            Some(6267) => Some(Id::epsg(4267)),
            _ => None,
        };
        let name = match &id {
            Some(id) => registry::key(id).and_then(registry::name),
            None => None,
        };
        Ok(Geographic {
            name: name.unwrap_or("unknown".into()),
            id,
            datum,
            unit: 1f64.to_radians(),
            axes: Axes::EAST_NORTH,
            height: None,
        })
    }

    fn datum_named(&self, known: &(&str, u32, &str, &str)) -> Result<Datum> {
        let (_, code, ellipsoid, text) = known;
        let mut datum = match Datum::from_id(&Id::epsg(*code)) {
            Some(datum) => datum,
            None => self.datum_on(ellipsoid)?,
        };
        datum.prime_meridian = PrimeMeridian::GREENWICH;
        datum.to_wgs84 = shift(text);
        Ok(datum)
    }

    fn datum_on(&self, name: &str) -> Result<Datum> {
        let found = ELLIPSOIDS.iter().find(|known| known.0 == name);
        let &(name, code, a, rf) = found.ok_or_else(|| refuse("an ellipsoid PROJ has", name))?;
        let id = Some(code).filter(|&code| code != 0).map(Id::epsg);
        let ellipsoid = known::ellipsoid(name.to_owned(), id, a, rf);
        let name = format!("Unknown based on {} ellipsoid", ellipsoid.name);
        Ok(unnamed(name, ellipsoid))
    }

    fn datum(&self) -> Result<Datum> {
        if let Some(name) = self.get("datum") {
            let known = DATUMS.iter().find(|known| known.0.eq_ignore_ascii_case(name));
            let known = known.ok_or_else(|| refuse("a datum PROJ has", name))?;
            return self.datum_named(known);
        }
        let a = match self.number("R")? {
            Some(radius) => Some((radius, 0.0)),
            None => match self.number("a")? {
                None => None,
                Some(a) => {
                    let rf = if let Some(b) = self.number("b")? {
                        inverse_flattening(a, b)
                    } else if let Some(rf) = self.number("rf")? {
                        rf
                    } else if let Some(f) = self.number("f")? {
                        if f == 0.0 { 0.0 } else { 1.0 / f }
                    } else if let Some(es) = self.number("es")? {
                        inverse_flattening(a, a * (1.0 - es).sqrt())
                    } else if let Some(name) = self.get("ellps") {
                        let found = ELLIPSOIDS.iter().find(|known| known.0 == name);
                        found.ok_or_else(|| refuse("an ellipsoid PROJ has", name))?.3
                    } else {
                        0.0
                    };
                    Some((a, rf))
                }
            },
        };
        match (a, self.get("ellps")) {
            (Some((a, rf)), _) => {
                let ellipsoid = wkt_read::ellipsoid("unknown".into(), None, a, rf)
                    .map_err(|expected| refuse(expected, format!("{a}, {rf}")))?;
                Ok(unnamed("unknown".into(), ellipsoid))
            }
            (None, Some(name)) => self.datum_on(name),
            (None, None) => {
                if self.get("towgs84").is_some() || self.get("nadgrids").is_some() {
                    return self.datum_on("WGS84");
                }
                self.datum_named(&DATUMS[0])
            }
        }
    }

    fn conversion(&self) -> Result<(Conversion, Axes)> {
        let name = self.get("proj").unwrap_or_default();
        let axes = self.axes()?;
        let (method, mut parameters) = match name {
            "utm" | "ups" => self.zoned(name)?,
            "somerc" => {
                let mut parameters = self.parameters(Method::HotineB.row())?;
                parameters.retain(|(p, _)| !matches!(p, Parameter::CentreLongitude));
                parameters.extend([
                    (Parameter::CentreLongitude, self.angle("lon_0")?.unwrap_or(0.0)),
                    (Parameter::CentreAzimuth, 90.0),
                    (Parameter::SkewAngle, 90.0),
                ]);
                (Method::HotineB, parameters)
            }
            "ob_tran"
                if matches!(
                    self.get("o_proj"),
                    Some("longlat" | "latlong" | "lonlat" | "latlon")
                ) =>
            {
                (Method::RotatedPole, self.parameters(Method::RotatedPole.row())?)
            }
            _ => {
                let method = self.find(name, axes)?;
                (method, self.parameters(method.row())?)
            }
        };
        self.complete(method, &mut parameters)?;
        let axes = axes.unwrap_or(wkt_method::usual_axes(method));
        Ok((Conversion { name: "unknown".into(), method, parameters }, axes))
    }

    /// The method of a name, by the flags and parameters that tell such apart.
    fn find(&self, name: &str, axes: Option<Axes>) -> Result<Method> {
        let name = if name == "etmerc" { "tmerc" } else { name };
        let is_turned =
            axes.is_some_and(|axes| matches!(axes.first, Direction::West | Direction::South));
        let polar = self.angle("lat_0")?.is_some_and(|lat| (lat.abs() - 90.0).abs() < 1e-8);
        let one = self.get("lat_2").is_none();
        let method = match name {
            "webmerc" => Method::PseudoMercator,
            "merc"
                if self.get("nadgrids") == Some("@null")
                    && self.number("a")? == Some(6_378_137.0)
                    && self.number("b")? == Some(6_378_137.0) =>
            {
                Method::PseudoMercator
            }
            "merc" if self.has("R_C") => Method::MercatorSpherical,
            "merc" if self.get("lat_ts").is_some() => Method::MercatorB,
            "tmerc" if is_turned && axes.is_some_and(|a| a.second == Direction::South) => {
                Method::TransverseMercatorSouth
            }
            "krovak" if is_turned => Method::Krovak,
            "mod_krovak" if is_turned => Method::KrovakModified,
            "krovak" => Method::KrovakNorth,
            "mod_krovak" => Method::KrovakModifiedNorth,
            "stere" if polar && self.get("lat_ts").is_some() => Method::PolarStereographicB,
            "stere" if polar => Method::PolarStereographicA,
            "stere" => Method::Stereographic,
            "lcc" if one => {
                let (first, origin) = (self.angle("lat_1")?, self.angle("lat_0")?);
                if origin.is_none_or(|origin| Some(origin) == first) {
                    Method::LambertConic1
                } else {
                    Method::LambertConic1B
                }
            }
            "lcc" if self.scale()? != 1.0 => Method::LambertConic2Michigan,
            "lcc" => Method::LambertConic2,
            "omerc" if self.get("lat_1").is_some() && self.get("lat_2").is_some() => {
                Method::HotineTwoPoint
            }
            "omerc" if self.has("no_uoff") || self.has("no_off") => Method::HotineA,
            "omerc" => Method::HotineB,
            "geos" if self.get("sweep") == Some("x") => Method::GeostationaryX,
            "geos" => Method::GeostationaryY,
            "cass" if self.has("hyperbolic") => Method::CassiniHyperbolic,
            "aeqd" if self.has("guam") => Method::Guam,
            "laea" if self.has("R_A") => Method::LambertAzimuthalSpherical,
            "cea" if self.has("R_A") => Method::CylindricalEqualAreaSpherical,
            "ortho" if self.get("alpha").is_some() => Method::OrthographicLocal,
            _ => {
                let is = |row: &&Row| row.proj.split(' ').next() == Some(name);
                let row = METHODS.iter().find(is).filter(|_| !name.is_empty());
                row.ok_or_else(|| refuse("a projection that swath knows", format!("+proj={name}")))?
                    .method
            }
        };
        Ok(method)
    }

    fn scale(&self) -> Result<f64> {
        Ok(self.number("k_0")?.or(self.number("k")?).unwrap_or(1.0))
    }

    fn parameters(&self, row: &Row) -> Result<Vec<(Parameter, f64)>> {
        let mut parameters = Vec::new();
        for slot in row.slots.iter().filter(|slot| !slot.proj.is_empty()) {
            let value = match (slot.parameter.kind(), slot.proj) {
                (ParameterKind::Scale, "k" | "k_0") => Some(self.scale()?),
                (ParameterKind::Angle, key) => self.angle(key)?,
                (_, key) => self.number(key)?,
            };
            parameters.push((slot.parameter, value.unwrap_or(slot.parameter.default())));
        }
        Ok(parameters)
    }

    /// Adds what PROJ takes for granted.
    fn complete(&self, method: Method, parameters: &mut Vec<(Parameter, f64)>) -> Result<()> {
        let mut set = |parameter: Parameter, value: f64| match parameters
            .iter_mut()
            .find(|(known, _)| *known == parameter)
        {
            Some(known) => known.1 = value,
            None => parameters.push((parameter, value)),
        };
        match method {
            Method::HotineA | Method::HotineB
                if self.get("proj") == Some("omerc") && self.get("gamma").is_none() =>
            {
                set(Parameter::SkewAngle, self.angle("alpha")?.unwrap_or(0.0));
            }
            Method::LambertConic1 => {
                set(Parameter::NaturalLatitude, self.angle("lat_1")?.unwrap_or(0.0));
            }
            Method::MercatorA => set(Parameter::NaturalLatitude, 0.0),
            Method::Krovak
            | Method::KrovakNorth
            | Method::KrovakModified
            | Method::KrovakModifiedNorth => {
                set(Parameter::CentreLatitude, self.angle("lat_0")?.unwrap_or(49.5));
                let longitude = self.angle("lon_0")?.unwrap_or(24.0 + 50.0 / 60.0);
                set(Parameter::OriginLongitude, longitude);
                let colatitude = self.angle("alpha")?.unwrap_or(30.288_139_752_777_8);
                set(Parameter::ConeColatitude, colatitude);
                set(Parameter::PseudoParallel, 78.5);
                let scale = self.number("k")?.or(self.number("k_0")?).unwrap_or(0.9999);
                set(Parameter::PseudoScale, scale);
            }
            _ => {}
        }
        Ok(())
    }

    /// The parameters of a zone of UTM, or of UPS.
    fn zoned(&self, name: &str) -> Result<(Method, Vec<(Parameter, f64)>)> {
        use Parameter as P;
        let south = self.has("south");
        if name == "ups" {
            let pole = if south { -90.0 } else { 90.0 };
            return Ok((
                Method::PolarStereographicA,
                vec![
                    (P::NaturalLatitude, pole),
                    (P::NaturalLongitude, 0.0),
                    (P::NaturalScale, 0.994),
                    (P::FalseEasting, 2e6),
                    (P::FalseNorthing, 2e6),
                ],
            ));
        }
        let zone: Option<u32> = match self.get("zone") {
            Some(text) => text.parse().ok(),
            None => {
                let longitude = self.angle("lon_0")?.unwrap_or(0.0);
                Some(((longitude + 180.0) / 6.0).floor() as u32 + 1)
            }
        };
        let zone = zone.filter(|zone| (1..=60).contains(zone));
        let zone = zone.ok_or_else(|| refuse("a zone from 1 to 60", "another"))?;
        Ok((
            Method::TransverseMercator,
            vec![
                (P::NaturalLatitude, 0.0),
                (P::NaturalLongitude, f64::from(zone) * 6.0 - 183.0),
                (P::NaturalScale, 0.9996),
                (P::FalseEasting, 500_000.0),
                (P::FalseNorthing, if south { 1e7 } else { 0.0 }),
            ],
        ))
    }

    fn axes(&self) -> Result<Option<Axes>> {
        let Some(text) = self.get("axis") else { return Ok(None) };
        let direction = |letter| match letter {
            'e' => Some(Direction::East),
            'w' => Some(Direction::West),
            'n' => Some(Direction::North),
            's' => Some(Direction::South),
            _ => None,
        };
        let mut letters = text.chars().map(direction);
        let axes = letters.next().flatten().zip(letters.next().flatten());
        let axes = axes.map(|(first, second)| Axes { first, second });
        axes.map(Some).ok_or_else(|| refuse("axes such as +axis=enu", text))
    }
}

fn unnamed(name: String, ellipsoid: crate::crs::Ellipsoid) -> Datum {
    Datum {
        name: name.into(),
        id: None,
        ensemble: false,
        ellipsoid,
        prime_meridian: PrimeMeridian::GREENWICH,
        to_wgs84: None,
        grids: None,
    }
}

fn inverse_flattening(a: f64, b: f64) -> f64 {
    // What rounding leaves of a sphere is a sphere.
    if (a - b).abs() < 1e-9 * a { 0.0 } else { a / (a - b) }
}

/// Three or seven numbers with commas between.
fn shift(text: &str) -> Option<[f64; 7]> {
    let numbers: Vec<f64> =
        text.split(',').map(|x| x.trim().parse().ok()).collect::<Option<_>>()?;
    let is_right = matches!(numbers.len(), 3 | 7) && numbers.iter().all(|x| x.is_finite());
    is_right.then(|| std::array::from_fn(|place| numbers.get(place).copied().unwrap_or(0.0)))
}

/// Degrees as PROJ writes them: `12.5`, `12d30'15.5"N`, or with an `r` radians.
fn degrees(text: &str) -> Option<f64> {
    if let Some(radians) = text.strip_suffix('r') {
        return radians.parse().ok().map(f64::to_degrees).filter(|x| x.is_finite());
    }
    let (text, side) = match text.chars().last()? {
        'N' | 'n' | 'E' | 'e' => (&text[..text.len() - 1], 1.0),
        'S' | 's' | 'W' | 'w' => (&text[..text.len() - 1], -1.0),
        _ => (text, 1.0),
    };
    let (text, sign) = match text.strip_prefix('-') {
        Some(text) => (text, -1.0),
        None => (text.strip_prefix('+').unwrap_or(text), 1.0),
    };
    let number = |text: &str| text.parse::<f64>().ok().filter(|x| *x >= 0.0 && x.is_finite());
    let part = |text: &str| if text.is_empty() { Some(0.0) } else { number(text) };
    let value = match text.split_once(['d', 'D', '°']) {
        None => number(text)?,
        Some((whole, rest)) => {
            let (minutes, seconds) = rest.split_once('\'').unwrap_or((rest, ""));
            number(whole)? + part(minutes)? / 60.0 + part(seconds.trim_end_matches('"'))? / 3600.0
        }
    };
    Some(sign * side * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_in_all_notations() {
        assert_eq!(degrees("-12.5"), Some(-12.5));
        assert_eq!(degrees("12d30'36\"W"), Some(-12.51));
        assert_eq!(degrees("12d30N"), Some(12.5));
        assert_eq!(degrees("0.5r"), Some(0.5f64.to_degrees()));
        for text in ["", "x", "1d2x", "nan", "é"] {
            assert_eq!(degrees(text), None, "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "+proj=nothing",
            "+proj=utm +zone=61",
            "+proj=longlat +a=0",
            "+proj=longlat +a=nan",
            "+proj=longlat +ellps=x",
            "+proj=merc +units=x",
            "+proj=merc +to_meter=0",
            "proj",
            "+proj=lcc +lat_1=x",
            "+proj=longlat +towgs84=1,2",
            "+proj=",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
