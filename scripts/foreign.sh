#!/usr/bin/env bash
# Holds swath on another machine (32 bits, or big endian), run by qemu or by this processor, against swath on this one: what
# `info --json --stats --checksum` says of every file there is, and the bytes of outputs.
# usage: foreign.sh [TARGET=s390x-unknown-linux-gnu] [STEP=1]      each STEP-th file of the shared data
# Run by hand: it needs Rust's standard library for the target (rustup target add) and, from Debian, qemu-user and the target's
# C compiler (gcc-s390x-linux-gnu; gcc-i686-linux-gnu for i686-unknown-linux-gnu).
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-s390x-unknown-linux-gnu} step=${2:-1}
arch=${target%%-*} cc=${target%%-*}-linux-gnu-gcc
name=${target//-/_}
export "CARGO_TARGET_${name^^}_LINKER=$cc" "CC_$name=$cc"
export CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
SWATH=$(scripts/binary.sh)
if [[ -z ${FOREIGN:-} ]]; then
    cargo build --release --bin swath --target "$target"
    FOREIGN=${CARGO_TARGET_DIR:-target}/$target/release/swath
fi
case $arch in
# By this processor, with the libraries of the cross compiler.
i?86) run=("/usr/$arch-linux-gnu/lib/ld-linux.so.2" --library-path "/usr/$arch-linux-gnu/lib" "$FOREIGN") ;;
*) run=("qemu-$arch" -L "/usr/$arch-linux-gnu" "$FOREIGN") ;;
esac
exec python3 -B - "$step" "${SWATH_SHARED:-../shared}/data" "$SWATH" "${run[@]}" <<'PYTHON'
import hashlib
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

step, data, here, *there = sys.argv[1:]
files = sorted(Path("fixtures").glob("**/*.tif"))
if (Path(data) / "oracle.json").is_file():
    files += [Path(data) / name for name in sorted(json.loads((Path(data) / "oracle.json").read_text())["files"])][:: int(step)]
# What takes qemu more than a minute.
LARGE = 24 << 20
INFO = ["info", "--json", "--stats", "--checksum"]
# Words after the verb, IN and OUT in place of the files.
OUTPUTS = (
    ["convert", "IN", "OUT"],
    ["convert", "IN", "OUT", "--compress", "deflate", "--tile", "64", "--overview-resampling", "lanczos", "--stats"],
    ["convert", "IN", "OUT", "--compress", "lerc_zstd", "--max-z-error", "0.1", "--interleave", "band"],
    ["convert", "IN", "OUT", "--compress", "lzw", "--format", "gtiff", "--strips", "7", "--type", "int16"],
    ["convert", "IN", "OUT", "--type", "uint8", "--bands", "1", "--compress", "jpeg", "--mask", "internal"],
    ["warp", "IN", "OUT", "--to", "EPSG:3857", "--resample", "bilinear"],
    ["warp", "IN", "OUT", "--to", "EPSG:4326", "--resample", "average"],
    ["calc", "[sqrt(A[1]) + 1, focal(A[1], median, 3)]", "OUT", "--in", "A=IN"],
    ["terrain", "slope", "IN", "OUT"],
)


def said(program, path):
    ended = subprocess.run([*program, *INFO, "--threads", "1", path], capture_output=True, stdin=subprocess.DEVNULL)
    # Beside what cannot be read, the reason.
    return ended.returncode, ended.stdout, ended.stderr


def look(path):
    size = path.stat().st_size
    if size > LARGE:
        return None
    ours, theirs = said([here], path), said(there, path)
    return path, ours[0], ours == theirs, ours, theirs


with ThreadPoolExecutor(2) as pool:
    found = list(pool.map(look, files))
wrong = []
for path, code, same, ours, theirs in filter(None, found):
    if not same:
        lines = [line for pair in zip(b"".join(ours[1:]).splitlines(), b"".join(theirs[1:]).splitlines()) if pair[0] != pair[1] for line in pair]
        wrong.append(f"{path}: exit {ours[0]} and {theirs[0]}: {lines[:2]}")
count = sum(row is not None for row in found)
print(f"{count} files described, {found.count(None)} left out for their size, {sum(row[1] == 0 for row in found if row)} of them readable")
outputs = 0
with tempfile.TemporaryDirectory() as folder:
    for path in ("fixtures/landsat.tif",):
        for words in OUTPUTS:
            digests = []
            for program in ([here], there):
                out = Path(folder, "out.tif")
                words_here = [str(out) if word == "OUT" else word.replace("IN", path) for word in words]
                ended = subprocess.run([*program, *words_here, "--overwrite", "--quiet"], capture_output=True)
                digests.append(hashlib.sha256(out.read_bytes()).hexdigest() if ended.returncode == 0 else ended.stderr)
            outputs += 1
            if digests[0] != digests[1] or not isinstance(digests[0], str):
                wrong.append(f"{' '.join(words)}: {digests}")
print("\n".join(wrong))
print(f"foreign: {count + outputs - len(wrong)} passed, {len(wrong)} failed")
sys.exit(bool(wrong))
PYTHON
