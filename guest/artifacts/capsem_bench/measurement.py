"""What every measurement returns, and how repeated times become one figure."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Measurement:
    """One figure. `spread` is the range of the repetitions, in the same unit. In JSON all three have
    thousandths: a timer tells no more."""

    group: str
    name: str
    value: float
    unit: str
    spread: tuple[float, float] | None = None
    note: str = ""

    def as_json(self) -> dict[str, object]:
        spread = None if self.spread is None else [round(end, 3) for end in self.spread]
        return {**asdict(self), "value": round(self.value, 3), "spread": spread}


@dataclass(frozen=True)
class Skipped:
    """A measurement that cannot be made here, with the reason."""

    group: str
    name: str
    reason: str

    def as_json(self) -> dict[str, object]:
        return asdict(self)


Result = Measurement | Skipped


def timed(action: Callable[[], object]) -> float:
    """How many seconds `action` takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def from_times(
    group: str,
    name: str,
    times: list[float],
    *,
    amount: float | None = None,
    unit: str,
    note: str = "",
) -> Measurement:
    """The median of `times`: as a rate of `amount` a second, or in milliseconds without one."""
    values = [seconds * 1000 if amount is None else amount / seconds for seconds in times]
    return Measurement(
        group, name, statistics.median(values), unit, (min(values), max(values)), note
    )
