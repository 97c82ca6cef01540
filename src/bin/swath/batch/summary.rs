//! The closing words of a batch, on stderr.

use std::fmt::Write;

use swath::batch::{FailureKind, Tally};

use super::ledger::{Ledger, State};
use super::report::{About, totals};
use crate::report::{human_bytes, remark, safe_line};

/// How many failures and remarks are told in full.
const TOLD: usize = 20;

pub(crate) fn say(about: &About, ledger: &Ledger, tally: &Tally) {
    remark(text(about, ledger, tally).trim_end());
}

fn text(about: &About, ledger: &Ledger, tally: &Tally) -> String {
    let (mut out, totals, records) = (String::new(), totals(ledger), ledger.records());
    // Writing to a string cannot fail.
    let mut line = |text: String| {
        let _ = writeln!(out, "{}", safe_line(&text));
    };
    let per_second = |n: f64| n / about.seconds.max(1e-3);
    line(format!("{} file(s) in {:.1} s", records.len(), about.seconds));
    for (count, what) in [
        (tally.done, "done"),
        (tally.skipped, "skipped: done by an earlier run"),
        (tally.failed, "failed"),
        (tally.left, "left: not begun, or stopped"),
        (tally.damaged, "of them with damaged chunks that became nodata"),
    ] {
        if count > 0 || what == "done" {
            line(format!("  {count:>7}  {what}"));
        }
    }
    line(format!(
        "  {:.1} files/s, {} read, {} written ({}/s); peak memory {} of {} allowed",
        per_second(tally.done as f64),
        human_bytes(totals.bytes_in),
        human_bytes(totals.bytes_out),
        human_bytes(per_second(totals.bytes_out as f64) as u64),
        human_bytes(totals.own),
        human_bytes(about.memory),
    ));
    for kind in FailureKind::ALL {
        let Some(count) = tally.failures.get(&kind) else { continue };
        line(format!("{}: {} ({count})", kind.name(), kind.meaning()));
        let failures = records.iter().filter_map(|record| match &record.state {
            State::Failed(failure) if failure.kind == kind => Some((record, failure)),
            _ => None,
        });
        for (record, failure) in failures.take(TOLD) {
            let cause = failure.chain.first().map_or("", String::as_str);
            let input = record.input.to_string_lossy();
            // Most errors name the file themselves.
            let named = cause.contains(&*input);
            let place = if named { String::new() } else { format!("{input}: ") };
            let tries = match failure.attempts {
                0 | 1 => String::new(),
                n => format!(" ({n} attempts)"),
            };
            line(format!("  {place}{cause}{tries}"));
            if let Some(hint) = &failure.hint {
                line(format!("    hint: {hint}"));
            }
        }
        if *count > TOLD as u64 {
            line("  ... --report and --html have all of them".into());
        }
    }
    let mut notes =
        records.iter().flat_map(|r| r.notes.iter().map(move |note| (r, note))).peekable();
    if notes.peek().is_some() {
        line("remarks:".into());
    }
    for (record, note) in notes.by_ref().take(TOLD) {
        let input = record.input.to_string_lossy();
        let place = if note.contains(&*input) { String::new() } else { format!("{input}: ") };
        line(format!("  {place}{note}"));
    }
    if notes.next().is_some() {
        line("  ... --report and --html have all of them".into());
    }
    out
}
