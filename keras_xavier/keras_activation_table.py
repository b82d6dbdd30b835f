"""Activation functions of Keras beyond those of this package: formulas and slopes.

Each function here is called as the function of the same name in `keras.activations`,
with its parameters, and returns `Facts`; `None` where every slope is 0. Like
`activation_table`, this module imports neither Keras nor NumPy.

Not in this table, because a value has no slope of its own that could vanish:

- softmax, log_softmax, sparsemax and glu are not elementwise: an output depends on all
  inputs of the vector,
- exponential has no largest slope,
- linear has the same slope everywhere.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from keras_xavier.activation_table import ACTIVATION_TABLE, Array, Facts

KNOWN = {facts.name: facts for facts in ACTIVATION_TABLE}
GELU_CUBIC = 0.044715


def relu(
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Facts | None:
    """Returns facts of s between `threshold` and `max_value`.

    φ is `max_value` above, and `negative_slope` (s - `threshold`) below.
    """
    if (negative_slope, max_value, threshold) == (0.0, None, 0.0):
        return KNOWN["relu"]
    highest = math.inf if max_value is None else max_value
    rising = highest > threshold
    largest = max(1.0 if rising else 0.0, negative_slope)
    if not largest > 0:
        return None

    def function(ops: Any, s: Array) -> Array:
        below = negative_slope * (s - threshold)
        z = ops.where(s < threshold, below, s)
        return z if max_value is None else ops.minimum(z, max_value)

    def slope(ops: Any, s: Array) -> Array:
        above = ops.where(s < highest, ops.ones_like(s), ops.zeros_like(s))
        return ops.where(s <= threshold, ops.full_like(s, negative_slope), above)

    def slope_from_value(ops: Any, z: Array) -> Array:
        above = ops.where(z < highest, ops.ones_like(z), ops.zeros_like(z))
        return ops.where(z <= 0, ops.full_like(z, negative_slope), above)

    return Facts(
        "relu",
        function,
        slope,
        slope_from_value if rising else None,
        lower=-math.inf if negative_slope else 0.0,
        upper=highest,
        largest_slope=largest,
        kinks=(threshold,) if max_value is None else (threshold, max_value),
        initializer="he_normal",
    )


def relu6() -> Facts | None:
    """Returns facts of min(max(s, 0), 6)."""
    return _called("relu6", relu(max_value=6.0))


def leaky_relu(negative_slope: float = 0.2) -> Facts | None:
    """Returns facts of s above 0 and `negative_slope` s below."""
    if negative_slope == 0.2:
        return KNOWN["leaky_relu"]
    return _called("leaky_relu", relu(negative_slope=negative_slope))


def elu(alpha: float = 1.0) -> Facts | None:
    """Returns facts of s above 0 and `alpha` (exp(s) - 1) below."""
    if alpha == 1.0:
        return KNOWN["elu"]
    return _exponential("elu", alpha, 1.0) if alpha > 0 else None


def celu(alpha: float = 1.0) -> Facts | None:
    """Returns facts of s above 0 and `alpha` (exp(s / `alpha`) - 1) below."""
    return _exponential("celu", alpha, alpha) if alpha > 0 else None


def gelu(*, approximate: bool = False) -> Facts:
    """Returns facts of s Φ(s), or of its approximation with tanh."""
    if not approximate:
        return KNOWN["gelu"]
    root = math.sqrt(2 / math.pi)

    def share(ops: Any, s: Array) -> tuple[Array, Array]:
        # Beyond 10, the share is 0 or 1, and a cube could overflow.
        s = ops.clip(s, -10.0, 10.0)
        tanh = ops.tanh(root * (s + GELU_CUBIC * s * s * s))
        rise = root * (1 + 3 * GELU_CUBIC * s * s) * (1 - tanh * tanh)
        return (1 + tanh) / 2, s * rise / 2

    def slope(ops: Any, s: Array) -> Array:
        first, second = share(ops, s)
        return first + second

    return Facts(
        "gelu_tanh",
        lambda ops, s: s * share(ops, s)[0],
        slope,
        lower=-0.17004075057125406,
        largest_slope=1.1289930686587717,
        initializer="he_normal",
    )


def softplus() -> Facts:
    """Returns facts of log(1 + exp(s))."""
    return Facts(
        "softplus",
        lambda ops, s: ops.logaddexp(s, ops.zeros_like(s)),
        lambda ops, s: ops.sigmoid(s),
        lambda ops, z: -ops.expm1(-z),
        lower=0.0,
        initializer="he_normal",
    )


def log_sigmoid() -> Facts:
    """Returns facts of log(sigmoid(s))."""
    return Facts(
        "log_sigmoid",
        lambda ops, s: -ops.logaddexp(-s, ops.zeros_like(s)),
        lambda ops, s: ops.sigmoid(-s),
        lambda ops, z: -ops.expm1(z),
        upper=0.0,
        initializer="he_normal",
    )


def squareplus(b: float = 4.0) -> Facts | None:
    """Returns facts of (s + √(s² + b)) / 2."""
    if not b > 0:
        return None
    return Facts(
        "squareplus",
        lambda ops, s: (s + ops.sqrt(ops.square(s) + b)) / 2,
        lambda ops, s: (1 + s / ops.sqrt(ops.square(s) + b)) / 2,
        lambda ops, z: 1 / (1 + b / 4 / ops.square(ops.maximum(z, 1e-15))),
        lower=0.0,
        initializer="he_normal",
    )


def mish() -> Facts:
    """Returns facts of s tanh(softplus(s))."""

    def share(ops: Any, s: Array) -> Array:
        return ops.tanh(ops.logaddexp(s, ops.zeros_like(s)))

    def slope(ops: Any, s: Array) -> Array:
        tanh = share(ops, s)
        return tanh + s * ops.sigmoid(s) * (1 - ops.square(tanh))

    return Facts(
        "mish",
        lambda ops, s: s * share(ops, s),
        slope,
        lower=-0.30884341301725043,
        largest_slope=1.088498161251728,
        initializer="he_normal",
    )


def hard_sigmoid() -> Facts:
    """Returns facts of s / 6 + 1/2, limited to 0 and 1."""
    return _ramp("hard_sigmoid", 3.0)


def sparse_sigmoid() -> Facts:
    """Returns facts of (s + 1) / 2, limited to 0 and 1."""
    return _ramp("sparse_sigmoid", 1.0)


def hard_silu() -> Facts:
    """Returns facts of s times the hard sigmoid of s."""

    def slope(ops: Any, s: Array) -> Array:
        inner = s / 3 + 0.5
        above = ops.where(s < 3, inner, ops.ones_like(s))
        return ops.where(s <= -3, ops.zeros_like(s), above)

    return Facts(
        "hard_silu",
        lambda ops, s: s * ops.clip(s / 6 + 0.5, 0, 1),
        slope,
        lower=-0.375,
        largest_slope=1.5,
        kinks=(-3.0, 3.0),
        initializer="he_normal",
    )


def sparse_plus() -> Facts:
    """Returns facts of (s + 1)² / 4 between -1 and 1, 0 below, and s above."""
    return Facts(
        "sparse_plus",
        lambda ops, s: ops.where(s < 1, ops.square(ops.clip(s + 1, 0, 2)) / 4, s),
        lambda ops, s: ops.clip((s + 1) / 2, 0, 1),
        lambda ops, z: ops.sqrt(ops.clip(z, 0, 1)),
        lower=0.0,
        kinks=(-1.0, 1.0),
        initializer="he_normal",
    )


def soft_shrink(threshold: float = 0.5) -> Facts:
    """Returns facts of s moved toward 0 by `threshold`, and 0 in between."""
    return Facts(
        "soft_shrink",
        lambda ops, s: s - ops.clip(s, -threshold, threshold),
        lambda ops, s: _nonzero(ops, ops.abs(s) > threshold, s),
        lambda ops, z: _nonzero(ops, z != 0, z),
        kinks=(-threshold, threshold),
    )


def hard_shrink(threshold: float = 0.5) -> Facts:
    """Returns facts of s, and 0 where |s| is at most `threshold`."""
    return Facts(
        "hard_shrink",
        lambda ops, s: ops.where(ops.abs(s) > threshold, s, ops.zeros_like(s)),
        lambda ops, s: _nonzero(ops, ops.abs(s) > threshold, s),
        lambda ops, z: _nonzero(ops, z != 0, z),
        kinks=(-threshold, threshold),
    )


def tanh_shrink() -> Facts:
    """Returns facts of s - tanh(s)."""
    return Facts(
        "tanh_shrink",
        lambda ops, s: s - ops.tanh(s),
        lambda ops, s: ops.square(ops.tanh(s)),
    )


def threshold(threshold: float, default_value: float) -> Facts:
    """Returns facts of s above `threshold`, and `default_value` below."""
    return Facts(
        "threshold",
        lambda ops, s: ops.where(s > threshold, s, ops.full_like(s, default_value)),
        lambda ops, s: _nonzero(ops, s > threshold, s),
        lower=min(threshold, default_value),
        kinks=(threshold,),
        initializer="he_normal",
    )


def _called(name: str, facts: Facts | None) -> Facts | None:
    return facts and replace(facts, name=name)


def _nonzero(ops: Any, condition: Array, s: Array) -> Array:
    return ops.where(condition, ops.ones_like(s), ops.zeros_like(s))


def _exponential(name: str, floor: float, width: float) -> Facts:
    """Returns facts of s above 0, and `floor` (exp(s / `width`) - 1) below."""

    def slope(ops: Any, s: Array) -> Array:
        decay = floor / width * ops.exp(ops.minimum(s, 0.0) / width)
        return ops.where(s > 0, ops.ones_like(s), decay)

    return Facts(
        name,
        lambda ops, s: ops.where(
            s > 0, s, floor * ops.expm1(ops.minimum(s, 0.0) / width)
        ),
        slope,
        lambda ops, z: ops.where(z > 0, ops.ones_like(z), (z + floor) / width),
        lower=-floor,
        largest_slope=max(floor / width, 1.0),
        kinks=(0.0,),
        initializer="he_normal",
    )


def _ramp(name: str, end: float) -> Facts:
    """Returns facts of a line from 0 at -`end` to 1 at `end`."""
    slope = 1 / (2 * end)

    def inside(ops: Any, condition: Array, s: Array) -> Array:
        return ops.where(condition, ops.full_like(s, slope), ops.zeros_like(s))

    return Facts(
        name,
        lambda ops, s: ops.clip(s * slope + 0.5, 0, 1),
        lambda ops, s: inside(ops, ops.abs(s) < end, s),
        lambda ops, z: inside(ops, (z > 0) & (z < 1), z),
        lower=0.0,
        upper=1.0,
        largest_slope=slope,
        kinks=(-end, end),
    )


def _of_package(name: str) -> Callable[[], Facts]:
    return lambda: KNOWN[name]


KERAS_FACTS: dict[str, Callable[..., Facts | None]] = {
    **{name: _of_package(name) for name in KNOWN},
    **{
        function.__name__: function
        for function in (
            *(relu, relu6, leaky_relu, elu, celu, gelu, softplus, log_sigmoid),
            *(squareplus, mish, hard_sigmoid, sparse_sigmoid, hard_silu, sparse_plus),
            *(soft_shrink, hard_shrink, tanh_shrink, threshold),
        )
    },
}
"""Functions that return facts, by the name of the function in `keras.activations` or in
`keras_xavier.activations`."""
ALIASES = {"swish": "silu", "hard_swish": "hard_silu", "sin": "sine"}
"""Other names in `keras.activations` and `keras.ops`."""
