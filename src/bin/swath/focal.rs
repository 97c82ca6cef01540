//! `swath focal`: what the pixels around each pixel come to.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use swath::kernel::{Focal, Neighbourhood};
use swath::ops::focal::MissingCentre;
use swath::{Error, Raster, Result};

use crate::args::parse_numbers;
use crate::inputs;
use crate::step::{Apply, StepContext};

#[derive(Debug, Clone, Args)]
pub(crate) struct FocalStep {
    /// What the pixels around come to.
    #[arg(long, value_enum)]
    stat: Stat,
    /// Which percentile, from 0 to 100, for --stat percentile.
    #[arg(long, value_name = "P", required_if_eq("stat", "percentile"))]
    percentile: Option<f64>,
    /// The sides of the rectangle around, in pixels, odd: of a square, or WIDTH,HEIGHT.
    #[arg(long, value_name = "SIDE[,SIDE]", default_value = "3", value_parser = parse_sides)]
    size: (u32, u32),
    /// Which pixels around count.
    #[arg(long, value_enum, default_value_t = Shape::Rectangle)]
    shape: Shape,
    /// How far pixels count, in pixels; of an annulus from where to where.
    #[arg(long, value_name = "R[,R]", conflicts_with = "size", value_parser = parse_radii)]
    radius: Option<(Option<f64>, f64)>,
    /// Weights for mean and sum, row by row: "1,2,1; 2,4,2; 1,2,1". Pixels of weight 0 do not
    /// count; with weights of 0 and 1 alone any --stat does.
    #[arg(long, value_name = "WEIGHTS", allow_hyphen_values = true, conflicts_with_all = ["size", "shape", "radius", "kernel_file"])]
    kernel: Option<String>,
    /// The same from a file: a line each row.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["size", "shape", "radius"])]
    kernel_file: Option<PathBuf>,
    /// Pixels that are missing themselves stay so.
    #[arg(long)]
    keep_missing: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Stat {
    Mean,
    /// The sum; with weights missing where a sample that has one is.
    Sum,
    /// The standard deviation, over n.
    Std,
    Min,
    Max,
    /// The largest less the least.
    Range,
    /// How many samples there are.
    Count,
    /// How many different ones there are.
    Variety,
    /// The most frequent, the least of several.
    #[value(alias = "majority")]
    Mode,
    Median,
    /// As numpy.percentile: needs --percentile.
    Percentile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// All of --size.
    #[value(alias = "square")]
    Rectangle,
    /// Those whose centres lie within --radius.
    Circle,
    /// Those between the two of --radius.
    Annulus,
}

/// The most bytes of a file of weights.
const MOST_BYTES: u64 = 16 << 20;

fn parse_sides(text: &str) -> Result<(u32, u32), String> {
    let sides: Option<Vec<u32>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match sides.as_deref() {
        Some(&[side]) => Ok((side, side)),
        Some(&[width, height]) => Ok((width, height)),
        _ => Err(format!("expected SIDE or WIDTH,HEIGHT in pixels, found {text:?}")),
    }
}

fn parse_radii(text: &str) -> Result<(Option<f64>, f64), String> {
    match text.contains(',') {
        true => parse_numbers::<2>(text).map(|[inner, outer]| (Some(inner), outer)),
        false => parse_numbers::<1>(text).map(|[radius]| (None, radius)),
    }
}

impl FocalStep {
    fn around(&self) -> Result<Neighbourhood> {
        if let Some(text) = &self.kernel {
            return weights("--kernel", text, text.split(';'));
        }
        if let Some(path) = &self.kernel_file {
            let text = inputs::text(path, MOST_BYTES)?;
            return weights("kernel", &text, text.lines()).map_err(|e| e.at_path(path));
        }
        match (self.shape, self.radius) {
            (Shape::Rectangle, None) => Neighbourhood::rectangle(self.size.0, self.size.1),
            (Shape::Circle, Some((None, radius))) => Neighbourhood::disc(radius),
            (Shape::Annulus, Some((Some(inner), outer))) => Neighbourhood::ring(inner, outer),
            (Shape::Rectangle, Some(_)) => Err(Error::usage("--radius")
                .expected("--shape circle or annulus")
                .found("a rectangle, which has --size")),
            (Shape::Circle, _) => Err(Error::usage("--shape circle").expected("--radius R")),
            (Shape::Annulus, _) => {
                Err(Error::usage("--shape annulus").expected("--radius INNER,OUTER"))
            }
        }
    }

    fn what(&self) -> Result<Focal> {
        if self.percentile.is_some() && !matches!(self.stat, Stat::Percentile) {
            return Err(Error::usage("--percentile").expected("--stat percentile"));
        }
        Ok(match self.stat {
            Stat::Mean => Focal::Mean,
            Stat::Sum => Focal::Sum,
            Stat::Std => Focal::Std,
            Stat::Min => Focal::Min,
            Stat::Max => Focal::Max,
            Stat::Range => Focal::Range,
            Stat::Count => Focal::Count,
            Stat::Variety => Focal::Variety,
            Stat::Mode => Focal::Mode,
            Stat::Median => Focal::Median,
            Stat::Percentile => Focal::Percentile(self.percentile.unwrap_or(50.0)),
        })
    }
}

/// Reads rows of weights; empty ones are passed over.
fn weights<'a>(
    kind: &str,
    text: &'a str,
    rows: impl Iterator<Item = &'a str>,
) -> Result<Neighbourhood> {
    let mut all = Vec::new();
    let mut width = None;
    for row in rows.filter(|row| !row.trim().is_empty()) {
        let before = all.len();
        let cells = row.split(|c: char| c == ',' || c.is_whitespace());
        for cell in cells.filter(|cell| !cell.is_empty()) {
            let start = cell.as_ptr() as usize - text.as_ptr() as usize;
            all.push(cell.parse::<f64>().map_err(|_| {
                let span = start..start + cell.len();
                Error::in_text(kind, text, span, format!("expected a number, found {cell:?}"))
            })?);
        }
        let own = all.len() - before;
        if *width.get_or_insert(own) != own {
            let start = row.as_ptr() as usize - text.as_ptr() as usize;
            let message =
                format!("expected {} weights in each row, found {own}", width.unwrap_or(0));
            return Err(Error::in_text(kind, text, start..start + row.len(), message));
        }
    }
    let width = u32::try_from(width.unwrap_or(0)).unwrap_or(u32::MAX);
    Neighbourhood::weighted(width, &all)
}

impl Apply for FocalStep {
    fn check(&self) -> Result<()> {
        if self.kernel_file.is_none() { self.around().map(drop) } else { Ok(()) }
    }

    fn apply(&self, input: Raster, _: &StepContext<'_>) -> Result<Raster> {
        let missing =
            if self.keep_missing { MissingCentre::Missing } else { MissingCentre::Filled };
        input.focal(self.what()?, &self.around()?, missing)
    }

    fn beside(&mut self) -> Vec<&mut PathBuf> {
        self.kernel_file.iter_mut().collect()
    }
}
