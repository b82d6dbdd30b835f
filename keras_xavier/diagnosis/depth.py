"""Signal and gradient from layer to layer: do they fade, or grow?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.reading import (
    Array,
    Stretch,
    counts,
    lasting,
    layer_names,
    listed,
    read,
    root_mean_square,
)
from keras_xavier.diagnosis.remedies import advice, better, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic, hidden_layers

LOOKUP = "Embedding"
"""Its output is a weight, and no signal that came through weights."""


@dataclass(frozen=True)
class Change:
    """How something changes from one end of a network to the other.

    Attributes:
        faded: Size of the largest at the far end, in proportion, `(record,)`.
        grown: Size of the smallest at the far end, in proportion, `(record,)`.
        layers: Indices from where it comes from to where it goes.
        sizes: Of each of the layers, `(record, layer)`.
    """

    faded: Array
    grown: Array
    layers: list[int]
    sizes: Array


def change(sizes: Array, layers: list[int]) -> Change:
    """Compares the far end of a network with where something enters it.

    The far end is a quarter of the layers: where a network has branches, a single
    layer tells of its branch alone.

    Args:
        sizes: Of each layer, in the order in which it passes, `(record, layer)`.
        layers: Their indices.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratios = sizes / sizes[:, :1]
    end = ratios[:, -max(1, len(layers) // 4) :]
    return Change(end.max(axis=1), end.min(axis=1), layers, sizes)


def signal_change(run: Run) -> Change | None:
    """From the first hidden layer up, of the spread of activations."""
    layers = [i for i in hidden_layers(run.layers) if run.layers[i].kind != LOOKUP]
    if len(layers) < 2 or not run.records:
        return None
    sizes = read(run, Quantity.ACTIVATION, Statistic.STD)[:, layers]
    return change(sizes, layers)


def gradient_change(run: Run) -> Change | None:
    """From the output down, of the norm of ∂C/∂s.

    The norm, not the size of one value: where a layer has few units, or averages over
    many places, single values change in size while nothing is lost.
    """
    layers = [
        i
        for i, layer in enumerate(run.layers)
        if Quantity.PREACTIVATION_GRADIENT not in layer.absent
    ][::-1]
    if len(layers) < 2 or not run.records:
        return None
    size = root_mean_square(run, Quantity.PREACTIVATION_GRADIENT)[:, layers]
    count = counts(run, Quantity.PREACTIVATION_GRADIENT)[layers]
    return change(size * np.sqrt(count), layers)


def lasting_changes(
    found: Change, bound: float, thresholds: Thresholds
) -> Iterator[tuple[bool, Array, Stretch]]:
    """Where it fades, and where it grows, by more than a factor for long enough.

    Args:
        found: How something changes.
        bound: The factor.
        thresholds: Tell how long is enough.

    Yields:
        Whether it fades, sizes at the far end in proportion, and when.
    """
    for fades, ratio, wrong in (
        (True, found.faded, found.faded < 1 / bound),
        (False, found.grown, found.grown > bound),
    ):
        where = lasting(wrong, thresholds.lasting_records, ~np.isnan(ratio))
        if where is not None:
            yield fades, ratio, where


def signal(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Vanishing and exploding signal."""
    if (found := signal_change(run)) is None:
        return
    layers = layer_names(run, found.layers)
    bound = thresholds.signal_ratio
    for fades, ratio, where in lasting_changes(found, bound, thresholds):
        worst = extreme(ratio, where, fades=fades)
        yield Finding(
            name=FindingName.VANISHING_SIGNAL
            if fades
            else FindingName.EXPLODING_SIGNAL,
            severity=severity(where, worst, thresholds),
            layers=layers,
            steps=steps(run, where),
            numbers=numbers(run, found, ratio, where, "std of the activations"),
            figure=FigureSpec("depth-profile", step=int(run.steps[where.first])),
            explanation=(
                f"The activations of {listed(layers[-1:])} spread {worst:.2g} times as "
                f"far as those of {listed(layers[:1])}. Each layer multiplies their "
                "variance by n Var[W], n its inputs, and by what the activation lets "
                f"through: together far {'less' if fades else 'more'} than 1. What "
                "examples differ in "
                + (
                    "does not arrive at the top, so there is little to learn from."
                    if fades
                    else "grows beyond all bounds towards the top, and with it the "
                    "loss and its gradients."
                )
            ),
            remedy=remedy(run),
            command=try_it(run, **better(run)),
            source="Glorot & Bengio (2010), section 4.2, equation 5; He et al. (2015), "
            "section 2.2",
        )


def gradient(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Vanishing and exploding gradient."""
    if (found := gradient_change(run)) is None:
        return
    layers = layer_names(run, found.layers)
    bound = thresholds.gradient_ratio
    for fades, ratio, where in lasting_changes(found, bound, thresholds):
        worst = extreme(ratio, where, fades=fades)
        yield Finding(
            name=FindingName.VANISHING_GRADIENT
            if fades
            else FindingName.EXPLODING_GRADIENT,
            severity=severity(where, worst, thresholds),
            layers=layers[::-1],
            steps=steps(run, where),
            numbers=numbers(run, found, ratio, where, "norm of the gradients"),
            figure=FigureSpec("depth-profile", step=int(run.steps[where.first])),
            explanation=(
                f"The norm of the gradient that reaches {listed(layers[-1:])} is "
                f"{worst:.2g} times that of {listed(layers[:1])}. On its way down each "
                "layer multiplies its variance by n' Var[W], n' its outputs, and by "
                "the mean of φ'²: "
                f"together far {'less' if fades else 'more'} than 1. "
                + (
                    "The lower layers hardly learn, and the upper ones have to do "
                    "with what these were drawn as."
                    if fades
                    else "Steps that suit the upper layers throw the lower ones far "
                    "off, and steps that suit the lower ones leave the upper ones as "
                    "they are."
                )
            ),
            remedy=remedy(run),
            command=try_it(run, **better(run)),
            source="Glorot & Bengio (2010), section 4.2, equation 6 and figure 7; "
            "Bengio, Simard & Frasconi (1994); Pascanu, Mikolov & Bengio (2013)",
        )


def remedy(run: Run) -> str:
    return (
        f"{advice(run)}; in very deep or recurrent networks add normalization layers "
        "or residual connections."
    )


def extreme(ratio: Array, where: Stretch, *, fades: bool) -> float:
    stretch = ratio[where.first : where.last + 1]
    return float(np.nanmin(stretch) if fades else np.nanmax(stretch))


def steps(run: Run, where: Stretch) -> tuple[int, int]:
    return int(run.steps[where.first]), int(run.steps[where.last])


def severity(where: Stretch, ratio: float, thresholds: Thresholds) -> Severity:
    """By whether it still is so, and how far it goes."""
    if where.over:
        return Severity.NOTE
    grave = not 1 / thresholds.grave_ratio < ratio < thresholds.grave_ratio
    return Severity.ERROR if grave else Severity.WARNING


def numbers(
    run: Run, found: Change, ratio: Array, where: Stretch, what: str
) -> tuple[Number, ...]:
    start, end = where.first, where.last
    hops = len(found.layers) - 1
    with np.errstate(divide="ignore"):
        per_layer = np.exp(np.log(ratio[start : end + 1]) / hops)
    return (
        Number(f"ratio at step {run.steps[start]:,}", float(ratio[start])),
        Number(f"ratio at step {run.steps[end]:,}", float(ratio[end])),
        Number("factor from layer to layer", float(np.nanmedian(per_layer))),
        Number("depth", hops + 1, "layers"),
        Number(f"{what} where it enters", float(found.sizes[start, 0])),
    )
