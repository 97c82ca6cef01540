//! Every text that PROJ writes of a reference system is read as that system.
//!
//! `fixtures/crs_texts.jsonl.gz` has every third code of PROJ's database in six
//! forms, with points by PROJ 9.5.1; `scripts/crs_texts.py` is its recipe.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use serde_json::Value;
use swath::crs::{Crs, Definition, Method, Transformer, Unit};

/// The forms, and how many of a thousand must be read right.
const FORMS: [(&str, usize); 6] =
    [("gdal", 995), ("esri", 995), ("wkt2_2015", 995), ("wkt2", 995), ("json", 995), ("proj", 995)];

fn rows() -> impl Iterator<Item = Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/crs_texts.jsonl.gz");
    let file = std::fs::File::open(path).expect("a fixture of the repository");
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines();
    lines.map(|line| serde_json::from_str(&line.expect("gzip")).expect("JSON"))
}

/// The largest distance in metres of PROJ's points from where a system puts them.
fn distance(crs: &Crs, points: &Value, known: &Crs) -> Result<f64, String> {
    let unit = known.definition().ok().and_then(Definition::geographic).map_or(1.0, |g| g.unit);
    let Ok(Definition::Projected(system)) = crs.definition().map(Definition::horizontal) else {
        return Err("not projected".into());
    };
    let mut base = system.base.clone();
    (base.unit, base.id) = (1f64.to_radians(), None);
    let base = Crs::from_definition(Definition::Geographic(base));
    // PROJ 9.5.1 computes it on a sphere, PROJ from 9.8 on as EPSG and swath.
    if system.conversion.method == Method::EquidistantCylindrical {
        return Ok(0.0);
    }
    let to = Transformer::new(&base, crs).map_err(|error| error.to_string())?;
    let mut most: f64 = 0.0;
    for point in points.as_array().expect("points") {
        let at = |i: usize| point[i].as_f64().expect("number");
        let (mut x, mut y) = ([(at(0) * unit).to_degrees()], [(at(1) * unit).to_degrees()]);
        to.transform(&mut x, &mut y);
        let off = (x[0] - at(2)).hypot(y[0] - at(3)) * system.unit;
        most = if off.is_nan() { f64::INFINITY } else { most.max(off) };
    }
    Ok(most)
}

fn unit(crs: &Crs) -> f64 {
    match crs.unit() {
        Some(Unit::Length { metres }) => metres,
        _ => 0.0,
    }
}

/// What is wrong with a text, if anything.
fn fault(form: &str, text: &str, row: &Value, known: &Crs) -> Option<String> {
    let read = match Crs::parse(text) {
        Ok(read) => read,
        Err(error) => return Some(error.to_string()),
    };
    if let Some(points) = row.get("points") {
        match distance(&read, points, known) {
            // A millimetre, and what the points' six decimals leave open.
            Ok(metres) if metres < 1e-3 + 1e-6 * unit(&read) => {}
            Ok(metres) => return Some(format!("{metres} m off")),
            Err(why) => return Some(why),
        }
    }
    // A PROJ string leaves out the datum, Esri's the direction of axes.
    if form == "proj" || form == "esri" {
        return None;
    }
    (read != *known).then(|| "another system".to_owned())
}

#[test]
fn texts_mean_what_proj_means_by_them() {
    let mut count: BTreeMap<&str, (usize, Vec<String>)> = BTreeMap::new();
    for row in rows() {
        let id = row["id"].as_str().expect("a code");
        let known = Crs::parse(id).expect("a code");
        for (form, _) in FORMS {
            let text = match row.get(form) {
                Some(Value::String(text)) => text.clone(),
                Some(json) => json.to_string(),
                None => continue,
            };
            // Heights alone have no PROJ string that could be read.
            if form == "proj" && !text.contains("+proj=") {
                continue;
            }
            let (all, wrong) = count.entry(form).or_default();
            *all += 1;
            wrong.extend(fault(form, &text, &row, &known).map(|why| format!("{id} {form}: {why}")));
        }
    }
    let mut failed = false;
    for (form, least) in FORMS {
        let (all, wrong) = &count[form];
        println!("{form}: {} of {all} wrong", wrong.len());
        for line in wrong.iter().take(40) {
            println!("  {line}");
        }
        assert!(*all > 1500, "only {all} texts of form {form}");
        failed |= (all - wrong.len()) * 1000 < all * least;
    }
    assert!(!failed, "too many texts are read wrong");
}

#[test]
fn texts_survive_being_written() {
    let mut wrong = Vec::new();
    for row in rows() {
        let id = row["id"].as_str().expect("a code");
        let known = Crs::parse(id).expect("a code");
        let written = [known.to_wkt2(), known.to_wkt(), known.to_projjson()];
        for text in written.into_iter().flatten() {
            match Crs::parse(&text) {
                Ok(read) if read == known => {}
                Ok(_) => wrong.push(format!("{id}: another system\n  {text}")),
                Err(error) => wrong.push(format!("{id}: {error}")),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(10)].join("\n")
    );
}

/// Esri's own names of EPSG's projected systems, by which its software knows them, as PROJ has them.
#[test]
fn esri_text_has_esris_names() {
    let name = |text: &str| text.split('"').nth(1).map(str::to_owned);
    let (mut all, mut wrong) = (0, Vec::new());
    for row in rows() {
        let id = row["id"].as_str().expect("a code");
        let Some(wanted) = row["esri"].as_str().filter(|text| text.starts_with("PROJCS[")) else {
            continue;
        };
        let Some(text) = Crs::parse(id).expect("a code").to_esri_wkt() else { continue };
        all += 1;
        if name(&text) != name(wanted) {
            wrong.push(format!("{id}: {:?} instead of {:?}", name(&text), name(wanted)));
        }
    }
    assert!(
        all > 1700 && wrong.is_empty(),
        "{} of {all} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
