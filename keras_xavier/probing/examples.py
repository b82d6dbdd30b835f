"""Checks the examples of a probe."""

from typing import Any

import keras
import numpy as np


def check_examples(x: Any, y: Any) -> int:
    """Checks that the numbers of inputs and targets are equal.

    Args:
        x: Array, or list, tuple or dict of arrays. Inputs.
        y: Array, or list, tuple or dict of arrays. Targets.

    Returns:
        int. Number of examples.

    Raises:
        ValueError: If x or y is empty, or the numbers differ.
    """
    shapes = [np.shape(array) for array in keras.tree.flatten((x, y))]
    sizes = {shape[0] if shape else 0 for shape in shapes}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError(
            "A probe must have at least one example, and the same number of inputs and "
            f"targets. Received: arrays of the shapes {shapes}"
        )
    return int(sizes.pop())
