"""Every file of the GDAL-written matrix through `swath convert`: the samples that GDAL reads, or a clear refusal."""

import hashlib
import json
import re
from collections import Counter

import numpy as np
import rasterio
from rasterio.enums import MaskFlags

from common import Failed, Report

# The promise: these are read. What else there is may be refused by name, and must be right if it is not.
CODECS = {"none", "deflate", "lzw", "packbits", "zstd"}
TYPES = {f"{kind}{bits}" for kind in ("uint", "int") for bits in (8, 16, 32, 64)} | {"float32", "float64"}
MATRIX = re.compile(r"(?P<type>[a-z]+\d+)_(?P<codec>[a-z]+)_p[123]_\d+b_(pixel|band)_[st]\d+")
# Decoders of JPEG round differently: how many levels a sample may be off that of the GDAL at hand. Where luma and chroma
# are each one off, blue, which is Y + 1.772 Cb, is 2.8 off.
JPEG_LEVELS = 3
# The documented exit code for what swath does not do.
UNSUPPORTED = 4


def hashes(path):
    """The sha256 of each band's samples, row by row, little endian."""
    with rasterio.open(path) as source:
        bands = (source.read(b + 1) for b in range(source.count))
        return [hashlib.sha256(b.astype(b.dtype.newbyteorder("<")).tobytes()).hexdigest() for b in bands]


def is_jpeg(path):
    """Whether GDAL says that the samples are JPEG-compressed."""
    with rasterio.open(path) as source:
        return "JPEG" in source.tags(ns="IMAGE_STRUCTURE").get("COMPRESSION", "")


def is_masked(path):
    """Whether a mask says which samples are valid."""
    with rasterio.open(path) as source:
        return any(flags == [MaskFlags.per_dataset] for flags in source.mask_flag_enums)


def furthest(path, out, masked):
    """The largest difference between the valid samples of two files, whose masks have to be equal."""
    with rasterio.open(path) as one, rasterio.open(out) as other:
        seen = one.dataset_mask() != 0 if masked else np.True_
        if masked and not np.array_equal(seen, other.dataset_mask() != 0):
            raise Failed("another mask")
        apart = (np.abs(one.read(b).astype(float) - other.read(b)) for b in one.indexes)
        return max(float(np.where(seen, band, 0).max()) for band in apart)


def judge(swath, path, oracle, out):
    """`equal` or `refused`; raises Failed for anything else."""
    for stale in (out, out.with_name(f"{out.name}.aux.xml")):
        # The system of the raster before may lie there.
        stale.unlink(missing_ok=True)
    ended = swath.attempt("convert", path, out, "--compress", "none", "--format", "gtiff", "--overviews", "none", "--quiet")
    if ended.returncode == 0:
        expected = [band.get("sha256") for band in oracle["bands"]]
        ours = hashes(out)
        # What lies beneath a mask is written as 0 (README, "Limits").
        masked = is_masked(path)
        if len(ours) == len(expected) and (masked or is_jpeg(path)):
            most = JPEG_LEVELS if is_jpeg(path) else 0
            if (levels := furthest(path, out, masked)) > most:
                raise Failed(f"samples are up to {levels} levels off, at most {most} allowed")
        elif ours != expected:
            wrong = [i + 1 for i, pair in enumerate(zip(ours, expected)) if pair[0] != pair[1]]
            raise Failed(f"{len(ours)} bands, expected {len(expected)}; other samples in bands {wrong}")
        return "equal"
    error = ended.stderr.strip()
    if ended.returncode < 0 or ended.returncode == 101 or "panicked" in error:
        raise Failed(f"crashed with {ended.returncode}: {error[-300:]}")
    if out.exists():
        raise Failed(f"failed with {ended.returncode} and left {out.name} behind")
    if ended.returncode != UNSUPPORTED or not error:
        raise Failed(f"refused with {ended.returncode}, but not as unsupported: {error[-300:]}")
    return "refused"


def run(swath, folder, shared):
    """A row for each codec and sample type that the matrix names, and one for the rest."""
    report = Report("read", ("codec", "type", "files", "equal", "refused"))
    if not shared:
        return report
    counts = {}
    files = json.loads((shared / "oracle.json").read_text())["files"]
    for name, entry in sorted(files.items()):
        if not name.startswith("gdalgen/") or "bands" not in entry.get("gdal", {}):
            continue
        named = MATRIX.match(name.removeprefix("gdalgen/"))
        promised = named is not None and named["codec"] in CODECS and named["type"] in TYPES
        key = (named["codec"], named["type"]) if promised else ("others", "")
        with report.case(name):
            verdict = judge(swath, shared / name, entry["gdal"], folder / "read.tif")
            counts.setdefault(key, Counter())[verdict] += 1
            if promised and verdict == "refused":
                raise Failed("refused, though it is one of those that must be read")
    for key, count in sorted(counts.items()):
        report.rows.append((*key, count.total(), count["equal"], count["refused"]))
    return report
