"""`swath proximity` against scipy's exact Euclidean distance transform."""

import numpy as np
import rasterio
from scipy import ndimage

from common import Failed, Report

# Half a step of a float32: the one rounding that there is. Where pixels are not square, their ratio is rounded too.
TOLERANCE = 6e-8


def source(path, count, pixel):
    """Spots of 1 and 7 among 0."""
    random = np.random.default_rng(count)
    pixels = np.zeros((700, 901), "uint8")
    pixels[random.integers(0, 700, count), random.integers(0, 901, count)] = random.choice([1, 7], count)
    with rasterio.open(path, "w", driver="GTiff", width=901, height=700, count=1, dtype="uint8", transform=rasterio.Affine(pixel[0], 0, 0, 0, -pixel[1], 0), crs="EPSG:32633") as out:
        out.write(pixels, 1)
    return pixels


def run(swath, folder, shared):
    """Few and many targets, by value, in pixels and metres, with and without a furthest distance."""
    report = Report("proximity", ("targets", "case", "samples", "off by"))
    path, out = folder / "spots.tif", folder / "distance.tif"
    for count, pixel in ((1, (30, 30)), (5, (30, 30)), (300, (10, 25)), (20000, (30, 30))):
        pixels = source(path, count, pixel)
        for units, sampling in (("pixel", (1, 1)), ("geo", (pixel[1], pixel[0]))):
            for words, targets in (((), pixels > 0), (("--target", "7,100.."), pixels == 7)):
                if not targets.any():
                    continue
                for furthest in (None, 20 * sampling[1]):
                    with report.case(f"{count} targets, {units} {' '.join(words)} up to {furthest}"):
                        more = () if furthest is None else ("--max-distance", furthest)
                        swath("proximity", path, out, "--units", units, *words, *more, "--overwrite", "--quiet", "--format", "gtiff")
                        with rasterio.open(out) as made:
                            ours = made.read(1, masked=True)
                        wanted = ndimage.distance_transform_edt(~targets, sampling=sampling)
                        beyond = wanted > furthest if furthest else np.zeros(wanted.shape, bool)
                        if (np.ma.getmaskarray(ours) != beyond).any():
                            raise Failed("other pixels are beyond the furthest distance")
                        off = (np.abs(ours.data - wanted) / np.maximum(wanted, 1))[~beyond]
                        if off.max() > TOLERANCE * (1 if sampling[0] == sampling[1] else 2):
                            raise Failed(f"differs by {off.max():.3g}")
                        report.rows.append((int(targets.sum()), f"{units} {furthest or ''}", off.size, f"{off.max():.1e}"))
    return report
