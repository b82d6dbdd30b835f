"""The initializers of this package: names, classes and variances.

An initializer is listed here once. The Keras classes, the analysis in NumPy, the
diagnosis and the choices of the command line and the app follow from this table. It
imports neither Keras nor NumPy.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class InitializerFacts:
    """Names and variance of an initializer.

    Attributes:
        name: str. Name, as accepted by `initializers.get`.
        title: str. Common name outside the paper.
        class_name: str. The class in `keras_xavier.initializers`.
        keras_name: str or `None`. Name as `kernel_initializer`; `None` if Keras
            does not have it.
        variance: Function or `None`. Var[W] from fan-in and fan-out; `None` if it
            depends on the data or on the activation function.
    """

    name: str
    title: str
    class_name: str
    keras_name: str | None = None
    variance: Callable[[int, int], float] | None = None


INITIALIZER_TABLE = (
    InitializerFacts(
        "standard",
        "PyTorch-style uniform",
        "StandardUniform",
        variance=lambda fan_in, fan_out: 1 / (3 * fan_in),
    ),
    InitializerFacts(
        "normalized",
        "Glorot uniform",
        "NormalizedUniform",
        "glorot_uniform",
        lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    ),
    InitializerFacts(
        "lecun_normal",
        "LeCun normal",
        "LeCunNormal",
        "lecun_normal",
        lambda fan_in, fan_out: 1 / fan_in,
    ),
    InitializerFacts(
        "lecun_uniform",
        "LeCun uniform",
        "LeCunUniform",
        "lecun_uniform",
        lambda fan_in, fan_out: 1 / fan_in,
    ),
    InitializerFacts(
        "he_normal",
        "He normal",
        "HeNormal",
        "he_normal",
        lambda fan_in, fan_out: 2 / fan_in,
    ),
    InitializerFacts(
        "he_uniform",
        "He uniform",
        "HeUniform",
        "he_uniform",
        lambda fan_in, fan_out: 2 / fan_in,
    ),
    InitializerFacts(
        "orthogonal",
        "orthogonal",
        "Orthogonal",
        "orthogonal",
        lambda fan_in, fan_out: 1 / max(fan_in, fan_out),
    ),
    InitializerFacts("lsuv", "layer-sequential unit variance", "LSUV"),
    InitializerFacts("critical", "edge of chaos", "Critical"),
)

INITIALIZER_NAMES = tuple(facts.name for facts in INITIALIZER_TABLE)
KERAS_NAMES = {facts.name: facts.keras_name for facts in INITIALIZER_TABLE}
"""The name of each initializer as `kernel_initializer`; `None` if Keras lacks it."""
TITLES = {facts.name: facts.title for facts in INITIALIZER_TABLE}
"""The common name of each initializer outside the paper."""
PAPER_NAMES = ", ".join(
    f"{name} is {TITLES[name]}" for name in ("standard", "normalized")
)
"""Explains the names that only the paper uses, for options and controls."""
