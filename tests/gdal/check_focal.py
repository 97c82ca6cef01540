"""`swath focal` against scipy.ndimage and numpy, with and without gaps, on every kind of neighbourhood."""

import warnings

import numpy as np
import rasterio
from scipy import ndimage

from common import Failed, Report

# Of the value, and of 1 where it is smaller: results are written as float32.
TOLERANCE = 1.2e-7
SHAPES = (
    (("--size", 3), np.ones((3, 3))),
    (("--size", "7,5"), np.ones((5, 7))),
    (("--size", 21), np.ones((21, 21))),
    (("--shape", "circle", "--radius", 4), None),
    (("--shape", "annulus", "--radius", "2,5.5"), None),
    (("--kernel", "0,1,0; 1,1,1; 0,1,0"), np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])),
)
STATS = ("mean", "sum", "std", "min", "max", "range", "count", "variety", "mode", "median", "percentile")


def footprint(words, shape):
    """The pixels that count."""
    if shape is not None:
        return shape.astype(bool)
    radii = [float(r) for r in str(words[3]).split(",")]
    inner, outer = radii if len(radii) == 2 else (0, radii[0])
    reach = int(outer)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return (x * x + y * y >= inner * inner) & (x * x + y * y <= outer * outer)


def windows(pixels, shape):
    """The samples around each pixel, NaN for what is missing: (rows, columns, pixels that count)."""
    high, wide = shape.shape
    padded = np.pad(pixels, ((high // 2,) * 2, (wide // 2,) * 2), constant_values=np.nan)
    return np.lib.stride_tricks.sliding_window_view(padded, shape.shape)[:, :, shape]


def of_rows(around, what):
    """What samples come to, by numpy's functions that look past NaN; a block of rows at a time."""
    with np.errstate(all="ignore"):
        if what == "count":
            return (~np.isnan(around)).sum(-1)
        if what in ("variety", "mode"):
            around = np.sort(around, -1)
            there = ~np.isnan(around)
            new = there & np.concatenate([np.ones_like(there[..., :1]), around[..., 1:] != around[..., :-1]], -1)
            if what == "variety":
                return new.sum(-1)
            # How long the run is that each sample is in, so far: the longest ends with the most frequent.
            index = np.arange(around.shape[-1])
            length = index - np.maximum.accumulate(np.where(new, index, 0), -1)
            best = np.where(there, length, -1).argmax(-1)
            return np.take_along_axis(around, best[..., None], -1)[..., 0]
        if what == "sum":
            return np.where((~np.isnan(around)).any(-1), np.nansum(around, -1), np.nan)
        if what == "range":
            return np.nanmax(around, -1) - np.nanmin(around, -1)
        if what == "percentile":
            return np.nanpercentile(around, 33, axis=-1)
        return getattr(np, f"nan{what}")(around, axis=-1)


def expected(pixels, shape, what, whole):
    """The truth for one band; scipy's own filter where there is one and nothing is missing."""
    if whole and what in ("min", "max"):
        # Beyond the edge nothing counts: what is there never is less or more.
        beyond = np.inf if what == "min" else -np.inf
        filtered = getattr(ndimage, {"min": "minimum_filter", "max": "maximum_filter"}[what])
        return filtered(pixels, footprint=shape, mode="constant", cval=beyond)
    if whole and what in ("mean", "sum"):
        sums = ndimage.correlate(pixels, shape.astype("f8"), mode="constant")
        counts = ndimage.correlate(np.ones_like(pixels), shape.astype("f8"), mode="constant")
        return sums / np.rint(counts) if what == "mean" else sums
    blocks = [of_rows(block, what) for block in np.array_split(windows(pixels, shape), 12)]
    return np.concatenate(blocks).astype("f8")


def compare(made, wanted, what):
    """Both have samples at the same places, and there the same ones."""
    ours = np.ma.array(made.read(1, masked=True), dtype="f8")
    missing = np.ma.getmaskarray(ours) | np.isnan(ours.data)
    if (missing != np.isnan(wanted)).any():
        raise Failed(f"{(missing != np.isnan(wanted)).sum()} samples are missing in one only")
    if what == "median" and not made.dtypes[0].startswith("float"):
        wanted = np.rint(wanted)
    a, b = ours.data[~missing], wanted[~missing]
    off = np.abs(a - b) / np.maximum(np.abs(b), 1)
    if off.max(initial=0) > TOLERANCE:
        raise Failed(f"differs by {off.max():.3g}, {a[off.argmax()]!r} for {b[off.argmax()]!r}")
    return f"{off.max(initial=0):.1e}"


def source(path, dtype, gaps):
    """Waves and noise with few values, so that modes have something to count."""
    random = np.random.default_rng(5)
    row, col = np.mgrid[0:140, 0:211]
    pixels = np.round(60 + 25 * np.sin(col / 11) * np.cos(row / 17) + random.integers(0, 12, row.shape))
    if dtype == "float32":
        pixels = (pixels * 1.1).astype(dtype)
    if gaps:
        pixels[random.random(row.shape) < 0.05] = 0
        pixels[40:75, 20:60] = 0
    profile = dict(driver="GTiff", width=211, height=140, count=1, dtype=dtype, crs="EPSG:32633", transform=rasterio.Affine(10, 0, 4e5, 0, -10, 5e6))
    with rasterio.open(path, "w", nodata=0 if gaps else None, **profile) as out:
        out.write(pixels.astype(dtype), 1)


def run(swath, folder, shared):
    """Every statistic of every shape, on integers and floats, with and without gaps."""
    # Of pixels around which there is nothing.
    warnings.simplefilter("ignore", RuntimeWarning)
    report = Report("focal", ("raster", "neighbourhood", "statistics", "off by at most"))
    for dtype in ("uint8", "int16", "float32"):
        for gaps in (False, True):
            path = folder / f"focal_{dtype}{gaps}.tif"
            source(path, dtype, gaps)
            with rasterio.open(path) as opened:
                pixels = np.ma.array(opened.read(1, masked=True), dtype="f8").filled(np.nan)
            for words, shape in SHAPES:
                shape, worst = footprint(words, shape), []
                for what in STATS:
                    with report.case(f"{what} {' '.join(map(str, words))} of {path.name}"):
                        out = folder / "focal.tif"
                        more = ("--percentile", 33) if what == "percentile" else ()
                        swath("focal", path, out, "--stat", what, *more, *words, "--overwrite", "--quiet", "--format", "gtiff")
                        with rasterio.open(out) as made:
                            worst.append(compare(made, expected(pixels, shape, what, not gaps), what))
                report.rows.append((path.name, " ".join(map(str, words)), len(STATS), max(worst, default="", key=float)))
    weights(swath, folder, report)
    return report


def weights(swath, folder, report):
    """A weighted mean and sum, with gaps."""
    path, out = folder / "focal_float32True.tif", folder / "focal.tif"
    with rasterio.open(path) as opened:
        pixels = np.ma.array(opened.read(1, masked=True), dtype="f8").filled(np.nan)
    kernel = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1.0]])
    text = "; ".join(",".join(map(str, row)) for row in kernel)
    there = ~np.isnan(pixels)
    correlate = lambda what: ndimage.correlate(what, kernel, mode="constant")
    sums, present = correlate(np.where(there, pixels, 0)), correlate(there.astype("f8"))
    for what, wanted in (
        ("mean", np.where(present > 0, sums / np.where(present > 0, present, 1), np.nan)),
        # As convolve() of an expression: of all that have a weight, or of none.
        ("sum", np.where(present == kernel.sum(), sums, np.nan)),
    ):
        with report.case(f"weighted {what}"):
            swath("focal", path, out, "--stat", what, "--kernel", text, "--overwrite", "--quiet", "--format", "gtiff")
            with rasterio.open(out) as made:
                report.rows.append((path.name, "3 x 3 weights", what, compare(made, wanted, what)))
