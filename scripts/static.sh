#!/usr/bin/env bash
# A static binary in a root with nothing but itself, a raster and a folder to write to: no C library, shell, /proc, /dev or /tmp.
# What it writes there is held against what SWATH writes outside, by SHA-256. Where a warp chooses its grid, the libm shows that
# SWATH is linked with: the grid's last digits differ, and with them a sample in a million may round the other way. Marked ~.
# usage: static.sh [STATIC=by musl.sh]      SWATH=path takes another binary to hold it against; needs root
set -euo pipefail
cd "$(dirname "$0")/.."
static=$(realpath "${1:-$(scripts/musl.sh)}")
SWATH=$(scripts/binary.sh)
# Before anything is started: nothing else may be needed to start it.
if readelf --program-headers --dynamic "$static" | grep -E 'INTERP|NEEDED'; then
    echo "$static is not static"
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{static,other}/{in,out}
cp fixtures/landsat.tif fixtures/field.geojson "$work/static/in"
cp -r "$work/static/in" "$work/other"
cp "$static" "$work/static/swath"

same=0 differ=0 failed=0
# NAME WORDS ...: of an output, `out/NAME.tif` and options; what has none prints.
both() {
    local name=$1 status=0
    shift
    chroot "$work/static" /swath "$@" >"$work/static/out/$name.said" || status=$?
    (cd "$work/other" && "$SWATH" "$@" >"out/$name.said") || status=$?
    if ((status != 0)); then
        failed=$((failed + 1))
        echo "FAILED  $name: exit code $status"
        return 1
    fi
}
sum() { (cd "$work/$1/out" && cat "$2".* | sha256sum | cut -c 1-64); }
# NAME WORDS ...: the same bytes.
exact() {
    both "$@" || return 0
    local ours theirs
    ours=$(sum static "$1") theirs=$(sum other "$1")
    if [[ $ours == "$theirs" ]]; then
        same=$((same + 1))
        echo "ok      $1: ${ours:0:16}"
    else
        failed=$((failed + 1))
        echo "FAILED  $1: ${ours:0:16} is not ${theirs:0:16}"
    fi
}
# NAME WORDS ...: the same bytes; or the place differs in its last digits, and ten of a million samples by 1. Both are counted.
near() {
    both "$@" || return 0
    if [[ $(sum static "$1") == "$(sum other "$1")" ]]; then
        same=$((same + 1))
        echo "ok      $1"
    elif python3 - "$SWATH" "$work" "$1" <<'P'; then
import json
import subprocess
import sys
from array import array

swath, work, name = sys.argv[1:]


def told(root):
    """The place of an output, its size, and its samples of uint16."""
    path, plain = f"{work}/{root}/out/{name}.tif", f"{work}/plain.tif"
    how = ["--format", "gtiff", "--compress", "none", "--predictor", "none", "--overwrite", "--quiet"]
    subprocess.run([swath, "convert", path, plain, *how], check=True)
    said = json.loads(subprocess.check_output([swath, "info", "--json", "--chunks", plain]))
    samples = array("H")
    with open(plain, "rb") as file:
        for offset, length in said["swath"]["images"][0]["places"]:
            file.seek(offset)
            samples.frombytes(file.read(length))
    return said["geoTransform"], said["size"], samples


(place, size, ours), (other, wanted, theirs) = told("static"), told("other")
apart = max(abs(a - b) / abs(b or 1) for a, b in zip(place, other))
wrong = [abs(a - b) for a, b in zip(ours, theirs) if a != b]
most = max(wrong, default=0)
print(f"~       {name}: the place differs by {apart:.1e} of itself; {len(wrong)} of {len(ours)} samples differ, by {most} at most")
sys.exit(size != wanted or len(ours) != len(theirs) or apart > 1e-12 or len(wrong) > len(ours) / 1e5 or most > 1)
P
        differ=$((differ + 1))
    else
        failed=$((failed + 1))
        echo "FAILED  $1"
    fi
}

L=in/landsat.tif
exact info info $L --json --stats --checksum
exact stats stats $L --json
exact convert convert $L out/convert.tif --quiet
for codec in none deflate lzw packbits zstd lzma webp jpeg lerc lerc_zstd; do
    words=(--type uint8 --scale 5000,16000,1,255 --nodata 0)
    exact "convert-$codec" convert $L "out/convert-$codec.tif" --compress $codec "${words[@]}" --quiet
done
exact resize convert $L out/resize.tif --resolution 90 --resample cubic --quiet
exact calc calc '(A.red - A.blue) / (A.red + A.blue)' out/calc.tif --in A=$L --quiet
exact focal calc '[mean(A), focal(A[2], median, 3), A[1] > stat(A[1]).mean]' out/focal.tif --in A=$L --quiet
for what in slope aspect hillshade multi-hillshade roughness tpi tri; do
    exact "terrain-$what" terrain $what $L "out/terrain-$what.tif" --quiet
done
exact mosaic mosaic $L $L -o out/mosaic.tif --method mean --quiet
for kernel in near bilinear cubic lanczos average mode area; do
    near "mercator-$kernel" warp $L "out/mercator-$kernel.tif" --to EPSG:3857 --resample $kernel --quiet
done
while read -r name to; do
    near "to-$name" warp $L "out/to-$name.tif" --to "$to" --resample bilinear --quiet
    # On a grid that is given no digit of the place comes from a libm.
    for root in static other; do
        cp "$work/other/out/to-$name.tif" "$work/$root/in/grid.tif"
    done
    exact "like-$name" warp $L "out/like-$name.tif" --like in/grid.tif --resample bilinear --quiet
done <<'SYSTEMS'
degrees EPSG:4326
zone EPSG:32622
polyconic EPSG:5880
equal-area EPSG:6933
mollweide ESRI:54009
albers ESRI:102033
laea +proj=laea +lat_0=-26 +lon_0=-54 +datum=WGS84
tmerc +proj=tmerc +lat_0=-20 +lon_0=-57 +k=0.9996 +ellps=GRS80
SYSTEMS
echo "static: $same with the same bytes, $differ that differ in last digits"
echo "static: $((same + differ)) passed, $failed failed"
((failed == 0))
