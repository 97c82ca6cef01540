#!/usr/bin/env bash
# Fuzzes targets for some seconds each, from the inputs that are kept in fuzz/seeds, small real files if the shared data is there,
# and the hostile fixtures (the target crs: texts that PROJ writes, and GeoKeys). A crash is a failure: its input, which is named,
# belongs in fixtures/hostile, with the mend. What is found goes to fuzz/corpus; `--keep` reduces that to what reaches new code, and keeps it
# in fuzz/seeds, of inputs of at most 4 KiB.
# usage: fuzz.sh [--keep] [SECONDS=60] [TARGET ...]      installs cargo-fuzz if it is missing; SANITIZER=none leaves out that of
# addresses: a build in half the time and twice the runs, for panics, hangs and memory alone
set -euo pipefail
cd "$(dirname "$0")/.."
keep=
if [[ ${1:-} == --keep ]]; then keep=1 && shift; fi
seconds=${1:-60}
shift || true
# Sanitizers are for nightly toolchains; another one is told that it is one.
nightly=(cargo +nightly)
if ! "${nightly[@]}" --version >/dev/null 2>&1; then
    nightly=(cargo)
    export RUSTC_BOOTSTRAP=1
fi
cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
sanitizer=(--sanitizer "${SANITIZER:-address}")
targets=("$@")
# Together where all are wanted: each is of one unit, and keeps one processor busy.
builds=("${targets[@]}")
((${#builds[@]})) || builds=("")
((${#targets[@]})) || mapfile -t targets < <("${nightly[@]}" fuzz list)
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
# GeoKeys as the target takes them: codes, every method spelled out with all parameters, names and units alone, heights.
import struct
def keys(name, shorts, doubles=(), text=""):
    entries = [(key, 0, 1, value) for key, value in shorts]
    entries += [(key, 34736, 1, at) for at, (key, _) in enumerate(doubles)]
    entries += [(1026, 34737, len(text), 0)] * bool(text)
    data = bytes([len(entries)]) + b"".join(struct.pack("<4H", *entry) for entry in entries)
    data += bytes([len(doubles)]) + b"".join(struct.pack("<d", value) for _, value in doubles) + text.encode()
    pathlib.Path(sys.argv[1], f"keys-{name}").write_bytes(data)
for code in (2154, 3031, 5070, 27700, 32633):
    keys(code, [(1024, 1), (1025, 1), (3072, code), (3076, 9001)])
keys("degrees", [(1024, 2), (1025, 2), (2048, 4258), (2054, 9102), (4096, 5773)])
keys("globe", [(1024, 2), (2048, 32767), (2050, 32767), (2054, 32767)], [(2055, 0.0174532925199433), (2057, 6371000.0), (2059, 298.3), (2061, 2.5)])
keys("local", [(1025, 1), (3076, 32767)], [(3077, 0.5)], "Site grid|")
body = [(1024, 1), (2048, 4326), (3072, 32767), (3074, 32767), (3076, 9001)]
for method in range(1, 29):
    values = [(key, 0.9996 if key in (3092, 3093) else 30.0 + key % 7) for key in range(3078, 3096)]
    keys(f"method-{method}", [*body, (3075, method)], values, "Any|")
esri = "ESRI PE String = PROJCS[\"a\",GEOGCS[\"b\",DATUM[\"c\",SPHEROID[\"d\",6378137,298.257]],PRIMEM[\"Greenwich\",0],UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Bonne\"],PARAMETER[\"Standard_Parallel_1\",40],UNIT[\"Meter\",1]]|"
keys("esri", [(1024, 32767), (3072, 32767)], [], esri)
PYTHON
# What lies around the fuzzing of one target: its inputs before, what it says after.
fuzz() {
    local target=$1 corpus=fuzz/corpus/$1 log=target/fuzz-$1.log dictionary=fuzz/dictionaries/$1 from=("$files") ended=0
    mkdir -p "$corpus"
    [[ ! -f fuzz/seeds/$target.tar.xz ]] || python3 -m tarfile -e "fuzz/seeds/$target.tar.xz" "$corpus"
    case $target in
    crs) from=("$texts") ;;
    expression) from=() ;;
    esac
    echo "fuzz $target for $seconds s, from $(find "$corpus" "${from[@]}" -type f | wc -l) inputs"
    if "${nightly[@]}" fuzz run "${sanitizer[@]}" "$target" "$corpus" "${from[@]}" -- -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 \
        -max_len=65536 -print_final_stats=1 $([[ ! -f $dictionary ]] || echo "-dict=$dictionary") >"$log" 2>&1; then
        grep -E 'stat::(number_of_executed_units|peak_rss_mb|slowest_unit_time_sec)|DONE' "$log"
    else
        grep -m 1 -A 3 -E 'panicked at|ERROR:' "$log" || true
        tail -n 60 "$log"
        ended=1
    fi
    if [[ $keep ]]; then
        "${nightly[@]}" fuzz cmin "${sanitizer[@]}" "$target" "$corpus" >>"$log" 2>&1
        mkdir -p fuzz/seeds
        (cd "$corpus" && find . -type f -size -5k -print0 | sort -z |
            tar -c --null -T - --owner=0 --group=0 --mtime=@0 --mode=644) | xz -9e >"fuzz/seeds/$target.tar.xz"
        ls -l "fuzz/seeds/$target.tar.xz"
    fi
    return $ended
}
# Builds come first, so that what a run says is about the run.
for target in "${builds[@]}"; do
    "${nightly[@]}" fuzz build "${sanitizer[@]}" ${target:+"$target"} >target/fuzz-build.log 2>&1 || { tail -n 40 target/fuzz-build.log && exit 1; }
done
failed=0 running=0
for target in "${targets[@]}"; do
    if ((running == $(nproc))); then
        wait -n || ((++failed))
        ((running -= 1)) || true
    fi
    # What it says comes out whole, when it is done.
    (said=$(fuzz "$target" 2>&1) && ended=0 || ended=1; echo "$said"; exit $ended) &
    ((++running))
done
while ((running)); do
    wait -n || ((++failed))
    ((running -= 1)) || true
done
echo "fuzz: $((${#targets[@]} - failed)) passed, $failed failed"
((failed == 0))
