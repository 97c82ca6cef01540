//! `swath bench`: how a verb gets on with more threads, and what holds it up.

use std::path::Path;
use std::time::Instant;

use serde_json::json;
use swath::engine::{Engine, Silent};
use swath::geotiff::{WriteOptions, WritePlan};
use swath::io::Overwrite;
use swath::raster::{Raster, Window};
use swath::{Error, Result};

use crate::plan::{PlanArgs, up_to_writing};
use crate::report::{self, human_bytes};

/// Seconds of one processor that a run should take at most; of a longer job a part is run.
const LONG: f64 = 4.0;
/// Runs of each number of threads, of which the fastest counts.
const RUNS: usize = 3;
/// The share of a thread's work that is left of it, below which one more is in vain.
const WORTH: f64 = 0.7;
/// The share of the time that one thread waits for the disk, above which the disk is what holds things up.
const WAITING: f64 = 0.3;
/// The clock ticks of a second in /proc/PID/stat (USER_HZ of Linux).
const TICKS: f64 = 100.0;
/// Columns of the plot.
const WIDE: f64 = 40.0;

pub(crate) fn run(args: &PlanArgs) -> Result<()> {
    let json = args.json();
    up_to_writing(&args.words, &move |output, raster, options, engine| {
        tell(output, raster, options, engine, json)
    })
}

/// What one number of threads came to.
#[derive(Debug, Clone, Copy)]
struct Trial {
    threads: usize,
    wall: f64,
    /// Seconds of all processors together.
    busy: f64,
    /// Seconds that threads waited for the disk, if the system counts them.
    disk: f64,
    /// The most memory that was resident, mapped files included.
    peak: u64,
}

/// Runs a raster, or a part of it, into a file that is thrown away, by more and more threads; tells
/// what came of it.
fn tell(
    output: &Path,
    raster: &Raster,
    options: &WriteOptions,
    engine: &Engine,
    json: bool,
) -> Result<()> {
    let plan = raster.plan_write(engine, options)?;
    let (part, share) = sample(raster, &plan)?;
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
    let scratch = folder.unwrap_or(Path::new(".")).join(format!(
        ".{}.{}.bench.tmp",
        output.file_name().unwrap_or_default().to_string_lossy(),
        std::process::id()
    ));
    let scratch = Thrown(scratch);
    let options = WriteOptions { overwrite: Overwrite::Replace, ..options.clone() };
    let most = engine.threads();
    let mut trials = Vec::new();
    for threads in
        std::iter::successors(Some(1), |n| Some(n * 2)).take_while(|&n| n < most).chain([most])
    {
        let mut best: Option<Trial> = None;
        let (mut busy, mut disk, mut wall) = (0.0, 0.0, 0.0);
        for _ in 0..RUNS {
            let own = engine.with_threads(threads)?;
            let trial = one(&part, &options, &own, &scratch.0)?;
            (busy, disk, wall) = (busy + trial.busy, disk + trial.disk, wall + trial.wall);
            if best.is_none_or(|best| trial.wall < best.wall) {
                best = Some(trial);
            }
        }
        // Clock ticks are coarse: shares are those of all runs.
        trials.extend(best.map(|best| Trial {
            busy: busy * best.wall / wall.max(1e-9),
            disk: disk * best.wall / wall.max(1e-9),
            ..best
        }));
    }
    let Some(first) = trials.first().copied() else { return Err(Error::defect("no trial")) };
    let pixels = part.info().grid.size.pixels() as f64;
    let found = Found::new(first, &trials, &plan);
    let text = if json {
        format!("{:#}\n", as_json(first, &trials, &plan, pixels, share, &found))
    } else {
        as_text(first, &trials, pixels, share, &found)
    };
    report::say(&text)
}

/// A file that goes when this does, with what its reference system may lie in beside it.
struct Thrown(std::path::PathBuf);

impl Drop for Thrown {
    fn drop(&mut self) {
        // They may never have been made; their names say whose they are.
        let _ = std::fs::remove_file(&self.0);
        let mut beside = std::mem::take(&mut self.0).into_os_string();
        beside.push(".aux.xml");
        let _ = std::fs::remove_file(beside);
    }
}

/// Returns the part of a raster that is run, from its middle, and its share.
fn sample(raster: &Raster, plan: &WritePlan) -> Result<(Raster, f64)> {
    let size = raster.info().grid.size;
    let share = (LONG / (plan.seconds() * plan.threads as f64)).min(1.0);
    if share == 1.0 {
        return Ok((raster.clone(), 1.0));
    }
    let side = share.sqrt();
    // Whole tiles of 512 pixels, so that the part's chunks are the job's.
    let cut = |all: u32| {
        let part = ((f64::from(all) * side / 512.0).ceil() as u32 * 512).min(all);
        let start = (all - part) / 2 / 512 * 512;
        (i64::from(start), part)
    };
    let ((col, width), (row, height)) = (cut(size.width), cut(size.height));
    let part = raster.crop(Window::new(col, row, width, height))?;
    Ok((part, f64::from(width) * f64::from(height) / size.pixels() as f64))
}

fn one(raster: &Raster, options: &WriteOptions, engine: &Engine, to: &Path) -> Result<Trial> {
    // Starts the count of the most memory anew (proc(5)), where that is allowed.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let (busy, disk) = spent();
    let begun = Instant::now();
    raster.write_with(engine, to, options, &mut Silent)?;
    let wall = begun.elapsed().as_secs_f64();
    let after = spent();
    let peak = report::peak_memory().unwrap_or(0);
    Ok(Trial { threads: engine.threads(), wall, busy: after.0 - busy, disk: after.1 - disk, peak })
}

/// Seconds of processors and of waiting for the disk that this process has had (proc(5): fields 14,
/// 15 and 42 of /proc/PID/stat).
fn spent() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is a name in parentheses, with anything in it.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<f64> =
        rest.split_whitespace().map(|word| word.parse().unwrap_or(0.0)).collect();
    let field = |number: usize| fields.get(number - 3).copied().unwrap_or(0.0) / TICKS;
    (field(14) + field(15), field(42))
}

/// What the trials show.
struct Found {
    bottleneck: &'static str,
    /// From how many threads on one more is in vain; the most that were tried if none is.
    inflection: usize,
}

impl Found {
    fn new(first: Trial, trials: &[Trial], plan: &WritePlan) -> Self {
        // Threads may wait for a processor too: only what the system counts as the disk's is.
        let waits = first.disk / first.wall.max(1e-9);
        let stages = [
            ("decoding", plan.decode_seconds),
            ("computing", plan.make_seconds),
            ("encoding", plan.encode_seconds),
        ];
        let longest = stages.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let bottleneck = match longest {
            _ if waits > WAITING || plan.moved && plan.overviews == 0 => "the disk",
            Some((stage, _)) => stage,
            None => "nothing",
        };
        let worth = trials.iter().rfind(|trial| trial.efficiency(first) >= WORTH);
        Self { bottleneck, inflection: worth.map_or(1, |trial| trial.threads) }
    }
}

impl Trial {
    /// How much of what so many threads could do they did, against one.
    fn efficiency(&self, first: Self) -> f64 {
        first.wall / self.wall.max(1e-9) / self.threads as f64
    }

    /// The share of the threads' time that they were busy.
    fn utilization(&self) -> f64 {
        self.busy / (self.wall * self.threads as f64).max(1e-9)
    }
}

fn as_json(
    first: Trial,
    trials: &[Trial],
    plan: &WritePlan,
    pixels: f64,
    share: f64,
    found: &Found,
) -> serde_json::Value {
    let trial = |trial: &Trial| {
        json!({
            "threads": trial.threads,
            "seconds": trial.wall,
            "megapixelsPerSecond": pixels / 1e6 / trial.wall.max(1e-9),
            "utilization": trial.utilization(),
            "diskSeconds": trial.disk,
            "peakMemory": trial.peak,
            "efficiency": trial.efficiency(first),
        })
    };
    json!({
        "share": share,
        "trials": trials.iter().map(trial).collect::<Vec<_>>(),
        "stages": {
            "decode": plan.decode_seconds,
            "make": plan.make_seconds,
            "encode": plan.encode_seconds,
        },
        "bottleneck": found.bottleneck,
        "inflection": found.inflection,
    })
}

fn as_text(first: Trial, trials: &[Trial], pixels: f64, share: f64, found: &Found) -> String {
    let rate = |trial: &Trial| pixels / 1e6 / trial.wall.max(1e-9);
    let most = trials.iter().map(rate).fold(0.0, f64::max);
    let mut text = format!(
        "{:.0} % of the job, the fastest of {RUNS} runs each\n\
         threads  seconds   Mpx/s  busy  disk s  peak memory  efficiency\n",
        share * 100.0
    );
    for trial in trials {
        text.push_str(&format!(
            "{:>7}  {:>7.2}  {:>6.1}  {:>3.0} %  {:>6.2}  {:>11}  {:>8.0} %  {}\n",
            trial.threads,
            trial.wall,
            rate(trial),
            trial.utilization() * 100.0,
            trial.disk,
            human_bytes(trial.peak),
            trial.efficiency(first) * 100.0,
            "#".repeat((rate(trial) / most.max(1e-9) * WIDE) as usize)
        ));
    }
    let tried = trials.last().map_or(1, |trial| trial.threads);
    text.push_str(&format!("most of the time goes to {}\n", found.bottleneck));
    text.push_str(&match found.inflection {
        at if at >= tried => format!("threads are worth it up to {tried}, all that were tried\n"),
        at => format!("beyond {at} thread(s) more are hardly worth it\n"),
    });
    text
}
