"""One table of everything that was measured: table.py RESULTS

Each row has this program beside its peer, both medians of one run, their ratio, and the ratio that is the goal.
What was not measured is left out.
"""

import json
import os
import sys

# What, of which file, our value and the peer's (paths into the file), unit, goal as a ratio, goal as a value.
ROWS = [
    ("the default image, downloads there", "default-image", "ours.median", "hand.median", "s", 0.20, None),
    ("Debian's packages, downloads there", "apt-part", "ours.median", "hand.median", "s", 0.25, None),
    ("Debian's packages, no downloads there", "cold", "ours.median", "hand.median", "s", 0.30, None),
    ("nothing changed", "default-image", "others.unchanged", "hand.median", "s", 0.003, 0.3),
    ("tips.txt edited", "default-image", "others.tips", "hand.median", "s", 0.02, None),
    ("a Python package more", "default-image", "others.wheel", "hand.median", "s", 0.15, None),
    ("the image, by resize2fs -M", "default-image", "ours.size", "resized", "MB", 0.90, None),
    ("pack, 17,000 files", "pack-17000", "ours.median", "hand.median", "s", 0.30, None),
    ("pack, 100,000 files", "pack-100000", "ours.median", "hand.median", "s", 0.30, None),
    ("pack, 17,000 files, by cp --sparse", "pack-17000", "ours.median", "others.copy", "s", 3, None),
    ("validate, 500 files, by tomllib", "validate", "ours.median", "hand.median", "s", None, None),
    ("--help, by a Python builder's start", "start", "ours.median", "hand.median", "s", 0.1, None),
    ("validate, by the same", "start", "others.validate", "hand.median", "s", 0.1, None),
    ("inspect, by the same", "start", "others.inspect", "hand.median", "s", 0.1, None),
    ("memory, Debian's packages", "apt-part", "ours.peak.bytes", "hand.peak.bytes", "MB", 1.0, 400),
    ("memory, the default image", "default-image", "ours.peak.bytes", "hand.peak.bytes", "MB", 1.0, 400),
    ("written to disk, by the image's size", "default-image", "ours.written", "ours.size", "MB", 2.5, None),
    ("first output of a booted image, by EROFS", "boot", "ext4.first_output_seconds", "erofs.first_output_seconds",
     "s", None, None),
]


def value(document, path):
    for key in path.split("."):
        document = document.get(key) if isinstance(document, dict) else None
    return document


def shown(number, unit):
    if unit == "MB":
        return f"{number / 1e6:,.0f} MB"
    return f"{number:,.1f} s" if number >= 10 else f"{number:.3f} s"


def rows(directory):
    for title, name, ours, peer, unit, goal, most in ROWS:
        path = f"{directory}/{name}.json"
        if not os.path.exists(path):
            continue
        with open(path) as file:
            document = json.load(file)
        mine, other = value(document, ours), value(document, peer)
        if mine is None or not other:
            continue
        ratio = mine / other
        scale = 1e6 if unit == "MB" else 1
        missed = (goal is not None and ratio > goal) or (most is not None and mine / scale >= most)
        words = [] if goal is None else [f"≤ {goal:g}"]
        words += [] if most is None else [f"< {most:g} {unit}"]
        verdict = "" if not words else "no" if missed else "yes"
        yield title, shown(mine, unit), shown(other, unit), f"{ratio:.4g}", ", ".join(words), verdict


def main(directory):
    table = [("", "this", "peer", "ratio", "goal", "met"), *rows(directory)]
    widths = [max(len(row[column]) for row in table) for column in range(6)]
    for row in table:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
    print(f"{os.cpu_count()} processors, Linux {os.uname().release}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
