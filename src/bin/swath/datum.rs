//! What may be done about datums that differ, and what the command says of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use swath::crs::{Area, Crs, DatumOperation, Grids, TransformOptions, Transformer};
use swath::geotiff::GridDirectories;
use swath::ops::mosaic::MosaicInput;
use swath::ops::warp::transformer;
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
}

/// What people should know of the operation that shifts their datums.
pub(crate) struct Told {
    /// Which it is, and how accurate.
    pub(crate) remark: String,
    /// That it is a guess: said even to those who want to hear nothing but errors.
    pub(crate) guess: Option<String>,
    /// What is lost for want of a grid.
    pub(crate) lost: Option<String>,
    /// The files of the grids that it takes.
    pub(crate) grids: Vec<PathBuf>,
}

impl Told {
    /// Says it on stderr.
    pub(crate) fn say(&self, quiet: bool) {
        if !quiet {
            report::remark(&self.remark);
        }
        self.guess.iter().chain(self.lost.iter().filter(|_| !quiet)).for_each(|t| report::warn(t));
    }
}

/// Describes which operation shifts the datums, how accurate it is, and what is lost; and
/// loudly, unless that is allowed, if nothing better than a guess can be had.
pub(crate) fn operation(transformer: &Transformer, datums: &DatumArgs) -> Told {
    let operation = transformer.operation();
    let guess = (operation.is_ballpark() && !datums.allow_ballpark).then(|| {
        format!(
            "BALLPARK: no published shift between the datums of {} and {} can be used here; \
             coordinates may be off by up to some hundred metres",
            transformer.from(),
            transformer.to()
        )
    });
    let lost = transformer.better().map(|better| lost(better, operation));
    let (directories, present) = (datums.directories(), operation.grids().iter());
    let present = present.filter(|grid| grid.is_present);
    let grids = present.filter_map(|grid| directories.path(&grid.name)).collect();
    Told { remark: format!("datum: {operation}"), guess, lost, grids }
}

/// Describes for each system that rasters have, other than `to`, the operation that a warp of
/// the first of them takes.
pub(crate) fn operations(
    inputs: &[MosaicInput],
    to: Option<&Crs>,
    how: &TransformOptions,
    datums: &DatumArgs,
) -> Result<Vec<Told>> {
    let (mut seen, mut told) = (BTreeSet::new(), Vec::new());
    for MosaicInput { name, raster } in inputs {
        let grid = &raster.info().grid;
        let (Some(from), Some(to)) = (&grid.crs, to) else { continue };
        if from != to && seen.insert(from.to_string()) {
            let transformer = transformer(grid, to, how).map_err(|e| e.at_path(name))?;
            told.push(operation(&transformer, datums));
        }
    }
    Ok(told)
}

pub(crate) fn accuracy(operation: &DatumOperation) -> String {
    operation.accuracy().map_or("accuracy unknown".into(), |metres| format!("{metres} m"))
}

/// What is lost for want of a grid.
pub(crate) fn lost(better: &DatumOperation, chosen: &DatumOperation) -> String {
    let grids = better.grids().iter().filter(|grid| !grid.is_present);
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
            .map(|grid| json!({ "name": grid.name, "present": grid.is_present }))
            .collect::<Vec<_>>(),
    })
}
