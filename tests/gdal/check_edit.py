"""Files changed by swath edit, as GDAL reads them: new values, old pixels, overviews with the new nodata."""

import shutil

import numpy as np
import rasterio
from rasterio.enums import ColorInterp, Resampling
from rasterio.shutil import copy as gdal_copy

from common import Failed, Report, first_difference

SIDE = 300
# Kinds of files: how GDAL makes them, and whether --rewrite is for them.
KINDS = {
    "strips": (dict(driver="GTiff"), False),
    "tiles": (dict(driver="GTiff", tiled=True, compress="deflate", predictor=2), False),
    "big endian": (dict(driver="GTiff", endianness="big", compress="lzw"), False),
    "BigTIFF": (dict(driver="GTiff", bigtiff="yes", tiled=True), False),
    "BigTIFF, big endian": (dict(driver="GTiff", bigtiff="yes", endianness="big"), False),
    "bands apart": (dict(driver="GTiff", interleave="band"), False),
    "point": (dict(driver="GTiff", point=True), False),
    "COG": (dict(driver="COG", compress="deflate", blocksize=128), True),
    "COG, BigTIFF": (dict(driver="COG", compress="zstd", blocksize=128, bigtiff="yes"), True),
}
WORDS = (
    *("--nodata", "-7", "--crs", "EPSG:3857", "--transform", "100,2,0.5,900,0.25,-3"),
    *("--tag", "MISSION=X & <Y>", "--tag", "TIFFTAG_SOFTWARE=a tool", "--untag", "OLD"),
    *("--description", "2=height", "--scale", "2=0.5", "--offset", "2=-10", "--unit", "2=metre"),
    *("--color", "1=Red", "--color", "2=Alpha"),
)


def make(path, how, least=-500):
    """A file of two bands with everything set that is changed later."""
    how = dict(how)
    driver, point = how.pop("driver"), how.pop("point", False)
    pixels = np.random.default_rng(4).integers(least, 500, (2, SIDE, SIDE)).astype("int16")
    profile = dict(driver="GTiff", width=SIDE, height=SIDE, count=2, dtype="int16", nodata=-9999, crs="EPSG:32633",
                   transform=rasterio.Affine(30, 0, 500000, 0, -30, 5300000))
    plain = path.with_suffix(".plain.tif")
    with rasterio.open(plain if driver == "COG" else path, "w", **profile, **({} if driver == "COG" else how)) as made:
        made.write(pixels)
        made.update_tags(OLD="yes", KEPT="too", **({"AREA_OR_POINT": "Point"} if point else {}))
        made.set_band_description(1, "first")
    if driver == "COG":
        gdal_copy(plain, path, driver="COG", **how)
        plain.unlink()
    return pixels


def overviews(path):
    """The pixels of every overview."""
    with rasterio.open(path) as file:
        count = len(file.overviews(1))
    levels = []
    for level in range(count):
        with rasterio.open(path, overview_level=level) as file:
            levels.append((file.read(), file.nodata))
    return levels


def check(path, pixels, before):
    """Everything that WORDS say."""
    with rasterio.open(path) as file:
        tags = file.tags()
        found = dict(
            nodata=file.nodata, crs=file.crs.to_epsg(), transform=tuple(file.transform)[:6], mission=tags.get("MISSION"),
            software=tags.get("TIFFTAG_SOFTWARE"), old=tags.get("OLD"), kept=tags.get("KEPT"),
            descriptions=file.descriptions, scales=file.scales, offsets=file.offsets, unit=file.units[1],
            colors=file.colorinterp)
        wanted = dict(
            nodata=-7, crs=3857, transform=(2, 0.5, 100, 0.25, -3, 900), mission="X & <Y>", software="a tool", old=None,
            kept="too", descriptions=("first", "height"), scales=(1, 0.5), offsets=(0, -10), unit="metre",
            colors=(ColorInterp.red, ColorInterp.alpha))
        wrong = {key: (found[key], wanted[key]) for key in wanted if found[key] != wanted[key]}
        if wrong:
            raise Failed(f"GDAL reads (found, wanted): {wrong}")
        if (file.read() != pixels).any():
            raise Failed("pixels changed")
    for (now, nodata), (then, _) in zip(overviews(path), before, strict=True):
        if (now != then).any() or nodata != -7:
            raise Failed(f"an overview changed, nodata {nodata}")


def run(swath, folder, shared):
    """Every kind of file, changed where it stands and in a copy."""
    report = Report("edit", ("kind", "bytes before", "after edit", "after edit --rewrite"))
    path = folder / "edit.tif"
    for kind, (how, rewrite) in KINDS.items():
        with report.case(f"edit, {kind}"):
            pixels = make(path, how)
            before, size, kept = overviews(path), path.stat().st_size, path.with_suffix(".kept.tif")
            shutil.copyfile(path, kept)
            swath("edit", path, *WORDS, "--quiet")
            check(path, pixels, before)
            row = [kind, size, path.stat().st_size, ""]
            if rewrite:
                swath("edit", kept, *WORDS, "--rewrite", "--quiet")
                check(kept, pixels, before)
                swath("validate", kept, "--strict", "--quiet")
                row[3] = kept.stat().st_size
            report.rows.append(tuple(row))
            # A transform without a CRS is just that, except that GDAL makes an unnamed one of a raster type.
            swath("edit", path, "--crs", "none", "--quiet")
            with rasterio.open(path) as file:
                if kind != "point" and file.crs is not None or tuple(file.transform)[:6] != (2, 0.5, 100, 0.25, -3, 900):
                    raise Failed(f"without a CRS: {file.crs}, {file.transform[:6]}")
            # And back: what is taken away is gone for GDAL too.
            swath("edit", path, "--nodata", "none", "--crs", "none", "--transform", "none", "--description", "2=none", "--quiet")
            with rasterio.open(path) as file:
                if file.nodata is not None or file.crs is not None or not file.transform.is_identity or file.descriptions[1]:
                    raise Failed(f"left: {file.nodata}, {file.crs}, {file.transform[:6]}, {file.descriptions}")
    for method in ("nearest", "average"):
        for kind in ("tiles", "bands apart", "BigTIFF", "point"):
            with report.case(f"overviews, {kind}, {method}"):
                # How the halves of negative means round is a matter of writing them, not of this.
                pixels = make(path, KINDS[kind][0], least=0)
                theirs = path.with_suffix(".gdal.tif")
                shutil.copyfile(path, theirs)
                with rasterio.open(theirs, "r+") as file:
                    file.build_overviews([2, 4], Resampling[method])
                swath("overviews", path, "--levels", "2,4", "--resampling", method, "--quiet")
                with rasterio.open(path) as file:
                    if (file.read() != pixels).any() or file.overviews(1) != [2, 4]:
                        raise Failed(f"pixels or levels: {file.overviews(1)}")
                for level, ((a, _), (b, _)) in enumerate(zip(overviews(path), overviews(theirs), strict=True)):
                    if (a != b).any():
                        raise Failed(f"level {level + 1}: {(a != b).sum()} samples differ, {first_difference(a, b, a != b)}")
    return report
