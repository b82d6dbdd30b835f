"""Which layers are drawn."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray


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
