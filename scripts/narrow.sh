#!/usr/bin/env bash
# Holds swath on a processor without AVX2, by qemu, against swath on this one: the bytes of outputs whose loops are compiled for
# both. No sines: the C library has two kinds of its own for such processors.
# usage: narrow.sh            By hand: it needs qemu-user from Debian, and an x86-64 processor with AVX2.
set -euo pipefail
cd "$(dirname "$0")/.."
grep -qw avx2 /proc/cpuinfo || { echo "narrow: this processor has no AVX2: both would do the same" >&2; exit 1; }
SWATH=$(scripts/binary.sh)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
count=0
same() {
    "$SWATH" "$@" --quiet --overwrite
    mv "$dir/out.tif" "$dir/wide.tif"
    qemu-x86_64 -cpu Nehalem "$SWATH" "$@" --quiet --overwrite
    cmp "$dir/wide.tif" "$dir/out.tif" || { echo "narrow: other bytes: $*" >&2; exit 1; }
    count=$((count + 1))
}
"$SWATH" calc 'A.red / 3' --in A=fixtures/landsat.tif -o "$dir/floats.tif" --type float32 --quiet
for input in fixtures/landsat.tif "$dir/floats.tif"; do
    for method in near bilinear cubic cubicspline lanczos average rms area sum mode med; do
        for side in 40 233 700; do
            same resize "$input" "$dir/out.tif" --size "$side,$side" --resample "$method"
        done
    done
    for type in uint8 int16 uint32 int32 int64 float32 float64; do
        for text in 'sqrt(A) * 3 - A / (A - 90)' '(A % 7) ** 2 // 3 + abs(A - 100) / 0.3' 'A > 90 ? -A : A * 1e7'; do
            same calc "$text" --in "A=$input" -o "$dir/out.tif" --type "$type" --compress zstd
        done
    done
    same convert "$input" "$dir/out.tif" --type float32 --compress deflate --predictor float --overviews auto
    same terrain slope "$input" "$dir/out.tif"
done
echo "narrow: $count outputs are the same with and without AVX2"
