//! What may be done about datums that differ, and what the command says of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use swath::crs::{
    Area, Crs, DatumOperation, GridState, GridUse, Grids, TransformOptions, Transformer,
};
use swath::geotiff::GridDirectories;
use swath::ops::mosaic::MosaicInput;
use swath::ops::warp::{grid_share, transformer};
use swath::raster::Grid;
use swath::{Error, Result};

use crate::report;

/// Which operation between the datums is taken.
#[derive(Debug, Clone, Args)]
pub(crate) struct OperationArgs {
    /// The operation to take, by its number in the list of `swath crs`
    /// [default: the best for the area].
    #[arg(long, value_name = "N")]
    operation: Option<usize>,
    #[command(flatten)]
    pub(crate) datums: DatumArgs,
}

/// What may be done about datums that differ.
#[derive(Debug, Clone, Args)]
pub(crate) struct DatumArgs {
    /// A directory of grids of datum shifts (GeoTIFF or NTv2), as PROJ names
    /// them; PROJ_DATA is searched as well. Nothing is ever downloaded.
    #[arg(long, value_name = "DIR")]
    grid_dir: Vec<PathBuf>,
    /// Do not warn where no published shift between two datums can be used and
    /// coordinates are taken over as they are, up to some hundred metres off.
    #[arg(long)]
    pub(crate) allow_ballpark: bool,
}

impl OperationArgs {
    /// Whether a number decides, and no area.
    pub(crate) fn is_by_number(&self) -> bool {
        self.operation.is_some()
    }

    pub(crate) fn options(&self, area: Option<Area>) -> Result<TransformOptions> {
        Ok(TransformOptions { area, operation: self.operation, ..self.datums.options()? })
    }
}

impl DatumArgs {
    pub(crate) fn options(&self) -> Result<TransformOptions> {
        for directory in &self.grid_dir {
            // A typing error would silently cost the accuracy that was asked for.
            std::fs::read_dir(directory)
                .map_err(|error| Error::io("read --grid-dir", error).at_path(directory))?;
        }
        let grids = Grids::new(self.directories());
        Ok(TransformOptions { grids, ..TransformOptions::default() })
    }

    fn directories(&self) -> GridDirectories {
        let mut directories = self.grid_dir.clone();
        let named = std::env::var_os("PROJ_DATA");
        directories.extend(named.iter().flat_map(std::env::split_paths));
        GridDirectories::new(directories)
    }

    /// Returns the files of the grids that an operation takes.
    fn files(&self, operation: &DatumOperation) -> Vec<PathBuf> {
        let directories = self.directories();
        let present = operation.grids().iter().filter(|grid| grid.is_present());
        present.filter_map(|grid| directories.path(&grid.name)).collect()
    }
}

/// What people should know of the operation that shifts their datums.
pub(crate) struct Told {
    /// Which it is, and how accurate.
    pub(crate) remark: String,
    /// That it is a guess: said even to those who want to hear nothing but errors.
    pub(crate) guess: Option<String>,
    /// What is lost for want of a grid, or beyond its edges.
    pub(crate) lost: Vec<String>,
    /// What share of the pixels its grids reach, of an operation that has any.
    pub(crate) share: Option<f64>,
    /// The files of the grids that it takes.
    pub(crate) grids: Vec<PathBuf>,
}

impl Told {
    /// Says it on stderr.
    pub(crate) fn say(&self, quiet: bool) {
        if !quiet {
            report::remark(&self.remark);
        }
        let lost = self.lost.iter().filter(|_| !quiet);
        self.guess.iter().chain(lost).for_each(|text| report::warn(text));
    }
}

/// Describes which operation shifts the datums, how accurate it is, and what is lost; and
/// loudly, unless that is allowed, if nothing better than a guess can be had. `source` is the
/// raster that is warped.
pub(crate) fn operation(
    transformer: &Transformer,
    source: Option<&Grid>,
    datums: &DatumArgs,
) -> Told {
    let operation = transformer.operation();
    let guess = (operation.is_ballpark() && !datums.allow_ballpark).then(|| {
        format!(
            "BALLPARK: no published shift between the datums of {} and {} can be used here; \
             coordinates may be off by up to some hundred metres",
            transformer.from(),
            transformer.to()
        )
    });
    let damaged = transformer.damaged().iter();
    let damaged = damaged.map(|grid| format!("grid {}: {}", grid.name, state(grid)));
    let share = source.and_then(|source| grid_share(source, transformer));
    let short = share.and_then(|share| short(operation, share));
    let better = transformer.better().map(|better| lost(better, operation));
    let grids = datums.files(operation);
    let lost = better.into_iter().chain(damaged).chain(short);
    let lost = lost.chain(cautions(transformer)).collect();
    Told { remark: format!("datum: {operation}"), guess, lost, share, grids }
}

/// What to know of the two systems beside other software, where coordinates are changed at all.
pub(crate) fn cautions(transformer: &Transformer) -> Vec<String> {
    let systems = [transformer.from(), transformer.to()];
    let moved = systems.iter().filter(|_| !transformer.is_identity());
    moved.filter_map(|system| system.caution()).collect()
}

/// That grids end before the raster does.
fn short(operation: &DatumOperation, share: f64) -> Option<String> {
    let names: Vec<&str> = operation.grids().iter().map(|grid| grid.name.as_str()).collect();
    // The estimate is coarse, and what is not all of it never reads as all.
    let percent = (share * 100.0).floor();
    (share < 1.0).then(|| {
        format!(
            "{} covers about {percent} % of the raster's area: pixels beyond it have no value",
            names.join(" with ")
        )
    })
}

/// Describes for each system that rasters have, other than `to`, the operation that a warp of
/// the first of them takes.
pub(crate) fn operations(
    inputs: &[MosaicInput],
    to: Option<&Crs>,
    how: &TransformOptions,
    datums: &DatumArgs,
) -> Result<Vec<Told>> {
    let (mut seen, mut told) = (BTreeSet::new(), Vec::<Told>::new());
    let has_grids = !datums.directories().is_empty();
    let mut least: Option<(f64, String)> = None;
    for MosaicInput { name, raster } in inputs {
        let grid = &raster.info().grid;
        let (Some(from), Some(to)) = (&grid.crs, to) else { continue };
        if from == to {
            continue;
        }
        let is_first = seen.insert(from.to_string());
        if !is_first && !has_grids {
            continue;
        }
        let transformer = transformer(grid, to, how).map_err(|e| e.at_path(name))?;
        if is_first {
            told.push(operation(&transformer, None, datums));
        } else if let Some(told) = told.last_mut() {
            // Another area may have another operation.
            told.grids.extend(datums.files(transformer.operation()));
        }
        let share = grid_share(grid, &transformer);
        let text = share.and_then(|share| short(transformer.operation(), share));
        if let (Some(share), Some(text)) = (share, text)
            && least.as_ref().is_none_or(|(least, _)| share < *least)
        {
            least = Some((share, format!("{}: {text}", name)));
        }
    }
    // Of many files the one that loses most.
    if let (Some(told), Some((share, text))) = (told.last_mut(), least) {
        told.share = Some(share);
        told.lost.push(text);
    }
    Ok(told)
}

pub(crate) fn accuracy(operation: &DatumOperation) -> String {
    operation.accuracy().map_or("accuracy unknown".into(), |metres| format!("{metres} m"))
}

/// Whether a grid can be used, in words.
pub(crate) fn state(grid: &GridUse) -> String {
    match &grid.state {
        GridState::Present => "there".into(),
        GridState::Damaged(reason) => format!("there, but damaged or of another kind: {reason}"),
        _ => "missing".into(),
    }
}

/// What is lost for want of a grid.
pub(crate) fn lost(better: &DatumOperation, chosen: &DatumOperation) -> String {
    let grids = better.grids().iter().filter(|grid| !grid.is_present());
    let grids: Vec<&str> = grids.map(|grid| grid.name.as_str()).collect();
    format!(
        "{} would give {} instead of {}, but wants {}",
        better.name(),
        accuracy(better),
        accuracy(chosen),
        grids.join(" and ")
    )
}

pub(crate) fn operation_json(operation: &DatumOperation) -> Value {
    json!({
        "name": operation.name(),
        "accuracy": operation.accuracy(),
        "area": operation.area().map(|a| [a.west, a.south, a.east, a.north]),
        "areaName": operation.area_name(),
        "ballpark": operation.is_ballpark(),
        "available": operation.is_available(),
        "grids": operation.grids().iter()
            .map(|grid| json!({
                "name": grid.name,
                "present": grid.is_present(),
                "damaged": match &grid.state {
                    GridState::Damaged(reason) => Some(reason),
                    _ => None,
                },
            }))
            .collect::<Vec<_>>(),
    })
}
