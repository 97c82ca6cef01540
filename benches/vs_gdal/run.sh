#!/usr/bin/env bash
# swath against GDAL, from nothing to the table: environment, inputs, build, runs.
# usage: run.sh [--quick] [--size N] [--repetitions N] [--only REGEX] [--update-readme]
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(scripts/venv.sh target/vs_gdal/venv benches/vs_gdal/requirements.txt)
cargo build --release --bin swath --example decode --example windows
exec "$python" benches/vs_gdal/run.py "$@"
