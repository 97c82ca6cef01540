//! Rational polynomial coefficients in `.RPB` files, as DigitalGlobe delivers them.

use std::collections::BTreeMap;

use crate::raster::Rpc;

/// The names of [`Rpc::SINGLE`] there.
const SINGLE: [&str; 12] = [
    "errBias",
    "errRand",
    "lineOffset",
    "sampOffset",
    "latOffset",
    "longOffset",
    "heightOffset",
    "lineScale",
    "sampScale",
    "latScale",
    "longScale",
    "heightScale",
];
/// The names of [`Rpc::POLYNOMIALS`] there.
const POLYNOMIALS: [&str; 4] = ["lineNumCoef", "lineDenCoef", "sampNumCoef", "sampDenCoef"];

/// Reads `key = value;` and `key = (value, ...);`. `None` if a number is missing.
pub(super) fn parse(text: &str) -> Option<Rpc> {
    let mut said: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for part in text.split(';') {
        // What begins and ends groups has no semicolon behind it everywhere.
        let Some((before, values)) = part.rsplit_once('=') else { continue };
        let Some(key) = before.split_whitespace().last() else { continue };
        let values = values.trim().trim_start_matches('(').trim_end_matches(')').split(',');
        let values: Option<Vec<f64>> = values.map(|value| value.trim().parse().ok()).collect();
        said.extend(values.map(|values| (key, values)));
    }
    let mut all = Vec::new();
    for (at, key) in SINGLE.iter().enumerate() {
        match said.get(key).map(Vec::as_slice) {
            Some(&[value]) => all.push(value),
            // Errors need not be known.
            None if at < 2 => all.push(-1.0),
            _ => return None,
        }
    }
    for key in POLYNOMIALS {
        all.extend(said.get(key).filter(|values| values.len() == 20)?);
    }
    Some(Rpc { values: <[f64; 92]>::try_from(all).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_lists_are_read_or_nothing_is() {
        let list = |from: u32| (from..from + 20).map(|n| n.to_string()).collect::<Vec<_>>();
        let mut text = "BEGIN_GROUP = IMAGE\n".to_owned();
        for (at, key) in SINGLE.iter().enumerate().skip(1) {
            text += &format!("\t{key} = {at}.5;\n");
        }
        for (at, key) in (0..).zip(POLYNOMIALS) {
            text += &format!("{key} = (\n{});\n", list(at * 20).join(",\n"));
        }
        let rpc = parse(&format!("{text}END_GROUP = IMAGE\nEND;")).expect("parses");
        assert_eq!(rpc.values[..3], [-1.0, 1.5, 2.5]);
        assert_eq!((rpc.values[12], rpc.values[91]), (0.0, 79.0));
        assert_eq!(parse(&text.replace("latScale", "x")), None);
        assert_eq!(parse(&text.replace("(\n0,", "(")), None);
    }
}
