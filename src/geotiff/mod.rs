//! GeoTIFF and COG: from directories and chunks to rasters, and back.
