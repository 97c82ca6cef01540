#!/usr/bin/env python3
"""swath against GDAL on the same files, in turn, as one table. benches/vs_gdal/run.sh prepares and calls it.

Each measurement is a fresh process with the input in the page cache. swath and GDAL alternate, and the medians over the
repetitions are taken. CPU is user plus system time; peaks are the resident set (which counts a mapped input file) and,
sampled from /proc, its anonymous part (memory in the strict sense). The time that either program takes to start and
load its libraries, measured likewise, is subtracted: GDAL is driven from Python here, which it would not be otherwise.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
WORK = REPO / "target" / "vs_gdal"
PEER = [sys.executable, str(HERE / "gdal_peer.py")]
# The tables of README.md: of cases that only read, and of those that write.
BLOCKS = {"reading": False, "writing": True}
# Both sides write 512-pixel tiles; GDAL gets room for its cache and its warper.
GTIFF = ["-q", "-co", "TILED=YES", "-co", "BLOCKXSIZE=512", "-co", "BLOCKYSIZE=512", "-co", "PREDICTOR=2"]
COG = ["-q", "-of", "COG", "-co", "BLOCKSIZE=512", "-co", "OVERVIEW_RESAMPLING=AVERAGE"]
PREDICT = ["-co", "PREDICTOR=YES"]
GDAL_ENV = dict(GDAL_CACHEMAX="1024", GDAL_PAM_ENABLED="NO")


def cases(swath, decode, windows):
    """Yields (name, input, threads, swath's command, GDAL's command, output or None); both write OUT."""
    for raster, words in (
        ("scene_deflate", "u16 deflate, predictor 2"),
        ("scene_zstd", "u16 zstd, predictor 2"),
        ("scene_lzw", "u16 LZW, predictor 2, strips"),
        ("dem_deflate", "f32 deflate, predictor 3"),
        ("dem_lerc", "f32 LERC, error 0.01"),
        ("photo_jpeg", "RGB JPEG, YCbCr 4:2:0"),
        # Large, as next to nothing is done a pixel: start-up would drown it.
        ("wide_none", "u16 uncompressed, 20,000 x 20,000"),
    ):
        for n in (1, 2):
            yield f"decode {words}", raster, n, [*decode, "IN", str(n)], [*PEER, "decode", "IN", str(n)], False
    # Both with 128 MB for decoded blocks.
    ours, theirs = [*windows, "IN", "10000", "256", "1"], [*PEER, "windows", "IN", "10000", "256", "128"]
    yield "10,000 windows of 256 x 256, zstd", "wide_zstd", 1, ours, theirs, False
    yield "open 10^6 tiles", "million_tiles", 1, [*swath, "info", "IN"], [*PEER, "open", "IN"], False
    methods = [(method, "zstd", 1) for method in ("near", "bilinear", "cubic", "lanczos", "average")] + [("bilinear", "deflate", 6)]
    for raster, words, predictor, to in (
        ("scene_deflate", "", "horizontal", 3857),
        ("scene_deflate", " to degrees", "horizontal", 4326),
        ("dem_deflate", " f32", "float", 3857),
        ("dem_deflate", " f32 to degrees", "float", 4326),
    ):
        for method, codec, level in methods:
            # Both numbers of threads where it all began, one elsewhere.
            for n in (1, 2) if not words else (1,):
                ours = [*swath, "warp", "IN", "OUT", "--to", f"EPSG:{to}", "--resample", method, "--format", "gtiff", "--overviews", "none"]
                ours += ["--compress", codec, "--level", str(level), "--predictor", predictor, "--tile", "512"]
                theirs = [*PEER, "warp", *GTIFF[:-1], f"PREDICTOR={2 if predictor == 'horizontal' else 3}"]
                theirs += ["-co", f"COMPRESS={codec.upper()}", "-co", f"{'Z' if codec == 'deflate' else 'ZSTD_'}LEVEL={level}"]
                theirs += ["-t_srs", f"EPSG:{to}", "-r", method, "-wm", "512", "-wo", f"NUM_THREADS={n}", "-co", f"NUM_THREADS={n}"]
                theirs += ["-multi"] if n > 1 else []
                yield f"warp {method}{words}, {codec} {level}", raster, n, quiet(ours, n), [*theirs, "IN", "OUT"], True
    for words, raster, ours, theirs in (
        ("u16 deflate 6", "scene_deflate", ["deflate", "--level", "6", "--predictor", "horizontal"], ["DEFLATE", "-co", "LEVEL=6", *PREDICT]),
        # Of floats and of zstd: the level whose file is as large as GDAL's, to 2 %.
        ("u16 zstd, as small as GDAL's 9", "scene_deflate", ["zstd", "--level", "5", "--predictor", "horizontal"], ["ZSTD", "-co", "LEVEL=9", *PREDICT]),
        ("u16 LERC", "scene_deflate", ["lerc"], ["LERC"]),
        ("f32 deflate, as small as GDAL's 6", "dem_deflate", ["deflate", "--level", "4", "--predictor", "float"], ["DEFLATE", "-co", "LEVEL=6", *PREDICT]),
        ("f32 zstd, as small as GDAL's 9", "dem_deflate", ["zstd", "--level", "5", "--predictor", "float"], ["ZSTD", "-co", "LEVEL=9", *PREDICT]),
        ("f32 LERC 0.01", "dem_deflate", ["lerc", "--max-z-error", "0.01"], ["LERC", "-co", "MAX_Z_ERROR=0.01"]),
        ("RGB JPEG 75", "photo_jpeg", ["jpeg", "--quality", "75"], ["JPEG", "-co", "QUALITY=75"]),
    ):
        for n in (1, 2):
            ours_n = quiet([*swath, "convert", "IN", "OUT", "--tile", "512", "--compress", *ours], n)
            yield f"COG, {words}", raster, n, ours_n, [*PEER, "translate", *COG, "-co", f"NUM_THREADS={n}", "-co", f"COMPRESS={theirs[0]}", *theirs[1:], "IN", "OUT"], True

    # What gdaladdo does, to a copy of the input that is not counted.
    for n in (1, 2):
        yield "overviews added, u16 deflate", "scene_deflate", n, [*swath, "overviews", "COPY", "--threads", str(n), "--quiet"], [*PEER, "addo", "AVERAGE", "COPY"], True
    # 400 tiles into one file, by a virtual raster and by rio merge; "@IN" is a list of files.
    for codec, level in (("deflate", 6), ("zstd", 1)):
        for n in (1, 2):
            ours = quiet([*swath, "mosaic", "@IN", "-o", "OUT", "--format", "gtiff", "--overviews", "none", "--compress", codec, "--level", str(level), "--predictor", "horizontal"], n)
            options = ["-co", f"COMPRESS={codec.upper()}", "-co", f"{'Z' if codec == 'deflate' else 'ZSTD_'}LEVEL={level}", "-co", f"NUM_THREADS={n}"]
            yield f"mosaic of 400 tiles, {codec} {level}", "tiles", n, ours, [*PEER, "mosaic", "OUT.vrt", *GTIFF, *options, "@IN", "OUT"], True
            if n == 1:
                yield f"mosaic of 400 tiles, rio merge, {codec} {level}", "tiles", n, ours, [*PEER, "merge", codec, str(level), "@IN", "OUT"], True


def quiet(command, threads):
    """The words that every swath command here ends with."""
    return [*command, "--threads", str(threads), "--overwrite", "--quiet"]


def anonymous_memory(pid):
    """RssAnon of a process in KiB, 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("RssAnon")), 0)
    except OSError:
        return 0


def measure(command, env=None):
    """Runs a command once; seconds and KiB."""
    start = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    peak, ended = [0], threading.Event()

    def sample():
        while not ended.wait(0.01):
            peak[0] = max(peak[0], anonymous_memory(process.pid))

    sampler = threading.Thread(target=sample)
    sampler.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    ended.set()
    sampler.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"run: ended with {process.returncode}: {' '.join(command)}")
    return dict(wall=wall, cpu=usage.ru_utime + usage.ru_stime, rss=usage.ru_maxrss, anon=peak[0])


def median(runs):
    """The median of each measure."""
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def bench(commands, data, size, repetitions, wanted, outputs):
    """Measures every case and returns a list of results."""
    cost = {"swath": median([measure(commands["start"]) for _ in range(5)])}
    cost["GDAL"] = median([measure([*PEER, "noop"]) for _ in range(5)])
    results = []
    for name, raster, threads, ours, theirs, writes in cases(commands["swath"], commands["decode"], commands["windows"]):
        if wanted and not re.search(wanted, name):
            continue
        source = data / f"{raster}_{size}.{'txt' if raster == 'tiles' else 'tif'}"
        for path in source.read_text().split() if raster == "tiles" else [source]:
            with open(path, "rb") as file:
                while file.read(1 << 24):
                    pass
        runs, sizes = {"swath": [], "GDAL": []}, {}
        for _ in range(repetitions):
            for who, command in (("swath", ours), ("GDAL", theirs)):
                out = outputs / "out.tif"
                out.unlink(missing_ok=True)
                if "COPY" in command:
                    shutil.copyfile(source, out)
                places = {"COPY": str(out), "IN": str(source), "@IN": f"@{source}", "OUT": str(out), "OUT.vrt": f"{out}.vrt"}
                env = {**GDAL_ENV, "GDAL_NUM_THREADS": str(threads)} if who == "GDAL" else None
                run = measure([places.get(word, word) for word in command], env)
                # What is left after starting up; never nothing, for ratios.
                run.update({key: max(run[key] - cost[who][key], 1e-3) for key in ("wall", "cpu")})
                runs[who].append(run)
                if writes:
                    sizes[who] = out.stat().st_size
                    out.unlink()
        results.append(dict(case=name, threads=threads, writes=writes, bytes=sizes, runs=runs, **{who: median(runs[who]) for who in runs}))
        print(row(results[-1]), file=sys.stderr, flush=True)
    return results, cost


def row(result):
    """One line of the table."""
    cells = [result["case"], str(result["threads"])]
    for who in ("swath", "GDAL"):
        m = result[who]
        size = f"{result['bytes'][who] / 1e6:.1f}" if result["bytes"] else ""
        cells += [f"{m['wall']:.2f}", f"{m['cpu']:.2f}", f"{m['rss'] / 1024:.0f} ({m['anon'] / 1024:.0f})", size]
    cells += [f"{result['GDAL'][key] / result['swath'][key]:.2f}" for key in ("wall", "cpu")]
    return "| " + " | ".join(cells) + " |"


def text(command):
    """What a command prints, in one line."""
    return " ".join(subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPO).stdout.split())


def render(results, facts):
    """The whole Markdown piece."""
    head = ["case", "threads"]
    for who in ("swath", "GDAL"):
        head += [f"{who} wall s", "CPU s", "peak MiB (anon)", "MB out"]
    head += ["GDAL/swath wall", "GDAL/swath CPU"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * 2 + "---:|" * (len(head) - 2), *map(row, results), ""]
    lines.append(
        f"{facts['date']}, {facts['cpu']}, {facts['cores']} cores; swath {facts['swath']} ({facts['rustc']}), "
        f"GDAL {facts['gdal']} (the library in rasterio {facts['rasterio']}); {facts['size']} x {facts['size']} pixels, "
        f"medians of {facts['repetitions']}, start-up subtracted. Made by `benches/vs_gdal/run.sh`."
    )
    return "\n".join(lines)


def facts(size, repetitions):
    """Machine, versions and date."""
    cpu = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return dict(
        date=datetime.date.today().isoformat(),
        cpu=cpu[1] if cpu else os.uname().machine,
        cores=len(os.sched_getaffinity(0)),
        swath=text(["git", "describe", "--always", "--dirty"]),
        rustc=text(["rustc", "--version"]),
        gdal=text([*PEER, "version"]),
        rasterio=importlib.metadata.version("rasterio"),
        size=size,
        repetitions=repetitions,
    )


def update_readme(name, table):
    """Puts a table between its markers in README.md."""
    path = REPO / "README.md"
    begin, end = (f"<!-- vs_gdal:{name}:{edge} -->" for edge in ("begin", "end"))
    before, rest = path.read_text().split(begin, 1)
    after = rest.split(end, 1)[1]
    path.write_text(f"{before}{begin}\n{table}\n{end}{after}")


def main():
    prompt = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    prompt.add_argument("--size", type=int, help="pixels on a side of the inputs (8192; --quick: 2048)")
    prompt.add_argument("--repetitions", type=int, help="runs of each case (5; --quick: 1)")
    prompt.add_argument("--outputs", type=Path, default=WORK, help="where outputs go: /dev/shm, and no disk is measured")
    prompt.add_argument("--quick", action="store_true", help="small inputs and one run: does it work at all")
    prompt.add_argument("--only", metavar="REGEX", help="the cases whose name matches")
    prompt.add_argument("--update-readme", action="store_true", help="put tables of which all cases were run into README.md")
    prompt.add_argument("--swath", default=REPO / "target/release/swath", help="another swath binary")
    prompt.add_argument("--decode", default=REPO / "target/release/examples/decode", help="another decode example")
    prompt.add_argument("--windows", default=REPO / "target/release/examples/windows", help="another windows example")
    asked = prompt.parse_args()
    size = asked.size or (2048 if asked.quick else 8192)
    repetitions = asked.repetitions or (1 if asked.quick else 5)
    # Apart, so that this process stays small: a child's peak resident set starts from its parent's.
    subprocess.run([sys.executable, str(HERE / "generate.py"), str(WORK / "data"), "--size", str(size)], check=True)
    commands = dict(swath=[str(asked.swath)], decode=[str(asked.decode)], windows=[str(asked.windows)], start=[str(asked.swath), "--version"])
    results, cost = bench(commands, WORK / "data", size, repetitions, asked.only, asked.outputs)
    about = facts(size, repetitions)
    (WORK / "results.json").write_text(json.dumps(dict(facts=about, startup=cost, results=results), indent=1))
    print(render(results, about))
    every = [(case[0], case[2], case[-1]) for case in cases(commands["swath"], commands["decode"], commands["windows"])]
    for name, writes in BLOCKS.items() if asked.update_readme else ():
        part = [result for result in results if result["writes"] == writes]
        # A table is put there whole, or not at all.
        if {(result["case"], result["threads"]) for result in part} == {case[:2] for case in every if case[2] == writes}:
            update_readme(name, render(part, about))
        else:
            print(f"run: not all cases of {name} were run: their table stays as it is", file=sys.stderr)


if __name__ == "__main__":
    main()
