#!/usr/bin/env bash
# Runs `swath info` and a full decode over every file there is, real and hostile: no panic, nothing that takes longer than 10 s of
# CPU time (or hangs: a minute on the clock), nothing that needs 256 MiB. Prints the worst of each.
# usage: hostile.sh [STEP=1]      each STEP-th file of the shared data, and all of fixtures/hostile
set -euo pipefail
cd "$(dirname "$0")/.."
step=${1:-1}
SWATH=$(scripts/binary.sh)
exec python3 - "$SWATH" "$step" "${SWATH_SHARED:-../shared}/data" <<'EOF'
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

swath, step, data = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
LONGEST, HANGS, MOST = 10, 60, 256 * 1024
# What the exit codes of errors are; 1 is a defect, others are signals and panics.
SOUND = {0, 3, 4, 6, 8}
# The files that declare more pixels than can be read in the time: info alone.
HUGE = 1 << 28

files = sorted(Path("fixtures/hostile").glob("*/*.tif"))
hostile = len(files)
if (data / "oracle.json").is_file():
    files += [data / name for name in sorted(json.loads((data / "oracle.json").read_text())["files"])][::step]
elif os.environ.get("CI") == "true":
    sys.exit("CI needs the shared data: set SWATH_SHARED")


def run(words):
    """Returns exit code, seconds of CPU time, kilobytes at the most, and the output; code None if it hangs."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([swath, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        while True:
            ended, status, usage = os.wait4(child.pid, os.WNOHANG)
            if ended:
                child.returncode = os.waitstatus_to_exitcode(status)
                out.seek(0)
                return child.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, out.read()
            if time.monotonic() - begun > HANGS:
                child.kill()
                child.wait()
                return None, float(HANGS), 0, b""
            time.sleep(0.002)


def look(path):
    rows, declared = [], 0
    code, took, peak, told = run(["info", "--json", path])
    rows.append(("info", code, took, peak))
    if code == 0:
        shape = json.loads(told)
        declared = shape["size"][0] * shape["size"][1] * len(shape["bands"])
    if declared <= HUGE:
        for corrupt in ("fail", "nodata"):
            words = ["info", "--stats", "--checksum", "--on-corrupt", corrupt, "--threads", "1", "--memory", "96MiB", "-q", path]
            rows.append((f"decode {corrupt}", *run(words)[:3]))
    return path, declared, rows


with ThreadPoolExecutor(2) as pool:
    found = list(pool.map(look, files))
wrong, times, peaks, skipped = [], [], [], 0
for path, declared, rows in found:
    skipped += declared > HUGE
    for what, code, took, peak in rows:
        times.append((took, what, path))
        peaks.append((peak, what, path))
        if code not in SOUND or took > LONGEST or peak > MOST:
            wrong.append(f"{path}: {what}: exit {code}, {took:.1f} s, {peak // 1024} MiB")
runs = len(times)
print(f"{len(files)} files, {hostile} of them made hostile, {runs} runs; {skipped} too large to decode: info alone")
print("longest: %.2f s, %s of %s" % max(times))
peak, what, path = max(peaks)
print(f"most memory: {peak // 1024} MiB, {what} of {path}")
print("\n".join(wrong))
print(f"hostile: {runs - len(wrong)} passed, {len(wrong)} failed")
sys.exit(bool(wrong))
EOF
