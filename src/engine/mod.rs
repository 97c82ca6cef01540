//! The engine: demand-driven, bounded in memory, the same bytes every time.

/// Memory limits of the machine and its containers.
mod budget;
/// What chunks a run will want, known before it begins.
mod foresight;
/// A sink that keeps all pixels.
mod memory;
/// [`Metrics`]: where the time of runs went.
mod metrics;
/// [`Engine`]: the one loop that pulls tiles through the workers.
mod run;
/// [`Sink`], [`Encode`], [`Observer`]: where tiles go.
mod sink;
/// [`Tiling`]: the canonical order of tiles.
mod tiling;

pub use budget::default_memory;
pub(crate) use foresight::Foresight;
pub use metrics::Metrics;
pub(crate) use run::too_large;
pub use run::{Engine, EngineOptions};
pub use sink::{Encode, Observer, Silent, Sink};
pub use tiling::{Tile, Tiling};
