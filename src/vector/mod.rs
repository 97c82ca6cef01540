//! Vectors: features, polygons and footprints, as GeoJSON and FlatGeobuf.

/// FlatGeobuf: the bytes.
mod flatgeobuf;
/// [`Shapes`]: the polygons of a GeoJSON text.
mod geojson;
/// [`Entry`]: what an index says of a raster.
mod index;
/// [`Value`]: what is said of a feature.
mod value;
/// [`FeatureWriter`]: a file of features.
mod write;

pub use geojson::Shapes;
pub use index::{Entry, read_index, save_index, write_index};
pub use value::{Kind, Value};
pub use write::{Coordinates, FeatureWriter, Field, Schema, Shape};
