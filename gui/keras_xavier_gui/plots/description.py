"""Plots as text, for screen readers."""

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures import Table
from keras_xavier_gui.plots.read_request import nearest

MANY_ROWS = 100
"""Rows of which more are counted and not read aloud."""


def number(value: float) -> str:
    """A number with three digits.

    >>> number(0.123456)
    '0.123'
    """
    return f"{value:.3g}"


def describe_table(title: str, table: Table, step: int | None) -> str:
    """Lists the values of each run at a step.

    Args:
        title: Name of the figure.
        table: The table of the plot. Its numbers are values if they are floats; the
            other columns identify a row.
        step: Step whose rows are listed. Defaults to None: the last one.

    Returns:
        One sentence for each run.
    """
    rows = np.arange(len(table))
    runs = table.columns.get("run")
    names = [""] if runs is None else list(dict.fromkeys(runs.tolist()))
    sentences = [f"{title}."]
    for run in names:
        own = rows if runs is None else rows[runs == run]
        sentences.append(describe_rows(str(run), table, own, step))
    return " ".join(sentences)


def describe_rows(
    run: str, table: Table, rows: NDArray[np.int_], step: int | None
) -> str:
    """Lists the values of one run at a step."""
    where = [run] if run else []
    if "step" in table.columns and len(rows):
        steps = table.columns["step"][rows]
        known = np.unique(steps)
        chosen = known[nearest(known, step)]
        rows = rows[steps == chosen]
        where.append(f"at step {chosen:,}")
    if len(rows) > MANY_ROWS:
        return f"{' '.join(where)}: {len(rows):,} values in the table."
    parts = []
    for row in rows:
        labels, values = [], []
        for name, column in table.columns.items():
            if not np.issubdtype(column.dtype, np.floating):
                if name not in ("run", "step") and str(column[row]):
                    labels.append(str(column[row]))
            elif not np.isnan(column[row]):
                values.append(f"{name.replace('_', ' ')} {number(column[row])}")
        parts.append(f"{' '.join(labels)}: {', '.join(values) or 'no values'}")
    return f"{' '.join(where)}: {'; '.join(parts)}."
