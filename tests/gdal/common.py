"""What the checks share: the swath under test, the places, and the report."""

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

REPO = Path(__file__).resolve().parents[2]
SCENE = REPO / "fixtures" / "landsat.tif"
sys.path.insert(0, str(REPO / "benches" / "vs_gdal"))


class Failed(Exception):
    """A check found swath wrong; the text says where and how much."""


@dataclass
class Swath:
    """The binary under test."""

    binary: str
    timeout: int = 120

    def __call__(self, *words):
        """Runs swath and returns what it says; anything but success is a failure of the check that asked."""
        ended = self.attempt(*words)
        if ended.returncode:
            raise Failed(f"`swath {' '.join(map(str, words))}` ended with {ended.returncode}: {ended.stderr.strip()[-300:]}")
        return ended.stdout

    def attempt(self, *words):
        """Runs swath and returns how it ended."""
        words = [self.binary, *map(str, words)]
        env = {**os.environ, "RUST_BACKTRACE": "0"}
        return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=self.timeout, env=env)


@dataclass
class Report:
    """Rows of one table, and what failed."""

    title: str
    columns: tuple
    rows: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    passed: int = 0

    @contextmanager
    def case(self, name):
        """Counts one case; what fails inside is kept and the run goes on."""
        try:
            yield
            self.passed += 1
        except (Failed, subprocess.TimeoutExpired) as error:
            self.failures.append(f"{name}: {error}")

    def print(self):
        """Prints the table, then the failures."""
        rows = [self.columns, *self.rows]
        width = [max(len(str(row[i])) for row in rows) for i in range(len(self.columns))]
        line = lambda row: "| " + " | ".join(str(cell).ljust(w) for cell, w in zip(row, width)) + " |"
        print(f"\n## {self.title}\n\n{line(self.columns)}\n|{'|'.join('-' * (w + 2) for w in width)}|")
        print("\n".join(map(line, self.rows)))
        for failure in self.failures:
            print(f"FAILED {failure}")
        print(f"{self.title}: {self.passed} passed, {len(self.failures)} failed", flush=True)


def shared():
    """The folder of real rasters (SWATH_SHARED, or shared/ beside the repository), or None; CI must have it."""
    for path in (os.environ.get("SWATH_SHARED"), REPO.parent / "shared", REPO.parent.parent / "shared"):
        if path and (Path(path) / "data" / "oracle.json").is_file():
            return Path(path) / "data"
    if os.environ.get("CI") == "true":
        raise SystemExit("compare: the shared rasters are missing (set SWATH_SHARED)")
    return None


def valid(pixels, nodata):
    """Which samples hold a value."""
    if nodata is None:
        return np.ones(pixels.shape, bool)
    return ~np.isnan(pixels) if np.isnan(nodata) else pixels != np.array(nodata).astype(pixels.dtype)


def first_difference(ours, theirs, differs):
    """The first differing sample, in words."""
    where = tuple(int(i) for i in np.argwhere(differs)[0])
    return f"first at {where}: swath {ours[where]}, expected {theirs[where]}"
