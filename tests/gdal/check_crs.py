"""Reference systems between swath and GDAL: the GeoKeys that swath writes as GDAL reads them, those that GDAL writes as
swath reads them, and the definitions that swath writes."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyproj
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.warp import transform
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from common import Failed, Report

# A withdrawn code means what it says, not the one that took its place.
os.environ["OSR_USE_NON_DEPRECATED"] = "NO"
# PROJ 9.8 has this many codes more than EPSG v11.022, of which swath's registry is.
MOST_NEWER = 400
METRE = 1e-3
# What swath refuses to write, and says so.
REFUSED = {
    # GDAL writes it into a file beside the image, and no GeoKeys.
    "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39.25 +lon_0=18 +R=6371229 +to_meter=0.0174532925199433",
    # GDAL writes text that it reads as another system.
    "+proj=geos +h=35786023 +lon_0=-75 +sweep=x +ellps=GRS80",
}
# What swath does not read as GDAL does: PROJ's later edition of EPSG has ETRS89-NOR instead of ETRS89 in these compound systems,
# whose codes stand in GDAL's file and swath's registry has not.
UNREAD = {f"EPSG:{code}" for code in (5942, *range(5971, 5977), 6144, *range(6171, 6177), 9883, 20001)}
# What GDAL does not find again in its own file: rasterio takes it by way of WKT1, which has one word for the ellipsoidal and the
# spherical method (tens of kilometres apart), and none for EPSG:3752's Mercator, whose origin is not on the equator.
LOST = {"EPSG:3752", "EPSG:3973", "EPSG:3974", "EPSG:3975", "EPSG:9311"}


# PROJ knows these methods by name alone, so no distance can be measured: seven systems of Greenland, and UTM as one system of all zones.
NOT_COMPUTED = ("Lambert Conic Conformal (West Orientated)", "Transverse Mercator Zoned Grid System")
# All codes take some 10 minutes, GDAL's share of them for the most part.
STEP = 21


# Esri's systems whose points are not PROJ's.
ESRI_APART = {
    # Places that PROJ has no way back from.
    "ESRI:53021", "ESRI:54021", "ESRI:54028",
    # Areas of use far from the meridian, where series differ: 9 mm and 7 cm.
    "ESRI:102060", "ESRI:102166",
}
# By the spherical formulas, as EPSG describes the method and PROJ had it until 9.5; PROJ 9.8 takes those of the ellipsoid.
ESRI_METHOD = "Equidistant Cylindrical (Spherical)"
# Methods of Esri's, and whole systems, that swath does not have (it refuses them).
MOST_REFUSED = 0.06


def esri(swath, report, step):
    """Points of Esri's projected systems against PROJ, from the degrees under each."""
    counts = dict.fromkeys(("points agree", "named exceptions", "refused", "PROJ has none"), 0)
    for row in query_crs_info("ESRI", (PJType.PROJECTED_CRS,), allow_deprecated=True)[::step]:
        name = f"ESRI:{row.code}"
        system = pyproj.CRS(name)
        area, method = system.area_of_use, system.coordinate_operation.method_name
        try:
            there = pyproj.Transformer.from_crs(system.geodetic_crs, system, always_xy=True)
        except pyproj.exceptions.ProjError:
            there = None
        if there is None or area is None or area.west > area.east:
            counts["PROJ has none"] += 1
            continue
        sides = [np.linspace(a, b, 5)[1:4] for a, b in ((area.west, area.east), (max(area.south, -89), min(area.north, 89)))]
        lon, lat = (side.ravel() for side in np.meshgrid(*sides))
        x, y = there.transform(lon, lat)
        words = [swath.binary, "transform", "--from", system.geodetic_crs.to_wkt(), "--to", name, "--quiet", "--threads", "1"]
        lines = "".join(f"{a!r},{b!r}\n" for a, b in zip(lon.tolist(), lat.tolist()))
        done = subprocess.run(words, input=lines, capture_output=True, text=True, timeout=swath.timeout)
        if done.returncode == 4:
            counts["refused"] += 1
            continue
        with report.case(f"{name} points"):
            if done.returncode:
                raise Failed(done.stderr[-300:])
            u, v = np.array([list(map(float, line.split(","))) for line in done.stdout.split()]).T
            is_place = np.isfinite(x) & np.isfinite(y)
            off = np.hypot(u - x, v - y)[is_place] * system.axis_info[0].unit_conversion_factor
            if (off <= METRE).all():
                counts["points agree"] += 1
            elif name in ESRI_APART or method == ESRI_METHOD:
                counts["named exceptions"] += 1
            else:
                raise Failed(f"{off.max()} m apart, {method}")
    with report.case("Esri's systems are known"):
        if counts["refused"] > MOST_REFUSED * sum(counts.values()) + 1:
            raise Failed(f"{counts['refused']} are refused")
    report.rows.append(("ESRI", ", ".join(f"{count} {what}" for what, count in counts.items()), "", "", ""))


def codes():
    """Every horizontal and compound EPSG code of PROJ's database, those that are withdrawn too."""
    kinds = (PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS, PJType.GEOGRAPHIC_3D_CRS, PJType.COMPOUND_CRS)
    return [f"EPSG:{row.code}" for row in query_crs_info("EPSG", kinds, allow_deprecated=True)]


def special(shared):
    """The systems that geokeys.txt lists."""
    path = shared and shared.parent / "crs" / "geokeys.txt"
    if not path or not path.is_file():
        return []
    heads = [line[3:].split(" | ")[0] for line in path.read_text().splitlines() if line.startswith("## ")]
    return [head for head in heads if not head.startswith("EPSG:") or "+" in head]


def apart(found, wanted):
    """The largest distance in the units of the wanted system of points all over its domain, or None if there is no saying."""
    gaps = []
    for west in range(-180, 180, 10):
        lon, lat = np.meshgrid([west + 2.0, west + 7.0], [-70.0, -35.0, 5.0, 35.0, 50.0, 65.0])
        for some in range(lat.shape[0]):
            try:
                x, y = map(np.array, transform(CRS.from_epsg(4326), wanted, lon[some], lat[some]))
                u, v = map(np.array, transform(wanted, found, x, y))
            except (CPLE_BaseError, rasterio.errors.RasterioError):
                continue
            inside = np.isfinite(x) & np.isfinite(y)
            gaps.extend(np.hypot(u[inside] - x[inside], v[inside] - y[inside]))
    return float(np.max(gaps)) if len(gaps) > 10 and np.isfinite(gaps).all() else None


def text(crs):
    """A system in words, if GDAL has any for it."""
    try:
        return crs.to_wkt()[:400]
    except CRSError as error:
        return str(error)


def same(found, wanted, what):
    """GDAL's word that both are the same system, or a millimetre."""
    if found is None:
        raise Failed(f"{what}: no system")
    if found == wanted:
        return "equal"
    gap = apart(found, wanted)
    if gap is None and any(name in wanted.to_wkt(version="WKT2_2019").replace("_", " ") for name in NOT_COMPUTED):
        return "exception"
    if gap is None or gap > METRE * (1e-5 if wanted.is_geographic else 1):
        raise Failed(f"{what}: {gap} apart: {text(found)} instead of {text(wanted)}")
    return "within 1 mm"


def blank(path, crs=None):
    """A small raster with a place."""
    how = dict(driver="GTiff", width=4, height=4, count=1, dtype="uint8", crs=crs)
    with rasterio.open(path, "w", transform=rasterio.Affine(1, 0, 10, 0, -1, 20), **how) as made:
        made.write(np.zeros((1, 4, 4), "uint8"))


def written(swath, folder, names):
    """What swath makes of systems, by their names: a file, why there is none, or that it does not know the code."""
    plain, made = folder / "crs.tif", folder / "written"
    blank(plain)
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    maker = Path(os.environ["CRS_FILES"]).resolve()
    done = subprocess.run([maker, plain, made], input="\n".join(names), capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise SystemExit(f"crs_files ended with {done.returncode}: {done.stderr[-300:]}")
    return {said["system"]: said for said in map(json.loads, done.stdout.splitlines())}


def run(swath, folder, shared, long=False):
    """Every STEPth code, or if it may take long all that there are, both ways."""
    report = Report("crs", ("systems", "way", "equal", "within 1 mm", "named exceptions"))
    for title, names in (("EPSG", codes()[:: 1 if long else STEP]), ("geokeys.txt", special(shared))):
        known, by_swath = {}, written(swath, folder, names)
        newer = 0
        for name in names:
            if title == "EPSG" and not by_swath[name].get("wkt2"):
                newer += 1
                continue
            try:
                known[name] = CRS.from_user_input(name)
            except CRSError:
                report.rows.append((name, "unknown to GDAL", "", "", ""))
        if newer:
            report.rows.append((f"{title}: {newer} codes", "newer than swath's registry", "", "", ""))
        with report.case("the registry has all but the newest codes"):
            if newer > MOST_NEWER:
                raise Failed(f"{newer} codes are unknown")
        counts = {way: dict.fromkeys(("equal", "within 1 mm", "exception"), 0) for way in ("written by swath", "read by swath", "WKT2 by swath")}
        sources = {}
        for number, (name, wanted) in enumerate(known.items()):
            said = by_swath[name]
            with report.case(f"{name} written"):
                if name in REFUSED:
                    if "refused" not in said:
                        raise Failed("not refused")
                    counts["written by swath"]["exception"] += 1
                elif "file" not in said:
                    raise Failed(said.get("refused") or said.get("unknown"))
                else:
                    with rasterio.open(said["file"]) as file:
                        counts["written by swath"][lost(file.crs, name, wanted, folder) if name in LOST else same(file.crs, wanted, "written")] += 1
            with report.case(f"{name} as WKT2"):
                if not said.get("wkt2"):
                    raise Failed(f"none: {said}")
                counts["WKT2 by swath"][same(CRS.from_wkt(said["wkt2"]), wanted, "wkt2")] += 1
            source = folder / f"crs-{number}.tif"
            try:
                blank(source, wanted)
            except CRSError:
                report.rows.append((name, "not written by GDAL", "", "", ""))
                continue
            sources[name] = source
        # The reverse: many files in one run.
        for names in batched(sources, 1000):
            done = swath.attempt("info", "--json", *(sources[name] for name in names), folder / "crs.tif")
            if done.returncode:
                raise Failed(f"info ended with {done.returncode}: {done.stderr.strip()[-300:]}")
            for name, said in zip(names, json.loads(done.stdout)):
                with report.case(f"{name} read"):
                    counts["read by swath"][read(name, sources[name], said, known[name])] += 1
                sources[name].unlink()
        for way, count in counts.items():
            report.rows.append((title, way, *count.values()))
    esri(swath, report, 1 if long else STEP)
    return report


def lost(found, name, wanted, folder):
    """What GDAL makes of a system in swath's file that it makes something else of in its own: the same, as it has the same keys."""
    try:
        blank(folder / "lost.tif", wanted)
    except CRSError:
        if found is not None:
            raise Failed("GDAL reads it after all: it is no exception any more")
        return "exception"
    with rasterio.open(folder / "lost.tif") as file:
        back = file.crs
    if back == wanted:
        raise Failed("GDAL reads its own file: it is no exception any more")
    same(found, back, "written")
    return "exception"


def batched(items, size):
    """The items in lists of so many."""
    items = list(items)
    return [items[at : at + size] for at in range(0, len(items), size)]


def read(name, source, said, wanted):
    """How what swath reads of a file agrees with what GDAL does."""
    with rasterio.open(source) as file:
        back = file.crs
    wkt = said.get("coordinateSystem", {}).get("wkt")
    # What GDAL itself does not find in the file again is in nobody's keys.
    if back is None and wkt is None:
        return "exception"
    if name in UNREAD:
        if wkt is not None:
            raise Failed("read after all: it is no exception any more")
        return "exception"
    if wkt is None:
        raise Failed(f"GDAL reads {back.to_wkt()[:200]}, swath {said.get('coordinateSystem')}")
    return same(CRS.from_wkt(wkt), wanted if name in LOST else back or wanted, "read")
