//! `swath transform`: coordinates of points and vector files, from standard input to standard output.

use std::fmt::Write as _;
use std::io::{BufRead, Read, Write};

use clap::Args;
use serde_json::Value;
use swath::crs::{Area, Crs, Transformer};
use swath::{Error, Result};

use crate::args::{parse_crs, parse_numbers};
use crate::datum::{OperationArgs, operation};

/// Lines that one thread takes at a time.
const LINES: usize = 4096;

/// The mark of UTF-8 that some programs begin a text with; it is no part of the first point.
const MARK: char = '\u{feff}';

#[derive(Debug, Args)]
#[command(
    after_help = "Reads lines from standard input: `x,y` with any further columns (kept), a \
    JSON array [x, y, ...], an object with x and y, or GeoJSON; a first line of names is passed on. \
    Points that cannot be transformed become NaN, or null in JSON."
)]
pub(crate) struct TransformArgs {
    /// The system that coordinates come from.
    #[arg(long, value_name = "CRS", value_parser = parse_crs)]
    from: Crs,
    /// The system that they are brought to.
    #[arg(long, value_name = "CRS", value_parser = parse_crs)]
    to: Crs,
    /// The area in degrees that the operation is chosen for: WEST,SOUTH,EAST,NORTH
    /// [default: the smaller of those that the systems are meant for].
    #[arg(long, value_name = "W,S,E,N", value_parser = parse_area, allow_hyphen_values = true,
        conflicts_with = "operation")]
    area: Option<Area>,
    /// All of the input is one GeoJSON document.
    #[arg(long)]
    geojson: bool,
    /// Worker threads [default: as many as the machine has]; the output is the same for any.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    #[command(flatten)]
    how: OperationArgs,
    /// Say nothing but errors.
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(args: &TransformArgs) -> Result<()> {
    let options = args.how.options(args.area)?;
    let transformer = Transformer::with_options(&args.from, &args.to, &options)?;
    operation(&transformer, None, &args.how.datums).say(args.quiet);
    let mut input = std::io::stdin().lock();
    if args.geojson {
        let mut text = String::new();
        input.read_to_string(&mut text).map_err(|error| Error::io("read standard input", error))?;
        let mut document: Value = serde_json::from_str(text.trim_start_matches(MARK))
            .map_err(|error| Error::format("standard input").expected("GeoJSON").found(error))?;
        members(&mut document, &transformer);
        return crate::report::say(&format!("{document}\n"));
    }
    let threads = match args.threads {
        Some(threads) => usize::from(threads),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let mut out = std::io::stdout().lock();
    let mut first = 0;
    loop {
        let lines = read(&mut input, threads * LINES)?;
        if lines.is_empty() {
            return Ok(());
        }
        let parts = convert(&lines, first, &transformer);
        first += lines.len();
        for part in parts {
            match out.write_all(part?.as_bytes()) {
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
                done => done.map_err(|error| Error::io("write to standard output", error))?,
            }
        }
    }
}

/// Reads so many lines, or what there is.
fn read(input: &mut impl BufRead, most: usize) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    while lines.len() < most {
        let mut line = String::new();
        match input.read_line(&mut line) {
            Ok(0) => break,
            Ok(_) => lines.push(line),
            Err(error) => return Err(Error::io("read standard input", error)),
        }
    }
    Ok(lines)
}

/// Converts lines, each part on a thread of its own, in their order.
fn convert(lines: &[String], first: usize, transformer: &Transformer) -> Vec<Result<String>> {
    std::thread::scope(|scope| {
        let parts = lines.chunks(LINES).enumerate();
        let workers: Vec<_> = parts
            .map(|(at, part)| scope.spawn(move || block(part, first + at * LINES, transformer)))
            .collect();
        let defect = || Err(Error::defect("a worker of transform panicked"));
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| defect())).collect()
    })
}

fn block(lines: &[String], first: usize, transformer: &Transformer) -> Result<String> {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let line = line.trim_end_matches(['\n', '\r']);
        let number = first + at;
        let line = if number == 0 { line.trim_start_matches(MARK) } else { line };
        let refuse = |found: String| {
            Error::format(format!("standard input, line {}", number + 1))
                .expected("x,y or JSON")
                .found(found)
        };
        if line.trim().is_empty() || line.starts_with('#') {
            text.push_str(line);
        } else if line.trim_start().starts_with(['{', '[']) {
            let mut value: Value =
                serde_json::from_str(line).map_err(|error| refuse(error.to_string()))?;
            members(&mut value, transformer);
            let _ = write!(text, "{value}");
        } else {
            match columns(line, transformer) {
                Some(changed) => text.push_str(&changed),
                None if number == 0 => text.push_str(line),
                None => return Err(refuse(format!("{line:?}"))),
            }
        }
        text.push('\n');
    }
    Ok(text)
}

/// Changes the first two columns; the others stay as they are.
fn columns(line: &str, transformer: &Transformer) -> Option<String> {
    let separator = [',', ';', '\t', ' '].into_iter().find(|&s| line.trim().contains(s))?;
    let mut parts = line.trim().splitn(3, separator);
    let x: f64 = parts.next()?.trim().parse().ok()?;
    let y: f64 = parts.next()?.trim().parse().ok()?;
    let (x, y) = one(transformer, x, y);
    let rest = parts.next().map_or(String::new(), |rest| format!("{separator}{rest}"));
    Some(format!("{x}{separator}{y}{rest}"))
}

fn one(transformer: &Transformer, x: f64, y: f64) -> (f64, f64) {
    let (mut x, mut y) = ([x], [y]);
    transformer.transform(&mut x, &mut y);
    (x[0], y[0])
}

/// Changes the coordinates of a point, or all those of a GeoJSON object.
fn members(value: &mut Value, transformer: &Transformer) {
    match value {
        Value::Array(_) => positions(value, transformer),
        Value::Object(object) => {
            // The bounding box would have to be made anew from all points.
            object.remove("bbox");
            if let (Some(x), Some(y)) = (number(object.get("x")), number(object.get("y"))) {
                let (x, y) = one(transformer, x, y);
                object.insert("x".into(), x.into());
                object.insert("y".into(), y.into());
            }
            if let Some(coordinates) = object.get_mut("coordinates") {
                positions(coordinates, transformer);
            }
            for key in ["geometry", "geometries", "features"] {
                match object.get_mut(key) {
                    Some(Value::Array(list)) => {
                        list.iter_mut().for_each(|one| members(one, transformer));
                    }
                    Some(one) => members(one, transformer),
                    None => {}
                }
            }
        }
        _ => {}
    }
}

fn number(value: Option<&Value>) -> Option<f64> {
    value.and_then(Value::as_f64)
}

/// Changes every position of nested arrays; heights and measures stay.
fn positions(value: &mut Value, transformer: &Transformer) {
    let Value::Array(list) = value else { return };
    if let (Some(x), Some(y)) = (number(list.first()), number(list.get(1))) {
        let (x, y) = one(transformer, x, y);
        (list[0], list[1]) = (x.into(), y.into());
    } else {
        list.iter_mut().for_each(|inner| positions(inner, transformer));
    }
}

fn parse_area(text: &str) -> Result<Area, String> {
    let [west, south, east, north] = parse_numbers(text)?;
    Area::new(west, south, east, north).map_err(|e| e.to_string())
}
