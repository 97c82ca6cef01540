#!/usr/bin/env bash
# Builds swath as users get it, and prints where it is; SWATH=path names another binary instead.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ -z ${SWATH:-} ]]; then
    cargo build --release --bin swath
    SWATH=${CARGO_TARGET_DIR:-target}/release/swath
fi
realpath "$SWATH"
