//! `swath warp` of many files into one.

use std::path::{Path, PathBuf};

use swath::input::Files;
use swath::ops::mosaic::{Method, Mosaic, MosaicGrid, MosaicOptions, Pixels};
use swath::ops::warp::Resolution;
use swath::{Error, Result};

use crate::convert::NoDataArg;
use crate::mosaic::{Made, tell};
use crate::place_args;
use crate::session::Session;
use crate::sound::{Laid, Stacked};
use crate::warp::WarpArgs;

/// Warps files onto one grid, the last on top.
pub(crate) fn run(
    args: &WarpArgs,
    typed: &[PathBuf],
    output: &Path,
    session: &Session<'_>,
) -> Result<()> {
    // What is wrong with them is said before anything is opened.
    args.write.options()?;
    let files = session.files_of_many(&args.read);
    let options = options(args, &files)?;
    let src_nodata = args.step.src_nodata;
    let stacked = Stacked { typed, src_nodata, read: &args.read, files: &files, opens_all: false };
    let mut placements = Vec::new();
    let (Laid { inputs, mosaic }, left_out) = stacked.lay(session, |inputs, left_out| {
        placements.clear();
        for input in inputs.iter_mut() {
            let said = &input.raster.info().metadata;
            if said.gcps.is_none() && said.rpc.is_none() {
                continue;
            }
            let placed = args.step.place.place(&input.raster, &files);
            let (raster, located) = placed.map_err(|e| e.at_path(&input.name))?;
            input.raster = raster;
            placements.extend(located.map(|located| (input.name.clone(), located)));
        }
        args.cut_each.cut(inputs, args.step.cut.cutline_crs.as_ref(), "warp", left_out)?;
        Mosaic::new(inputs.clone(), &options)
    })?;
    for (name, located) in &placements {
        place_args::tell(name, located, session);
    }
    let given = inputs.len();
    let share = tell(&inputs, &mosaic, &options, &args.step.datums, session)?;
    let mut raster = mosaic.raster.clone();
    if args.step.dst_alpha || args.write.wants_alpha() {
        raster = raster.with_alpha()?;
    } else if matches!(args.step.dst_nodata, Some(NoDataArg(None))) {
        raster = raster.with_nodata(None)?;
    }
    let raster = args.step.cut.cut(raster, &args.write, session)?;
    let made = Made {
        mosaic: &mosaic,
        raster: &raster,
        files: &files,
        typed,
        given,
        left_out: &left_out,
        output,
        write: &args.write,
        warns: !args.step.cut.is_given(),
        share,
    };
    made.write(args.json.then_some(("resampling", args.step.resample.name())), session)
}

fn options(args: &WarpArgs, files: &Files) -> Result<MosaicOptions> {
    if args.step.square {
        return Err(Error::usage("--square with several inputs")
            .hint("their pixels are square in another CRS; else give --resolution"));
    }
    if args.step.tms.is_some() {
        return Err(Error::usage("--tms with several inputs")
            .hint("swath mosaic lays them on one another, and warp --tms takes that"));
    }
    let like = args.step.like.as_ref().map(|path| files.open(path)).transpose()?;
    Ok(MosaicOptions {
        method: Method::Last,
        grid: MosaicGrid {
            like: like.map(|raster| raster.info().grid.clone()),
            to: args.step.to.clone(),
            pixels: match args.step.resolution {
                Some((x, y)) => Pixels::Of(Resolution { x, y }),
                None => Pixels::Finest,
            },
            bounds: args.step.bounds,
            bounds_crs: args.step.bounds_crs.clone(),
            size: args.step.size,
            align: args.step.align,
        },
        warp: args.step.options(&args.step.datums.options(None)?),
        blend: args.blend,
    })
}
