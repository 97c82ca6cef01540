#!/usr/bin/env python3
"""Writes fixtures/crs/projections.jsonl.gz: what PROJ makes of places all over the globe in projections that have no EPSG code.

usage: crs_projections.py OUT      (pyproj 3.7.2, which is PROJ 9.5.1)
"""

import gzip
import json
import sys

import numpy as np
import pyproj

# Beside the lobes' seams and the central meridians, not on them: 1e-6 degree is 0.1 m.
SEAMS = [-160, -140, -110, -100, -90, -60, -40, -20, 0, 20, 60, 80, 90, 150]
LON = sorted([-180.0, -179.999999, -125.3, -71.7, 11.1, 30.0, 130.0, 179.999999, 180.0] + [s + d for s in SEAMS for d in (-1e-6, 1e-6)])
# Goode's seam is at 40 degrees 44' 11.8".
SEAM = 40 + 44 / 60 + 11.8 / 3600
LAT = [-90.0, -89.999999, -88.0, -71.3, -SEAM - 1e-6, -SEAM + 1e-6, -23.0, -1e-6, 1e-6, 12.5, SEAM - 1e-6, SEAM + 1e-6, 64.9, 80.0, 89.0, 89.999999, 90.0]
PROJECTIONS = [
    "+proj=goode +ellps=WGS84", "+proj=igh +ellps=WGS84", "+proj=igh +lon_0=-23 +x_0=1000 +R=6371007.181", "+proj=igh_o +ellps=WGS84",
    "+proj=igh_o +lon_0=-160 +ellps=WGS84", "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39.25 +lon_0=18 +R=6371229",
    "+proj=ob_tran +o_proj=longlat +o_lon_p=-162 +o_lat_p=39.25 +lon_0=180 +R=6371229", "+proj=ob_tran +o_proj=longlat +o_lon_p=10 +o_lat_p=-30 +lon_0=-50 +R=6371229",
    "+proj=natearth +ellps=WGS84", "+proj=eck4 +ellps=WGS84", "+proj=eck6 +lon_0=100 +ellps=WGS84", "+proj=vandg +ellps=WGS84", "+proj=vandg +lon_0=-90 +R_A +ellps=WGS84",
    "+proj=wintri +ellps=WGS84", "+proj=wintri +lat_1=40 +lon_0=10 +ellps=WGS84", "+proj=aitoff +ellps=WGS84", "+proj=bonne +lat_1=45 +ellps=WGS84",
    "+proj=bonne +lat_1=-30 +lon_0=20 +ellps=WGS84", "+proj=bonne +lat_1=60 +R=6371000", "+proj=mill +ellps=WGS84", "+proj=gall +ellps=WGS84", "+proj=robin +ellps=WGS84",
    "+proj=robin +lon_0=150 +y_0=5e5 +ellps=WGS84", "+proj=moll +ellps=WGS84", "+proj=moll +lon_0=-150 +ellps=WGS84", "+proj=sinu +R=6371007.181", "+proj=sinu +lon_0=60 +ellps=WGS84", "+proj=eqearth +ellps=WGS84",
    "+proj=eck1 +ellps=WGS84", "+proj=eck2 +lon_0=30 +ellps=WGS84", "+proj=eck3 +ellps=WGS84", "+proj=eck5 +lon_0=-90 +R=6371000", "+proj=crast +ellps=WGS84",
    "+proj=wink1 +lat_ts=50 +ellps=WGS84", "+proj=patterson +ellps=WGS84", "+proj=comill +ellps=WGS84", "+proj=natearth2 +ellps=WGS84",
]


def listed(values, digits):
    return [round(float(v), digits) if np.isfinite(v) else None for v in values]


def main():
    lat, lon = (a.ravel() for a in np.meshgrid(LAT, LON, indexing="ij"))
    with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as out:
        out.write(json.dumps({"proj": pyproj.__proj_version__, "lon": LON, "lat": LAT}).encode() + b"\n")
        for text in PROJECTIONS:
            degrees = "ob_tran" in text
            crs = pyproj.CRS.from_user_input(text + " +type=crs")
            turn = pyproj.Transformer.from_crs(crs if degrees else crs.geodetic_crs, crs, always_xy=True) if not degrees else pyproj.Proj(text)
            if degrees:
                # PROJ counts the turned degrees in radians.
                x, y = (np.degrees(v) for v in pyproj.Transformer.from_pipeline(f"+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step {text}").transform(lon, lat))
            else:
                x, y = turn.transform(lon, lat)
            # The way back from all over the plane, and where it leads to again.
            seen = np.isfinite(x) & np.isfinite(y)
            u = np.linspace(min(x[seen]) * 1.03, max(x[seen]) * 1.03, 19)
            v = np.linspace(min(y[seen]) * 1.03, max(y[seen]) * 1.03, 15)
            v, u = (a.ravel() for a in np.meshgrid(v, u, indexing="ij"))
            if degrees:
                back = pyproj.Transformer.from_pipeline(f"+proj=pipeline +step +inv {text} +step +proj=unitconvert +xy_in=rad +xy_out=deg").transform(np.radians(u), np.radians(v))
                again = [np.degrees(w) for w in pyproj.Transformer.from_pipeline(f"+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step {text}").transform(*back)]
            else:
                back = turn.transform(u, v, direction="INVERSE")
                again = turn.transform(*back)
            # A place leads back: to within what swath asks for, and by any number of turns where eastings repeat.
            limit = 1e-6 if degrees else 0.1
            off = again[0] - u
            if degrees or any(name in text for name in ("mill", "gall", "patterson")):
                period = 360 if degrees else np.ptp(turn.transform([-180, 180], [0, 0])[0])
                off -= np.round(off / period) * period
            is_place = (np.abs(off) < limit) & (np.abs(again[1] - v) < limit)
            line = {"text": text, "x": listed(x, 9 if degrees else 4), "y": listed(y, 9 if degrees else 4), "u": listed(u, 9 if degrees else 4), "v": listed(v, 9 if degrees else 4)}
            line["back"] = [[round(float(a), 10), round(float(b), 10)] if ok else None for a, b, ok in zip(*back, is_place)]
            out.write(json.dumps(line).encode() + b"\n")
            print(text, int(seen.sum()), "forward", int(is_place.sum()), "of", len(u), "back", file=sys.stderr)


main()
