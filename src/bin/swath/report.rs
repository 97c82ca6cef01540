//! What the command says: progress, closing lines, errors, exit codes.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use swath::Error;
use swath::engine::{Engine, Observer};
use swath::geotiff::{Damaged, Written};

/// How the command ends. The numbers are part of its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All of it worked.
    Success = 0,
    /// A defect of swath itself.
    Defect = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// An input breaks its format.
    Format = 3,
    /// An input or request is valid, but not supported.
    Unsupported = 4,
    /// The operating system refused: no such file, disk full ...
    Io = 5,
    /// A limit was met: memory, sizes in a file.
    Limit = 6,
    /// A file that was judged is no valid COG.
    Invalid = 7,
    /// All of it is done, but for damaged chunks that became nodata and damaged files that were
    /// left out.
    Damaged = 8,
    /// Some items of a batch failed.
    Partly = 9,
    /// Stopped by Ctrl-C or SIGTERM: 128 + SIGINT, as shells have it.
    Cancelled = 130,
}

/// Each way to end, as help and manual tell it.
pub(crate) const EXITS: [(Exit, &str); 11] = [
    (Exit::Success, "all of it worked"),
    (Exit::Defect, "a defect of swath"),
    (Exit::Usage, "the command line makes no sense"),
    (Exit::Format, "an input breaks its format"),
    (Exit::Unsupported, "valid, but not supported"),
    (Exit::Io, "refused by the operating system: no such file, disk full"),
    (Exit::Limit, "a limit was met: memory, sizes in a file"),
    (Exit::Invalid, "a file is no valid COG (validate)"),
    (Exit::Damaged, "done, but damaged chunks became nodata, or damaged files were left out"),
    (Exit::Partly, "some items of a batch failed"),
    (Exit::Cancelled, "stopped by Ctrl-C or SIGTERM"),
];

/// Returns the table of exit codes, a line each.
pub(crate) fn exit_codes() -> String {
    let line = |(exit, meaning): (Exit, &str)| format!("\n  {:>3}  {meaning}", exit as u8);
    "Exit codes:".to_owned() + &EXITS.map(line).concat()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Makes a text safe to show: characters that control a terminal or turn the direction of what
/// follows are spelt out, as names of files may have them; line feeds stay.
pub(crate) fn safe(text: &str) -> String {
    spelt_out(text, |c| c == '\n')
}

/// As [`safe`], with line feeds spelt out too: for what is one line.
pub(crate) fn safe_line(text: &str) -> String {
    spelt_out(text, |_| false)
}

fn spelt_out(text: &str, stays: fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (c.is_control() || turns) && !stays(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Prints an error and its hint; returns how the command ends.
pub(crate) fn failure(error: &Error) -> Exit {
    let mut stderr = std::io::stderr().lock();
    // Nobody is left to tell if stderr is closed.
    let _ = writeln!(stderr, "swath: {}", safe(&error.to_string()));
    if let Some(hint) = error.detail().and_then(|d| d.hint.as_deref()) {
        let _ = writeln!(stderr, "hint: {}", safe(hint));
    }
    match error {
        Error::Format(_) => Exit::Format,
        Error::Unsupported(_) => Exit::Unsupported,
        Error::Usage(_) => Exit::Usage,
        Error::Io(..) => Exit::Io,
        Error::Limit(_) => Exit::Limit,
        Error::Cancelled => Exit::Cancelled,
        _ => Exit::Defect,
    }
}

/// Describes a tag that could not be read, by the reason.
pub(crate) fn unread(reason: impl std::fmt::Display) -> String {
    format!("{reason}; what it says is lost")
}

/// Whether damaged chunks were told of, which the exit code then says.
static DAMAGED: AtomicBool = AtomicBool::new(false);

/// Describes damaged chunks that became nodata, and whether there are more.
pub(crate) fn damaged((chunks, more): &(Vec<Damaged>, bool)) -> Vec<String> {
    let more = more.then(|| "there are more damaged chunks".to_owned());
    chunks.iter().map(|chunk| damaged_chunk(chunk, "nodata at")).chain(more).collect()
}

/// Describes a damaged chunk; `what` is before its place.
pub(crate) fn damaged_chunk(chunk: &Damaged, what: &str) -> String {
    let path = chunk.path.as_deref().unwrap_or(Path::new("")).display();
    let (window, first) = (chunk.window, u32::from(chunk.band) + 1);
    let last = first + u32::from(chunk.bands) - 1;
    let bands =
        if first == last { format!("band {first}") } else { format!("bands {first}-{last}") };
    format!(
        "{path}: directory {}: chunk {}: {what} column {}, row {}, {} x {} pixels of {bands}: {}",
        chunk.ifd, chunk.chunk, window.col, window.row, window.width, window.height, chunk.cause,
    )
}

/// Remembers that damaged chunks were told of.
pub(crate) fn note_damage(found: bool) {
    DAMAGED.fetch_or(found, Ordering::Relaxed);
}

/// Returns how a command ends that did not fail.
pub(crate) fn success() -> Exit {
    if DAMAGED.load(Ordering::Relaxed) { Exit::Damaged } else { Exit::Success }
}

/// Says on stderr what does not end the command.
pub(crate) fn warn(text: &str) {
    // Nobody is left to tell if stderr is closed.
    let _ = writeln!(std::io::stderr().lock(), "swath: warning: {}", safe(text));
}

/// Says on stderr what happens.
pub(crate) fn remark(text: &str) {
    // Nobody is left to tell if stderr is closed.
    let _ = writeln!(std::io::stderr().lock(), "{}", safe(text));
}

/// Writes a line to stdout; a closed pipe ends the command quietly.
pub(crate) fn say(text: &str) -> Result<(), Error> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        done => done.map_err(|error| Error::io("write to standard output", error)),
    }
}

/// Makes a bar that shows on a terminal and nowhere else.
pub(crate) fn bar(quiet: bool) -> ProgressBar {
    let target = if quiet || !std::io::stderr().is_terminal() {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr_with_hz(10)
    };
    ProgressBar::with_draw_target(None, target)
}

/// A progress bar on a terminal; silent elsewhere.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = bar(quiet);
        if let Ok(style) =
            ProgressStyle::with_template("{bar:40} {percent:>3}% {pos}/{len} tiles, {eta} left")
        {
            bar.set_style(style);
        }
        Self { bar, started: Instant::now() }
    }

    /// Clears the bar; returns the time since it was made.
    pub(crate) fn end(self) -> Duration {
        self.bar.finish_and_clear();
        self.started.elapsed()
    }
}

impl Observer for Progress {
    fn tile(&mut self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
    }
}

/// Returns where the time and the memory of an engine's runs went.
pub(crate) fn metrics(engine: &Engine, seconds: f64) -> serde_json::Value {
    let spent = engine.metrics();
    serde_json::json!({
        "seconds": seconds,
        "threads": engine.threads(),
        "stages": {
            "decode": spent.decode.as_secs_f64(),
            "make": spent.make.as_secs_f64(),
            "encode": spent.encode.as_secs_f64(),
            "store": spent.store.as_secs_f64(),
        },
        "memory": {
            "allowed": engine.options().memory,
            "peak": peak_memory(),
            "own": status("RssAnon"),
            "mapped": status("RssFile"),
        },
    })
}

/// Whether a text is what [`metrics`] makes.
pub(crate) fn is_metrics(text: &str) -> bool {
    let parsed = serde_json::from_str::<serde_json::Value>(text);
    parsed.is_ok_and(|value| ["stages", "memory"].iter().all(|key| value.get(key).is_some()))
}

/// Returns the most bytes of memory this process has held, mapped files
/// included; `None` where the system does not tell.
pub(crate) fn peak_memory() -> Option<u64> {
    status("VmHWM")
}

/// Returns a number of bytes that the system tells of this process (proc(5), /proc/PID/status).
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Says on stderr what was written, unless `quiet`; returns the seconds it took.
pub(crate) fn closing(output: &Path, written: &Written, progress: Progress, quiet: bool) -> f64 {
    let elapsed = progress.end().as_secs_f64();
    if quiet {
        return elapsed;
    }
    let pixels = written.size.pixels() as f64;
    let moved = match (written.moved, written.chunks) {
        (0, _) => String::new(),
        (moved, chunks) => format!(", {moved} of {chunks} chunks moved as they were stored"),
    };
    // Nobody is left to tell if stderr is closed.
    let _ = writeln!(
        std::io::stderr().lock(),
        "{}: {} x {} pixels, {} band(s) of {}, {} overview(s){}{moved}, {} in {elapsed:.1} s ({:.0} Mpx/s)",
        safe_line(&output.to_string_lossy()),
        written.size.width,
        written.size.height,
        written.bands,
        written.dtype,
        written.overviews,
        if written.masked { ", masked" } else { "" },
        human_bytes(written.bytes),
        pixels / elapsed.max(1e-3) / 1e6,
    );
    elapsed
}

/// Says that features were written.
pub(crate) fn features(output: &Path, count: u64, progress: Progress, quiet: bool) {
    let elapsed = progress.end().as_secs_f64();
    if !quiet {
        // Nobody is left to tell if stderr is closed.
        let name = safe_line(&output.to_string_lossy());
        let _ = writeln!(std::io::stderr().lock(), "{name}: {count} feature(s) in {elapsed:.1} s");
    }
}

/// Writes a number of bytes as people read it, in powers of 1024.
pub(crate) fn human_bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_well() {
        assert_eq!(human_bytes(1023), "1023 B");
        assert_eq!(human_bytes(1536), "1.5 KiB");
        assert_eq!(human_bytes(3 << 40), "3.0 TiB");
    }
}
