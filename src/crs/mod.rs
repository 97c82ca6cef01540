//! Coordinate reference systems and transformations between them.

mod registry;
mod system;
mod transformer;

pub use system::{Crs, CrsKind, Unit};
pub use transformer::{Repeat, Transformer};
