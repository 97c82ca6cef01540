//! `swath convert`: rewrites a file as COG or plain GeoTIFF, or a part of it, or
//! with other samples.

use swath::ops::warp::{Resolution, WarpOptions};
use swath::ops::{CastCounts, CastOptions};
use swath::{Raster, Result};

use crate::args::{ConvertArgs, NoDataArg};
use crate::job::Job;

pub(crate) fn run(args: &ConvertArgs) -> Result<()> {
    let job = Job::open(&args.job)?;
    let (raster, counts) = shape(args, job.input.clone()).map_err(|e| job.place(e))?;
    job.write(&raster)?;
    let lost = [
        (counts.saturated(), "were beyond the type and became its least or greatest value"),
        (counts.not_a_number(), "were not a number and became 0"),
    ];
    for (count, what) in lost.into_iter().filter(|&(count, _)| count > 0) {
        job.warn(&format!("{count} samples {what}"));
    }
    Ok(())
}

/// Chains what was asked for: first which pixels and bands, then their values,
/// then their grid.
fn shape(args: &ConvertArgs, mut raster: Raster) -> Result<(Raster, CastCounts)> {
    let mut counts = CastCounts::default();
    if let Some(window) = args.window {
        raster = raster.crop(window)?;
    }
    if let Some(bounds) = args.bounds {
        raster = raster.crop(raster.window_of(bounds)?)?;
    }
    if !args.bands.is_empty() {
        let bands: Vec<_> = args.bands.iter().map(|band| band - 1).collect();
        raster = raster.select_bands(&bands)?;
    }
    let mut nodata = args.nodata;
    if args.r#type.is_some() || args.scale.is_some() {
        let info = raster.info();
        // A new value takes the place of the old one in the new type.
        let replaced = nodata.and_then(|NoDataArg(value)| value).filter(|_| info.nodata.is_some());
        nodata = nodata.filter(|_| replaced.is_none());
        let dtype = args.r#type.unwrap_or(info.dtype);
        if let Some(NoDataArg(None)) = nodata {
            raster = raster.with_nodata(None)?;
            nodata = None;
        }
        let how = CastOptions { dtype, scale: args.scale, nodata: replaced };
        (raster, counts) = raster.cast(how)?;
    }
    if let Some(NoDataArg(value)) = nodata {
        raster = raster.with_nodata(value)?;
    }
    let how = WarpOptions { resampling: args.resample, ..WarpOptions::default() };
    if let Some((x, y)) = args.resolution {
        raster = raster.resize(Resolution { x, y }, &how)?;
    }
    if args.tms.is_some() {
        raster = raster.to_web_mercator_quad(args.job.write.tile(), &how)?;
    }
    if !args.tags.is_empty() {
        raster = raster.with_items(&args.tags);
    }
    Ok((raster, counts))
}
