#!/usr/bin/env bash
# swath against GDAL, from nothing to the table: environment, inputs, build, runs.
# usage: run.sh points [--count N] [--rounds N]      exact coordinates a second, against pyproj
#        run.sh startup [--rounds N]                what a small file is, against gdalinfo and rio info
#        run.sh footprints [--files N] [--rounds N]     10,000 rasters indexed, against gdaltindex and gdalbuildvrt
#        run.sh algebra [--size N] [--repetitions N] [--only REGEX]    calc, focal, terrain; against Python too
#        run.sh [--quick] [--size N] [--repetitions N] [--only REGEX] [--update-readme]
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(scripts/venv.sh target/vs_gdal/venv benches/vs_gdal/requirements.txt)
if [[ ${1:-} == points ]]; then
    cargo build --release --example points
    exec "$python" benches/vs_gdal/points.py "${CARGO_TARGET_DIR:-target}/release/examples/points" "${@:2}"
fi
if [[ ${1:-} == startup ]]; then
    exec "$python" benches/vs_gdal/startup.py "$(scripts/binary.sh)" "${@:2}"
fi
if [[ ${1:-} == footprints ]]; then
    exec "$python" benches/vs_gdal/footprints.py "$(scripts/binary.sh)" "${@:2}"
fi
if [[ ${1:-} == algebra ]]; then
    "$python" -m pip install --quiet numexpr==2.14.1 scipy==1.18.1
    cargo build --release --bin swath
    exec "$python" benches/vs_gdal/algebra.py "${@:2}"
fi
cargo build --release --bin swath --example decode --example windows
exec "$python" benches/vs_gdal/run.py "$@"
