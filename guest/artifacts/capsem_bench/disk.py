"""Disk: the writable directory, in sequence and at random."""

from __future__ import annotations

import os
import random
import tempfile
import time
from pathlib import Path

from .measurement import Measurement, Result, Skipped, from_times, timed

GROUP = "disk"
MEBIBYTE = 1 << 20
SIZE = 64 * MEBIBYTE
BLOCK = 4096
RANDOM_READS = 2000
SYNCS = 100


def forget(descriptor: int) -> None:
    """Drops the file's clean pages, so that the next read asks the disk."""
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def random_reads(paths: list[tuple[Path, int]], count: int, seed: int = 1) -> list[float]:
    """The time of `count` reads of 4 KiB, each at a random place of a random file."""
    choose = random.Random(seed)
    times = []
    for _ in range(count):
        path, size = choose.choice(paths)
        offset = choose.randrange(max(1, size // BLOCK)) * BLOCK
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
            os.posix_fadvise(descriptor, offset, BLOCK, os.POSIX_FADV_DONTNEED)
            began = time.perf_counter()
            os.pread(descriptor, BLOCK, offset)
            times.append(time.perf_counter() - began)
        finally:
            os.close(descriptor)
    return times


def read_through(descriptor: int) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    while os.read(descriptor, MEBIBYTE):
        pass


def _in_memory(directory: Path) -> bool:
    """Is the directory's file system a tmpfs? Its figures are then those of memory."""
    resolved = directory.resolve()
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [(len(point), kind) for point, kind in mounts if resolved.is_relative_to(point)]
    # The longest mount point holds the directory; of equal ones, the last mounted.
    return max(holding, key=lambda entry: entry[0])[1] == "tmpfs" if holding else False


def measure(directory: Path = Path("/root")) -> list[Result]:
    free = os.statvfs(directory)
    if free.f_bavail * free.f_frsize < 2 * SIZE:
        return [Skipped(GROUP, str(directory), f"less than {2 * SIZE // MEBIBYTE} MiB free")]
    block = random.Random(0).randbytes(MEBIBYTE)
    with tempfile.TemporaryDirectory(prefix=".capsem-bench-", dir=directory) as scratch:
        path = Path(scratch) / "data"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:

            def write_all() -> None:
                os.lseek(descriptor, 0, os.SEEK_SET)
                for _ in range(SIZE // MEBIBYTE):
                    os.write(descriptor, block)
                os.fsync(descriptor)

            writing = [timed(write_all) for _ in range(3)]
            reading = []
            for _ in range(3):
                forget(descriptor)
                reading.append(timed(lambda: read_through(descriptor)))
            forget(descriptor)
            at_random = random_reads([(path, SIZE)], RANDOM_READS)

            def sync_often() -> None:
                for _ in range(SYNCS):
                    os.pwrite(descriptor, block[:BLOCK], 0)
                    os.fsync(descriptor)

            syncing = timed(sync_often)
        finally:
            os.close(descriptor)

        small = Path(scratch) / "small"
        small.mkdir()

        def make_files() -> None:
            for number in range(1000):
                (small / str(number)).write_bytes(block[:512])

        making = timed(make_files)
    mebibytes = SIZE / MEBIBYTE
    place = f"{directory}, in memory" if _in_memory(directory) else str(directory)
    random_rate = len(at_random) / sum(at_random)
    return [
        from_times(GROUP, f"write in sequence, {place}", writing, amount=mebibytes, unit="MiB/s"),
        from_times(GROUP, f"read in sequence, {place}", reading, amount=mebibytes, unit="MiB/s"),
        Measurement(GROUP, f"read 4 KiB at random, {place}", random_rate, "reads/s"),
        Measurement(GROUP, f"write 4 KiB and sync, {place}", SYNCS / syncing, "syncs/s"),
        Measurement(GROUP, f"make small files, {place}", 1000 / making, "files/s"),
    ]
