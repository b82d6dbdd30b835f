"""Results of remedies that were tried, in a file beside their runs."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FILE = "results.json"
MAX_BYTES = 1 << 20
"""Largest size of a file that is read."""


@dataclass(frozen=True)
class TrialResult:
    """Result of one training run.

    Attributes:
        title: str. The change; `"Original"` for the program without changes.
        run: str. Name of the folder of its run.
        value: float. Measure on the held-out examples at the end; NaN if there is none.
        cost: float. Cost on the held-out examples at the end; NaN if there is none.
        helps: bool. Whether the result is clearly better than the original.
        is_gone: bool or `None`. Whether the findings are gone, if it is known.
        failure: str. Error message; `""` if training succeeded.
    """

    title: str
    run: str
    value: float
    cost: float
    helps: bool
    is_gone: bool | None
    failure: str


@dataclass(frozen=True)
class TrialResults:
    """Results of all training runs.

    Attributes:
        measure: str. Name of `TrialResult.value`.
        cost: str. Name of `TrialResult.cost`.
        guessing: float. Measure of guessing.
        examples: int. Number of held-out examples.
        updates: int. Number of updates of each training run.
        results: Tuple of `TrialResult`. The original comes first.
    """

    measure: str
    cost: str
    guessing: float
    examples: int
    updates: int
    results: tuple[TrialResult, ...]


def write_results(results: TrialResults, folder: str) -> None:
    """Writes the results to a file in the folder of the runs."""
    document = without_nan(asdict(results))
    path = os.path.join(folder, FILE)
    partial = f"{path}.{os.getpid()}"
    with open(partial, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2, ensure_ascii=False)
    os.replace(partial, path)


def read_results(folder: str) -> TrialResults | None:
    """Reads the results in a folder.

    Returns:
        `TrialResults`, or `None` if no remedies were tried there.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If the file is damaged.
    """
    try:
        with open(os.path.join(folder, FILE), "rb") as file:
            data = file.read(MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        document = json.loads(data)
        rows = document["results"]
        return TrialResults(
            **typed(document, TrialResults, without="results"),
            results=tuple(TrialResult(**typed(row, TrialResult)) for row in rows),
        )
    except (
        LookupError,
        TypeError,
        ValueError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise ValueError(f"{folder}/{FILE} is damaged: {error}") from None


def without_nan(value: Any) -> Any:
    """Returns JSON-serializable values; `None` stands for NaN and ±Inf."""
    match value:
        case dict():
            return {name: without_nan(one) for name, one in value.items()}
        case list() | tuple():
            return [without_nan(one) for one in value]
        case float() if not math.isfinite(value):
            return None
    return value


def typed(
    values: Mapping[str, Any], kind: type, *, without: str = ""
) -> dict[str, Any]:
    """Returns the fields of a class from a file.

    Raises:
        ValueError: If a value has another type.
    """
    found = {}
    for name, wanted in kind.__annotations__.items():
        if name == without:
            continue
        value = values[name]
        if wanted is float:
            value = math.nan if value is None else value
            wanted = int | float
        is_flag = isinstance(value, bool) and wanted not in (bool, bool | None)
        if is_flag or not isinstance(value, wanted):
            raise ValueError(f"`{name}` has the value {value!r:.80}")
        found[name] = float(value) if wanted == int | float else value
    return found
