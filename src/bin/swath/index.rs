//! `swath index`: where files lie and what they are.

use std::path::{Path, PathBuf};

use clap::Args;
use swath::crs::{Crs, TransformOptions};
use swath::io::Overwrite;
use swath::ops::mosaic::Footprint;
use swath::vector::{Entry, save_index};
use swath::{Error, Result};

use crate::args::ReadArgs;
use crate::sound::LeftOut;
use crate::{inputs, report};

#[derive(Debug, Args)]
pub(crate) struct IndexArgs {
    /// The files: names, patterns such as "tiles/*.tif", and @FILE for a list of names.
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// The index to write: GeoJSON, or FlatGeobuf if it ends in .fgb.
    #[arg(short, long = "output", value_name = "FILE")]
    output: PathBuf,
    /// Name files by their whole paths [default: as they lie from the index's folder, if
    /// below it].
    #[arg(long)]
    absolute: bool,
    /// Replace the output if it exists.
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    read: ReadArgs,
}

pub(crate) fn run(args: &IndexArgs) -> Result<()> {
    let (files, mut left_out) = (args.read.files(), LeftOut::default());
    let whole = |path: &Path| {
        std::path::absolute(path).map_err(|e| Error::io("find the path of", e).at_path(path))
    };
    let output = whole(&args.output)?;
    let folder = output.parent().unwrap_or(Path::new("/"));
    let mut entries = Vec::new();
    for path in inputs::expand(&args.inputs)? {
        let Some(raster) = left_out.take(&args.read, &path, files.look(&path))? else { continue };
        let absolute = whole(&path)?;
        let below = absolute.strip_prefix(folder).ok().filter(|_| !args.absolute);
        let location = below
            .unwrap_or(&absolute)
            .to_str()
            .ok_or_else(|| Error::unsupported("a path that is no UTF-8, in JSON").at_path(&path))?;
        let info = raster.info().clone();
        let edge = match info.grid.crs {
            None => None,
            Some(_) => {
                let print = Footprint::of(
                    &info.grid,
                    Some(&Crs::from_epsg(4326)),
                    &TransformOptions::default(),
                );
                Some(print.map_err(|e| e.at_path(&path))?.outline())
            }
        };
        entries.push(Entry { location: location.to_owned(), info, complete: true, edge });
    }
    left_out.lines().for_each(|line| report::warn(&line));
    report::note_damage(!left_out.is_empty());
    if entries.is_empty() {
        return Err(match left_out.is_empty() {
            true => Error::usage("inputs").expected("at least one").found("none"),
            false => LeftOut::nothing_left(),
        });
    }
    files.unread().iter().for_each(|reason| report::warn(&report::unread(reason)));
    let overwrite = if args.overwrite { Overwrite::Replace } else { Overwrite::Refuse };
    inputs::keep_read(&args.output, overwrite, &[], &[files], &[])?;
    save_index(&args.output, overwrite, &entries)
}
