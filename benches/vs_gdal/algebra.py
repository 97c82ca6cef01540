#!/usr/bin/env python3
"""swath calc, focal and terrain against gdal_calc.py, gdaldem, and rasterio with numpy, numexpr and scipy in threads.

usage: algebra.py [--size N] [--repetitions N] [--only REGEX] [--swath PATH]        needs what run.sh prepares

All sides read tiled zstd and write float32 (shades: uint8) in tiles of 512, zstd of level 1 with its predictor. The Python
peers work as people write them: a pool of as many threads as cores, each with files of its own, on windows of 2048 pixels,
one writer that compresses on all cores. gdal_calc.py is Debian's (python3-gdal), and is left out where it is not installed.
Starting up counts for all. Ratios are peer to swath.
"""

import argparse
import importlib.util
import itertools
import re
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import run

DATA = run.WORK / "algebra"
CORES = 2
OUT = ["--format", "gtiff", "--overviews", "none", "--compress", "zstd", "--level", "1", "--overwrite", "--quiet"]
FLOAT = dict(dtype="float32", tiled=True, blockxsize=512, blockysize=512, compress="zstd", zstd_level=1, predictor=3, nodata=-9999)
CALC = ["--quiet", "--overwrite", "--type=Float32", "--NoDataValue=-9999", *(f"--co={o}" for o in ("TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=ZSTD", "ZSTD_LEVEL=1", "PREDICTOR=3", "BIGTIFF=YES", f"NUM_THREADS={CORES}"))]
DEM = [*itertools.chain(*(("-co", o) for o in ("TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=ZSTD", "ZSTD_LEVEL=1", f"NUM_THREADS={CORES}")))]
SCENES = 12
SIX = "(A - 2 * B) / (A + B + 1) + sqrt(A) * 0.5 - B ** 2 / 10000"


def inputs(size):
    """Scenes that differ in where they begin, and a terrain."""
    generate = importlib.import_module("generate")
    DATA.mkdir(parents=True, exist_ok=True)
    land = None
    for name in [f"scene{i}" for i in range(SCENES)] + ["dem"]:
        path = DATA / f"{name}_{size}.tif"
        if path.exists():
            continue
        land = land or generate.Land()
        content, skip = ("dem", 0) if name == "dem" else ("scene", 977 * int(name[5:]))
        place = generate.from_origin(300000, 5700000, 10, 10)
        options = dict(generate.TILED, compress="zstd", zstd_level=3, predictor=3 if name == "dem" else 2, num_threads=CORES)
        shape = dict(width=size, height=size, count=1, dtype=generate.DTYPE[content], nodata=generate.NODATA[content])
        part = path.with_suffix(".part")
        with generate.rasterio.open(part, "w", driver="GTiff", crs="EPSG:32633", transform=place, **shape, **options) as out:
            for top in range(0, size, generate.ROWS):
                bottom = min(size, top + generate.ROWS)
                rows = getattr(land, content)(top + skip, bottom + skip, size)
                out.write(rows[None], window=generate.Window(0, top, size, bottom - top))
        part.rename(path)
        print(f"made {path.name}", file=sys.stderr)


def threaded(function, sources, target, halo=0):
    """The pattern: windows in a pool of threads, files opened by each, one writer."""
    import numpy as np
    import rasterio
    from rasterio.windows import Window

    local, lock = threading.local(), threading.Lock()
    with rasterio.open(sources[0]) as first:
        profile = {**first.profile, **FLOAT, "num_threads": CORES, "BIGTIFF": "YES"}
        height, width, nodata = first.height, first.width, first.nodata

    with rasterio.open(target, "w", **profile) as out:

        def work(at):
            if not hasattr(local, "files"):
                local.files = [rasterio.open(source) for source in sources]
            row, col = at
            window = Window(col, row, min(2048, width - col), min(2048, height - row))
            wide = Window(col - halo, row - halo, window.width + 2 * halo, window.height + 2 * halo)
            values = [f.read(1, window=wide, boundless=halo > 0, fill_value=nodata).astype(np.float32) for f in local.files]
            for value in values:
                value[value == nodata] = np.nan
            with np.errstate(all="ignore"):
                made = function(*values)
            made = made[halo : halo + int(window.height), halo : halo + int(window.width)] if halo else made
            made = np.where(np.isfinite(made), made, FLOAT["nodata"]).astype(np.float32)
            with lock:
                out.write(made, 1, window=window)

        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(work, itertools.product(range(0, height, 2048), range(0, width, 2048))))


def peer(name, sources, target):
    """What a peer does in its own process."""
    import numpy as np

    def evaluated(text):
        import numexpr

        numexpr.set_num_threads(1)
        return lambda A, B: numexpr.evaluate(text, local_dict=dict(A=A, B=B))

    def focal(values):
        from scipy.ndimage import uniform_filter

        valid = ~np.isnan(values)
        total = uniform_filter(np.where(valid, values, 0), 5, mode="constant")
        share = uniform_filter(valid.astype(np.float32), 5, mode="constant")
        return np.where(valid, total / share, np.nan)

    def median(*values):
        return np.nanmedian(np.stack(values), axis=0)

    jobs = {
        "ndvi": (lambda A, B: (A - B) / (A + B), 0),
        "ndvi-numexpr": (evaluated("(A - B) / (A + B)"), 0),
        "six": (lambda A, B: (A - 2 * B) / (A + B + 1) + np.sqrt(A) * np.float32(0.5) - B**2 / 10000, 0),
        "six-numexpr": (evaluated(SIX), 0),
        "median": (median, 0),
        "focal": (focal, 2),
    }
    function, halo = jobs[name]
    threaded(function, sources, target, halo)


def cases(swath, size):
    """Yields (name, peer's name, inputs, swath's command, peer's command)."""
    scene = [str(DATA / f"scene{i}_{size}.tif") for i in range(SCENES)]
    dem = str(DATA / f"dem_{size}.tif")
    me = [sys.executable, __file__, "--as-peer"]
    gdal_calc = shutil.which("gdal_calc.py")
    pair = ["--in", f"A={scene[0]}", "--in", f"B={scene[1]}"]
    floats = ["--type", "float32", "--nodata", "-9999", "--predictor", "float"]
    for name, words, text in (("NDVI", "ndvi", "(A - B) / (A + B)"), ("six terms", "six", SIX)):
        ours = [swath, "calc", text, "OUT", *pair, *floats, *OUT]
        if gdal_calc:
            python = text.replace("A", "A.astype(float)").replace("B", "B.astype(float)").replace("sqrt", "numpy.sqrt")
            yield name, "gdal_calc.py", scene[:2], ours, ["/usr/bin/python3", gdal_calc, f"--calc={python}", "-A", scene[0], "-B", scene[1], "--outfile=OUT", *CALC]
        yield name, "numpy in threads", scene[:2], ours, [*me, words, *scene[:2], "OUT"]
        yield name, "numexpr in threads", scene[:2], ours, [*me, f"{words}-numexpr", *scene[:2], "OUT"]
    named = list(itertools.chain(*(("--in", f"S{i}={path}") for i, path in enumerate(scene))))
    stack = ", ".join(f"S{i}" for i in range(SCENES))
    ours = [swath, "calc", f"median({stack})", "OUT", *named, *floats, *OUT]
    yield f"median of {SCENES} scenes", "numpy in threads", scene, ours, [*me, "median", *scene, "OUT"]
    ours = [swath, "focal", dem, "OUT", "--stat", "mean", "--size", "5", "--predictor", "float", *OUT]
    yield "focal mean, 5 x 5", "scipy in threads", [dem], ours, [*me, "focal", dem, "OUT"]
    gdaldem = [*run.PEER, "dem"]
    for quantity, predictor in (("hillshade", "horizontal"), ("slope", "float")):
        ours = [swath, "terrain", quantity, dem, "OUT", "--predictor", predictor, *OUT]
        theirs = [*gdaldem, quantity, *DEM, "-co", f"PREDICTOR={2 if predictor == 'horizontal' else 3}", dem, "OUT"]
        yield quantity, "gdaldem", [dem], ours, theirs


def composite(swath, size, count=40, budget=512):
    """The median of many scenes within a budget: what swath holds of its own has to stay below it."""
    names = []
    for i in range(count):
        # Files of their own, so that each is opened and decoded.
        path = DATA / f"composite{i}_{size}.tif"
        path.unlink(missing_ok=True)
        path.hardlink_to(DATA / f"scene{i % SCENES}_{size}.tif")
        names.append(path)
    words = itertools.chain(*(("--in", f"S{i}={path}") for i, path in enumerate(names)))
    out = run.WORK / "out_swath.tif"
    expression = f"median({', '.join(f'S{i}' for i in range(count))})"
    m = run.measure([swath, "calc", expression, str(out), *words, "--type", "float32", "--nodata", "-9999", "--memory", f"{budget}MiB", *OUT])
    for path in names:
        path.unlink()
    print(f"\nThe median of {count} scenes of {size} x {size} pixels with --memory {budget}MiB: {m['wall']:.1f} s, {m['cpu']:.1f} CPU s, at most {m['anon'] / 1024:.0f} MiB of its own.")
    if m["anon"] / 1024 > budget:
        raise SystemExit("algebra: more than its budget")


def main():
    prompt = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    prompt.add_argument("--size", type=int, default=10980)
    prompt.add_argument("--repetitions", type=int, default=3)
    prompt.add_argument("--only", metavar="REGEX")
    prompt.add_argument("--swath", default=str(run.REPO / "target/release/swath"))
    prompt.add_argument("--as-peer", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    asked = prompt.parse_args()
    if asked.as_peer:
        name, *sources, target = asked.as_peer
        peer(name, sources, target)
        return
    # Apart, so that this process stays small: a child's peak resident set starts from its parent's.
    subprocess.run([sys.executable, "-c", f"import algebra; algebra.inputs({asked.size})"], check=True, cwd=run.HERE)
    print("| case | peer | swath wall s | CPU s | peak MiB (anon) | peer wall s | CPU s | peak MiB (anon) | peer/swath wall | CPU |")
    print("|---|---|" + "---:|" * 8)
    for name, who, sources, ours, theirs in cases(asked.swath, asked.size):
        if asked.only and not re.search(asked.only, f"{name}, {who}"):
            continue
        for source in sources:
            with open(source, "rb") as file:
                while file.read(1 << 24):
                    pass
        runs = {"swath": [], "peer": []}
        for _ in range(asked.repetitions):
            for side, command in (("swath", ours), ("peer", theirs)):
                out = run.WORK / f"out_{side}.tif"
                out.unlink(missing_ok=True)
                env = None if side == "swath" else {**run.GDAL_ENV, "GDAL_NUM_THREADS": str(CORES)}
                runs[side].append(run.measure([word.replace("OUT", str(out)) if word.endswith("OUT") else word for word in command], env))
        m = {side: run.median(all_runs) for side, all_runs in runs.items()}
        cells = [name, who]
        for side in ("swath", "peer"):
            cells += [f"{m[side]['wall']:.2f}", f"{m[side]['cpu']:.2f}", f"{m[side]['rss'] / 1024:.0f} ({m[side]['anon'] / 1024:.0f})"]
        cells += [f"{m['peer'][key] / m['swath'][key]:.2f}" for key in ("wall", "cpu")]
        print("| " + " | ".join(cells) + " |", flush=True)
    if not asked.only or re.search(asked.only, "composite"):
        composite(asked.swath, asked.size)
    about = run.facts(asked.size, asked.repetitions)
    print(f"\n{about['date']}, {about['cpu']}, {about['cores']} cores; swath {about['swath']}, GDAL {about['gdal']} (gdaldem, rasterio), {asked.size} x {asked.size} pixels, medians of {asked.repetitions}. Made by `benches/vs_gdal/run.sh algebra`.")


if __name__ == "__main__":
    main()
