"""FlatGeobuf of `swath polygonize`, `contour` and `index` as GDAL reads it (pyogrio's), against the GeoJSON of the same."""

import subprocess
import sys

from common import Failed, Report, SCENE

# pyogrio has a libgdal of its own, which one process should not load beside rasterio's.
READ = """
import struct, sys
from pyogrio import read_info
from pyogrio.raw import read
def multi(wkb):
    return b"\\x01" + struct.pack("<II", 6, 1) + wkb if wkb and struct.unpack("<I", wkb[1:5])[0] == 3 else wkb
plain, flat = [read(path) for path in sys.argv[1:3]]
assert plain[0]["crs"] == flat[0]["crs"], (plain[0]["crs"], flat[0]["crs"])
assert list(plain[0]["fields"]) == list(flat[0]["fields"]), (plain[0]["fields"], flat[0]["fields"])
assert len(plain[2]) == len(flat[2]) == read_info(sys.argv[2])["features"] > 0
differ = sum(multi(a) != multi(b) for a, b in zip(plain[2], flat[2]))
assert differ == 0, f"{differ} geometries differ"
bounds = [read_info(path, force_total_bounds=True)["total_bounds"] for path in sys.argv[1:3]]
assert bounds[0] == bounds[1], bounds
for name, a, b in zip(plain[0]["fields"], plain[3], flat[3]):
    # Lists are JSON texts in FlatGeobuf, which has none.
    if name in ("geotransform", "block", "alpha"):
        continue
    wrong = [(x, y) for x, y in zip(a, b) if str(x) != str(y)]
    assert not wrong, (name, wrong[:3])
print(len(flat[2]))
"""


def run(swath, folder, shared):
    """Each verb that writes features, in both systems."""
    report = Report("features", ("verb", "features"))
    classes = folder / "classes.tif"
    swath("calc", "A.red // 1000", classes, "--in", f"A={SCENE}", "--type", "uint8", "--overwrite", "--quiet")
    for verb, words in (
        ("polygonize", [classes]),
        ("polygonize", [classes, "--connect", "8"]),
        ("polygonize", [classes, "--crs", "wgs84"]),
        ("polygonize", [SCENE, "--band", "2"]),
        ("contour", [SCENE, "--interval", "2000"]),
        ("contour", [SCENE, "--levels", "7000,9000", "--crs", "wgs84"]),
        ("index", [SCENE, classes]),
    ):
        name = f"{verb} {' '.join(map(str, words[1:]))}"
        with report.case(name):
            paths = [folder / f"features.{end}" for end in ("geojson", "fgb")]
            for path in paths:
                if verb == "index":
                    swath(verb, *words, "-o", path, "--overwrite")
                else:
                    swath(verb, words[0], path, *words[1:], "--overwrite", "--quiet")
            ended = subprocess.run([sys.executable, "-c", READ, *map(str, paths)], capture_output=True, text=True)
            if ended.returncode:
                raise Failed(ended.stderr.strip()[-300:])
            report.rows.append((name, ended.stdout.strip()))
    return report
