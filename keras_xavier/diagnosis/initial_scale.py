"""The scale of the weights before training, against theory."""

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
from keras_xavier.diagnosis.reading import (
    counts,
    layer_names,
    listed,
    read,
    root_mean_square,
)
from keras_xavier.diagnosis.remedies import (
    activation,
    advice,
    better,
    try_it,
)
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.theory import edge_of_chaos
from keras_xavier.theory.nonlinearities import NONLINEARITIES
from keras_xavier.theory.prediction import chains, expected_std

LEAST_LAYERS = 3
FORWARD_AND_BACK = (Quantity.ACTIVATION, Quantity.PREACTIVATION_GRADIENT)
NEEDED = (Quantity.WEIGHT, Quantity.PREACTIVATION, *FORWARD_AND_BACK)


def initial_scale(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Weights with which, says theory, signal or gradient fade or grow with depth.

    Of chains of dense layers that were recorded before their first update; of others
    theory says nothing.
    """
    changes = [expected_change(run, quantity) for quantity in FORWARD_AND_BACK]
    found = max((one for one in changes if one), key=Expected.logarithm, default=None)
    if found is None or found.logarithm() <= math.log(thresholds.initial_ratio):
        return
    quantity, known, worst = found.quantity, found.layers, found.ratio
    layers = layer_names(run, known)
    what = "signal" if quantity is Quantity.ACTIVATION else "gradient"
    way = "up to the top" if what == "signal" else "down to the first layer"
    grave = not 1 / thresholds.grave_ratio < worst < thresholds.grave_ratio
    measured = read(run, quantity, Statistic.STD)[0, known]
    step = int(run.steps[0])
    yield Finding(
        name=FindingName.WRONG_INITIAL_SCALE,
        severity=Severity.ERROR if grave else Severity.WARNING,
        layers=layers,
        steps=(step, step),
        numbers=(
            Number(f"{what} at the far end, as theory expects", worst),
            Number("factor from layer to layer", worst ** (1 / (len(known) - 1))),
            Number("n Var[W] of the layers, median", weight_variance(run, known)),
            *critical(run),
            Number("measured std of the first of them", float(measured[0])),
            Number("measured std of the last of them", float(measured[-1])),
        ),
        figure=FigureSpec("depth-profile", step=step),
        explanation=(
            f"With the weights as they were drawn, theory expects the {what} to become "
            f"{worst:.2g} times as large on its way {way}. The variance of the "
            f"weights of {listed(layers)} does not suit their activation: per layer it "
            "should let signal and gradient keep their size. What fades or grows "
            "before training does so in each update, and the deeper the network the "
            "more."
        ),
        remedy=f"{advice(run)}.",
        command=try_it(run, **better(run)),
        source="Glorot & Bengio (2010), equations 5, 6 and 16; Schoenholz et al. "
        "(2017), section 3; kx.theory.predicted_std",
    )


@dataclass(frozen=True)
class Expected:
    """What theory expects of a network: the change of a quantity over these layers."""

    quantity: Quantity
    layers: list[int]
    ratio: float

    def logarithm(self) -> float:
        """How far it is from no change, in both directions alike."""
        return abs(math.log(self.ratio)) if self.ratio > 0 else math.inf


def expected_change(run: Run, quantity: Quantity) -> Expected | None:
    """From where it enters to its far end: std of signals, norm of gradients."""
    if not run.records or not {*NEEDED} <= {*run.quantities}:
        return None
    sizes = expected_std(run, quantity)
    if quantity is Quantity.PREACTIVATION_GRADIENT:
        sizes = sizes * np.sqrt(counts(run, quantity))
    # Between two chains lies what theory does not know.
    longest = max(chains(run), key=len, default=[])
    known = [index for index in longest if np.isfinite(sizes[index])]
    if len(known) < LEAST_LAYERS:
        return None
    first, last = sizes[known[0]], sizes[known[-1]]
    forward = quantity is Quantity.ACTIVATION
    start, end = (first, last) if forward else (last, first)
    return Expected(quantity, known, float(end / start)) if start > 0 else None


def weight_variance(run: Run, layers: list[int]) -> float:
    """n Var[W], n the fan-in."""
    square = np.square(root_mean_square(run, Quantity.WEIGHT)[0])
    fan_in = counts(run, Quantity.WEIGHT) / [max(one.units, 1) for one in run.layers]
    return float(np.median((square * fan_in)[layers]))


def critical(run: Run) -> tuple[Number, ...]:
    """What theory would have instead."""
    name = activation(run)
    if name not in NONLINEARITIES:
        return ()
    try:
        variance = edge_of_chaos(name).weight_variance
    except ValueError:
        return ()
    return (Number("n Var[W] at the edge of chaos", variance),)
