#!/usr/bin/env bash
# Fuzzes every target for some seconds, from small real files if the shared data is there, the hostile fixtures, and what
# earlier runs kept in fuzz/corpus. A crash is a failure; its input belongs in fixtures/hostile, with the mend.
# usage: fuzz.sh [SECONDS=60] [TARGET ...]      needs a nightly toolchain; installs cargo-fuzz if it is missing
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
targets=("$@")
((${#targets[@]})) || mapfile -t targets < <(cargo +nightly fuzz list)
shared=${SWATH_SHARED:-../shared}/data
seeds=target/fuzz-seeds
mkdir -p "$seeds"
if [[ -d $shared ]]; then
    find "$shared" -name '*.tif*' -size -8k -exec cp -n -t "$seeds" {} +
else
    cp fixtures/*.tif "$seeds"
fi
# What once was a crash, and what is made to be one.
cp fixtures/hostile/*/*.tif "$seeds"
for target in "${targets[@]}"; do
    mkdir -p "fuzz/corpus/$target"
    echo "fuzz $target for $seconds s"
    cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "$seeds" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 2>&1 |
        grep -E 'panicked|ERROR|SUMMARY|stat::number|cov:' | tail -n 6
done
