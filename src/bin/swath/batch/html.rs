//! The report as one page that needs nothing else: no script, no network.

use std::fmt::{Arguments, Write};

use swath::batch::{Failure, FailureKind, Tally};

use super::chart::{Line, draw, duration, rates};
use super::ledger::{Ledger, Record, Sample, State};
use super::preview::Picture;
use super::report::{About, Totals, totals};
use crate::report::{human_bytes, safe_line};

const STYLE: &str = include_str!("page.css");
/// The most rows of a table: a page about ten thousand files still opens.
const ROWS: usize = 2000;
/// The most steps of time of a rate.
const STEPS: usize = 60;

fn put(out: &mut String, text: Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

/// Makes the page.
pub(crate) fn page(about: &About, ledger: &Ledger, tally: &Tally, pictures: &[Picture]) -> String {
    let sums = totals(ledger);
    let (records, samples) = (ledger.records(), ledger.samples());
    let all = records.len() as u64;
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>swath batch: {} of {all} files</title>\n<style>\n{STYLE}</style>\n",
        tally.done + tally.skipped,
    );
    let ended = match (tally.left, tally.failed) {
        (0, 0) => format!("All {all} files are done"),
        (0, failed) => format!("{failed} of {all} files failed, the others are done"),
        (left, _) => format!("Stopped with {left} of {all} files left"),
    };
    put(&mut out, format_args!("<h1>{ended}</h1>"));
    put(
        &mut out,
        format_args!(
            "<p class=\"soft\">swath {} &middot; {} threads, {} files at once, {} of memory</p>",
            env!("CARGO_PKG_VERSION"),
            about.threads,
            about.jobs,
            human_bytes(about.memory),
        ),
    );
    put(&mut out, format_args!("<pre><code>{}</code></pre>", escape(&about.command)));
    cards(&mut out, about, tally, &sums);
    charts(&mut out, about, &samples);
    failures(&mut out, tally, &records);
    remarks(&mut out, &records);
    gallery(&mut out, pictures);
    files(&mut out, &records);
    out.push_str("</html>\n");
    out
}

/// The numbers at the top.
fn cards(out: &mut String, about: &About, tally: &Tally, sums: &Totals) {
    let all = tally.done + tally.skipped + tally.failed + tally.left;
    let part = |n: u64| n as f64 / (all as f64).max(1.0) * 100.0;
    put(out, format_args!("<div class=\"parts\" role=\"img\" aria-label=\"how the files ended\">"));
    for (name, n) in [("done", tally.done), ("skipped", tally.skipped), ("failed", tally.failed)] {
        put(out, format_args!("<i class=\"p-{name}\" style=\"width:{:.2}%\"></i>", part(n)));
    }
    put(out, format_args!("</div>\n<div class=\"cards\">"));
    let per_second = |n: u64| n as f64 / about.seconds.max(1e-3);
    let mut card = |class: &str, value: String, what: &str| {
        put(
            out,
            format_args!("<div class=\"card {class}\"><b>{value}</b><span>{what}</span></div>"),
        );
    };
    card("good", tally.done.to_string(), "done");
    for (class, n, what) in [
        ("", tally.skipped, "skipped, done by an earlier run"),
        ("bad", tally.failed, "failed"),
        ("warn", tally.left, "left, not begun or stopped"),
        ("warn", tally.damaged, "with damaged chunks as nodata"),
    ] {
        if n > 0 {
            card(class, n.to_string(), what);
        }
    }
    card("", duration(about.seconds), "wall time");
    card("", format!("{:.1}/s", per_second(tally.done)), "files");
    card("", human_bytes(sums.bytes_in), "size of the inputs");
    let speed = human_bytes(per_second(sums.bytes_out) as u64);
    card("", human_bytes(sums.bytes_out), &format!("written, {speed}/s"));
    card("", human_bytes(sums.own), "peak memory, mapped files apart");
    put(out, format_args!("</div>"));
}

fn charts(out: &mut String, about: &About, samples: &[Sample]) {
    if samples.len() < 3 {
        return;
    }
    let sums = |value: fn(&Sample) -> f64| -> Vec<_> {
        rates(&samples.iter().map(|s| (s.at, value(s))).collect::<Vec<_>>(), STEPS)
    };
    let over_time = |value: fn(&Sample) -> f64| samples.iter().map(|s| (s.at, value(s))).collect();
    put(out, format_args!("<h2>Over time</h2>\n<div class=\"charts\">"));
    let files = Line { name: "files", class: "a", points: sums(|s| s.items as f64) };
    out.push_str(&draw("Files a second", &[files], about.seconds, false));
    let written = Line { name: "written", class: "b", points: sums(|s| s.bytes as f64) };
    out.push_str(&draw("Bytes written a second", &[written], about.seconds, true));
    let memory = [
        Line { name: "its own", class: "a", points: over_time(|s| s.own as f64) },
        Line { name: "mapped files and code", class: "b", points: over_time(|s| s.mapped as f64) },
        Line {
            name: "allowed",
            class: "limit",
            points: vec![(0.0, about.memory as f64), (about.seconds, about.memory as f64)],
        },
    ];
    out.push_str(&draw("Memory", &memory, about.seconds, true));
    put(out, format_args!("</div>"));
}

fn failures(out: &mut String, tally: &Tally, records: &[Record]) {
    if tally.failed == 0 {
        return;
    }
    put(out, format_args!("<h2>Failures</h2>"));
    for kind in FailureKind::ALL {
        let Some(count) = tally.failures.get(&kind) else { continue };
        put(
            out,
            format_args!(
                "<h3><span class=\"tag bad\">{}</span> {count} &middot; {}</h3>\n\
                 <div class=\"scroll\"><table><tr><th>file<th>why<th class=\"n\">attempts",
                kind.name(),
                kind.meaning(),
            ),
        );
        let failed = records.iter().filter_map(|record| match &record.state {
            State::Failed(failure) if failure.kind == kind => Some((record, failure)),
            _ => None,
        });
        for (record, failure) in failed.take(ROWS) {
            put(
                out,
                format_args!(
                    "<tr><td class=\"file\"><code>{}</code><td>{}<td class=\"n\">{}",
                    escape(&record.input.to_string_lossy()),
                    causes(failure),
                    failure.attempts,
                ),
            );
        }
        put(out, format_args!("</table></div>"));
    }
}

/// The chain of causes, and what to do.
fn causes(failure: &Failure) -> String {
    let (mut out, mut told) = (String::new(), "");
    for text in &failure.chain {
        // What a message has of its cause is not said again.
        if !told.contains(text.as_str()) {
            let _ = write!(out, "<p class=\"cause\">{}</p>", escape(text));
        }
        told = text;
    }
    if let Some(hint) = &failure.hint {
        let _ = write!(out, "<p class=\"hint\">{}</p>", escape(hint));
    }
    out
}

fn remarks(out: &mut String, records: &[Record]) {
    if records.iter().all(|record| record.notes.is_empty()) {
        return;
    }
    put(out, format_args!("<h2>Remarks</h2>\n<div class=\"scroll\"><table><tr><th>file<th>remark"));
    for record in records.iter().filter(|record| !record.notes.is_empty()).take(ROWS) {
        let notes: String =
            record.notes.iter().map(|note| format!("<p>{}</p>", escape(note))).collect();
        let input = escape(&record.input.to_string_lossy());
        put(out, format_args!("<tr><td class=\"file\"><code>{input}</code><td>{notes}"));
    }
    put(out, format_args!("</table></div>"));
}

fn gallery(out: &mut String, pictures: &[Picture]) {
    if pictures.is_empty() {
        return;
    }
    put(out, format_args!("<h2>Outputs</h2>\n<div class=\"pictures\">"));
    for Picture { name, width, height, of, png } in pictures {
        put(
            out,
            format_args!(
                "<figure><img src=\"data:image/png;base64,{png}\" width=\"{width}\" \
                 height=\"{height}\" alt=\"{0}\"><figcaption><code>{0}</code><br>{1}</figcaption></figure>",
                escape(name),
                escape(of),
            ),
        );
    }
    put(out, format_args!("</div>"));
}

fn files(out: &mut String, records: &[Record]) {
    put(
        out,
        format_args!(
            "<details><summary>All {} files</summary>\n<div class=\"scroll\"><table>\
             <tr><th>input<th>output<th>ended<th class=\"n\">seconds<th class=\"n\">attempts\
             <th class=\"n\">in<th class=\"n\">out",
            records.len()
        ),
    );
    for record in records.iter().take(ROWS) {
        let class = if matches!(record.state, State::Failed(_)) { " class=\"bad\"" } else { "" };
        put(
            out,
            format_args!(
                "<tr><td class=\"file\"><code>{}</code><td class=\"file\"><code>{}</code>\
                 <td{class}>{}<td class=\"n\">{:.2}<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{}",
                escape(&record.input.to_string_lossy()),
                escape(&record.output.to_string_lossy()),
                record.state.name(),
                record.seconds,
                record.attempts,
                human_bytes(record.bytes_in),
                human_bytes(record.bytes_out),
            ),
        );
    }
    put(out, format_args!("</table></div>"));
    if records.len() > ROWS {
        put(out, format_args!("<p class=\"soft\">The first {ROWS}; --report has all of them.</p>"));
    }
    put(out, format_args!("</details>"));
}

/// A text as HTML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in safe_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_file_becomes_markup() {
        assert_eq!(escape("<img src='x'>&\"a\""), "&lt;img src=&#39;x&#39;&gt;&amp;&quot;a&quot;");
        assert_eq!(escape("a\u{1b}[2J\u{202e}b"), "a\\u{1b}[2J\\u{202e}b");
    }
}
