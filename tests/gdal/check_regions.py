"""`swath polygonize` and `swath sieve` against GDAL's polygonizer and sieve, as rasterio.features has them."""

import json

import numpy as np
import rasterio
from rasterio import features

from common import Failed, Report, SCENE

TRANSFORMS = {
    "north up": rasterio.Affine(25, 0, 4e5, 0, -20, 5e6),
    "turned": rasterio.Affine(20, 7, 4e5, 6, -21, 5e6),
    "south up": rasterio.Affine(25, 0, 4e5, 0, 20, 5e6),
}
# Real rasters of classes, and of numbers with many small regions.
REAL = ("GlacioHack__geoutils-data", "corteva__rioxarray", "rasterio__rasterio", "opengeos__data", "r-spatial__stars")
# GDAL's polygonizer takes seconds for each million pixels of noise.
MOST_PIXELS = 300_000


def labels(seed, shape, values, cell, dtype):
    """Patches of `values` values, `cell` pixels wide, with noise at their rims."""
    random = np.random.default_rng(seed)
    height, width = shape
    coarse = random.integers(1, values + 1, (height // cell + 2, width // cell + 2))
    row, col = np.mgrid[0:height, 0:width]
    shift = random.integers(-(cell // 3), cell // 3 + 1, (2, *shape)) if cell > 2 else np.zeros((2, *shape), int)
    return coarse[np.maximum(row + shift[0], 0) // cell, np.maximum(col + shift[1], 0) // cell].astype(dtype)


def signature(value, rings):
    """A region by its value and the corners of all its rings, each as often as a ring turns there."""
    corners = np.concatenate([corners_of(np.asarray(ring, float)) for ring in rings])
    order = np.lexsort((corners[:, 1], corners[:, 0]))
    return float(value), corners[order].round(6).tobytes()


def corners_of(ring):
    """The points of a ring where it turns: GDAL's rings of touching pixels may run straight through one."""
    ring = ring[:-1]
    before, after = ring - np.roll(ring, 1, 0), np.roll(ring, -1, 0) - ring
    turns = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
    return ring[turns > 1e-9 * (np.hypot(*before.T) * np.hypot(*after.T))]


def area(ring):
    """The signed area of a ring."""
    x, y = (np.asarray(ring, float) - ring[0]).T
    return 0.5 * float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))


def regions(path, name):
    """What swath wrote: signatures with (area, parts, holes); rings are checked on the way."""
    found = {}
    for feature in json.loads(path.read_text())["features"]:
        kind, parts = feature["geometry"]["type"], feature["geometry"]["coordinates"]
        parts = [parts] if kind == "Polygon" else parts
        total, holes = 0.0, 0
        for outer, *inner in parts:
            areas = [area(ring) for ring in (outer, *inner)]
            if areas[0] <= 0 or any(a >= 0 for a in areas[1:]):
                raise Failed(f"a ring of {feature['properties']} winds the wrong way")
            for ring in (outer, *inner):
                if ring[0] != ring[-1] or len({tuple(p) for p in ring}) != len(ring) - 1:
                    raise Failed(f"a ring of {feature['properties']} touches itself or does not close")
            total, holes = total + sum(areas), holes + len(inner)
        key = signature(feature["properties"][name], [ring for part in parts for ring in part])
        found[key] = (total, len(parts), holes)
    return found


def theirs(pixels, mask, connect, transform):
    """What GDAL makes: signatures with (area, holes)."""
    found = {}
    for shape, value in features.shapes(pixels, mask=mask, connectivity=connect, transform=transform):
        rings = shape["coordinates"]
        found[signature(value, rings)] = (abs(sum(map(area, oriented(rings)))), len(rings) - 1)
    return found


def oriented(rings):
    """The outer ring counterclockwise, the others clockwise."""
    yield rings[0] if area(rings[0]) > 0 else rings[0][::-1]
    for ring in rings[1:]:
        yield ring if area(ring) < 0 else ring[::-1]


def polygonize(swath, folder, path, connect, *options):
    """Compares one raster's regions with GDAL's; returns how many there are."""
    out = folder / "regions.geojson"
    swath("polygonize", path, out, "--connect", connect, "--name", "v", "--overwrite", "--quiet", *options)
    with rasterio.open(path) as source:
        band = source.read(1)
        mask = source.dataset_mask() if source.count > 1 and source.nodata is None else source.read_masks(1)
        wanted = theirs(band, mask != 0, connect, source.transform)
    found = regions(out, "v")
    if found.keys() != wanted.keys():
        only = len(found.keys() - wanted.keys()), len(wanted.keys() - found.keys())
        raise Failed(f"{only[0]} of {len(found)} regions are swath's alone, {only[1]} of {len(wanted)} GDAL's")
    for key, (own, parts, holes) in found.items():
        gdal, gdal_holes = wanted[key]
        # Rings that touch themselves have their loops counted by no one rule: areas and corners decide.
        if abs(own - gdal) > 1e-9 * gdal or connect == 4 and (parts != 1 or holes < gdal_holes):
            raise Failed(f"a region of {key[0]} has an area of {own} in {parts} parts with {holes} holes, not {gdal} with {gdal_holes}")
    return len(found)


def sieve(swath, folder, path, threshold, connect):
    """Compares a sieve with GDAL's, pixel by pixel; returns how many pixels changed."""
    out = folder / "sieved.tif"
    swath("sieve", path, out, "--threshold", threshold, "--connect", connect, "--overwrite", "--quiet", "--format", "gtiff")
    with rasterio.open(path) as source, rasterio.open(out) as made:
        band, mask = source.read(1), source.read_masks(1)
        wanted = features.sieve(band, threshold, mask=(mask != 0), connectivity=connect)
        found = made.read(1)
        if (made.read_masks(1) != mask).any():
            raise Failed("what is missing is not what was")
    differs = (found != wanted) & (mask != 0)
    if differs.any():
        at = tuple(np.argwhere(differs)[0])
        raise Failed(f"{differs.sum()} pixels differ, first at {at}: {found[at]}, not {wanted[at]} (was {band[at]})")
    return int(((found != band) & (mask != 0)).sum())


def write(path, pixels, transform, nodata):
    """Writes a raster of one band in chunks that fit no tile of swath's."""
    profile = dict(driver="GTiff", count=1, dtype=pixels.dtype, crs="EPSG:32633", transform=transform, nodata=nodata)
    with rasterio.open(path, "w", height=pixels.shape[0], width=pixels.shape[1], tiled=True, blockxsize=48, blockysize=80, **profile) as out:
        out.write(pixels, 1)


def real(rasters):
    """Real rasters of one band and whole numbers that are small enough (and larger than any threshold, as rasterio has it)."""
    for folder in REAL:
        for path in sorted((rasters / folder).rglob("*.tif")):
            with rasterio.open(path) as source:
                fits = 1000 <= source.width * source.height <= MOST_PIXELS and source.count == 1
                if fits and source.dtypes[0] in ("uint8", "int16", "uint16", "int32") and not source.transform.is_identity:
                    yield path


def run(swath, folder, rasters):
    """Random labels of every kind, then real rasters."""
    report = Report("regions", ("what", "raster", "regions or pixels"))
    shape = (530, 601)
    for cell, values, dtype, place, nodata in (
        (1, 2, "uint8", "north up", None),
        (1, 200, "uint8", "north up", 3),
        (7, 3, "int16", "turned", 2),
        (40, 5, "int32", "south up", 1),
        (12, 4, "float32", "north up", 4),
    ):
        # Noise has a region for nearly every pixel, which Python takes its time over.
        pixels = labels(cell, shape if values < 100 else (270, 300), values, cell, dtype)
        pixels = pixels / 4 if dtype == "float32" else pixels
        path = folder / f"labels{cell}_{values}.tif"
        write(path, pixels.astype(dtype), TRANSFORMS[place], nodata if nodata is None or dtype != "float32" else nodata / 4)
        cases(report, swath, folder, path, dtype != "float32")
    masked = folder / "masked.tif"
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write(masked, labels(9, shape, 3, 20, "uint8"), TRANSFORMS["north up"], None)
        with rasterio.open(masked, "r+") as out:
            out.write_mask(np.random.default_rng(1).random(shape) > 0.05)
    cases(report, swath, folder, masked, True)
    # Without a mask nodata is a value like any other.
    with report.case("skip-mask"):
        path = folder / "labels7_3.tif"
        swath("polygonize", path, folder / "all.geojson", "--skip-mask", "--name", "v", "--overwrite", "--quiet")
        with rasterio.open(path) as source:
            wanted = theirs(source.read(1), None, 4, source.transform)
        if regions(folder / "all.geojson", "v").keys() != wanted.keys():
            raise Failed("the regions are not GDAL's without a mask")
        report.rows.append(("polygonize --skip-mask", path.name, len(wanted)))
    for path in real(rasters) if rasters else ():
        cases(report, swath, folder, path, True)
    return report


def cases(report, swath, folder, path, whole):
    """Both verbs by both rules on one raster; GDAL sieves whole numbers alone."""
    for connect in (4, 8):
        with report.case(f"polygonize --connect {connect} of {path.name}"):
            report.rows.append((f"polygonize --connect {connect}", path.name, polygonize(swath, folder, path, connect)))
        for threshold in (2, 9, 150) if whole else ():
            with report.case(f"sieve {threshold} --connect {connect} of {path.name}"):
                report.rows.append((f"sieve {threshold} --connect {connect}", path.name, sieve(swath, folder, path, threshold, connect)))
