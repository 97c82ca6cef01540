#!/usr/bin/env bash
# Peak memory of warping, or converting, a large raster under a small budget; fails above the limit (scripts/peak.py).
# usage: memory.sh [SIZE=20000] [BUDGET=256MiB] [LIMIT_MIB=400] [VERB=warp]      SWATH=path takes another binary
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-20000} budget=${2:-256MiB} limit=${3:-400} verb=${4:-warp}
python=$(scripts/venv.sh target/vs_gdal/venv benches/vs_gdal/requirements.txt)
"$python" benches/vs_gdal/generate.py target/vs_gdal/data --size "$size" scene_deflate
SWATH=$(scripts/binary.sh)
work=$(mktemp -d target/vs_gdal/memory.XXXXXX)
trap 'rm -rf "$work"' EXIT
words=()
[[ $verb == warp ]] && words=(--to EPSG:3857 --resample bilinear)
echo "$verb of $size x $size pixels of uint16, $((size * size >> 19)) MiB decoded, --memory $budget:"
"$python" scripts/peak.py "$limit" \
    "$SWATH" "$verb" "target/vs_gdal/data/scene_deflate_$size.tif" "$work/out.tif" "${words[@]}" --memory "$budget" --quiet
