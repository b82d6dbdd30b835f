"""Names and remarks that are longer than the room for them."""

from collections.abc import Sequence
from itertools import takewhile

import numpy as np

LONGEST_NAME = 28
"""Characters of a name beyond which its middle is left out."""
LEAST_BESIDE_NOTE = 16
"""Characters of a name that are left beside a note."""
SEPARATOR = "  ·  "
"""Between remarks."""
JOINERS = "\u200c\u200d"
"""Are not seen, and still belong to the letters of some languages."""


def legible(name: str) -> str:
    """Replaces what is no letter, or would show the letters after it in another order.

    Names of files may be any bytes.

    >>> legible("run\\n1"), legible("漢字 ü")
    ('run�1', '漢字 ü')
    """
    return "".join(
        one if one.isprintable() or one in JOINERS else "\ufffd" for one in name
    )


def shorten(name: str, longest: int = LONGEST_NAME) -> str:
    """Leaves out the middle of a name that is too long for a legend.

    >>> shorten("encoder/block_12/attention/query_projection", 21)
    'encoder/bl…projection'
    """
    if len(name) <= longest:
        return name
    tail = (longest - 1) // 2
    return f"{name[: longest - 1 - tail]}…{name[-tail:]}"


def shorten_all(names: Sequence[str], longest: int = LONGEST_NAME) -> list[str]:
    """Shortens names for a legend, around what tells them apart.

    >>> shorten_all([f"encoder/block_{i}/attention/projection" for i in (1, 2)])
    ['…coder/block_1/attention/pr…', '…coder/block_2/attention/pr…']
    """
    long = [name for name in names if len(name) > longest]
    short = dict(zip(long, _around_differences(long, longest), strict=True))
    found = [short.get(name, name) for name in names]
    if len(set(found)) < len(set(names)):
        return [f"{i}: {shorten(name, longest)}" for i, name in enumerate(names, 1)]
    return found


def with_notes(
    names: Sequence[str], notes: Sequence[str], longest: int = LONGEST_NAME
) -> list[str]:
    """Shortens names so that a note fits beside each.

    >>> with_notes(["tanh", "sigmoid"], [", step 8", ""])
    ['tanh, step 8', 'sigmoid']
    """
    room = max(longest - max(map(len, notes), default=0), LEAST_BESIDE_NOTE)
    short = shorten_all(names, room)
    return [name + note for name, note in zip(short, notes, strict=True)]


def _around_differences(names: Sequence[str], longest: int) -> list[str]:
    several = len(set(names)) > 1
    start = _shared(names) if several else 0
    end = _shared([name[start:][::-1] for name in names]) if several else 0
    cores = [name[start : len(name) - end] for name in names]
    spare = max(longest - 2 - max(map(len, cores), default=0), 0)
    short = []
    for name, core in zip(names, cores, strict=True):
        first = max(start - spare // 2, 0)
        last = len(name) - end + spare - (start - first)
        middle = name[first:start] + core + name[len(name) - end : last]
        left, right = "…" * (first > 0), "…" * (last < len(name))
        short.append(left + shorten(middle, longest - 2) + right)
    return short


def _shared(names: Sequence[str]) -> int:
    """How many characters all names begin with."""
    columns = zip(*names, strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))


def evenly(count: int, most: int) -> list[int]:
    """At most `most` of `count` indices, evenly spread, with both ends."""
    return sorted({round(x) for x in np.linspace(0, count - 1, min(count, most))})


def fold(remarks: Sequence[str], room: int) -> str:
    """Puts remarks in one line, or in two if they are longer than `room`.

    The last ones are left out if there is no room for them.

    >>> fold(["3 layers", "2 steps"], 40)
    '3 layers  ·  2 steps'
    """
    lines: list[str] = []
    rest = list(remarks)
    while rest and len(lines) < 2:
        fitting = [
            i for i in range(1, len(rest) + 1) if len(SEPARATOR.join(rest[:i])) <= room
        ]
        taken = max(fitting, default=1)
        lines.append(SEPARATOR.join(rest[:taken]))
        del rest[:taken]
    return "\n".join(lines)
