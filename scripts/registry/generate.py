"""Writes src/crs/data/registry.bin: what swath knows of reference systems and datum operations.

The facts are those of PROJ's database as the pinned pyproj wheel ships it (EPSG Dataset, Esri's
codes, PROJ's own operations). The same wheel gives the same bytes.
usage: generate.py OUTPUT.BIN

Layout, little-endian: the magic, a table of (offset, bytes, count) for each section in the order of
SECTIONS, then the sections, each of records of one size, sorted by key where they have one.
A section is one frame of zstd, in which the first bytes of all records come first, then all second
ones: what is alike lies together, and takes a third. Texts follow the other sections, TEXTS_TOGETHER
in each section but the last. A key is an authority's code with the authority
in the top byte; texts, numbers, units and extents are referred to by position.
"""
import json
import math
import re
import sqlite3
import struct
import sys
from pathlib import Path

import pyproj
import zstandard

PYPROJ, PROJ = "3.7.2", "9.5.1"
MAGIC = b"SWCRSRG2"
AUTHORITIES = {"EPSG": 0, "ESRI": 1, "PROJ": 2}
NONE = 0xFFFF
# The numbers of PROJ's operations whose codes are words, by their order.
WORDS = {}
DEPRECATED, OFFSHORE, ENSEMBLE, DOWNWARD, COMPOSED = 1, 1, 2, 2, 2
SECTIONS = ["text_lengths", "numbers", "units", "ellipsoids", "meridians", "extents", "datums",
            "geodetic", "parameters", "conversions", "projected", "vertical", "compound", "operations",
            "steps", "concatenated", "aliases"]
# Most runs want a few texts that were added at about the same time: they are apart in so many.
TEXTS_TOGETHER = 4096

# Grid formats of horizontal shifts, by EPSG method: those that operations between geographic systems use.
HORIZONTAL_GRIDS = {9613, 9614, 9615, 1074, 1075, 1087}
HELMERT = {9603, 9606, 9607, 1031, 1032, 1033, 1053, 1056, 1061, 1063, 1065, 1066, 9636}
OFFSETS = {9601, 9618, 9619}
# Geographic offsets of 0: how PROJ says that two systems are taken for one.
NOTHING = 9619
# The kind of an alias that is a projected system's.
PROJECTED_NAME = 3


def key(auth, code):
    return AUTHORITIES[auth] << 24 | int(WORDS.get(code, code))


class Texts:
    """Every text once, in the order of first use."""

    def __init__(self):
        self.index, self.texts = {}, []

    def __call__(self, text):
        if text is None:
            return NONE
        if text not in self.index:
            self.index[text] = len(self.texts)
            self.texts.append(text.encode())
        return self.index[text]


class Numbers:
    """Every number once."""

    def __init__(self):
        self.index, self.values = {}, []

    def __call__(self, value):
        if value is None:
            return NONE
        value = float(value)
        if value not in self.index:
            self.index[value] = len(self.values)
            self.values.append(value)
        return self.index[value]


def sexagesimal(value, code):
    """Degrees of a sexagesimal number: 9110 is DDD.MMSSsss, 9111 is DDD.MMm, 9121 is DDDMMSS.s."""
    text = f"{abs(value):.12f}"
    whole, fraction = text.split(".")
    if code == 9121:
        degrees, minutes = int(whole) // 10000, int(whole) // 100 % 100
        seconds = float(f"{int(whole) % 100}.{fraction}")
    elif code == 9110:
        degrees, minutes = int(whole), int(fraction[:2])
        seconds = float(f"{fraction[2:4]}.{fraction[4:]}")
    else:
        degrees, minutes, seconds = int(whole), float(f"{fraction[:2]}.{fraction[2:]}"), 0.0
    return math.copysign(degrees + minutes / 60.0 + seconds / 3600.0, value)


class Registry:
    def __init__(self, db):
        self.db = db
        self.text, self.number = Texts(), Numbers()
        self.sections = {name: [] for name in SECTIONS}
        self.unit_index, self.extent_index = {}, {}
        self.at = {}
        self.unit_factor = {
            (a, str(c)): (k, f) for a, c, k, f in db.execute("select auth_name, code, type, conv_factor from unit_of_measure")
        }
        self.usage = {}
        for row in db.execute(
            "select object_table_name, object_auth_name, object_code, extent_auth_name, extent_code from usage order by rowid"
        ):
            self.usage.setdefault((row[0], row[1], str(row[2])), (row[3], str(row[4])))

    def rows(self, table, order="code"):
        cursor = self.db.execute(f"select * from {table}")
        names = [d[0] for d in cursor.description]
        rows = [dict(zip(names, row)) for row in cursor]
        rows = [r for r in rows if r["auth_name"] in AUTHORITIES and str(WORDS.get(r["code"], r["code"])).isdigit()]
        return sorted(rows, key=lambda r: key(r["auth_name"], r["code"]))

    def add(self, section, identity, layout, *values):
        if identity is not None:
            self.at[section, identity] = len(self.sections[section])
        self.sections[section].append(struct.pack("<" + layout, *values))

    def converted(self, value, auth, code):
        """A value in degrees, metres or unity; arc seconds and ppm are the callers' business."""
        if value is None:
            return None
        if auth == "EPSG" and int(code) in (9110, 9111, 9121):
            return sexagesimal(value, int(code))
        kind, factor = self.unit_factor[auth, str(code)]
        if kind == "angle":
            if int(code) in (9102, 9122):
                return value
            return math.degrees(value * factor)
        return value * factor

    def unit(self, auth, code):
        identity = (auth, str(code))
        if identity not in self.unit_index:
            name, = self.db.execute("select name from unit_of_measure where auth_name=? and code=?", identity).fetchone()
            kind, factor = self.unit_factor[identity]
            number = int(code) if auth == "EPSG" else 0
            self.unit_index[identity] = len(self.sections["units"])
            self.add("units", None, "HHHH", number, {"length": 0, "angle": 1, "scale": 2}[kind], self.text(name), self.number(factor))
        return self.unit_index[identity]

    def extent(self, table, row):
        identity = self.usage.get((table, row["auth_name"], str(row["code"])))
        if identity is None:
            return NONE
        if identity not in self.extent_index:
            found = self.db.execute(
                "select name, description, west_lon, south_lat, east_lon, north_lat from extent where auth_name=? and code=?", identity
            ).fetchone()
            name, description, *box = found
            if any(v is None for v in box):
                return NONE
            # PROJ's own test for an operation that is meant for the sea.
            flags = OFFSHORE if "- offshore" in (description or "") else 0
            self.extent_index[identity] = len(self.sections["extents"])
            self.add("extents", None, "HHhhhh", self.text(name), flags, *(round(v * 100) for v in box))
        return self.extent_index[identity]

    def axes(self, auth, code):
        """The unit of the axes and their directions in the authority's order."""
        rows = self.db.execute(
            "select orientation, uom_auth_name, uom_code from axis where coordinate_system_auth_name=? and coordinate_system_code=?"
            " order by coordinate_system_order", (auth, code)
        ).fetchall()
        return self.unit(rows[0][1], rows[0][2]), self.text(",".join(r[0] for r in rows))

    def ellipsoids(self):
        for r in self.rows("ellipsoid"):
            a = r["semi_major_axis"] * self.unit_factor[r["uom_auth_name"], str(r["uom_code"])][1]
            rf = r["inv_flattening"]
            if rf is None:
                b = r["semi_minor_axis"] * self.unit_factor[r["uom_auth_name"], str(r["uom_code"])][1]
                rf = 0.0 if a == b else a / (a - b)
            identity = key(r["auth_name"], r["code"])
            self.add("ellipsoids", identity, "IHHH", identity, self.text(r["name"]), self.number(a), self.number(rf))

    def meridians(self):
        for r in self.rows("prime_meridian"):
            identity = key(r["auth_name"], r["code"])
            degrees = self.converted(r["longitude"], r["uom_auth_name"], r["uom_code"])
            self.add("meridians", identity, "IHH", identity, self.text(r["name"]), self.number(degrees))

    def datums(self):
        ensembles = {row for row in self.db.execute("select ensemble_auth_name, ensemble_code from geodetic_datum_ensemble_member")}
        for r in self.rows("geodetic_datum"):
            ellipsoid = self.at.get(("ellipsoids", self.key(r, "ellipsoid")))
            meridian = self.at.get(("meridians", self.key(r, "prime_meridian")))
            if ellipsoid is None or meridian is None:
                continue
            flags = (DEPRECATED if r["deprecated"] else 0) | (ENSEMBLE if (r["auth_name"], r["code"]) in ensembles else 0)
            identity = key(r["auth_name"], r["code"])
            self.add("datums", identity, "IHHHH", identity, self.text(r["name"]), ellipsoid, meridian, flags)

    @staticmethod
    def key(row, what):
        auth = row[f"{what}_auth_name"]
        return key(auth, row[f"{what}_code"]) if auth in AUTHORITIES and str(row[f"{what}_code"]).isdigit() else None

    def geodetic(self):
        kinds = {"geographic 2D": 0, "geographic 3D": 1, "geocentric": 2}
        for r in self.rows("geodetic_crs"):
            datum, unit, directions, name = None, None, NONE, r["name"]
            if r["text_definition"] is None:
                datum = self.at.get(("datums", self.key(r, "datum")))
                unit, directions = self.axes(r["coordinate_system_auth_name"], r["coordinate_system_code"])
            if datum is None or r["type"] not in kinds:
                continue
            identity = key(r["auth_name"], r["code"])
            self.add("geodetic", identity, "IHHHHHH", identity, self.text(name), datum,
                     kinds[r["type"]] << 8 | (DEPRECATED if r["deprecated"] else 0), unit, directions,
                     self.extent("geodetic_crs", r))

    def parameters(self, values):
        start = len(self.sections["parameters"])
        for code, value in values:
            self.add("parameters", None, "HH", code, self.number(value))
        return start, len(values)

    def conversions(self):
        for r in self.rows("conversion_table"):
            if r["method_auth_name"] == "EPSG":
                method = int(r["method_code"])
            else:
                name, = self.db.execute("select name from conversion_method where auth_name=? and code=?",
                                        (r["method_auth_name"], r["method_code"])).fetchone()
                method = 0x8000 | self.text(name)
            values = []
            for i in range(1, 8):
                if r[f"param{i}_code"] is None:
                    continue
                values.append((int(r[f"param{i}_code"]), self.converted(r[f"param{i}_value"], r[f"param{i}_uom_auth_name"], r[f"param{i}_uom_code"])))
            start, count = self.parameters(values)
            identity = key(r["auth_name"], r["code"])
            self.add("conversions", identity, "IHHHH", identity, self.text(r["name"]), method, start, count)

    def from_text(self, r):
        """A conversion that Esri gives as text: read by PROJ, which names method and parameters."""
        crs = json.loads(pyproj.CRS.from_authority(r["auth_name"], r["code"]).to_json())
        if crs["type"] != "ProjectedCRS":
            return None
        conversion = crs["conversion"]
        method = conversion["method"]
        method_code = int(method["id"]["code"]) if method.get("id", {}).get("authority") == "EPSG" else 0x8000 | self.text(method["name"])
        values = []
        for p in conversion["parameters"]:
            unit = p.get("unit", "unity")
            factor = 1.0 if isinstance(unit, str) else unit["conversion_factor"]
            value = p["value"] * factor
            if not isinstance(unit, str) and unit["type"] == "AngularUnit":
                is_degree = math.isclose(factor, math.pi / 180, rel_tol=1e-12)
                value = p["value"] if is_degree else math.degrees(value)
            code = int(p["id"]["code"]) if p.get("id", {}).get("authority") == "EPSG" else 0x8000 | self.text(p["name"])
            values.append((code, value))
        start, count = self.parameters(values)
        position = len(self.sections["conversions"])
        self.add("conversions", None, "IHHHH", 0xFFFFFFFF, self.text(conversion["name"]), method_code, start, count)
        axes = crs["coordinate_system"]["axis"]
        unit = axes[0].get("unit", "metre")
        factor = 1.0 if isinstance(unit, str) else unit["conversion_factor"]
        same = [int(c) for (a, c), (k, f) in self.unit_factor.items() if a == "EPSG" and k == "length" and math.isclose(f, factor, rel_tol=1e-12)]
        place = self.unit("EPSG", min(same)) if same else self.odd_unit(unit["name"], factor)
        return position, place, self.text(",".join(a["direction"] for a in axes))

    def odd_unit(self, name, factor):
        identity = ("", name)
        if identity not in self.unit_index:
            self.unit_index[identity] = len(self.sections["units"])
            self.add("units", None, "HHHH", 0, 0, self.text(name), self.number(factor))
        return self.unit_index[identity]

    def projected(self):
        skipped = []
        for r in self.rows("projected_crs"):
            base = self.at.get(("geodetic", self.key(r, "geodetic_crs")))
            identity = key(r["auth_name"], r["code"])
            if r["text_definition"] is not None:
                found = self.from_text(r) if base is not None else None
                if found is None:
                    skipped.append(f"{r['auth_name']}:{r['code']}")
                    continue
                conversion, unit, directions = found
            else:
                conversion = self.at.get(("conversions", self.key(r, "conversion")))
                if base is None or conversion is None:
                    skipped.append(f"{r['auth_name']}:{r['code']}")
                    continue
                unit, directions = self.axes(r["coordinate_system_auth_name"], r["coordinate_system_code"])
            base_name = self.name("geodetic", base)
            composed = r["name"] == f"{base_name} / {self.name('conversions', conversion)}"
            flags = (DEPRECATED if r["deprecated"] else 0) | (COMPOSED if composed else 0)
            self.add("projected", identity, "IHHHHHHH", identity, NONE if composed else self.text(r["name"]), base,
                     conversion, unit, directions, self.extent("projected_crs", r), flags)
        return skipped

    def name(self, section, position):
        at, = struct.unpack_from("<H", self.sections[section][position], 4)
        return self.text.texts[at].decode()

    def vertical(self):
        for r in self.rows("vertical_crs"):
            unit, directions = self.axes(r["coordinate_system_auth_name"], r["coordinate_system_code"])
            datum, = self.db.execute("select name from vertical_datum where auth_name=? and code=?", (r["datum_auth_name"], r["datum_code"])).fetchone()
            identity = key(r["auth_name"], r["code"])
            self.add("vertical", identity, "IHHHHI", identity, self.text(r["name"]), self.text(datum), unit, directions,
                     int(r["datum_code"]) if r["datum_auth_name"] == "EPSG" else 0)

    def compound(self):
        for r in self.rows("compound_crs"):
            parts = self.key(r, "horiz_crs"), self.key(r, "vertical_crs")
            if None in parts:
                continue
            identity = key(r["auth_name"], r["code"])
            self.add("compound", identity, "IHHII", identity, self.text(r["name"]), DEPRECATED if r["deprecated"] else 0, *parts)

    def superseded(self, present):
        """Operations that PROJ leaves out because a better one of the same table and systems, itself present, stands for them."""
        return {
            (t, a, str(c)) for t, a, c, ra, rc in self.db.execute(
                "select superseded_table_name, superseded_auth_name, superseded_code, replacement_auth_name, replacement_code from supersession"
                " where superseded_table_name = replacement_table_name and same_source_target_crs = 1")
            if (t, ra, str(rc)) in present
        }

    def systems(self, r):
        """The positions of an operation's geodetic systems, or None if one is of another kind."""
        ends = [self.at.get(("geodetic", self.key(r, f"{end}_crs"))) for end in ("source", "target")]
        return None if None in ends else ends

    def operations(self):
        found, present = [], {}
        grids = {o: (p or o) for o, p in self.db.execute("select original_grid_name, proj_grid_name from grid_alternatives")}
        inverse = {o for o, in self.db.execute("select original_grid_name from grid_alternatives where inverse_direction = 1")}
        ppm, second = 1e-6, math.pi / 648000
        for table, view in (("helmert_transformation_table", "helmert_transformation"), ("grid_transformation",) * 2, ("other_transformation",) * 2):
            for r in self.rows(table):
                systems = self.systems(r)
                if r["deprecated"] or systems is None:
                    continue
                # As in PROJ: Esri's operations count only where one of the systems is Esri's.
                if r["auth_name"] == "ESRI" and "ESRI" not in (r["source_crs_auth_name"], r["target_crs_auth_name"]):
                    continue
                if r["method_auth_name"] == "EPSG":
                    method = int(r["method_code"])
                elif r["method_auth_name"] == "PROJ" and r["method_name"] == "+proj=noop":
                    method = NOTHING
                else:
                    continue
                names = [None, None]
                if method in HELMERT:
                    def of(field, unit, scale):
                        value = r[field]
                        if value is None:
                            return 0.0
                        factor = self.unit_factor[r[f"{unit}_uom_auth_name"], str(r[f"{unit}_uom_code"])][1]
                        # One rounding only, so that 1e-6 and its like cancel.
                        return value if math.isclose(factor, scale, rel_tol=1e-15) else value * factor / scale
                    values = [of(f, "translation", 1.0) for f in ("tx", "ty", "tz")]
                    if r["rx"] is not None:
                        values += [of(f, "rotation", second) for f in ("rx", "ry", "rz")]
                        values += [of("scale_difference", "scale_difference", ppm)]
                    if r["px"] is not None:
                        values += [of(f, "pivot", 1.0) for f in ("px", "py", "pz")]
                elif method in HORIZONTAL_GRIDS:
                    values = []
                    names = [grids.get(g, g) if g else None for g in (r["grid_name"], r["grid2_name"])]
                    if r["grid_name"] in grids:
                        # PROJ's file holds both grids, longitudes and latitudes.
                        names[1] = None
                    # The kind of grid: NTv2-like in degrees, or geocentric; told by the method. Direction by PROJ's table.
                    if r["grid_name"] in inverse:
                        values = [-1.0]
                elif method in OFFSETS:
                    values = [0.0, 0.0]
                    for i in range(1, 8):
                        code = r[f"param{i}_code"]
                        if code in (8601, "8601", 8602, "8602"):
                            degrees = self.converted(r[f"param{i}_value"], r[f"param{i}_uom_auth_name"], r[f"param{i}_uom_code"])
                            values[int(code) - 8601] = degrees
                else:
                    continue
                start, count = self.parameters([(0, v) for v in values])
                identity = key(r["auth_name"], r["code"])
                present[view, r["auth_name"], str(r["code"])] = len(found)
                found.append((identity, struct.pack(
                    "<IHHHHHHHHHH", identity, self.text(r["name"]), *systems, method, self.number(r["accuracy"]),
                    self.extent(view, r), start, count, self.text(names[0]), self.text(names[1]))))
        out = {present.get(place) for place in self.superseded(present)}
        found = [(identity, record + struct.pack("<H", 1 if i in out else 0)) for i, (identity, record) in enumerate(found)]
        for position, (identity, record) in enumerate(sorted(found)):
            self.at["operations", identity] = position
            self.sections["operations"].append(record)

    def concatenated(self):
        steps = {}
        for r in self.db.execute("select operation_auth_name, operation_code, step_auth_name, step_code from concatenated_operation_step"
                                 " order by operation_auth_name, operation_code, step_number"):
            steps.setdefault((r[0], r[1]), []).append((r[2], r[3]))
        for r in self.rows("concatenated_operation"):
            systems = self.systems(r)
            if r["deprecated"] or systems is None:
                continue
            path, at = [], systems[0]
            for auth, code in steps[r["auth_name"], r["code"]]:
                position = self.at.get(("operations", key(auth, code))) if auth in AUTHORITIES and str(WORDS.get(code, code)).isdigit() else None
                if position is None:
                    break
                source, target = struct.unpack_from("<HH", self.sections["operations"][position], 6)
                datum = lambda i: struct.unpack_from("<H", self.sections["geodetic"][i], 6)[0]
                if datum(source) == datum(at):
                    path.append(position)
                    at = target
                elif datum(target) == datum(at):
                    path.append(position | 0x8000)
                    at = source
                else:
                    break
            else:
                start = len(self.sections["steps"])
                for step in path:
                    self.add("steps", None, "H", step)
                identity = key(r["auth_name"], r["code"])
                self.add("concatenated", identity, "IHHHHHHH", identity, self.text(r["name"]), *systems, self.number(r["accuracy"]),
                         self.extent("concatenated_operation", r), start, len(path))

    def aliases(self):
        """Esri's names of datums, systems and ellipsoids that have a code of EPSG's."""
        tables = {"geodetic_datum": ("datums", 0), "geodetic_crs": ("geodetic", 1), "ellipsoid": ("ellipsoids", 2)}
        rows = set()
        for auth, code, name, own in self.db.execute(
                "select a.auth_name, a.code, a.alt_name, p.name from alias_name a join projected_crs p"
                " on a.table_name = 'projected_crs' and p.auth_name = a.auth_name and p.code = a.code where a.source = 'ESRI'"):
            # Others are EPSG's names in Esri's spelling.
            if auth in AUTHORITIES and ("projected", key(auth, code)) in self.at and name != "_".join(re.findall("[A-Za-z0-9+-]+", own)):
                rows.add((name, PROJECTED_NAME, key(auth, code)))
        for table, auth, code, name, source in self.db.execute("select table_name, auth_name, code, alt_name, source from alias_name"):
            if source in ("ESRI", "ESRI_OLD", "PROJ") and table in tables and auth in AUTHORITIES and str(code).isdigit():
                section, number = tables[table]
                if (section, key(auth, code)) in self.at:
                    rows.add((name, number, key(auth, code)))
        for name, number, identity in sorted(rows):
            self.add("aliases", None, "HHI", self.text(name), number, identity)

    def write(self, path):
        self.sections["text_lengths"] = [struct.pack("<H", len(text)) for text in self.text.texts]
        blocks = [self.text.texts[at:at + TEXTS_TOGETHER] for at in range(0, len(self.text.texts), TEXTS_TOGETHER)]
        for number, block in enumerate(blocks):
            self.sections[f"texts {number}"] = [bytes([byte]) for text in block for byte in text]
        self.sections["numbers"] = [struct.pack("<d", v) for v in self.number.values]
        assert len(self.text.texts) < 0x8000 and len(self.number.values) < NONE and len(self.sections["operations"]) < 0x8000
        assert len(self.sections["parameters"]) < NONE
        offset, head, body = len(MAGIC) + 12 * len(self.sections), b"", b""
        for records in self.sections.values():
            packed = zstandard.ZstdCompressor(level=19).compress(bytes(byte for column in zip(*records) for byte in column))
            head += struct.pack("<III", offset + len(body), len(packed), len(records))
            body += packed
        Path(path).write_bytes(MAGIC + head + body)


def main():
    if pyproj.__version__ != PYPROJ or pyproj.__proj_version__ != PROJ:
        sys.exit(f"generate.py: wants pyproj {PYPROJ} with PROJ {PROJ}, found {pyproj.__version__} with {pyproj.__proj_version__}")
    db = sqlite3.connect(f"file:{Path(pyproj.datadir.get_data_dir()) / 'proj.db'}?mode=ro", uri=True)
    words = [c for c, in db.execute("select code from coordinate_operation_view where auth_name = 'PROJ' order by code") if not str(c).isdigit()]
    WORDS.update((word, 900_000 + i) for i, word in enumerate(words))
    registry = Registry(db)
    for step in ("ellipsoids", "meridians", "datums", "geodetic", "conversions"):
        getattr(registry, step)()
    skipped = registry.projected()
    for step in ("vertical", "compound", "operations", "concatenated", "aliases"):
        getattr(registry, step)()
    registry.write(sys.argv[1])
    for name, records in registry.sections.items():
        print(f"{name}: {len(records)}, {sum(map(len, records))} bytes", file=sys.stderr)
    print(f"left out for want of a datum or method: {len(skipped)} {' '.join(skipped[:20])}", file=sys.stderr)


main()
