"""What cameras say: GDAL's domain EXIF of a file is what swath says of it, and what GDAL says of swath's copies."""

import json
import struct

import rasterio
from common import Failed, Report

SHORT, LONG, UNDEFINED, RATIONAL, LONG8, IFD8 = 3, 4, 7, 5, 16, 18
# Said otherwise on purpose: GDAL drops text that is no UTF-8, and shows whatever is in memory where the text of a comment should be.
OTHERWISE = {"EXIF_UserComment": "abcd", "EXIF_LensModel": "\xe9t\xe9"}


def packed(order, kind, *values):
    return struct.pack(order + kind * len(values), *values)


def directory(entries, at, order, big):
    """Returns a directory with its values, to lie at `at`."""
    head, width, position = (8, 8, "Q") if big else (2, 4, "I")
    outside_at = at + head + (12 if not big else 20) * len(entries) + width
    out, outside = packed(order, "Q" if big else "H", len(entries)), b""
    for tag, kind, count, value in sorted(entries):
        out += struct.pack(order + "HH" + position, tag, kind, count)
        if len(value) <= width:
            out += value.ljust(width, b"\0")
        else:
            out += packed(order, position, outside_at + len(outside))
            outside += value + b"\0" * (len(value) % 2)
    return out + b"\0" * width + outside


def picture(order, big):
    """Returns a TIFF of one pixel with every type of value in its EXIF, and readability stated inside that."""
    p = lambda kind, *values: packed(order, kind, *values)
    camera = [
        (0x829A, RATIONAL, 1, p("I", 1, 3)), (0x829D, RATIONAL, 2, p("I", 28, 10, 5, 0)), (0x9204, 10, 1, p("i", -1, 3)),
        (0x9201, 10, 2, p("i", 7, 1, -22, 7)), (0x9203, 11, 2, p("f", 1.1, 2.5e10)), (0x9206, 12, 1, p("d", 1e-7 / 3)),
        (0x8822, SHORT, 3, p("H", 1, 2, 3)), (0x8833, LONG, 2, p("I", 70000, 2)), (0x9207, 8, 2, p("h", -3, 4)),
        (0x9208, 9, 1, p("i", -70000)), (0x9286, UNDEFINED, 12, b"ASCII\0\0\0abcd"), (0x927C, UNDEFINED, 6, b"Nikon\0"),
        (0x9000, UNDEFINED, 4, b"0230"), (0xA300, UNDEFINED, 1, b"\3"), (0xA301, 1, 2, b"\1\xff"),
        (0x9003, 2, 20, b"2020:01:02 03:04:05\0"), (0xA433, 2, 5, b"ab\0cd"), (0xA434, 2, 3, b"\xe9t\xe9"),
        (0xA435, 6, 2, b"\xff\1"), (0x8824, 2, 5, b"abc  "),
    ]  # fmt: skip
    place = [
        (0, 1, 4, b"\2\3\0\0"), (1, 2, 2, b"S\0"), (2, RATIONAL, 3, p("I", 77, 1, 5, 1, 6000, 100)),
        (0x1B, UNDEFINED, 11, b"ASCII\0\0\0GPS"), (0x1D, 2, 11, b"2020:01:02\0"),
    ]  # fmt: skip
    image = [(256, SHORT, 1, p("H", 1)), (257, SHORT, 1, p("H", 1)), (258, SHORT, 1, p("H", 8)), (262, SHORT, 1, p("H", 1)), (279, SHORT, 1, p("H", 1))]
    offset = lambda tag, at: (tag, IFD8 if big else LONG, 1, p("Q" if big else "I", at))
    start, first = (16, 8) if big else (8, 4)
    length = lambda entries: len(directory(entries, 0, order, big))
    # An offset is as long whatever it says.
    exif_at = start + length([*image, offset(273, 0), offset(0x8769, 0), offset(0x8825, 0)])
    inner_at = exif_at + length([*camera, offset(0xA005, 0)])
    inner = directory([(1, 2, 4, b"R98\0")], inner_at, order, big)
    exif = directory([*camera, offset(0xA005, inner_at)], exif_at, order, big)
    gps_at = inner_at + len(inner)
    gps = directory(place, gps_at, order, big)
    image += [offset(273, gps_at + len(gps)), offset(0x8769, exif_at), offset(0x8825, gps_at)]
    head = (b"II" if order == "<" else b"MM") + (struct.pack(order + "HHHQ", 43, 8, 0, start) if big else struct.pack(order + "HI", 42, start))
    return head + directory(image, start, order, big) + exif + inner + gps + b"\x07"


def known(path):
    with rasterio.open(path) as file:
        return {name: text for name, text in file.tags(ns="EXIF").items() if name not in OTHERWISE}


def run(swath, folder, rasters):
    report = Report("what cameras say", ("file", "items of GDAL"))
    said_of = lambda path: json.loads(swath("info", "--json", path))["metadata"]["EXIF"]
    for order in "<>":
        name = "little" if order == "<" else "big"
        classic = folder / f"exif_{name}.tif"
        classic.write_bytes(picture(order, False))
        truth = known(classic)
        report.rows.append((classic.name, len(truth)))
        # GDAL takes the EXIF of a BigTIFF for that of a classic one, and so reads nonsense or nothing: it is asked
        # about the classic file with the same EXIF, and about classic copies.
        large = folder / f"exif_{name}_large.tif"
        large.write_bytes(picture(order, True))
        for source in (classic, large):
            with report.case(f"{source.name}: said as GDAL says it"):
                if len(truth) < 22 or said_of(source) != truth | OTHERWISE:
                    raise Failed(f"{said_of(source)}, not {truth}")
            for kind, options in {"cog": [], "strips": ["--format", "gtiff", "--strips", "1"], "bigtiff": ["--bigtiff", "yes"]}.items():
                copy = source.with_stem(f"{source.stem}_{kind}")
                with report.case(f"{copy.name}: GDAL reads it"):
                    swath("convert", source, copy, *options)
                    seen = copy
                    if kind == "bigtiff":
                        seen = copy.with_stem(f"{copy.stem}_classic")
                        swath("convert", copy, seen)
                    if known(seen) != truth:
                        raise Failed(f"{known(seen)}, not {truth}")
                    if b"R98\0" not in copy.read_bytes():
                        raise Failed("the directory inside EXIF is lost")
                if kind != "strips":
                    with report.case(f"{copy.name}: also when edited"):
                        swath("edit", copy, "--tag", "LONG=" + "x" * 3000)
                        if said_of(copy) != truth | OTHERWISE or kind == "cog" and known(copy) != truth:
                            raise Failed(f"{said_of(copy)}, not {truth}")
    return report
