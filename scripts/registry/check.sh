#!/usr/bin/env bash
# Shows that the registry of reference systems is what its generator writes, byte for byte.
# usage: check.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(scripts/venv.sh target/registry/venv scripts/registry/requirements.txt)
"$python" scripts/registry/generate.py target/registry/registry.bin.zst
cmp target/registry/registry.bin.zst src/crs/data/registry.bin.zst
echo "src/crs/data/registry.bin.zst: $(stat -c %s src/crs/data/registry.bin.zst) bytes, as generated"
