//! `swath warp`: reprojects and resamples a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::json;
use swath::crs::{Crs, TransformOptions, Transformer};
use swath::input::Files;
use swath::kernel::Resampling;
use swath::ops::locate::Located;
use swath::ops::warp::{
    GridRequest, Resolution, SourceOverview, Tally, Unified, WarpOptions, transformer,
};
use swath::ops::web_mercator_quad;
use swath::raster::{Bounds, DataType, Grid, Raster, Size};
use swath::{Error, Result};

use crate::args::{
    JobArgs, ReadArgs, RunArgs, parse_bounds, parse_crs, parse_pixels, parse_resampling,
    parse_resolution,
};
use crate::convert::{NoDataArg, TileMatrixSet, parse_nodata};
use crate::cut_args::CutArgs;
use crate::cut_each::CutEachArgs;
use crate::datum::{OperationArgs, operation, operation_json};
use crate::job::{Done, Job, Parts};
use crate::place_args::{self, PlaceArgs};
use crate::report::peak_memory;
use crate::session::Session;
use crate::step::{Apply, Chain, Step, StepContext};
use crate::write_args::WriteArgs;
use crate::{inputs, warp_many};

#[derive(Debug, Clone, Args)]
#[command(override_usage = "swath warp [OPTIONS] --to CRS INPUT OUTPUT\n       \
    swath warp [OPTIONS] --to CRS INPUT... -o OUTPUT")]
pub(crate) struct WarpArgs {
    /// The file to read and the file to write; with -o the files to read, of which the
    /// last lies on top: names, patterns, @FILE for a list of names, and indexes.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The file to write.
    #[arg(short, long = "output", value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) step: WarpStep,
    /// Of several inputs, let each fade into those before it over so many output pixels
    /// along its edges.
    #[arg(long, value_name = "PIXELS", default_value_t = 0.0)]
    pub(crate) blend: f64,
    #[command(flatten)]
    pub(crate) cut_each: CutEachArgs,
    /// Print what was done as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) write: WriteArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

impl WarpArgs {
    /// Returns the chain of this one step; `None` if it is not from one file, named first, to
    /// another.
    pub(crate) fn chain(self) -> Option<Chain> {
        let Self { files, out: None, step, cut_each, write, run, read, .. } = self else {
            return None;
        };
        if cut_each.is_given() {
            return None;
        }
        let [input, output] = <[PathBuf; 2]>::try_from(files).ok()?;
        let steps = vec![Step::Warp(Box::new(step))];
        Some(Chain { steps, job: JobArgs { input, output, write, run, read } })
    }
}

/// How a raster is warped.
#[derive(Debug, Clone, Args)]
pub(crate) struct WarpStep {
    /// The coordinate reference system of the output, such as EPSG:3857.
    #[arg(long, value_name = "CRS", value_parser = parse_crs, required_unless_present_any = ["like", "tms"])]
    pub(crate) to: Option<Crs>,
    /// How values between pixels are made: near, bilinear, cubic, cubicspline,
    /// lanczos, average, rms, mode, min, max, med, q1, q3, sum or area.
    #[arg(long, value_name = "METHOD", default_value = "near", value_parser = parse_resampling)]
    pub(crate) resample: Resampling,
    /// The size of an output pixel in units of the output CRS: X, or X,Y.
    #[arg(long, value_name = "X[,Y]", value_parser = parse_resolution, allow_hyphen_values = true)]
    pub(crate) resolution: Option<(f64, f64)>,
    /// The extent of the output: LEFT,BOTTOM,RIGHT,TOP.
    #[arg(long, value_name = "L,B,R,T", value_parser = parse_bounds, allow_hyphen_values = true)]
    pub(crate) bounds: Option<Bounds>,
    /// The CRS of --bounds [default: that of the output].
    #[arg(long, value_name = "CRS", value_parser = parse_crs, requires = "bounds")]
    pub(crate) bounds_crs: Option<Crs>,
    /// The size of the output in pixels; 0 for one of them follows from the other.
    #[arg(long, value_name = "W,H", value_parser = parse_pixels, conflicts_with = "resolution")]
    pub(crate) size: Option<Size>,
    /// Lay the edges of pixels on multiples of --resolution.
    #[arg(long, requires = "resolution")]
    pub(crate) align: bool,
    /// Square pixels, whatever those of the input are.
    #[arg(long, conflicts_with_all = ["resolution", "size"])]
    pub(crate) square: bool,
    /// The grid of another file: its CRS, extent and pixels.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "resolution", "bounds", "size", "square"])]
    pub(crate) like: Option<PathBuf>,
    /// Whole tiles, of `--tile` pixels, of a tile matrix set, at the zoom level next to the
    /// input's resolution.
    #[arg(long, value_enum, conflicts_with_all = ["to", "resolution", "bounds", "size", "align", "square", "like"])]
    pub(crate) tms: Option<TileMatrixSet>,
    /// The most by which the coordinate transformation may be approximated, in
    /// source pixels; 0 transforms every pixel exactly.
    #[arg(long, value_name = "PIXELS")]
    max_error: Option<f64>,
    /// The value that stands for "no value" in the input, whatever it says; none
    /// for no value.
    #[arg(long, value_name = "VALUE", value_parser = parse_nodata, allow_hyphen_values = true)]
    pub(crate) src_nodata: Option<NoDataArg>,
    /// The value that stands for "no value" in the output [default: the input's].
    #[arg(long, value_name = "VALUE", value_parser = parse_nodata, allow_hyphen_values = true)]
    pub(crate) dst_nodata: Option<NoDataArg>,
    /// Add a band of opacity: 0 where there is no value.
    #[arg(long, conflicts_with = "dst_nodata")]
    pub(crate) dst_alpha: bool,
    /// Whether an input pixel is missing only where all bands are (yes), where
    /// any is (partial), or band by band (no) [default: band by band, but where
    /// all are missing none is interpolated].
    #[arg(long, value_enum, value_name = "WHEN")]
    unified_nodata: Option<When>,
    /// The overview of the input to read: auto, none, or a number from 0 on.
    #[arg(long, value_name = "WHICH", default_value = "auto", value_parser = parse_overview)]
    overview: SourceOverview,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) datums: OperationArgs,
    #[command(flatten)]
    pub(crate) cut: CutArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum When {
    Yes,
    No,
    Partial,
}

pub(crate) fn parse_overview(text: &str) -> Result<SourceOverview, String> {
    match text {
        "auto" => Ok(SourceOverview::Auto),
        "none" => Ok(SourceOverview::None),
        number => number
            .parse()
            .map(SourceOverview::Level)
            .map_err(|_| format!("expected auto, none or a number, found {text:?}")),
    }
}

impl WarpStep {
    /// Chooses the grid.
    fn grid(&self, from: &Grid, transform: &TransformOptions, files: &Files) -> Result<Grid> {
        if let Some(path) = &self.like {
            return Ok(files.open(path)?.info().grid.clone());
        }
        let to = self.to.clone().ok_or_else(|| Error::usage("neither --to nor --like"))?;
        GridRequest {
            resolution: self.resolution.map(|(x, y)| Resolution { x, y }),
            bounds: self.bounds,
            bounds_crs: self.bounds_crs.clone(),
            size: self.size,
            align: self.align,
            square: self.square,
            transform: transform.clone(),
            ..GridRequest::new(to)
        }
        .grid(from)
    }

    pub(crate) fn options(&self, transform: &TransformOptions) -> WarpOptions {
        let default = WarpOptions::default();
        WarpOptions {
            resampling: self.resample,
            max_error: self.max_error.unwrap_or(default.max_error),
            overview: self.overview,
            unified: match self.unified_nodata {
                None => Unified::Mixed,
                Some(When::Yes) => Unified::Yes,
                Some(When::No) => Unified::No,
                Some(When::Partial) => Unified::Partial,
            },
            nodata: self.dst_nodata.and_then(|NoDataArg(value)| value),
            transform: transform.clone(),
        }
    }
}

pub(crate) fn run(args: &WarpArgs, session: &Session<'_>) -> Result<()> {
    let (files, output) = match (&args.out, args.files.as_slice()) {
        (Some(out), files) => (files, out),
        (None, [input, output]) => (std::slice::from_ref(input), output),
        (None, _) => {
            return Err(Error::usage("files without -o")
                .expected("one to read and one to write")
                .found(args.files.len())
                .hint("name the output of several inputs: -o OUTPUT"));
        }
    };
    match inputs::expand(files)?.as_slice() {
        [input] if !inputs::is_index(input) && !args.cut_each.is_given() => {
            one(args, input, output, session)
        }
        _ => warp_many::run(args, files, output, session),
    }
}

/// Warps one file.
fn one(args: &WarpArgs, input: &Path, output: &Path, session: &Session<'_>) -> Result<()> {
    let WarpArgs { write, read, .. } = args;
    let job = Job::of(Parts { input, output, write, read }, session)?;
    let cx = job.context();
    let warped = args.step.warp(job.input.clone(), &cx).map_err(|e| cx.place(e))?;
    let Some(done) = job.write(&warped.raster)? else { return Ok(()) };
    if args.json {
        let report = report(output, args.step.resample, &warped, &done);
        session.say(&format!("{report:#}\n"))?;
    }
    Ok(())
}

/// A raster that was warped, and what there is to say of it.
struct Warped {
    raster: Raster,
    tally: Arc<Tally>,
    transformer: Transformer,
    /// How much of it grids of datum shifts cover.
    share: Option<f64>,
    /// How its pixels were placed, if not by a GeoTransform.
    located: Option<Located>,
}

impl Apply for WarpStep {
    fn apply(&self, input: Raster, cx: &StepContext<'_>) -> Result<Raster> {
        self.warp(input, cx).map(|warped| warped.raster)
    }

    fn beside(&mut self) -> Vec<&mut PathBuf> {
        self.like.iter_mut().chain(&mut self.cut.cutline).chain(&mut self.place.dem).collect()
    }
}

impl WarpStep {
    fn warp(&self, input: Raster, cx: &StepContext<'_>) -> Result<Warped> {
        let input = match self.src_nodata {
            Some(NoDataArg(nodata)) => input.assume_nodata(nodata)?,
            None => input,
        };
        let (input, located) = self.place.place(&input, cx.files)?;
        if let Some(located) = &located {
            let name = cx.path.map_or_else(String::new, |path| path.display().to_string());
            place_args::tell(&name, located, cx.session);
        }
        let from = &input.info().grid;
        if from.crs.is_none() {
            return Err(Error::unsupported("warping a file without a coordinate reference system")
                .hint("give it one first, with swath edit --crs"));
        }
        let how = self.datums.options(None)?;
        let (grid, zoom) = match self.tms {
            Some(TileMatrixSet::WebMercatorQuad) => {
                let (grid, zoom) = web_mercator_quad(from, cx.write.tile(), &how)?;
                (grid, Some(zoom))
            }
            None => (self.grid(from, &how, cx.files)?, None),
        };
        let Some(to) = grid.crs.clone() else {
            return Err(Error::usage("the grid of --like")
                .expected("one with a coordinate reference system"));
        };
        let (mut raster, tally) = input.warp_tallied(grid.clone(), &self.options(&how))?;
        if self.dst_alpha {
            raster = raster.with_alpha()?;
        } else if matches!(self.dst_nodata, Some(NoDataArg(None))) {
            raster = raster.with_nodata(None)?;
        }
        if let Some(zoom) = zoom {
            raster = raster.on_web_mercator_quad(zoom);
        }
        raster = self.cut.cut(raster, cx.write, cx.session)?;
        let transformer = transformer(from, &to, &how)?;
        let told = operation(&transformer, Some(from), &self.datums.datums);
        let share = told.share;
        cx.session.operation(told);
        if is_apart(&grid, from, &to, &how) {
            cx.warn(
                "nothing of it lies in the output: are the bounds in units of the output's CRS?",
            );
        }
        let (dtype, counts) = (raster.info().dtype, Arc::clone(&tally));
        cx.warn_afterwards(move || saturated(&counts, dtype));
        Ok(Warped { raster, tally, transformer, share, located })
    }
}

/// What should be known of samples that did not fit their type.
fn saturated(tally: &Tally, dtype: DataType) -> Vec<String> {
    let count = Some(tally.saturated()).filter(|&count| count > 0);
    let line =
        |count| format!("{count} samples did not fit {dtype} and hold its least or largest value");
    count.map(line).into_iter().collect()
}

/// What was done, for machines.
fn report(
    output: &Path,
    resampling: Resampling,
    warped: &Warped,
    done: &Done,
) -> serde_json::Value {
    let Warped { raster, tally, transformer, share, located } = warped;
    let info = raster.info();
    let transform = info.grid.transform.to_gdal();
    let pixels = info.grid.size.pixels();
    let mut report = json!({
        "output": output.display().to_string(),
        "size": [info.grid.size.width, info.grid.size.height],
        "bands": info.bands,
        "type": info.dtype.name(),
        "geoTransform": transform,
        "resampling": resampling.name(),
        "operation": transformer.operation().to_string(),
        "accuracy": transformer.accuracy(),
        "ballpark": transformer.operation().is_ballpark(),
        "better": transformer.better().map(operation_json),
        "gridCoverage": share,
        "largestCoordinateError": tally.max_error(),
        "samples": {
            "valid": tally.valid(),
            "nodata": tally.missing(),
            "saturated": tally.saturated(),
        },
        "chunks": { "decoded": done.decoded, "distinct": done.distinct },
        "decodeAmplification": done.decoded as f64 / (done.distinct as f64).max(1.0),
        "peakMemory": peak_memory(),
        "seconds": done.seconds,
        "megapixelsPerSecond": pixels as f64 / 1e6 / done.seconds.max(1e-3),
    });
    if let Some(located) = located {
        report["placement"] = place_args::as_json(located);
    }
    report
}

/// Whether a grid shows nothing of another's extent.
fn is_apart(grid: &Grid, from: &Grid, to: &Crs, how: &TransformOptions) -> bool {
    let request = GridRequest { transform: how.clone(), ..GridRequest::new(to.clone()) };
    let Ok(whole) = request.grid(from) else { return false };
    let (a, b) = (grid.bounds(), whole.bounds());
    a.left >= b.right || b.left >= a.right || a.bottom >= b.top || b.bottom >= a.top
}
