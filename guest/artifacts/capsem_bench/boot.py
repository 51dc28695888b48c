"""The stages of the start, as capsem-init timed them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

TIMING = Path("/run/capsem-boot-timing")


@dataclass(frozen=True)
class Stage:
    name: str
    milliseconds: int


def stages(text: str) -> list[Stage]:
    """One JSON object a line. What is no stage, or is called otherwise than by a plain word, is dropped: any
    program of the guest may write to the file, and what is read from it is shown to people."""
    found = []
    for line in text.splitlines():
        try:
            record = json.loads(line)
            name, duration = record["name"], record["duration_ms"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(name, str) and isinstance(duration, int):
            if re.fullmatch(r"[A-Za-z0-9_]+", name):
                found.append(Stage(name, duration))
    return found
