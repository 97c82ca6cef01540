//! `swath convert`: rewrites a file as COG or plain GeoTIFF, or a part of it, or
//! with other samples.

use clap::{Args, ValueEnum};
use swath::crs::Crs;
use swath::kernel::Resampling;
use swath::ops::expand::Expand;
use swath::ops::warp::{Resolution, WarpOptions, transformer};
use swath::ops::{CastCounts, CastOptions, Scale};
use swath::raster::{Bounds, DataType, NoData, Window};
use swath::{Raster, Result};

use crate::args::{parse_bounds, parse_numbers, parse_resampling, parse_resolution};
use crate::datum::{DatumArgs, operation};
use crate::step::{Apply, StepContext};

#[derive(Debug, Clone, Args)]
pub(crate) struct ConvertStep {
    /// The part to keep, in pixels: COLUMN,ROW,WIDTH,HEIGHT.
    #[arg(long, value_name = "COL,ROW,W,H", value_parser = parse_window, conflicts_with = "bounds")]
    window: Option<Window>,
    /// The part to keep, in the input's coordinates: LEFT,BOTTOM,RIGHT,TOP.
    #[arg(long, value_name = "L,B,R,T", value_parser = parse_bounds, allow_hyphen_values = true)]
    bounds: Option<Bounds>,
    /// The bands to keep, counted from 1, in this order.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    bands: Vec<u16>,
    /// Spell colours out: those of a colour table, of CMYK or of L*a*b*.
    #[arg(long, value_enum)]
    expand: Option<Expansion>,
    /// The type of samples, such as uint8 or float32: integers round half to even
    /// and saturate.
    #[arg(long, value_name = "TYPE", value_parser = parse_dtype)]
    r#type: Option<DataType>,
    /// Scale samples so that A becomes C and B becomes D.
    #[arg(long, value_name = "A,B,C,D", value_parser = parse_scale, allow_hyphen_values = true)]
    scale: Option<Scale>,
    /// The value that stands for what is missing, or none.
    #[arg(long, value_name = "VALUE|none", value_parser = parse_nodata, allow_hyphen_values = true)]
    nodata: Option<NoDataArg>,
    /// The size of an output pixel in the input's units: X, or X,Y.
    #[arg(long, value_name = "X[,Y]", value_parser = parse_resolution, conflicts_with = "tms")]
    resolution: Option<(f64, f64)>,
    /// Reproject onto the whole tiles, of `--tile` pixels, of a tile matrix set.
    #[arg(long, value_enum)]
    tms: Option<TileMatrixSet>,
    /// How values between pixels are made, with `--resolution` or `--tms`.
    #[arg(long, value_name = "METHOD", default_value = "near", value_parser = parse_resampling)]
    resample: Resampling,
    #[command(flatten)]
    datums: DatumArgs,
    /// Set an item of metadata, or take one out: NAME=TEXT, NAME=. May be repeated.
    #[arg(long = "tag", value_name = "NAME=TEXT", value_parser = parse_item)]
    tags: Vec<(String, String)>,
}

/// A nodata value that was typed; `None` takes it away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoDataArg(pub(crate) Option<NoData>);

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Expansion {
    /// Red, green and blue.
    Rgb,
    /// A grey.
    Gray,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TileMatrixSet {
    /// Web Mercator (EPSG:3857), tiles of a quadtree over the world.
    #[value(name = "WebMercatorQuad")]
    WebMercatorQuad,
}

impl Apply for ConvertStep {
    /// Chains what was asked for: first which pixels and bands, then their values, then their
    /// grid.
    fn apply(&self, mut raster: Raster, cx: &StepContext<'_>) -> Result<Raster> {
        if let Some(window) = self.window {
            raster = raster.crop(window)?;
        }
        if let Some(bounds) = self.bounds {
            raster = raster.crop(raster.window_of(bounds)?)?;
        }
        if !self.bands.is_empty() {
            let bands: Vec<_> = self.bands.iter().map(|band| band - 1).collect();
            raster = raster.select_bands(&bands)?;
        }
        raster = match self.expand {
            Some(Expansion::Rgb) => raster.expand(Expand::Rgb)?,
            Some(Expansion::Gray) => raster.expand(Expand::Gray)?,
            None => raster,
        };
        let mut nodata = self.nodata;
        if self.r#type.is_some() || self.scale.is_some() {
            let info = raster.info();
            // A new value takes the place of the old one in the new type.
            let replaced =
                nodata.and_then(|NoDataArg(value)| value).filter(|_| info.nodata.is_some());
            nodata = nodata.filter(|_| replaced.is_none());
            let dtype = self.r#type.unwrap_or(info.dtype);
            if let Some(NoDataArg(None)) = nodata {
                raster = raster.with_nodata(None)?;
                nodata = None;
            }
            let how = CastOptions { dtype, scale: self.scale, nodata: replaced };
            let counts;
            (raster, counts) = raster.cast(how)?;
            cx.warn_afterwards(move || lost(&counts));
        }
        if let Some(NoDataArg(value)) = nodata {
            raster = raster.with_nodata(value)?;
        }
        let how = WarpOptions {
            resampling: self.resample,
            transform: self.datums.options()?,
            ..WarpOptions::default()
        };
        if let Some((x, y)) = self.resolution {
            raster = raster.resize(Resolution { x, y }, &how)?;
        }
        if self.tms.is_some() {
            let to = Crs::from_epsg(3857);
            let shift = transformer(&raster.info().grid, &to, &how.transform)?;
            cx.session.operation(operation(&shift, Some(&raster.info().grid), &self.datums));
            raster = raster.to_web_mercator_quad(cx.write.tile(), &how)?;
        }
        if !self.tags.is_empty() {
            raster = raster.with_items(&self.tags);
        }
        Ok(raster)
    }
}

/// What should be known of samples that were cast.
fn lost(counts: &CastCounts) -> Vec<String> {
    let lost = [
        (counts.saturated(), "were beyond the type and became its least or greatest value"),
        (counts.not_a_number(), "were not a number and became 0"),
    ];
    let any = lost.into_iter().filter(|&(count, _)| count > 0);
    any.map(|(count, what)| format!("{count} samples {what}")).collect()
}

fn parse_window(text: &str) -> Result<Window, String> {
    let numbers: Option<Vec<u32>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[col, row, width, height]) => Ok(Window::new(col.into(), row.into(), width, height)),
        _ => Err(format!("expected COLUMN,ROW,WIDTH,HEIGHT in pixels, found {text:?}")),
    }
}

pub(crate) fn parse_dtype(text: &str) -> Result<DataType, String> {
    let real = || DataType::ALL.into_iter().filter(|dtype| !dtype.is_complex());
    real().find(|dtype| dtype.name() == text).ok_or_else(|| {
        let names: Vec<_> = real().map(DataType::name).collect();
        format!("expected one of {}, found {text:?}", names.join(", "))
    })
}

fn parse_scale(text: &str) -> Result<Scale, String> {
    parse_numbers::<4>(text).map(|[a, b, c, d]| Scale { from: (a, b), to: (c, d) })
}

pub(crate) fn parse_nodata(text: &str) -> Result<NoDataArg, String> {
    if text == "none" {
        return Ok(NoDataArg(None));
    }
    let value = NoData::parse(text).ok_or_else(|| format!("expected a number, found {text:?}"))?;
    Ok(NoDataArg(Some(value)))
}

fn parse_item(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, text)) if !name.is_empty() => Ok((name.into(), text.into())),
        _ => Err(format!("expected NAME=TEXT, found {text:?}")),
    }
}
