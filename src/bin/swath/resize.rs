//! `swath resize`: more or fewer pixels over the same extent.

use clap::Args;
use swath::kernel::Resampling;
use swath::ops::warp::{Resolution, SourceOverview, WarpOptions};
use swath::raster::Size;
use swath::{Error, Raster, Result};

use crate::args::{parse_pixels, parse_resampling, parse_resolution};
use crate::step::{Apply, StepContext};
use crate::warp::parse_overview;

#[derive(Debug, Clone, Args)]
#[command(group = clap::ArgGroup::new("pixels").required(true).args(["size", "percent", "resolution"]))]
pub(crate) struct ResizeStep {
    /// The size of the output in pixels; 0 for one of them keeps the shape of pixels.
    #[arg(long, value_name = "W,H", value_parser = parse_pixels)]
    size: Option<Size>,
    /// The size of the output in percent of the input's columns and rows.
    #[arg(long, value_name = "PERCENT")]
    percent: Option<f64>,
    /// The size of an output pixel in the input's units: X, or X,Y. The right and lower edges
    /// give way to whole pixels.
    #[arg(long, value_name = "X[,Y]", value_parser = parse_resolution)]
    resolution: Option<(f64, f64)>,
    /// How values between pixels are made: near, bilinear, cubic, cubicspline, lanczos,
    /// average, rms, mode, min, max, med, q1, q3, sum or area.
    #[arg(long, value_name = "METHOD", default_value = "near", value_parser = parse_resampling)]
    resample: Resampling,
    /// The overview of the input to read: auto, none, or a number from 0 on.
    #[arg(long, value_name = "WHICH", default_value = "auto", value_parser = parse_overview)]
    overview: SourceOverview,
}

impl Apply for ResizeStep {
    fn apply(&self, input: Raster, _: &StepContext<'_>) -> Result<Raster> {
        let how = WarpOptions {
            resampling: self.resample,
            overview: self.overview,
            ..WarpOptions::default()
        };
        match self.resolution {
            Some((x, y)) => input.resize(Resolution { x, y }, &how),
            None => input.resize_to(size(self, input.info().grid.size)?, &how),
        }
    }
}

/// The size asked for.
fn size(args: &ResizeStep, own: Size) -> Result<Size> {
    let whole = |count: f64| -> Result<u32> {
        let count = (count + 0.5).floor().max(1.0);
        if count < f64::from(i32::MAX) {
            return Ok(count as u32);
        }
        Err(Error::usage("size").expected("less than 2^31 pixels along each side").found(count))
    };
    let (width, height) = (f64::from(own.width), f64::from(own.height));
    match (args.size, args.percent) {
        (Some(Size { width: 0, height: 0 }), _) => {
            Err(Error::usage("size").expected("at least one pixel").found("0,0"))
        }
        (Some(Size { width: 0, height: rows }), _) => {
            Ok(Size::new(whole(width * f64::from(rows) / height)?, rows))
        }
        (Some(Size { width: columns, height: 0 }), _) => {
            Ok(Size::new(columns, whole(height * f64::from(columns) / width)?))
        }
        (Some(size), _) => {
            Ok(Size::new(whole(f64::from(size.width))?, whole(f64::from(size.height))?))
        }
        (None, Some(percent)) if percent > 0.0 && percent.is_finite() => {
            Ok(Size::new(whole(width * percent / 100.0)?, whole(height * percent / 100.0)?))
        }
        (None, percent) => {
            Err(Error::usage("percent").expected("more than 0").found(percent.unwrap_or(0.0)))
        }
    }
}
