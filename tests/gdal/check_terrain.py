"""`swath terrain` against gdaldem: every quantity, with nodata and edges."""

import numpy as np
import rasterio

from common import Failed, Report
from gdal_peer import Gdal

# Of the value, and of 1 where it is smaller: GDAL writes what it makes as float32.
TOLERANCE = 1e-6
ZT = ("--algorithm", "zevenbergen-thorne"), ("-alg", "ZevenbergenThorne")
CASES = (
    ("slope", (), ()),
    ("slope", *ZT),
    ("slope", ("--percent",), ("-p",)),
    ("aspect", (), ()),
    ("aspect", *ZT),
    ("hillshade", (), ()),
    ("hillshade", ("--z-factor", 2, "--azimuth", 100, "--altitude", 30), ("-z", "2", "-az", "100", "-alt", "30")),
    ("hillshade", *ZT),
    ("multi-hillshade", (), ("-multidirectional",)),
    ("roughness", (), ()),
    ("tpi", (), ()),
    ("tri", (), ()),
    ("tri", ("--wilson",), ("-alg", "Wilson")),
)
MODES = {"tpi": "TPI", "tri": "TRI", "multi-hillshade": "hillshade"}


def ground(path, dtype, gaps):
    """Hills with noise; as float they are multiples of 1/16, of which GDAL's float32 sums are exact."""
    random = np.random.default_rng(3)
    row, col = np.mgrid[0:230, 0:301]
    hills = 700 + 300 * np.sin(col / 23) * np.cos(row / 31) + random.integers(0, 40, row.shape)
    # Some of it is level: aspect has no answer there.
    hills[50:60, 80:95] = 640
    hills = np.round(hills * 16) / 16 if dtype == "float32" else np.round(hills)
    if gaps:
        hills[random.random(row.shape) < 0.01] = -9999
        hills[100:140, 0:7] = -9999
    profile = dict(driver="GTiff", width=301, height=230, count=1, dtype=dtype, crs="EPSG:32633", transform=rasterio.Affine(25, 0, 4e5, 0, -20, 5e6))
    with rasterio.open(path, "w", nodata=-9999 if gaps else None, **profile) as out:
        out.write(hills.astype(dtype), 1)


def compare(ours, theirs, circle):
    """Both are missing at the same places, and elsewhere equal within the tolerance; bytes within one."""
    a, b = ours.read(1, masked=True), theirs.read(1, masked=True)
    missing, theirs_missing = np.ma.getmaskarray(a), np.ma.getmaskarray(b)
    if (missing != theirs_missing).any():
        at = tuple(np.argwhere(missing != theirs_missing)[0])
        raise Failed(f"{(missing != theirs_missing).sum()} pixels are missing in one only, the first {at}")
    a, b = a.data[~missing].astype("f8"), b.data[~missing].astype("f8")
    off = np.abs(a - b)
    if ours.dtypes[0] == "uint8":
        # GDAL approximates square roots: a value next to a half may round the other way.
        if off.max() > 1 or (off > 0).mean() > 1e-3:
            raise Failed(f"{(off > 0).sum()} of {off.size} bytes differ, by up to {off.max()}")
        return f"{(off > 0).sum()} of {off.size} by 1"
    if circle:
        # GDAL subtracts from 90 or 450 in float32: its error is that of numbers of such size.
        off = np.minimum(off, 360 - off) / 90
    else:
        off /= np.maximum(np.abs(b), 1)
    if off.max() > TOLERANCE:
        raise Failed(f"differs by {off.max():.3g}, {a[off.argmax()]!r} for {b[off.argmax()]!r}")
    return f"{off.max():.1e}"


def run(swath, folder, shared):
    """Every case on whole numbers and fractions, with and without gaps and edges."""
    report, gdal = Report("terrain", ("what", "ground", "off by")), Gdal()
    for dtype in ("int16", "float32"):
        for gaps in (False, True):
            path = folder / f"{dtype}{gaps}.tif"
            ground(path, dtype, gaps)
            for what, own, options in CASES:
                for edges in ((), ("--edges",)):
                    name = f"{what} {' '.join(map(str, own + edges))} of {dtype}{' with gaps' if gaps else ''}"
                    with report.case(name):
                        ours, theirs = folder / "ours.tif", folder / "theirs.tif"
                        swath("terrain", what, path, ours, *own, *edges, "--overwrite", "--quiet", "--format", "gtiff")
                        gdal.run("dem", [MODES.get(what, what), *options, *(["-compute_edges"] if edges else []), str(path), str(theirs)])
                        with rasterio.open(ours) as a, rasterio.open(theirs) as b:
                            report.rows.append((name, path.name, compare(a, b, what == "aspect")))
    return report
