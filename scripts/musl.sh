#!/usr/bin/env bash
# Builds a static swath for x86_64-unknown-linux-musl, stripped, and prints where it is. Equal sources give equal bytes, wherever
# they and cargo's home lie. With rustup's target if it is there (`rustup target add x86_64-unknown-linux-musl`; musl-gcc is needed
# for the C code of zstd and mimalloc), else with what scripts/musl_toolchain.sh lays.
# usage: musl.sh [CARGO_ARGS=--features mimalloc]      MUSL_TOOLCHAIN=DIR takes, or lays, the latter there
set -euo pipefail
cd "$(dirname "$0")/.."
target=x86_64-unknown-linux-musl
if [[ -n ${MUSL_TOOLCHAIN:-} || ! -d $(rustc --print sysroot)/lib/rustlib/$target ]]; then
    RUSTC=$(scripts/musl_toolchain.sh ${MUSL_TOOLCHAIN:+"$MUSL_TOOLCHAIN"})
    export RUSTC
fi
# Names of places leave the binary: panics tell files of the sources, which lie elsewhere with everyone.
here=$PWD home=${CARGO_HOME:-$HOME/.cargo}
remap="--remap-path-prefix=$here=/swath"
for crates in "$home"/registry/src/*; do
    remap+=" --remap-path-prefix=$crates=/crates"
done
# A tenth of LLVM's measure for what is copied into its callers: 1.5 MB less, and nothing slower, as what must be in hot loops says so.
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS="$remap -C llvm-args=-inline-threshold=25"
# No panic goes through C code, which therefore needs no tables for unwinding.
export CFLAGS_x86_64_unknown_linux_musl="-ffile-prefix-map=$here=/swath -ffile-prefix-map=$home=/cargo -fno-asynchronous-unwind-tables"
export CC_x86_64_unknown_linux_musl=${CC_x86_64_unknown_linux_musl:-musl-gcc} SOURCE_DATE_EPOCH=0 CARGO_PROFILE_RELEASE_STRIP=symbols
(($# > 0)) || set -- --features mimalloc
# Crates that are not unpacked yet would have no name to leave.
cargo fetch --locked --target $target >&2
# C code may call arithmetic that is gcc's.
cargo rustc --locked --release --target $target --bin swath "$@" -- -C link-arg=-lgcc >&2
realpath "${CARGO_TARGET_DIR:-target}/$target/release/swath"
