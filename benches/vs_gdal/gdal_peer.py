#!/usr/bin/env python3
"""GDAL's own programs, driven through the libgdal that a rasterio wheel carries.

`warp`, `translate` and `dem` take the words of gdalwarp, gdal_translate and gdaldem (options, then SRC and DST) and call the very
functions behind those programs: nothing of rasterio runs, so the peer is GDAL at its best.

usage: gdal_peer.py noop
       gdal_peer.py version
       gdal_peer.py open FILE
       gdal_peer.py decode FILE THREADS
       gdal_peer.py windows FILE COUNT SIDE CACHE_MB
       gdal_peer.py warp [gdalwarp options] SRC DST
       gdal_peer.py translate [gdal_translate options] SRC DST
       gdal_peer.py mosaic VRT [gdal_translate options] SRC ... DST      (@FILE for a list of sources)
       gdal_peer.py merge CODEC LEVEL SRC ... DST
       gdal_peer.py warps [gdalwarp options] -- SRC ... DST
       gdal_peer.py dem MODE [gdaldem options] SRC DST
       gdal_peer.py addo RESAMPLING FILE
"""

import ctypes as c
import importlib.util
import os
import sys
from pathlib import Path

UPDATE = 0x01
RASTER = 0x02
VERBOSE_ERROR = 0x40


class Gdal:
    """The entry points of libgdal that are needed here, with their types."""

    def __init__(self):
        package = Path(importlib.util.find_spec("rasterio").origin).parent
        os.environ.setdefault("PROJ_DATA", str(package / "proj_data"))
        os.environ.setdefault("GDAL_DATA", str(package / "gdal_data"))
        (library,) = (package.parent / "rasterio.libs").glob("libgdal-*.so*")
        self.lib = c.CDLL(str(library), mode=c.RTLD_GLOBAL)
        handle, strings, flag = c.c_void_p, c.POINTER(c.c_char_p), c.POINTER(c.c_int)
        for name, result, arguments in (
            ("GDALAllRegister", None, []),
            ("GDALVersionInfo", c.c_char_p, [c.c_char_p]),
            ("CPLSetConfigOption", None, [c.c_char_p, c.c_char_p]),
            ("GDALOpenEx", handle, [c.c_char_p, c.c_uint, handle, handle, handle]),
            ("GDALClose", c.c_int, [handle]),
            ("GDALWarpAppOptionsNew", handle, [strings, handle]),
            ("GDALWarp", handle, [c.c_char_p, handle, c.c_int, c.POINTER(handle), handle, flag]),
            ("GDALTranslateOptionsNew", handle, [strings, handle]),
            ("GDALTranslate", handle, [c.c_char_p, handle, handle, flag]),
            ("GDALDEMProcessingOptionsNew", handle, [strings, handle]),
            ("GDALDEMProcessing", handle, [c.c_char_p, handle, c.c_char_p, c.c_char_p, handle, flag]),
            ("GDALFillNodata", c.c_int, [handle, handle, c.c_double, c.c_int, c.c_int, strings, handle, handle]),
            ("GDALBuildOverviews", c.c_int, [handle, c.c_char_p, c.c_int, flag, c.c_int, flag, handle, handle]),
            ("GDALBuildVRTOptionsNew", handle, [strings, handle]),
            ("GDALBuildVRT", handle, [c.c_char_p, c.c_int, handle, strings, handle, flag]),
            ("GDALGetRasterXSize", c.c_int, [handle]),
            ("GDALGetRasterYSize", c.c_int, [handle]),
            ("GDALGetRasterCount", c.c_int, [handle]),
            ("GDALGetGeoTransform", c.c_int, [handle, c.POINTER(c.c_double)]),
            ("GDALGetRasterBand", handle, [handle, c.c_int]),
            ("GDALGetRasterDataType", c.c_int, [handle]),
            ("GDALGetDataTypeSizeBytes", c.c_int, [c.c_int]),
            ("GDALGetBlockSize", None, [handle, flag, flag]),
            ("GDALReadBlock", c.c_int, [handle, c.c_int, c.c_int, handle]),
            ("GDALGetDriverByName", handle, [c.c_char_p]),
            ("GDALCreate", handle, [handle, c.c_char_p] + [c.c_int] * 4 + [handle]),
            ("GDALDatasetCreateLayer", handle, [handle, c.c_char_p, handle, c.c_int, handle]),
            ("OGR_Fld_Create", handle, [c.c_char_p, c.c_int]),
            ("OGR_L_CreateField", c.c_int, [handle, handle, c.c_int]),
            ("GDALContourGenerateEx", c.c_int, [handle, handle, strings, handle, handle]),
            ("OGR_L_ResetReading", None, [handle]),
            ("OGR_L_GetNextFeature", handle, [handle]),
            ("OGR_F_GetFieldAsDouble", c.c_double, [handle, c.c_int]),
            ("OGR_F_GetGeometryRef", handle, [handle]),
            ("OGR_F_Destroy", None, [handle]),
            ("OGR_G_GetPointCount", c.c_int, [handle]),
            ("OGR_G_GetPoints", c.c_int, [handle, handle, c.c_int, handle, c.c_int, handle, c.c_int]),
            (
                "GDALDatasetRasterIOEx",
                c.c_int,
                [handle] + [c.c_int] * 5 + [handle] + [c.c_int] * 4 + [handle] + [c.c_longlong] * 3 + [handle],
            ),
        ):
            function = getattr(self.lib, name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        self.GDALAllRegister()

    def version(self):
        """The release name, such as 3.12.2."""
        return self.GDALVersionInfo(b"RELEASE_NAME").decode()

    def open(self, path):
        """Opens a raster for reading."""
        dataset = self.GDALOpenEx(os.fsencode(path), RASTER | VERBOSE_ERROR, None, None, None)
        if not dataset:
            raise SystemExit(f"gdal_peer: cannot open {path}")
        return dataset

    def run(self, tool, words):
        """Runs gdalwarp, gdal_translate or gdaldem with `words`; returns the grid of what was made: (width, height, transform)."""
        *options, source, target = words
        mode = options.pop(0) if tool == "dem" else None
        source, failed, made = self.open(source), c.c_int(0), None
        options = (c.c_char_p * (len(options) + 1))(*[os.fsencode(str(o)) for o in options], None)
        if tool == "warp":
            sources = (c.c_void_p * 1)(source)
            made = self.GDALWarp(os.fsencode(target), None, 1, sources, self.GDALWarpAppOptionsNew(options, None), c.byref(failed))
        elif tool == "dem":
            how = self.GDALDEMProcessingOptionsNew(options, None)
            made = self.GDALDEMProcessing(os.fsencode(target), source, mode.encode(), None, how, c.byref(failed))
        else:
            made = self.GDALTranslate(os.fsencode(target), source, self.GDALTranslateOptionsNew(options, None), c.byref(failed))
        if not made or failed.value:
            raise SystemExit(f"gdal_peer: {tool} failed")
        transform = (c.c_double * 6)()
        self.GDALGetGeoTransform(made, transform)
        grid = self.GDALGetRasterXSize(made), self.GDALGetRasterYSize(made), tuple(transform)
        if self.GDALClose(made):
            raise SystemExit(f"gdal_peer: {tool} failed on closing {target}")
        self.GDALClose(source)
        return grid

    def contours(self, path, *options):
        """What GDALContourGenerateEx makes of the first band, as gdal_contour does: (level, xs, ys) of each line."""
        source = self.open(path)
        held = self.GDALCreate(self.GDALGetDriverByName(b"MEM"), b"", 0, 0, 0, 0, None)
        layer = self.GDALDatasetCreateLayer(held, b"lines", None, 2, None)
        self.OGR_L_CreateField(layer, self.OGR_Fld_Create(b"level", 2), 1)
        options = (c.c_char_p * (len(options) + 2))(b"ELEV_FIELD=0", *[o.encode() for o in options], None)
        if self.GDALContourGenerateEx(self.GDALGetRasterBand(source, 1), layer, options, None, None):
            raise SystemExit("gdal_peer: contour failed")
        self.OGR_L_ResetReading(layer)
        while feature := self.OGR_L_GetNextFeature(layer):
            line = self.OGR_F_GetGeometryRef(feature)
            count = self.OGR_G_GetPointCount(line)
            xs, ys = (c.c_double * count)(), (c.c_double * count)()
            self.OGR_G_GetPoints(line, xs, 8, ys, 8, None, 0)
            yield self.OGR_F_GetFieldAsDouble(feature, 0), xs, ys
            self.OGR_F_Destroy(feature)
        self.GDALClose(held)
        self.GDALClose(source)

    def relief(self, source, ramp, target, options):
        """What gdaldem color-relief makes of the first band by a file of colours."""
        words, failed = (c.c_char_p * (len(options) + 1))(*map(os.fsencode, options), None), c.c_int(0)
        opened = self.open(source)
        made = self.GDALDEMProcessing(os.fsencode(target), opened, b"color-relief", os.fsencode(ramp), self.GDALDEMProcessingOptionsNew(words, None), c.byref(failed))
        if not made or failed.value or self.GDALClose(made):
            raise SystemExit("gdal_peer: color-relief failed")
        self.GDALClose(opened)

    def fill(self, source, target, distance, smoothing):
        """What GDALFillNodata makes of a copy of the first band, by its nodata value."""
        self.run("translate", [source, target])
        opened = self.GDALOpenEx(os.fsencode(target), RASTER | UPDATE | VERBOSE_ERROR, None, None, None)
        if self.GDALFillNodata(self.GDALGetRasterBand(opened, 1), None, distance, 0, smoothing, None, None, None) or self.GDALClose(opened):
            raise SystemExit("gdal_peer: fillnodata failed")

    def overviews(self, method, path):
        """What gdaladdo does to a file: halves of halves, until one fits a tile."""
        opened = self.GDALOpenEx(os.fsencode(path), RASTER | UPDATE | VERBOSE_ERROR, None, None, None)
        side, factors = max(self.GDALGetRasterXSize(opened), self.GDALGetRasterYSize(opened)), [2]
        while side > 512 * factors[-1]:
            factors.append(2 * factors[-1])
        factors = (c.c_int * len(factors))(*factors)
        if self.GDALBuildOverviews(opened, method.encode(), len(factors), factors, 0, None, None, None) or self.GDALClose(opened):
            raise SystemExit("gdal_peer: overviews failed")

    def mosaic(self, vrt, options, sources, target):
        """What gdalbuildvrt (into the file `vrt`) and gdal_translate make of many rasters."""
        names = (c.c_char_p * (len(sources) + 1))(*map(os.fsencode, sources), None)
        failed = c.c_int(0)
        built = self.GDALBuildVRT(os.fsencode(vrt), len(sources), None, names, self.GDALBuildVRTOptionsNew(None, None), c.byref(failed))
        if not built or failed.value or self.GDALClose(built):
            raise SystemExit("gdal_peer: buildvrt failed")
        return self.run("translate", [*options, vrt, target])

    def warps(self, options, sources, target):
        """What gdalwarp makes of many rasters."""
        opened = (c.c_void_p * len(sources))(*map(self.open, sources))
        words, failed = (c.c_char_p * (len(options) + 1))(*map(os.fsencode, options), None), c.c_int(0)
        made = self.GDALWarp(os.fsencode(target), None, len(sources), opened, self.GDALWarpAppOptionsNew(words, None), c.byref(failed))
        if not made or failed.value or self.GDALClose(made):
            raise SystemExit("gdal_peer: warp failed")

    def windows(self, path, count, side, cache):
        """Reads random windows, those of examples/windows.rs, through a block cache of so many megabytes."""
        self.CPLSetConfigOption(b"GDAL_CACHEMAX", str(cache).encode())
        dataset = self.open(path)
        bands, kind = self.GDALGetRasterCount(dataset), self.GDALGetRasterDataType(self.GDALGetRasterBand(dataset, 1))
        width, height = self.GDALGetRasterXSize(dataset), self.GDALGetRasterYSize(dataset)
        buffer, failed, state, total = c.create_string_buffer(side * side * bands * 16), 0, 1, 0
        for _ in range(count):
            place = []
            for end in (width - side + 1, height - side + 1):
                state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
                place.append((state >> 33) % end)
            window = (0, *place, side, side, buffer, side, side, kind, bands, None, 0, 0, 0, None)
            failed |= self.GDALDatasetRasterIOEx(dataset, *window)
            total += buffer[0][0]
        if failed:
            raise SystemExit(f"gdal_peer: cannot read all of {path}")
        return total

    def decode(self, path, threads):
        """Decodes every pixel: block by block past the block cache with one thread, else by wide reads that GDAL splits."""
        dataset = self.open(path)
        bands = [self.GDALGetRasterBand(dataset, 1 + b) for b in range(self.GDALGetRasterCount(dataset))]
        width, height = self.GDALGetRasterXSize(dataset), self.GDALGetRasterYSize(dataset)
        kind = self.GDALGetRasterDataType(bands[0])
        size, x, y = self.GDALGetDataTypeSizeBytes(kind), c.c_int(), c.c_int()
        self.GDALGetBlockSize(bands[0], c.byref(x), c.byref(y))
        x, y, failed = x.value, y.value, 0
        if threads == 1:
            buffer = c.create_string_buffer(x * y * size)
            # Band by band innermost: GDAL keeps the block that it decoded last.
            for row in range(-(-height // y)):
                for column in range(-(-width // x)):
                    for band in bands:
                        failed |= self.GDALReadBlock(band, column, row, buffer)
        else:
            rows = max(y, 512 // y * y) * 4
            buffer = c.create_string_buffer(width * rows * len(bands) * size)
            for top in range(0, height, rows):
                n = min(rows, height - top)
                window = (0, 0, top, width, n, buffer, width, n, kind, len(bands), None, 0, 0, 0, None)
                failed |= self.GDALDatasetRasterIOEx(dataset, *window)
        if failed:
            raise SystemExit(f"gdal_peer: cannot read all of {path}")


def merge(codec, level, *files):
    """What rio merge does, the last file on top."""
    from rasterio.merge import merge

    how = dict(driver="GTiff", tiled=True, blockxsize=512, blockysize=512, compress=codec, predictor=2)
    how["zlevel" if codec == "deflate" else "zstd_level"] = int(level)
    merge(list(files[:-1]), method="last", dst_path=files[-1], dst_kwds=how)


def spelt_out(words):
    """The words, lists of files spelt out."""
    return [name for word in words for name in (Path(word[1:]).read_text().split() if word.startswith("@") else [word])]


def main(verb, *words):
    """Runs one verb of the prompt."""
    words = spelt_out(words)
    if verb == "merge":
        return merge(*words)
    gdal = Gdal()
    if verb == "version":
        print(gdal.version())
    elif verb == "open":
        gdal.GDALClose(gdal.open(words[0]))
    elif verb == "decode":
        gdal.decode(words[0], int(words[1]))
    elif verb == "windows":
        print(gdal.windows(words[0], *map(int, words[1:])))
    elif verb == "mosaic":
        vrt, *words = words
        # Sources begin with the first word that is a file.
        first = next(i for i, word in enumerate(words) if os.path.isfile(word))
        gdal.mosaic(vrt, words[:first], words[first:-1], words[-1])
    elif verb == "warps":
        first = words.index("--")
        gdal.warps(words[:first], words[first + 1 : -1], words[-1])
    elif verb in ("warp", "translate", "dem"):
        gdal.run(verb, words)
    elif verb == "addo":
        gdal.overviews(*words)
    elif verb != "noop":
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:] or [""])
