//! `swath convert`: rewrites a file as COG or plain tiled GeoTIFF.

use swath::Result;
use swath::geotiff::GeoTiff;

use crate::args::ConvertArgs;
use crate::report::{Progress, closing};

pub(crate) fn run(args: &ConvertArgs) -> Result<()> {
    let options = args.write.options()?;
    let input = GeoTiff::open(&args.input, &args.read.options())?.raster();
    let engine = args.run.engine()?;
    let mut progress = Progress::new(args.run.quiet);
    let written = input.write_with(&engine, &args.output, &options, &mut progress)?;
    closing(&args.output, &written, progress, args.run.quiet);
    Ok(())
}
