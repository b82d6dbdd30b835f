"""The labels of the nodes of a network: as much text as fits."""

import re
from functools import lru_cache

import numpy as np

from keras_xavier.figures.card_text import number
from keras_xavier.figures.network_data import NetworkData
from keras_xavier.network.graph import Node
from keras_xavier.text import shorten, shorten_all

LINE, LETTER = 0.135, 0.063
"""Height of a line of text, and width of an average letter, in inches."""
LOWEST = 0.115
"""Smallest height of a node with a name, which has no space above and below."""
PADDING = 0.06
"""Inches between a label and the sides of its node."""
NUMBERED = re.compile(r" \(\d+\)$")
"""Ends a shortened name that differs from others in a number only."""
FEWEST_LETTERS, FEWEST_AT_END = 4, 8
"""Smallest number of letters of a shortened name, and of the end of a name."""


def letters_in(width: float) -> int:
    """Returns the number of letters in a line of a node of this width in inches."""
    return int((width - PADDING) / LETTER)


def has_room(letters: int, height: float) -> bool:
    """Returns whether a node has room for a name; its height is in inches."""
    return letters >= FEWEST_LETTERS and height >= LOWEST


def short_names(data: NetworkData, letters: int) -> tuple[str, ...]:
    """Returns the names of the nodes, shortened so that they differ."""
    return _short_names(tuple(node.name for node in data.graph.nodes), letters)


@lru_cache(maxsize=32)
def _short_names(names: tuple[str, ...], letters: int) -> tuple[str, ...]:
    # Names that differ in many words would only get numbers.
    return tuple(
        ("" if letters < FEWEST_AT_END else f"…{name[1 - letters :]}")
        if NUMBERED.search(short)
        else short
        for name, short in zip(names, shorten_all(names, letters), strict=True)
    )


def label(node: Node, name: str, data: NetworkData, letters: int, height: float) -> str:
    """Returns the text that fits into a node.

    Args:
        node: `Node`.
        name: str. Its shortened name.
        data: `NetworkData`.
        letters: int. Number of letters in a line.
        height: float. Height of the node in inches.
    """
    if not name or not has_room(letters, height):
        return ""
    is_low = height < 2 * LINE
    if len(node.layers) > 1:
        return name
    value = data.values.get(node.layers[0]) if node.layers else None
    if value is None:
        return name if is_low else f"{name}\n{shorten(node.kind, letters)}"
    text = value_text(value, data)
    if is_low:
        whole = f"{name}  {text}"
        return whole if len(whole) <= letters else name
    whole = f"{node.kind}  {text}"
    return f"{name}\n{whole if len(whole) <= letters else text}"


def value_text(value: float, data: NetworkData) -> str:
    """Formats a value of a layer.

    Args:
        value: float. The value.
        data: `NetworkData`, whose statistic may be a share.
    """
    if not np.isfinite(value):
        return "not finite"
    if data.statistic.is_share:
        return f"{number(100 * value, 3)}%"
    return number(value, 3)
