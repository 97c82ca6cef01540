//! `swath calc`: makes a raster of others by an expression.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use swath::kernel::Resampling;
use swath::ops::calc::{CalcOptions, Counts, Expression, GridChoice, Input, Overflow};
use swath::ops::warp::{WarpOptions, transformer};
use swath::raster::{DataType, NoData};
use swath::{Error, Raster, Result};

use crate::args::{JobArgs, ReadArgs, RunArgs, parse_resampling};
use crate::convert::parse_dtype;
use crate::datum::{DatumArgs, operation};
use crate::session::Session;
use crate::step::{Apply, Chain, Step, StepContext};
use crate::write_args::WriteArgs;

/// What stands for what comes into a step among the files of a calculation.
pub(crate) const STREAM: &str = "{input}";

#[derive(Debug, Clone, Args)]
pub(crate) struct CalcArgs {
    #[command(flatten)]
    step: CalcStep,
    /// The file to write.
    #[arg(required_unless_present = "out", conflicts_with = "out")]
    output: Option<PathBuf>,
    /// The file to write.
    #[arg(short, long = "output", value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    write: WriteArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct CalcStep {
    /// What the output is made of, such as "(A.nir - A.red) / (A.nir + A.red)".
    expression: String,
    /// An input and what the expression calls it; @N means its band N alone. In a pipe or a batch
    /// {input} is what comes in, and is A if no input is {input}.
    #[arg(long = "in", value_name = "NAME=FILE[@N]", value_parser = parse_input)]
    inputs: Vec<NamedFile>,
    /// The type of the output's samples, such as uint8 [default: float32, or float64
    /// if an input has more than 16 bits and is no float32].
    #[arg(long = "type", visible_alias = "dtype", value_name = "TYPE", value_parser = parse_dtype)]
    dtype: Option<DataType>,
    /// What stands for "no value" in the output [default: nan for floats, the least
    /// value of signed and the largest of unsigned integers].
    #[arg(long, value_name = "VALUE", value_parser = parse_nodata, allow_hyphen_values = true)]
    nodata: Option<NoData>,
    /// What becomes of values that the type does not have.
    #[arg(long, value_enum, default_value_t = Beyond::Saturate)]
    overflow: Beyond,
    /// The grid of the output: first, finest, intersection, union, or a file's.
    #[arg(long, value_name = "WHICH", default_value = "first")]
    grid: String,
    /// How inputs are brought to that grid.
    #[arg(long, value_name = "METHOD", default_value = "near", value_parser = parse_resampling)]
    resample: Resampling,
    #[command(flatten)]
    datums: DatumArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Beyond {
    /// The nearest value that it has.
    Saturate,
    /// They are missing.
    Nodata,
    /// Nothing is written.
    Error,
}

/// `NAME=FILE[@N]`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NamedFile {
    name: String,
    path: PathBuf,
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

pub(crate) fn parse_nodata(text: &str) -> Result<NoData, String> {
    NoData::parse(text).ok_or_else(|| format!("expected a number, found {text:?}"))
}

pub(crate) fn run(args: &CalcArgs, session: &Session<'_>) -> Result<()> {
    let write = args.write.options()?;
    let files = session.files(&args.read)?;
    if args.step.inputs.is_empty() {
        return Err(Error::usage("calc without an input").hint("name one: --in A=FILE"));
    }
    let cx = StepContext { session, files: &files, path: None, write: &args.write };
    let raster = args.step.calculate(Vec::new(), &args.step.inputs, &cx)?;
    // One of the two is there: clap saw to it.
    let output = args.output.as_ref().or(args.out.as_ref());
    let output = output.ok_or_else(|| Error::usage("no output"))?;
    let own: Vec<_> = args.step.inputs.iter().map(|input| input.path.clone()).collect();
    session.write(&raster, output, &own, &write, &files)?;
    Ok(())
}

impl CalcArgs {
    /// Returns the chain of this one step, of one file that is the [`STREAM`].
    pub(crate) fn chain(self, input: PathBuf) -> Chain {
        let Self { step, output, out, write, run, read } = self;
        let output = output.or(out).unwrap_or_default();
        Chain { steps: vec![Step::Calc(step)], job: JobArgs { input, output, write, run, read } }
    }
}

impl Apply for CalcStep {
    fn check(&self) -> Result<()> {
        Expression::parse(&self.expression).map(drop)
    }

    fn apply(&self, input: Raster, cx: &StepContext<'_>) -> Result<Raster> {
        let mut inputs = self.inputs.clone();
        if !inputs.iter().any(|input| input.path == Path::new(STREAM)) {
            inputs.insert(0, NamedFile { name: "A".into(), path: STREAM.into(), band: None });
        }
        self.calculate(vec![(Path::new(STREAM), input)], &inputs, cx)
    }

    fn beside(&mut self) -> Vec<&mut PathBuf> {
        let paths = self.inputs.iter_mut().map(|input| &mut input.path);
        paths.filter(|path| *path != Path::new(STREAM)).collect()
    }
}

impl CalcStep {
    /// Returns what the expression makes of inputs, of which some are open.
    fn calculate<'a>(
        &self,
        mut opened: Vec<(&'a Path, Raster)>,
        named: &'a [NamedFile],
        cx: &StepContext<'_>,
    ) -> Result<Raster> {
        let expression = Expression::parse(&self.expression)?;
        let mut inputs = Vec::new();
        for NamedFile { name, path, band } in named {
            // A file of two names is one raster: its chunks are decoded once.
            let at = match opened.iter().position(|(own, ..)| own == path) {
                Some(at) => at,
                None => {
                    opened.push((path, cx.files.open(path)?));
                    opened.len() - 1
                }
            };
            inputs.push(Input { name: name.clone(), raster: opened[at].1.clone(), band: *band });
        }
        let options = CalcOptions {
            dtype: self.dtype,
            nodata: self.nodata,
            overflow: match self.overflow {
                Beyond::Saturate => Overflow::Saturate,
                Beyond::Nodata => Overflow::NoData,
                Beyond::Error => Overflow::Error,
            },
            grid: self.grid(cx)?,
            warp: WarpOptions {
                resampling: self.resample,
                transform: self.datums.options()?,
                ..WarpOptions::default()
            },
        };
        if expression.needs_statistics() {
            cx.session.remark(
                "swath: warning: stat(...) reads its input once before the output is made: two passes",
            );
        }
        let calculated = expression.over(&inputs, &options, cx.session.engine)?;
        let info = calculated.raster.info();
        if let Some(to) = &info.grid.crs {
            let from = opened.iter().map(|(_, raster)| &raster.info().grid);
            for grid in from.filter(|grid| grid.crs.as_ref().is_some_and(|from| from != to)) {
                let transformer = transformer(grid, to, &options.warp.transform)?;
                cx.session.operation(operation(&transformer, Some(grid), &self.datums));
            }
        }
        let (dtype, overflow, raster) = (info.dtype, self.overflow, calculated.raster.clone());
        cx.session.afterwards(Box::new(move || notes(calculated.counts(), dtype, overflow)));
        Ok(raster)
    }

    fn grid(&self, cx: &StepContext<'_>) -> Result<GridChoice> {
        match self.grid.parse::<GridChoice>() {
            Ok(choice) => Ok(choice),
            Err(_) if Path::new(&self.grid).exists() => {
                let like = cx.files.open(Path::new(&self.grid))?;
                Ok(GridChoice::Grid(like.info().grid.clone()))
            }
            Err(error) => Err(error),
        }
    }

    /// The file whose grid the output has; or a word such as `finest`, which is no file's name.
    pub(crate) fn grid_file(&self) -> PathBuf {
        PathBuf::from(&self.grid)
    }
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
