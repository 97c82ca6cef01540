//! Coordinate reference systems and transformations between them.

mod area;
mod datum;
mod definition;
mod geokeys;
mod grid;
mod image;
mod method;
mod projection;
mod registry;
mod same;
mod system;
mod text;
mod transformer;

pub use area::Area;
pub use datum::{DatumOperation, GridUse};
pub use definition::{
    Authority, Axes, Conversion, Datum, Definition, Derived, Direction, Ellipsoid, Geographic, Id,
    PrimeMeridian, Projected, Text, Vertical,
};
pub use geokeys::{GeoKey, GeoKeyTags, GeoKeys};
pub use grid::{GridInterpolation, GridKind, GridPiece, GridState, GridStore, Grids, ShiftGrid};
pub use image::{Locate, Locator};
pub use method::{Method, Parameter, ParameterKind};
pub use system::{Crs, CrsKind, Unit};
pub use transformer::{Repeat, TransformOptions, Transformer};
