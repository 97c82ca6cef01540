//! The runner.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::queue::{Due, Queue};
use super::{Done, Failure, FailureKind, Fingerprint, Item, Journal, Plan};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::io::Overwrite;
use crate::raster::CancelFlag;

/// The least memory that an item gets to itself, in bytes, if several are worked on at once.
const LEAST_PART: u64 = 32 << 20;
/// The longest wait before an item is tried again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How a batch works. None of it changes a byte of any output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchOptions {
    /// How many items are worked on at once, each with as much of the memory; 0 for twice the
    /// workers, as long as each has 32 MiB. All of them share the workers, tile by tile.
    pub jobs: usize,
    /// How often an item is tried again whose failure may be gone the next time.
    pub retries: u32,
    /// How long it waits before that the first time; then twice as long each time, up to a minute.
    pub wait: Duration,
    /// The number of failures after which no more items are begun.
    pub max_failures: Option<u64>,
    /// Whether files of a journal are compared by content, not by size and time.
    pub hash: bool,
    /// What becomes of outputs that are there already.
    pub overwrite: Overwrite,
}

impl Default for BatchOptions {
    /// Two retries after half a second; failures stop nothing.
    fn default() -> Self {
        Self {
            jobs: 0,
            retries: 2,
            wait: Duration::from_millis(500),
            max_failures: None,
            hash: false,
            overwrite: Overwrite::Refuse,
        }
    }
}

/// What the function of a batch gets.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// What to read and write. The folders of the output are there.
    pub item: &'a Item,
    /// What becomes of the output if it is there: one that an earlier run left without saying it
    /// was done is replaced.
    pub overwrite: Overwrite,
}

/// What the function of a batch made, besides its output.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// All files that were read; the item's input need not be among them.
    pub inputs: Vec<PathBuf>,
    /// Files that would have been read, and were not there.
    pub absent: Vec<PathBuf>,
    /// Files that were written beside the output and belong to it.
    pub beside: Vec<PathBuf>,
    /// What people should know of it.
    pub notes: Vec<String>,
    /// Whether damaged chunks became nodata.
    pub damaged: bool,
}

/// What happens in a batch.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An item is begun, for the first time or again.
    Started(&'a Item),
    /// An item failed and will be tried again after a while.
    Retrying(&'a Item, &'a Failure, Duration),
    /// An item needs more memory than its part, and will be worked on alone.
    Postponed(&'a Item),
    /// An item is done.
    Done(&'a Item, &'a Done),
    /// An earlier run did it, and its files are what they were.
    Skipped(&'a Item, &'a Done),
    /// An item failed for good.
    Failed(&'a Item, &'a Failure),
    /// An item was stopped halfway; nothing of it is left.
    Interrupted(&'a Item),
}

/// How a batch ended: what became of its items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Items made by this run.
    pub done: u64,
    /// Items that an earlier run made.
    pub skipped: u64,
    /// Items that failed.
    pub failed: u64,
    /// Items that were not begun or were stopped halfway.
    pub left: u64,
    /// Items among the first two in which damaged chunks became nodata.
    pub damaged: u64,
    /// Failed items by whose fault it is.
    pub failures: BTreeMap<FailureKind, u64>,
}

/// Stops a batch from another thread or a signal handler. Clones stop the same batch.
#[derive(Debug, Clone)]
pub struct Halt {
    no_more: CancelFlag,
    at_once: CancelFlag,
}

impl Halt {
    /// Begins no more items; those in work are finished.
    pub fn finish_running(&self) {
        self.no_more.cancel();
    }

    /// Stops the items in work too, of which nothing is left.
    pub fn at_once(&self) {
        self.no_more.cancel();
        self.at_once.cancel();
    }

    /// Returns whether no more items are begun.
    pub fn is_raised(&self) -> bool {
        self.no_more.is_cancelled()
    }
}

type Listener<'a> = &'a (dyn Fn(&Event<'_>) + Sync);
type Make<'a> = &'a (dyn Fn(&Task<'_>, &Engine) -> Result<Made> + Sync);

/// A plan, and the engine that it is worked off with.
#[derive(Debug)]
pub struct Batch<'a> {
    plan: &'a Plan,
    engine: &'a Engine,
    options: BatchOptions,
    halt: Halt,
}

impl<'a> Batch<'a> {
    /// Prepares a batch. It stops at once when the engine's flag is raised.
    pub fn new(plan: &'a Plan, engine: &'a Engine, options: BatchOptions) -> Self {
        let halt = Halt { no_more: CancelFlag::new(), at_once: engine.cancel_flag() };
        Self { plan, engine, options, halt }
    }

    /// Returns what stops it.
    pub fn halt(&self) -> Halt {
        self.halt.clone()
    }

    /// Returns how many items are worked on at once.
    pub fn jobs(&self) -> usize {
        let parts = usize::try_from(self.engine.options().memory / LEAST_PART);
        let usual = (2 * self.engine.threads()).min(parts.unwrap_or(usize::MAX));
        let jobs = if self.options.jobs > 0 { self.options.jobs } else { usual };
        jobs.min(self.plan.items().len()).max(1)
    }

    /// Makes every item by `make`, several at once, and tells `listen` from any thread.
    ///
    /// Each item has an engine of its own on the shared workers, with its part of the memory. An
    /// item that meets a limit with that is made again at the end with all of the memory and no
    /// other beside it, so that what fails does not depend on how many there are. Failures that may
    /// be gone the next time are tried again, and no failure keeps the others from being made.
    ///
    /// # Errors
    /// [`Error::Io`] if leftovers of an earlier run cannot be removed. Failures of items are
    /// counted and told to `listen`.
    pub fn run(
        &self,
        journal: Option<&Journal>,
        listen: Listener<'_>,
        make: Make<'_>,
    ) -> Result<Tally> {
        if let Some(journal) = journal {
            sweep(journal)?;
        }
        let jobs = self.jobs();
        let run = Run {
            batch: self,
            journal,
            listen,
            make,
            queue: Queue::new(self.plan.items().len()),
            tally: Mutex::default(),
        };
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    let part = self.engine.part(jobs);
                    while let Some(due) = run.queue.next(|| run.stopped()) {
                        run.item(due, &part, jobs > 1);
                    }
                });
            }
        });
        for due in run.queue.take_alone() {
            if run.stopped() {
                break;
            }
            run.item(due, self.engine, false);
            // Its retries, if it has some.
            while let Some(due) = run.queue.next(|| run.stopped()) {
                run.item(due, self.engine, false);
            }
        }
        let mut tally = run.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        tally.left = self.plan.items().len() as u64 - tally.done - tally.skipped - tally.failed;
        if let Some(journal) = journal {
            journal.ended(tally.left > 0);
        }
        Ok(tally)
    }
}

/// A batch in work.
struct Run<'a> {
    batch: &'a Batch<'a>,
    journal: Option<&'a Journal>,
    listen: Listener<'a>,
    make: Make<'a>,
    queue: Queue,
    tally: Mutex<Tally>,
}

impl Run<'_> {
    /// Whether no more items are begun.
    fn stopped(&self) -> bool {
        let halt = &self.batch.halt;
        halt.is_raised()
            || halt.at_once.is_cancelled()
            || self.journal.is_some_and(Journal::is_broken)
    }

    /// Works on an item once, and sees to what becomes of it.
    fn item(&self, mut due: Due, engine: &Engine, partly: bool) {
        let options = &self.batch.options;
        let item = &self.batch.plan.items()[due.at];
        let history = self.journal.map(Journal::history);
        if let Some(done) = history.and_then(|h| h.done(item)).filter(|d| d.holds(options.hash)) {
            self.count(|tally| {
                tally.skipped += 1;
                tally.damaged += u64::from(done.damaged);
            });
            return (self.listen)(&Event::Skipped(item, done));
        }
        tracing::info!(input = %item.input.display(), output = %item.output.display(), "item begins");
        (self.listen)(&Event::Started(item));
        due.attempts += 1;
        let ours = history.is_some_and(|h| h.claims(item));
        let overwrite = if ours { Overwrite::Replace } else { options.overwrite };
        let task = Task { item, overwrite };
        let begun = Instant::now();
        let error = match self.attempt(&task, engine) {
            Ok(done) => {
                let (attempts, seconds) = (due.attempts, begun.elapsed().as_secs_f64());
                let done = Done { attempts, seconds, ..done };
                if let Some(journal) = self.journal {
                    journal.done(&done);
                }
                self.count(|tally| {
                    tally.done += 1;
                    tally.damaged += u64::from(done.damaged);
                });
                tracing::info!(output = %item.output.display(), seconds, "item is done");
                return (self.listen)(&Event::Done(item, &done));
            }
            Err(error) => error,
        };
        if matches!(error, Error::Cancelled) && self.batch.halt.at_once.is_cancelled() {
            return (self.listen)(&Event::Interrupted(item));
        }
        // Which of its limits was met does not matter: with all of the memory it tells.
        if partly && matches!(error, Error::Limit(_)) {
            self.queue.alone(Due { attempts: due.attempts - 1, ..due });
            return (self.listen)(&Event::Postponed(item));
        }
        tracing::info!(input = %item.input.display(), %error, attempts = due.attempts, "item failed");
        let failure = Failure::new(&error, due.attempts);
        if failure.kind == FailureKind::Transient && due.attempts <= options.retries {
            let doubled = options.wait.saturating_mul(1 << (due.attempts - 1).min(20));
            let wait = doubled.min(LONGEST_WAIT.max(options.wait));
            (self.listen)(&Event::Retrying(item, &failure, wait));
            return self.queue.again(due, wait);
        }
        if let Some(journal) = self.journal {
            journal.failed(item, &failure);
        }
        let failed = self.count(|tally| {
            *tally.failures.entry(failure.kind).or_default() += 1;
            tally.failed += 1;
            tally.failed
        });
        if options.max_failures.is_some_and(|most| failed >= most) {
            self.batch.halt.finish_running();
        }
        (self.listen)(&Event::Failed(item, &failure));
    }

    /// Makes an output once; returns what there is to know of it, but for attempts and time.
    fn attempt(&self, task: &Task<'_>, engine: &Engine) -> Result<Done> {
        let (item, hash) = (task.item, self.batch.options.hash);
        if !item.is_named() {
            return Err(Error::usage("file name").expected("one in UTF-8").at_path(&item.input));
        }
        // Before it is read: what changes meanwhile will not hold. A name that is none of a file,
        // such as `a.tif#2`, is left to whoever opens it.
        let there = item.input.is_file();
        let own = there.then(|| Fingerprint::of(&item.input, hash)).transpose()?;
        if let Some(folder) = item.output.parent() {
            let made = std::fs::create_dir_all(folder);
            made.map_err(|e| Error::io("make the folder", e).at_path(folder))?;
        }
        let engine = engine.afresh();
        let made = catch_unwind(AssertUnwindSafe(|| (self.make)(task, &engine)));
        let made = made.unwrap_or_else(|panic| Err(panicked(&*panic)))?;
        let others: BTreeSet<&Path> = made
            .inputs
            .iter()
            .map(PathBuf::as_path)
            .filter(|&p| !there || p != item.input)
            .collect();
        let others = others.into_iter().map(|path| Fingerprint::of(path, hash));
        let beside = made.beside.iter().map(|path| Fingerprint::of(path, hash));
        Ok(Done {
            inputs: own.map(Ok).into_iter().chain(others).collect::<Result<_>>()?,
            absent: made.absent,
            output: Fingerprint::of(&item.output, hash)?,
            beside: beside.collect::<Result<_>>()?,
            notes: made.notes,
            damaged: made.damaged,
            attempts: 0,
            seconds: 0.0,
        })
    }

    fn count<T>(&self, change: impl FnOnce(&mut Tally) -> T) -> T {
        change(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Error::defect("an item panicked")
        .found(message)
        .hint("this is a defect of swath: please report it with the file that caused it")
}

/// Removes what a killed run left beside its outputs.
fn sweep(journal: &Journal) -> Result<()> {
    let mut by_folder: BTreeMap<&Path, BTreeSet<_>> = BTreeMap::new();
    for output in journal.history().outputs() {
        let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
        let names = by_folder.entry(folder.unwrap_or(Path::new("."))).or_default();
        names.extend(output.file_name());
    }
    for (folder, names) in by_folder {
        crate::io::sweep(folder, |name| names.contains(name))?;
    }
    Ok(())
}
