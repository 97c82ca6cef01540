//! What a batch did, item by item, and how it went over time.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use swath::batch::{Event, Failure, Item, Plan};

/// How many points of time are kept: beyond them every second one is dropped.
const MOST_SAMPLES: usize = 600;
/// How often a long batch is looked at.
const OFTEN: Duration = Duration::from_millis(100);

/// What became of an item.
#[derive(Debug, Clone, Default)]
pub(crate) enum State {
    #[default]
    Left,
    Running,
    Done,
    Skipped,
    Failed(Failure),
    Interrupted,
}

impl State {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Left | Self::Running => "left",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed(_) => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What is known of an item.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    pub(crate) input: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) state: State,
    /// When the last attempt began, in seconds since the batch did, and how long it took.
    pub(crate) begun: f64,
    pub(crate) seconds: f64,
    pub(crate) attempts: u32,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) notes: Vec<String>,
    pub(crate) damaged: bool,
}

/// How far a batch was at a moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    /// Seconds since it began.
    pub(crate) at: f64,
    /// Items done and failed so far.
    pub(crate) items: u64,
    /// Bytes written so far.
    pub(crate) bytes: u64,
    /// Memory of the process in bytes: its own, and the pages of mapped files.
    pub(crate) own: u64,
    pub(crate) mapped: u64,
}

/// What a batch did.
#[derive(Debug)]
pub(crate) struct Ledger {
    begun: Instant,
    records: Mutex<Vec<Record>>,
    samples: Mutex<Vec<Sample>>,
}

impl Ledger {
    pub(crate) fn new(plan: &Plan) -> Self {
        let record = |item: &Item| Record {
            input: item.input.clone(),
            output: item.output.clone(),
            ..Record::default()
        };
        Self {
            begun: Instant::now(),
            records: Mutex::new(plan.items().iter().map(record).collect()),
            samples: Mutex::default(),
        }
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    pub(crate) fn records(&self) -> MutexGuard<'_, Vec<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn samples(&self) -> MutexGuard<'_, Vec<Sample>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what happened.
    pub(crate) fn hear(&self, event: &Event<'_>) {
        let now = self.seconds();
        let mut records = self.records();
        let mut at = |item: &Item, change: &dyn Fn(&mut Record)| {
            if let Some(record) = records.get_mut(item.index as usize - 1) {
                change(record);
            }
        };
        match event {
            Event::Started(item) => at(item, &|r| (r.state, r.begun) = (State::Running, now)),
            Event::Done(item, done) | Event::Skipped(item, done) => at(item, &|r| {
                let skipped = matches!(event, Event::Skipped(..));
                r.state = if skipped { State::Skipped } else { State::Done };
                (r.seconds, r.attempts, r.damaged) = (done.seconds, done.attempts, done.damaged);
                r.bytes_in = done.inputs.iter().map(|file| file.bytes).sum();
                r.bytes_out = done.output.bytes;
                r.notes.clone_from(&done.notes);
            }),
            Event::Failed(item, failure) => at(item, &|r| {
                r.seconds = now - r.begun;
                r.attempts = failure.attempts;
                r.state = State::Failed((*failure).clone());
            }),
            Event::Interrupted(item) => at(item, &|r| r.state = State::Interrupted),
            _ => {}
        }
    }

    /// Looks at the process now and then until `ended`.
    pub(crate) fn watch(&self, ended: &AtomicBool) {
        let mut every = OFTEN;
        while !ended.load(Ordering::Relaxed) {
            self.look();
            let mut samples = self.samples();
            if samples.len() >= MOST_SAMPLES {
                let mut even = false;
                samples.retain(|_| {
                    even = !even;
                    even
                });
                every *= 2;
            }
            drop(samples);
            // In short steps, so that the end is not waited for.
            let next = Instant::now() + every;
            while Instant::now() < next && !ended.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        self.look();
    }

    fn look(&self) {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|l| l.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
            kib.unwrap_or(0) * 1024
        };
        let mut sample = Sample {
            at: self.seconds(),
            own: field("RssAnon:"),
            mapped: field("RssFile:"),
            ..Sample::default()
        };
        for record in self.records().iter() {
            let ended = matches!(record.state, State::Done | State::Failed(_));
            sample.items += u64::from(ended);
            sample.bytes += if matches!(record.state, State::Done) { record.bytes_out } else { 0 };
        }
        self.samples().push(sample);
    }
}
