//! The report for programs.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use swath::Result;
use swath::batch::Tally;
use swath::io::{Overwrite, Staged};

use super::events::failed;
use super::ledger::{Ledger, Record, State};
use crate::report::{peak_memory, say};

/// What a batch was, apart from its files.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) command: String,
    pub(crate) threads: usize,
    pub(crate) jobs: usize,
    /// The memory it may hold, in bytes.
    pub(crate) memory: u64,
    pub(crate) seconds: f64,
    pub(crate) journal: Option<PathBuf>,
}

/// Sums over what this run made.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    /// The most memory of its own that was seen, in bytes.
    pub(crate) own: u64,
}

pub(crate) fn totals(ledger: &Ledger) -> Totals {
    let mut totals = Totals::default();
    for record in ledger.records().iter().filter(|r| matches!(r.state, State::Done)) {
        totals.bytes_in += record.bytes_in;
        totals.bytes_out += record.bytes_out;
    }
    totals.own = ledger.samples().iter().map(|sample| sample.own).max().unwrap_or(0);
    totals
}

/// Makes the report; docs/batch.md lists its keys.
pub(crate) fn json(about: &About, ledger: &Ledger, tally: &Tally) -> String {
    let totals = totals(ledger);
    let failures = tally.failures.iter().map(|(kind, n)| (kind.name().to_owned(), json!(n)));
    let items: Vec<_> = ledger.records().iter().map(item).collect();
    let samples: Vec<_> =
        ledger.samples().iter().map(|s| json!([s.at, s.items, s.bytes, s.own, s.mapped])).collect();
    let report = json!({
        "command": about.command,
        "swath": env!("CARGO_PKG_VERSION"),
        "journal": about.journal.as_ref().map(|path| path.to_string_lossy()),
        "seconds": about.seconds,
        "threads": about.threads,
        "jobs": about.jobs,
        "files": ledger.records().len(),
        "done": tally.done,
        "skipped": tally.skipped,
        "failed": tally.failed,
        "left": tally.left,
        "damaged": tally.damaged,
        "failures": Value::Object(failures.collect()),
        "bytesRead": totals.bytes_in,
        "bytesWritten": totals.bytes_out,
        "memory": {
            "limit": about.memory,
            "peakOwn": totals.own,
            "peakResident": peak_memory(),
        },
        "samples": { "keys": ["seconds", "files", "bytesWritten", "own", "mapped"], "values": samples },
        "items": items,
    });
    format!("{report:#}\n")
}

fn item(record: &Record) -> Value {
    let mut out = json!({
        "input": record.input.to_string_lossy(),
        "output": record.output.to_string_lossy(),
        "state": record.state.name(),
        "seconds": record.seconds,
        "attempts": record.attempts,
        "bytesRead": record.bytes_in,
        "bytesWritten": record.bytes_out,
        "notes": record.notes,
        "damaged": record.damaged,
    });
    if let State::Failed(failure) = &record.state {
        out["failure"] = failed(failure);
    }
    out
}

/// Writes a report in the place of an older one, or for `-` to standard output.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    if path == Path::new("-") {
        return say(text);
    }
    let mut file = Staged::create(path, Overwrite::Replace)?;
    file.append(text.as_bytes())?;
    file.commit()
}

/// Finds out whether a report can be written, before there is something to be said in it.
pub(crate) fn try_out(path: &Path) -> Result<()> {
    if path == Path::new("-") { Ok(()) } else { Staged::create(path, Overwrite::Replace).map(drop) }
}
