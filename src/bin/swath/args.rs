//! What is typed, and how it becomes the library's values.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use swath::codec::{Compression, Predictor};
use swath::crs::Crs;
use swath::engine::{Engine, EngineOptions};
use swath::geotiff::{
    BigTiff, Format, Interleave, Mask, OpenOptions, OverviewResampling, Overviews, WriteOptions,
};
use swath::io::{IoMode, Overwrite};
use swath::kernel::Resampling;
use swath::ops::Scale;
use swath::raster::{Bounds, DataType, NoData, Size, Window};
use swath::{Error, Result};

/// Reads, reprojects, resamples and writes GeoTIFF and COG rasters on every
/// core, with the same bytes every time.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXIT_CODES: &str = "Exit codes: 0 all of it worked, 1 defect of swath, 2 usage, \
    3 input breaks its format, 4 not supported, 5 refused by the operating system, \
    6 limit met, 130 stopped";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Shows what a file is.
    Info(InfoArgs),
    /// Rewrites a file as COG or plain tiled GeoTIFF.
    Convert(ConvertArgs),
    /// Reprojects and resamples a file.
    Warp(WarpArgs),
}

#[derive(Debug, Args)]
pub(crate) struct InfoArgs {
    /// The file to look at.
    pub(crate) file: PathBuf,
    /// Print JSON, with the keys of `gdalinfo -json` where they mean the same.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// The part to keep, in pixels: COLUMN,ROW,WIDTH,HEIGHT.
    #[arg(long, value_name = "COL,ROW,W,H", value_parser = parse_window, conflicts_with = "bounds")]
    pub(crate) window: Option<Window>,
    /// The part to keep, in the input's coordinates: LEFT,BOTTOM,RIGHT,TOP.
    #[arg(long, value_name = "L,B,R,T", value_parser = parse_bounds, allow_hyphen_values = true)]
    pub(crate) bounds: Option<Bounds>,
    /// The bands to keep, counted from 1, in this order.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) bands: Vec<u16>,
    /// The type of samples, such as uint8 or float32: integers round half to even
    /// and saturate.
    #[arg(long, value_name = "TYPE", value_parser = parse_dtype)]
    pub(crate) r#type: Option<DataType>,
    /// Scale samples so that A becomes C and B becomes D.
    #[arg(long, value_name = "A,B,C,D", value_parser = parse_scale, allow_hyphen_values = true)]
    pub(crate) scale: Option<Scale>,
    /// The value that stands for what is missing, or none.
    #[arg(long, value_name = "VALUE|none", value_parser = parse_nodata, allow_hyphen_values = true)]
    pub(crate) nodata: Option<NoDataArg>,
    /// The size of an output pixel in the input's units: X, or X,Y.
    #[arg(long, value_name = "X[,Y]", value_parser = parse_resolution, conflicts_with = "tms")]
    pub(crate) resolution: Option<(f64, f64)>,
    /// Reproject onto the whole tiles, of `--tile` pixels, of a tile matrix set.
    #[arg(long, value_enum)]
    pub(crate) tms: Option<TileMatrixSet>,
    /// How values between pixels are made, with `--resolution` or `--tms`.
    #[arg(long, value_name = "METHOD", default_value = "near", value_parser = parse_resampling)]
    pub(crate) resample: Resampling,
    /// Set an item of metadata, or take one out: NAME=TEXT, NAME=. May be repeated.
    #[arg(long = "tag", value_name = "NAME=TEXT", value_parser = parse_item)]
    pub(crate) tags: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) job: JobArgs,
}

/// A nodata value that was typed; `None` takes it away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoDataArg(pub(crate) Option<NoData>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TileMatrixSet {
    /// Web Mercator (EPSG:3857), tiles of a quadtree over the world.
    #[value(name = "WebMercatorQuad")]
    WebMercatorQuad,
}

/// From one file to another: what every verb that writes takes.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    /// The file to read.
    pub(crate) input: PathBuf,
    /// The file to write.
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) write: WriteArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WarpArgs {
    /// The coordinate reference system of the output, such as EPSG:3857.
    #[arg(long, value_name = "CRS", value_parser = parse_crs)]
    pub(crate) to: Crs,
    /// How values between pixels are made.
    #[arg(long, value_name = "METHOD", default_value = "near", value_parser = parse_resampling)]
    pub(crate) resample: Resampling,
    /// The size of an output pixel in units of the output CRS: X, or X,Y.
    #[arg(long, value_name = "X[,Y]", value_parser = parse_resolution, allow_hyphen_values = true)]
    pub(crate) resolution: Option<(f64, f64)>,
    /// The extent of the output in its CRS: LEFT,BOTTOM,RIGHT,TOP.
    #[arg(long, value_name = "L,B,R,T", value_parser = parse_bounds, allow_hyphen_values = true)]
    pub(crate) bounds: Option<Bounds>,
    /// The size of the output in pixels; 0 for one of them follows from the other.
    #[arg(long, value_name = "W,H", value_parser = parse_pixels, conflicts_with = "resolution")]
    pub(crate) size: Option<Size>,
    /// The most by which the coordinate transformation may be approximated, in
    /// source pixels; 0 transforms every pixel exactly.
    #[arg(long, value_name = "PIXELS")]
    pub(crate) max_error: Option<f64>,
    #[command(flatten)]
    pub(crate) job: JobArgs,
}

/// How files are read.
#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// Map the file into memory, or read it by positions (for files that may
    /// shrink meanwhile, and network disks).
    #[arg(long, value_enum, default_value_t = Io::Map)]
    io: Io,
    /// The image of a file of several, counted from 1; overviews and masks count.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Io {
    Map,
    Pread,
}

impl ReadArgs {
    pub(crate) fn options(&self) -> OpenOptions {
        let io = match self.io {
            Io::Map => IoMode::Map,
            Io::Pread => IoMode::Pread,
        };
        OpenOptions { io, page: self.page - 1, ..OpenOptions::default() }
    }
}

/// How files are written.
#[derive(Debug, Args)]
pub(crate) struct WriteArgs {
    /// The layout of the output.
    #[arg(long, value_enum, default_value_t = Layout::Cog)]
    format: Layout,
    /// The codec of the output.
    #[arg(long, value_enum, default_value_t = Codec::Zstd)]
    compress: Codec,
    /// The effort of the codec: deflate 1-9, zstd 1-22.
    #[arg(long, value_name = "N")]
    level: Option<u8>,
    /// What is done to samples before they are compressed.
    #[arg(long, value_enum, default_value_t = Predict::Auto)]
    predictor: Predict,
    /// The side of a stored tile in pixels, a multiple of 16.
    #[arg(long, value_name = "PIXELS", default_value_t = 512)]
    tile: u32,
    /// Store strips of so many rows instead of tiles (with `--format gtiff`).
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    strips: Option<u32>,
    /// Whether a chunk holds all bands of its pixels or one.
    #[arg(long, value_enum, default_value_t = Bands::Pixel)]
    interleave: Bands,
    /// Which smaller copies are stored with the image: `auto` (halves of halves,
    /// with `--format cog`), `none`, or the factors by which they are smaller.
    #[arg(long, value_name = "auto|none|LIST", default_value = "auto", value_parser = parse_overviews)]
    overviews: Overviews,
    /// How the pixels of smaller copies are made: nearest, average, bilinear,
    /// cubic, lanczos, mode, rms or gauss.
    #[arg(long, value_name = "METHOD", default_value = "average", value_parser = parse_shrink)]
    overview_resampling: OverviewResampling,
    /// How validity is stored that no nodata value states.
    #[arg(long, value_enum, default_value_t = Masks::Auto)]
    mask: Masks,
    /// Leave out chunks that hold nothing but nodata (0 without it).
    #[arg(long)]
    sparse: bool,
    /// Whether the file has 64-bit offsets; `auto` is decided by its size.
    #[arg(long, value_enum, default_value_t = Offsets::Auto)]
    bigtiff: Offsets,
    /// Store each band's minimum, maximum, mean and standard deviation.
    #[arg(long)]
    stats: bool,
    /// Replace the output if it exists.
    #[arg(long)]
    overwrite: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// Cloud optimized GeoTIFF: overviews, laid out for reading in parts.
    Cog,
    /// Plain tiled GeoTIFF.
    Gtiff,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Codec {
    None,
    Deflate,
    Lzw,
    Packbits,
    Zstd,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Predict {
    /// `horizontal` for integers, `float` for floating point numbers.
    Auto,
    None,
    Horizontal,
    Float,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Bands {
    Pixel,
    Band,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Masks {
    /// As the input has it.
    Auto,
    /// A mask of one bit a pixel, for overviews too.
    Internal,
    /// One more band of opacity.
    Alpha,
    /// Not: missing pixels become nodata, or 0 without it.
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Offsets {
    Auto,
    Yes,
    No,
}

impl WriteArgs {
    pub(crate) fn options(&self) -> Result<WriteOptions> {
        let level = |default: u8, most: u8| match self.level {
            Some(n) if !(1..=most).contains(&n) => {
                Err(Error::usage("--level").expected(format!("1 to {most}")).found(n))
            }
            n => Ok(n.unwrap_or(default)),
        };
        let compression = match self.compress {
            Codec::Deflate => Compression::Deflate { level: level(6, 9)? },
            Codec::Zstd => Compression::Zstd { level: level(3, 22)?.into() },
            other if self.level.is_some() => {
                let name = other.to_possible_value();
                let name = name.as_ref().map_or("codec", |v| v.get_name());
                return Err(Error::usage(format!("--level with --compress {name}"))
                    .hint("only deflate and zstd have levels"));
            }
            Codec::None => Compression::None,
            Codec::Lzw => Compression::Lzw,
            Codec::Packbits => Compression::PackBits,
        };
        let format = match (self.format, self.strips) {
            (Layout::Cog, None) => Format::Cog,
            (Layout::Gtiff, None) => Format::Tiled,
            (Layout::Gtiff, Some(rows)) => Format::Striped { rows },
            (Layout::Cog, Some(_)) => {
                return Err(Error::usage("--strips with --format cog")
                    .hint("a COG is tiled: add --format gtiff"));
            }
        };
        Ok(WriteOptions {
            format,
            compression,
            predictor: match self.predictor {
                Predict::Auto => None,
                Predict::None => Some(Predictor::None),
                Predict::Horizontal => Some(Predictor::Horizontal),
                Predict::Float => Some(Predictor::Float),
            },
            tile: self.tile,
            interleave: match self.interleave {
                Bands::Pixel => Interleave::Pixel,
                Bands::Band => Interleave::Band,
            },
            overviews: self.overviews.clone(),
            overview_resampling: self.overview_resampling,
            mask: match self.mask {
                Masks::Auto => Mask::Auto,
                Masks::Internal => Mask::Internal,
                // What is missing is stated by the band that is added.
                Masks::Alpha | Masks::None => Mask::None,
            },
            sparse: self.sparse,
            bigtiff: match self.bigtiff {
                Offsets::Auto => BigTiff::Auto,
                Offsets::Yes => BigTiff::Yes,
                Offsets::No => BigTiff::No,
            },
            statistics: self.stats,
            overwrite: if self.overwrite { Overwrite::Replace } else { Overwrite::Refuse },
        })
    }
}

impl WriteArgs {
    /// The side of a stored tile in pixels.
    pub(crate) fn tile(&self) -> u32 {
        self.tile
    }

    /// Whether validity becomes a band of opacity.
    pub(crate) fn wants_alpha(&self) -> bool {
        self.mask == Masks::Alpha
    }
}

/// How the work is done; none of it changes a byte of the output.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Worker threads [default: what the machine's affinity and cgroups allow].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// The memory the run may hold, such as 256MiB or 2GB [default: a quarter of
    /// what the machine and its cgroups allow, between 64 and 512 MiB].
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    memory: Option<u64>,
    /// The size in pixels of a unit of work [default: one stored tile].
    #[arg(long, value_name = "W,H", value_parser = parse_pixels, hide_short_help = true)]
    work: Option<Size>,
    /// Say nothing but errors.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

impl RunArgs {
    /// Makes the engine, stopped by Ctrl-C, SIGTERM and SIGHUP.
    pub(crate) fn engine(&self) -> Result<Engine> {
        let mut options = EngineOptions::default();
        options.threads = self.threads.map_or(options.threads, usize::from);
        options.memory = self.memory.unwrap_or(options.memory);
        options.work = self.work;
        let engine = Engine::new(options)?;
        let cancel = engine.cancel_flag();
        ctrlc::set_handler(move || cancel.cancel())
            .map_err(|e| Error::io("listen for Ctrl-C", std::io::Error::other(e)))?;
        Ok(engine)
    }
}

fn parse_crs(text: &str) -> Result<Crs, String> {
    Crs::parse(text).map_err(|e| e.to_string())
}

fn parse_resampling(text: &str) -> Result<Resampling, String> {
    text.parse::<Resampling>().map_err(|e| e.to_string())
}

fn parse_shrink(text: &str) -> Result<OverviewResampling, String> {
    text.parse::<OverviewResampling>().map_err(|e| e.to_string())
}

fn parse_window(text: &str) -> Result<Window, String> {
    let numbers: Option<Vec<u32>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[col, row, width, height]) => Ok(Window::new(col.into(), row.into(), width, height)),
        _ => Err(format!("expected COLUMN,ROW,WIDTH,HEIGHT in pixels, found {text:?}")),
    }
}

fn parse_dtype(text: &str) -> Result<DataType, String> {
    let real = || DataType::ALL.into_iter().filter(|dtype| !dtype.is_complex());
    real().find(|dtype| dtype.name() == text).ok_or_else(|| {
        let names: Vec<_> = real().map(DataType::name).collect();
        format!("expected one of {}, found {text:?}", names.join(", "))
    })
}

fn parse_scale(text: &str) -> Result<Scale, String> {
    parse_numbers::<4>(text).map(|[a, b, c, d]| Scale { from: (a, b), to: (c, d) })
}

fn parse_nodata(text: &str) -> Result<NoDataArg, String> {
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

fn parse_overviews(text: &str) -> Result<Overviews, String> {
    match text {
        "auto" => Ok(Overviews::Auto),
        "none" => Ok(Overviews::None),
        list => list
            .split(',')
            .map(|part| part.trim().parse::<u32>())
            .collect::<Result<_, _>>()
            .map(Overviews::Factors)
            .map_err(|_| format!("expected auto, none or factors such as 2,4,8, found {text:?}")),
    }
}

fn parse_numbers<const N: usize>(text: &str) -> Result<[f64; N], String> {
    let numbers: Vec<f64> = text
        .split(',')
        .map(|part| part.trim().parse::<f64>())
        .collect::<Result<_, _>>()
        .map_err(|e| format!("{e}: {text:?}"))?;
    match <[f64; N]>::try_from(numbers) {
        Ok(n) if n.iter().all(|v| v.is_finite()) => Ok(n),
        _ => Err(format!("expected {N} numbers separated by commas, found {text:?}")),
    }
}

fn parse_resolution(text: &str) -> Result<(f64, f64), String> {
    if text.contains(',') {
        parse_numbers::<2>(text).map(|[x, y]| (x, y))
    } else {
        parse_numbers::<1>(text).map(|[both]| (both, both))
    }
}

fn parse_bounds(text: &str) -> Result<Bounds, String> {
    parse_numbers::<4>(text).map(|[l, b, r, t]| Bounds::new(l, b, r, t))
}

fn parse_pixels(text: &str) -> Result<Size, String> {
    let sizes: Option<Vec<u32>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match sizes.as_deref() {
        Some(&[width, height]) => Ok(Size::new(width, height)),
        _ => Err(format!("expected WIDTH,HEIGHT in pixels, found {text:?}")),
    }
}

/// Reads a number of bytes: `1048576`, `256MiB`, `256M` (both in powers of
/// 1024) or `2GB` (in powers of 1000).
fn parse_bytes(text: &str) -> Result<u64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return Err(format!("unknown unit {unit:?}: use KiB, MiB, GiB, KB, MB or GB")),
    };
    let bytes = number.parse::<f64>().map_err(|e| format!("{e}: {text:?}"))? * factor as f64;
    let least = 16 << 20;
    if bytes < f64::from(least) {
        return Err(format!("{text:?} is too little to work in: give at least 16MiB"));
    }
    Ok(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn bytes_are_read_with_units() {
        assert_eq!(parse_bytes("256MiB"), Ok(256 << 20));
        assert_eq!(parse_bytes("1.5g"), Ok(3 << 29));
        assert_eq!(parse_bytes("2GB"), Ok(2_000_000_000));
        assert_eq!(parse_bytes("16777216"), Ok(16 << 20));
        assert!(parse_bytes("12 parsecs").is_err() && parse_bytes("1KiB").is_err());
        assert!(parse_bytes("").is_err() && parse_bytes("GiB").is_err());
    }

    #[test]
    fn lists_of_numbers_are_checked() {
        assert_eq!(parse_resolution("30"), Ok((30.0, 30.0)));
        assert_eq!(parse_resolution("30, 15"), Ok((30.0, 15.0)));
        assert_eq!(parse_bounds("-10,0,10,5.5"), Ok(Bounds::new(-10.0, 0.0, 10.0, 5.5)));
        assert!(parse_bounds("1,2,3").is_err() && parse_bounds("1,2,3,nan").is_err());
        assert_eq!(parse_pixels("640,480"), Ok(Size::new(640, 480)));
        assert!(parse_pixels("640").is_err() && parse_pixels("-1,5").is_err());
    }
}
