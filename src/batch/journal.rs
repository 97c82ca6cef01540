//! What was planned and what is done, on disk.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use super::command::Command;
use super::history::{Done, History, first, head, same_outputs};
use super::plan::{Item, Plan};
use super::{Failure, line};
use crate::error::{Error, Result};
use crate::io::Overwrite;

/// What was planned and what is done: lines with checksums, appended and synced.
///
/// A journal is locked while it is open. Lines are written at once and synced in groups by a
/// thread of its own; a line that is lost with the machine's power costs the time to make that
/// output again, nothing else.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    history: History,
    lines: Option<Sender<Vec<u8>>>,
    writer: Option<JoinHandle<Result<()>>>,
    broken: Arc<AtomicBool>,
}

impl Journal {
    /// Begins a journal, in the place of an older one of its name; one of another command is
    /// replaced only if outputs are.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written, [`Error::Usage`] if another process has it open, if
    /// it is a file that is neither a journal nor empty, or if outputs are there that may not be
    /// replaced; what was in it then stays.
    pub fn create(
        path: impl AsRef<Path>,
        command: &Command,
        plan: &Plan,
        overwrite: Overwrite,
    ) -> Result<Self> {
        let path = path.as_ref();
        let file = locked(path)?;
        let old = first(&file, command).map_err(|e| e.at_path(path))?;
        let other = old.is_some_and(|old| old["digest"] != command.digest());
        if overwrite == Overwrite::Refuse && other {
            return Err(Error::usage("journal")
                .expected("a new file")
                .found("the journal of another command")
                .hint("name another file, or have it replaced with --overwrite")
                .at_path(path));
        }
        let history = History::read(&file, command).ok().flatten();
        let history = history.filter(|_| overwrite.replaces());
        plan.refuse_existing(overwrite, |item| history.as_ref().is_some_and(|h| h.claims(item)))?;
        Self::begin(path, file, None, command, plan).map_err(|e| e.at_path(path))
    }

    /// Goes on with a journal; one that is not there, or empty, is begun.
    ///
    /// # Errors
    /// As [`Journal::create`]; [`Error::Usage`] if it is of another command or version, or gave
    /// one of the inputs another output; [`Error::Format`], naming the line, if it is damaged
    /// elsewhere than at its end.
    pub fn resume(
        path: impl AsRef<Path>,
        command: &Command,
        plan: &Plan,
        overwrite: Overwrite,
    ) -> Result<Self> {
        let path = path.as_ref();
        let file = locked(path)?;
        let history = History::read(&file, command).map_err(|e| e.at_path(path))?;
        history.iter().try_for_each(|h| same_outputs(h, plan)).map_err(|e| e.at_path(path))?;
        // Before their items are claimed.
        plan.refuse_existing(overwrite, |item| history.as_ref().is_some_and(|h| h.claims(item)))?;
        Self::begin(path, file, history, command, plan).map_err(|e| e.at_path(path))
    }

    fn begin(
        path: &Path,
        mut file: File,
        history: Option<History>,
        command: &Command,
        plan: &Plan,
    ) -> Result<Self> {
        let mut lines = Vec::new();
        let end = match &history {
            None => {
                lines = head(command);
                Some(0)
            }
            Some(history) => history.torn,
        };
        let history = history.unwrap_or_default();
        for item in plan.items().iter().filter(|item| item.is_named() && !history.claims(item)) {
            lines.extend(line::encode(&json!({
                "type": "item",
                "input": item.input.to_string_lossy(),
                "output": item.output.to_string_lossy(),
            })));
        }
        if let Some(end) = end {
            file.set_len(end).map_err(|e| Error::io("cut", e))?;
        }
        file.write_all(&lines).map_err(|e| Error::io("write", e))?;
        file.sync_all().map_err(|e| Error::io("sync", e))?;
        let (lines, received) = channel();
        let broken = Arc::new(AtomicBool::new(false));
        let breaks = broken.clone();
        let writer = std::thread::Builder::new()
            .name("swath-journal".into())
            .spawn(move || {
                let kept = keep(&mut file, &received);
                breaks.store(kept.is_err(), Ordering::Relaxed);
                kept
            })
            .map_err(|e| Error::io("start the thread of", e))?;
        let path = path.to_path_buf();
        Ok(Self { path, history, lines: Some(lines), writer: Some(writer), broken })
    }

    /// Returns what an earlier run left.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether it can no longer be written; [`Journal::close`] says why.
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    pub(super) fn done(&self, done: &Done) {
        self.record(&done.to_json());
    }

    pub(super) fn failed(&self, item: &Item, failure: &Failure) {
        self.record(&json!({
            "type": "failed",
            "input": item.input.to_string_lossy(),
            "output": item.output.to_string_lossy(),
            "kind": failure.kind.name(),
            "chain": failure.chain,
            "attempts": failure.attempts,
        }));
    }

    /// Writes how a run ended.
    pub(super) fn ended(&self, stopped: bool) {
        self.record(&json!({ "type": if stopped { "stopped" } else { "ended" } }));
    }

    fn record(&self, value: &Value) {
        if let Some(lines) = &self.lines {
            // The writer is gone only if it failed, which is asked for elsewhere.
            let _ = lines.send(line::encode(value));
        }
    }

    /// Waits until all of it is synced.
    ///
    /// # Errors
    /// [`Error::Io`], naming the journal, if a line could not be written. Those before it are
    /// whole.
    pub fn close(mut self) -> Result<()> {
        self.end().map_err(|error| error.at_path(&self.path))
    }

    fn end(&mut self) -> Result<()> {
        self.lines = None;
        match self.writer.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(kept)) => kept,
            Some(Err(_)) => Err(Error::defect("the thread of the journal panicked")),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Who wants to know closes it.
        let _ = self.end();
    }
}

/// Writes lines as they come, and syncs when none wait.
fn keep(file: &mut File, lines: &Receiver<Vec<u8>>) -> Result<()> {
    let mut sound = file.metadata().map_err(|e| Error::io("ask for the length", e))?.len();
    while let Ok(line) = lines.recv() {
        for line in std::iter::once(line).chain(lines.try_iter()) {
            if let Err(error) = file.write_all(&line) {
                // Half a line on a full disk would stand in the middle later.
                let _ = file.set_len(sound);
                return Err(Error::io("write", error)
                    .hint("the batch was stopped; --resume makes again what it does not say"));
            }
            sound += line.len() as u64;
        }
        file.sync_data().map_err(|e| Error::io("sync", e))?;
    }
    Ok(())
}

/// Opens a journal that nobody else has open.
fn locked(path: &Path) -> Result<File> {
    let fail = |action, e| Error::io(action, e).at_path(path);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| fail("make the folder of", e))?;
    }
    let mut options = File::options();
    let file = options.read(true).append(true).create(true).open(path);
    let file = file.map_err(|e| fail("open", e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::usage("the journal is in use by another run").at_path(path))
        }
        // Not every file system has locks.
        Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(e)) => Err(fail("lock", e)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fingerprint, Found, Template};
    use super::*;

    fn plan(inputs: &[&str], template: &str) -> Plan {
        let found = inputs.iter().map(|input| Found::file(*input)).collect();
        Plan::new(found, &Template::parse(template).expect("parses"), "x").expect("no clash")
    }

    fn command(words: &[&str]) -> Command {
        Command::new(words.iter().map(|&w| w.to_owned()).collect())
    }

    fn done(output: &Path) -> Done {
        Done {
            inputs: vec![Fingerprint::of(output, false).expect("there")],
            // By folder, as they are read again.
            absent: ["/d/b.tfw", "d/c.tif.ovr"].map(PathBuf::from).into(),
            output: Fingerprint::of(output, true).expect("there"),
            beside: vec![Fingerprint::of(output, false).expect("there")],
            notes: vec!["a note".into()],
            damaged: true,
            attempts: 2,
            seconds: 0.25,
        }
    }

    /// A journal with a done item and a failed one.
    fn journal(dir: &Path) -> (PathBuf, Plan, Done) {
        let template = format!("{}/{{stem}}", dir.display());
        let plan = plan(&["a.tif", "b.tif"], &template);
        let path = dir.join("x/journal");
        let begin = || Journal::create(&path, &command(&["x"]), &plan, Overwrite::Refuse);
        let journal = begin().expect("begins");
        std::fs::write(dir.join("a"), "made").expect("writes");
        let done = done(&dir.join("a"));
        journal.done(&done);
        let failure = Failure::new(&Error::format("bits"), 1);
        journal.failed(&plan.items()[1], &failure);
        journal.close().expect("synced");
        let error = begin().expect_err("an output is there").to_string();
        assert!(error.contains("1 that are there already") && error.contains("/a"), "{error}");
        (path, plan, done)
    }

    #[test]
    fn what_was_written_comes_back() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, plan, wanted) = journal(dir.path());
        let journal =
            Journal::resume(&path, &command(&["x"]), &plan, Overwrite::Refuse).expect("goes on");
        let history = journal.history();
        assert_eq!(history.done(&plan.items()[0]), Some(&wanted));
        assert!(wanted.holds(false) && history.claims(&plan.items()[0]));
        assert!(history.done(&plan.items()[1]).is_none() && history.claims(&plan.items()[1]));
        let outputs: Vec<_> = history.outputs().collect();
        assert_eq!(outputs, [dir.path().join("a"), dir.path().join("b")]);
        let second =
            Journal::resume(&path, &command(&["x"]), &plan, Overwrite::Refuse).expect_err("locked");
        assert!(second.to_string().contains("in use"), "{second}");
    }

    #[test]
    fn other_commands_and_other_names_are_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, old, _) = journal(dir.path());
        let error = Journal::resume(&path, &command(&["x", "y"]), &old, Overwrite::Refuse)
            .expect_err("another");
        assert!(error.to_string().contains("expected the journal's: x, found x y"), "{error}");
        let other = plan(&["a.tif"], "other/{stem}");
        let error = Journal::resume(&path, &command(&["x"]), &other, Overwrite::Refuse)
            .expect_err("another");
        assert!(error.to_string().contains("output of a.tif"), "{error}");
    }

    #[test]
    fn a_torn_end_is_cut_and_damage_before_it_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, plan, _) = journal(dir.path());
        let whole = std::fs::read(&path).expect("reads");
        let ends: Vec<usize> =
            whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1).collect();
        let item = &plan.items()[0];
        // The first line is the command's, two are the plan's, the fourth says what is done.
        for end in (0..=whole.len()).step_by(11).chain(ends.clone()) {
            std::fs::write(&path, &whole[..end]).expect("writes");
            let journal = Journal::resume(&path, &command(&["x"]), &plan, Overwrite::Replace)
                .expect("goes on");
            assert_eq!(journal.history().done(item).is_some(), end >= ends[3], "cut at {end}");
            journal.close().expect("synced");
            // Whatever was cut, the next run finds a sound journal.
            let again =
                Journal::resume(&path, &command(&["x"]), &plan, Overwrite::Replace).expect("sound");
            assert!(again.history().torn.is_none() && again.history().claims(item));
        }
        for (line, start) in [0, ends[0], ends[1], ends[2]].into_iter().enumerate() {
            let mut bytes = whole.clone();
            bytes[start + 12] ^= 4;
            std::fs::write(&path, &bytes).expect("writes");
            let error = Journal::resume(&path, &command(&["x"]), &plan, Overwrite::Replace)
                .expect_err("damaged");
            let text = error.to_string();
            assert!(text.contains(&format!("line {} ", line + 1)), "{text}");
            assert!(text.contains("journal") && matches!(error, Error::Format(_)), "{text}");
        }
        // One of another format, by a version before or after, is sound and of no use.
        let first = std::str::from_utf8(&whole[..ends[0]]).expect("text");
        let (_, json) = first.split_once(' ').expect("a checksum");
        let mut value: serde_json::Value = serde_json::from_str(json).expect("JSON");
        value["format"] = 1.into();
        std::fs::write(&path, crate::batch::line::encode(&value)).expect("writes");
        let error = Journal::resume(&path, &command(&["x"]), &plan, Overwrite::Replace)
            .expect_err("another format");
        assert!(
            error.to_string().contains("format of the journal: expected 2, found 1"),
            "{error}"
        );
    }
}
