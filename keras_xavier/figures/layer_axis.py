"""An axis with the names of layers, from the input to the output."""

import math
from collections.abc import Collection, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import NDArray

from keras_xavier.figures.labels import drawable
from keras_xavier.figures.style import TEXT_LETTER
from keras_xavier.layer_order import merge_names
from keras_xavier.text import shorten_all

LONGEST, APART = 16, 1
"""Largest number of letters of a name, and letters between two names."""
MOST_TICKS = 100
"""Largest number of layers that all have a tick: ticks take long to draw."""


def axis_names(layers: Sequence[Sequence[str]]) -> list[str]:
    """Returns the names along an axis that several runs share.

    Args:
        layers: Names of the layers of each run.

    Returns:
        All names in the order of the models, or numbers if runs have no layer in
        common.

    >>> axis_names([("hidden", "output"), ("output",)])
    ['hidden', 'output']
    >>> axis_names([("conv", "output"), ("dense",)])
    ['1', '2']
    """
    filled = [of for of in layers if of]
    if filled and set.intersection(*map(set, filled)):
        return merge_names(filled)
    return [str(1 + i) for i in range(max(map(len, filled), default=0))]


def places_of(names: Sequence[str], layers: Sequence[str]) -> NDArray[np.intp]:
    """Returns the places of the layers of a run along an axis; the first place is 1."""
    places = {name: i for i, name in enumerate(names, 1)}
    if not all(name in places for name in layers):
        return np.arange(1, len(layers) + 1)
    return np.array([places[name] for name in layers], np.intp)


def name_layers(axes: Axes, names: Sequence[str], places: Sequence[int]) -> None:
    """Names as many layers as fit below an x axis, and marks all of a few layers.

    Args:
        axes: Axes with a linear x axis. The first layer is at 1.
        names: Names of all layers.
        places: Places of the layers to name, ascending.
    """
    left, right = axes.get_xlim()
    seen = [place for place in places if left <= place <= right]
    short = shorten_all(names, LONGEST)
    chosen = seen[:: stride(axes, [short[place - 1] for place in seen])]
    labels = [drawable(short[place - 1]) for place in chosen]
    if families := dict.fromkeys(one for _, found in labels for one in found):
        usual = mpl.rcParams["font.family"]
        axes.xaxis.set_tick_params(labelfontfamily=[*usual, *families])
    axes.xaxis.set_major_locator(FixedLocator(chosen))
    # A name with dollar signs is not a formula.
    texts = [text.replace("$", r"\$") for text, _ in labels]
    axes.xaxis.set_major_formatter(FixedFormatter(texts))
    others = {*seen} - {*chosen} if len(seen) <= MOST_TICKS else ()
    axes.xaxis.set_minor_locator(FixedLocator(sorted(others)))


def stride(axes: Axes, texts: Collection[str]) -> int:
    """Returns the number of layers from one text to the next, so that all texts fit."""
    left, right = axes.get_xlim()
    inches = float(axes.bbox.width) / axes.figure.dpi
    letters = inches / max(right - left, 1.0) / TEXT_LETTER
    longest = max(map(len, texts), default=0)
    return max(math.ceil((longest + APART) / max(letters, 1e-9)), 1)
