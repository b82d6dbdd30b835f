"""Chooses the values of large tensors that are counted.

Histograms and percentiles of large tensors are counted on a part of the values, and so
are shares of saturated values of tensors without units. The tensor is divided into
`PART` equal stretches, and one random position is drawn in each. The positions are the
same in every record.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

PART = 1 << 16
"""Counted values of a large tensor. A share p has the error √(p (1 - p) / `PART`)."""
LIMIT = 1_000_000
"""Tensors of at least this many values are counted in part."""
NO_LIMIT = np.iinfo(np.int32).max
"""Number of values above all sizes: every tensor is counted completely."""


@lru_cache(maxsize=1)
def relative_positions() -> NDArray[np.float64]:
    """Returns the position of each counted value, relative to the number of values."""
    random = np.random.default_rng(0)
    return (np.arange(PART) + random.random(PART)) / PART


@lru_cache(maxsize=64)
def positions(number: int) -> NDArray[np.int64]:
    """Returns the ascending positions of the counted values of a tensor.

    Args:
        number: int. Number of values, at least `PART`.
    """
    return np.floor(relative_positions() * number).astype(np.int64)


def counted_part(values: Any, limit: int) -> Any:
    """Returns the values of an array that are counted; `None` if all of them are."""
    return values[positions(values.size)] if values.size >= limit else None
