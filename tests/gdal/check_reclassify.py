"""`swath reclassify` against numpy.digitize and numpy.select."""

import numpy as np
import rasterio

from common import Failed, Report

EDGES = (20, 40, 41, 70, 95)


def source(path, dtype):
    """Noise over the range of a byte, with gaps; signed and float ones are centred."""
    random = np.random.default_rng(11)
    pixels = random.integers(0, 120, (150, 203)).astype("f8")
    if dtype.startswith("float"):
        pixels += random.integers(0, 4, pixels.shape) / 4
    if not dtype.startswith("u"):
        pixels -= 10
    missing = random.random(pixels.shape) < 0.03
    pixels[missing] = 119
    pixels = pixels.astype(dtype)
    with rasterio.open(path, "w", driver="GTiff", width=203, height=150, count=1, dtype=dtype, nodata=119) as out:
        out.write(pixels, 1)
    return pixels, pixels == 119


def check(swath, path, out, words, wanted, missing):
    """Runs a case; both have samples at the same places, and there the same ones."""
    swath("reclassify", path, out, *words, "--overwrite", "--quiet", "--format", "gtiff")
    with rasterio.open(out) as made:
        ours = made.read(1, masked=True)
        gone = np.ma.getmaskarray(ours)
        if (gone != missing).any():
            raise Failed(f"{(gone != missing).sum()} samples are missing in one only")
        off = (ours.data != wanted)[~missing]
        if off.any():
            raise Failed(f"{off.sum()} samples differ, the first {ours.data[~missing][off][0]!r}, numpy {wanted[~missing][off][0]!r}")
        return made.dtypes[0], off.size


def run(swath, folder, shared):
    """Intervals of each kind, a table, values that are kept, gaps that become values, on every type."""
    report = Report("reclassify", ("type", "case", "output", "samples"))
    for dtype in ("uint8", "int16", "uint16", "int32", "uint32", "int64", "float32", "float64"):
        path, out, table = folder / f"classes_{dtype}.tif", folder / "classes.tif", folder / "classes.csv"
        pixels, missing = source(path, dtype)
        inner = [f"{a}..{b}={i + 1}" for i, (a, b) in enumerate(zip(EDGES, EDGES[1:]))]
        rules = [f"..{EDGES[0]}=0", *inner, f"{EDGES[-1]}..={len(EDGES)}"]
        words = [word for rule in rules for word in ("--rule", rule)]
        classes = np.digitize(pixels, EDGES)
        table.write_text("from,to,value\n" + f",{EDGES[0]},0\n" + "".join(f"{a},{b},{i + 1}\n" for i, (a, b) in enumerate(zip(EDGES, EDGES[1:]))) + f"{EDGES[-1]},,{len(EDGES)}\n")
        right = np.digitize(pixels, EDGES, right=True)
        closed = [f"(,{EDGES[0]}]=0", *(f"({a},{b}]={i + 1}" for i, (a, b) in enumerate(zip(EDGES, EDGES[1:]))), f"({EDGES[-1]},]={len(EDGES)}"]
        some = np.select([(pixels >= 30) & (pixels <= 50), pixels == 60, pixels < 0], [1000, -7, 0.5], pixels)
        cases = (
            ("a..b", words, classes, missing),
            ("table", ["--table", table], classes, missing),
            ("(a,b]", [word for rule in closed for word in ("--rule", rule)], right, missing),
            ("nodata=7", [*words, "--rule", "nodata=77"], np.where(missing, 77, classes), np.zeros_like(missing)),
            ("b=nodata", ["--rule", "[20,60]=nodata", "--rule", "nodata=nodata", "--else", 3], np.full(pixels.shape, 3), missing | (pixels >= 20) & (pixels <= 60)),
            ("else nodata", ["--rule", "[20,60]=1.5"], np.full(pixels.shape, 1.5), missing | ~((pixels >= 20) & (pixels <= 60))),
        )
        if dtype != "int64":
            # No type has fractions beside all integers of 64 bits: that is refused.
            cases += (("keep", ["--rule", "[30,50]=1000", "--rule", "60=-7", "--rule", "..0=0.5", "--else", "keep"], some, missing),)
        for name, words, wanted, gone in cases:
            with report.case(f"{name} of {dtype}"):
                report.rows.append((dtype, name, *check(swath, path, out, words, wanted, gone)))
    return report
