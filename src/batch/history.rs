//! What an earlier run left in a journal.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::command::Command;
use super::fingerprint::Fingerprint;
use super::line;
use super::plan::{Item, Plan};
use crate::error::{Error, Result};

/// An item that is done.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Done {
    /// The files that were read, as they were before.
    pub inputs: Vec<Fingerprint>,
    /// Files that would have been read, and were not there.
    pub absent: Vec<PathBuf>,
    /// The file that was written.
    pub output: Fingerprint,
    /// The files that were written beside it and belong to it.
    pub beside: Vec<Fingerprint>,
    /// What was said of it.
    pub notes: Vec<String>,
    /// Whether damaged chunks became nodata.
    pub damaged: bool,
    /// How often it was tried.
    pub attempts: u32,
    /// How long the last attempt took, in seconds.
    pub seconds: f64,
}

impl Done {
    /// Returns whether inputs and output, and what belongs to them, are still what they were, by
    /// size and time or, with `hash`, by content; and whether what was not there is not there now.
    pub fn holds(&self, hash: bool) -> bool {
        let files = self.inputs.iter().chain([&self.output]).chain(&self.beside);
        !self.absent.iter().any(|path| path.is_file())
            && files.into_iter().all(|file| file.holds(hash))
    }

    pub(super) fn to_json(&self) -> Value {
        let inputs: Vec<_> = self.inputs.iter().map(Fingerprint::to_json).collect();
        let beside: Vec<_> = self.beside.iter().map(Fingerprint::to_json).collect();
        json!({
            "type": "done",
            "inputs": inputs,
            "absent": by_folder(&self.absent),
            "beside": beside,
            "output": self.output.to_json(),
            "notes": self.notes,
            "damaged": self.damaged,
            "attempts": self.attempts,
            "seconds": self.seconds,
        })
    }

    fn from_json(value: &Value) -> Option<Self> {
        let files = |key: &str| -> Option<Vec<Fingerprint>> {
            value[key].as_array()?.iter().map(Fingerprint::from_json).collect()
        };
        let notes = value["notes"].as_array()?;
        Some(Self {
            inputs: files("inputs")?,
            absent: of_folders(&value["absent"])?,
            beside: files("beside")?,
            output: Fingerprint::from_json(&value["output"])?,
            notes: notes.iter().map(|n| n.as_str().map(str::to_owned)).collect::<Option<_>>()?,
            damaged: value["damaged"].as_bool()?,
            attempts: value["attempts"].as_u64()?.try_into().ok()?,
            seconds: value["seconds"].as_f64()?,
        })
    }
}

/// Files by their folders, as a dozen of them have long names in common.
fn by_folder(paths: &[PathBuf]) -> Value {
    let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in paths {
        let folder = path.parent().unwrap_or(Path::new("")).to_string_lossy().into_owned();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        folders.entry(folder).or_default().push(name);
    }
    json!(folders)
}

fn of_folders(value: &Value) -> Option<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for (folder, names) in value.as_object()? {
        for name in names.as_array()? {
            paths.push(Path::new(folder).join(name.as_str()?));
        }
    }
    Some(paths)
}

/// What an earlier run left in a journal.
#[derive(Debug, Default)]
pub struct History {
    /// Inputs by their outputs.
    planned: BTreeMap<PathBuf, PathBuf>,
    /// Items by their outputs.
    done: BTreeMap<PathBuf, Done>,
    /// Where the first line begins that was torn, if the last ones were.
    pub(super) torn: Option<u64>,
}

impl History {
    /// Returns what is known of an item that an earlier run finished.
    pub fn done(&self, item: &Item) -> Option<&Done> {
        self.done.get(&item.output)
    }

    /// Returns whether an earlier run had the item in its plan: then its output, if there is one,
    /// is of that run and may be replaced.
    pub fn claims(&self, item: &Item) -> bool {
        self.planned.get(&item.output).is_some_and(|input| *input == item.input)
    }

    /// Returns the outputs of an earlier run's plan.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &Path> {
        self.planned.keys().map(PathBuf::as_path)
    }

    /// Reads the lines of a journal; `None` if not even the first is there.
    pub(super) fn read(file: &File, command: &Command) -> Result<Option<Self>> {
        if first(file, command)?.is_none() {
            return Ok(None);
        }
        let mut lines = BufReader::new(file);
        let (mut history, mut begun) = (Self::default(), false);
        let (mut at, mut number, mut bytes) = (0, 0u64, Vec::new());
        let mut bad = None;
        loop {
            bytes.clear();
            if lines.read_until(b'\n', &mut bytes).map_err(|e| Error::io("read", e))? == 0 {
                break;
            }
            number += 1;
            match (line::decode(&bytes), bad) {
                (None, _) => {
                    bad.get_or_insert((number, at));
                }
                // What was torn is at the end: whoever tore it wrote nothing after.
                (Some(_), Some((number, _))) => return Err(damaged(number)),
                (Some(value), None) if !begun => {
                    same_command(&value, command)?;
                    begun = true;
                }
                (Some(value), None) => history.take(&value).ok_or_else(|| damaged(number))?,
            }
            at += bytes.len() as u64;
        }
        history.torn = bad.map(|(_, at)| at);
        Ok(begun.then_some(history))
    }

    fn take(&mut self, value: &Value) -> Option<()> {
        match value["type"].as_str()? {
            "item" => {
                let path = |key: &str| value[key].as_str().map(PathBuf::from);
                self.planned.insert(path("output")?, path("input")?);
            }
            "done" => {
                let done = Done::from_json(value)?;
                self.done.insert(done.output.path.clone(), done);
            }
            "failed" => {
                self.done.remove(Path::new(value["output"].as_str()?));
            }
            // What only people read.
            _ => {}
        }
        Some(())
    }
}

fn damaged(number: u64) -> Error {
    Error::format(format!("line {number} of the journal"))
        .expected("a line as it was written")
        .found("one whose checksum does not fit, with sound ones after it")
        .hint("what it said is lost: start anew without --resume, with another --journal")
}

/// Makes the first line of a command's journal.
pub(super) fn head(command: &Command) -> Vec<u8> {
    line::encode(&json!({
        "type": "batch",
        "format": FORMAT,
        "swath": VERSION,
        "digest": command.digest(),
        "words": command.words(),
    }))
}

/// Reads the first line of what is to be a command's journal; `None` of an empty file, and of
/// one that ends within the line that the command would have written. Reading then begins anew.
///
/// # Errors
/// [`Error::Usage`] if it is another file, which is not to be lost.
pub(super) fn first(mut file: &File, command: &Command) -> Result<Option<Value>> {
    let mut bytes = Vec::new();
    file.rewind().map_err(|e| Error::io("read", e))?;
    let mut start = BufReader::new(file).take(MOST_HEAD);
    start.read_until(b'\n', &mut bytes).map_err(|e| Error::io("read", e))?;
    file.rewind().map_err(|e| Error::io("read", e))?;
    if head(command).starts_with(&bytes) && !bytes.ends_with(b"\n") {
        return Ok(None);
    }
    match line::decode(&bytes) {
        Some(value) if value["type"] == "batch" => Ok(Some(value)),
        // Damage before sound lines is told of where those are.
        None if line::is_like(&bytes) => Err(damaged(1)),
        _ => Err(Error::usage("journal")
            .expected("a new or empty file, or a journal of swath")
            .found("another file, which is left as it is")
            .hint("name another file with --journal")),
    }
}

/// The most bytes of a first line: many times what a system lets a command have.
const MOST_HEAD: u64 = 64 << 20;

/// Since 2, items have lists of files that were absent and that were written beside.
const FORMAT: u64 = 2;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Checks that a journal was begun by the same command of the same version.
fn same_command(first: &Value, command: &Command) -> Result<()> {
    if first["type"] != "batch" {
        return Err(Error::format("the first line").expected("that of a batch's journal"));
    }
    if first["format"] != FORMAT {
        return Err(Error::usage("format of the journal")
            .expected(FORMAT)
            .found(&first["format"])
            .hint("it was begun by another version of swath: start anew, without --resume"));
    }
    if first["swath"] != VERSION {
        return Err(Error::usage("swath's version")
            .expected(format!("the journal's, {}", first["swath"]))
            .found(VERSION)
            .hint("another version may write other bytes: start anew, without --resume"));
    }
    if first["digest"] == command.digest() {
        return Ok(());
    }
    let old: Vec<&str> =
        first["words"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    Err(Error::usage("the command")
        .expected(format!("the journal's: {}", old.join(" ")))
        .found(command.words().join(" "))
        .hint(
            "give the same inputs, names and options to go on, or another --journal to start anew",
        ))
}

/// Checks that the inputs of an earlier run still have the outputs that it gave them.
pub(super) fn same_outputs(history: &History, plan: &Plan) -> Result<()> {
    let old: BTreeMap<_, _> = history.planned.iter().map(|(o, i)| (i, o)).collect();
    for item in plan.items() {
        if let Some(output) = old.get(&item.input).filter(|output| ***output != item.output) {
            return Err(Error::usage(format!("output of {}", item.input.display()))
                .expected(format!("the journal's, {}", output.display()))
                .found(item.output.display())
                .hint("{index} counts the inputs there are now: start anew, or bring them back"));
        }
    }
    Ok(())
}
