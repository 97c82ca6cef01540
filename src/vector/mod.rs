//! Vectors: polygons and footprints, as GeoJSON.

/// [`Shapes`]: the polygons of a GeoJSON text.
mod geojson;
/// [`Entry`]: what an index says of a raster.
mod index;

pub use geojson::Shapes;
pub use index::{Entry, read_index, write_index};
