//! `swath warp` of many files into one.

use std::path::{Path, PathBuf};

use serde_json::json;
use swath::input::Files;
use swath::ops::mosaic::{Method, Mosaic, MosaicGrid, MosaicOptions, Pixels};
use swath::ops::warp::Resolution;
use swath::{Error, Result};

use crate::convert::NoDataArg;
use crate::inputs;
use crate::mosaic::{tell, tell_missing};
use crate::report::peak_memory;
use crate::session::Session;
use crate::warp::WarpArgs;

/// Warps files onto one grid, the last on top.
pub(crate) fn run(
    args: &WarpArgs,
    typed: &[PathBuf],
    output: &Path,
    session: &Session<'_>,
) -> Result<()> {
    let write = args.write.options()?;
    let files = session.files(&args.read);
    let inputs = inputs::open_all(&files, typed, args.src_nodata)?;
    let given = inputs.len();
    let options = options(args, &files)?;
    let mosaic = Mosaic::new(inputs.clone(), &options)?;
    tell(&inputs, &mosaic, &options, &args.datums, session)?;
    let mut raster = mosaic.raster.clone();
    if args.dst_alpha || args.write.wants_alpha() {
        raster = raster.with_alpha()?;
    } else if matches!(args.dst_nodata, Some(NoDataArg(None))) {
        raster = raster.with_nodata(None)?;
    }
    let raster = args.cut.cut(raster, &args.write, session)?;
    let engine = session.engine;
    let mut progress = session.progress();
    let written = raster.write_with(engine, output, &write, &mut progress)?;
    let seconds = session.closing(output, &written, progress);
    session.damaged(&files);
    if !args.cut.is_given() {
        tell_missing(&mosaic, &raster, &args.write, session);
    }
    if args.json {
        let (decoded, distinct) = (engine.chunks_decoded(), engine.chunks_seen());
        let report = json!({
            "output": output.display().to_string(),
            "size": [written.size.width, written.size.height],
            "bands": written.bands,
            "type": written.dtype.name(),
            "geoTransform": raster.info().grid.transform.to_gdal(),
            "resampling": args.resample.name(),
            "inputs": { "given": given, "used": mosaic.inputs, "resampled": mosaic.resampled },
            "largestCoordinateError": mosaic.warped().max_error(),
            "samples": {
                "valid": mosaic.made().valid(),
                "nodata": mosaic.made().missing(),
                "saturated": mosaic.warped().saturated(),
            },
            "chunks": { "decoded": decoded, "distinct": distinct },
            "peakMemory": peak_memory(),
            "seconds": seconds,
        });
        session.say(&format!("{report:#}\n"))?;
    }
    Ok(())
}

fn options(args: &WarpArgs, files: &Files) -> Result<MosaicOptions> {
    if args.square {
        return Err(Error::usage("--square with several inputs")
            .hint("their pixels are square in another CRS; else give --resolution"));
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
