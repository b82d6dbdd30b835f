"""Entries of the legend: what they show, also of hidden layers and runs."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from matplotlib.artist import Artist
from matplotlib.lines import Line2D

HIDDEN_ALPHA = 0.4
"""Opacity of the entry of a hidden layer."""


class Entry(NamedTuple):
    """An entry of the legend.

    Attributes:
        artist: A line or a patch like those in the panels.
        name: str. The text beside it.
        run: str. Name of the run that it stands for; empty if none.
        layer: str. Name of the layer that it stands for; empty if none.
        is_hidden: bool. Whether the layer or run is not drawn.
    """

    artist: Artist
    name: str
    run: str = ""
    layer: str = ""
    is_hidden: bool = False


def with_hidden_layers(
    entries: Sequence[Entry],
    layers: Sequence[Sequence[str]],
    visible: Collection[str] | None,
    color: str,
) -> list[Entry]:
    """Adds entries of hidden layers at their place among the others.

    Args:
        entries: Entries of layers.
        layers: Names of the layers of each run.
        visible: Names of the layers that are drawn, or `None` for all.
        color: Color of the added entries.
    """
    deepest = sorted(layers, key=len, reverse=True)
    order = list(dict.fromkeys(name for of in deepest for name in of))
    if visible is None or not all(entry.layer in order for entry in entries):
        return [*entries]
    dim = [
        Entry(Line2D([], [], color=color), name, layer=name, is_hidden=True)
        for name in order
        if name not in visible
    ]
    return sorted([*entries, *dim], key=lambda entry: order.index(entry.layer))


def with_hidden_runs(
    entries: Sequence[Entry],
    always: Sequence[Entry],
    runs: Sequence[Entry],
) -> tuple[list[Entry], list[Entry]]:
    """Adds entries of hidden runs at their place among the others.

    Args:
        entries: Entries of runs or of layers.
        always: Further entries.
        runs: Entries of all runs, some of them hidden; empty if none is hidden.

    Returns:
        The entries, and the further entries, of which one kind lists all runs.
    """
    if not runs:
        return [*entries], [*always]
    known = {one.run: one for one in (*entries, *always) if one.run}
    every = [known.get(one.run, one) for one in runs]
    others = [one for one in always if not one.run]
    if any(one.layer for one in entries):
        return [*entries], [*every, *others]
    return every, others
