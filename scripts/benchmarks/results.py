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

BACKENDS = ("tensorflow", "jax", "torch")
MISSED = "✗"


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
    """Returns a table with a row for each name, and a column for each backend."""
    rows: dict[str, dict[str, Result]] = {}
    for result in found:
        backend, name = split_backend(result.name)
        rows.setdefault(name, {})[backend] = result
    columns = [
        one for one in ("", *BACKENDS) if any(one in row for row in rows.values())
    ]
    table = Table(box=None, pad_edge=False)
    table.add_column("measured")
    for heading in (*(column or "result" for column in columns), "goal"):
        table.add_column(heading, justify="right")
    for name, row in rows.items():
        goal = next(iter(row.values())).goal
        table.add_row(name, *(cell(row.get(column)) for column in columns), goal)
    console = Console(width=130)
    with console.capture() as captured:
        console.print(table)
        if not all(result.reached for result in found):
            console.print(f"{MISSED} misses its goal", style="dim")
        console.print(f"{platform.platform()}, {os.cpu_count()} cores", style="dim")
    return captured.get()


def split_backend(name: str) -> tuple[str, str]:
    """Splits `"jax: a step"` into backend and rest; the backend may be empty."""
    backend, colon, rest = name.partition(": ")
    return (backend, rest) if colon and backend in BACKENDS else ("", name)


def as_line(result: Result) -> str:
    goal = f" ({result.goal})" if result.goal else ""
    return f"{result.name}: {cell(result)}{goal}"


def cell(result: Result | None) -> str:
    if result is None:
        return ""
    mark = "" if result.reached else f" {MISSED}"
    return f"{result.value:,.{digits(result.value)}f} {result.unit}{mark}"


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
