"""`swath stats` against numpy's masked arrays, exactly, and against GDAL's statistics."""

import json
import math
import warnings

import numpy as np
import rasterio

from common import SCENE, Failed, Report

PERCENTILES = (0, 2, 12.5, 50, 98, 100)
BINS = 17
# Larger rasters would only take longer.
MOST_SAMPLES = 3_000_000
# GDAL makes RGB of CMYK; rasterio compares nodata of 64 bits as floats.
NOT_COMPARED = {"cmyk.tif", "nodata_int64_m9223372.tif", "nodata_uint64_92233720.tif"}


def expect(name, ours, theirs, relative=0.0):
    ours, theirs = float(ours), float(theirs)
    if not (ours == theirs or math.isnan(ours) and math.isnan(theirs) or abs(ours - theirs) <= relative * abs(theirs)):
        raise Failed(f"{name}: {ours!r}, wanted {theirs!r}")


def compare(band, samples):
    """One band of swath's JSON against its valid samples."""
    values = samples.compressed()
    values = values[~np.isnan(values)]
    if band["valid"] != values.size:
        raise Failed(f"{band['valid']} valid samples, wanted {values.size}")
    if not values.size:
        return
    expect("minimum", band["minimum"], values.min())
    expect("maximum", band["maximum"], values.max())
    finite = np.isfinite(values).all()
    if finite:
        # fsum rounds once, and the division again.
        exact = sum(map(int, values.tolist())) / values.size if values.dtype.kind in "iu" else math.fsum(values.astype("f8").tolist()) / values.size
        expect("mean", band["mean"], exact, 4.5e-16)
        expect("std", band["stdDev"], np.std(values.astype("longdouble")), 1e-12)
    for percentile, value in zip(PERCENTILES, np.percentile(values.astype("f8"), PERCENTILES)):
        if finite:
            expect(f"percentile {percentile}", band["percentiles"][str(percentile)], value)
    if finite:
        counts, _ = np.histogram(values.astype("f8"), BINS)
        if band["histogram"]["buckets"] != counts.tolist():
            raise Failed(f"histogram {band['histogram']['buckets']}, numpy {counts.tolist()}")


def run(swath, folder, shared):
    """Equal to numpy to the last bit where numpy is exact, and to GDAL to nine digits."""
    report = Report("statistics", ("file", "type", "bands"))
    files = [SCENE, *(sorted(shared.rglob("*.tif")) if shared else [])]
    for path in files:
        try:
            source = rasterio.open(path)
        except rasterio.errors.RasterioIOError:
            continue
        with source:
            kind = np.dtype(source.dtypes[0]) if not source.dtypes[0].startswith("complex") else None
            if kind is None or len(set(source.dtypes)) > 1 or source.width * source.height * source.count > MOST_SAMPLES:
                continue
            # Codecs whose decoders may differ by a level are compared elsewhere.
            if source.tags(ns="IMAGE_STRUCTURE").get("COMPRESSION", "").lstrip("Y").startswith(("JPEG", "CbCr", "WEBP", "LERC", "JXL", "JP2")):
                continue
            try:
                bands_read, masks = source.read(), source.read_masks()
            except rasterio.errors.RasterioIOError:
                continue
            if path.name in NOT_COMPARED:
                continue
            words = ["stats", path, "--json", "--percentiles", ",".join(map(str, PERCENTILES)), "--bins", BINS]
            ended = swath.attempt(*words)
            if ended.returncode == 4:
                continue
            with report.case(path.name):
                if ended.returncode:
                    raise Failed(ended.stderr.strip())
                bands = json.loads(ended.stdout)["bands"]
                for number, band in enumerate(bands, 1):
                    # An opacity band is for the reader to blend: what it hides counts.
                    is_alpha = rasterio.enums.MaskFlags.alpha in source.mask_flag_enums[number - 1]
                    hidden = (masks[number - 1] == 0) & (not is_alpha)
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        compare(band, np.ma.array(bands_read[number - 1], mask=hidden))
                report.rows.append((path.name, kind.name, len(bands)))
    for number, band in enumerate(json.loads(swath.attempt("stats", SCENE, "--json").stdout)["bands"], 1):
        with report.case(f"GDAL, band {number}"), rasterio.open(SCENE) as scene:
            theirs = scene.stats(indexes=number, approx=False)[0]
            for name, value in zip(("minimum", "maximum", "mean", "stdDev"), (theirs.min, theirs.max, theirs.mean, theirs.std)):
                expect(f"GDAL's {name}", band[name], value, 1e-9)
    report.rows = [(f"{len(report.rows)} files", ", ".join(sorted({row[1] for row in report.rows})), sum(row[2] for row in report.rows))]
    return report
