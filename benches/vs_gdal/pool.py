#!/usr/bin/env python3
"""swath batch against a pool of Python processes with rasterio: 400 files of 1024 x 1024 times 1.5 as float32.

usage: pool.py [--files N] [--repetitions N] [--swath PATH] [--sync] [--outputs DIR]       needs what run.sh prepares

Both sides read uint16 tiled deflate and write float32 in tiles of 512 with the same codec, level and predictor, on as many
workers as there are cores; starting up counts. Memory is the sum over all processes of the proportional set size
(/proc/PID/smaps_rollup), sampled. swath syncs each output before it is named and keeps a journal; Python does so only with --sync.
"""

import argparse
import multiprocessing as mp
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORK = HERE.parents[1] / "target" / "vs_gdal"
CODECS = {
    "uncompressed": (dict(), ["--compress", "none"]),
    "zstd 1": (dict(compress="zstd", zstd_level=1, predictor=3), ["--compress", "zstd", "--level", "1", "--predictor", "float"]),
    "deflate 6": (dict(compress="deflate", zlevel=6, predictor=3), ["--compress", "deflate", "--level", "6", "--predictor", "float"]),
}


def work(task):
    """What people write: read it all, calculate, write it all."""
    import numpy as np
    import rasterio

    source, target, options, sync = task
    with rasterio.open(source) as f:
        data, profile = f.read().astype(np.float32) * np.float32(1.5), f.profile
    for key in ("compress", "predictor", "interleave"):
        profile.pop(key, None)
    profile.update(dtype="float32", tiled=True, blockxsize=512, blockysize=512, nodata=None, **options)
    with rasterio.open(target, "w", **profile) as f:
        f.write(data)
    if sync:
        file = os.open(target, os.O_RDONLY)
        os.fsync(file)
        os.close(file)
    return os.path.getsize(target)


def pool(folder, out, codec, workers, sync):
    """The peer, as a process of its own: pool.py --as-peer."""
    tasks = [(str(f), f"{out}/{f.name}", CODECS[codec][0], sync) for f in sorted(Path(folder).glob("*.tif"))]
    with ProcessPoolExecutor(workers, mp_context=mp.get_context("spawn")) as executor:
        print(sum(executor.map(work, tasks)))


def inputs(folder, count):
    """Cuts `count` files out of the scene of generate.py."""
    import rasterio
    from rasterio.windows import Window

    subprocess.run([sys.executable, str(HERE / "generate.py"), str(WORK / "data"), "--size", "4096", "scene_zstd"], check=True)
    folder.mkdir(parents=True, exist_ok=True)
    with rasterio.open(WORK / "data" / "scene_zstd_4096.tif") as scene:
        for i in range(count):
            path = folder / f"{i:04}.tif"
            if path.exists():
                continue
            window = Window(37 * i % 3072, 53 * i % 3072, 1024, 1024)
            profile = dict(scene.profile, width=1024, height=1024, transform=scene.window_transform(window), nodata=None)
            profile.update(compress="deflate", predictor=2, zlevel=6)
            with rasterio.open(path, "w", **profile) as f:
                f.write(scene.read(window=window))


def family(pid):
    """A process and all below it."""
    pids, found = [pid], []
    while pids:
        found.append(pids.pop())
        for task in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            try:
                pids += [int(word) for word in task.read_text().split()]
            except OSError:
                pass
    return found


def pss(pid):
    """Proportional set size in KiB; 0 when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def measure(command):
    """Runs a command once: seconds of wall and CPU (children too), and the peak of memory in KiB."""
    before = os.times()
    start, peak, ended = time.monotonic(), [0], threading.Event()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def sample():
        while not ended.wait(0.05):
            peak[0] = max(peak[0], sum(map(pss, family(process.pid))))

    sampler = threading.Thread(target=sample)
    sampler.start()
    status = process.wait()
    wall = time.monotonic() - start
    ended.set()
    sampler.join()
    if status:
        raise SystemExit(f"pool: ended with {status}: {command}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return dict(wall=wall, cpu=cpu, pss=peak[0])


def same(a, b):
    """Both made the same pixels."""
    import numpy as np
    import rasterio

    for path in sorted(a.glob("*.tif"))[::50]:
        with rasterio.open(path) as x, rasterio.open(b / path.name) as y:
            if not np.array_equal(x.read(), y.read()):
                raise SystemExit(f"pool: {path.name} differs")


def main():
    prompt = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    prompt.add_argument("--files", type=int, default=400)
    prompt.add_argument("--repetitions", type=int, default=3)
    prompt.add_argument("--swath", default=HERE.parents[1] / "target/release/swath")
    prompt.add_argument("--sync", action="store_true", help="have Python sync its outputs, as swath does")
    prompt.add_argument("--outputs", type=Path, default=WORK, help="where outputs go: /dev/shm, and no disk is measured")
    prompt.add_argument("--as-peer", nargs=4, metavar=("IN", "OUT", "CODEC", "WORKERS"), help=argparse.SUPPRESS)
    asked = prompt.parse_args()
    if asked.as_peer:
        folder, out, codec, workers = asked.as_peer
        return pool(folder, out, codec, int(workers), asked.sync)
    folder, outs, workers = WORK / f"pool_{asked.files}", [asked.outputs / name for name in ("pool_swath", "pool_python")], len(os.sched_getaffinity(0))
    inputs(folder, asked.files)
    print("| case | swath wall s | CPU s | PSS MiB | MB out | Python wall s | CPU s | PSS MiB | MB out | Python/swath wall | CPU | memory |")
    print("|---|" + "---:|" * 11)
    for codec, (_, words) in CODECS.items():
        ours = [str(asked.swath), "batch", "calc", str(folder), "--to-dir", str(outs[0]), "--threads", str(workers), "-q", "--"]
        ours += ["A * 1.5", "--type", "float32", "--format", "gtiff", "--overviews", "none", "--tile", "512", *words]
        theirs = [sys.executable, __file__, "--as-peer", str(folder), str(outs[1]), codec, str(workers), *(["--sync"] if asked.sync else [])]
        runs, sizes = ([], []), [0, 0]
        for _ in range(asked.repetitions):
            for side, command in enumerate((ours, theirs)):
                shutil.rmtree(outs[side], ignore_errors=True)
                outs[side].mkdir()
                # What the run before wrote is not this one's to wait for.
                os.sync()
                runs[side].append(measure(command))
                sizes[side] = sum(f.stat().st_size for f in outs[side].glob("*.tif"))
        same(*outs)
        a, b = ({key: statistics.median(run[key] for run in side) for key in side[0]} for side in runs)
        cells = [f"{m['wall']:.2f} | {m['cpu']:.2f} | {m['pss'] / 1024:.0f} | {size / 1e6:.1f}" for m, size in ((a, sizes[0]), (b, sizes[1]))]
        ratios = " | ".join(f"{b[key] / a[key]:.2f}" for key in ("wall", "cpu", "pss"))
        print(f"| {asked.files} files x 1.5, {codec} | {cells[0]} | {cells[1]} | {ratios} |", flush=True)
    for out in outs:
        shutil.rmtree(out, ignore_errors=True)


if __name__ == "__main__":
    main()
