"""Start-up: the first run of a program, and how it is when everything is in memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .boot import TIMING, stages
from .measurement import Measurement, Result, Skipped, from_times, timed

GROUP = "startup"
COMMANDS = [
    ("python3", ["python3", "--version"]),
    ("python3, numpy and pandas", ["python3", "-c", "import numpy, pandas"]),
    ("node", ["node", "--version"]),
    ("git", ["git", "--version"]),
    ("claude", ["claude", "--version"]),
    ("codex", ["codex", "--version"]),
    ("gemini", ["gemini", "--version"]),
]


def _drop_caches() -> bool:
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
    except OSError:
        return False
    return True


def _boot() -> list[Result]:
    if not TIMING.exists():
        return [Skipped(GROUP, "boot", f"there is no {TIMING}")]
    timed_stages = stages(TIMING.read_text())
    total = sum(stage.milliseconds for stage in timed_stages)
    note = ", ".join(f"{stage.name} {stage.milliseconds}" for stage in timed_stages)
    return [Measurement(GROUP, "boot, in capsem-init", total, "ms", note=note)]


def measure() -> list[Result]:
    results = _boot()
    # A command line may write into its home directory even to print its version.
    with tempfile.TemporaryDirectory(prefix="capsem-bench-") as home:
        # As a session runs them: not with what capsem-bench sets for itself.
        own = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
        environment = {name: value for name, value in os.environ.items() if name not in own}
        environment["HOME"] = home
        for name, command in COMMANDS:
            if shutil.which(command[0]) is None:
                results.append(Skipped(GROUP, name, f"{command[0]} is not installed"))
                continue

            def run(command: list[str] = command) -> None:
                subprocess.run(
                    command,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=120,
                    check=True,
                )

            try:
                cold = _drop_caches()
                first = timed(run)
                warm = [timed(run) for _ in range(3)]
            except (subprocess.SubprocessError, OSError) as error:
                results.append(Skipped(GROUP, name, f"it failed: {error}"))
                continue
            note = "" if cold else "caches could not be dropped"
            results.append(Measurement(GROUP, f"{name}, first", first * 1000, "ms", note=note))
            results.append(from_times(GROUP, f"{name}, again", warm, unit="ms"))
    return results
