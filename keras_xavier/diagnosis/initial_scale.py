"""Compares the scale of the initial weights with theory."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.initial_saturation import saturating_weights
from keras_xavier.diagnosis.learned import has_learned
from keras_xavier.diagnosis.reading import (
    NO_RECORDS,
    NotChecked,
    layer_names,
    listed,
    read,
    read_counts,
    root_mean_square,
)
from keras_xavier.diagnosis.remedies import (
    activation,
    advice,
    better,
    better_weights,
    try_it,
)
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.theory import edge_of_chaos
from keras_xavier.theory.chains import Link, find_chains, why_no_chains
from keras_xavier.theory.nonlinearities import NONLINEARITIES
from keras_xavier.theory.prediction import expected_in

LEAST_LAYERS = 3
FORWARD_AND_BACK = (Quantity.ACTIVATION, Quantity.PREACTIVATION_GRADIENT)
NEEDED = (Quantity.WEIGHT, Quantity.PREACTIVATION, *FORWARD_AND_BACK)


def wrong_initial_scale(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds initial weights with which, in theory, signals or gradients vanish or grow.

    Layers that are saturated before the first update are measured; for others, theory
    covers chains of dense layers that were recorded before their first update.
    """
    if not run.records:
        raise NotChecked(NO_RECORDS)
    if saturated := saturating_weights(run, thresholds):
        yield saturated
        return
    if reason := why_no_chains(run):
        raise NotChecked(f"theory: {reason}")
    if not {*NEEDED} <= {*run.quantities}:
        return
    # Theory does not cover the layers between two chains.
    longest = max(find_chains(run), key=len, default=[])
    changes = [expected_change(run, longest, one) for one in FORWARD_AND_BACK]
    found = max((one for one in changes if one), key=Expected.logarithm, default=None)
    if found is None or found.logarithm() <= math.log(thresholds.initial_ratio):
        return
    quantity, known, worst = found.quantity, found.layers, found.ratio
    layers = layer_names(run, known)
    what = "signal" if quantity is Quantity.ACTIVATION else "gradient"
    end = "top" if what == "signal" else "first layer"
    change = (
        f"shrinks to {100 * worst:.2g}%" if worst < 1 else f"grows {worst:.2g}-fold"
    )
    moderate = 1 / thresholds.error_ratio < worst < thresholds.error_ratio
    mild = moderate or has_learned(run, thresholds)
    measured = read(run, quantity, Statistic.STD)[0, found.values]
    step = int(run.steps[0])
    yield Finding(
        name=FindingName.WRONG_INITIAL_SCALE,
        severity=Severity.WARNING if mild else Severity.ERROR,
        layers=layers,
        steps=(step, step),
        numbers=(
            Number(f"predicted factor of the {what} over all layers", worst),
            Number("predicted factor per layer", worst ** (1 / (len(known) - 1))),
            Number("n Var[W], median of the layers", weight_variance(run, known)),
            *critical(run),
            Number("measured std in the first layer", float(measured[0])),
            Number("measured std in the last layer", float(measured[-1])),
        ),
        figure=FigureSpec("depth-profile", step=step),
        summary=(
            f"With the initial weights, theory predicts that the {what} {change} "
            f"by the {end}."
        ),
        explanation=(
            f"The variance of the "
            f"weights of {listed(layers)} does not suit their activation function: "
            "signal and gradient should keep their size in each layer. A "
            f"{what} that vanishes or explodes before training does so in later "
            "updates, too, and more in deeper networks."
        ),
        remedy=f"{advice(run)}.",
        change=better_weights(run, known),
        command=try_it(run, **better(run)),
        source="Glorot & Bengio (2010), equations 5, 6 and 16; Schoenholz et al. "
        "(2017), section 3; kx.theory.predicted_std",
    )


@dataclass(frozen=True)
class Expected:
    """Predicted change of a quantity over the layers of a network.

    Attributes:
        quantity: `Quantity`.
        layers: List of int. Rows with the weights of the layers.
        values: List of int. Rows with the activations of the layers.
        ratio: float. Size at the end relative to the start, in the direction of flow.
    """

    quantity: Quantity
    layers: list[int]
    values: list[int]
    ratio: float

    def logarithm(self) -> float:
        """Returns the distance from no change, symmetric in both directions."""
        return abs(math.log(self.ratio)) if self.ratio > 0 else math.inf


def expected_change(run: Run, chain: list[Link], quantity: Quantity) -> Expected | None:
    """Predicts the change of the std of activations or of the norm of gradients."""
    if len(chain) < LEAST_LAYERS:
        return None
    sizes = expected_in(run, chain, quantity)
    if quantity is Quantity.PREACTIVATION_GRADIENT:
        counts = read_counts(run, quantity)
        sizes = sizes * np.sqrt(counts[[link.index for link in chain]])
    found = [pair for pair in zip(chain, sizes, strict=True) if np.isfinite(pair[1])]
    known = [link for link, _ in found]
    if len(known) < LEAST_LAYERS:
        return None
    layers, values = [one.index for one in known], [one.values for one in known]
    first, last = found[0][1], found[-1][1]
    forward = quantity is Quantity.ACTIVATION
    start, end = (first, last) if forward else (last, first)
    if not start > 0:
        return None
    return Expected(quantity, layers, values, float(end / start))


def weight_variance(run: Run, layers: list[int]) -> float:
    """Returns the median of n Var[W] over the layers, where n is the fan-in."""
    square = np.square(root_mean_square(run, Quantity.WEIGHT)[0])
    fan_in = read_counts(run, Quantity.WEIGHT) / [
        max(one.units, 1) for one in run.layers
    ]
    return float(np.median((square * fan_in)[layers]))


def critical(run: Run) -> tuple[Number, ...]:
    """Returns n Var[W] at the edge of chaos, if known for the activation function."""
    name = activation(run)
    if name not in NONLINEARITIES:
        return ()
    try:
        variance = edge_of_chaos(name).weight_variance
    except ValueError:
        return ()
    return (Number("n Var[W] at the edge of chaos", variance),)
