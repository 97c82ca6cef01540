"""The ways of writing: layouts, masks, sparse files, overviews and metadata, as GDAL reads them."""

import numpy as np
import rasterio
from rasterio.enums import ColorInterp, Resampling
from rasterio.shutil import copy as copy_by_gdal

from check_cog import validate
from common import Failed, Report, first_difference

METHODS = ("nearest", "average", "bilinear", "cubic", "lanczos", "mode", "rms", "gauss")
# Weighted sums and roots that come to a half, or within rounding errors of it, may go either way.
INTEGER_TOLERANCE = {"rms": 1, "gauss": 1, "bilinear": 1, "cubic": 1, "lanczos": 1}
PLACE = dict(crs="EPSG:32633", transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6))


def made(path, dtype, bands, size, nodata=None, mask=False, **more):
    """A raster of waves with noise, in which a block and a tenth of the pixels are missing if anything says so."""
    height, width = size
    random = np.random.default_rng(height * width + bands)
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([(np.sin(x / 9 + band) + np.cos(y / 7)) * 40 + 100 for band in range(bands)])
    pixels = waves + random.integers(0, 16, waves.shape)
    if np.dtype(dtype).kind == "i":
        pixels = pixels - 300
    if np.dtype(dtype).kind == "f":
        pixels = pixels + random.random(waves.shape)
    pixels = pixels.astype(dtype)
    missing = random.random(size) < 0.1
    missing[height // 8 : height // 3, width // 7 : width // 2] = True
    if nodata is not None:
        pixels[:, missing] = nodata
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        with rasterio.open(path, "w", driver="GTiff", width=width, height=height, count=bands, dtype=dtype, nodata=nodata, **PLACE, **more) as out:
            out.write(pixels)
            if mask:
                out.write_mask(np.where(missing, 0, 255).astype(np.uint8))
    return path


def described(path):
    """Gives a raster everything that GDAL can say of it."""
    with rasterio.open(path, "r+") as out:
        out.update_tags(AREA_OR_POINT="Area", TIFFTAG_SOFTWARE="a scanner", place="somewhere")
        out.update_tags(ns="OWN", key="value with <signs> & more")
        out.update_tags(1, wavelength="0.5")
        out.scales, out.offsets = [0.1 * (band + 1) for band in range(out.count)], [float(band) for band in range(out.count)]
        out.units = ["metre"] * out.count
        out.descriptions = [f"band {band}" for band in range(out.count)]
    return path


def same_words(made, source):
    """Everything said of the input is said of the output."""
    for name in ("crs", "transform", "nodata", "dtypes", "scales", "offsets", "units", "descriptions", "colorinterp", "mask_flag_enums", "gcps", "rpcs"):
        ours, theirs = getattr(made, name), getattr(source, name)
        if ours != theirs and not (name == "nodata" and np.isnan(ours) and np.isnan(theirs)):
            raise Failed(f"{name} {ours}, the input has {theirs}")
    for band in (0, *source.indexes):
        ours, theirs = made.tags(band), source.tags(band)
        if ours != theirs:
            raise Failed(f"tags of {band}: {ours}, the input has {theirs}")
    if made.tags(ns="OWN") != source.tags(ns="OWN"):
        raise Failed(f"tags of OWN: {made.tags(ns='OWN')}")
    if source.colorinterp[0] == ColorInterp.palette and made.colormap(1) != source.colormap(1):
        raise Failed("the colour table differs")


def same_pixels(made, source):
    """Masks are equal, and what they leave."""
    ours, theirs = made.read_masks(), source.read_masks()
    if (ours != theirs).any():
        raise Failed(f"{(ours != theirs).sum()} of the masks' samples differ, {first_difference(ours, theirs, ours != theirs)}")
    ours, theirs = np.where(ours, made.read(), 0), np.where(theirs, source.read(), 0)
    if (ours != theirs).any():
        raise Failed(f"{(ours != theirs).sum()} samples differ, {first_difference(ours, theirs, ours != theirs)}")


def sources(folder):
    """The inputs of the matrix of layouts."""
    size = (301, 403)
    yield "rgb with mask", described(made(folder / "mask3.tif", "uint8", 3, size, mask=True, photometric="RGB"))
    yield "two bands with nodata", described(made(folder / "nodata2.tif", "int16", 2, size, nodata=-9))
    yield "floats with NaN", described(made(folder / "nan.tif", "float32", 1, size, nodata=np.nan))
    yield "one band with mask", described(made(folder / "mask1.tif", "uint16", 1, size, mask=True))
    path = made(folder / "palette.tif", "uint8", 1, size)
    with rasterio.open(path, "r+") as out:
        out.write_colormap(1, {i: (i, 255 - i, i // 2, 255) for i in range(256)})
    yield "palette", path
    path = made(folder / "alpha.tif", "uint8", 4, size, photometric="RGB", alpha="YES")
    yield "rgb with alpha", path


def check_layouts(swath, folder, report):
    """Every layout of every input opens in GDAL as the input does, and is a valid COG if it is one."""
    out = folder / "layout.tif"
    for what, path in sources(folder):
        count = 0
        for layout in (("cog", "--tile", 64), ("gtiff", "--tile", 64), ("gtiff", "--strips", 17)):
            for interleave in ("pixel", "band"):
                for bigtiff in ("auto", "yes"):
                    for more in ((), ("--sparse",), ("--overviews", "2,4"), ("--overviews", "3,6"), ("--compress", "deflate", "--stats")):
                        words = ("--format", *layout, "--interleave", interleave, "--bigtiff", bigtiff, *more)
                        with report.case(f"{what}: {' '.join(map(str, words))}"):
                            swath("convert", path, out, *words, "--overwrite", "--quiet")
                            if layout[0] == "cog":
                                validate(out)
                            with rasterio.open(path) as source, rasterio.open(out) as copy:
                                same_pixels(copy, source)
                                if "--stats" in more:
                                    same_statistics(copy)
                                else:
                                    same_words(copy, source)
                                if copy.count > 1 and copy.interleaving.value.lower() != interleave:
                                    raise Failed(f"interleaving {copy.interleaving}")
                            count += 1
        report.rows.append((what, count))


def check_codecs(swath, folder, report):
    """Codecs without loss give the samples back, LERC within its error, JPEG as near as GDAL's own at the same quality."""
    out, theirs = folder / "codec.tif", folder / "codec_gdal.tif"
    size, count = (301, 403), 0
    for dtype, bands, gaps, codecs in (
        ("uint8", 3, dict(mask=True, photometric="RGB"), ("lzma", "lerc", "webp")),
        ("uint8", 1, {}, ("lzma", "lerc", "lerc_deflate")),
        ("int16", 2, dict(nodata=-9), ("lzma", "lerc", "lerc_zstd")),
        ("uint16", 1, dict(mask=True), ("lerc", "lerc_deflate")),
        ("float32", 1, dict(nodata=-9999), ("lzma", "lerc", "lerc_zstd")),
        ("float64", 2, {}, ("lzma", "lerc")),
    ):
        path = made(folder / "codec_in.tif", dtype, bands, size, **gaps)
        for codec in codecs:
            for interleave in ("pixel", "band")[: 1 if codec == "webp" or bands == 1 else 2]:
                with report.case(f"{codec} of {bands} x {dtype}, {interleave}"):
                    swath("convert", path, out, "--compress", codec, "--interleave", interleave, "--tile", 64, "--overwrite", "--quiet")
                    validate(out)
                    with rasterio.open(path) as source, rasterio.open(out) as copy:
                        same_pixels(copy, source)
                        if copy.compression.value.lower() != codec:
                            raise Failed(f"compression {copy.compression}")
                    count += 1
    report.rows.append(("codecs without loss", count))
    path = made(folder / "codec_in.tif", "float32", 1, size, nodata=-9999)
    for error in (0.001, 0.1, 5):
        with report.case(f"lerc within {error}"):
            swath("convert", path, out, "--compress", "lerc", "--max-z-error", error, "--tile", 64, "--overwrite", "--quiet")
            validate(out)
            with rasterio.open(path) as source, rasterio.open(out) as copy:
                if (copy.read_masks() != source.read_masks()).any():
                    raise Failed("what is missing differs")
                worst = np.abs(copy.read().astype(float) - source.read().astype(float)).max()
                if worst > error * (1 + 1e-6):
                    raise Failed(f"a sample is {worst} off")
    report.rows.append(("lerc with loss", 3))
    for bands, gaps in ((3, dict(photometric="RGB", mask=True)), (3, dict(photometric="RGB", nodata=0)), (1, {})):
        path = made(folder / "codec_in.tif", "uint8", bands, size, **gaps)
        for quality in (60, 75, 95):
            with report.case(f"jpeg {quality} of {bands} bands, {gaps}"):
                swath("convert", path, out, "--compress", "jpeg", "--quality", quality, "--tile", 64, "--overwrite", "--quiet")
                validate(out)
                with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
                    copy_by_gdal(path, theirs, driver="COG", compress="JPEG", quality=quality, blocksize=64, overviews="NONE")
                with rasterio.open(path) as source, rasterio.open(out) as copy, rasterio.open(theirs) as other:
                    there = source.dataset_mask() != 0
                    if ((copy.dataset_mask() != 0) != there).any():
                        raise Failed("what is missing differs")
                    truth = source.read()[:, there].astype(float)
                    ours, peer = (np.sqrt(((opened.read()[:, there] - truth) ** 2).mean()) for opened in (copy, other))
                    if ours > 1.05 * peer:
                        raise Failed(f"the error is {ours:.3f}, GDAL's {peer:.3f}")
    report.rows.append(("jpeg", 9))


def same_statistics(copy):
    """The statistics stored are those of the samples."""
    pixels, masks = copy.read(), copy.read_masks()
    for band in copy.indexes:
        said = {name.removeprefix("STATISTICS_"): float(value) for name, value in copy.tags(band).items() if name.startswith("STATISTICS_")}
        there = pixels[band - 1][masks[band - 1] != 0].astype(float) if copy.colorinterp[-1] != ColorInterp.alpha else pixels[band - 1].astype(float)
        truth = dict(MINIMUM=there.min(), MAXIMUM=there.max(), MEAN=there.mean(), STDDEV=there.std(), VALID_PERCENT=100 * there.size / pixels[0].size)
        for name, value in truth.items():
            if abs(said[name] - value) > 1e-3 * (name == "VALID_PERCENT") * 10 + 1e-9 * abs(value):
                raise Failed(f"{name} of band {band}: {said[name]}, numpy has {value}")


def check_masked_overviews(swath, folder, report):
    """An overview's mask is 0 just where all four pixels above are missing, also beneath opacity."""
    path = made(folder / "mask3.tif", "uint8", 3, (301, 403), mask=True, photometric="RGB")
    out = folder / "masked.tif"
    for interleave in ("pixel", "band"):
        with report.case(f"masks of overviews, {interleave}"):
            swath("convert", path, out, "--interleave", interleave, "--tile", 64, "--overwrite", "--quiet")
            with rasterio.open(out) as full:
                above = full.dataset_mask() != 0
                levels = len(full.overviews(1))
            for level in range(levels):
                with rasterio.open(out, overview_level=level) as overview:
                    ours = overview.dataset_mask() != 0
                height, width = (n + n % 2 for n in above.shape)
                padded = np.zeros((height, width), bool)
                padded[: above.shape[0], : above.shape[1]] = above
                expected = padded.reshape(height // 2, 2, width // 2, 2).any(axis=(1, 3))
                if (ours != expected).any():
                    raise Failed(f"overview {level}: {(ours != expected).sum()} of the mask's pixels differ")
                above = ours
    report.rows.append(("masks of overviews", 2))


def overviews(path, level):
    with rasterio.open(path, overview_level=level) as overview:
        return overview.read(1), overview.read_masks(1) != 0


def check_methods(swath, folder, report):
    """Overviews against those that GDAL makes of the same samples.

    Equal sample by sample where nothing is missing. Where something is, GDAL's wider kernels ring off what is left and its
    bilinear renormalises by rows, so only the methods that look at one block are compared; and of mode only with an
    integer nodata value, as GDAL counts NaN, and uint8 samples under a mask, as values. Extents are multiples of the
    factors: of others GDAL stretches an overview's pixels over a fraction more than the factor, so that they straddle
    (`check_odd`).
    """
    ours_path, theirs_path = folder / "ours.tif", folder / "theirs.tif"
    size, factors = (256, 320), (2, 4)
    for method in METHODS:
        count = 0
        for dtype in ("uint8", "int16", "uint16", "float32", "float64"):
            kind = np.dtype(dtype).kind
            for gaps in (dict(), dict(nodata=np.nan if kind == "f" else 0), dict(mask=True)):
                alone = method in ("nearest", "average", "rms")
                if gaps and not (alone or method == "mode" and kind != "f" and "nodata" in gaps):
                    continue
                with report.case(f"{method} of {dtype} {gaps}"):
                    path = made(folder / "in.tif", dtype, 1, size, **gaps)
                    words = ("--format", "gtiff", "--tile", 64, "--overwrite", "--quiet")
                    swath("convert", path, ours_path, *words, "--overviews", ",".join(map(str, factors)), "--overview-resampling", method)
                    swath("convert", path, theirs_path, *words)
                    with rasterio.open(theirs_path, "r+") as theirs:
                        theirs.build_overviews(list(factors), Resampling[method])
                    for level in range(len(factors)):
                        (ours, our_mask), (theirs, their_mask) = overviews(ours_path, level), overviews(theirs_path, level)
                        if (our_mask != their_mask).any():
                            raise Failed(f"overview {level}: {(our_mask != their_mask).sum()} of the mask's pixels differ")
                        ours, theirs = np.where(our_mask, ours, 0).astype(float), np.where(our_mask, theirs, 0).astype(float)
                        tolerance = 2e-6 * np.abs(theirs) if kind == "f" else INTEGER_TOLERANCE.get(method, 0)
                        differs = np.abs(ours - theirs) > tolerance
                        if differs.any():
                            raise Failed(f"overview {level}: {differs.sum()} samples differ, {first_difference(ours, theirs, differs)}")
                    count += 1
        report.rows.append((f"overviews by {method}", count))


def check_odd(swath, folder, report):
    """Of an odd extent GDAL's overviews are stretched; ours are, up to the last column and row, those of the even part."""
    path, even = folder / "odd.tif", folder / "even.tif"
    for method in ("nearest", "average", "mode"):
        with report.case(f"odd extents, {method}"):
            source = made(path, "int16", 1, (201, 303), nodata=0)
            swath("convert", source, folder / "ours.tif", "--format", "gtiff", "--tile", 64, "--overviews", 2, "--overview-resampling", method, "--overwrite", "--quiet")
            with rasterio.open(source) as full:
                profile = {**full.profile, "width": 302, "height": 200}
                pixels = full.read(1)
            with rasterio.open(even, "w", **profile) as out:
                out.write(pixels[:200, :302], 1)
            with rasterio.open(even, "r+") as out:
                out.build_overviews([2], Resampling[method])
            ours, theirs = overviews(folder / "ours.tif", 0)[0], overviews(even, 0)[0]
            if ours.shape != (101, 152):
                raise Failed(f"shape {ours.shape}: half, rounded up, is wanted, as gdaladdo has it")
            if (ours[:100, :151] != theirs).any():
                raise Failed(f"{(ours[:100, :151] != theirs).sum()} samples differ")
    report.rows.append(("odd extents", 3))


def check_shapes(swath, folder, report):
    """Windows, bands, types, values and items, against what numpy makes of the input."""
    path = described(made(folder / "shape.tif", "int16", 3, (301, 403), nodata=-9))
    out = folder / "shaped.tif"
    with rasterio.open(path) as source:
        pixels, transform = source.read(), source.transform

    def convert(*words):
        swath("convert", path, out, *words, "--tile", 64, "--overwrite", "--quiet")
        validate(out)
        with rasterio.open(out) as made:
            return made.read(), made.profile, made.tags(), made.descriptions

    def expect(what, ours, theirs):
        if ours.shape != theirs.shape or ours.dtype != theirs.dtype or (ours != theirs).any():
            raise Failed(f"{what}: {ours.shape} {ours.dtype}, expected {theirs.shape} {theirs.dtype}")

    with report.case("--window"):
        ours, profile, _, _ = convert("--window", "17,33,200,150")
        expect("window", ours, pixels[:, 33:183, 17:217])
        if profile["transform"] != transform * rasterio.Affine.translation(17, 33):
            raise Failed(f"transform {profile['transform']}")
    with report.case("--bounds"):
        left, top = transform * (40, 20)
        right, bottom = transform * (140, 80)
        expect("bounds", convert("--bounds", f"{left},{bottom},{right},{top}")[0], pixels[:, 20:80, 40:140])
    with report.case("--bands"):
        ours, _, _, names = convert("--bands", "3,1,1")
        expect("bands", ours, pixels[[2, 0, 0]])
        if names != ("band 2", "band 0", "band 0"):
            raise Failed(f"descriptions {names}")
    with report.case("--type --scale --nodata"):
        ours, profile, _, _ = convert("--type", "uint8", "--scale", "20,220,0,255", "--nodata", "0")
        value = np.clip(np.rint((pixels.astype(float) - 20) * (255 / 200)), 0, 255)
        expect("scale", ours, np.where(pixels == -9, 0, np.maximum(value, 1)).astype(np.uint8))
        if profile["nodata"] != 0:
            raise Failed(f"nodata {profile['nodata']}")
    with report.case("--type float32"):
        expect("type", convert("--type", "float32")[0], pixels.astype(np.float32))
    with report.case("--nodata"):
        ours, profile, _, _ = convert("--nodata", "-32768")
        expect("nodata", ours, np.where(pixels == -9, -32768, pixels).astype(np.int16))
        if profile["nodata"] != -32768:
            raise Failed(f"nodata {profile['nodata']}")
    with report.case("--nodata none"):
        ours, profile, _, _ = convert("--nodata", "none")
        expect("nodata", ours, pixels)
        if profile["nodata"] is not None:
            raise Failed(f"nodata {profile['nodata']}")
    with report.case("--resolution"):
        ours, profile, _, _ = convert("--resolution", "20,30")
        rows, cols = np.floor((np.arange(100) + 0.5) * 3).astype(int), np.floor((np.arange(202) + 0.5) * 2).astype(int)
        expect("resolution", ours[:, :, :201], pixels[:, rows][:, :, cols[:201]])
        if profile["transform"][0] != 20 or profile["transform"][4] != -30 or (profile["width"], profile["height"]) != (202, 100):
            raise Failed(f"{profile['width']} x {profile['height']}, {profile['transform']}")
    with report.case("--expand rgb"):
        palette = made(folder / "palette.tif", "uint8", 1, (301, 403))
        with rasterio.open(palette, "r+") as source:
            source.write_colormap(1, {i: (i, 255 - i, i // 2, 255) for i in range(256)})
        swath("convert", palette, out, "--expand", "rgb", "--tile", 64, "--overwrite", "--quiet")
        validate(out)
        with rasterio.open(palette) as source, rasterio.open(out) as copy:
            index = source.read(1)
            expect("expand", copy.read(), np.stack([index, 255 - index, index // 2]))
    with report.case("--tag"):
        tags = convert("--tag", "place=elsewhere", "--tag", "TIFFTAG_SOFTWARE=", "--tag", "a=b=c")[2]
        if (tags.get("place"), tags.get("TIFFTAG_SOFTWARE"), tags.get("a")) != ("elsewhere", None, "b=c"):
            raise Failed(f"tags {tags}")
    with report.case("--mask alpha"):
        path = made(folder / "mask3.tif", "uint8", 3, (301, 403), mask=True, photometric="RGB")
        ours, _, _, _ = convert("--mask", "alpha")
        with rasterio.open(path) as source:
            mask, rgb = source.dataset_mask(), source.read()
        expect("alpha", ours, np.concatenate([np.where(mask, rgb, 0), mask[None]]).astype(np.uint8))
    with report.case("--mask internal"):
        path = made(folder / "nodata2.tif", "int16", 2, (301, 403), nodata=-9)
        swath("convert", path, out, "--mask", "internal", "--tile", 64, "--overwrite", "--quiet")
        validate(out)
        with rasterio.open(path) as source, rasterio.open(out) as copy:
            if (copy.dataset_mask() != source.dataset_mask()).any() or (copy.read() != source.read()).any():
                raise Failed("the mask differs")
    with report.case("--tms WebMercatorQuad"):
        swath("convert", path, out, "--tms", "WebMercatorQuad", "--tile", 256, "--overwrite", "--quiet")
        validate(out)
        with rasterio.open(out) as copy:
            across = copy.transform.a * 256
            col, row = (copy.transform.c + 20037508.342789244) / across, (20037508.342789244 - copy.transform.f) / across
            zoom = np.log2(2 * 20037508.342789244 / across)
            whole = [abs(v - round(v)) < 1e-6 for v in (col, row, zoom)]
            if copy.crs.to_epsg() != 3857 or not all(whole) or copy.width % 256 or copy.height % 256:
                raise Failed(f"{copy.crs}, {copy.width} x {copy.height}, tile {col}, {row}, zoom {zoom}")
            if copy.tags(ns="TILING_SCHEME") != {"NAME": "GoogleMapsCompatible", "ZOOM_LEVEL": str(round(zoom))}:
                raise Failed(f"tags {copy.tags(ns='TILING_SCHEME')}")
    report.rows.append(("shapes", 13))


def run(swath, folder, shared):
    """Layouts, overviews by every method, and what shapes a raster on its way."""
    report = Report("Writing", ("what", "cases"))
    check_layouts(swath, folder, report)
    check_codecs(swath, folder, report)
    check_masked_overviews(swath, folder, report)
    check_methods(swath, folder, report)
    check_odd(swath, folder, report)
    check_shapes(swath, folder, report)
    return report
