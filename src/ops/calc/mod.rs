//! Raster algebra: one expression over any number of rasters, in one pass.
//!
//! A sample is a number or missing. Values are `f64`: exact for all integers of up
//! to 32 bits and for `f32`. What has no result (x/0, 0/0, the logarithm of what is
//! not positive, the root of a negative number, NaN) is missing, and what is made of
//! a missing sample is missing; only `coalesce`, `isnodata` and the reducers look
//! past it. Everything is evaluated first and cast last: integers round half to even.
//!
//! The grammar, from what binds least: `c ? x : y`; `||` or `or`; `&&` or `and`;
//! `not`; `== != < <= > >=`; `|`; `&`; `<< >>`; `+ -`; `* / // %`; `- + ! ~`
//! before; `**`; `A[2]`, `A.name`, `A.at(dx, dy)`. True is 1, false is 0; what is
//! not 0 is true. `//` and `%` round down as in Python. Definitions come first:
//! `let k = 2; let f(a) = a * k; f(A)`.

/// [`GridChoice`]: inputs on different grids.
mod align;
/// Names get meanings; operations are made.
mod build;
/// The functions by name.
mod functions;
/// The node that makes windows; casts.
mod node;
/// From tokens to a tree.
mod parse;
/// Operations on blocks of samples.
mod program;
/// One number of others, without rasters.
mod scalar;
/// From text to tokens.
mod token;
/// What an expression says.
mod tree;

use std::collections::HashMap;
use std::sync::Arc;

pub use align::GridChoice;
pub(super) use build::simple;
pub use node::{Counts, Overflow};

use self::build::{Named, Statistic};
use self::node::{Calculation, Tally};
use self::program::Program;
use self::tree::{Kind, Tree};
use crate::engine::{Engine, Silent};
use crate::ops::settled::usual_nodata;
use crate::ops::stats::{BandStatistics, StatsOptions};
use crate::ops::warp::WarpOptions;
use crate::raster::{DataType, Info, NoData, Raster};
use crate::{Error, Result};

/// An expression that was read, but means nothing yet.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    tree: Tree,
}

/// An input of a calculation.
#[derive(Debug, Clone)]
pub struct Input {
    /// What the expression calls it: letters, digits and `_`, not a digit first.
    pub name: String,
    /// The raster.
    pub raster: Raster,
    /// The band (from 0) that the name means; `None` for all of them.
    pub band: Option<u16>,
}

/// How a calculation is made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CalcOptions {
    /// The type of the output; `None` for `f64` if an input has `f64` or integers of
    /// more than 16 bits, else `f32`.
    pub dtype: Option<DataType>,
    /// What stands for "no value" in the output; `None` for NaN in floats, the least
    /// value of signed and the largest of unsigned integers.
    pub nodata: Option<NoData>,
    /// What becomes of values beyond the type's range.
    pub overflow: Overflow,
    /// The grid, if inputs have several.
    pub grid: GridChoice,
    /// How inputs get there.
    pub warp: WarpOptions,
}

/// A calculation: lazy as any raster, and what happened to its samples.
#[derive(Debug, Clone)]
pub struct Calculated {
    /// The outputs as bands.
    pub raster: Raster,
    tally: Arc<Tally>,
}

impl Calculated {
    /// Returns what happened to the samples that were made so far.
    pub fn counts(&self) -> Counts {
        self.tally.counts()
    }
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`Error::Usage`] with line, column and a caret where it breaks the grammar.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self { text: text.to_owned(), tree: parse::parse(text)? })
    }

    /// Returns whether numbers of whole rasters (`stat(A).mean`) are asked for,
    /// which take passes of their own first.
    pub fn needs_statistics(&self) -> bool {
        let mut found = false;
        self.tree.each(|node| {
            found |= matches!(&node.kind, Kind::Call(name, _) if name == "stat");
        });
        found
    }

    /// Returns the raster that the expression makes of some inputs; nothing is read
    /// until it is, but for `stat(A)`, which `engine` finds now.
    ///
    /// The result has a band for each part of a list, or for each band of what is
    /// not reduced. Inputs on other grids are warped on the fly.
    ///
    /// # Errors
    /// [`Error::Usage`] with line, column and a caret for what means nothing, or if
    /// there are no inputs or two of one name; [`Error::Unsupported`] for complex
    /// inputs; [`Error::Limit`] for expressions that grow too large; what
    /// [`Raster::warp`] and, with `stat`, [`Raster::statistics`] give.
    pub fn over(
        &self,
        inputs: &[Input],
        options: &CalcOptions,
        engine: &Engine,
    ) -> Result<Calculated> {
        check(inputs)?;
        let mut rasters: Vec<Raster> = Vec::new();
        let mut numbers = Vec::with_capacity(inputs.len());
        for input in inputs {
            let same = |raster: &Raster| {
                std::ptr::addr_eq(std::ptr::from_ref(raster.source()), input.raster.source())
            };
            numbers.push(rasters.iter().position(same).unwrap_or_else(|| {
                rasters.push(input.raster.clone());
                rasters.len() - 1
            }));
        }
        let names: Vec<Named<'_>> = inputs
            .iter()
            .zip(numbers)
            .map(|(input, number)| Named {
                name: &input.name,
                input: number,
                band: input.band,
                info: input.raster.info(),
            })
            .collect();
        let mut known: HashMap<usize, Vec<BandStatistics>> = HashMap::new();
        let mut ask = |input: usize, band: u16, statistic| -> Result<f64> {
            if let std::collections::hash_map::Entry::Vacant(free) = known.entry(input) {
                let median = StatsOptions { percentiles: vec![50.0], histogram: None };
                free.insert(rasters[input].statistics(engine, &median, &mut Silent)?);
            }
            Ok(known.get(&input).map_or(f64::NAN, |all| value(&all[usize::from(band)], statistic)))
        };
        let (list, outputs) = build::build(&self.text, &self.tree, &names, &mut ask)?;
        let bands = u16::try_from(outputs.len()).map_err(|_| {
            Error::limit("bands of the output").expected("at most 65535").found(outputs.len())
        })?;
        let grid = align::grid(&options.grid, &rasters, &options.warp.transform)?;
        let dtype = options.dtype.unwrap_or_else(|| usual_type(&rasters));
        let nodata = options.nodata.unwrap_or_else(|| usual_nodata(dtype));
        if dtype.is_complex() {
            return Err(Error::unsupported("calculating complex samples").found(dtype));
        }
        if !nodata.fits(dtype) {
            return Err(Error::usage("nodata value")
                .expected(format!("one that {dtype} has"))
                .found(nodata));
        }
        let mut program = Program::new(&list, &outputs);
        let rasters = align::align(&used(&rasters, &mut program)?, &grid, &options.warp)?;
        let chunk = rasters.first().map_or(grid.size, |raster| raster.info().chunk);
        let info = Info { nodata: Some(nodata), chunk, ..Info::new(grid, bands, dtype) };
        let tally = Arc::new(Tally::default());
        let node = Calculation::new(info, rasters, program, options.overflow, tally.clone())?;
        Ok(Calculated { raster: Raster::new(node), tally })
    }
}

/// Returns the inputs that a program loads from, with the bands alone that it loads, and has it load
/// from those.
fn used(inputs: &[Raster], program: &mut Program) -> Result<Vec<Raster>> {
    let mut bands = vec![Vec::new(); inputs.len()];
    program.loads().for_each(|(input, band)| bands[*input].push(*band));
    for bands in &mut bands {
        bands.sort_unstable();
        bands.dedup();
    }
    let place = |input: usize| bands[..input].iter().filter(|used| !used.is_empty()).count();
    for (input, band) in program.loads() {
        *band = bands[*input].partition_point(|own| own < band) as u16;
        *input = place(*input);
    }
    let some = inputs.iter().zip(&bands).filter(|(_, bands)| !bands.is_empty());
    some.map(|(raster, bands)| match bands.len() == usize::from(raster.info().bands) {
        true => Ok(raster.clone()),
        false => raster.select_bands(bands),
    })
    .collect()
}

/// Fails if inputs make no sense.
fn check(inputs: &[Input]) -> Result<()> {
    if inputs.is_empty() {
        return Err(Error::usage("inputs of the expression")
            .expected("at least one")
            .hint("--in A=FILE; its grid is that of the output"));
    }
    for (at, input) in inputs.iter().enumerate() {
        let (name, info) = (&input.name, input.raster.info());
        let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let reserved = ["nodata", "let", "not", "and", "or"].contains(&name.as_str());
        if !starts || !name.chars().all(|c| c.is_alphanumeric() || c == '_') || reserved {
            return Err(Error::usage("name of an input")
                .expected("letters, digits and _, not a digit first, no word of the grammar")
                .found(format!("{name:?}")));
        }
        if inputs[..at].iter().any(|other| other.name == *name) {
            return Err(Error::usage(format!("input {name}")).expected("one").found("two"));
        }
        if info.dtype.is_complex() {
            return Err(
                Error::unsupported(format!("input {name}: complex samples")).found(info.dtype)
            );
        }
        if let Some(band) = input.band
            && band >= info.bands
        {
            return Err(Error::usage(format!("band of input {name}"))
                .expected(format!("1 to {}", info.bands))
                .found(u32::from(band) + 1));
        }
    }
    Ok(())
}

fn value(band: &BandStatistics, statistic: Statistic) -> f64 {
    let Some(summary) = band.summary else {
        return if statistic == Statistic::Count { 0.0 } else { f64::NAN };
    };
    match statistic {
        Statistic::Min => summary.min,
        Statistic::Max => summary.max,
        Statistic::Mean => summary.mean,
        Statistic::Std => summary.std,
        Statistic::Median => band.percentiles.first().copied().unwrap_or(f64::NAN),
        Statistic::Count => summary.valid as f64,
    }
}

/// The smallest float that holds what the inputs hold.
fn usual_type(inputs: &[Raster]) -> DataType {
    let narrow = |dtype: DataType| dtype.bytes() <= 2 || dtype == DataType::F32;
    if inputs.iter().all(|input| narrow(input.info().dtype)) {
        DataType::F32
    } else {
        DataType::F64
    }
}
