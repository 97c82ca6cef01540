#!/usr/bin/env bash
# Fuzzes targets for some seconds each, from the inputs that are kept in fuzz/seeds, small real files if the shared data is there,
# and the hostile fixtures (the target crs: texts that PROJ writes). A crash is a failure: its input, which is named, belongs in
# fixtures/hostile, with the mend. What is found goes to fuzz/corpus; `--keep` reduces that to what reaches new code, and keeps it
# in fuzz/seeds, of inputs of at most 16 KiB.
# usage: fuzz.sh [--keep] [SECONDS=60] [TARGET ...]      needs a nightly toolchain; installs cargo-fuzz if it is missing
set -euo pipefail
cd "$(dirname "$0")/.."
keep=
if [[ ${1:-} == --keep ]]; then keep=1 && shift; fi
seconds=${1:-60}
shift || true
cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
targets=("$@")
((${#targets[@]})) || mapfile -t targets < <(cargo +nightly fuzz list)
shared=${SWATH_SHARED:-../shared}/data
files=target/fuzz-seeds texts=target/fuzz-texts
mkdir -p "$files" "$texts"
if [[ -d $shared ]]; then
    find "$shared" -name '*.tif*' -size -8k -exec cp -n -t "$files" {} +
else
    cp fixtures/*.tif "$files"
fi
# What once was a crash, and what is made to be one.
cp fixtures/hostile/*/*.tif "$files"
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
failed=0
for target in "${targets[@]}"; do
    corpus=fuzz/corpus/$target log=target/fuzz-$target.log
    mkdir -p "$corpus"
    [[ ! -f fuzz/seeds/$target.tar.gz ]] || tar -xzf "fuzz/seeds/$target.tar.gz" -C "$corpus"
    case $target in
    crs) from=("$texts") ;;
    expression) from=() ;;
    *) from=("$files") ;;
    esac
    dictionary=fuzz/dictionaries/$target
    # Builds come first, so that what a run says is about the run.
    cargo +nightly fuzz build "$target" >"$log" 2>&1 || { tail -n 40 "$log" && exit 1; }
    echo "fuzz $target for $seconds s, from $(find "$corpus" "${from[@]}" -type f | wc -l) inputs"
    if cargo +nightly fuzz run "$target" "$corpus" "${from[@]}" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -max_len=65536 -print_final_stats=1 $([[ ! -f $dictionary ]] || echo "-dict=$dictionary") >"$log" 2>&1; then
        grep -E 'stat::(number_of_executed_units|peak_rss_mb|slowest_unit_time_sec)|DONE' "$log"
    else
        tail -n 60 "$log"
        failed=$((failed + 1))
    fi
    if [[ $keep ]]; then
        cargo +nightly fuzz cmin "$target" "$corpus" >>"$log" 2>&1
        mkdir -p fuzz/seeds
        (cd "$corpus" && find . -type f -size -17k -print0 | sort -z |
            tar -c --null -T - --owner=0 --group=0 --mtime=@0 --mode=644) | gzip -n9 >"fuzz/seeds/$target.tar.gz"
        ls -l "fuzz/seeds/$target.tar.gz"
    fi
done
echo "fuzz: $((${#targets[@]} - failed)) passed, $failed failed"
((failed == 0))
