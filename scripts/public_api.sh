#!/usr/bin/env bash
# Compares what the library shows the world with tests/public-api.txt, so that changes of it are seen; with --update the listing
# becomes what it is. Installs cargo-public-api if it is missing; needs a nightly toolchain, whose rustdoc tells programs.
# usage: public_api.sh [--update]
set -euo pipefail
cd "$(dirname "$0")/.."
cargo public-api --version >/dev/null 2>&1 || cargo install --locked cargo-public-api
listing=tests/public-api.txt
found=$(mktemp)
trap 'rm -f "$found"' EXIT
# Without the command, which nobody links; blanket and derived implementations say nothing of their own.
cargo +nightly public-api -sss --no-default-features --features codecs >"$found"
if [[ ${1:-} == --update ]]; then
    cp "$found" "$listing"
elif ! diff -u "$listing" "$found"; then
    echo "public_api.sh: the public API is another: scripts/public_api.sh --update, and a line in CHANGELOG.md" >&2
    exit 1
fi
echo "public API: $(wc -l <"$listing") items"
