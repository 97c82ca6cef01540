//! Ramps as gdaldem's color-relief has them in a file, derived from GRASS's r.colors.

use super::{Color, Ramp, Stop};
use crate::ops::part::span_of;
use crate::raster::NoData;
use crate::{Error, Result};

/// GDAL's colours by name.
const NAMES: [(&str, [u8; 3]); 16] = [
    ("white", [255, 255, 255]),
    ("black", [0, 0, 0]),
    ("red", [255, 0, 0]),
    ("green", [0, 255, 0]),
    ("blue", [0, 0, 255]),
    ("yellow", [255, 255, 0]),
    ("magenta", [255, 0, 255]),
    ("cyan", [0, 255, 255]),
    ("aqua", [0, 191, 191]),
    ("grey", [191, 191, 191]),
    ("gray", [191, 191, 191]),
    ("orange", [255, 127, 0]),
    ("brown", [191, 127, 63]),
    ("purple", [127, 0, 255]),
    ("violet", [127, 0, 255]),
    ("indigo", [0, 127, 255]),
];

/// The most entries.
const MOST: usize = 65536;

/// A line of a file.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    own: &'a str,
}

impl Ramp {
    /// Reads the text of a ramp: a line each of a value and a colour, as `gdaldem
    /// color-relief` takes it.
    ///
    /// Between what it is made of are spaces, tabs, commas or colons. The value is a number,
    /// a percentage between the least and the largest value (`50%`), `nv` or `nan` for what
    /// is missing, or `default` for values without a colour (with [`Shade::Exact`]). The
    /// colour is red, green and blue from 0 to 255, or one of GDAL's names, and opacity from
    /// 0 to 255 if it is not 255. Lines that begin with `#` or `/` are passed over. Palettes
    /// of GMT (.cpt) in red, green and blue are read too.
    ///
    /// # Errors
    /// [`Error::Usage`] with line and caret for what is none of this, where GDAL takes it
    /// for 0; if there is no entry, or too many.
    ///
    /// [`Shade::Exact`]: crate::kernel::Shade::Exact
    pub fn parse(text: &str) -> Result<Self> {
        let mut ramp = Self::default();
        let mut is_gmt = false;
        for own in text.lines() {
            let line = Line { text, own };
            if own.starts_with('#') && own.contains("COLOR_MODEL") {
                if !own.contains("COLOR_MODEL = RGB") {
                    return Err(line.error(own, "colours of a model other than RGB"));
                }
                is_gmt = true;
            }
            let cells: Vec<&str> =
                own.split([' ', ',', '\t', ':']).map(str::trim).filter(|c| !c.is_empty()).collect();
            match cells[..] {
                [first, ..] if first.starts_with(['#', '/']) => {}
                [] => {}
                [low, r, g, b, high, r2, g2, b2] if is_gmt => {
                    for (value, rgb) in [(low, [r, g, b]), (high, [r2, g2, b2])] {
                        let value = Stop::Value(line.number(value)?);
                        ramp.stops.push((value, line.color(&rgb)?));
                    }
                }
                [letter, r, g, b] if is_gmt => match letter {
                    "N" | "n" => ramp.missing = Some(line.color(&[r, g, b])?),
                    // Below and above the ramp the colours at its ends go on.
                    _ => {}
                },
                _ if is_gmt => {
                    return Err(line.error(own, "expected 8 numbers, or B, F or N and 3"));
                }
                [value, ref color @ ..] => line.entry(value, color, &mut ramp)?,
            }
            if ramp.stops.len() > MOST {
                return Err(Error::limit("entries of the ramp").expected(format!("at most {MOST}")));
            }
        }
        if ramp.stops.is_empty() {
            return Err(Error::usage("ramp").expected("at least one value with its colour"));
        }
        Ok(ramp)
    }
}

impl Line<'_> {
    fn error(&self, part: &str, message: impl std::fmt::Display) -> Error {
        Error::in_text("ramp", self.text, span_of(part, self.text), message)
    }

    fn entry(&self, value: &str, color: &[&str], ramp: &mut Ramp) -> Result<()> {
        let color = self.color(color)?;
        match value.to_ascii_lowercase().as_str() {
            "nv" | "nan" => ramp.missing = Some(color),
            "default" => ramp.default = Some(color),
            _ => match value.strip_suffix('%') {
                Some(percent) => {
                    let number = self.number(percent)?;
                    if !(0.0..=100.0).contains(&number) {
                        return Err(self.error(value, "a percentage is from 0% to 100%"));
                    }
                    ramp.stops.push((Stop::Percent(number), color));
                }
                None => ramp.stops.push((Stop::Value(self.number(value)?), color)),
            },
        }
        Ok(())
    }

    fn number(&self, text: &str) -> Result<f64> {
        match NoData::parse(text).map(NoData::to_f64) {
            Some(number) if !number.is_nan() => Ok(number),
            _ => Err(self.error(text, format!("expected a number, found {text:?}"))),
        }
    }

    fn color(&self, cells: &[&str]) -> Result<Color> {
        let ([r, g, b], opacity) = match *cells {
            [name] | [name, _] => {
                let found = NAMES.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
                let Some((_, color)) = found else {
                    let names = NAMES.map(|(name, _)| name).join(", ");
                    return Err(self
                        .error(name, format!("no colour {name:?}"))
                        .hint(format!("red, green and blue from 0 to 255, or one of {names}")));
                };
                (color, cells.get(1))
            }
            [r, g, b, ref opacity @ ..] if opacity.len() <= 1 => {
                ([self.part(r)?, self.part(g)?, self.part(b)?], opacity.first())
            }
            _ => return Err(self.error(self.own, "expected VALUE RED GREEN BLUE [OPACITY]")),
        };
        let opacity = opacity.map_or(Ok(255), |opacity| self.part(opacity))?;
        Ok([r, g, b, opacity])
    }

    fn part(&self, text: &str) -> Result<u8> {
        text.parse().map_err(|_| self.error(text, format!("expected 0 to 255, found {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_gdal_reads_them() {
        let text = "# heights\n-9.5 0 0 255\n 0:white\n50% 255,127,0,128\n\nnv 1 2 3 0\n/ no\n1e3\tRed 7\r\ndefault black\n";
        let ramp = Ramp::parse(text).expect("a ramp");
        let wanted = [
            (Stop::Value(-9.5), [0, 0, 255, 255]),
            (Stop::Value(0.0), [255; 4]),
            (Stop::Percent(50.0), [255, 127, 0, 128]),
            (Stop::Value(1000.0), [255, 0, 0, 7]),
        ];
        assert_eq!(ramp.stops, wanted);
        assert_eq!((ramp.missing, ramp.default), (Some([1, 2, 3, 0]), Some([0, 0, 0, 255])));
        let gmt = "# COLOR_MODEL = RGB\n0 0 0 0 10 255 0 0\nB 0 0 0\nN 128 128 128\n";
        let gmt = Ramp::parse(gmt).expect("a palette");
        let wanted = [(Stop::Value(0.0), [0, 0, 0, 255]), (Stop::Value(10.0), [255, 0, 0, 255])];
        assert_eq!((&gmt.stops[..], gmt.missing), (&wanted[..], Some([128, 128, 128, 255])));
    }

    #[test]
    fn what_is_wrong_is_marked() {
        for (text, message) in [
            ("0 1 2 3\nx 1 2 3\n", "ramp, line 2, column 1: expected a number, found \"x\""),
            ("0 1 2 256\n", "ramp, line 1, column 7: expected 0 to 255, found \"256\""),
            ("0 mauve\n", "ramp, line 1, column 3: no colour \"mauve\""),
            ("101% 1 2 3\n", "a percentage is from 0% to 100%"),
            ("5\n", "expected VALUE RED GREEN BLUE [OPACITY]"),
            ("5 1 2 3 4 5\n", "expected VALUE RED GREEN BLUE [OPACITY]"),
            ("nv 1 2 3\n", "expected at least one value with its colour"),
            ("# COLOR_MODEL = HSV\n", "a model other than RGB"),
        ] {
            let error = Ramp::parse(text).expect_err(text).to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
