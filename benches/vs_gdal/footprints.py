#!/usr/bin/env python3
"""10,000 rasters indexed, and a window of them read: `swath index` and `swath mosaic` against gdaltindex and gdalbuildvrt, as one table.

usage: footprints.py SWATH [--files N] [--rounds N]      (GDAL's commands are left out where there are none)

Each raster is 16 x 16 pixels, beside the next. Times are of whole processes, from before they are started until they have
ended; medians over the rounds, after one that is not counted (the files are then in the page cache for all). A mosaic of
one raster's window by the index opens two files (the first says what the output is); with the files themselves for inputs, each is
looked at. The row to hold against one second is `swath mosaic INDEX, one window`: all footprints read, placed and put in the tree.
"""

import argparse
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

WORK = Path(__file__).resolve().parents[2] / "target" / "vs_gdal" / "footprints"
SIDE, PIXEL = 16, 30.0
LEFT, TOP = 300_000.0, 6_000_000.0


def tiles(count):
    """Writes the rasters, unless they are there; returns their names."""
    WORK.mkdir(parents=True, exist_ok=True)
    across = int(np.ceil(np.sqrt(count)))
    profile = dict(driver="GTiff", width=SIDE, height=SIDE, count=1, dtype="uint16", crs="EPSG:32633", compress="deflate")
    names = []
    for at in range(count):
        names.append(WORK / f"{at:05}.tif")
        if names[-1].exists():
            continue
        place = from_origin(LEFT + at % across * SIDE * PIXEL, TOP - at // across * SIDE * PIXEL, PIXEL, PIXEL)
        with MemoryFile() as memory:
            with memory.open(transform=place, **profile) as out:
                out.write(np.full((1, SIDE, SIDE), at % 65536, "u2"))
            names[-1].write_bytes(memory.read())
    return names


def main():
    prompt = argparse.ArgumentParser()
    prompt.add_argument("swath")
    prompt.add_argument("--files", type=int, default=10_000)
    prompt.add_argument("--rounds", type=int, default=7)
    asked = prompt.parse_args()
    names = tiles(asked.files)
    lists, index = WORK / "list.txt", WORK / "index.geojson"
    lists.write_text("\n".join(map(str, names)) + "\n")
    swath, plain = asked.swath, ["--quiet", "--overwrite"]
    subprocess.run([swath, "index", f"@{lists}", "-o", str(index), "--overwrite"], check=True)
    window = f"--bounds={LEFT + 5 * SIDE * PIXEL},{TOP - SIDE * PIXEL},{LEFT + 6 * SIDE * PIXEL},{TOP}"
    commands = {
        "swath index": [swath, "index", f"@{lists}", "-o", str(WORK / "made.geojson"), "--overwrite"],
        "swath index, FlatGeobuf": [swath, "index", f"@{lists}", "-o", str(WORK / "made.fgb"), "--overwrite"],
        "swath mosaic INDEX, one window": [swath, "mosaic", str(index), "-o", str(WORK / "part.tif"), window, *plain],
        "swath mosaic FILES, one window": [swath, "mosaic", f"@{lists}", "-o", str(WORK / "part.tif"), window, *plain],
    }
    if gdaltindex := shutil.which("gdaltindex"):
        commands["gdaltindex"] = [gdaltindex, "-f", "GPKG", str(WORK / "gdal.gpkg"), "--optfile", str(lists)]
    if gdalbuildvrt := shutil.which("gdalbuildvrt"):
        commands["gdalbuildvrt"] = [gdalbuildvrt, "-q", "-overwrite", "-input_file_list", str(lists), str(WORK / "all.vrt")]
    times = {name: [] for name in commands}
    for turn in range(asked.rounds + 1):
        for name, command in commands.items():
            # gdaltindex adds to what is there.
            (WORK / "gdal.gpkg").unlink(missing_ok=True)
            begun = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if turn > 0:
                times[name].append(time.perf_counter() - begun)
    with rasterio.open(WORK / "part.tif") as part:
        if not (part.read() == 5).all():
            raise SystemExit("the window is not that of the sixth raster")
    print(f"| {len(names)} rasters | seconds |\n|---|---|")
    for name, all_of_it in times.items():
        print(f"| `{name}` | {statistics.median(all_of_it):.2f} |")


if __name__ == "__main__":
    main()
