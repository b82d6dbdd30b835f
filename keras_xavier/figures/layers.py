"""Which layers are drawn, and which of them the legend names."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.style import evenly

MOST_NAMES = 16
"""Layers that a legend names; of more, an even choice in the order of depth."""


def select(layers: Sequence[str], visible: Collection[str] | None) -> NDArray[np.bool_]:
    """Tells which layers are visible.

    Args:
        layers: Names of all.
        visible: Names of some, or `None` for all.

    Returns:
        Array of bool `(layer,)`.
    """
    return np.array([visible is None or name in visible for name in layers], bool)


def require(known: Collection[str], wanted: Collection[str] | None) -> None:
    """Raises a ValueError that names what is allowed, if a layer is not known."""
    if unknown := [name for name in wanted or () if name not in known]:
        raise ValueError(
            f"The run has no such layer: {', '.join(unknown)}. "
            f"Allowed: {', '.join(known)}"
        )


def named(visible: NDArray[np.bool_]) -> list[int]:
    """Indices of the visible layers that the legend names."""
    indices = np.flatnonzero(visible)
    return [int(indices[i]) for i in evenly(len(indices), MOST_NAMES)]


def legend_title(visible: NDArray[np.bool_]) -> str:
    """Says so when the legend does not name all visible layers."""
    count = np.count_nonzero(visible)
    return f"{MOST_NAMES} of {count} layers" if count > MOST_NAMES else ""
