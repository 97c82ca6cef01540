#!/usr/bin/env python3
"""Runs a command and watches its memory; fails above a limit, or if the command does.

usage: peak.py LIMIT_MIB COMMAND ...

RssAnon is memory in the strict sense, and what the limit is of; RssFile is the page cache seen through the map, which the kernel
takes back at will. Both are sampled each 20 ms.
"""

import subprocess
import sys
import time

limit, command = int(sys.argv[1]), sys.argv[2:]
begun, samples = time.monotonic(), 0
peaks = {"RssAnon": 0, "RssFile": 0}
child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
while child.poll() is None:
    try:
        with open(f"/proc/{child.pid}/status") as status:
            said = dict(line.split(":", 1) for line in status)
    except OSError:
        break
    for key in peaks:
        # One that has ended and was not waited for has no memory left.
        peaks[key] = max(peaks[key], int(said.get(key, "0 kB").split()[0]))
    samples += "RssAnon" in said
    time.sleep(0.02)
code = child.wait()
anon, file = (peak // 1024 for peak in peaks.values())
print(f"peak RssAnon {anon} MiB, peak RssFile {file} MiB, {time.monotonic() - begun:.1f} s, {samples} samples", flush=True)
if code:
    sys.exit(f"peak.py: the command ended with {code}")
if samples < 5 or not anon:
    sys.exit("peak.py: over too soon to be sampled")
if anon > limit:
    sys.exit(f"peak.py: above the limit of {limit} MiB")
