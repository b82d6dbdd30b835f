"""Texts of runs: hyperparameters in short, searchable text and tooltips."""

import json
import os
from collections.abc import Mapping
from typing import Any, TypeAlias

from keras_xavier.runs import State
from keras_xavier.text import sanitize, shorten
from keras_xavier_gui.sources.listing import Entry
from keras_xavier_gui.widgets.status_bar import excerpt, first_line, state_name

MAX_VALUE_LENGTH = 24
"""Characters of a hyperparameter in a cell."""
Hyperparameters: TypeAlias = Mapping[str, Any]


def differences(runs: Mapping[str, Hyperparameters]) -> dict[str, dict[str, Any]]:
    """Finds the hyperparameters in which runs differ.

    Args:
        runs: Hyperparameters by run. Runs without any, such as broken runs, do not
            count.

    Returns:
        For each run, its hyperparameters that another run lacks or has with another
        value.

    Example:

    >>> differences({"a": {"units": 9, "seed": 0}, "b": {"units": 8, "seed": 0}})
    {'a': {'units': 9}, 'b': {'units': 8}}
    """
    texts = [{name: as_text(one[name]) for name in one} for one in runs.values() if one]
    names = {name for one in texts for name in one}
    differing = {name for name in names if len({one.get(name) for one in texts}) > 1}
    return {
        run: {name: value for name, value in one.items() if name in differing}
        for run, one in runs.items()
    }


def in_short(hyperparameters: Hyperparameters) -> str:
    """Formats hyperparameters in one line; names of text values are left out.

    >>> in_short({"activation": "tanh", "units": 300})
    'tanh · units=300'
    """
    assignments = as_assignments(hyperparameters)
    return " · ".join(
        shorten(as_text(value) if is_word(value) else assignment, MAX_VALUE_LENGTH)
        for assignment, value in zip(assignments, hyperparameters.values(), strict=True)
    )


def as_assignments(hyperparameters: Hyperparameters) -> list[str]:
    """Formats each hyperparameter as users search for it.

    >>> as_assignments({"activation": "tanh", "units": 300})
    ['activation=tanh', 'units=300']
    """
    return [
        f"{sanitize(name)}={as_text(value)}" for name, value in hyperparameters.items()
    ]


def as_text(value: Any) -> str:
    """Formats a value in one line.

    >>> as_text("tanh"), as_text([300, 300]), as_text(True)
    ('tanh', '[300, 300]', 'true')
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return sanitize(" ".join(text.split()))


def is_word(value: Any) -> bool:
    return isinstance(value, str) and value[:1].isalpha()


def searchable(entry: Entry) -> str:
    """All text that the filter searches."""
    run = entry.run
    start = os.path.dirname(entry.folders[0]) if entry.folders else ""
    return "\n".join(
        [
            run.path.removeprefix(start),
            state_name(run.state, run.reason),
            *run.notes.tags,
            run.notes.text,
            *as_assignments(run.hyperparameters),
        ]
    )


def details(entry: Entry) -> str:
    """Text of the tooltip: path, state, hyperparameters, tags and notes."""
    run = entry.run
    lines = [run.path, state_name(run.state, run.reason)]
    if run.reason:
        lines[1] += f": {first_line(run.reason)}"
    if run.state is not State.BROKEN:
        lines[1] += f", {run.records:,} records"
    lines += [
        f"{name}: {as_text(value)}" for name, value in run.hyperparameters.items()
    ]
    if run.notes.tags:
        lines.append(f"Tags: {', '.join(run.notes.tags)}")
    lines += run.notes.text.splitlines()
    return excerpt("\n".join(lines))
