//! Coordinate reference systems and transformations between them.

mod geokeys;
mod registry;
mod system;
mod transformer;

pub use geokeys::{GeoKey, GeoKeyTags, GeoKeys};
pub use system::{Crs, CrsKind, Unit};
pub use transformer::{Repeat, Transformer};
