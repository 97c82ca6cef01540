"""`swath mosaic` and `swath warp` of many files against rasterio.merge, gdalbuildvrt, gdalwarp and numpy."""

import contextlib
import json
import subprocess
import sys

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.mask import mask
from rasterio.merge import merge
from rasterio.warp import calculate_default_transform, reproject, transform, transform_geom
from rasterio.windows import Window

from common import REPO, Failed, Report, first_difference

PEER = [sys.executable, str(REPO / "benches" / "vs_gdal" / "gdal_peer.py")]
ELEVATION = "openlayers__openlayers/test/rendering/data/raster/elevation-i16.tif"
LANDSAT = "GlacioHack__geoutils-data/data/Everest_Landsat/LE71400412000304SGS00_B4.tif"
PLAIN = ("--format", "gtiff", "--overviews", "none", "--quiet", "--overwrite")
S2A = "geopandas__geopandas/doc/source/gallery/s2a_l2a_fishbourne.tif"


def cut(source, folder, places, nodata, change=None):
    """Writes windows of a real raster, with holes, as tiles of their own; returns their paths."""
    paths = []
    random = np.random.default_rng(7)
    with rasterio.open(source) as raster:
        for i, (col, row, width, height) in enumerate(places):
            window = Window(col, row, width, height)
            pixels = raster.read(window=window)
            # Tiles differ where they overlap, and each has holes of its own.
            pixels = (pixels + np.array(i * 3).astype(pixels.dtype)).astype(pixels.dtype)
            if nodata is None:
                # rasterio.merge takes what it has not written yet for 0.
                pixels[pixels == 0] = 1
            if nodata is not None:
                pixels[:, random.random(pixels.shape[1:]) < 0.1] = nodata
                pixels[:, : height // 5, : width // 4] = nodata
            if change:
                pixels = pixels.astype(change[i % len(change)])
            path = folder / f"tile_{source.stem}_{i}.tif"
            profile = dict(driver="GTiff", width=width, height=height, count=raster.count, dtype=pixels.dtype, crs=raster.crs, nodata=nodata)
            with rasterio.open(path, "w", transform=raster.window_transform(window), tiled=True, blockxsize=64, blockysize=64, **profile) as out:
                out.write(pixels)
            paths.append(path)
    return paths


def grid_of(path):
    with rasterio.open(path) as made:
        return made.read(), made.transform, made.dtypes[0]


def same(ours, theirs, what):
    """Bit for bit the same samples (NaN equals NaN)."""
    if ours.shape != theirs.shape:
        raise Failed(f"{what}: {ours.shape}, expected {theirs.shape}")
    differs = (ours != theirs) & ~((ours != ours) & (theirs != theirs))
    if differs.any():
        raise Failed(f"{what}: {differs.sum()} of {differs.size} samples differ, {first_difference(ours, theirs, differs)}")


def stacked(paths):
    """All tiles on the grid of their union, masked: (tile, band, row, column)."""
    whole, transform = merge(paths)
    layers = []
    for path in paths:
        with rasterio.open(path) as tile:
            col, row = map(round, ~transform * (tile.transform.c, tile.transform.f))
            pixels = tile.read(masked=True).astype("f8")
            layer = np.ma.masked_all(whole.shape)
            layer[:, row : row + tile.height, col : col + tile.width] = pixels
            layers.append(layer)
    return np.ma.stack(layers)


def edge_distance(seen):
    """The distance from each pixel's centre to the border of the nearest that is not seen, by the definition, up to 40 pixels."""
    padded = np.pad(seen, 41)
    rows, columns = np.nonzero(~padded)
    out = np.zeros(seen.shape)
    for y, x in np.argwhere(seen):
        near = (abs(rows - y - 41) <= 41) & (abs(columns - x - 41) <= 41)
        out[y, x] = np.hypot(rows[near] - y - 41, columns[near] - x - 41).min(initial=99) - 0.5
    return out


def blended(layers, over):
    """Each layer over those below, by its weight."""
    out = np.ma.masked_all(layers.shape[1:])
    for layer in layers:
        mask = np.ma.getmaskarray(layer)
        weight = np.clip(edge_distance(~mask.all(axis=0)) / over, 0, 1)
        below = np.ma.getmaskarray(out)
        mixed = np.where(below | (weight >= 1), layer.data, out.data + weight * (layer.data - out.data))
        out = np.ma.array(np.where(mask, out.data, mixed), mask=mask & below)
    return out


def warps(swath, folder, paths, report):
    """Many files in one warp, as gdalwarp takes them."""
    out, theirs = folder / "out.tif", folder / "theirs.tif"
    for epsg, bounds in ((3857, None), (3857, "part"), (4326, None)):
        name = f"warp of {len(paths)} to EPSG:{epsg}" + (" with bounds" if bounds else "")
        with report.case(name):
            words, options = [], ["-q", "-t_srs", f"EPSG:{epsg}", "-r", "near", "-et", "0"]
            if bounds:
                left, bottom, right, top = rasterio.open(theirs).bounds
                box = (left + 900, bottom + 600, right - 1500, top - 300)
                words = [f"--bounds={','.join(map(repr, box))}", "--resolution=33"]
                options += ["-te", *map(repr, box), "-tr", "33", "33"]
            theirs.unlink(missing_ok=True)
            subprocess.run([*PEER, "warps", *options, "--", *map(str, paths), str(theirs)], check=True)
            swath("warp", *paths, "-o", out, "--to", f"EPSG:{epsg}", "--max-error", "0", *words, *PLAIN)
            (ours, place, _), (wanted, transform, _) = grid_of(out), grid_of(theirs)
            if ours.shape != wanted.shape or not np.allclose(place, transform, rtol=1e-9):
                raise Failed(f"lies at {place} {ours.shape}, expected {transform} {wanted.shape}")
            # near meets ties and edges of pixels, which coordinates 1e-9 apart decide.
            equal = (ours == wanted).mean()
            if equal < 0.999:
                raise Failed(f"{equal:.5f} of the samples are equal")
            report.rows.append((name, len(paths), ours.size))


def cutlines(swath, folder, source, report):
    """Cutlines against rasterio.mask and gdalwarp."""
    out, theirs, line = folder / "out.tif", folder / "theirs.tif", folder / "line.json"
    with rasterio.open(source) as raster:
        left, bottom, right, top = raster.bounds
        crs, nodata = raster.crs, raster.nodata
        at = lambda x, y: [left + x * (right - left), bottom + y * (top - bottom)]
        star = [at(0.11, 0.13), at(0.83, 0.21), at(0.62, 0.57), at(0.93, 0.94), at(0.3, 0.77), at(0.11, 0.13)]
        hole = [at(0.4, 0.4), at(0.5, 0.41), at(0.45, 0.52), at(0.4, 0.4)]
        shape = {"type": "MultiPolygon", "coordinates": [[star, hole], [[at(0.01, 0.8), at(0.2, 0.8), at(0.1, 0.99), at(0.01, 0.8)]]]}
        line.write_text(json.dumps({**shape, "crs": {"type": "name", "properties": {"name": crs.to_string()}}}))
        masked, transform = mask(raster, [shape], crop=True, filled=True, nodata=0)
    with report.case(f"{source.name}: cut and cropped as rasterio.mask"):
        swath("warp", source, out, "--to", crs.to_string(), "--cutline", line, "--crop-to-cutline", "--dst-nodata", "0", *PLAIN)
        ours, place, _ = grid_of(out)
        if not np.allclose(place, transform, rtol=1e-12):
            raise Failed(f"lies at {place}, expected {transform}")
        same(ours, masked, "pixels")
    with report.case(f"{source.name}: cut by longitudes and latitudes as gdalwarp"):
        angles = transform_geom(crs, "EPSG:4326", shape, precision=15)
        line.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": angles}))
        theirs.unlink(missing_ok=True)
        subprocess.run([*PEER, "warp", "-q", "-dstnodata", "0", "-cutline", str(line), str(source), str(theirs)], check=True)
        swath("warp", source, out, "--to", crs.to_string(), "--cutline", line, "--dst-nodata", "0", *PLAIN)
        ours, wanted = grid_of(out)[0], grid_of(theirs)[0]
        # The line is straight in degrees here, and followed to 1/20 of a pixel.
        if ours.shape != wanted.shape or (ours == wanted).mean() < 0.999:
            raise Failed(f"{(ours == wanted).mean():.5f} of the samples are equal")
    with report.case(f"{source.name}: feathered as numpy"):
        square = {"type": "Polygon", "coordinates": [[at(0.25, 0.25), at(0.75, 0.25), at(0.75, 0.75), at(0.25, 0.75), at(0.25, 0.25)]]}
        line.write_text(json.dumps(square))
        swath("warp", source, out, "--to", crs.to_string(), "--cutline", line, "--cutline-crs", crs.to_string(), "--feather", "20", "--dst-alpha", *PLAIN)
        ours = grid_of(out)[0][-1].astype("f8")
        with rasterio.open(source) as raster:
            seen = (raster.read(masked=True).mask == 0).any(axis=0) if nodata is not None else np.ones(ours.shape, bool)
        height, width = ours.shape
        x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
        inside = np.minimum(0.25 - abs(x - 0.5), np.inf) * width, (0.25 - abs(y - 0.5)) * height
        full = np.iinfo(grid_of(out)[2]).max
        wanted = np.rint(full * np.clip(np.minimum(*inside) / 20, 0, 1)) * seen
        if (off := np.abs(ours - wanted).max()) > 1:
            raise Failed(f"opacity is off by {off}")


def cutlines_of_inputs(swath, folder, paths, name, report):
    """A cutline for each input against rasterio: each masked by itself, then merged; and gdalwarp of each before."""
    out, lines = folder / "out.tif", folder / "lines"
    lines.mkdir(exist_ok=True)
    numbers, masked, shapes = np.random.default_rng(11), [], {}
    for i, path in enumerate(paths):
        with rasterio.open(path) as tile:
            left, bottom, right, top = tile.bounds
            at = lambda x, y: [left + x * (right - left), bottom + y * (top - bottom)]
            angles = np.sort(numbers.uniform(0, 2 * np.pi, 9))
            ring = [at(0.5 + r * np.cos(a), 0.5 + r * np.sin(a)) for a, r in zip(angles, numbers.uniform(0.15, 0.6, 9))]
            shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
            crs = tile.crs.to_string()
            # The last one stays whole.
            if i + 1 < len(paths):
                (lines / f"{path.stem}.geojson").write_text(json.dumps({**shape, "crs": {"type": "name", "properties": {"name": crs}}}))
                shapes[path] = shape
            pixels = mask(tile, [shape], crop=False, filled=True)[0] if path in shapes else tile.read()
            profile = tile.profile
        masked.append(folder / f"masked_{path.name}")
        with rasterio.open(masked[-1], "w", **profile) as made:
            made.write(pixels)
    option = f"--cutline-of=tile_*[0-{len(paths) - 2}].tif={lines}/{{stem}}.geojson"
    for method in ("first", "last", "min", "max"):
        with report.case(f"{name}: {method} of inputs cut one by one, as rasterio.mask and rasterio.merge"):
            swath("mosaic", *paths, "-o", out, "--method", method, option, *PLAIN)
            same(grid_of(out)[0], merge(masked, method=method)[0], method)
    with report.case(f"{name}: inputs cut one by one and warped, as rasterio.mask and gdalwarp"):
        theirs = folder / "theirs.tif"
        theirs.unlink(missing_ok=True)
        subprocess.run([*PEER, "warps", "-q", "-t_srs", "EPSG:3857", "-r", "near", "-et", "0", "--", *map(str, masked), str(theirs)], check=True)
        swath("warp", *paths, "-o", out, "--to", "EPSG:3857", "--max-error", "0", option, *PLAIN)
        ours, wanted = grid_of(out)[0], grid_of(theirs)[0]
        if ours.shape != wanted.shape or (ours == wanted).mean() < 0.999:
            raise Failed(f"{(ours == wanted).mean():.5f} of the samples are equal")
    report.rows.append((f"{name}: cut one by one", len(paths), 4 * grid_of(out)[0].size))


def virtual(swath, folder, paths, report):
    """GDAL's virtual rasters read as GDAL reads them."""
    out, vrt = folder / "out.tif", folder / "all.vrt"
    subprocess.run([*PEER, "mosaic", str(vrt), "-q", *map(str, paths), str(folder / "theirs.tif")], check=True)
    with rasterio.open(paths[0]) as tile:
        size, dtype = (tile.width, tile.height), {"uint8": "Byte", "uint16": "UInt16", "int16": "Int16"}[tile.dtypes[0]]
    head = f'<VRTDataset rasterXSize="150" rasterYSize="90"><GeoTransform>500000, 30, 0, 5300000, 0, -30</GeoTransform>'
    name = f'<SourceFilename relativeToVRT="1">{paths[0].name}</SourceFilename><SourceBand>1</SourceBand>'
    whole = f'<SrcRect xOff="0" yOff="0" xSize="{size[0]}" ySize="{size[1]}"/>'
    bodies = {
        "scaled by the nearest": f'<VRTRasterBand dataType="{dtype}" band="1"><SimpleSource>{name}{whole}<DstRect xOff="3" yOff="5" xSize="71" ySize="60"/></SimpleSource><SimpleSource>{name}<SrcRect xOff="7" yOff="9" xSize="20" ySize="15"/><DstRect xOff="60" yOff="10" xSize="87" ySize="77"/></SimpleSource></VRTRasterBand>',
        "complex": f'<VRTRasterBand dataType="Float32" band="1"><NoDataValue>-1</NoDataValue><ComplexSource>{name}<SrcRect xOff="5" yOff="2" xSize="100" ySize="80"/><DstRect xOff="10" yOff="4" xSize="100" ySize="80"/><NODATA>0</NODATA><ScaleOffset>100</ScaleOffset><ScaleRatio>0.5</ScaleRatio></ComplexSource></VRTRasterBand>',
        "table": f'<VRTRasterBand dataType="Float64" band="1"><ComplexSource>{name}<SrcRect xOff="0" yOff="0" xSize="90" ySize="80"/><DstRect xOff="0" yOff="0" xSize="90" ySize="80"/><LUT>0:10,20:50,100:60,255:0</LUT></ComplexSource></VRTRasterBand>',
    }
    numbers = np.random.default_rng(3)
    some = lambda low, high: round(numbers.uniform(low, high), int(numbers.choice([0, 1, 3])))
    frame = lambda name, x, y, width, height: f'<{name} xOff="{x}" yOff="{y}" xSize="{width}" ySize="{height}"/>'
    for i in range(24):
        # Parts of pixels here, there and in both, and sources that end before what is asked of them.
        source = [0, 0, *size] if i % 4 < 2 else [some(0, 9), some(0, 9), some(20, 50), some(20, 50)]
        target = [some(-9, 9), some(-9, 9), some(20, 90), some(20, 90)] if i % 2 else [some(0, 9), some(0, 9), *source[2:]]
        if i >= 12:
            source[0], source[3] = some(-30, 110), some(60, 150)
        nodata = "<NoDataValue>7</NoDataValue>" if i % 3 else ""
        bodies[f"parts of pixels {i}"] = f'<VRTRasterBand dataType="{dtype}" band="1">{nodata}<SimpleSource>{name}{frame("SrcRect", *source)}{frame("DstRect", *target)}</SimpleSource></VRTRasterBand>'
    for i, value in enumerate(("300", "3.5", "-7", "nan")):
        bodies[f"nodata no byte can have {i}"] = f'<VRTRasterBand dataType="Byte" band="1"><NoDataValue>{value}</NoDataValue><SimpleSource>{name}<SrcRect xOff="0" yOff="0" xSize="30" ySize="30"/><DstRect xOff="2" yOff="2" xSize="30" ySize="30"/></SimpleSource></VRTRasterBand>'
    files = {"built by gdalbuildvrt": vrt}
    for kind, body in bodies.items():
        files[kind] = folder / f"{kind.replace(' ', '_')}.vrt"
        files[kind].write_text(f"{head}{body}</VRTDataset>")
    for kind, path in files.items():
        with report.case(f"virtual raster, {kind}"):
            swath("convert", path, out, *PLAIN)
            (ours, place, dtype), (wanted, transform, theirs) = grid_of(out), grid_of(path)
            if dtype != theirs or not np.allclose(place, transform, rtol=1e-12):
                raise Failed(f"{dtype} at {place}, expected {theirs} at {transform}")
            same(ours, wanted, "pixels")
            report.rows.append((f"virtual raster, {kind}", 1, ours.size))


def virtual_info(swath, folder, paths, report):
    """What a virtual raster says of itself, as rasterio has it."""
    vrt = folder / "all.vrt"
    with report.case("info of a virtual raster"):
        told = json.loads(swath("info", "--json", vrt))
        with rasterio.open(vrt) as raster:
            types = {"uint8": "Byte", "uint16": "UInt16", "int16": "Int16", "float32": "Float32"}
            wanted = {
                "driverShortName": raster.driver,
                "size": [raster.width, raster.height],
                "geoTransform": list(raster.transform.to_gdal()),
                "files": raster.files,
                "types": [types[t] for t in raster.dtypes],
                "nodata": list(raster.nodatavals),
                "colors": [c.name for c in raster.colorinterp],
                "epsg": raster.crs.to_epsg(),
                "flags": [[f.name.upper() for f in flags] for flags in raster.mask_flag_enums],
            }
        bands = told["bands"]
        found = {key: told.get(key) for key in ("driverShortName", "size", "geoTransform", "files")}
        found |= {
            "types": [band["type"] for band in bands],
            "nodata": [band.get("noDataValue") for band in bands],
            "colors": [band["colorInterpretation"].lower() for band in bands],
            "epsg": told["coordinateSystem"]["epsg"],
            "flags": [band["mask"]["flags"] for band in bands],
        }
        for key, value in wanted.items():
            if found[key] != value:
                raise Failed(f"{key}: {found[key]}, expected {value}")
        if [source["path"] for source in told["swath"]["sources"]] != list(map(str, paths)):
            raise Failed(f"sources: {told['swath']['sources']}")


def indexes(swath, folder, paths, report):
    """Footprints as rasterio has them."""
    index = folder / "index.geojson"
    with report.case("index"):
        swath("index", *paths, "-o", index, "--overwrite")
        features = json.loads(index.read_text())["features"]
        for path, feature in zip(paths, features, strict=True):
            with rasterio.open(path) as tile:
                if feature["properties"]["location"] != path.name:
                    raise Failed(f"location {feature['properties']['location']}, expected {path.name}")
                left, bottom, right, top = tile.bounds
                xs, ys = transform(tile.crs, "EPSG:4326", [left, right, right, left], [top, top, bottom, bottom])
                ring = np.array(feature["geometry"]["coordinates"][0])
                corners = ring[[0, 21, 42, 63]]
                off = np.abs(corners - np.stack([xs, ys], axis=1)).max()
                if off > 1e-9:
                    raise Failed(f"{path.name}: a corner is off by {off} degrees")
    with report.case("index as GDAL's tile index"):
        # GDAL takes relative paths from where it runs.
        with contextlib.chdir(folder), rasterio.open(f"GTI:{index}") as tiles:
            bands = tiles.count
        if bands != rasterio.open(paths[0]).count:
            raise Failed(f"{bands} bands")


def run(swath, folder, shared):
    report = Report("mosaics", ("case", "tiles", "samples"))
    folder = folder / "mosaic"
    folder.mkdir(exist_ok=True)
    scene = REPO / "fixtures" / "landsat.tif"
    places = [(0, 0, 130, 120), (70, 40, 120, 100), (30, 90, 90, 70), (110, 0, 60, 150)]
    sources = [(scene, 0, None), (scene, None, None), (scene, 0, ("uint16", "int32", "float32"))]
    if shared:
        sources += [(shared / ELEVATION, -9999, None), (shared / LANDSAT, 0, None), (shared / S2A, -9999, None)]
    out = folder / "out.tif"
    for source, nodata, change in sources:
        paths = cut(source, folder, places, nodata, change)
        name = f"{source.stem}, nodata {nodata}" + (", mixed types" if change else "")
        samples = 0
        for method in ("first", "last", "min", "max"):
            with report.case(f"{name}: {method} as rasterio.merge"):
                swath("mosaic", *paths, "-o", out, "--method", method, *PLAIN)
                wanted, transform = merge(paths, method=method, nodata=0 if nodata is None else nodata, dtype=np.result_type(*(rasterio.open(p).dtypes[0] for p in paths)))
                ours, place, _ = grid_of(out)
                if not np.allclose(place, transform, rtol=1e-12):
                    raise Failed(f"lies at {place}, expected {transform}")
                same(ours, wanted, method)
                samples += ours.size
        with report.case(f"{name}: as gdalbuildvrt and gdal_translate"):
            if change:
                # gdalbuildvrt refuses tiles of other types.
                pass
            else:
                theirs = folder / "theirs.tif"
                subprocess.run([*PEER, "mosaic", str(folder / "all.vrt"), "-q", *map(str, paths), str(theirs)], check=True)
                swath("mosaic", *paths, "-o", out, *PLAIN)
                same(grid_of(out)[0], grid_of(theirs)[0], "pixels")
                samples += grid_of(out)[0].size
        layers = stacked(paths)
        usual = np.float32 if layers.dtype.itemsize and all(rasterio.open(p).dtypes[0] in ("uint8", "int16", "uint16", "float32") for p in paths) else np.float64
        missing = layers.mask.all(axis=0)
        for method, of, dtype in (
            ("mean", lambda: layers.sum(axis=0).data / np.maximum(layers.count(axis=0), 1), usual),
            ("median", lambda: np.ma.median(layers, axis=0).data, usual),
            ("sum", lambda: layers.sum(axis=0).data, np.float64),
            ("count", lambda: layers.count(axis=0), np.uint32),
        ):
            with report.case(f"{name}: {method} as numpy"):
                swath("mosaic", *paths, "-o", out, "--method", method, *PLAIN)
                with rasterio.open(out) as made:
                    ours, fill = made.read(), made.nodata
                wanted = of().astype(dtype)
                if method != "count":
                    # A valid sample that equals the nodata value steps aside, as in gdalwarp.
                    clash = ~missing & (wanted == np.asarray(fill, dtype))
                    wanted[missing] = fill
                    ours, wanted = np.where(clash, 0, ours), np.where(clash, 0, wanted)
                same(ours, wanted, method)
                samples += ours.size
        with report.case(f"{name}: feathered as numpy"):
            swath("mosaic", *paths, "-o", out, "--blend", "12", "--dtype", "float64", *PLAIN)
            wanted = blended(layers, 12)
            with rasterio.open(out) as made:
                ours = made.read(masked=True)
            # Rounded to the tiles' own type before it is cast.
            tiles = np.result_type(*(rasterio.open(p).dtypes[0] for p in paths))
            wanted = wanted.data if np.issubdtype(tiles, np.floating) else np.rint(wanted.data)
            valid = ~missing & (np.ones_like(missing) if nodata is None else wanted != nodata)
            off = np.abs(ours.data - wanted)[valid].max()
            if off > (np.abs(wanted[valid]).max() * 1e-6 if np.issubdtype(tiles, np.floating) else 0):
                raise Failed(f"off by {off}")
            samples += ours.size
        report.rows.append((name, len(paths), samples))
    paths = cut(scene, folder, places, 0)
    indexes(swath, folder, paths, report)
    virtual(swath, folder, paths, report)
    virtual_info(swath, folder, paths, report)
    cutlines_of_inputs(swath, folder, paths, scene.stem, report)
    cutlines(swath, folder, scene, report)
    # Two zones and two resolutions, as they come from a satellite.
    moved = folder / "other_zone.tif"
    with rasterio.open(paths[1]) as tile:
        to = CRS.from_epsg(tile.crs.to_epsg() + 1)
        fit, width, height = calculate_default_transform(tile.crs, to, tile.width, tile.height, *tile.bounds, resolution=45)
        profile = {**tile.profile, "crs": to, "transform": fit, "width": width, "height": height}
        with rasterio.open(moved, "w", **profile) as made:
            for band in range(1, tile.count + 1):
                reproject(rasterio.band(tile, band), rasterio.band(made, band))
    warps(swath, folder, [paths[0], moved, paths[2], paths[3]], report)
    return report
