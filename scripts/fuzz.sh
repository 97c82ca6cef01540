#!/usr/bin/env bash
# Fuzzes every target for some seconds, from small real files if the shared data is there, the hostile fixtures (the target
# crs: texts that PROJ writes), and what earlier runs kept in fuzz/corpus. A crash is a failure; its input belongs in fixtures/hostile, with the mend.
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
texts=target/fuzz-texts
mkdir -p "$texts"
# Rows of many kinds of systems, a file for each form of each.
python3 - "$texts" <<'PYTHON'
import gzip, json, pathlib, sys
with gzip.open("fixtures/crs_texts.jsonl.gz", "rt") as lines:
    for line in list(lines)[::40]:
        for form, text in json.loads(line).items():
            if form not in ("id", "points"):
                name = f"{json.loads(line)['id']}-{form}".replace(":", "-")
                text = text if isinstance(text, str) else json.dumps(text)
                pathlib.Path(sys.argv[1], name).write_text(text)
PYTHON
for target in "${targets[@]}"; do
    mkdir -p "fuzz/corpus/$target"
    from=$seeds
    [[ $target == crs ]] && from=$texts
    echo "fuzz $target for $seconds s"
    cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "$from" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 2>&1 |
        grep -E 'panicked|ERROR|SUMMARY|stat::number|cov:' | tail -n 6
done
