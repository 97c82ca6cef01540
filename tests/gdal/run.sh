#!/usr/bin/env bash
# The comparison against GDAL: builds swath, makes a throwaway environment with a pinned rasterio, compares.
# usage: run.sh [read|sidecars|stats|calc|terrain|focal|reclassify|colorize|fill|proximity|regions|contour|features|cog|crs|datums|grid|mosaic|warp ...]      SWATH=path takes another binary instead of building one
set -euo pipefail
cd "$(dirname "$0")/../.."
SWATH=$(scripts/binary.sh)
# Speed is not its matter: that of `cargo test` will do.
cargo build --example crs_files
export CRS_FILES=${CARGO_TARGET_DIR:-target}/debug/examples/crs_files
python=$(scripts/venv.sh target/gdal/venv tests/gdal/requirements.txt)
exec "$python" tests/gdal/compare.py "$SWATH" "$@"
