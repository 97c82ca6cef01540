#!/usr/bin/env bash
# What each feature adds to a program that embeds swath: builds tests/embed, linked as a whole and stripped, without any feature and
# with each alone, and prints crates and sizes as a table. One to three minutes a feature. usage: feature_sizes.sh [FEATURE ...]
set -euo pipefail
cd "$(dirname "$0")/.."
(($# > 0)) || set -- jp2 jpeg jxl lerc lzma webp codecs libdeflate
export CARGO_TARGET_DIR=target/feature_sizes
export CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_STRIP=symbols
# The same versions as in the lock, less what is not used.
cp Cargo.lock tests/embed/Cargo.lock
embed=(--manifest-path tests/embed/Cargo.toml)
# Prints the bytes of the program and its crates, itself not counted.
measure() {
    cargo build --quiet --release "${embed[@]}" "$@" >&2
    echo "$(stat -c %s "$CARGO_TARGET_DIR/release/embed") $(cargo tree "${embed[@]}" --prefix none --edges normal "$@" |
        awk '/ v/ && $1 != "embed" {print $1, $2}' | sort -u | wc -l)"
}
read -r bare crates < <(measure)
echo "| feature | crates | bytes |"
echo "|---|---:|---:|"
echo "| none | $crates | $bare |"
for feature; do
    read -r bytes more < <(measure --features "swath/$feature")
    echo "| \`$feature\` | +$((more - crates)) | +$((bytes - bare)) |"
done
