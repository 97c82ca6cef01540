#!/usr/bin/env bash
# An output beyond 4 GiB becomes a BigTIFF that GDAL reads, with the pixels it should have; and such a file is converted within
# the memory that is allowed. Needs 7 GB of disk.
# usage: bigtiff.sh      SWATH=path takes another binary instead of building one
set -euo pipefail
cd "$(dirname "$0")/.."
SWATH=$(scripts/binary.sh)
python=$(scripts/venv.sh target/gdal/venv tests/gdal/requirements.txt)
work=$(mktemp -d target/bigtiff.XXXXXX)
trap 'rm -rf "$work"' EXIT
# 27360 x 24480 pixels of 3 bands of uint16: 4.02e9 bytes, and a third as much again in overviews.
"$SWATH" warp fixtures/landsat.tif "$work/big.tif" --to EPSG:32621 --size 27360,24480 --compress none --memory 256MiB --quiet
"$python" - "$work/big.tif" <<'P'
import sys
import numpy as np
import rasterio
from rasterio.windows import Window

with rasterio.open("fixtures/landsat.tif") as small, rasterio.open(sys.argv[1]) as big, open(sys.argv[1], "rb") as raw:
    assert raw.read(4) == b"II+\0", "not a BigTIFF"
    assert big.overviews(1) == [2, 4, 8, 16, 32, 64], big.overviews(1)
    scene = small.read()
    # Each pixel became 36 x 36: rows of the top, the middle and the bottom.
    for row in (0, 340, 666):
        rows = big.read(window=Window(0, row * 36, 27360, 504))
        assert (rows == np.kron(scene[:, row:row + 14], np.ones((36, 36), "uint16"))).all(), row
    print("bigtiff:", raw.seek(0, 2), "bytes, equal to GDAL's reading where looked at")
P
echo "convert of that file, --memory 200MiB:"
"$python" scripts/peak.py 330 "$SWATH" convert "$work/big.tif" "$work/small.tif" --memory 200MiB --quiet
