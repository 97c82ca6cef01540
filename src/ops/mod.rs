//! Operations: one file, one verb on `Raster`.
