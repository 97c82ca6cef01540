#!/usr/bin/env bash
# Builds tests/embed, a program that has swath as a crate without its command, and holds what it writes against the
# command's own output. usage: scripts/embed.sh [SWATH]
set -euo pipefail
cd "$(dirname "$0")/.."
swath=${1:-target/debug/swath}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# The same versions as in the lock, less what it does not use.
cp Cargo.lock tests/embed/Cargo.lock
CARGO_TARGET_DIR=target/embed cargo build --manifest-path tests/embed/Cargo.toml
tree=$(cargo tree --manifest-path tests/embed/Cargo.toml --prefix none --edges normal)
for crate in clap indicatif ctrlc jxl-oxide zune-jpeg image-webp; do
    ! grep -q "^$crate v" <<<"$tree" || { echo "an embedder gets $crate"; exit 1; }
done
target/embed/debug/embed fixtures/landsat.tif "$dir/embedded.tif"
"$swath" warp fixtures/landsat.tif "$dir/command.tif" --to EPSG:3857 --quiet
cmp "$dir/embedded.tif" "$dir/command.tif"
echo "embed: the same bytes as the command, $(awk '/ v/ {print $1, $2}' <<<"$tree" | sort -u | wc -l) crates, itself included"
