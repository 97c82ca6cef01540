"""`swath mosaic` and `swath warp` of many files against rasterio.merge, gdalbuildvrt, gdalwarp and numpy."""

import os
import subprocess
import sys

import numpy as np
import rasterio
from rasterio.merge import merge
from rasterio.windows import Window

from common import REPO, Failed, Report, first_difference

PEER = [sys.executable, str(REPO / "benches" / "vs_gdal" / "gdal_peer.py")]
ELEVATION = "openlayers__openlayers/test/rendering/data/raster/elevation-i16.tif"
LANDSAT = "GlacioHack__geoutils-data/data/Everest_Landsat/LE71400412000304SGS00_B4.tif"
S2A = "geopandas__geopandas/doc/source/gallery/s2a_l2a_fishbourne.tif"


def cut(source, folder, places, nodata, change=None):
    """Writes windows of a real raster, with holes, as tiles of their own; returns their paths."""
    paths = []
    random = np.random.default_rng(7)
    with rasterio.open(source) as raster:
        for i, (col, row, width, height) in enumerate(places):
            window = Window(col, row, width, height)
            pixels = raster.read(window=window)
            # Tiles differ where they overlap, and each has holes of its own.
            pixels = (pixels + np.array(i * 3).astype(pixels.dtype)).astype(pixels.dtype)
            if nodata is None:
                # rasterio.merge takes what it has not written yet for 0.
                pixels[pixels == 0] = 1
            if nodata is not None:
                pixels[:, random.random(pixels.shape[1:]) < 0.1] = nodata
                pixels[:, : height // 5, : width // 4] = nodata
            if change:
                pixels = pixels.astype(change[i % len(change)])
            path = folder / f"tile_{source.stem}_{i}.tif"
            profile = dict(driver="GTiff", width=width, height=height, count=raster.count, dtype=pixels.dtype, crs=raster.crs, nodata=nodata)
            with rasterio.open(path, "w", transform=raster.window_transform(window), tiled=True, blockxsize=64, blockysize=64, **profile) as out:
                out.write(pixels)
            paths.append(path)
    return paths


def grid_of(path):
    with rasterio.open(path) as made:
        return made.read(), made.transform, made.dtypes[0]


def same(ours, theirs, what):
    """Bit for bit the same samples (NaN equals NaN)."""
    if ours.shape != theirs.shape:
        raise Failed(f"{what}: {ours.shape}, expected {theirs.shape}")
    differs = (ours != theirs) & ~((ours != ours) & (theirs != theirs))
    if differs.any():
        raise Failed(f"{what}: {differs.sum()} of {differs.size} samples differ, {first_difference(ours, theirs, differs)}")


def stacked(paths):
    """All tiles on the grid of their union, masked: (tile, band, row, column)."""
    whole, transform = merge(paths)
    layers = []
    for path in paths:
        with rasterio.open(path) as tile:
            col, row = map(round, ~transform * (tile.transform.c, tile.transform.f))
            pixels = tile.read(masked=True).astype("f8")
            layer = np.ma.masked_all(whole.shape)
            layer[:, row : row + tile.height, col : col + tile.width] = pixels
            layers.append(layer)
    return np.ma.stack(layers)


def edge_distance(seen):
    """The distance from each pixel's centre to the border of the nearest that is not seen, by the definition, up to 40 pixels."""
    padded = np.pad(seen, 41)
    rows, columns = np.nonzero(~padded)
    out = np.zeros(seen.shape)
    for y, x in np.argwhere(seen):
        near = (abs(rows - y - 41) <= 41) & (abs(columns - x - 41) <= 41)
        out[y, x] = np.hypot(rows[near] - y - 41, columns[near] - x - 41).min(initial=99) - 0.5
    return out


def blended(layers, over):
    """Each layer over those below, by its weight."""
    out = np.ma.masked_all(layers.shape[1:])
    for layer in layers:
        mask = np.ma.getmaskarray(layer)
        weight = np.clip(edge_distance(~mask.all(axis=0)) / over, 0, 1)
        below = np.ma.getmaskarray(out)
        mixed = np.where(below | (weight >= 1), layer.data, out.data + weight * (layer.data - out.data))
        out = np.ma.array(np.where(mask, out.data, mixed), mask=mask & below)
    return out


def run(swath, folder, shared):
    report = Report("mosaics", ("case", "tiles", "samples"))
    folder = folder / "mosaic"
    folder.mkdir(exist_ok=True)
    scene = REPO / "fixtures" / "landsat.tif"
    places = [(0, 0, 130, 120), (70, 40, 120, 100), (30, 90, 90, 70), (110, 0, 60, 150)]
    sources = [(scene, 0, None), (scene, None, None), (scene, 0, ("uint16", "int32", "float32"))]
    if shared:
        sources += [(shared / ELEVATION, -9999, None), (shared / LANDSAT, 0, None), (shared / S2A, -9999, None)]
    plain = ("--format", "gtiff", "--overviews", "none", "--quiet", "--overwrite")
    out = folder / "out.tif"
    for source, nodata, change in sources:
        paths = cut(source, folder, places, nodata, change)
        name = f"{source.stem}, nodata {nodata}" + (", mixed types" if change else "")
        samples = 0
        for method in ("first", "last", "min", "max"):
            with report.case(f"{name}: {method} as rasterio.merge"):
                swath("mosaic", *paths, "-o", out, "--method", method, *plain)
                wanted, transform = merge(paths, method=method, nodata=0 if nodata is None else nodata, dtype=np.result_type(*(rasterio.open(p).dtypes[0] for p in paths)))
                ours, place, _ = grid_of(out)
                if not np.allclose(place, transform, rtol=1e-12):
                    raise Failed(f"lies at {place}, expected {transform}")
                same(ours, wanted, method)
                samples += ours.size
        with report.case(f"{name}: as gdalbuildvrt and gdal_translate"):
            if change:
                # gdalbuildvrt refuses tiles of other types.
                pass
            else:
                theirs = folder / "theirs.tif"
                subprocess.run([*PEER, "mosaic", str(folder / "all.vrt"), "-q", *map(str, paths), str(theirs)], check=True)
                swath("mosaic", *paths, "-o", out, *plain)
                same(grid_of(out)[0], grid_of(theirs)[0], "pixels")
                samples += grid_of(out)[0].size
        layers = stacked(paths)
        usual = np.float32 if layers.dtype.itemsize and all(rasterio.open(p).dtypes[0] in ("uint8", "int16", "uint16", "float32") for p in paths) else np.float64
        missing = layers.mask.all(axis=0)
        for method, of, dtype in (
            ("mean", lambda: layers.sum(axis=0).data / np.maximum(layers.count(axis=0), 1), usual),
            ("median", lambda: np.ma.median(layers, axis=0).data, usual),
            ("sum", lambda: layers.sum(axis=0).data, np.float64),
            ("count", lambda: layers.count(axis=0), np.uint32),
        ):
            with report.case(f"{name}: {method} as numpy"):
                swath("mosaic", *paths, "-o", out, "--method", method, *plain)
                with rasterio.open(out) as made:
                    ours, fill = made.read(), made.nodata
                wanted = of().astype(dtype)
                if method != "count":
                    # A valid sample that equals the nodata value steps aside, as in gdalwarp.
                    clash = ~missing & (wanted == np.asarray(fill, dtype))
                    wanted[missing] = fill
                    ours, wanted = np.where(clash, 0, ours), np.where(clash, 0, wanted)
                same(ours, wanted, method)
                samples += ours.size
        with report.case(f"{name}: feathered as numpy"):
            swath("mosaic", *paths, "-o", out, "--blend", "12", "--dtype", "float64", *plain)
            wanted = blended(layers, 12)
            with rasterio.open(out) as made:
                ours = made.read(masked=True)
            # Rounded to the tiles' own type before it is cast.
            tiles = np.result_type(*(rasterio.open(p).dtypes[0] for p in paths))
            wanted = wanted.data if np.issubdtype(tiles, np.floating) else np.rint(wanted.data)
            valid = ~missing & (np.ones_like(missing) if nodata is None else wanted != nodata)
            off = np.abs(ours.data - wanted)[valid].max()
            if off > (np.abs(wanted[valid]).max() * 1e-6 if np.issubdtype(tiles, np.floating) else 0):
                raise Failed(f"off by {off}")
            samples += ours.size
        report.rows.append((name, len(paths), samples))
    return report
