//! `swath warp`: reprojects and resamples a file.

use swath::crs::Transformer;
use swath::ops::warp::{GridRequest, Resolution, WarpOptions};
use swath::raster::Grid;
use swath::{Error, Result};

use crate::args::WarpArgs;
use crate::job::Job;

pub(crate) fn run(args: &WarpArgs) -> Result<()> {
    let job = Job::open(&args.job)?;
    let from = &job.input.info().grid;
    let request = GridRequest {
        to: args.to.clone(),
        resolution: args.resolution.map(|(x, y)| Resolution { x, y }),
        bounds: args.bounds,
        size: args.size,
    };
    let mut how = WarpOptions { resampling: args.resample, ..WarpOptions::default() };
    how.max_error = args.max_error.unwrap_or(how.max_error);
    let place = |error| job.place(error);
    let Some(crs) = &from.crs else {
        return Err(Error::unsupported("warping a file without a coordinate reference system")
            .at_path(job.path())
            .hint("give it one first, with gdal_edit -a_srs or the like"));
    };
    let grid = request.grid(from).map_err(place)?;
    let warped = job.input.warp(grid.clone(), &how).map_err(place)?;
    if Transformer::new(crs, &args.to).map_err(place)?.accuracy().is_none() {
        job.warn(&format!(
            "no shift is published between the datums of {crs} and {}: taken for one, which may \
             be off by metres",
            args.to
        ));
    }
    if is_apart(&grid, from, &args.to) {
        job.warn("nothing of it lies in the output: are the bounds in units of the output's CRS?");
    }
    job.write(&warped)
}

/// Whether a grid shows nothing of another's extent.
fn is_apart(grid: &Grid, from: &Grid, to: &swath::crs::Crs) -> bool {
    let Ok(whole) = GridRequest::new(to.clone()).grid(from) else { return false };
    let (a, b) = (grid.bounds(), whole.bounds());
    a.left >= b.right || b.left >= a.right || a.bottom >= b.top || b.bottom >= a.top
}
