//! `swath mosaic`: lays many files on one another.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use swath::crs::Crs;
use swath::input::Files;
use swath::kernel::Resampling;
use swath::ops::CastOptions;
use swath::ops::mosaic::{
    Method, Mosaic, MosaicGrid, MosaicInput, MosaicOptions, Order, OrderBy, Pixels,
};
use swath::ops::warp::{Resolution, WarpOptions};
use swath::raster::{Bounds, DataType, Size};
use swath::{Raster, Result};

use crate::args::{
    ReadArgs, RunArgs, parse_bounds, parse_crs, parse_pixels, parse_resampling, parse_resolution,
};
use crate::convert::{NoDataArg, parse_dtype, parse_nodata};
use crate::cut_args::{CutArgs, UNTOLD};
use crate::cut_each::CutEachArgs;
use crate::datum::{OperationArgs, operations};
use crate::report::peak_memory;
use crate::session::{Outcome, Session};
use crate::sound::{Laid, LeftOut, Stacked};
use crate::write_args::WriteArgs;

#[derive(Debug, Args)]
pub(crate) struct MosaicArgs {
    /// The files, lowest first: names, patterns such as "tiles/*.tif", @FILE for a list of
    /// names, and indexes that swath index wrote (.geojson).
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// The file to write.
    #[arg(short, long = "output", value_name = "FILE")]
    output: PathBuf,
    /// What becomes of samples that lie on one another: first, last, min, max, mean,
    /// median, sum or count.
    #[arg(long, value_name = "METHOD", default_value = "last", value_parser = parse_method)]
    method: Method,
    /// Sort the files first: by name, time (TIFFTAG_DATETIME) or resolution (finest
    /// last), or the other way round by -name, -time, -resolution, -given.
    #[arg(long, value_name = "KEY", default_value = "given", value_parser = parse_order, allow_hyphen_values = true)]
    order: Order,
    /// Sort the files first by a number that an expression makes of what each states, least
    /// first, equal ones by name: "-CLOUD_COVER" lays the clearest on top. Names: items of
    /// its metadata, width, height, bands, resolution, left, bottom, right, top, time, index,
    /// name1, name2 ... (numbers in its file name).
    #[arg(long, value_name = "EXPR", value_parser = parse_order_by, allow_hyphen_values = true, conflicts_with = "order")]
    order_by: Option<OrderBy>,
    /// The coordinate reference system of the output [default: that of the first file].
    #[arg(long, value_name = "CRS", value_parser = parse_crs)]
    to: Option<Crs>,
    /// The size of an output pixel: finest, coarsest, first or average of the files', or
    /// X or X,Y in units of the output's CRS.
    #[arg(long, value_name = "X[,Y]", default_value = "finest", value_parser = parse_pixel)]
    resolution: Pixels,
    /// The extent of the output: LEFT,BOTTOM,RIGHT,TOP [default: that of all files].
    #[arg(long, value_name = "L,B,R,T", value_parser = parse_bounds, allow_hyphen_values = true)]
    bounds: Option<Bounds>,
    /// The CRS of --bounds [default: that of the output].
    #[arg(long, value_name = "CRS", value_parser = parse_crs, requires = "bounds")]
    bounds_crs: Option<Crs>,
    /// The size of the output in pixels; 0 for one of them follows from the other.
    #[arg(long, value_name = "W,H", value_parser = parse_pixels, conflicts_with = "resolution")]
    size: Option<Size>,
    /// Lay the edges of pixels on multiples of their size.
    #[arg(long, conflicts_with = "size")]
    align: bool,
    /// The grid of another file: its CRS, extent and pixels.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "resolution", "bounds", "size", "align"])]
    like: Option<PathBuf>,
    /// How values between pixels are made, of files whose pixels are not the output's.
    #[arg(long, alias = "resampling", value_name = "METHOD", default_value = "near", value_parser = parse_resampling)]
    resample: Resampling,
    /// Let files fade into those below over so many output pixels along their edges.
    #[arg(long, value_name = "PIXELS", default_value_t = 0.0)]
    blend: f64,
    /// The type of the output's samples [default: the smallest that holds those of all
    /// files; float32 or float64 for mean and median, float64 for sum, uint32 for count].
    #[arg(long = "type", visible_alias = "dtype", value_name = "TYPE", value_parser = parse_dtype)]
    dtype: Option<DataType>,
    /// The value that stands for "no value" in the files, whatever they say; none for no
    /// value.
    #[arg(long, value_name = "VALUE", value_parser = parse_nodata, allow_hyphen_values = true)]
    src_nodata: Option<NoDataArg>,
    /// The value that stands for "no value" in the output [default: that of the first file
    /// that has one].
    #[arg(long, value_name = "VALUE", value_parser = parse_nodata, allow_hyphen_values = true)]
    dst_nodata: Option<NoDataArg>,
    /// Add a band of opacity: 0 where there is no value.
    #[arg(long, conflicts_with = "dst_nodata")]
    dst_alpha: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    datums: OperationArgs,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    cut_each: CutEachArgs,
    #[command(flatten)]
    write: WriteArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    read: ReadArgs,
}

fn parse_method(text: &str) -> Result<Method, String> {
    text.parse::<Method>().map_err(|e| e.to_string())
}

fn parse_order(text: &str) -> Result<Order, String> {
    text.parse::<Order>().map_err(|e| e.to_string())
}

fn parse_order_by(text: &str) -> Result<OrderBy, String> {
    text.parse::<OrderBy>().map_err(|e| e.to_string())
}

fn parse_pixel(text: &str) -> Result<Pixels, String> {
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return text.parse::<Pixels>().map_err(|e| e.to_string());
    }
    parse_resolution(text).map(|(x, y)| Pixels::Of(Resolution { x, y }))
}

impl MosaicArgs {
    fn options(&self, files: &Files) -> Result<MosaicOptions> {
        let like = self.like.as_ref().map(|path| files.open(path)).transpose()?;
        Ok(MosaicOptions {
            method: self.method,
            grid: MosaicGrid {
                like: like.map(|raster| raster.info().grid.clone()),
                to: self.to.clone(),
                pixels: self.resolution,
                bounds: self.bounds,
                bounds_crs: self.bounds_crs.clone(),
                size: self.size,
                align: self.align,
            },
            warp: WarpOptions {
                resampling: self.resample,
                // In the output's type, which a cast may make another.
                nodata: self.nodata().filter(|_| self.dtype.is_none()),
                transform: self.datums.options(None)?,
                ..WarpOptions::default()
            },
            blend: self.blend,
        })
    }

    fn nodata(&self) -> Option<swath::raster::NoData> {
        self.dst_nodata.and_then(|NoDataArg(value)| value)
    }

    /// What is done to the mosaic before it is written.
    fn finish(&self, mut raster: Raster, session: &Session<'_>) -> Result<Raster> {
        if let Some(dtype) = self.dtype {
            let how = CastOptions { dtype, scale: None, nodata: self.nodata() };
            raster = raster.cast(how)?.0;
        }
        if self.dst_alpha || self.write.wants_alpha() {
            raster = raster.with_alpha()?;
        } else if matches!(self.dst_nodata, Some(NoDataArg(None))) {
            raster = raster.with_nodata(None)?;
        }
        self.cut.cut(raster, &self.write, session)
    }
}

pub(crate) fn run(args: &MosaicArgs, session: &Session<'_>) -> Result<()> {
    // What is wrong with them is said before anything is opened.
    args.write.options()?;
    let files = session.files_of_many(&args.read);
    let options = args.options(&files)?;
    let stacked = Stacked {
        typed: &args.inputs,
        src_nodata: args.src_nodata,
        read: &args.read,
        files: &files,
        opens_all: args.order_by.is_some(),
    };
    let (Laid { inputs, mosaic }, left_out) = stacked.lay(session, |inputs, left_out| {
        args.cut_each.cut(inputs, args.cut.cutline_crs.as_ref(), "mosaic", left_out)?;
        match &args.order_by {
            Some(by) => by.sort(inputs)?,
            None => args.order.sort(inputs)?,
        }
        Mosaic::new(inputs.clone(), &options)
    })?;
    let given = inputs.len();
    let share = tell(&inputs, &mosaic, &options, &args.datums, session)?;
    let raster = args.finish(mosaic.raster.clone(), session)?;
    let made = Made {
        mosaic: &mosaic,
        raster: &raster,
        files: &files,
        typed: &args.inputs,
        given,
        left_out: &left_out,
        output: &args.output,
        write: &args.write,
        warns: args.method != Method::Count && !args.cut.is_given(),
        share,
    };
    made.write(args.json.then_some(("method", args.method.name())), session)
}

/// Tells how inputs come to one place and one type. Returns what share of the input that loses
/// most its grids reach.
pub(crate) fn tell(
    inputs: &[MosaicInput],
    mosaic: &Mosaic,
    options: &MosaicOptions,
    datums: &OperationArgs,
    session: &Session<'_>,
) -> Result<Option<f64>> {
    let info = mosaic.raster.info();
    let to = info.grid.crs.as_ref();
    let told = operations(inputs, to, &options.warp.transform, &datums.datums)?;
    let share = told.iter().find_map(|told| told.share);
    told.into_iter().for_each(|told| session.operation(told));
    if mosaic.inputs == 0 {
        session.warn("none of the files lies in the output: are the bounds in units of its CRS?");
    }
    let chooses =
        matches!(options.method, Method::First | Method::Last | Method::Min | Method::Max);
    let whole = |input: &MosaicInput| {
        let dtype = input.raster.info().dtype;
        !dtype.is_float() && !dtype.is_complex()
    };
    if chooses && info.dtype.is_float() && inputs.iter().all(whole) {
        session.warn(&format!(
            "no integer type holds the samples of all files: they become {}, and round beyond 2^53",
            info.dtype
        ));
    }
    Ok(share)
}

/// A mosaic of files, as it is to be written.
pub(crate) struct Made<'a> {
    pub(crate) mosaic: &'a Mosaic,
    /// The mosaic, and what was done to it since.
    pub(crate) raster: &'a Raster,
    pub(crate) files: &'a Files,
    /// What was typed for the inputs.
    pub(crate) typed: &'a [PathBuf],
    /// How many files were named and not left out.
    pub(crate) given: usize,
    /// Which others were left out.
    pub(crate) left_out: &'a LeftOut,
    pub(crate) output: &'a Path,
    pub(crate) write: &'a WriteArgs,
    /// Whether to warn of samples that no file has a value for, if the output does not tell them
    /// from values.
    pub(crate) warns: bool,
    /// What share of the input that loses most its grids reach.
    pub(crate) share: Option<f64>,
}

impl Made<'_> {
    /// Writes it; says what was done, for machines if `how` names a key and a value of it.
    pub(crate) fn write(
        &self,
        how: Option<(&'static str, &'static str)>,
        session: &Session<'_>,
    ) -> Result<()> {
        let Self { mosaic, raster, files, typed, output, .. } = self;
        let (engine, options) = (session.engine, self.write.options()?);
        let made = session.write(raster, output, typed, &options, files)?;
        let Some(made) = made else { return Ok(()) };
        session.left_out(self.left_out);
        let Outcome { written, seconds } = made;
        let missing = mosaic.made().missing();
        if self.warns && missing > 0 && !self.write.tells_missing(raster.info()) {
            session.warn(&format!("where no file has a value the output is 0{UNTOLD}"));
        }
        let Some((key, value)) = how else { return Ok(()) };
        let report = json!({
            "output": output.display().to_string(),
            "size": [written.size.width, written.size.height],
            "bands": written.bands,
            "type": written.dtype.name(),
            "geoTransform": raster.info().grid.transform.to_gdal(),
            key: value,
            "inputs": {
                "given": self.given,
                "used": mosaic.inputs,
                "resampled": mosaic.resampled,
                "opened": files.opened(),
                "leftOut": self.left_out.as_json(),
            },
            "samples": {
                "valid": mosaic.made().valid(),
                "nodata": missing,
                "saturated": mosaic.warped().saturated(),
            },
            "gridCoverage": self.share,
            "largestCoordinateError": mosaic.warped().max_error(),
            "chunks": { "decoded": engine.chunks_decoded(), "distinct": engine.chunks_seen() },
            "peakMemory": peak_memory(),
            "seconds": seconds,
        });
        session.say(&format!("{report:#}\n"))
    }
}
