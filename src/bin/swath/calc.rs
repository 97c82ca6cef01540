//! `swath calc`: makes a raster of others by an expression.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use swath::kernel::Resampling;
use swath::ops::calc::{CalcOptions, Counts, Expression, GridChoice, Input, Overflow};
use swath::ops::warp::{WarpOptions, transformer};
use swath::raster::{DataType, NoData};
use swath::{Error, Raster, Result};

use crate::args::{ReadArgs, RunArgs, parse_resampling};
use crate::convert::parse_dtype;
use crate::datum::{DatumArgs, operation};
use crate::session::Session;
use crate::write_args::WriteArgs;

#[derive(Debug, Clone, Args)]
pub(crate) struct CalcArgs {
    /// What the output is made of, such as "(A.nir - A.red) / (A.nir + A.red)".
    pub(crate) expression: String,
    /// The file to write.
    #[arg(required_unless_present = "out", conflicts_with = "out")]
    pub(crate) output: Option<PathBuf>,
    /// The file to write.
    #[arg(short, long = "output", value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// An input and what the expression calls it; @N means its band N alone.
    #[arg(long = "in", value_name = "NAME=FILE[@N]", required = true, value_parser = parse_input)]
    pub(crate) inputs: Vec<NamedFile>,
    /// The type of the output's samples, such as uint8 [default: float32, or float64
    /// if an input has more than 16 bits and is no float32].
    #[arg(long = "type", visible_alias = "dtype", value_name = "TYPE", value_parser = parse_dtype)]
    pub(crate) dtype: Option<DataType>,
    /// What stands for "no value" in the output [default: nan for floats, the least
    /// value of signed and the largest of unsigned integers].
    #[arg(long, value_name = "VALUE", value_parser = parse_nodata, allow_hyphen_values = true)]
    pub(crate) nodata: Option<NoData>,
    /// What becomes of values that the type does not have.
    #[arg(long, value_enum, default_value_t = Beyond::Saturate)]
    pub(crate) overflow: Beyond,
    /// The grid of the output: first, finest, intersection, union, or a file's.
    #[arg(long, value_name = "WHICH", default_value = "first")]
    pub(crate) grid: String,
    /// How inputs are brought to that grid.
    #[arg(long, value_name = "METHOD", default_value = "near", value_parser = parse_resampling)]
    pub(crate) resample: Resampling,
    #[command(flatten)]
    pub(crate) datums: DatumArgs,
    #[command(flatten)]
    pub(crate) write: WriteArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Beyond {
    /// The nearest value that it has.
    Saturate,
    /// They are missing.
    Nodata,
    /// Nothing is written.
    Error,
}

/// `NAME=FILE[@N]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedFile {
    name: String,
    pub(crate) path: PathBuf,
    /// From 0.
    band: Option<u16>,
}

fn parse_input(text: &str) -> Result<NamedFile, String> {
    let Some((name, file)) = text.split_once('=') else {
        return Err(format!("expected NAME=FILE, found {text:?}"));
    };
    let (path, band) = match file.rsplit_once('@') {
        Some((path, number)) if number.chars().all(|c| c.is_ascii_digit()) => {
            match number.parse::<u16>() {
                Ok(band @ 1..) => (path, Some(band - 1)),
                _ => return Err(format!("expected a band from 1 to 65535, found {number:?}")),
            }
        }
        _ => (file, None),
    };
    Ok(NamedFile { name: name.trim().into(), path: path.into(), band })
}

fn parse_nodata(text: &str) -> Result<NoData, String> {
    NoData::parse(text).ok_or_else(|| format!("expected a number, found {text:?}"))
}

pub(crate) fn run(args: &CalcArgs, session: &Session<'_>) -> Result<()> {
    let write = args.write.options()?;
    let expression = Expression::parse(&args.expression)?;
    let files = session.files(&args.read);
    let mut opened: Vec<(&Path, Raster)> = Vec::new();
    let mut inputs = Vec::new();
    for NamedFile { name, path, band } in &args.inputs {
        // A file of two names is one raster: its chunks are decoded once.
        let at = match opened.iter().position(|(own, ..)| own == path) {
            Some(at) => at,
            None => {
                opened.push((path, files.open(path)?));
                opened.len() - 1
            }
        };
        inputs.push(Input { name: name.clone(), raster: opened[at].1.clone(), band: *band });
    }
    let grid = match args.grid.parse::<GridChoice>() {
        Ok(choice) => choice,
        Err(_) if Path::new(&args.grid).exists() => {
            GridChoice::Grid(files.open(Path::new(&args.grid))?.info().grid.clone())
        }
        Err(error) => return Err(error),
    };
    let options = CalcOptions {
        dtype: args.dtype,
        nodata: args.nodata,
        overflow: match args.overflow {
            Beyond::Saturate => Overflow::Saturate,
            Beyond::Nodata => Overflow::NoData,
            Beyond::Error => Overflow::Error,
        },
        grid,
        warp: WarpOptions {
            resampling: args.resample,
            transform: args.datums.options()?,
            ..WarpOptions::default()
        },
    };
    if expression.needs_statistics() {
        session.remark(
            "swath: warning: stat(...) reads its input once before the output is made: two passes",
        );
    }
    let engine = session.engine;
    let calculated = expression.over(&inputs, &options, engine)?;
    if let Some(to) = &calculated.raster.info().grid.crs {
        let from = opened.iter().map(|(_, raster)| &raster.info().grid);
        for grid in from.filter(|grid| grid.crs.as_ref().is_some_and(|from| from != to)) {
            let transformer = transformer(grid, to, &options.warp.transform)?;
            session.operation(operation(&transformer, Some(grid), &args.datums));
        }
    }
    // One of the two is there: clap saw to it.
    let output = args.output.as_ref().or(args.out.as_ref());
    let output = output.ok_or_else(|| Error::usage("no output"))?;
    let Some(made) = session.write(&calculated.raster, output, &write, &files)? else {
        return Ok(());
    };
    let notes = notes(calculated.counts(), made.written.dtype, args.overflow);
    notes.iter().for_each(|note| session.warn(note));
    Ok(())
}

/// What the person who asked should know of the samples.
fn notes(counts: Counts, dtype: DataType, overflow: Beyond) -> Vec<String> {
    let mut notes = Vec::new();
    if counts.failed > 0 {
        let count = counts.failed;
        notes.push(format!("{count} sample(s) have no result (x/0, log(-1) or the like): nodata"));
    }
    if counts.overflowed > 0 {
        let became = if overflow == Beyond::Nodata { "became nodata" } else { "were saturated" };
        notes.push(format!("{} sample(s) beyond {dtype} {became}", counts.overflowed));
    }
    if counts.rounded > 0 {
        let count = counts.rounded;
        notes.push(format!("{count} 64-bit integer(s) beyond 2^53 were rounded to float64"));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_have_names_and_perhaps_bands() {
        let input = |name: &str, path: &str, band| {
            Ok(NamedFile { name: name.into(), path: path.into(), band })
        };
        assert_eq!(parse_input("A=a.tif"), input("A", "a.tif", None));
        assert_eq!(parse_input("nir=x=y@z.tif@4"), input("nir", "x=y@z.tif", Some(3)));
        assert_eq!(parse_input("A=me@home.tif"), input("A", "me@home.tif", None));
        assert!(parse_input("a.tif").is_err() && parse_input("A=a.tif@0").is_err());
    }
}
