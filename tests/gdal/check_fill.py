"""`swath fill` against GDALFillNodata, called as rasterio.fill.fillnodata and gdal_fillnodata call it."""

import numpy as np
import rasterio
from rasterio.fill import fillnodata

from common import Failed, Report
from gdal_peer import Gdal

# Of the value: GDAL makes float32.
TOLERANCE = 1.2e-7


def source(path, dtype):
    """Hills with holes of all sizes, some at the edges and some larger than is looked."""
    random = np.random.default_rng(9)
    row, col = np.mgrid[0:180, 0:241]
    pixels = 500 + 300 * np.sin(col / 19) * np.cos(row / 23) + random.integers(0, 30, row.shape)
    missing = random.random(row.shape) < 0.1
    for _ in range(40):
        y, x, high, wide = random.integers(0, 170), random.integers(0, 230), random.integers(1, 40), random.integers(1, 40)
        missing[y : y + high, x : x + wide] = True
    missing[random.random(row.shape) < 0.01] = False
    pixels = pixels.astype(dtype)
    pixels[missing] = -9999
    with rasterio.open(path, "w", driver="GTiff", width=241, height=180, count=1, dtype=dtype, nodata=-9999) as out:
        out.write(pixels, 1)
    return pixels, ~missing


def run(swath, folder, shared):
    """Distances, of integers and floats; smoothing."""
    report, gdal = Report("fill", ("raster", "distance, smoothing", "filled", "off by")), Gdal()
    for dtype in ("int16", "float32"):
        path, out, theirs = folder / f"holes_{dtype}.tif", folder / "filled.tif", folder / "theirs.tif"
        pixels, there = source(path, dtype)
        floats = folder / "holes_as_float32.tif"
        with rasterio.open(path) as opened, rasterio.open(floats, "w", **{**opened.profile, "dtype": "float32"}) as copy:
            copy.write(pixels.astype("f4"), 1)
        for distance, smooth in ((1, 0), (3, 0), (10, 0), (100, 0), (10, 1), (100, 3)):
            with report.case(f"distance {distance}, smoothed {smooth} times, of {dtype}"):
                swath("fill", path, out, "--distance", distance, "--smooth", smooth, "--overwrite", "--quiet", "--format", "gtiff")
                with rasterio.open(out) as made:
                    ours = made.read(1).astype("f8")
                # Of integers too GDAL's floats are the truth: it rounds them half up, and again before it smooths.
                wanted = pixels.astype("f4")
                if smooth:
                    # With a mask of their own, as rasterio gives one, the filter counts nothing that was filled.
                    gdal.fill(str(floats), str(theirs), distance, smooth)
                    with rasterio.open(theirs) as made:
                        wanted = made.read(1)
                else:
                    wanted = fillnodata(wanted, there, max_search_distance=distance)
                wanted = wanted.astype("f8")
                # In the last column GDAL counts what is above and below for two quadrants each, and it does not smooth the
                # first and the last row: pixels that this reaches are left out.
                looked = np.ones(ours.shape, bool)
                looked[:, ours.shape[1] - 1 - smooth :] = False
                if smooth:
                    looked[:smooth], looked[-smooth:] = False, False
                if ((ours == -9999) != (wanted == -9999)).any():
                    raise Failed("other pixels are filled")
                filled = looked & ~there & (ours != -9999)
                if (ours != wanted)[there].any():
                    raise Failed("what was there changed")
                off = np.abs(ours - wanted)[filled]
                if dtype == "int16":
                    if off.max() > 0.5 + 1e-4:
                        raise Failed(f"differs by {off.max()} from what is rounded")
                    told = f"{off.max():.4f}, rounded"
                else:
                    off /= np.abs(wanted[filled])
                    # A pass of smoothing rounds to float32 each time.
                    if off.max() > TOLERANCE * (1 + smooth):
                        raise Failed(f"differs by {off.max():.3g}")
                    told = f"{off.max():.1e}"
                report.rows.append((path.name, f"{distance}, {smooth}", int(filled.sum()), told))
    return report
