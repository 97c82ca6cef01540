"""Images placed by control points and rational polynomials lie where GDAL puts them."""

import numpy as np
import rasterio
from common import Failed, Report
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.rpc import RPC
from rasterio.transform import GCPTransformer, from_bounds
from rasterio.warp import calculate_default_transform, reproject, transform

WIDTH, HEIGHT = 300, 240
# Each sample is its own place, so that what is interpolated tells which place was taken.
ROWS, COLS = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
PLACES = np.stack([COLS, ROWS])
# Rows and columns without heights.
HOLE = np.s_[90:96, 120:127]
# Away from the edges, where interpolation is of what lies inside.
MARGIN = 3


def bent(col, row):
    """A place on the ground for a place in the image, bent as photographs are."""
    u, v = col / WIDTH - 0.5, row / HEIGHT - 0.5
    return 16.2 + 0.4 * u + 0.05 * v + 0.02 * u * v + 0.015 * u * u * u, 48.1 - 0.3 * v + 0.04 * u + 0.02 * v * v - 0.01 * u * v * v


def points(crs, count):
    """So many control points all over the image, with a little noise."""
    noise = np.random.default_rng(7)
    made = []
    for i in range(count):
        # Steps of the golden section, along and across: all over the image, however many there are.
        col, row = (0.02 + i * 0.618034 % 0.96) * WIDTH, (0.02 + i * 0.96 / (count - 1)) * HEIGHT
        x, y = bent(col, row)
        x, y = x + noise.normal(0, 1e-4), y + noise.normal(0, 1e-4)
        [x], [y] = transform(CRS.from_epsg(4326), crs, [x], [y])
        made.append(GroundControlPoint(row=row, col=col, x=x, y=y, z=0))
    return made


def rational():
    """Rational polynomials of a scene in mountains, seen from the side."""
    line = [0.001, 0.02, -1.05, 0.003, 0.0007, 0.0002, -0.0004, 0.0011, -0.0009, 0.00001] + [0.00001 * i for i in range(10)]
    sample = [-0.002, 1.02, 0.03, -0.08, -0.0005, 0.0003, 0.0002, -0.0012, 0.0004, 0.00002] + [-0.00001 * i for i in range(10)]
    under = lambda s: [1.0] + [s * 0.0003 * (i % 4 - 1.5) for i in range(19)]
    return RPC(
        height_off=900, height_scale=1200, lat_off=47.2, lat_scale=0.15, line_den_coeff=under(1), line_num_coeff=line, line_off=HEIGHT / 2, line_scale=HEIGHT / 2,
        long_off=11.4, long_scale=0.2, samp_den_coeff=under(-1), samp_num_coeff=sample, samp_off=WIDTH / 2, samp_scale=WIDTH / 2, err_bias=0, err_rand=0,
    )  # fmt: skip


def heights(folder, crs, hole=False):
    """A raster of heights over the scene, smooth and steep."""
    to = CRS.from_epsg(4326)
    with rasterio.Env():
        if crs == 4326:
            bounds = (11.0, 46.9, 11.8, 47.5)
        else:
            xs, ys = transform(to, CRS.from_epsg(crs), [11.0, 11.8, 11.0, 11.8], [46.9, 46.9, 47.5, 47.5])
            bounds = (min(xs), min(ys), max(xs), max(ys))
    rows, cols = np.mgrid[0:200, 0:260]
    values = (900 + 700 * np.sin(cols / 31) * np.cos(rows / 23)).astype("f4")
    if hole:
        values[HOLE] = -9999
    path = folder / f"heights_{crs}{'_hole' if hole else ''}.tif"
    with rasterio.open(path, "w", driver="GTiff", width=260, height=200, count=1, dtype="float32", crs=CRS.from_epsg(crs), nodata=-9999, transform=from_bounds(*bounds, 260, 200)) as out:
        out.write(values, 1)
    return path


def source(path, **how):
    with rasterio.open(path, "w", driver="GTiff", width=WIDTH, height=HEIGHT, count=2, dtype="float64", nodata=-1, **how) as out:
        out.write(PLACES)
    return path


def around_hole(grid, path):
    """Which pixels take heights from samples of which some are missing and some are not."""
    rows, cols = np.mgrid[0 : grid.height, 0 : grid.width] + 0.5
    xs, ys = grid.transform * (cols.ravel(), rows.ravel())
    with rasterio.open(path) as model:
        xs, ys = transform(grid.crs, model.crs, xs, ys)
        col, row = ~model.transform * (np.array(xs), np.array(ys))
    within = lambda at, part, far: (at - 0.5 > part.start - 1 + far) & (at - 0.5 < part.stop - far)
    near, inside = [within(row, HOLE[0], far) & within(col, HOLE[1], far) for far in (-1e-6, 1 - 1e-6)]
    return (near & ~inside).reshape(grid.height, grid.width)


def spline(grid, crs, gcps):
    """The places of pixels by GDAL's splines, asked themselves: its warper, told SRC_METHOD=GCP_TPS, takes places up to
    0.3 pixels from those that its own transformer of splines gives."""
    rows, cols = np.mgrid[0 : grid.height, 0 : grid.width] + 0.5
    xs, ys = transform(grid.crs, crs, *(grid.transform * (cols.ravel(), rows.ravel())))
    row, col = GCPTransformer(gcps, tps=True).rowcol(xs, ys, op=lambda at: at)
    return np.array([col, row]).reshape(2, grid.height, grid.width)


def compare(swath, folder, file, words, target, crs, options, worst, hole=None):
    """Warps by both; the grids are equal and each place is GDAL's."""
    made, target = folder / "located.tif", CRS.from_epsg(target)
    words = ["warp", "--to", target, "--resample", "bilinear", "--max-error", 0, "--dst-nodata", -1, "--overwrite", *words]
    with rasterio.open(file) as src:
        place = dict(rpcs=src.rpcs) if src.rpcs else dict(gcps=src.gcps[0])
    swath(*words, file, made)
    # This knows no other method than GDAL's own choice.
    expected, width, height = calculate_default_transform(crs, target, WIDTH, HEIGHT, **place, **options)
    with rasterio.open(made) as ours:
        found, pixel = ours.transform, ours.transform.a / expected.a
    # The ground of rational polynomials is found to a tenth of a pixel there, to a millionth here.
    loose = (1, 3e-3) if "rpcs" in place else (0, 1e-9)
    if "SRC_METHOD" not in options and (max(abs(ours.width - width), abs(ours.height - height)) > loose[0] or abs(pixel - 1) > loose[1]):
        raise Failed(f"grid {ours.width} x {ours.height} of {found.a}, GDAL {width} x {height} of {expected.a}")
    # Pixels as fine as the input's or finer: no kernel widens.
    swath(*words, "--resolution", 0.6 * found.a, file, made)
    with rasterio.open(made) as ours:
        mine, theirs = ours.read(), np.full((2, ours.height, ours.width), -1.0)
    if "tps" in words:
        theirs = spline(ours, crs, place["gcps"])
    else:
        reproject(
            PLACES, theirs, src_crs=crs, dst_transform=ours.transform, dst_crs=ours.crs, src_nodata=-1, dst_nodata=-1, resampling=Resampling.bilinear,
            tolerance=0, XSCALE=1, YSCALE=1, **place, **options,
        )  # fmt: skip
    inside = lambda a: (a[0] > MARGIN) & (a[0] < WIDTH - MARGIN) & (a[1] > MARGIN) & (a[1] < HEIGHT - MARGIN)
    both = inside(mine) | inside(theirs)
    if hole:
        both &= ~around_hole(ours, hole)
    if both.sum() < 50_000:
        raise Failed(f"only {both.sum()} pixels are compared")
    away = np.abs(mine - theirs)[:, both]
    if away.max() > worst:
        raise Failed(f"{away.max():.6f} pixels from GDAL's place, {worst} allowed; {(away > worst).mean():.0%} beyond")
    return both.sum(), away.max()


def run(swath, folder, rasters):
    report = Report("images without a GeoTransform", ("placed by", "pixels compared", "largest distance from GDAL's place (pixels)"))

    def case(name, *what):
        with report.case(name):
            count, away = compare(swath, folder, *what)
            report.rows.append((name, count, f"{away:.2g}"))

    for code in (4326, 32633):
        crs = CRS.from_epsg(code)
        file = source(folder / f"points_{code}.tif", crs=crs, gcps=points(crs, 22))
        few = source(folder / f"few_{code}.tif", crs=crs, gcps=points(crs, 5))
        # The same polynomials, solved in another order of sums.
        case(f"5 points in EPSG:{code}, by a homography", few, [], 3857, crs, {}, 1e-6)
        case(f"22 points in EPSG:{code}, degree by their number", file, [], 3857, crs, {}, 1e-6)
        for degree in (1, 2, 3):
            case(f"degree {degree} in EPSG:{code}", file, ["--gcp-order", degree], 3857, crs, dict(MAX_GCP_ORDER=degree), 1e-6)
        case(f"22 points in EPSG:{code}, by a homography", file, ["--place-by", "homography"], 3857, crs, dict(SRC_METHOD="GCP_HOMOGRAPHY"), 1e-6)
        case(f"splines in EPSG:{code}", file, ["--place-by", "tps"], 3857, crs, dict(SRC_METHOD="GCP_TPS"), 1e-6)
        case(f"degree 2 in EPSG:{code}, to EPSG:{code}", file, ["--place-by", "gcps"], code, crs, {}, 1e-6)
    wgs84 = CRS.from_epsg(4326)
    file = source(folder / "rational.tif", rpcs=rational())
    # Whatever is made of the first place is made of the same polynomials, to the last digits.
    case("rational polynomials, at height 0", file, [], 32632, wgs84, {}, 1e-6)
    case("rational polynomials, at 1500 m", file, ["--height", 1500], 32632, wgs84, dict(RPC_HEIGHT=1500), 1e-6)
    for code in (4326, 32632):
        model = heights(folder, code)
        case(f"rational polynomials, heights in EPSG:{code}", file, ["--dem", model], 32632, wgs84, dict(RPC_DEM=str(model)), 1e-6)
        # At the edge of a hole GDAL takes the first sample that has a height, whichever is nearest; here all that have
        # one count by how near they are.
        model = heights(folder, code, hole=True)
        words, options = ["--dem", model, "--missing-height", 500], dict(RPC_DEM=str(model), RPC_DEM_MISSING_VALUE=500)
        case(f"rational polynomials, heights in EPSG:{code} with a hole", file, words, 32632, wgs84, options, 1e-6, model)
    far = rational()
    far.long_off = 180.0
    file = source(folder / "far.tif", rpcs=far)
    model = folder / "world.tif"
    rows, cols = np.mgrid[0:360, 0:3600]
    with rasterio.open(model, "w", driver="GTiff", width=3600, height=360, count=1, dtype="float32", crs=wgs84, transform=from_bounds(-180, 40, 180, 54, 3600, 360)) as out:
        out.write((900 + 300 * np.sin(rows / 40) * np.cos(cols / 1800 * np.pi)).astype("f4"), 1)
    case("rational polynomials on the antimeridian, heights of the world", file, ["--dem", model], 32660, wgs84, dict(RPC_DEM=str(model)), 1e-6)
    with report.case("several images, and one that has a GeoTransform"):
        plain = folder / "plain.tif"
        swath("warp", "--to", "EPSG:4326", few, plain)
        swath("warp", "--to", "EPSG:3857", few, plain, "-o", folder / "several.tif", "--overwrite")
    with report.case("what fits nothing is refused"):
        for words in (["--place-by", "rpc"], ["--gcp-order", 3], ["--dem", file]):
            ended = swath.attempt("warp", "--to", "EPSG:3857", *words, few, folder / "refused.tif")
            if ended.returncode not in (2, 4) or (folder / "refused.tif").exists():
                raise Failed(f"{words}: {ended.returncode} {ended.stderr}")
    return report
