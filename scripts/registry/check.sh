#!/usr/bin/env bash
# Shows that the registry of reference systems is what its generator writes, byte for byte.
# usage: check.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(scripts/venv.sh target/registry/venv scripts/registry/requirements.txt)
"$python" scripts/registry/generate.py target/registry/registry.bin
cmp target/registry/registry.bin src/crs/data/registry.bin
echo "src/crs/data/registry.bin: $(stat -c %s src/crs/data/registry.bin) bytes, as generated"
