//! FlatGeobuf (flatgeobuf.org, version 3): a header and features, each a FlatBuffer of its own,
//! one after another. Written without the index that may lie between.

/// From a file to the values of GeoJSON.
mod read;
/// From features to bytes.
mod write;

pub(super) use read::{is_flatgeobuf, to_geojson};
pub(super) use write::{Head, feature, head};

/// How a file begins; the last byte is a minor version, that which GDAL writes.
const MAGIC: [u8; 8] = *b"fgb\x03fgb\x01";

/// The types of geometries that are used here, by their numbers in the schema.
const LINE: u8 = 2;
const POLYGON: u8 = 3;
const MULTI_LINE: u8 = 5;
const MULTI_POLYGON: u8 = 6;

/// The types of columns that are written, by their numbers in the schema.
const BOOL: u8 = 2;
const LONG: u8 = 7;
const ULONG: u8 = 8;
const DOUBLE: u8 = 10;
const TEXT: u8 = 11;
const JSON: u8 = 12;

/// The fields of the tables, by their numbers in the schema.
mod field {
    pub(super) mod header {
        pub(in super::super) const NAME: usize = 0;
        pub(in super::super) const ENVELOPE: usize = 1;
        pub(in super::super) const GEOMETRY_TYPE: usize = 2;
        pub(in super::super) const COLUMNS: usize = 7;
        pub(in super::super) const FEATURES_COUNT: usize = 8;
        pub(in super::super) const INDEX_NODE_SIZE: usize = 9;
        pub(in super::super) const CRS: usize = 10;
    }
    pub(super) mod column {
        pub(in super::super) const NAME: usize = 0;
        pub(in super::super) const TYPE: usize = 1;
    }
    pub(super) mod crs {
        pub(in super::super) const ORG: usize = 0;
        pub(in super::super) const CODE: usize = 1;
        pub(in super::super) const WKT: usize = 4;
    }
    pub(super) mod feature {
        pub(in super::super) const GEOMETRY: usize = 0;
        pub(in super::super) const PROPERTIES: usize = 1;
    }
    pub(super) mod geometry {
        pub(in super::super) const ENDS: usize = 0;
        pub(in super::super) const XY: usize = 1;
        pub(in super::super) const TYPE: usize = 6;
        pub(in super::super) const PARTS: usize = 7;
    }
}
