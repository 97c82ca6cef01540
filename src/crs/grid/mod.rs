//! Grids of shifts between two datums: what they say and how they are read.

mod ntv2;
mod shift;

use std::fmt;
use std::sync::Arc;

use crate::Result;

pub use shift::{GridInterpolation, GridKind, GridPiece, ShiftGrid};

/// A place that grid files are looked for in.
///
/// It lies above this floor, because the files may be GeoTIFFs.
pub trait GridStore: Send + Sync {
    /// Returns whether a grid is there and can be used. `name` is that of PROJ's
    /// collection, such as `nz_linz_nzgd2kgrid0005.tif`.
    fn state(&self, name: &str) -> GridState;

    /// Reads a grid.
    ///
    /// # Errors
    /// If the file is missing, cannot be read or is no grid of shifts between datums.
    fn load(&self, name: &str) -> Result<Arc<ShiftGrid>>;
}

/// Whether a grid can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GridState {
    /// It can.
    Present,
    /// There is no such file.
    Absent,
    /// There is one that cannot be read; which it is, and what is wrong with it.
    Damaged(String),
}

/// The grids that transformations may use; none by default. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Grids(Option<Arc<dyn GridStore>>);

impl Grids {
    /// Makes the grids of a store.
    pub fn new(store: impl GridStore + 'static) -> Self {
        Self(Some(Arc::new(store)))
    }

    pub(super) fn state(&self, name: &str) -> GridState {
        self.0.as_ref().map_or(GridState::Absent, |store| store.state(name))
    }

    pub(super) fn load(&self, name: &str) -> Result<Arc<ShiftGrid>> {
        match &self.0 {
            Some(store) => store.load(name),
            None => Err(crate::Error::usage(format!("grid {name}"))
                .expected("a directory of grids")
                .found("none")
                .hint("name one with --grid-dir")),
        }
    }
}

impl PartialEq for Grids {
    /// Whether both are the same store, not whether two stores have the same grids.
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        }
    }
}

impl fmt::Debug for Grids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Grids(some)" } else { "Grids(none)" })
    }
}
