//! What is typed, and how it becomes the library's values.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use swath::crs::Crs;
use swath::engine::{Engine, EngineOptions};
use swath::geotiff::{OnCorrupt, OpenOptions};
use swath::ifd::Limits;
use swath::input::Files;
use swath::io::{IoMode, Overwrite, Staged};
use swath::kernel::Resampling;
use swath::raster::{Bounds, Size};
use swath::{Error, Result};

use crate::inputs;
use crate::report;
use crate::write_args::WriteArgs;

#[derive(Debug, Clone, Args)]
pub(crate) struct InfoArgs {
    /// The files to look at; of several, a table.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Print JSON, with the keys of `gdalinfo -json` where they mean the same; of
    /// several files a list.
    #[arg(long)]
    pub(crate) json: bool,
    /// Read all samples: exact minimum, maximum, mean, standard deviation and
    /// number of valid samples of each band and overview.
    #[arg(long)]
    pub(crate) stats: bool,
    /// Read all samples: GDAL's checksum of each band and overview.
    #[arg(long)]
    pub(crate) checksum: bool,
    /// List where each chunk is stored, how large it is, and how well chunks are compressed.
    #[arg(long)]
    pub(crate) chunks: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 if all files are valid, 7 if one is not, and what errors \
    have if one cannot be read.")]
pub(crate) struct ValidateArgs {
    /// The files to judge.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Take warnings for errors.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print JSON: one array of an object for each file.
    #[arg(long)]
    pub(crate) json: bool,
    /// Say nothing of files that are valid.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) io: IoArgs,
}

/// From one file to another: what every verb that writes takes.
#[derive(Debug, Clone, Args)]
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

/// How files are read.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    io: IoArgs,
    /// The image of a file of several, counted from 1; overviews and masks count.
    /// FILE#2 is the second image too.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
    /// Read the file as if nothing lay beside it: no overviews (.ovr), mask (.msk),
    /// metadata (.aux.xml), world file (.tfw, .wld) or projection (.prj).
    #[arg(long)]
    no_sidecars: bool,
    /// What becomes of a chunk that is damaged or cut short.
    #[arg(long, value_enum, default_value_t = Corrupt::Fail, value_name = "HOW")]
    on_corrupt: Corrupt,
    /// Let virtual rasters (.vrt) name files outside their own folders.
    #[arg(long)]
    vrt_anywhere: bool,
}

/// How the bytes of files are reached.
#[derive(Debug, Clone, Args)]
pub(crate) struct IoArgs {
    /// Map the file into memory, or read it by positions (for files that may
    /// shrink meanwhile, and network disks) [default: map, in a batch pread].
    #[arg(long, value_enum)]
    io: Option<Io>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// What a file may ask for before it is refused.
#[derive(Debug, Clone, Args)]
struct LimitArgs {
    /// The most bytes of one strip or tile, decoded [default: 1GiB].
    #[arg(long, value_name = "BYTES", value_parser = parse_any_bytes, hide_short_help = true)]
    limit_chunk: Option<u64>,
    /// The most bytes of one value of a directory [default: 256MiB].
    #[arg(long, value_name = "BYTES", value_parser = parse_any_bytes, hide_short_help = true)]
    limit_value: Option<u64>,
    /// The most bytes of a text file beside the file [default: 16MiB].
    #[arg(long, value_name = "BYTES", value_parser = parse_any_bytes, hide_short_help = true)]
    limit_sidecar: Option<u64>,
    /// The most directories in a file [default: 65536].
    #[arg(long, value_name = "N", hide_short_help = true)]
    limit_directories: Option<u64>,
    /// The most entries in one directory [default: 65535].
    #[arg(long, value_name = "N", hide_short_help = true)]
    limit_entries: Option<u64>,
    /// The most entries in all directories of a file together [default: 2097152].
    #[arg(long, value_name = "N", hide_short_help = true)]
    limit_total_entries: Option<u64>,
}

impl LimitArgs {
    fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for (asked, limit) in [
            (self.limit_chunk, &mut limits.chunk_bytes),
            (self.limit_value, &mut limits.value_bytes),
            (self.limit_sidecar, &mut limits.sidecar_bytes),
            (self.limit_directories, &mut limits.directories),
            (self.limit_entries, &mut limits.entries),
            (self.limit_total_entries, &mut limits.total_entries),
        ] {
            *limit = asked.unwrap_or(*limit);
        }
        limits
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Corrupt {
    /// The command fails.
    Fail,
    /// Its pixels have no value; it is reported, and the exit code is 8.
    Nodata,
    /// Of many inputs of one output, those with any damage are left out altogether; they are
    /// reported, and the exit code is 8.
    SkipFile,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Io {
    Map,
    Pread,
}

impl IoArgs {
    pub(crate) fn options(&self) -> OpenOptions {
        let io = match self.io {
            None | Some(Io::Map) => IoMode::Map,
            Some(Io::Pread) => IoMode::Pread,
        };
        OpenOptions { io, limits: self.limits.limits(), ..OpenOptions::default() }
    }
}

impl ReadArgs {
    /// Reads by positions unless something else was typed: one file that shrinks
    /// then ends no others' work.
    pub(crate) fn prefer_pread(&mut self) {
        self.io.io.get_or_insert(Io::Pread);
    }

    /// Makes what opens files in this way.
    pub(crate) fn files(&self) -> Files {
        Files::new(self.options()).with_vrt_anywhere(self.vrt_anywhere)
    }

    /// Whether damaged files are left out.
    pub(crate) fn skips_files(&self) -> bool {
        self.on_corrupt == Corrupt::SkipFile
    }

    /// Refuses to leave out a file where there is no other.
    pub(crate) fn check_one_file(&self) -> Result<()> {
        if self.skips_files() {
            return Err(Error::usage("--on-corrupt skip-file")
                .expected(
                    "many inputs, of which some may be left out: mosaic, warp -o, index, batch",
                )
                .hint("of a single file, fail or nodata say what becomes of a damaged chunk"));
        }
        Ok(())
    }

    /// Makes what opens files to find all damage in them.
    pub(crate) fn surveying_files(&self) -> Files {
        let options = OpenOptions { on_corrupt: OnCorrupt::Nodata, ..self.options() };
        Files::new(options).with_vrt_anywhere(self.vrt_anywhere)
    }

    pub(crate) fn options(&self) -> OpenOptions {
        OpenOptions {
            page: self.page - 1,
            sidecars: !self.no_sidecars,
            on_corrupt: match self.on_corrupt {
                Corrupt::Fail | Corrupt::SkipFile => OnCorrupt::Fail,
                Corrupt::Nodata => OnCorrupt::Nodata,
            },
            ..self.io.options()
        }
    }
}

/// How the work is done; none of it changes a byte of the output.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(crate) struct RunArgs {
    /// Worker threads [default: what the machine's affinity and cgroups allow].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// The memory the run may hold, such as 256MiB or 2GB [default: a quarter of
    /// what the machine and its cgroups allow, between 64 and 512 MiB].
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    memory: Option<u64>,
    /// The size in pixels of a unit of work [default: one stored tile].
    #[arg(long, value_name = "W,H", value_parser = parse_work, hide_short_help = true)]
    work: Option<Size>,
    /// Write where the time and the memory went to a file, as JSON.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    metrics: Option<PathBuf>,
    /// Tell what happens, on standard error: files opened and written, runs, items of a batch
    /// (info, debug), tiles and chunks (trace).
    #[arg(long, value_enum, value_name = "LEVEL", hide_short_help = true)]
    log: Option<LogLevel>,
    /// Say nothing but errors.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    /// Has what happens printed from now on.
    fn start(self) {
        let level = match self {
            Self::Error => tracing::Level::ERROR,
            Self::Warn => tracing::Level::WARN,
            Self::Info => tracing::Level::INFO,
            Self::Debug => tracing::Level::DEBUG,
            Self::Trace => tracing::Level::TRACE,
        };
        let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
        // Another engine of this process may have begun before.
        let _ = lines.with_ansi(false).try_init();
    }
}

impl RunArgs {
    /// Refuses to put metrics in place of anything but earlier ones: a raster that is read, say, or
    /// the output itself.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is such a file.
    pub(crate) fn check_metrics(&self) -> Result<()> {
        let Some(path) = self.metrics.as_deref().filter(|path| path.is_file()) else {
            return Ok(());
        };
        let text = inputs::text(path, 1 << 16).unwrap_or_else(|_| "no metrics".to_owned());
        if text.is_empty() || report::is_metrics(&text) {
            return Ok(());
        }
        Err(Error::usage("--metrics")
            .expected("a name that no other file has")
            .found("a file that holds no metrics")
            .at_path(path))
    }

    /// Writes where the time of an engine's runs went, if that was asked for; `seconds` have passed.
    ///
    /// # Errors
    /// Those of [`Self::check_metrics`]; [`Error::Io`].
    pub(crate) fn tell_metrics(&self, engine: &Engine, seconds: f64) -> Result<()> {
        let Some(path) = &self.metrics else { return Ok(()) };
        self.check_metrics()?;
        let mut file = Staged::create(path, Overwrite::Replace)?;
        file.append(format!("{:#}\n", report::metrics(engine, seconds)).as_bytes())?;
        file.commit()
    }

    /// Makes the engine, stopped by Ctrl-C, SIGTERM and SIGHUP.
    pub(crate) fn engine(&self) -> Result<Engine> {
        let engine = self.bare_engine()?;
        let cancel = engine.cancel_flag();
        on_signal(move || cancel.cancel())?;
        Ok(engine)
    }

    /// Makes the engine; no signal stops it.
    pub(crate) fn bare_engine(&self) -> Result<Engine> {
        self.log.into_iter().for_each(LogLevel::start);
        let mut options = EngineOptions::default();
        options.threads = self.threads.map_or(options.threads, usize::from);
        options.memory = self.memory.unwrap_or(options.memory);
        options.work = self.work;
        Engine::new(options)
    }
}

/// Has `act` called at each Ctrl-C, SIGTERM and SIGHUP. A file that grows beyond the largest size
/// that is allowed then is an error of that write, and no end of the process.
pub(crate) fn on_signal(act: impl FnMut() + Send + 'static) -> Result<()> {
    let caught = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    caught.map_err(|e| Error::io("catch SIGXFSZ", e))?;
    let listen = ctrlc::set_handler(act);
    listen.map_err(|e| Error::io("listen for Ctrl-C", std::io::Error::other(e)))
}

pub(crate) fn parse_crs(text: &str) -> Result<Crs, String> {
    Crs::parse(text).map_err(|e| e.to_string())
}

pub(crate) fn parse_resampling(text: &str) -> Result<Resampling, String> {
    text.parse::<Resampling>().map_err(|e| e.to_string())
}

pub(crate) fn parse_numbers<const N: usize>(text: &str) -> Result<[f64; N], String> {
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

pub(crate) fn parse_resolution(text: &str) -> Result<(f64, f64), String> {
    if text.contains(',') {
        parse_numbers::<2>(text).map(|[x, y]| (x, y))
    } else {
        parse_numbers::<1>(text).map(|[both]| (both, both))
    }
}

pub(crate) fn parse_bounds(text: &str) -> Result<Bounds, String> {
    parse_numbers::<4>(text).map(|[l, b, r, t]| Bounds::new(l, b, r, t))
}

pub(crate) fn parse_pixels(text: &str) -> Result<Size, String> {
    let sizes: Option<Vec<u32>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match sizes.as_deref() {
        Some(&[width, height]) => Ok(Size::new(width, height)),
        _ => Err(format!("expected WIDTH,HEIGHT in pixels, found {text:?}")),
    }
}

/// Reads a size of which neither side is left to be derived.
fn parse_work(text: &str) -> Result<Size, String> {
    match parse_pixels(text)? {
        Size { width: 0, .. } | Size { height: 0, .. } => {
            Err(format!("expected at least one pixel, found {text:?}"))
        }
        size => Ok(size),
    }
}

/// Reads a number of bytes: `1048576`, `256MiB`, `256M` (both in powers of
/// 1024) or `2GB` (in powers of 1000).
fn parse_any_bytes(text: &str) -> Result<u64, String> {
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
    let number = number.parse::<f64>().map_err(|e| format!("{e}: {text:?}"))?;
    Ok((number * factor as f64) as u64)
}

/// Reads the memory of a run.
fn parse_bytes(text: &str) -> Result<u64, String> {
    match parse_any_bytes(text)? {
        bytes if bytes >= 16 << 20 => Ok(bytes),
        _ => Err(format!("{text:?} is too little to work in: give at least 16MiB")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(parse_work("0,5").is_err() && parse_work("1,5").is_ok());
    }
}
