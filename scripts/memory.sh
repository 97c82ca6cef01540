#!/usr/bin/env bash
# Peak memory of warping a large raster under a small budget; fails above the limit.
# usage: memory.sh [SIZE=20000] [BUDGET=256MiB] [LIMIT_MIB=400]      SWATH=path takes another binary
# RssAnon is memory in the strict sense; RssFile is the page cache seen through the map, which the kernel takes back at will.
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-20000} budget=${2:-256MiB} limit=${3:-400}
python=$(scripts/venv.sh target/vs_gdal/venv benches/vs_gdal/requirements.txt)
"$python" benches/vs_gdal/generate.py target/vs_gdal/data --size "$size" scene_deflate
if [[ -z ${SWATH:-} ]]; then
    cargo build --release --bin swath
    SWATH=${CARGO_TARGET_DIR:-target}/release/swath
fi
work=$(mktemp -d target/vs_gdal/memory.XXXXXX)
trap 'rm -rf "$work"' EXIT

start=$(date +%s%N)
"$SWATH" warp "target/vs_gdal/data/scene_deflate_$size.tif" "$work/out.tif" --to EPSG:3857 --resample bilinear \
    --memory "$budget" --quiet </dev/null &
pid=$! anon=0 file=0 samples=0
while [[ -e /proc/$pid/status ]] && read -r state </proc/$pid/stat && [[ $state != *") Z "* ]]; do
    while read -r key value _; do
        case $key in
        RssAnon:) ((value > anon)) && anon=$value ;;
        RssFile:) ((value > file)) && file=$value ;;
        esac
    done </proc/$pid/status || true
    ((++samples))
    sleep 0.02
done 2>/dev/null
status=0
wait $pid || status=$?
wall=$((($(date +%s%N) - start) / 1000000))
echo "warp $size x $size u16, --memory $budget: peak RssAnon $((anon / 1024)) MiB, peak RssFile $((file / 1024)) MiB," \
    "wall $((wall / 1000)).$(printf %03d $((wall % 1000))) s, $samples samples, output $(stat -c %s "$work/out.tif" 2>/dev/null || echo 0) bytes"
if ((status != 0)); then
    echo "memory.sh: swath ended with $status" >&2
    exit 1
fi
if ((samples < 5 || anon == 0)); then
    echo "memory.sh: over too soon to be sampled; take a larger SIZE" >&2
    exit 1
fi
if ((anon / 1024 > limit)); then
    echo "memory.sh: above the limit of $limit MiB" >&2
    exit 1
fi
