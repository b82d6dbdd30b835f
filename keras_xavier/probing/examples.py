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


def check_probe(probe: Any) -> None:
    """Checks that a probe is a tuple of inputs and targets.

    Raises:
        ValueError: If it is not, or the numbers of inputs and targets differ.
    """
    if not (isinstance(probe, tuple) and len(probe) == 2):
        raise ValueError(
            "`probe` must be a tuple (x, y) of inputs and targets. Received: "
            f"probe of type {type(probe).__name__}"
        )
    check_examples(*probe)
