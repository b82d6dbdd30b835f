"""Vanishing and exploding activations and gradients over the layers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.heads import number
from keras_xavier.diagnosis.learned import has_learned
from keras_xavier.diagnosis.network import hidden_rows, linear_parts
from keras_xavier.diagnosis.reading import (
    NO_RECORDS,
    Array,
    NotChecked,
    Stretch,
    lasting,
    layer_names,
    listed,
    read,
    read_counts,
    root_mean_square,
)
from keras_xavier.diagnosis.remedies import advice, better, better_weights, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Role, Statistic

LOOKUP = "Embedding"
"""An embedding outputs its weights; its scale is not a transformed signal."""


@dataclass(frozen=True)
class Change:
    """Change of a quantity from one end of a network to the other.

    Attributes:
        faded: Array of shape (record,). Ratio of the largest size at the far end to
            the size in the first layer.
        grown: Array of shape (record,). Ratio of the smallest size at the far end to
            the size in the first layer.
        layers: List of int. Indices of the layers in the direction of flow.
        sizes: Array of shape (record, layer). Size in each of these layers.
        per_std: Array of shape (layer,). Size of a layer whose std is 1.
        statistic: `Statistic`. The std that the depth profile draws as evidence.
    """

    faded: Array
    grown: Array
    layers: list[int]
    sizes: Array
    per_std: Array
    statistic: Statistic

    @property
    def far_end(self) -> slice:
        return far_end(self.layers)


def far_end(layers: list[int]) -> slice:
    """Returns the last quarter of the layers.

    In a network with branches, a single layer would represent its own branch only.
    """
    return slice(-max(1, len(layers) // 4), None)


def change(
    sizes: Array, layers: list[int], per_std: Array, statistic: Statistic
) -> Change:
    """Compares the size at the far end of a network with the first layer.

    Args:
        sizes: Array of shape (record, layer). Sizes in the direction of flow.
        layers: List of int. Indices of these layers.
        per_std: Array of shape (layer,). Size of a layer whose std is 1.
        statistic: `Statistic`. The std that the depth profile draws as evidence.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratios = sizes / np.where(sizes[:, :1] > 0, sizes[:, :1], np.nan)
    end = ratios[:, far_end(layers)]
    return Change(end.max(axis=1), end.min(axis=1), layers, sizes, per_std, statistic)


def signal_change(run: Run) -> Change | None:
    """Returns the change of the activations' std, from the first hidden layer up.

    It is the std within units, over examples: differences between units contain nothing
    of the input. Runs that do not have it, or have batches of one example, are judged
    by the std over the units.
    """
    layers = [i for i in hidden_rows(run) if run.layers[i].kind != LOOKUP]
    statistic = Statistic.UNIT_STD
    within = read(run, Quantity.ACTIVATION, statistic)
    units = np.array([max(layer.units, 1) for layer in run.layers])
    values = read_counts(run, Quantity.ACTIVATION)
    one_example = (values[layers] > 0) & (values[layers] <= units[layers])
    if one_example.any() or not (within[:, layers] > 0).any():
        # A single value has no spread.
        layers = [i for i in layers if run.layers[i].units > 1]
        statistic = Statistic.STD
        within = read(run, Quantity.ACTIVATION, statistic)
    if len(layers) < 2:
        return None
    return change(within[:, layers], layers, np.ones(len(layers)), statistic)


def gradient_change(run: Run) -> Change | None:
    """Returns the change of the norm of ∂C/∂s, from the output down.

    The norm, not the size of single values, which also changes with the number of
    units, or if a layer averages over positions.
    """
    of_activations = linear_parts(run)
    layers = [
        i
        for i, layer in enumerate(run.layers)
        if layer.role is Role.LAYER
        and Quantity.PREACTIVATION_GRADIENT not in layer.absent
        and i not in of_activations
    ][::-1]
    if len(layers) < 2:
        return None
    size = root_mean_square(run, Quantity.PREACTIVATION_GRADIENT)[:, layers]
    count = read_counts(run, Quantity.PREACTIVATION_GRADIENT)[layers]
    return change(size * np.sqrt(count), layers, np.sqrt(count), Statistic.UNIT_STD)


def lasting_changes(
    found: Change, bound: float, thresholds: Thresholds
) -> Iterator[tuple[bool, Array, Stretch]]:
    """Finds lasting changes by more than a factor.

    Args:
        found: `Change`.
        bound: float. Factor.
        thresholds: `Thresholds`. Defines the number of consecutive records.

    Yields:
        Tuple of whether the quantity fades, its ratios and the stretch of records.
    """
    for fades, ratio, exceeds in (
        (True, found.faded, found.faded < 1 / bound),
        (False, found.grown, found.grown > bound),
    ):
        where = lasting(exceeds, thresholds.consecutive_records, ~np.isnan(ratio))
        if where is not None:
            yield fades, ratio, where


def vanishing_or_exploding_signal(
    run: Run, thresholds: Thresholds
) -> Iterable[Finding]:
    """Finds vanishing and exploding activations."""
    if not run.records:
        raise NotChecked(NO_RECORDS)
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
            severity=severity(run, where, worst, thresholds),
            layers=layers,
            steps=steps(run, where),
            numbers=numbers(
                run, found, ratio, where, "std within units in the first layer"
            ),
            figure=profile(run, found, where),
            lines=threshold(found, where, bound, Quantity.ACTIVATION, fades=fades),
            summary=(
                f"The signal {'vanishes' if fades else 'explodes'}: the differences "
                f"between the activations of examples {as_predicate(worst)} from "
                f"{listed(layers[:1])} to {listed(layers[-1:])}."
            ),
            explanation=(
                "Each layer "
                "multiplies their variance by n Var[W], where n is the fan-in, and by "
                "the gain of the activation function; over all layers, this is far "
                f"{'less' if fades else 'more'} than 1. "
                + (
                    "Differences between examples do not reach the top, so there is "
                    "little to learn from."
                    if fades
                    else "Activations grow without bound towards the top, and the "
                    "loss and its gradients grow with them."
                )
            ),
            remedy=remedy(run),
            change=better_weights(run, found.layers),
            command=try_it(run, **better(run)),
            source="Glorot & Bengio (2010), section 4.2, equation 5; He et al. (2015), "
            "section 2.2",
        )


def vanishing_or_exploding_gradient(
    run: Run, thresholds: Thresholds
) -> Iterable[Finding]:
    """Finds vanishing and exploding gradients."""
    if not run.records:
        raise NotChecked(NO_RECORDS)
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
            severity=severity(run, where, worst, thresholds),
            layers=layers[::-1],
            steps=steps(run, where),
            numbers=numbers(
                run, found, ratio, where, "norm of the gradients at the output"
            ),
            figure=profile(run, found, where),
            lines=threshold(
                found, where, bound, Quantity.PREACTIVATION_GRADIENT, fades=fades
            ),
            summary=(
                f"The gradient {'vanishes' if fades else 'explodes'}: its norm "
                f"{as_predicate(worst, singular=True)} from {listed(layers[:1])} to "
                f"{listed(layers[-1:])}."
            ),
            explanation=(
                "On the way down, "
                "each layer multiplies its variance by n' Var[W], where n' is the "
                "fan-out, and by the mean of φ'²; over all layers, this is far "
                f"{'less' if fades else 'more'} than 1. "
                + (
                    "The lower layers hardly learn, and the upper layers have to work "
                    "with their random outputs."
                    if fades
                    else "A learning rate that suits the upper layers is far too high "
                    "for the lower layers, and a rate that suits the lower layers is "
                    "far too low for the upper layers."
                )
            ),
            remedy=remedy(run),
            change=better_weights(run, found.layers),
            command=try_it(run, **better(run)),
            source="Glorot & Bengio (2010), section 4.2, equation 6 and figure 7; "
            "Bengio, Simard & Frasconi (1994); Pascanu, Mikolov & Bengio (2013)",
        )


def profile(run: Run, found: Change, where: Stretch) -> FigureSpec:
    step = int(run.steps[where.first])
    return FigureSpec("depth-profile", statistic=found.statistic, step=step)


def threshold(
    found: Change, where: Stretch, bound: float, quantity: Quantity, *, fades: bool
) -> tuple[ReferenceLine, ...]:
    """Returns the std at the far end at which the change becomes a finding.

    There is none if the layers at the far end differ in size, and thus in this std.
    """
    sizes = found.per_std[found.far_end]
    factor = 1 / bound if fades else bound
    std = factor * float(found.sizes[where.first, 0] / sizes[0])
    if not 0 < std < np.inf or not np.allclose(sizes, sizes[0]):
        return ()
    return (ReferenceLine(std, "threshold ≈", str(quantity)),)


def remedy(run: Run) -> str:
    return (
        f"{advice(run)}. In very deep or recurrent networks, add normalization layers "
        "or residual connections."
    )


def extreme(ratio: Array, where: Stretch, *, fades: bool) -> float:
    stretch = ratio[where.first : where.last + 1]
    return float(np.nanmin(stretch) if fades else np.nanmax(stretch))


def steps(run: Run, where: Stretch) -> tuple[int, int]:
    return int(run.steps[where.first]), int(run.steps[where.last])


def severity(
    run: Run, where: Stretch, ratio: float, thresholds: Thresholds
) -> Severity:
    """Severity by whether the change persists, by its size, and by the loss."""
    if where.over:
        return Severity.NOTE
    moderate = 1 / thresholds.error_ratio < ratio < thresholds.error_ratio
    mild = moderate or has_learned(run, thresholds)
    return Severity.WARNING if mild else Severity.ERROR


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
        Number("factor per layer", float(np.nanmedian(per_layer))),
        Number("depth", hops + 1, "layers"),
        Number(what, float(found.sizes[start, 0])),
    )


def as_predicate(ratio: float, *, singular: bool = False) -> str:
    """Describes a ratio as the predicate of a sentence.

    >>> as_predicate(200.0), as_predicate(0.001, singular=True), as_predicate(0.0)
    ('grow 200-fold', 'falls to 0.1%', 'fall to 0')
    """
    if ratio > 1:
        return f"{'grows' if singular else 'grow'} {number(ratio)}-fold"
    verb = "falls" if singular else "fall"
    return f"{verb} to {100 * ratio:.2g}%" if ratio > 0 else f"{verb} to 0"
