"""Files beside a file: what swath makes of them is what GDAL makes of them."""

import json
import os
import warnings

import numpy as np
import rasterio
from check_crs import same as same_system
from common import Failed, Report
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.transform import from_origin

PAM = """<PAMDataset>
<SRS>EPSG:3857</SRS><GeoTransform>10,3,0.5,20,0.25,-3</GeoTransform>
<Metadata><MDI key="BOTH">pam</MDI><MDI key="OWN">pam &lt;&amp;</MDI></Metadata>
<Metadata domain="DOM"><MDI key="D2">pam</MDI></Metadata>
<PAMRasterBand band="1"><Description>first</Description><NoDataValue>3</NoDataValue><UnitType>ft</UnitType>
<Offset>5</Offset><Scale>6</Scale><ColorInterp>Blue</ColorInterp>
<Metadata><MDI key="BB">pam</MDI><MDI key="STATISTICS_MEAN">4</MDI></Metadata></PAMRasterBand>
<PAMRasterBand band="2"><Description>second</Description><NoDataValue>%s</NoDataValue></PAMRasterBand>
</PAMDataset>"""
POINTS = '<PAMDataset><GCPList Projection="EPSG:4326"><GCP Id="a" Pixel="1" Line="2" X="3" Y="4" Z="5"/></GCPList></PAMDataset>'
WORLD = "2\n0.5\n0.25\n-2,\n11\n19\n"


def make(path, known, overviews=(), mask=False, **profile):
    """Writes a raster that says much of itself, or nothing."""
    plain = dict(driver="GTiff", width=70, height=50, count=2, dtype="uint8", tiled=True, blockxsize=16, blockysize=16)
    if known:
        plain.update(nodata=7, crs="EPSG:32633", transform=from_origin(100, 200, 2, 2))
    values = np.arange(7000, dtype="u4").reshape(2, 50, 70) * 7 % 251
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=mask == "inside"):
        with rasterio.open(path, "w", **{**plain, **profile}) as out:
            out.write(values.astype("u1"))
            if known:
                out.descriptions = ("own 1", "own 2")
                out.scales, out.offsets, out.units = (2, 2), (1, 1), ("m", "m")
                out.update_tags(KEY="own", BOTH="own")
                out.update_tags(1, BK="own", BB="own")
            if mask:
                out.write_mask(np.arange(3500).reshape(50, 70) % 3 != 0)
        if overviews:
            with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(path, "r+") as out:
                out.build_overviews(list(overviews), Resampling.nearest)


def cases(folder):
    """Names cases; makes each file and what is beside it."""
    beside = lambda name, text: (folder / name).write_text(text)
    for known in (False, True):
        name = "known" if known else "bare"
        make(folder / f"{name}_pam.tif", known)
        beside(f"{name}_pam.tif.aux.xml", PAM % 3)
        make(folder / f"{name}_bands.tif", known)
        beside(f"{name}_bands.tif.aux.xml", PAM % 9)
        make(folder / f"{name}_points.tif", known)
        beside(f"{name}_points.tif.aux.xml", POINTS)
        for end in ("tfw", "tifw", "wld", "WLD"):
            make(folder / f"{name}_{end}.tif", known)
            beside(f"{name}_{end}.{end}", WORLD)
    make(folder / "both.tif", False)
    beside("both.tfw", WORLD), beside("both.wld", WORLD.replace("2", "4"))
    make(folder / "order.tif", False)
    beside("order.tfw", WORLD), beside("order.tif.aux.xml", PAM % 3)
    make(folder / "ovr.tif", True, overviews=(2, 4))
    make(folder / "msk.tif", False, mask="beside")
    make(folder / "msk_ovr.tif", False, mask="beside", overviews=(2, 4))
    make(folder / "inside_ovr.tif", False, mask="inside", overviews=(2, 4))
    return sorted(folder.glob("*.tif"))


def same(what, ours, theirs):
    if ours != theirs:
        raise Failed(f"{what}: GDAL has {theirs}, swath {ours}")


def compare(swath, path):
    """Holds what swath tells of a file against what GDAL does."""
    told = json.loads(swath.attempt("info", "--json", path).stdout)
    sums = json.loads(swath.attempt("info", "--json", "--checksum", "--stats", path).stdout)
    with rasterio.open(path) as gdal:
        place = tuple(told.get("geoTransform", (0, 1, 0, 0, 0, 1)))
        same("transform", place, gdal.transform.to_gdal())
        points = [(p["pixel"], p["line"], p["x"], p["y"], p["z"]) for p in told.get("gcps", {}).get("gcpList", [])]
        same("points", points, [(p.col, p.row, p.x, p.y, p.z) for p in gdal.gcps[0]])
        # Beside control points GDAL has no CRS, whatever the file says.
        if not points:
            same("crs", told.get("coordinateSystem", {}).get("epsg"), gdal.crs and gdal.crs.to_epsg())
        items = told["metadata"].get("", {})
        same("items", {k: v for k, v in items.items() if k != "AREA_OR_POINT"}, {k: v for k, v in gdal.tags().items() if k != "AREA_OR_POINT"})
        same("domain", told["metadata"].get("DOM", {}), gdal.tags(ns="DOM"))
        for index, band in enumerate(told["bands"]):
            number = index + 1
            same("description", band.get("description"), gdal.descriptions[index])
            same("scale", band.get("scale", 1), gdal.scales[index])
            same("offset", band.get("offset", 0), gdal.offsets[index])
            same("unit", band.get("unit"), gdal.units[index])
            same("colour", band["colorInterpretation"].lower(), gdal.colorinterp[index].name)
            own = dict(band.get("metadata", {}).get("", {}))
            same("band items", own, gdal.tags(number))
            same("overviews", [2 ** (i + 1) for i, _ in enumerate(band.get("overviews", []))], gdal.overviews(number))
            same("checksum", sums["bands"][index]["checksum"], gdal.checksum(number))
            mask = gdal.read_masks(number)
            valid = sums["bands"][index]["validCount"]
            same("valid", valid, int((mask != 0).sum()))
    for level in range(len(told["bands"][0].get("overviews", []))):
        with rasterio.open(path, overview_level=level) as gdal:
            for index, band in enumerate(sums["bands"]):
                same("overview checksum", band["overviews"][level]["checksum"], gdal.checksum(index + 1))
                same("overview valid", band["overviews"][level]["validCount"], int((gdal.read_masks(index + 1) != 0).sum()))


# What GeoKeys have no words for: rotated poles, a sweep that GDAL's own text in GeoKeys loses, a shift by a named grid.
WORDLESS = (
    "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39.25 +lon_0=18 +R=6371229 +to_meter=0.0174532925199433 +no_defs +type=crs",
    "+proj=ob_tran +o_proj=longlat +o_lon_p=-162 +o_lat_p=40 +lon_0=10 +R=6371229 +to_meter=0.0174532925199433 +no_defs +type=crs",
    "+proj=geos +h=35786023 +lon_0=-75 +sweep=x +ellps=GRS80 +type=crs",
    "+proj=utm +zone=32 +ellps=intl +nadgrids=@none.gsb,null +type=crs",
)


def beside(swath, place, report):
    """Systems that swath puts beside its output are those that GDAL reads there, and none stays that is not the output's."""
    source, out = place / "degrees.tif", place / "wordless.tif"
    plain = dict(driver="GTiff", width=40, height=30, count=1, dtype="uint8", crs="EPSG:4326", nodata=255)
    with rasterio.open(source, "w", transform=from_origin(-20, 50, 0.5, 0.5), **plain) as made:
        made.write(np.arange(1200).reshape(1, 30, 40).astype("u1"))
    how = ("--overwrite", "--allow-ballpark", "--overviews", "none")
    for text in WORDLESS:
        wanted = CRS.from_user_input(text)
        with report.case(f"{text} written"):
            for words in (("warp", source, out, "--to", text), ("convert", out, place / "again.tif")):
                done = swath.attempt(*words, *how)
                if done.returncode:
                    raise Failed(done.stderr.strip())
                with rasterio.open(words[2]) as file:
                    same_system(file.crs, wanted, words[0])
            if not (place / "wordless.tif.aux.xml").is_file():
                raise Failed("nothing lies beside it")
        with report.case(f"{text} gone"):
            swath.attempt("warp", source, out, "--to", "EPSG:3857", *how)
            with rasterio.open(out) as file:
                same("crs", 3857, file.crs.to_epsg())
    # GDAL's own files of that kind.
    for text in WORDLESS[:2]:
        with report.case(f"{text} kept"):
            wanted = CRS.from_user_input(text)
            with rasterio.open(place / "gdals.tif", "w", transform=from_origin(0, 5, 1, 1), **{**plain, "crs": wanted}) as made:
                made.write(np.zeros((1, 30, 40), "u1"))
            swath.attempt("convert", place / "gdals.tif", out, *how)
            with rasterio.open(out) as file:
                same_system(file.crs, wanted, "convert")


def run(swath, folder, _rasters):
    report = Report("Sidecars", ("file", "beside it"))
    heeded = dict(GDAL_PAM_ENABLED="YES", GDAL_DISABLE_READDIR_ON_OPEN="FALSE")
    before = {key: os.environ.get(key) for key in heeded}
    os.environ.update(heeded)
    try:
        place = folder / "sidecars"
        place.mkdir(exist_ok=True)
        with rasterio.Env(**heeded), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for path in cases(place):
                with report.case(path.name):
                    compare(swath, path)
                others = sorted(p.name[len(path.stem) :] for p in place.glob(f"{path.stem}.*") if p != path)
                report.rows.append((path.name, " ".join(others)))
            beside(swath, place, report)
    finally:
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})
    return report
