"""Chunks that are moved as they are stored: GDAL reads from the output what it reads from the input, losses of JPEG included."""

import numpy as np
import rasterio

from check_cog import validate
from check_write import PLACE, made
from common import Failed, Report

TILED = dict(tiled=True, blockxsize=64, blockysize=64)
# Each with what GDAL is told, and the type and number of bands.
KINDS = (
    ("deflate", dict(compress="DEFLATE", predictor=2, zlevel=9), "uint16", 2),
    ("deflate", dict(compress="DEFLATE", predictor=3), "float32", 1),
    ("zstd", dict(compress="ZSTD", zstd_level=15), "int32", 1),
    ("lzw", dict(compress="LZW", predictor=2), "uint8", 3),
    ("packbits", dict(compress="PACKBITS"), "uint8", 1),
    ("lzma", dict(compress="LZMA"), "int16", 1),
    ("lerc", dict(compress="LERC", max_z_error=0.3), "float64", 1),
    ("lerc_zstd", dict(compress="LERC_ZSTD", max_z_error=2), "uint16", 1),
    ("webp", dict(compress="WEBP", webp_level=60), "uint8", 3),
    ("jpeg", dict(compress="JPEG", photometric="YCBCR", jpeg_quality=60), "uint8", 3),
    ("jpeg", dict(compress="JPEG", photometric="RGB", jpeg_quality=40), "uint8", 3),
    ("jpeg", dict(compress="JPEG", jpeg_quality=85), "uint8", 1),
)


def moved(swath, path, out, *words):
    """Converts a file; returns how many of how many chunks were moved."""
    ended = swath.attempt("convert", path, out, "--tile", 64, "--overwrite", *words)
    if ended.returncode:
        raise Failed(ended.stderr)
    before, found, _ = ended.stderr.partition(" chunks moved")
    return tuple(int(word) for word in before.split()[-3::2]) if found else (0, 0)


def same(out, path):
    with rasterio.open(out) as copy, rasterio.open(path) as source:
        ours, theirs = copy.read(), source.read()
        differ = ours != theirs
        if differ.any():
            raise Failed(f"{differ.sum()} samples differ, by {np.abs(ours.astype(float) - theirs).max()} at the most")
        if (copy.read_masks() != source.read_masks()).any():
            raise Failed("masks differ")


def run(swath, folder, shared):
    """Every codec, with and without overviews, a mask, chunks that are left out, and bands apart."""
    report = Report("Moving", ("what", "cases"))
    path, out, count = folder / "move_in.tif", folder / "move_out.tif", 0
    for codec, words, dtype, bands in KINDS:
        for interleave in ("pixel", "band")[: 1 if bands == 1 or codec in ("webp", "jpeg") else 2]:
            made(path, dtype, bands, (301, 403), interleave=interleave, **TILED, **words)
            for more in ([], ["--overviews", "none"], ["--overviews", "none", "--format", "gtiff"]):
                with report.case(f"{codec} of {bands} x {dtype}, {interleave} {more}"):
                    chunks = moved(swath, path, out, "--compress", codec, "--interleave", interleave, *more)
                    if chunks != (35 * (bands if interleave == "band" else 1),) * 2:
                        raise Failed(f"moved {chunks}")
                    if "gtiff" not in more:
                        validate(out)
                    same(out, path)
                count += 1
    report.rows.append(("codecs", count))
    with report.case("jpeg under a mask"):
        made(path, "uint8", 3, (301, 403), mask=True, compress="JPEG", photometric="YCBCR", **TILED)
        if moved(swath, path, out, "--compress", "jpeg") != (35, 35):
            raise Failed("not moved")
        validate(out)
        same(out, path)
    with report.case("jpeg of which chunks are left out: those that are made have other tables"):
        with rasterio.open(path, "w", driver="GTiff", width=320, height=256, count=3, dtype="uint8", compress="JPEG", photometric="YCBCR", jpeg_quality=30, sparse_ok=True, **TILED, **PLACE) as sparse:
            pixels = np.random.default_rng(3).integers(0, 255, (3, 64, 64), dtype=np.uint8)
            for col in (0, 2, 4):
                for row in (1, 2):
                    sparse.write(pixels // (col + 1), window=rasterio.windows.Window(64 * col, 64 * row, 64, 64))
        if moved(swath, path, out, "--compress", "jpeg") != (6, 20):
            raise Failed(f"moved {moved(swath, path, out, '--compress', 'jpeg')}")
        validate(out)
        same(out, path)
    report.rows.append(("jpeg", 2))
    return report
