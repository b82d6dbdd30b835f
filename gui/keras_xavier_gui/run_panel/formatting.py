"""The settings of runs in words: those in which they differ, for the list."""

import json
from collections.abc import Mapping
from typing import Any

from keras_xavier.text import sanitize, shorten

LONGEST_VALUE = 24
Settings = Mapping[str, Any]


def differences(runs: Mapping[str, Settings]) -> dict[str, dict[str, Any]]:
    """Finds the settings in which runs differ.

    Args:
        runs: Settings by run; a run without any, such as a broken one, does not
            count.

    Returns:
        For each run, those of its settings that another run has not or has with
        another value.

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


def in_short(settings: Settings) -> str:
    """Settings in a line; a word tells by itself what it is.

    >>> in_short({"activation": "tanh", "units": 300})
    'tanh · units=300'
    """
    return " · ".join(
        shorten(as_text(value) if is_word(value) else one, LONGEST_VALUE)
        for one, value in zip(in_words(settings), settings.values(), strict=True)
    )


def in_words(settings: Settings) -> list[str]:
    """Each setting as one looks for it.

    >>> in_words({"activation": "tanh", "units": 300})
    ['activation=tanh', 'units=300']
    """
    return [f"{sanitize(name)}={as_text(value)}" for name, value in settings.items()]


def as_text(value: Any) -> str:
    """A value in one line.

    >>> as_text("tanh"), as_text([300, 300]), as_text(True)
    ('tanh', '[300, 300]', 'true')
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return sanitize(" ".join(text.split()))


def is_word(value: Any) -> bool:
    return isinstance(value, str) and value[:1].isalpha()
