"""The antimeridian, the poles and the whole globe, seen from several systems: as many pixels as GDAL sees, and the same.

With --keep DIR every output is there as a picture too, to be looked at.
"""

import numpy as np
import rasterio
from common import Failed, Report
from rasterio.crs import CRS
from rasterio.transform import from_bounds
from rasterio.warp import Resampling, reproject, transform

EXTENT = 20037508.342789244
# Name, system, extent, size, of what is warped.
SOURCES = {
    "globe": (4326, (-180, -90, 180, 90), (1440, 720)),
    "globe from 0 to 360": (4326, (0, -90, 360, 90), (1440, 720)),
    "mercator": (3857, (-EXTENT, -EXTENT, EXTENT, EXTENT), (1024, 1024)),
    "north pole": (3413, (-4e6, -4e6, 4e6, 4e6), (800, 800)),
    "south pole": (3031, (-3e6, -3e6, 3e6, 3e6), (600, 600)),
    # Across 180 degrees.
    "Fiji": (32760, (400000, 7800000, 1100000, 8300000), (700, 500)),
}
# What is warped, to which system, extent and size.
CASES = (
    ("globe", 3857, (-EXTENT, -EXTENT, EXTENT, EXTENT), (800, 800)),
    ("globe", 3413, (-4e6, -4e6, 4e6, 4e6), (500, 500)),
    ("globe", 3031, (-4e6, -4e6, 4e6, 4e6), (500, 500)),
    ("globe", "ESRI:54052", (-2.01e7, -8.7e6, 2.01e7, 8.7e6), (900, 400)),
    ("globe", 32760, (-200000, 7000000, 1600000, 9900000), (360, 580)),
    ("globe from 0 to 360", 3857, (-EXTENT, -EXTENT, EXTENT, EXTENT), (800, 800)),
    ("mercator", 4326, (-180, -90, 180, 90), (720, 360)),
    ("mercator", 3413, (-4e6, -4e6, 4e6, 4e6), (500, 500)),
    ("mercator", "ESRI:54052", (-2.01e7, -8.7e6, 2.01e7, 8.7e6), (900, 400)),
    ("north pole", 4326, (-180, 45, 180, 90), (1440, 180)),
    ("north pole", 3857, (-EXTENT, 5e6, EXTENT, EXTENT), (1000, 380)),
    ("south pole", 4326, (-180, -90, 180, -55), (1440, 140)),
    ("south pole", 3857, (-EXTENT, -EXTENT, EXTENT, -8e6), (1000, 300)),
    ("Fiji", 4326, (-180, -22, 180, -12), (3600, 100)),
    ("Fiji", 4326, (170, -22, 190, -12), (800, 400)),
    ("Fiji", 3857, (-EXTENT, -2500000, EXTENT, -1300000), (2000, 60)),
    ("Fiji", 3832, (2000000, -2600000, 4500000, -1200000), (500, 280)),
)


def crs_of(code):
    return CRS.from_user_input(code if isinstance(code, str) else f"EPSG:{code}")


def made(path, name):
    """A raster of waves and a chequerboard: none of its pixels is 0, and neighbours differ."""
    code, bounds, (width, height) = SOURCES[name]
    rows, cols = np.mgrid[0:height, 0:width]
    values = 120 + 60 * np.sin(cols / 17) * np.cos(rows / 13) + 40 * ((rows // 20 + cols // 20) % 2)
    profile = dict(driver="GTiff", width=width, height=height, count=1, dtype="uint8", nodata=0, crs=crs_of(code), transform=from_bounds(*bounds, width, height))
    with rasterio.open(path, "w", **profile) as out:
        out.write(values.astype(np.uint8)[None])
    return path


def comes_from_elsewhere(code, bounds, pixels):
    """Which of some pixels show a place that PROJ itself projects to another pixel.

    The interrupted homolosine of PROJ continues a lobe over Greenland in its inverse alone: GDAL shows what lies there twice, in
    the lobe and beyond it. swath projects each place back, and shows it once.
    """
    rows, cols = np.nonzero(pixels)
    if not len(rows):
        return np.zeros(0, bool)
    height, width = pixels.shape
    x, y = from_bounds(*bounds, width, height) * (cols + 0.5, rows + 0.5)
    there = transform(crs_of(code), crs_of(4326), x, y)
    back_x, back_y = transform(crs_of(4326), crs_of(code), *there)
    return np.hypot(np.array(back_x) - x, np.array(back_y) - y) > 1000


def run(swath, folder, _):
    report = Report("Seams, poles and the globe", ("from", "to", "valid", "of GDAL's", "equal"))
    for number, (name, code, bounds, (width, height)) in enumerate(CASES):
        with report.case(f"{name} to {code}"):
            source, out = made(folder / "globe_in.tif", name), folder / f"globe_{number:02}.tif"
            to = code if isinstance(code, str) else f"EPSG:{code}"
            grid = ["--to", to, f"--bounds={','.join(map(repr, bounds))}", f"--size={width},{height}"]
            swath("warp", source, out, *grid, "--max-error", 0, "--overwrite", "--quiet")
            theirs = np.zeros((height, width), np.uint8)
            with rasterio.open(source) as raster:
                reproject(
                    rasterio.band(raster, 1), theirs, dst_transform=from_bounds(*bounds, width, height), dst_crs=crs_of(code),
                    src_nodata=0, dst_nodata=0, resampling=Resampling.nearest, tolerance=0, SAMPLE_GRID="YES", SOURCE_EXTRA=100,
                )  # fmt: skip
            with rasterio.open(out) as raster:
                ours = raster.read(1)
            with rasterio.open(out.with_suffix(".png"), "w", driver="PNG", width=width, height=height, count=1, dtype="uint8") as picture:
                picture.write(ours, 1)
            with rasterio.open(folder / f"globe_{number:02}_gdal.png", "w", driver="PNG", width=width, height=height, count=1, dtype="uint8") as picture:
                picture.write(theirs, 1)
            count, other = int((ours > 0).sum()), int((theirs > 0).sum())
            both = (ours > 0) & (theirs > 0)
            equal = float((ours == theirs)[both].mean()) if both.any() else 0.0
            report.rows.append((name, code, count, f"{count / max(other, 1):.4%}", f"{equal:.4%}"))
            repeated = int(comes_from_elsewhere(code, bounds, (theirs > 0) & (ours == 0)).sum())
            if abs(count - (other - repeated)) > 0.001 * other:
                raise Failed(f"{count} valid pixels, GDAL has {other}, {repeated} of them places that are seen twice")
            if equal < 0.999:
                raise Failed(f"{1 - equal:.2%} of the pixels that both have differ")
    report.print()
    return report
