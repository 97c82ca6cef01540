#!/usr/bin/env python3
"""Holds swath against GDAL.

usage: compare.py [--max-error PX] [--long] [--keep DIR] [--jobs N] SWATH [warp|grid|read|sidecars|cog|crs|datums|edit|exif|write|moves|locate|globe|stats|calc|terrain|focal|reclassify|colorize|fill|proximity|regions|contour|features|mosaic ...]

SWATH is the binary under test; without names every check runs, as many at a time as there are processors. tests/gdal/run.sh makes the environment for it.
"""

import argparse
import concurrent.futures
import multiprocessing
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

import rasterio

import check_calc
import check_cog
import check_colorize
import check_contour
import check_crs
import check_datums
import check_edit
import check_exif
import check_features
import check_fill
import check_focal
import check_globe
import check_grid
import check_locate
import check_mosaic
import check_moves
import check_proximity
import check_read
import check_reclassify
import check_regions
import check_sidecars
import check_stats
import check_terrain
import check_warp
import check_write
from common import Swath, shared

# Sidecars are not of the comparison; the shared folder may be read-only.
os.environ.update(GDAL_PAM_ENABLED="NO", GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR")
warnings.filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)
CHECKS = {"read": check_read, "sidecars": check_sidecars, "stats": check_stats, "calc": check_calc, "terrain": check_terrain, "focal": check_focal, "reclassify": check_reclassify, "colorize": check_colorize, "fill": check_fill, "proximity": check_proximity, "regions": check_regions, "contour": check_contour, "features": check_features, "cog": check_cog, "crs": check_crs, "datums": check_datums, "edit": check_edit, "exif": check_exif, "write": check_write, "moves": check_moves, "grid": check_grid, "locate": check_locate, "globe": check_globe, "mosaic": check_mosaic, "warp": check_warp}


# What takes longest, first: what is left at the end is short.
LONGEST = ["warp", "read", "cog", "calc", "write", "mosaic"]


def check(name, swath, folder, options):
    """Runs a check in a folder of its own; returns what it found and the seconds that it took."""
    start = time.monotonic()
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    return CHECKS[name].run(Swath(swath), folder, shared(), **options), time.monotonic() - start


def main():
    prompt = argparse.ArgumentParser(description="Holds swath against GDAL.")
    prompt.add_argument("--max-error", type=float, help="passed on to swath warp (its default otherwise)")
    prompt.add_argument("--long", action="store_true", help="warp: every method, scale and CRS; crs: every code")
    prompt.add_argument("--keep", help="folder for the files made, kept")
    prompt.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="how many run at a time")
    prompt.add_argument("swath")
    prompt.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS))
    asked = prompt.parse_args()
    passed, failed = 0, 0
    print(f"rasterio {rasterio.__version__}, GDAL {rasterio.__gdal_version__}")
    if not shared():
        print("compare: no shared rasters (SWATH_SHARED): only the fixtures are compared")
    options = {"warp": dict(max_error=asked.max_error, long=asked.long), "crs": dict(long=asked.long)}
    names = sorted(asked.checks or CHECKS, key=lambda name: LONGEST.index(name) if name in LONGEST else len(LONGEST))
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ProcessPoolExecutor(asked.jobs, spawn) as pool:
        folder = Path(asked.keep or scratch)
        running = {pool.submit(check, name, asked.swath, folder, options.get(name, {})): name for name in names}
        for done in concurrent.futures.as_completed(running):
            report, seconds = done.result()
            report.print()
            print(f"{running[done]}: {seconds:.0f} s", flush=True)
            passed, failed = passed + report.passed, failed + len(report.failures)
    print(f"\ncompare: {passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
