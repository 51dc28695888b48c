"""The command line of capsem-bench."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from . import cpu, disk, rootfs, startup
from .measurement import Measurement, Result, Skipped

MODES = ["cpu", "disk", "rootfs", "startup"]


def _table(results: list[Result]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"capsem-bench: Linux {platform.release()} on {platform.machine()}")
    table.add_column("group")
    table.add_column("measurement")
    table.add_column("median", justify="right")
    table.add_column("unit")
    table.add_column("range", justify="right")
    table.add_column("note", overflow="fold")
    group = results[0].group if results else ""
    for result in results:
        if result.group != group:
            table.add_section()
            group = result.group
        match result:
            case Skipped():
                table.add_row(result.group, result.name, "–", "", "", escape(result.reason))
            case Measurement(spread=spread):
                ends = f"{spread[0]:,.1f} – {spread[1]:,.1f}" if spread else ""
                value = f"{result.value:,.1f}"
                note = escape(result.note)
                table.add_row(result.group, result.name, value, result.unit, ends, note)
    Console().print(table)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="capsem-bench", description="Measure this machine from the inside."
    )
    parser.add_argument(
        "modes",
        nargs="*",
        metavar="MODE",
        help=f"what to measure: {', '.join(MODES)}, or all (default)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, no table")
    parser.add_argument("--output", type=Path, help="also write the JSON object to this file")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path("/root"),
        help="where `disk` writes (default: %(default)s)",
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.modes) - {*MODES, "all"}:
        parser.error(f"unknown mode: {', '.join(sorted(unknown))}")
    if not arguments.directory.is_dir() or not os.access(arguments.directory, os.W_OK):
        parser.error(f"cannot write into {arguments.directory}")
    modes = MODES if not arguments.modes or "all" in arguments.modes else arguments.modes

    measures = {
        "cpu": cpu.measure,
        "disk": lambda: disk.measure(arguments.directory),
        "rootfs": rootfs.measure,
        "startup": startup.measure,
    }
    results: list[Result] = []
    for mode in modes:
        print(f"measuring {mode} …", file=sys.stderr)
        results += measures[mode]()

    document = {
        "schema": "capsem.bench.v1",
        "kernel": platform.release(),
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "measurements": [r.as_json() for r in results if isinstance(r, Measurement)],
        "skipped": [r.as_json() for r in results if isinstance(r, Skipped)],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if arguments.output:
        arguments.output.write_text(text)
    if arguments.json:
        sys.stdout.write(text)
    else:
        _table(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
