"""The files that swath writes: valid COGs, equal in samples, with overviews that are the averages they should be."""

import numpy as np
import rasterio
from rio_cogeo.cogeo import cog_validate

from common import SCENE, Failed, Report, first_difference, valid

CODECS = ("none", "deflate", "lzw", "packbits", "zstd")
TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64")
TARGETS = (3857, 4326, 6933)
TILE = 128


def validate(path):
    """rio-cogeo's strict verdict."""
    good, errors, warnings = cog_validate(path, strict=True, quiet=True)
    if not good:
        raise Failed(f"not a valid COG: {errors + warnings}")


def halved(pixels, nodata):
    """The next overview: the mean of each 2 x 2 over what is valid, integers rounded half away from 0, nodata where nothing is."""
    height, width = pixels.shape
    padded = np.zeros((height + height % 2, width + width % 2), pixels.dtype)
    there = np.zeros(padded.shape, bool)
    padded[:height, :width], there[:height, :width] = pixels, valid(pixels, nodata)
    cells = [(slice(y, None, 2), slice(x, None, 2)) for y in (0, 1) for x in (0, 1)]
    count = sum(there[c].astype(np.int64) for c in cells)
    if np.issubdtype(pixels.dtype, np.integer):
        # Python integers: 64-bit samples leave no room for a sum.
        wide = object if pixels.dtype.itemsize == 8 else np.int64
        total = sum(np.where(there[c], padded[c], 0).astype(wide) for c in cells)
        mean = (2 * total + count - (total < 0)) // np.maximum(2 * count, 1)
    else:
        mean = sum(np.where(there[c], padded[c], 0).astype(float) for c in cells) / np.maximum(count, 1)
    return np.where(count > 0, mean, 0 if nodata is None else nodata).astype(pixels.dtype)


def check_overviews(path):
    """Every level against the one above it; returns how many there are."""
    with rasterio.open(path) as full:
        levels, nodata = full.overviews(1), full.nodata
        above = full.read()
    for level in range(len(levels)):
        with rasterio.open(path, overview_level=level) as overview:
            ours = overview.read()
        expected = np.stack([halved(band, nodata) for band in above])
        if ours.shape != expected.shape:
            raise Failed(f"overview {level} has shape {ours.shape}, expected {expected.shape}")
        if np.issubdtype(ours.dtype, np.integer):
            differs = ours != expected
        else:
            differs = ~np.isclose(ours, expected, rtol=1e-6, atol=0, equal_nan=True)
        if differs.any():
            raise Failed(f"overview {level}: {differs.sum()} of {differs.size} differ, {first_difference(ours, expected, differs)}")
        above = ours
    return len(levels)


def same_meaning(made, source):
    """The georeferencing and nodata of the input are kept."""
    for name in ("width", "height", "count", "dtypes", "crs", "transform", "nodata"):
        ours, theirs = getattr(made, name), getattr(source, name)
        if ours != theirs and not (name == "nodata" and np.isnan(ours) and np.isnan(theirs)):
            raise Failed(f"{name} {ours}, the input has {theirs}")


def sample(dtype, folder):
    """The scene's first two bands as `dtype`, odd in size, with nodata: 0, or NaN for floats."""
    path = folder / f"{dtype}.tif"
    if not path.exists():
        with rasterio.open(SCENE) as source:
            pixels = source.read((1, 2), window=((0, 333), (300, 701))).astype(float)
        gap, kind = pixels == 0, np.dtype(dtype)
        if kind.kind == "f":
            pixels = np.where(gap, np.nan, pixels / 7).astype(kind)
        else:
            low, high = 5000, 16000
            top = min(np.iinfo(kind).max, 2**40)
            pixels = np.where(gap, 0, 1 + (pixels - low) / (high - low) * (top - 1) * 0.9).astype(kind)
        nodata = np.nan if kind.kind == "f" else 0
        shape = dict(width=pixels.shape[2], height=pixels.shape[1], count=2, dtype=dtype, nodata=nodata)
        with rasterio.open(path, "w", driver="GTiff", crs=source.crs, transform=source.transform, tiled=True, **shape) as out:
            out.write(pixels)
    return path


def check_convert(swath, path, out, words, overviews=True):
    """Converts, and holds the result against its input; returns the cells of a row."""
    swath("convert", path, out, *words, "--overwrite", "--quiet")
    validate(out)
    with rasterio.open(path) as source, rasterio.open(out) as made:
        same_meaning(made, source)
        ours, theirs = made.read(), source.read()
        differs = (ours != theirs) & ~((ours != ours) & (theirs != theirs))
        if differs.any():
            raise Failed(f"{differs.sum()} samples differ, {first_difference(ours, theirs, differs)}")
    levels = check_overviews(out)
    if overviews and not levels:
        raise Failed("no overviews")
    return levels, out.stat().st_size


def run(swath, folder, shared):
    """Conversions over codec x predictor x sample type, then warps."""
    report = Report("COG", ("what", "cases", "overviews", "bytes"))
    out = folder / "cog.tif"
    for codec in CODECS:
        made = []
        for dtype in TYPES:
            predictors = ("auto", "none") if codec in ("none", "packbits") else ("auto", "none", "horizontal")
            if np.dtype(dtype).kind == "f" and codec not in ("none", "packbits"):
                predictors = ("auto", "none", "float")
            for predictor in predictors:
                with report.case(f"convert {dtype} {codec} predictor {predictor}"):
                    words = ("--compress", codec, "--predictor", predictor, "--tile", TILE)
                    made.append(check_convert(swath, sample(dtype, folder), out, words))
        if made:
            report.rows.append((f"convert, {codec}", len(made), max(m[0] for m in made), sum(m[1] for m in made)))
    with report.case("convert the scene"):
        levels, size = check_convert(swath, SCENE, out, ())
        report.rows.append(("convert the scene", 1, levels, size))
    for epsg in TARGETS:
        for method in ("near", "bilinear", "cubic"):
            with report.case(f"warp the scene to {epsg}, {method}"):
                swath("warp", SCENE, out, "--to", f"EPSG:{epsg}", "--resample", method, "--overwrite", "--quiet")
                validate(out)
                with rasterio.open(out) as made, rasterio.open(SCENE) as source:
                    if made.crs.to_epsg() != epsg or made.nodata != source.nodata or made.count != source.count:
                        raise Failed(f"CRS {made.crs}, nodata {made.nodata}, {made.count} bands")
                levels = check_overviews(out)
                if not levels:
                    raise Failed("no overviews")
                report.rows.append((f"warp the scene to {epsg}, {method}", 1, levels, out.stat().st_size))
    return report
