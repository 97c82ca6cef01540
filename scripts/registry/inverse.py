"""Writes what PROJ makes of the reference's coordinates on the way back, where that is not the place they came from.

PROJ reverses a rotation of earth-centred coordinates by its transpose, which is not quite its inverse.
usage: inverse.py EPSG_POINTS.JSONL.GZ OUTPUT.JSONL.GZ
"""
import gzip
import io
import json
import math
import sys
import warnings

import pyproj

warnings.filterwarnings("ignore")


def main():
    out = io.StringIO()
    for line in gzip.open(sys.argv[1]):
        entry = json.loads(line)
        if isinstance(entry["op"], str):
            names = [entry["op"]] * len(entry["x"])
        else:
            names = entry["op"]
        group = pyproj.transformer.TransformerGroup("EPSG:4326", f"EPSG:{entry['code']}", always_xy=True)
        by_name = {t.description: t for t in group.transformers}
        moved = []
        for i, (x, y, name) in enumerate(zip(entry["x"], entry["y"], names)):
            if x is None or name not in by_name:
                continue
            lon, lat = by_name[name].transform(x, y, direction="INVERSE")
            east = abs(lon - entry["lon"][i])
            east = min(east, 360 - east) * math.cos(math.radians(entry["lat"][i]))
            if max(east, abs(lat - entry["lat"][i])) > 2e-9:
                moved.append([i, round(lon, 11), round(lat, 11)])
        if moved:
            out.write(json.dumps({"code": entry["code"], "back": moved}, separators=(",", ":")) + "\n")
    with open(sys.argv[2], "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(out.getvalue().encode())


main()
