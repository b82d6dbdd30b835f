"""Decides which values of an activation function are saturated."""

from collections.abc import Callable

from keras import ops

from keras_xavier.activation_table import Facts
from keras_xavier.probing.backend import Tensor
from keras_xavier.statistics import SATURATION_SLOPE


def saturation(activation: Facts, from_value: bool) -> Callable[[Tensor], Tensor]:
    """Returns a function from values to flags: which values are saturated.

    Args:
        activation: `Facts`.
        from_value: bool. Whether the values are z = φ(s), not s. If z determines the
            slope, φ is monotone and the slope is not negative.
    """
    least = SATURATION_SLOPE * activation.largest_slope
    of_value = activation.slope_from_value
    if from_value and of_value is not None:
        return lambda z: of_value(z) < least
    return lambda s: ops.abs(activation.slope(s)) < least
