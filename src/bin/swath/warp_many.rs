//! `swath warp` of many files into one.

use std::path::{Path, PathBuf};

use swath::input::Files;
use swath::ops::mosaic::{Method, Mosaic, MosaicGrid, MosaicOptions, Pixels};
use swath::ops::warp::Resolution;
use swath::{Error, Result};

use crate::convert::NoDataArg;
use crate::inputs;
use crate::mosaic::{Made, tell};
use crate::place_args;
use crate::session::Session;
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
    let files = session.files(&args.read);
    let mut inputs = inputs::open_all(&files, typed, args.src_nodata)?;
    for input in &mut inputs {
        let said = &input.raster.info().metadata;
        if said.gcps.is_none() && said.rpc.is_none() {
            continue;
        }
        let placed = args.place.place(&input.raster, &files);
        let (raster, located) = placed.map_err(|e| e.at_path(&input.name))?;
        input.raster = raster;
        if let Some(located) = &located {
            place_args::tell(&input.name, located, session);
        }
    }
    let given = inputs.len();
    let options = options(args, &files)?;
    let mosaic = Mosaic::new(inputs.clone(), &options)?;
    let share = tell(&inputs, &mosaic, &options, &args.datums, session)?;
    let mut raster = mosaic.raster.clone();
    if args.dst_alpha || args.write.wants_alpha() {
        raster = raster.with_alpha()?;
    } else if matches!(args.dst_nodata, Some(NoDataArg(None))) {
        raster = raster.with_nodata(None)?;
    }
    let raster = args.cut.cut(raster, &args.write, session)?;
    let made = Made {
        mosaic: &mosaic,
        raster: &raster,
        files: &files,
        given,
        output,
        write: &args.write,
        warns: !args.cut.is_given(),
        share,
    };
    made.write(args.json.then_some(("resampling", args.resample.name())), session)
}

fn options(args: &WarpArgs, files: &Files) -> Result<MosaicOptions> {
    if args.square {
        return Err(Error::usage("--square with several inputs")
            .hint("their pixels are square in another CRS; else give --resolution"));
    }
    if args.tms.is_some() {
        return Err(Error::usage("--tms with several inputs")
            .hint("swath mosaic lays them on one another, and warp --tms takes that"));
    }
    let like = args.like.as_ref().map(|path| files.open(path)).transpose()?;
    Ok(MosaicOptions {
        method: Method::Last,
        grid: MosaicGrid {
            like: like.map(|raster| raster.info().grid.clone()),
            to: args.to.clone(),
            pixels: match args.resolution {
                Some((x, y)) => Pixels::Of(Resolution { x, y }),
                None => Pixels::Finest,
            },
            bounds: args.bounds,
            bounds_crs: args.bounds_crs.clone(),
            size: args.size,
            align: args.align,
        },
        warp: args.options(&args.datums.options(None)?),
        blend: args.blend,
    })
}
