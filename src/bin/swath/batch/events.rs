//! What happens in a batch, as it happens, for programs: a line of JSON each.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use swath::batch::{Done, Event, Failure, Item, Tally};
use swath::{Error, Result};

/// Where lines go; nowhere once they cannot be written.
pub(crate) struct Events {
    out: Mutex<Option<Box<dyn Write + Send>>>,
    file: Option<File>,
}

impl Events {
    /// Opens a file, which is emptied only when the batch begins, or for `-` standard output;
    /// without a path there are no lines.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self> {
        let mut file = None;
        let out: Option<Box<dyn Write + Send>> = match path {
            None => None,
            Some(path) if path == Path::new("-") => Some(Box::new(std::io::stdout())),
            Some(path) => {
                let fail = |e| Error::io("create", e).at_path(path);
                let mut options = File::options();
                let opened = options.write(true).create(true).truncate(false).open(path);
                let opened = opened.map_err(fail)?;
                file = Some(opened.try_clone().map_err(fail)?);
                Some(Box::new(opened))
            }
        };
        Ok(Self { out: Mutex::new(out), file })
    }

    pub(crate) fn begin(&self, items: u64, jobs: usize, threads: usize, memory: u64) {
        if let Some(file) = &self.file {
            // A pipe or a terminal has nothing to be cut.
            let _ = file.set_len(0);
        }
        self.write(&json!({
            "event": "begin", "items": items, "jobs": jobs, "threads": threads, "memory": memory,
        }));
    }

    pub(crate) fn hear(&self, at: f64, event: &Event<'_>) {
        let line = |name: &str, item: &Item| {
            json!({
                "event": name,
                "at": at,
                "index": item.index,
                "input": item.input.to_string_lossy(),
                "output": item.output.to_string_lossy(),
            })
        };
        let with = |mut line: Value, more: Value| {
            if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
                line.extend(more);
            }
            line
        };
        let line = match event {
            Event::Started(item) => line("started", item),
            Event::Retrying(item, failure, wait) => {
                let wait = json!({ "wait": wait.as_secs_f64() });
                with(with(line("retrying", item), failed(failure)), wait)
            }
            Event::Postponed(item) => line("postponed", item),
            Event::Done(item, done) => with(line("done", item), finished(done)),
            Event::Skipped(item, done) => with(line("skipped", item), finished(done)),
            Event::Failed(item, failure) => with(line("failed", item), failed(failure)),
            Event::Interrupted(item) => line("interrupted", item),
            _ => return,
        };
        self.write(&line);
    }

    pub(crate) fn end(&self, at: f64, tally: &Tally) {
        self.write(&json!({
            "event": "end",
            "at": at,
            "done": tally.done,
            "skipped": tally.skipped,
            "failed": tally.failed,
            "left": tally.left,
            "damaged": tally.damaged,
        }));
    }

    fn write(&self, line: &Value) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // Who no longer listens keeps nobody from working.
        if out
            .as_mut()
            .is_some_and(|out| writeln!(out, "{line}").and_then(|()| out.flush()).is_err())
        {
            *out = None;
        }
    }
}

fn finished(done: &Done) -> Value {
    json!({
        "seconds": done.seconds,
        "attempts": done.attempts,
        "bytes": done.output.bytes,
        "notes": done.notes,
        "damaged": done.damaged,
    })
}

/// What is said of a failure, here and in the report.
pub(crate) fn failed(failure: &Failure) -> Value {
    json!({
        "kind": failure.kind.name(),
        "chain": failure.chain,
        "hint": failure.hint,
        "attempts": failure.attempts,
    })
}
