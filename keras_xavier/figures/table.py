"""The numbers of a plot as a table."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.text import escape_formula


@dataclass(frozen=True)
class Table:
    """Columns of the same length, such as the numbers of a plot.

    Attributes:
        columns: dict of str to array. Values by the name of the column.
    """

    columns: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return min((len(values) for values in self.columns.values()), default=0)

    def to_csv(self) -> str:
        """Returns the table as CSV, with a header and numbers without loss of digits.

        Example:

        >>> Table({"step": np.array([0, 1])}).to_csv()
        'step\\r\\n0\\r\\n1\\r\\n'
        """
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow([escape_formula(name) for name in self.columns])
        columns = [
            [escape_formula(value) for value in values.tolist()]
            if values.dtype == object or values.dtype.kind == "U"
            else [str(value) for value in values]
            for values in self.columns.values()
        ]
        writer.writerows(zip(*columns, strict=True))
        return text.getvalue()


def stack(tables: Sequence[Mapping[str, Any]]) -> Table:
    """Concatenates tables with the same columns.

    Args:
        tables: Columns by name; a single value is repeated in all rows of its table.
    """
    parts: dict[str, list[NDArray[Any]]] = {}
    for table in tables:
        rows = max((np.size(values) for values in table.values()), default=0)
        rows = 0 if any(np.ndim(v) and not np.size(v) for v in table.values()) else rows
        for name, values in table.items():
            column = np.asarray(values, object if isinstance(values, str) else None)
            parts.setdefault(name, []).append(np.broadcast_to(column, rows))
    return Table({name: np.concatenate(of) for name, of in parts.items()})
