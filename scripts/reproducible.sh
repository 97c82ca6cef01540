#!/usr/bin/env bash
# Two static builds of the commit that is checked out, each in a clone of its own, under other names of folders, home and time
# zone, and the second on one processor: the same bytes. Takes two whole builds.
# usage: reproducible.sh [CARGO_ARGS=--features mimalloc]      MUSL_TOOLCHAIN=DIR as for musl.sh
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ -n ${MUSL_TOOLCHAIN:-} ]]; then
    MUSL_TOOLCHAIN=$(realpath -m "$MUSL_TOOLCHAIN")
elif [[ ! -d $(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-musl ]]; then
    MUSL_TOOLCHAIN=$PWD/target/musl/toolchain
fi
export ${MUSL_TOOLCHAIN:+MUSL_TOOLCHAIN}
unset CARGO_TARGET_DIR
git clone -q . "$work/one"
git clone -q . "$work/another/folder"
# The same crates by another path.
ln -s "${CARGO_HOME:-$HOME/.cargo}" "$work/home"
first=$("$work/one/scripts/musl.sh" "$@")
second=$(CARGO_HOME=$work/home TZ=Pacific/Auckland LC_ALL=C.UTF-8 taskset -c 0 "$work/another/folder/scripts/musl.sh" "$@")
sha256sum "$first" "$second" | sed "s|  $work/|  |"
cmp "$first" "$second"
for place in "$work" "$HOME"; do
    ! grep -qF -- "$place" "$first" || { echo "the binary names $place"; exit 1; }
done
echo "reproducible: two builds, the same $(stat -c %s "$first") bytes"
