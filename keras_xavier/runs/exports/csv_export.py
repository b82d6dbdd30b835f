"""Exports tables of runs as CSV: a header, and numbers without loss of digits."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs.exports.tables import TABLES, Names
from keras_xavier.text import escape_formula

if TYPE_CHECKING:
    from keras_xavier.runs.reader import Run


def write(run: "Run", path: Path, *, table: str) -> None:
    """Writes one of the `TABLES` of a run."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for number, block in enumerate(TABLES[table](run)):
            if not number:
                writer.writerow(block)
            writer.writerows(zip(*map(texts, block.values()), strict=True))


def texts(column: NDArray[Any] | Names) -> Sequence[str]:
    """Returns the cells of a column as text."""
    if isinstance(column, Names):
        names = np.array([escape_formula(name) for name in column.names], object)
        return names[column.codes].tolist()
    return [str(value) for value in column]
