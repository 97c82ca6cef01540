//! Coordinate reference systems and transformations between them.

mod definition;
mod geokeys;
mod method;
mod registry;
mod system;
mod text;
mod transformer;

pub use definition::{
    Authority, Axes, Conversion, Datum, Definition, Derived, Direction, Ellipsoid, Geographic, Id,
    PrimeMeridian, Projected, Text, Vertical,
};
pub use geokeys::{GeoKey, GeoKeyTags, GeoKeys};
pub use method::{Method, Parameter, ParameterKind};
pub use system::{Crs, CrsKind, Unit};
pub use transformer::{Repeat, Transformer};
