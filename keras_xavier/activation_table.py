"""The activation functions of this package: formulas, bounds and slopes.

An activation function is defined here once. The Keras functions, the analysis in
NumPy, the diagnosis and the choices of the command line and the app follow from this
table. It imports neither Keras nor NumPy: a formula takes the module that it is
computed with, `keras.ops` or one with the same functions, as its first argument.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

Array = Any
Formula = Callable[..., Array]
"""A function of a module such as `keras.ops` and an array."""

LECUN_SCALE, LECUN_GAIN = 1.7159, 2 / 3
LEAKY_SLOPE = 0.2
SELU_SCALE = 1.0507009873554805
SELU_FLOOR = SELU_SCALE * 1.6732632423543772


@dataclass(frozen=True)
class Facts:
    """Bounds and slopes of an activation function φ.

    Attributes:
        name: str. Name, as accepted by `activations.get`.
        function: Function. φ of the preactivation s.
        slope: Function. φ'(s) of the preactivation s.
        slope_from_value: Function or `None`. φ' of the activation z = φ(s). `None` if
            z does not determine the slope: a sine repeats its values, and GELU and
            SiLU fall before they rise.
        lower: float. Infimum of φ; `-inf` if it is unbounded below.
        upper: float. Supremum of φ; `inf` if it is unbounded above.
        largest_slope: float. Supremum of |φ'|. A unit counts as saturated where
            |φ'(s)| is less than 5% of it.
        kinks: Tuple of float. The values of s at which φ or one of its derivatives
            jumps.
        initializer: str. Recommended initializer, as accepted by `initializers.get`.
    """

    name: str
    function: Formula
    slope: Formula
    slope_from_value: Formula | None = None
    lower: float = -math.inf
    upper: float = math.inf
    largest_slope: float = 1.0
    kinks: tuple[float, ...] = ()
    initializer: str = "normalized"

    def computed_with(self, ops: Any) -> Self:
        """Returns the same facts, with functions of one array that use `ops`."""
        from_value = self.slope_from_value
        return replace(
            self,
            function=partial(self.function, ops),
            slope=partial(self.slope, ops),
            slope_from_value=from_value and partial(from_value, ops),
        )


def _tanh_slope(ops: Any, s: Array) -> Array:
    return 1 - ops.square(ops.tanh(s))


def _step(ops: Any, s: Array, *, below: float = 0.0, above: float = 1.0) -> Array:
    """Returns `above` where s > 0 and `below` elsewhere, in the dtype of s."""
    return ops.where(s > 0, ops.full_like(s, above), ops.full_like(s, below))


def _inside(ops: Any, s: Array) -> Array:
    return ops.where(ops.abs(s) < 1, ops.ones_like(s), ops.zeros_like(s))


def _rectifier(name: str, below: float = 0.0) -> Facts:
    """Returns facts of φ(s) = s above 0 and `below` s elsewhere."""
    slope = partial(_step, below=below)
    return Facts(
        name,
        lambda ops, s: ops.where(s > 0, s, below * s),
        slope,
        slope,
        lower=-math.inf if below else 0.0,
        kinks=(0.0,),
        initializer="he_normal",
    )


def _exponential(name: str, floor: float, above: float, initializer: str) -> Facts:
    """Returns facts of φ(s) = `above` s above 0 and `floor` (exp(s) - 1) elsewhere."""

    def slope(ops: Any, s: Array) -> Array:
        decay = floor * ops.exp(ops.minimum(s, 0.0))
        return ops.where(s > 0, ops.full_like(s, above), decay)

    return Facts(
        name,
        lambda ops, s: ops.where(
            s > 0, above * s, floor * ops.expm1(ops.minimum(s, 0.0))
        ),
        slope,
        lambda ops, z: ops.where(z > 0, ops.full_like(z, above), z + floor),
        lower=-floor,
        largest_slope=max(floor, above),
        kinks=(0.0,),
        initializer=initializer,
    )


def _normal_distribution(ops: Any, s: Array) -> Array:
    return (1 + ops.erf(s / math.sqrt(2))) / 2


def _gelu_slope(ops: Any, s: Array) -> Array:
    density = ops.exp(-ops.square(s) / 2) / math.sqrt(2 * math.pi)
    return _normal_distribution(ops, s) + s * density


def _silu_slope(ops: Any, s: Array) -> Array:
    z = ops.sigmoid(s)
    return z * (1 + s * (1 - z))


ACTIVATION_TABLE = (
    Facts(
        "sigmoid",
        lambda ops, s: ops.sigmoid(s),
        # Not z (1 - z), which loses precision where z is near 1.
        lambda ops, s: ops.sigmoid(s) * ops.sigmoid(-s),
        lambda ops, z: z * (1 - z),
        lower=0.0,
        upper=1.0,
        largest_slope=0.25,
    ),
    Facts(
        "tanh",
        lambda ops, s: ops.tanh(s),
        _tanh_slope,
        lambda ops, z: 1 - ops.square(z),
        lower=-1.0,
        upper=1.0,
    ),
    Facts(
        "softsign",
        lambda ops, s: s / (1 + ops.abs(s)),
        lambda ops, s: 1 / ops.square(1 + ops.abs(s)),
        lambda ops, z: ops.square(1 - ops.abs(z)),
        lower=-1.0,
        upper=1.0,
        kinks=(0.0,),
    ),
    Facts(
        "scaled_tanh",
        lambda ops, s: LECUN_SCALE * ops.tanh(LECUN_GAIN * s),
        lambda ops, s: LECUN_SCALE * LECUN_GAIN * _tanh_slope(ops, LECUN_GAIN * s),
        lambda ops, z: LECUN_GAIN * (LECUN_SCALE - ops.square(z) / LECUN_SCALE),
        lower=-LECUN_SCALE,
        upper=LECUN_SCALE,
        largest_slope=LECUN_SCALE * LECUN_GAIN,
    ),
    Facts(
        "hard_tanh",
        lambda ops, s: ops.clip(s, -1, 1),
        _inside,
        _inside,
        lower=-1.0,
        upper=1.0,
        kinks=(-1.0, 1.0),
    ),
    _rectifier("relu"),
    _rectifier("leaky_relu", LEAKY_SLOPE),
    _exponential("elu", 1.0, 1.0, "he_normal"),
    _exponential("selu", SELU_FLOOR, SELU_SCALE, "lecun_normal"),
    Facts(
        "gelu",
        lambda ops, s: s * _normal_distribution(ops, s),
        _gelu_slope,
        lower=-0.16997120747990369,
        largest_slope=1.128904145185155,
        initializer="he_normal",
    ),
    Facts(
        "silu",
        lambda ops, s: s * ops.sigmoid(s),
        _silu_slope,
        lower=-0.2784645427610738,
        largest_slope=1.0998393201288667,
        initializer="he_normal",
    ),
    Facts(
        "arctan",
        lambda ops, s: ops.arctan(s),
        lambda ops, s: 1 / (1 + ops.square(s)),
        lambda ops, z: ops.square(ops.cos(z)),
        lower=-math.pi / 2,
        upper=math.pi / 2,
    ),
    Facts(
        "sine",
        lambda ops, s: ops.sin(s),
        lambda ops, s: ops.cos(s),
        lower=-1.0,
        upper=1.0,
    ),
)

ACTIVATION_NAMES = tuple(facts.name for facts in ACTIVATION_TABLE)
SUITED_INITIALIZERS = {facts.name: facts.initializer for facts in ACTIVATION_TABLE}
"""Recommended initializer of each activation function, by name."""
