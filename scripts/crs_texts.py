"""Writes fixtures/crs_texts.jsonl.gz: what PROJ writes of every third reference system it knows, and where
that puts some points.

One JSON object a line: the code, the texts (WKT1 as GDAL and as Esri write it, WKT2 of 2015 and 2019, PROJJSON,
the PROJ string), and for a projected system points as longitude and latitude of its base and x and y.
usage: crs_texts.py OUTPUT (with pyproj 3.7.2, PROJ 9.5.1)
"""
import gzip
import json
import sys
import warnings

import pyproj
from pyproj.enums import PJType

warnings.simplefilter("ignore")
KINDS = [PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS, PJType.GEOGRAPHIC_3D_CRS, PJType.VERTICAL_CRS, PJType.COMPOUND_CRS]
# For Esri's own codes and heights fewer suffice.
EVERY = {("ESRI", PJType.PROJECTED_CRS): 12, ("ESRI", PJType.GEOGRAPHIC_2D_CRS): 12}


def points(crs):
    area, base = crs.area_of_use, crs.geodetic_crs
    if area is None or not crs.is_projected:
        return []
    to = pyproj.Transformer.from_crs(base, crs, always_xy=True)
    east = area.east + (360 if area.east < area.west else 0)
    unit = base.axis_info[0].unit_conversion_factor * 57.29577951308232
    result = []
    for f in (0.25, 0.5, 0.75):
        lon, lat = area.west + f * (east - area.west), area.south + f * (area.north - area.south)
        lon = (lon - base.prime_meridian.longitude + 180) % 360 - 180
        x, y = to.transform(lon / unit, lat / unit)
        if abs(x) < 1e12 and abs(y) < 1e12:
            result.append([round(v, 10) for v in (lon / unit, lat / unit)] + [round(v, 6) for v in to.transform(round(lon / unit, 10), round(lat / unit, 10))])
    return result


def text(make):
    try:
        return make()
    except Exception:  # no words for it
        return None


def main():
    with gzip.GzipFile(sys.argv[1], "wb", 9, mtime=0) as out:
        for authority in ("EPSG", "ESRI"):
            for kind in KINDS:
                codes = sorted((int(c) for c in pyproj.get_codes(authority, kind) if c.isdigit()))
                for code in codes[:: EVERY.get((authority, kind), 3 if authority == "EPSG" else 40)]:
                    crs = pyproj.CRS.from_authority(authority, code)
                    row = {"id": f"{authority}:{code}"}
                    for name, version in (("gdal", "WKT1_GDAL"), ("esri", "WKT1_ESRI"), ("wkt2_2015", "WKT2_2015"), ("wkt2", "WKT2_2019")):
                        row[name] = text(lambda: crs.to_wkt(version))
                    row["json"] = json.loads(crs.to_json())
                    row["proj"] = text(crs.to_proj4)
                    try:
                        row["points"] = points(crs)
                    except pyproj.exceptions.ProjError:  # PROJ has no such projection either
                        continue
                    out.write((json.dumps({k: v for k, v in row.items() if v}, separators=(",", ":")) + "\n").encode())


main()
