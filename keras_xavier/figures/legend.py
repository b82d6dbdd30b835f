"""The legend: entries of layers and runs, also of hidden ones."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from keras_xavier.figures.labels import write
from keras_xavier.figures.style import TEXT_LETTER, TEXT_SIZE, Style
from keras_xavier.text import evenly_spaced, shorten_all

HIDDEN_ALPHA = 0.4
"""Opacity of the entry of a hidden layer."""
SWATCH, LEAST_LETTERS = 0.45, 10
"""Inches beside the names, and letters to keep of each name."""


class Entry(NamedTuple):
    """An entry of the legend.

    Attributes:
        artist: A line or a patch like those in the panels.
        name: str. The text beside it.
        run: str. Name of the run that it stands for; empty if none.
        layer: str. Name of the layer that it stands for; empty if none.
        is_hidden: bool. Whether the layer or run is not drawn.
        note: str. Text after the name, which is never shortened.
    """

    artist: Artist
    name: str
    run: str = ""
    layer: str = ""
    is_hidden: bool = False
    note: str = ""


def with_hidden_layers(
    entries: Sequence[Entry],
    layers: Sequence[str],
    visible: Collection[str] | None,
    color: str,
) -> list[Entry]:
    """Adds entries of hidden layers at their place among the others.

    Args:
        entries: Entries of layers.
        layers: Names of all layers, in their order.
        visible: Names of the layers that are drawn, or `None` for all.
        color: Color of the added entries.
    """
    if visible is None:
        return [*entries]
    order = {name: place for place, name in enumerate(layers)}
    dim = [
        Entry(Line2D([], [], color=color), name, layer=name, is_hidden=True)
        for name in layers
        if name not in visible
    ]
    return sorted([*entries, *dim], key=lambda entry: order[entry.layer])


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


def fit_entries(
    entries: Sequence[Entry], rows: int, what: str
) -> tuple[Sequence[Entry], str]:
    """Returns evenly spaced entries if there are too many, and a title that counts.

    Args:
        entries: The entries.
        rows: int. Number of lines of text.
        what: str. Noun for the entries, in the plural.
    """
    if len(entries) <= rows:
        return entries, ""
    chosen = evenly_spaced(len(entries), rows - 1)
    title = f"{len(chosen)} of {len(entries)} {what}"
    return [entries[i] for i in chosen], title


def shorten_names(entries: Sequence[Entry], inches: float) -> list[Entry]:
    """Shortens the names of runs and layers to make the legend narrower.

    Args:
        entries: The entries.
        inches: float. Width of the legend, if its names keep enough letters.
    """
    letters = max(int((inches - SWATCH) / TEXT_LETTER), LEAST_LETTERS)
    names = [one.name for one in entries if one.run or one.layer]
    short = dict(zip(names, shorten_all(names, letters), strict=True))
    return [one._replace(name=short.get(one.name, one.name)) for one in entries]


def draw_legend(
    figure: Figure,
    style: Style,
    entries: Sequence[Entry],
    title: str,
    corner: tuple[float, float],
) -> Legend:
    """Adds a legend to a figure.

    Args:
        figure: The figure.
        style: Colors.
        entries: The entries, from top to bottom.
        title: str. Text above the entries.
        corner: The upper right corner, as shares of the figure.
    """
    legend = figure.legend(
        [one.artist for one in entries],
        [one.name for one in entries],
        loc="upper right",
        title=title,
        title_fontsize=TEXT_SIZE,
        fontsize=TEXT_SIZE,
        labelcolor=style.foreground,
        alignment="left",
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handlelength=2.4,
        bbox_to_anchor=(0, 0, *corner),
    )
    legend.get_title().set_color(style.foreground)
    texts, handles = legend.get_texts(), legend.legend_handles
    for one, text, handle in zip(entries, texts, handles, strict=True):
        # A name with dollar signs is not a formula.
        text.set_parse_math(False)
        write(text, one.name + one.note)
        if one.is_hidden and handle is not None:
            text.set_alpha(HIDDEN_ALPHA)
            handle.set_alpha(HIDDEN_ALPHA)
    return legend
