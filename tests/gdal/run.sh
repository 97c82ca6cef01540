#!/usr/bin/env bash
# The comparison against GDAL: builds swath, makes a throwaway environment with a pinned rasterio, compares.
# usage: run.sh [read|sidecars|stats|calc|terrain|cog|crs|datums|grid|mosaic|warp ...]      SWATH=path takes another binary instead of building one
set -euo pipefail
cd "$(dirname "$0")/../.."
if [[ -z ${SWATH:-} ]]; then
    cargo build --release --bin swath --example crs_files
    SWATH=${CARGO_TARGET_DIR:-target}/release/swath
fi
python=$(scripts/venv.sh target/gdal/venv tests/gdal/requirements.txt)
exec "$python" tests/gdal/compare.py "$SWATH" "$@"
