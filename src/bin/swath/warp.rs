//! `swath warp`: reprojects and resamples a file.

use swath::Result;
use swath::geotiff::GeoTiff;
use swath::ops::warp::{GridRequest, Resolution, WarpOptions};

use crate::args::WarpArgs;
use crate::report::{Progress, closing};

pub(crate) fn run(args: &WarpArgs) -> Result<()> {
    let options = args.write.options()?;
    let input = GeoTiff::open(&args.input, &args.read.options())?.raster();
    let request = GridRequest {
        to: args.to.clone(),
        resolution: args.resolution.map(|(x, y)| Resolution { x, y }),
        bounds: args.bounds,
        size: args.size,
    };
    let mut how = WarpOptions { resampling: args.resample, ..WarpOptions::default() };
    how.max_error = args.max_error.unwrap_or(how.max_error);
    let at_input = |error: swath::Error| error.at_path(&args.input);
    let grid = request.grid(&input.info().grid).map_err(at_input)?;
    let warped = input.warp(grid, &how).map_err(at_input)?;
    let engine = args.run.engine()?;
    let mut progress = Progress::new(args.run.quiet);
    let written = warped.write_with(&engine, &args.output, &options, &mut progress)?;
    closing(&args.output, &written, progress, args.run.quiet);
    Ok(())
}
