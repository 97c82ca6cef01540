"""`swath terrain` against gdaldem: every quantity, with nodata and edges; curvature against its paper."""

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
            curvatures(swath, folder, path, report)
    return report


def curvatures(swath, folder, path, report):
    """The formulas of Zevenbergen and Thorne (1987), table 1 and equations 9 to 12, in double precision, by their names; pixels that are not square."""
    with rasterio.open(path) as source:
        z, (x, y) = np.ma.array(source.read(1, masked=True), dtype="f8").filled(np.nan), source.res
    z1, z2, z3, z4, z5, z6, z7, z8, z9 = (z[i : i + z.shape[0] - 2, j : j + z.shape[1] - 2] for i in range(3) for j in range(3))
    d, e = ((z4 + z6) / 2 - z5) / x**2, ((z2 + z8) / 2 - z5) / y**2
    f, g, h = (-z1 + z3 + z7 - z9) / (4 * x * y), (-z4 + z6) / (2 * x), (z2 - z8) / (2 * y)
    steep = g**2 + h**2
    with np.errstate(all="ignore"):
        profile = np.where(steep == 0, 0, -2 * (d * g**2 + e * h**2 + f * g * h) / steep)
        plan = np.where(steep == 0, 0, -2 * (d * h**2 + e * g**2 - f * g * h) / steep)
        # Of the surface z(x, y) itself: half of the divergence of its unit normal (do Carmo 1976).
        mean = -((1 + h**2) * 2 * d - 2 * g * h * f + (1 + g**2) * 2 * e) / (2 * (1 + steep) ** 1.5)
    whole = sum((z1, z2, z3, z4, z5, z6, z7, z8, z9))
    for kind, wanted in (("profile", profile), ("plan", plan), ("total", -2 * (d + e)), ("mean", mean)):
        name = f"curvature {kind} of {path.name}"
        with report.case(name):
            ours = folder / "ours.tif"
            swath("terrain", "curvature", "--kind", kind, path, ours, "--overwrite", "--quiet", "--format", "gtiff")
            with rasterio.open(ours) as made:
                got = np.ma.array(made.read(1, masked=True), dtype="f8").filled(np.nan)[1:-1, 1:-1]
            if (np.isnan(got) != np.isnan(whole)).any():
                raise Failed("other pixels are missing")
            there = ~np.isnan(whole)
            # Second differences cancel: what is small is as sure as the largest.
            off = np.abs(got - wanted)[there] / np.maximum(np.abs(wanted[there]), 1e-6)
            if off.max() > TOLERANCE:
                raise Failed(f"differs by {off.max():.3g}")
            report.rows.append((name, path.name, f"{off.max():.1e}"))
