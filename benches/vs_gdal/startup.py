#!/usr/bin/env python3
"""How long it takes to say what a small file is: `swath info` against `gdalinfo` and `rio info`, in turn, as one table.

usage: startup.py SWATH [--rounds N]      (`gdalinfo` is left out where there is none; `rio` is that of this Python)

Times are of whole processes, from before they are started until they have ended; medians over the rounds.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

SCENE = Path(__file__).resolve().parents[2] / "fixtures" / "landsat.tif"


def main():
    prompt = argparse.ArgumentParser()
    prompt.add_argument("swath")
    prompt.add_argument("--rounds", type=int, default=40)
    asked = prompt.parse_args()
    commands = {"swath info": [asked.swath, "info", str(SCENE)], "swath info --json": [asked.swath, "info", "--json", str(SCENE)]}
    if gdalinfo := shutil.which("gdalinfo"):
        commands["gdalinfo"] = [gdalinfo, str(SCENE)]
    commands["rio info"] = [str(Path(sys.executable).parent / "rio"), "info", str(SCENE)]
    times = {name: [] for name in commands}
    for _ in range(asked.rounds):
        for name, command in commands.items():
            begun = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - begun)
    own = statistics.median(times["swath info"])
    print("| command | milliseconds | times swath |\n|---|---|---|")
    for name, all_of_it in times.items():
        middle = statistics.median(all_of_it)
        print(f"| `{name}` | {middle * 1e3:.1f} | {middle / own:.1f} |")


if __name__ == "__main__":
    main()
