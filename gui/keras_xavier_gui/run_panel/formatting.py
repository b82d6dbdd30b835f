"""Formats hyperparameters and durations in short."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from keras_xavier.text import sanitize, shorten
from keras_xavier_gui.widgets.status_bar import DAY, HOUR, MINUTE

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
    given = [one for one in runs.values() if one]
    names = dict.fromkeys(name for one in given for name in one)
    differing = {name for name in names if differs([one.get(name) for one in given])}
    return {
        run: {name: value for name, value in one.items() if name in differing}
        for run, one in runs.items()
    }


def differs(values: Sequence[Any]) -> bool:
    """Whether the texts of values differ; `None` stands for no value."""
    first = values[0]
    # Fast for values that are alike, as nearly all are.
    return any(
        type(one) is not type(first)
        or (one != first and as_text(one) != as_text(first))
        for one in values
    )


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


def displayed(value: Any) -> str:
    """Formats a value for display: thousands have commas.

    >>> displayed(4000), displayed(0.1), displayed([300, 300]), displayed("4000")
    ('4,000', '0.1', '[300, 300]', '4000')
    """
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,}" if is_integer else as_text(value)


def is_word(value: Any) -> bool:
    return isinstance(value, str) and value[:1].isalpha()


def duration(seconds: float) -> str:
    """Formats a duration in its two largest units.

    >>> duration(42.4), duration(492), duration(3900), duration(183_600)
    ('42 s', '8 min 12 s', '1 h 5 min', '2 d 3 h')
    """
    units = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s"))
    for (unit, name), (smaller, smaller_name) in pairwise(units):
        if seconds >= unit:
            rest = int(seconds % unit) // smaller
            return f"{int(seconds // unit)} {name} {rest} {smaller_name}"
    return f"{seconds:.0f} s"
