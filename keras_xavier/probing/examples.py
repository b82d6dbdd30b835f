"""Checks of the examples that make up a probe."""

from typing import Any

import keras
import numpy as np


def check_examples(x: Any, y: Any) -> int:
    """Checks that inputs and targets belong together.

    Args:
        x: An array, or a list, tuple or dict of arrays.
        y: Likewise.

    Returns:
        The number of examples.

    Raises:
        ValueError: If there are none, or not as many targets as inputs.
    """
    shapes = [np.shape(array) for array in keras.tree.flatten((x, y))]
    sizes = {shape[0] if shape else 0 for shape in shapes}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError(
            "A probe needs at least one example, and as many targets as inputs. "
            f"Received: arrays of the shapes {shapes}"
        )
    return int(sizes.pop())
