"""Reference systems between swath and GDAL: the GeoKeys that swath writes as GDAL reads them, those that GDAL writes as
swath reads them, and the definitions that `swath crs --as` prints."""

import gzip
import json
import shutil

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.warp import transform

from common import REPO, Failed, Report

# Of the codes in the fixture, which are every third of PROJ's database.
STEP = 7
METRE = 1e-3
# What swath refuses to write, and says so.
REFUSED = {
    # GDAL writes it into a file beside the image, and no GeoKeys.
    "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39.25 +lon_0=18 +R=6371229 +to_meter=0.0174532925199433",
    # GDAL writes text that it reads as another system.
    "+proj=geos +h=35786023 +lon_0=-75 +sweep=x +ellps=GRS80",
}
# What swath does not read as GDAL does.
UNREAD = {
    # PROJ's later edition of EPSG has another geographic system in it, whose code swath's registry has not.
    "EPSG:6144",
}


def codes():
    """Every STEPth EPSG code of the fixture; heights alone place no raster, and GDAL writes no keys of them."""
    with gzip.open(REPO / "fixtures" / "crs_texts.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    rows = [row for row in rows if row["id"].startswith("EPSG:") and not row.get("wkt2", "").startswith("VERTCRS")]
    return [row["id"] for row in rows][::STEP]


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


def same(found, wanted, what):
    """GDAL's word that both are the same system, or a millimetre."""
    if found is None:
        raise Failed(f"{what}: no system")
    if found == wanted:
        return "equal"
    gap = apart(found, wanted)
    if gap is None or gap > METRE * (1e-5 if wanted.is_geographic else 1):
        raise Failed(f"{what}: {gap} apart: {found.to_wkt()[:400]} instead of {wanted.to_wkt()[:400]}")
    return "within 1 mm"


def blank(path, crs=None):
    """A small raster with a place."""
    how = dict(driver="GTiff", width=4, height=4, count=1, dtype="uint8", crs=crs)
    with rasterio.open(path, "w", transform=rasterio.Affine(1, 0, 10, 0, -1, 20), **how) as made:
        made.write(np.zeros((1, 4, 4), "uint8"))


def run(swath, folder, shared):
    """All that there is, both ways."""
    report = Report("crs", ("systems", "way", "equal", "within 1 mm", "named exceptions"))
    plain, path = folder / "crs.tif", folder / "crs-written.tif"
    blank(plain)
    for title, names in (("EPSG, every 21st code", codes()), ("geokeys.txt", special(shared))):
        known = {}
        for name in names:
            try:
                known[name] = CRS.from_user_input(name)
            except CRSError:
                report.rows.append((name, "unknown to GDAL", "", "", ""))
        counts = {way: dict.fromkeys(("equal", "within 1 mm", "exception"), 0) for way in ("written by swath", "read by swath", "--as wkt2")}
        sources = {}
        for number, (name, wanted) in enumerate(known.items()):
            with report.case(f"{name} written"):
                shutil.copyfile(plain, path)
                done = swath.attempt("edit", path, "--crs", name, "--quiet")
                if name in REFUSED:
                    if done.returncode != 4:
                        raise Failed(f"not refused: {done.returncode}")
                    counts["written by swath"]["exception"] += 1
                else:
                    if done.returncode:
                        raise Failed(f"edit ended with {done.returncode}: {done.stderr.strip()[-300:]}")
                    with rasterio.open(path) as file:
                        counts["written by swath"][same(file.crs, wanted, "written")] += 1
            with report.case(f"{name} --as wkt2"):
                done = swath.attempt("crs", name, "--as", "wkt2")
                if done.returncode:
                    raise Failed(f"crs ended with {done.returncode}: {done.stderr.strip()[-300:]}")
                counts["--as wkt2"][same(CRS.from_wkt(done.stdout), wanted, "wkt2")] += 1
            source = folder / f"crs-{number}.tif"
            blank(source, wanted)
            sources[name] = source
        # The reverse: all files in one run.
        done = swath.attempt("info", "--json", *sources.values(), plain)
        if done.returncode:
            raise Failed(f"info ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        for (name, source), said in zip(sources.items(), json.loads(done.stdout)):
            with report.case(f"{name} read"):
                with rasterio.open(source) as file:
                    back = file.crs
                wkt = said.get("coordinateSystem", {}).get("wkt")
                # What GDAL itself does not find in the file again is in nobody's keys.
                if back is None and wkt is None:
                    counts["read by swath"]["exception"] += 1
                elif name in UNREAD:
                    if wkt is not None:
                        raise Failed("read after all: it is no exception any more")
                    counts["read by swath"]["exception"] += 1
                elif wkt is None:
                    raise Failed(f"GDAL reads {back.to_wkt()[:200]}, swath {said.get('coordinateSystem')}")
                else:
                    counts["read by swath"][same(CRS.from_wkt(wkt), back or known[name], "read")] += 1
            source.unlink()
        for way, count in counts.items():
            report.rows.append((title, way, *count.values()))
    return report
