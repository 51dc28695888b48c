"""Processor: hashing, compression, plain Python, and the same on all cores."""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import zlib

from .measurement import Result, from_times, timed

GROUP = "cpu"
MEBIBYTE = 1 << 20
ROUNDS = 3


def _compressible(size: int) -> bytes:
    """Text-like bytes, the same in every run."""
    line = b"the quick brown fox jumps over the lazy dog, %08d times\n"
    lines = (line % number for number in range(size // (len(line) + 4) + 1))
    return b"".join(lines)[:size]


def _count_primes(limit: int) -> int:
    sieve = bytearray([1]) * limit
    for number in range(2, int(limit**0.5) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, limit, number)))
    return sum(sieve) - 2


def measure() -> list[Result]:
    data = _compressible(32 * MEBIBYTE)
    cores = len(os.sched_getaffinity(0))

    def hash_on_every_core() -> None:
        # hashlib gives up the interpreter's lock, so threads use every core.
        with concurrent.futures.ThreadPoolExecutor(cores) as pool:
            list(pool.map(lambda _: hashlib.sha256(data).digest(), range(cores)))

    hashing = [timed(lambda: hashlib.sha256(data).digest()) for _ in range(ROUNDS)]
    parallel = [timed(hash_on_every_core) for _ in range(ROUNDS)]
    packing = [timed(lambda: zlib.compress(data, 6)) for _ in range(ROUNDS)]
    primes = [timed(lambda: _count_primes(1_000_000)) for _ in range(ROUNDS)]
    return [
        from_times(GROUP, "SHA-256, one core", hashing, amount=32, unit="MiB/s"),
        from_times(
            GROUP, f"SHA-256, {cores} cores", parallel, amount=32 * cores, unit="MiB/s"
        ),
        from_times(GROUP, "deflate, level 6", packing, amount=32, unit="MiB/s"),
        from_times(GROUP, "primes below a million, Python", primes, unit="ms"),
    ]
