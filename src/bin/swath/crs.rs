//! `swath crs`: the operations between two reference systems, and which is
//! taken; or the definition of one.

use std::fmt::Write;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use swath::crs::{Area, Crs, DatumOperation, TransformOptions, Transformer};
use swath::{Error, Result};

use crate::args::{parse_crs, parse_numbers};
use crate::datum::{OperationArgs, accuracy, cautions, lost, operation_json, state};
use crate::report::{remark, say};

#[derive(Debug, Args)]
pub(crate) struct CrsArgs {
    /// The system that coordinates come from: a code such as EPSG:27700, a PROJ
    /// string, well-known text or PROJJSON.
    #[arg(value_parser = parse_crs)]
    from: Crs,
    /// The system that they are brought to; without one, the first is defined.
    #[arg(value_parser = parse_crs)]
    to: Option<Crs>,
    /// What the definition is written in [default: wkt2].
    #[arg(long = "as", value_enum, value_name = "FORM", conflicts_with = "to")]
    form: Option<Form>,
    /// The place that decides, in coordinates of the first system: it is shown
    /// what becomes of it.
    #[arg(long, value_name = "X,Y", value_parser = parse_place, allow_hyphen_values = true,
        requires = "to")]
    at: Option<(f64, f64)>,
    #[command(flatten)]
    how: OperationArgs,
    /// Print JSON.
    #[arg(long, requires = "to")]
    json: bool,
}

/// What a definition is written in.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// Well-known text of ISO 19162:2019.
    Wkt2,
    /// Well-known text of 2001, as GDAL writes it.
    Wkt1,
    /// Well-known text as Esri writes it in .prj files.
    Esri,
    /// PROJJSON.
    Projjson,
    /// A PROJ string, which leaves out names and most datums.
    Proj,
}

impl Form {
    /// The definition of a system, or `None` if the form has no words for it.
    fn of(self, crs: &Crs) -> Option<String> {
        match self {
            Self::Wkt2 => crs.to_wkt2(),
            Self::Wkt1 => crs.to_wkt(),
            Self::Esri => crs.to_esri_wkt(),
            Self::Projjson => crs.to_projjson(),
            Self::Proj => crs.to_proj(),
        }
    }
}

pub(crate) fn run(args: &CrsArgs) -> Result<()> {
    match &args.to {
        Some(to) => list(args, to),
        None => define(args),
    }
}

fn define(args: &CrsArgs) -> Result<()> {
    if args.how.is_by_number() {
        return Err(Error::usage("--operation").expected("two reference systems").found("one"));
    }
    let form = args.form.unwrap_or(Form::Wkt2);
    let text = form.of(&args.from).ok_or_else(|| {
        let name = form.to_possible_value().map_or(String::new(), |v| v.get_name().to_owned());
        Error::unsupported(format!("writing {} as {name}", args.from))
    })?;
    if let Some(caution) = args.from.caution() {
        remark(&format!("note: {caution}"));
    }
    say(&format!("{text}\n"))
}

fn list(args: &CrsArgs, to: &Crs) -> Result<()> {
    let area = args.at.map(|place| place_on_globe(&args.from, place)).transpose()?;
    let options = args.how.options(area)?;
    // The numbers are those that --operation takes, wherever the place is.
    let everywhere = TransformOptions { area: None, ..options.clone() };
    let list = Transformer::operations(&args.from, to, &everywhere)?;
    let options = if args.how.is_by_number() { everywhere } else { options };
    let transformer = Transformer::with_options(&args.from, to, &options)?;
    let moved = args.at.map(|(x, y)| {
        let (mut x, mut y) = ([x], [y]);
        transformer.transform(&mut x, &mut y);
        (x[0], y[0])
    });
    say(&if args.json {
        format!("{:#}\n", as_json(args, to, &list, &transformer, moved))
    } else {
        as_text(args, to, &list, &transformer, moved)
    })
}

/// The place that a position means, on its own datum.
pub(crate) fn place_on_globe(from: &Crs, (x, y): (f64, f64)) -> Result<Area> {
    let refuse = || Error::unsupported(format!("finding where {from} lies on the globe"));
    let base = from.base().ok_or_else(refuse)?;
    let degrees = base.unit_of_angle().ok_or_else(refuse)?.to_degrees();
    let (mut x, mut y) = ([x], [y]);
    Transformer::new(from, &base)?.transform(&mut x, &mut y);
    Area::around([(x[0] * degrees, y[0] * degrees)])
        .ok_or_else(|| Error::usage("the place").expected(format!("one inside {from}")))
}

fn why(transformer: &Transformer, by_hand: bool) -> String {
    let operation = transformer.operation();
    if by_hand {
        "asked for".into()
    } else if operation.accuracy() == Some(0.0) && operation.area().is_none() {
        "nothing is to be done".into()
    } else if operation.is_ballpark() {
        "no published operation that can be used covers the place".into()
    } else {
        "the most accurate of those that can be used and cover the place".into()
    }
}

fn as_text(
    args: &CrsArgs,
    to: &Crs,
    list: &[DatumOperation],
    transformer: &Transformer,
    moved: Option<(f64, f64)>,
) -> String {
    let mut text =
        format!("from  {} {}\nto    {} {}\n", args.from, args.from.name(), to, to.name());
    let chosen = transformer.operation();
    for (number, operation) in list.iter().enumerate() {
        let mark = if operation.name() == chosen.name() { '*' } else { ' ' };
        let _ = writeln!(text, "{mark} {number:>2}  {}: {}", operation.name(), accuracy(operation));
        if let (Some(area), name) = (operation.area(), operation.area_name()) {
            let _ = writeln!(text, "      {} ({area})", name.unwrap_or("an unnamed area"));
        }
        for grid in operation.grids() {
            let _ = writeln!(text, "      grid {}: {}", grid.name, state(grid));
        }
    }
    let _ = writeln!(text, "taken: {}: {}", chosen, why(transformer, args.how.is_by_number()));
    if let Some(better) = transformer.better() {
        let _ = writeln!(text, "better: {}", lost(better, chosen));
    }
    for caution in cautions(transformer) {
        let _ = writeln!(text, "note: {caution}");
    }
    if let (Some((x, y)), Some((u, v))) = (args.at, moved) {
        let _ = writeln!(text, "at: {x}, {y} becomes {u}, {v}");
    }
    text
}

fn as_json(
    args: &CrsArgs,
    to: &Crs,
    list: &[DatumOperation],
    transformer: &Transformer,
    moved: Option<(f64, f64)>,
) -> Value {
    let chosen = transformer.operation();
    json!({
        "from": { "id": args.from.to_string(), "name": args.from.name() },
        "to": { "id": to.to_string(), "name": to.name() },
        "operations": list.iter().map(operation_json).collect::<Vec<_>>(),
        "chosen": list.iter().position(|operation| operation.name() == chosen.name()),
        "why": why(transformer, args.how.is_by_number()),
        "better": transformer.better().map(operation_json),
        "notes": cautions(transformer),
        "at": args.at.map(|(x, y)| [x, y]),
        "becomes": moved.map(|(x, y)| [x, y]),
    })
}

fn parse_place(text: &str) -> Result<(f64, f64), String> {
    let [x, y] = parse_numbers(text)?;
    Ok((x, y))
}
