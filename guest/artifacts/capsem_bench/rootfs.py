"""The image: reading the programs that it was built from."""

from __future__ import annotations

import os
from pathlib import Path

from .disk import forget, random_reads, read_through
from .measurement import Measurement, Result, Skipped, from_times, timed

GROUP = "rootfs"
PLACES = [Path("/usr/bin"), Path("/usr/lib"), Path("/usr/local"), Path("/opt/ai-clis")]
RANDOM_READS = 5000
MEBIBYTE = 1 << 20


def _files() -> list[tuple[Path, int]]:
    """Every file of at least one block, in an order that does not depend on the directory."""
    found = []
    for place in PLACES:
        for directory, _, names in os.walk(place):
            for name in names:
                path = Path(directory) / name
                if path.is_file() and not path.is_symlink():
                    size = path.stat().st_size
                    if size >= 4096:
                        found.append((path, size))
    return sorted(found)


def measure() -> list[Result]:
    files = _files()
    if not files:
        return [Skipped(GROUP, "image", "there are no files in " + ", ".join(map(str, PLACES)))]
    largest, size = max(files, key=lambda entry: entry[1])
    times = []
    descriptor = os.open(largest, os.O_RDONLY)
    try:
        for _ in range(3):
            forget(descriptor)
            times.append(timed(lambda: read_through(descriptor)))
    finally:
        os.close(descriptor)
    at_random = random_reads(files, RANDOM_READS)
    return [
        from_times(
            GROUP,
            "read in sequence",
            times,
            amount=size / MEBIBYTE,
            unit="MiB/s",
            note=str(largest),
        ),
        Measurement(
            GROUP,
            "read 4 KiB at random",
            len(at_random) / sum(at_random),
            "reads/s",
            note=f"{len(files)} files",
        ),
    ]
