//! The projection of a PROJ string: its method and parameters.

use super::proj_keys::{Keys, refuse};
use super::wkt_method;
use crate::crs::method::{METHODS, Row};
use crate::crs::{Axes, Conversion, Direction, Method, Parameter, ParameterKind};
use crate::error::Result;

/// Reads the projection alone out of a PROJ string.
pub(super) fn method(text: &str) -> Option<Conversion> {
    let conversion = Keys::new(text).and_then(|keys| keys.conversion());
    conversion.ok().map(|(conversion, _)| conversion)
}

impl Keys<'_> {
    /// The projection, and which way its axes point.
    pub(super) fn conversion(&self) -> Result<(Conversion, Axes)> {
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
}
