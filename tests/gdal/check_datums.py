"""swath warp by grids of datum shifts against PROJ with the same files, which are made here.

Each source holds its own columns and rows, so that a bilinear warp of it to smaller pixels shows which source position every output pixel
was taken from; PROJ says which one it should be.
"""

import json
import os
import struct
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pyproj
import rasterio

from common import Failed, Report

SECOND = 1 / 3600
# Of a source pixel: two libraries' rounding, single precision of the grids' nodes and the approximation of the transform.
TOLERANCE = 2e-3


def shifts(lon, lat, size):
    """A smooth shift in seconds, east and north."""
    return size * (2 + np.sin(0.9 * lon) + 0.3 * np.cos(1.3 * lat)), size * (1 - np.cos(0.7 * lon) * np.sin(0.8 * lat))


def nodes(west, south, step, columns, rows):
    return np.meshgrid(west + step * np.arange(columns), south + step * np.arange(rows))


def ntv2(path, pieces, big_endian=False):
    """An NTv2 file of grids: name, parent, west, south, step, columns, rows, size of the shift."""
    order = ">" if big_endian else "<"
    text = lambda key, value: key.encode().ljust(8) + value.encode().ljust(8)
    whole = lambda key, value: key.encode().ljust(8) + struct.pack(order + "i4x", value)
    real = lambda key, value: key.encode().ljust(8) + struct.pack(order + "d", value)
    data = [whole("NUM_OREC", 11), whole("NUM_SREC", 11), whole("NUM_FILE", len(pieces)), text("GS_TYPE", "SECONDS"), text("VERSION", "1")]
    data += [text("SYSTEM_F", "A"), text("SYSTEM_T", "B")] + [real(k, v) for k, v in (("MAJOR_F", 6378388.0), ("MINOR_F", 6356911.9), ("MAJOR_T", 6378137.0), ("MINOR_T", 6356752.3))]
    for name, parent, west, south, step, columns, rows, size in pieces:
        east, north = west + step * (columns - 1), south + step * (rows - 1)
        data += [text("SUB_NAME", name), text("PARENT", parent), text("CREATED", ""), text("UPDATED", "")]
        bounds = (("S_LAT", south), ("N_LAT", north), ("E_LONG", -east), ("W_LONG", -west), ("LAT_INC", step), ("LONG_INC", step))
        data += [real(key, value * 3600) for key, value in bounds] + [whole("GS_COUNT", columns * rows)]
        lon, lat = nodes(west, south, step, columns, rows)
        de, dn = shifts(lon, lat, size)
        records = np.zeros((rows, columns, 4), order + "f4")
        # From east to west, positive to the west.
        records[..., 0], records[..., 1] = dn[:, ::-1], -de[:, ::-1]
        data.append(records.tobytes())
    data.append(b"END     " + bytes(8))
    Path(path).write_bytes(b"".join(data))


def gtg(path, west, south, step, columns, rows, size, **items):
    """A GeoTIFF grid of one page."""
    lon, lat = nodes(west, south, step, columns, rows)
    de, dn = shifts(lon, lat, size)
    transform = rasterio.Affine(step, 0, west - step / 2, 0, -step, south + step * (rows - 0.5))
    how = dict(driver="GTiff", width=columns, height=rows, count=2, dtype="float32", crs="EPSG:4326", transform=transform)
    with rasterio.open(path, "w", **how) as made:
        made.write(dn[::-1].astype("f4"), 1)
        made.write(de[::-1].astype("f4"), 2)
        made.update_tags(AREA_OR_POINT="Point", TYPE="HORIZONTAL_OFFSET", **items)
        made.descriptions, made.units = ("latitude_offset", "longitude_offset"), ("arc-second", "arc-second")
    return path


def geocentric(path, west, south, step, columns, rows):
    """A grid of shifts of earth-centred coordinates, metres."""
    lon, lat = nodes(west, south, step, columns, rows)
    de, dn = shifts(lon, lat, 5)
    transform = rasterio.Affine(step, 0, west - step / 2, 0, -step, south + step * (rows - 0.5))
    how = dict(driver="GTiff", width=columns, height=rows, count=3, dtype="float32", crs="EPSG:4171", transform=transform)
    with rasterio.open(path, "w", **how) as made:
        for band, values in enumerate((-168 + de, -60 - dn, 320 + de * 0.5), 1):
            made.write(values[::-1].astype("f4"), band)
        made.update_tags(AREA_OR_POINT="Point", TYPE="GEOCENTRIC_TRANSLATION")
        made.descriptions, made.units = ("x_translation", "y_translation", "z_translation"), ("metre",) * 3


# Source, target, west, south, east, north of the source in degrees, what the operation is called.
CASES = (
    ("NTv2 with a finer grid inside", "EPSG:4230", "EPSG:4258", (-4.0, 39.0, -2.0, 41.0), "ED50 to ETRS89 (16)"),
    ("NTv2, projected, big endian", "EPSG:23031", "EPSG:25831", (2.0, 39.0, 4.0, 40.0), "ED50 to ETRS89 (17)"),
    ("GeoTIFF", "EPSG:27700", "EPSG:3035", (-3.0, 51.0, -1.0, 53.0), "OSGB36 to ETRS89 (2)"),
    ("GeoTIFF the other way", "EPSG:3035", "EPSG:27700", (-3.0, 51.0, -1.0, 53.0), "Inverse of OSGB36 to ETRS89 (2)"),
    ("GeoTIFF, biquadratic", "EPSG:26715", "EPSG:26915", (-94.0, 40.0, -92.0, 42.0), "NAD27 to NAD83 (7)"),
    ("GeoTIFF, two one after the other", "EPSG:4267", "EPSG:4152", (-94.0, 45.0, -92.0, 47.0), "NAD27 to NAD83 (1) + NAD83 to NAD83(HARN) (42)"),
    ("GeoTIFF, geocentric", "EPSG:27572", "EPSG:2154", (1.0, 46.0, 3.0, 48.0), "NTF (Paris) to NTF (1) + NTF to RGF93 v1 (1)"),
    ("GeoTIFF, geocentric, the other way", "EPSG:2154", "EPSG:27572", (1.0, 46.0, 3.0, 48.0), "Inverse of NTF to RGF93 v1 (1) + Inverse of NTF (Paris) to NTF (1)"),
)


def grids(folder):
    """All grids, by the names that PROJ has for them."""
    ntv2(folder / "PENR2009.gsb", [("COARSE", "NONE", -10, 35, 0.5, 30, 20, 1.0), ("FINE", "COARSE", -3.5, 39.5, 0.1, 11, 11, 1.4)])
    ntv2(folder / "own.gsb", [("OWN", "NONE", -6, 38, 0.25, 20, 20, 1.0)])
    ntv2(folder / "second.gsb", [("SECOND", "NONE", 0, 38, 0.25, 20, 20, 1.0)])
    gtg(folder / "us_noaa_conus.tif", -98, 38, 0.5, 20, 20, 1.0)
    gtg(folder / "us_noaa_mnhpgn.tif", -98, 38, 0.25, 40, 40, 0.02)
    ntv2(folder / "BALR2009.gsb", [("ISLANDS", "NONE", 0, 37, 0.25, 30, 20, 2.0)], big_endian=True)
    gtg(folder / "uk_os_OSTN15_NTv2_OSGBtoETRS.tif", -9, 49, 0.5, 25, 26, 1.5)
    gtg(folder / "us_noaa_nadcon5_nad27_nad83_1986_conus.tif", -98, 38, 0.5, 20, 20, 1.0, interpolation_method="biquadratic")
    geocentric(folder / "fr_ign_gr3df97a.tif", -5, 41, 0.5, 32, 24)


def source(path, crs, area):
    """Columns and rows, counted from centre to centre, over an area."""
    west, south, east, north = area
    ramp = np.linspace(0, 1, 21)
    lon = np.concatenate([west + (east - west) * ramp] * 2 + [np.full(21, west), np.full(21, east)])
    lat = np.concatenate([np.full(21, south), np.full(21, north)] + [south + (north - south) * ramp] * 2)
    x, y = pyproj.Transformer.from_crs(pyproj.CRS(crs).geodetic_crs, crs, always_xy=True).transform(lon, lat)
    side = 400
    left, top, width, height = min(x), max(y), (max(x) - min(x)) / side, (max(y) - min(y)) / side
    row, column = np.mgrid[0:side, 0:side]
    transform = rasterio.Affine(width, 0, left, 0, -height, top)
    with rasterio.open(path, "w", driver="GTiff", width=side, height=side, count=2, dtype="float64", crs=crs, transform=transform, nodata=-9999) as made:
        made.write(np.stack([column, row]).astype("f8"))
    return transform


def check(swath, folder, report, name, crs, to, area, operation):
    path, out, directory = folder / "datums.tif", folder / "datums-out.tif", folder / "grids"
    transform = source(path, crs, area)
    done = swath.attempt("warp", path, out, "--to", to, "--resample", "bilinear", "--size=1000,0", "--grid-dir", directory, "--overwrite", "--json")
    if done.returncode:
        raise Failed(done.stderr[-300:])
    said = json.loads(done.stdout)
    if not said["operation"].startswith(operation + ","):
        raise Failed(f"by {said['operation']} instead of {operation}")
    pyproj.datadir.set_data_dir(os.pathsep.join([PROJ, str(directory)]))
    with rasterio.open(out) as made:
        columns, rows = made.read()
        y, x = np.mgrid[0 : made.height, 0 : made.width] + 0.5
        x, y = made.transform * (x.ravel(), y.ravel())
    interest = pyproj.transformer.AreaOfInterest(*area)
    # The first of the operations whose grids are there, for all pixels.
    with warnings.catch_warnings(action="ignore"):
        back = pyproj.transformer.TransformerGroup(to, crs, always_xy=True, area_of_interest=interest).transformers[0]
    x, y = (~transform) * back.transform(x, y)
    x, y = x.reshape(rows.shape) - 0.5, y.reshape(rows.shape) - 0.5
    # Outside the centres of the outermost pixels a mean is of fewer, and no longer the position.
    inside = (x > 0.01) & (y > 0.01) & (x < 398.99) & (y < 398.99)
    if not inside.any():
        raise Failed(f"PROJ finds nothing of it: x {np.nanmin(x)} to {np.nanmax(x)}" if np.isfinite(x).any() else "PROJ has no places there")
    if (columns[inside] == -9999).any():
        raise Failed(f"{(columns[inside] == -9999).sum()} pixels are missing")
    off = np.hypot(columns - x, rows - y)[inside]
    pixel = abs(transform.a) * (1 if abs(transform.a) > 1 else 111e3)
    # As good as nothing compared with the shift: without it the check would see nothing.
    if not (off.max() <= TOLERANCE) or inside.sum() < 50_000:
        raise Failed(f"{off.max()} source pixels off, {inside.sum()} looked at")
    report.rows.append((name, said["operation"][:50], inside.sum(), f"{off.max():.1e}", f"{off.max() * pixel:.3f}"))


def points(swath, folder):
    """Systems that bring their grids along, points instead of pixels: no GeoKeys have words for them."""
    pyproj.datadir.set_data_dir(os.pathsep.join([PROJ, str(folder)]))
    lon, lat = (a.ravel() for a in np.meshgrid(np.linspace(-5.9, 4.6, 60), np.linspace(38.1, 42.6, 40)))
    worst = 0
    for grids in ("own.gsb", "own.gsb,second.gsb", "@absent.gsb,second.gsb,null", "own.gsb,@null"):
        text = f"+proj=utm +zone=30 +ellps=intl +nadgrids={grids} +type=crs"
        x, y = pyproj.Transformer.from_crs("EPSG:4326", text, always_xy=True).transform(lon, lat)
        lines = "".join(f"{a!r},{b!r}\n" for a, b in zip(lon.tolist(), lat.tolist()))
        words = [swath.binary, "transform", "--from", "EPSG:4326", "--to", text, "--grid-dir", str(folder), "--quiet"]
        done = subprocess.run(words, input=lines, capture_output=True, text=True, timeout=swath.timeout)
        if done.returncode:
            raise Failed(f"{grids}: {done.stderr[-300:]}")
        ours = np.array([list(map(float, line.split(",")[:2])) for line in done.stdout.split()])
        there = np.isfinite(x)
        if (np.isfinite(ours[:, 0]) != there).any():
            raise Failed(f"{grids}: {np.isfinite(ours[:, 0]).sum()} points, PROJ {there.sum()}")
        off = np.hypot(ours[:, 0] - x, ours[:, 1] - y)[there].max()
        if not off < 1e-4:
            raise Failed(f"{grids}: {off} m")
        worst = max(worst, off)
    return worst


PROJ = pyproj.datadir.get_data_dir()


def run(swath, folder, shared):
    """Positions within TOLERANCE of a source pixel, by the operation that PROJ takes."""
    report = Report("datum grids", ("case", "operation", "pixels", "off by (px)", "off by (m)"))
    (folder / "grids").mkdir(exist_ok=True)
    grids(folder / "grids")
    for case in CASES:
        with report.case(case[0]):
            check(swath, folder, report, *case)
    with report.case("grids of PROJ strings"):
        report.rows.append(("grids of PROJ strings", "", "", "", f"{points(swath, folder / 'grids'):.1e}"))
    return report
