//! One operation over many files: nothing lost, memory kept.
//!
//! A [`Plan`] gives every input an output; [`Batch::run`] makes them, several at once on the
//! workers and the memory of one [`Engine`](crate::engine::Engine); a [`Journal`] keeps what is
//! done, so that a batch that was killed goes on where it stopped. What is done with a file is
//! the caller's function: each output is what that function makes when it is called alone.
//!
//! ```
//! # fn main() -> swath::Result<()> {
//! # let scene = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/landsat.tif");
//! # let dir = tempfile::tempdir().expect("a temporary directory");
//! use swath::batch::{Batch, BatchOptions, Found, Made, Plan, Template};
//! use swath::engine::{Engine, EngineOptions, Silent};
//! use swath::geotiff::WriteOptions;
//!
//! let template = Template::parse(&format!("{}/{{stem}}_{{verb}}.tif", dir.path().display()))?;
//! let plan = Plan::new(vec![Found::file(scene), Found::file("absent.tif")], &template, "copy")?;
//! let engine = Engine::new(EngineOptions::default())?;
//! let batch = Batch::new(&plan, &engine, BatchOptions::default());
//! let tally = batch.run(None, &|_| (), &|task, engine| {
//!     let scene = swath::open(&task.item.input)?;
//!     scene.write_with(engine, &task.item.output, &WriteOptions::default(), &mut Silent)?;
//!     Ok(Made::default())
//! })?;
//! assert_eq!((tally.done, tally.failed), (1, 1));
//! assert!(dir.path().join("landsat_copy.tif").is_file());
//! # Ok(())
//! # }
//! ```

/// [`Command`]: what was asked for.
mod command;
/// [`Failure`]: why an item failed, and whether to try again.
mod failure;
/// [`Fingerprint`]: whether a file is still what it was.
mod fingerprint;
/// [`History`]: what an earlier run left in a journal.
mod history;
/// [`Journal`]: what was planned and what is done, on disk.
mod journal;
/// The lines of a journal, each with its checksum.
mod line;
/// Where names lead.
mod place;
/// [`Plan`]: an output for every input.
mod plan;
/// Which item is worked on next.
mod queue;
/// [`Batch`]: the runner.
mod run;
/// [`Template`]: how outputs are named.
mod template;

pub use command::Command;
pub use failure::{Failure, FailureKind};
pub use fingerprint::Fingerprint;
pub use history::{Done, History};
pub use journal::Journal;
pub use plan::{Found, Item, Plan};
pub use run::{Batch, BatchOptions, Event, Halt, Made, Tally, Task};
pub use template::{Names, Template};
