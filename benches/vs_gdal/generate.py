#!/usr/bin/env python3
"""Makes the rasters that the benchmarks read: the same samples on every run, like the data people have.

usage: generate.py DIR [--size N] [NAME ...]

`scene` is an optical band (uint16): fields of one value each with sharp borders, relief showing through, sensor noise
of a few counts, and outside the edge of the swath nodata (0). `dem` is terrain (float32, metres, to 1/128 m): power-law
relief with the sea cut out as nodata (-9999). `photo` is an aerial picture (3 bands of uint8): the same fields and
relief in three mixtures, with noise. `million_tiles` has
no pixels, only places for them; `wide_...` is a scene of 20,000 pixels a side (for a size of 8192). `tiles` are 400 files
that overlap, cut out of a larger scene. Layers repeat with periods that share no factor, so that no block repeats.
"""

import argparse
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

TILED = dict(tiled=True, blockxsize=512, blockysize=512)
# name: (content, creation options)
RASTERS = {
    "scene_deflate": ("scene", dict(TILED, compress="deflate", zlevel=6, predictor=2)),
    "scene_zstd": ("scene", dict(TILED, compress="zstd", zstd_level=9, predictor=2)),
    "scene_lzw": ("scene", dict(compress="lzw", predictor=2)),
    "dem_deflate": ("dem", dict(TILED, compress="deflate", zlevel=6, predictor=3)),
    "dem_lerc": ("dem", dict(TILED, compress="lerc", max_z_error=0.01)),
    "photo_jpeg": ("photo", dict(TILED, compress="jpeg", jpeg_quality=85, photometric="ycbcr", interleave="pixel")),
    "wide_zstd": ("scene", dict(TILED, compress="zstd", zstd_level=1, predictor=2)),
    "wide_none": ("scene", dict(TILED)),
    "million_tiles": ("nothing", dict(tiled=True, blockxsize=16, blockysize=16, compress="deflate", SPARSE_OK=True)),
}


def wide(size):
    """The side of a scene larger than any cache."""
    return size * 20_000 // 8192


# Sides by the size asked for. A thousand tiles a side, all of them left out, but listed.
SIDES = {"million_tiles": lambda size: 16_000, "wide_zstd": wide, "wide_none": wide}
NODATA = {"scene": 0, "dem": -9999, "photo": None, "nothing": None}
DTYPE = {"scene": "uint16", "dem": "float32", "photo": "uint8", "nothing": "uint16"}
ROWS = 512


class Layer:
    """A square of values that repeats for ever, read in windows, optionally magnified (linearly)."""

    def __init__(self, values, magnify=1):
        self.values, self.magnify = values.astype(np.float32), magnify

    def rows(self, top, bottom, width):
        """Rows top..bottom, columns 0..width."""
        n, m = len(self.values), self.magnify
        if m == 1:
            block = self.values[np.arange(top, bottom) % n]
            return np.take(block, np.arange(width) % n, axis=1)
        y, x = np.arange(top, bottom) / m, np.arange(width) / m
        fy, fx = (y % 1)[:, None].astype(np.float32), (x % 1).astype(np.float32)
        y, x = y.astype(int), x.astype(int)
        upper = self.values[y % n] * (1 - fy) + self.values[(y + 1) % n] * fy
        return upper[:, x % n] * (1 - fx) + upper[:, (x + 1) % n] * fx


def power_law(n, exponent, seed):
    """Noise whose power falls with frequency**-exponent, mean 0, deviation 1: how relief and clouds look."""
    spectrum = np.fft.rfft2(np.random.default_rng(seed).standard_normal((n, n)))
    frequency = np.hypot(np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None, :])
    frequency[0, 0] = np.inf
    field = np.fft.irfft2(spectrum * frequency ** (-exponent / 2), (n, n))
    return field / field.std()


def parcels(cells, cell, seed):
    """Fields: each pixel takes the value of the nearest of the points strewn one to a cell (periodic)."""
    random = np.random.default_rng(seed)
    shift, value = random.random((2, cells, cells)), random.standard_normal((cells, cells))
    n = cells * cell
    y, x = np.mgrid[0:n, 0:n] / cell
    row, column = y.astype(int), x.astype(int)
    best, field = np.full((n, n), np.inf), np.zeros((n, n))
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            r, q = (row + dy) % cells, (column + dx) % cells
            distance = (row + dy + shift[0][r, q] - y) ** 2 + (column + dx + shift[1][r, q] - x) ** 2
            nearer = distance < best
            best[nearer], field[nearer] = distance[nearer], value[r, q][nearer]
    return field


class Land:
    """The layers that both rasters share."""

    def __init__(self):
        self.coarse = Layer(power_law(1021, 3.2, 1), magnify=16)
        self.relief = Layer(power_law(1531, 2.6, 2))
        self.detail = Layer(power_law(1201, 2.2, 3))
        self.fields = Layer(parcels(41, 37, 4))
        self.noise = Layer(np.random.default_rng(5).standard_normal((1999, 1999)))

    def scene(self, top, bottom, size):
        """Rows of the optical band."""
        at = (top, bottom, size)
        value = 9000 + 900 * self.fields.rows(*at) + 500 * self.relief.rows(*at) + 250 * self.detail.rows(*at)
        value += 1200 * self.coarse.rows(*at) + 25 * self.noise.rows(*at)
        value = np.clip(np.rint(value), 1, 65535).astype(np.uint16)
        y, x = np.arange(top, bottom)[:, None], np.arange(size)[None, :]
        value[x > 0.97 * size + 0.09 * (0.5 * size - y)] = NODATA["scene"]
        return value

    def dem(self, top, bottom, size):
        """Rows of the terrain."""
        at = (top, bottom, size)
        value = 800 + 320 * self.coarse.rows(*at) + 120 * self.relief.rows(*at) + 30 * self.detail.rows(*at)
        value = np.rint((value + 0.15 * self.noise.rows(*at)) * 128) / 128
        value[value < 200] = NODATA["dem"]
        return value.astype(np.float32)

    def photo(self, top, bottom, size):
        """Rows of the picture, bands first."""
        at = (top, bottom, size)
        fields, relief, detail, noise = (layer.rows(*at) for layer in (self.fields, self.relief, self.detail, self.noise))
        mixtures = ((22, 14, 10), (16, 15, 12), (-9, 12, 9))
        bands = [110 + a * fields + b * relief + c * detail + 3 * noise for a, b, c in mixtures]
        return np.clip(np.rint(bands), 0, 255).astype(np.uint8)


def generate(directory, size, names):
    """Makes those of `names` that are missing; a file is moved into place only when whole."""
    land = None
    for name in names:
        path = Path(directory) / f"{name}_{size}.tif"
        if path.exists():
            continue
        land = land or Land()
        path.parent.mkdir(parents=True, exist_ok=True)
        content, options = RASTERS[name]
        side = SIDES.get(name, int)(size)
        part = path.with_suffix(".part")
        with rasterio.open(
            part,
            "w",
            driver="GTiff",
            width=side,
            height=side,
            count=3 if content == "photo" else 1,
            dtype=DTYPE[content],
            crs="EPSG:32633",
            transform=from_origin(300000, 5700000, 10, 10),
            # Without it neither side marks what is missing, which GDAL never does in a plain read.
            nodata=None if name == "wide_none" else NODATA[content],
            num_threads=2,
            **options,
        ) as out:
            for top in range(0, 0 if content == "nothing" else side, ROWS):
                bottom = min(side, top + ROWS)
                rows = getattr(land, content)(top, bottom, side)
                out.write(rows.reshape(out.count, bottom - top, side), window=Window(0, top, side, bottom - top))
        part.rename(path)
        print(f"made {path.name}: {path.stat().st_size / 1e6:.1f} MB", flush=True)


def tiles(directory, size):
    """Cuts the optical band of a larger scene into 20 x 20 tiles that overlap by a sixteenth; a list names them."""
    side = max(128, size // 8)
    step, listed = side * 15 // 16, Path(directory) / f"tiles_{size}.txt"
    if listed.exists():
        return
    land, folder = Land(), Path(directory) / f"tiles_{size}"
    folder.mkdir(parents=True, exist_ok=True)
    whole, paths = step * 19 + side, []
    for row in range(20):
        pixels = land.scene(row * step, row * step + side, whole)
        for column in range(20):
            paths.append(folder / f"{row:02}_{column:02}.tif")
            place = from_origin(300000 + 10 * step * column, 5700000 - 10 * step * row, 10, 10)
            profile = dict(TILED, driver="GTiff", width=side, height=side, count=1, dtype="uint16", nodata=0, crs="EPSG:32633", compress="deflate", predictor=2)
            with rasterio.open(paths[-1], "w", transform=place, **profile) as out:
                out.write(pixels[None, :, step * column : step * column + side])
    listed.write_text("".join(f"{path}\n" for path in paths))
    print(f"made {len(paths)} tiles", flush=True)


if __name__ == "__main__":
    prompt = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    prompt.add_argument("directory")
    prompt.add_argument("--size", type=int, default=8192)
    prompt.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RASTERS))
    asked = prompt.parse_intermixed_args()
    generate(asked.directory, asked.size, asked.names or RASTERS)
    tiles(asked.directory, asked.size)
