//! Rasters in memory and on demand: types, grids, buffers, sources.
