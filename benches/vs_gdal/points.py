#!/usr/bin/env python3
"""Exact transformations of coordinates: swath against pyproj (PROJ), one thread each, in turn, as one table.

usage: points.py POINTS_EXAMPLE [--count N] [--rounds N]      (with numpy and pyproj)

POINTS_EXAMPLE is target/release/examples/points. Both sides have the same points in arrays of doubles and take the best
of five rounds; the medians over the rounds of both are shown, and how far the mean of the results is apart.
"""

import argparse
import statistics
import subprocess
import time

import numpy as np
import pyproj

# From, to, and two corners in the first.
CASES = (
    ("EPSG:4326", "EPSG:3857", -170, -80, 170, 80),
    ("EPSG:3857", "EPSG:32633", 1_400_000, 5_500_000, 1_900_000, 7_000_000),
    ("EPSG:4326", "EPSG:32633", 12, 1, 18, 80),
    ("EPSG:4326", "EPSG:3035", -10, 35, 30, 70),
    ("EPSG:4326", "EPSG:3413", -180, 50, 180, 89),
    ("EPSG:4326", "EPSG:5070", -120, 25, -70, 50),
    ("EPSG:4326", "EPSG:27700", -6, 50, 1, 58),
    ("EPSG:4326", "EPSG:6933", -170, -80, 170, 80),
    ("EPSG:4326", "ESRI:54009", -170, -80, 170, 80),
    ("EPSG:2154", "EPSG:4326", 100_000, 6_100_000, 1_200_000, 7_100_000),
)


def proj(case, count):
    """Points a second, and the means."""
    source, target, x0, y0, x1, y1 = case
    transformer = pyproj.Transformer.from_crs(source, target, always_xy=True)
    share = np.arange(count) / count
    x, y = x0 + (x1 - x0) * np.modf(share * 1000)[0], y0 + (y1 - y0) * share
    best = np.inf
    for _ in range(5):
        u, v = x.copy(), y.copy()
        start = time.perf_counter()
        u, v = transformer.transform(u, v, inplace=True)
        best = min(best, time.perf_counter() - start)
    return count / best, u.mean(), v.mean()


def swath(example, case, count):
    done = subprocess.run([example, *map(str, case), str(count)], capture_output=True, text=True, check=True)
    rate, x, y = map(float, done.stdout.split())
    return rate, x / count, y / count


def main():
    prompt = argparse.ArgumentParser(description="Exact points a second, swath against PROJ.")
    prompt.add_argument("example")
    prompt.add_argument("--count", type=int, default=500_000)
    prompt.add_argument("--rounds", type=int, default=3)
    asked = prompt.parse_args()
    print(f"pyproj {pyproj.__version__}, PROJ {pyproj.__proj_version__}, {asked.count} points, one thread\n")
    print("| from | to | swath, 10^6 points/s | PROJ, 10^6 points/s | ratio | means apart |\n|---|---|---|---|---|---|")
    ratios = []
    for case in CASES:
        ours, theirs, apart = [], [], 0
        for _ in range(asked.rounds):
            a, b = swath(asked.example, case, asked.count), proj(case, asked.count)
            ours.append(a[0])
            theirs.append(b[0])
            apart = max(abs(a[1] - b[1]), abs(a[2] - b[2]))
        a, b = statistics.median(ours), statistics.median(theirs)
        ratios.append(a / b)
        print(f"| {case[0]} | {case[1]} | {a / 1e6:.2f} | {b / 1e6:.2f} | {a / b:.2f} | {apart:.1e} |", flush=True)
    print(f"\ngeometric mean of the ratios: {statistics.geometric_mean(ratios):.2f}")


main()
