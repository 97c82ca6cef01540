"""`swath colorize` against gdaldem color-relief: equal bytes."""

import numpy as np
import rasterio

from common import Failed, Report
from gdal_peer import Gdal

FILES = {
    "values": "-20 0 0 255\n0 0 200 0\n30.5 255 255 0 128\n60,255,127,13\n61:brown\n200 white 40\n",
    "percent": "0% blue\n25% 10 20 30\n100% 255 250 240 77\n",
    "steps": "0 black\n40 10 20 30\n40 200 100 50\n80 255 255 255\n80 7 7 7\n100 1 2 3\n",
    # The nodata value is 119, beyond all others. Amid the ramp GDAL lets it end on both sides of nodata, so that there is one colour
    # down to the entry before and one up to the next, and takes the colour of nodata for what lies beyond it; here it is no place on it.
    "nodata": "nv 9 8 7 6\n0 10 0 0\n100 200 100 50\n",
    "one": "50 1 2 3 4\n",
    "gmt": "# COLOR_MODEL = RGB\n0 0 0 0 40 200 100 50\n40 0 0 255 100 255 255 255\nB 1 2 3\nF 4 5 6\n",
}
MODES = (((), ()), (("--mode", "nearest"), ("-nearest_color_entry",)), (("--mode", "exact"), ("-exact_color_entry",)))


def source(path, dtype, gaps):
    """Noise; floats are multiples of 1/8, and in 32 bits, which GDAL reads all floats as."""
    random = np.random.default_rng(2)
    pixels = random.integers(0, 119, (150, 603)).astype("f8")
    if dtype.startswith("float"):
        pixels += random.integers(0, 8, pixels.shape) / 8
    if gaps:
        pixels[random.random(pixels.shape) < 0.02] = 119
    with rasterio.open(path, "w", driver="GTiff", width=603, height=150, count=1, dtype=dtype, nodata=119 if gaps else None) as out:
        out.write(pixels.astype(dtype), 1)
    return (pixels == 119) & gaps


def compare(ours, theirs, missing, alpha, colored):
    """All bytes are equal where there is a sample; what is missing is masked, transparent or coloured."""
    with rasterio.open(ours) as a, rasterio.open(theirs) as b:
        a_bytes, b_bytes, mask = a.read(), b.read(), a.dataset_mask()
    # GDAL takes the nodata value for a number, unless the ramp has a colour for it.
    looked = ~missing | colored
    # Without opacity, GDAL makes what has no colour black.
    differs = (a_bytes != b_bytes) & looked
    if differs.any():
        at = tuple(np.argwhere(differs)[0])
        raise Failed(f"{differs.sum()} bytes differ, the first at {at}: {a_bytes[at]}, GDAL {b_bytes[at]}")
    if not colored and missing.any():
        clear = a_bytes[3] if alpha else mask
        if clear[missing].any():
            raise Failed("what is missing is seen")
    return int(looked.sum()) * len(a_bytes)


def run(swath, folder, shared):
    """Every file in every mode, with and without opacity, of several types."""
    report, gdal = Report("colours", ("type", "ramps", "bytes equal")), Gdal()
    for dtype in ("uint8", "int16", "uint16", "int32", "float32", "float64"):
        for gaps in (False, True):
            path, ours, theirs, ramp = folder / f"values_{dtype}{gaps}.tif", folder / "ours.tif", folder / "theirs.tif", folder / "ramp.txt"
            missing, equal = source(path, dtype, gaps), 0
            for name, text in FILES.items():
                if name == "nodata" and not gaps:
                    # GDAL takes the word for a 0 then; here it means nothing.
                    continue
                ramp.write_text(text)
                for own, options in MODES:
                    for alpha in ((), ("--alpha",)):
                        with report.case(f"{name} {' '.join(own + alpha)} of {dtype}{' with gaps' if gaps else ''}"):
                            swath("colorize", path, ours, "--ramp", ramp, *own, *alpha, "--overwrite", "--quiet", "--format", "gtiff")
                            gdal.relief(str(path), ramp, str(theirs), [*options, *(["-alpha"] if alpha else [])])
                            equal += compare(ours, theirs, missing, bool(alpha), name == "nodata")
            report.rows.append((f"{dtype}{' with gaps' if gaps else ''}", len(FILES) * len(MODES) * 2, equal))
    return report
