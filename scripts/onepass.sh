#!/usr/bin/env bash
# What converting to a COG asks of the disk, as the kernel saw it (strace): each chunk of the input is read once, but for the few
# that `--predictor auto` tries; and what is written is the output and, once more, the overviews that waited for their place.
# usage: onepass.sh [SIZE=4096]      SWATH=path takes another binary; needs strace
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-4096}
command -v strace >/dev/null || apt-get install -y -qq strace >/dev/null
python=$(scripts/venv.sh target/vs_gdal/venv benches/vs_gdal/requirements.txt)
"$python" benches/vs_gdal/generate.py target/vs_gdal/data --size "$size" scene_deflate
SWATH=$(scripts/binary.sh)
work=$(mktemp -d target/vs_gdal/onepass.XXXXXX)
trap 'rm -rf "$work"' EXIT
exec "$python" - "$SWATH" "target/vs_gdal/data/scene_deflate_$size.tif" "$work" <<'P'
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

swath, scene, work = sys.argv[1:]
CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(pread64|pwrite64|write|copy_file_range)(?: resumed>)?\(?.*= (\d+)$")
PLACE = re.compile(r", (\d+), (\d+)\)\s+= \d+$")
failed = 0


def places(path):
    """Of each stored chunk of each image: what it is, offset and length."""
    said = json.loads(subprocess.check_output([swath, "info", "--json", "--chunks", path]))
    for image in said["swath"]["images"]:
        for place in filter(None, image["places"]):
            yield image["role"], *place


def check(name, words, most_again):
    global failed
    out, log = Path(work, "out.tif"), Path(work, "calls")
    subprocess.run(
        ["strace", "-f", "-o", log, "-s", "0", "-e", "trace=pread64,pwrite64,copy_file_range"]
        + [swath, "convert", scene, out, "--io", "pread", "--memory", "256MiB", "--overwrite", "--quiet", *words],
        check=True,
    )
    reads, written, moved = Counter(), 0, 0
    for line in log.read_text().splitlines():
        if (call := CALL.match(line)) is None:
            continue
        verb, count = call[1], int(call[2])
        if verb == "pwrite64":
            written += count
        elif verb == "copy_file_range":
            moved += count
        elif place := PLACE.search(line):
            reads[int(place[2])] += 1
    chunks = [(offset, length) for role, offset, length in places(scene) if role == "image"]
    unread = sum(reads[offset] == 0 for offset, _ in chunks)
    again = sum(max(reads[offset] - 1, 0) for offset, _ in chunks)
    overviews = sum(length for role, _, length in places(out) if role != "image")
    # Of each chunk its leader and trailer, and the head of the file.
    besides = written - out.stat().st_size - overviews
    frames = 8 * len(list(places(out))) + (1 << 16)
    good = unread == 0 and again <= most_again and besides <= frames
    failed += not good
    print(
        f"{'ok    ' if good else 'FAILED'}  {name}: {len(chunks)} chunks, {unread} never read, {again} read again (at most {most_again});"
        f" {written} bytes written: the output has {out.stat().st_size}, its overviews {overviews}; {moved} moved by the kernel"
    )


FIXED = ["--compress", "zstd", "--level", "1", "--predictor", "horizontal"]
check("what to write is said", FIXED, 0)
check("the same on one thread", [*FIXED, "--threads", "1"], 0)
# A chunk of each of the four tiles that are looked at.
check("predictor is chosen", [], 4)
print(f"onepass: {3 - failed} passed, {failed} failed")
sys.exit(bool(failed))
P
