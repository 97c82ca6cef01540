//! The words of a PROJ string: keys and their values.

use super::tree::MAX_LENGTH;
use crate::crs::{Axes, Direction};
use crate::error::{Error, Result};

pub(super) fn refuse(expected: impl std::fmt::Display, found: impl std::fmt::Display) -> Error {
    Error::usage("PROJ string").expected(expected).found(found)
}

/// The words of a string, each with its value.
pub(super) struct Keys<'a>(Vec<(&'a str, Option<&'a str>)>);

impl<'a> Keys<'a> {
    /// Divides a string into words.
    pub(super) fn new(text: &'a str) -> Result<Self> {
        if text.len() > MAX_LENGTH {
            return Err(refuse("fewer characters", text.len()));
        }
        let words = text.split_whitespace().map(|word| word.trim_start_matches('+'));
        let pairs = words.map(|word| match word.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (word, None),
        });
        Ok(Self(pairs.collect()))
    }

    /// As in PROJ, the first of several wins.
    pub(super) fn get(&self, wanted: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, _)| *key == wanted).and_then(|(_, value)| *value)
    }

    pub(super) fn has(&self, wanted: &str) -> bool {
        self.0.iter().any(|(key, value)| *key == wanted && *value != Some("f"))
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<f64>> {
        let Some(text) = self.get(key) else { return Ok(None) };
        let value = match text.split_once('/') {
            Some((a, b)) => a.parse::<f64>().ok().zip(b.parse::<f64>().ok()).map(|(a, b)| a / b),
            None => text.parse().ok(),
        };
        let finite = value.filter(|x: &f64| x.is_finite());
        finite.map(Some).ok_or_else(|| refuse(format!("a number for +{key}"), text))
    }

    pub(super) fn angle(&self, key: &str) -> Result<Option<f64>> {
        let Some(text) = self.get(key) else { return Ok(None) };
        degrees(text).map(Some).ok_or_else(|| refuse(format!("an angle for +{key}"), text))
    }

    pub(super) fn axes(&self) -> Result<Option<Axes>> {
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
}
