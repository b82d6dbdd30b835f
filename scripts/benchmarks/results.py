"""Timing and printing of benchmark results."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Result:
    """A measured number and its goal: an upper or a lower bound."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def goal(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return ""

    @property
    def reached(self) -> bool:
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )


def medians(*functions: Callable[[], object], repeats: int) -> list[float]:
    """Median seconds of each function, called in turns.

    Taking turns spreads the load of other processes evenly over them.
    """
    seconds: list[list[float]] = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(repeats):
        for function, taken in zip(functions, seconds, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in seconds]


def as_table(found: Sequence[Result]) -> str:
    table = Table(box=None, pad_edge=False)
    table.add_column("measured")
    for heading in ("result", "goal"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for result in found:
        mark = "" if not result.goal else "reached" if result.reached else "MISSED"
        value = f"{result.value:,.{digits(result.value)}f} {result.unit}"
        table.add_row(result.name, value, result.goal, mark)
    console = Console(width=110)
    with console.capture() as captured:
        console.print(table)
        console.print(f"{platform.platform()}, {os.cpu_count()} cores", style="dim")
    return captured.get()


def digits(value: float) -> int:
    if value == 0:
        return 0
    return 0 if abs(value) >= 100 else 2 if abs(value) >= 0.1 else 4


def as_json(found: Sequence[Result]) -> str:
    return json.dumps(
        {
            "platform": platform.platform(),
            "cores": os.cpu_count(),
            "results": [
                asdict(result) | {"reached": result.reached} for result in found
            ],
        },
        indent=2,
    )
