"""`swath contour` against GDALContourGenerateEx, which gdal_contour calls: lines and their lengths, level by level."""

import json
from collections import defaultdict

import numpy as np
import rasterio

from common import Failed, Report
from gdal_peer import Gdal

# Of the length of all lines of a level. GDAL takes a sample on a level to lie 1e-6 above it, which moves lines
# there by as much of a pixel over the difference to the next.
TOLERANCE = 1e-6
REAL = (
    ("opengeos__data/elevation/dtm.tif", (0.5, 2.0)),
    ("GlacioHack__xdem-data/test_data/gdal/shifted_reprojected_xoff20.0_yoff20.0.tif", (10.0, 33.3)),
    ("locationtech__geotrellis/spark/src/test/resources/cog-layer/stitch-layer/3_6/28.tiff", (50.0,)),
    ("locationtech__geotrellis/spark/src/test/resources/cog-layer/stitch-layer/2_2/7.tiff", (25.0,)),
)


def hills(path, whole, gaps):
    """Hills, as whole numbers (so that many samples lie on levels) or not, with and without gaps."""
    random = np.random.default_rng(5)
    row, col = np.mgrid[0:430, 0:501]
    ground = 700 + 300 * np.sin(col / 23) * np.cos(row / 31) + random.normal(0, 4, row.shape)
    ground = np.round(ground) if whole else ground
    if gaps:
        ground[random.random(row.shape) < 0.01] = -9999
        ground[100:140, 0:7] = -9999
    profile = dict(driver="GTiff", width=501, height=430, count=1, dtype="int16" if whole else "float64", crs="EPSG:32633", transform=rasterio.Affine(25, 4, 4e5, 3, -20, 5e6))
    with rasterio.open(path, "w", nodata=-9999 if gaps else None, **profile) as out:
        out.write(ground.astype(profile["dtype"]), 1)


def tally(lines, pixel):
    """By level: how many lines are closed and how many open, and how long they are together."""
    found = defaultdict(lambda: [0, 0, 0.0])
    for level, x, y in lines:
        x, y = np.asarray(x), np.asarray(y)
        # A line that leaves the raster where it came in, at a sample that lies on the level, closes but for GDAL's 1e-6.
        closed = np.hypot(x[0] - x[-1], y[0] - y[-1]) < 1e-4 * pixel**0.5
        # Of a summit or a ridge that just reaches a level GDAL has a line a millionth of a pixel wide, swath none.
        dx, dy = x - x[0], y - y[0]
        if closed and abs(np.sum(dx[:-1] * dy[1:] - dx[1:] * dy[:-1])) < 1e-3 * pixel:
            continue
        entry = found[round(level, 9)]
        entry[0 if closed else 1] += 1
        entry[2] += float(np.hypot(np.diff(x), np.diff(y)).sum())
    return found


def compare(swath, gdal, folder, path, interval, base):
    """Compares all lines of one raster; returns how many there are and by how much lengths differ."""
    out = folder / "lines.geojson"
    swath("contour", path, out, "--interval", interval, f"--base={base}", "--overwrite", "--quiet")
    with rasterio.open(path) as source:
        pixel, nodata = abs(source.transform.determinant), source.nodata
    features = json.loads(out.read_text())["features"]
    ours = tally(((f["properties"]["elev"], *zip(*f["geometry"]["coordinates"])) for f in features), pixel)
    options = [f"LEVEL_INTERVAL={interval}", f"LEVEL_BASE={base}"] + ([f"NODATA={nodata!r}"] if nodata is not None else [])
    theirs = tally(gdal.contours(path, *options), pixel)
    if ours.keys() != theirs.keys():
        raise Failed(f"levels of one alone: {sorted(ours.keys() ^ theirs.keys())[:5]}")
    worst = 0.0
    for level, (closed, opened, length) in ours.items():
        gdal_closed, gdal_opened, gdal_length = theirs[level]
        if (closed, opened) != (gdal_closed, gdal_opened):
            raise Failed(f"{closed} closed and {opened} open lines at {level}, not {gdal_closed} and {gdal_opened}")
        worst = max(worst, abs(length - gdal_length) / gdal_length)
    if worst > TOLERANCE:
        raise Failed(f"the length of a level differs by {worst:.3g}")
    return sum(a + b for a, b, _ in ours.values()), f"{worst:.1e}"


def run(swath, folder, rasters):
    """Made and real ground; levels that are those of samples, and levels between them."""
    report, gdal = Report("contour", ("ground", "interval", "base", "lines", "off by")), Gdal()
    cases = []
    for whole in (True, False):
        for gaps in (False, True):
            path = folder / f"hills{whole}{gaps}.tif"
            hills(path, whole, gaps)
            cases += [(path, interval, base) for interval, base in ((20, 0), (20, 0.37), (7.5, -3))]
    for name, intervals in REAL if rasters else ():
        cases += [(rasters / name, interval, base) for interval in intervals for base in (0, interval / 3)]
    for path, interval, base in cases:
        with report.case(f"{path.name} every {interval} from {base}"):
            report.rows.append((path.name, interval, base, *compare(swath, gdal, folder, path, interval, base)))
    return report
