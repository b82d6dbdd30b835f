"""Dropout, penalties and weight decay that leave nothing to learn with."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_xavier.diagnosis.code_changes import layer_line, optimizer_line
from keras_xavier.diagnosis.finding import (
    CodeChange,
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.guessing import without_penalties
from keras_xavier.diagnosis.loss import loss_values
from keras_xavier.diagnosis.program import (
    graph,
    is_number,
    optimizer,
)
from keras_xavier.diagnosis.reading import (
    Array,
    NotChecked,
    has_matrix,
    listed,
    read,
    read_counts,
    read_metrics,
    root_mean_square,
    whole,
)
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.text import sanitize

DROPOUTS = ("Dropout", *(f"SpatialDropout{rank}D" for rank in (1, 2, 3)))
RATES = ("rate", "dropout", "recurrent_dropout")
WEAKER = 100.0
NORMAL_MEAN = math.sqrt(2 / math.pi)
"""Mean of |x| for a normal x with mean 0 and variance 1."""


def too_much_dropout(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds dropout above 0.5 in a network that hardly learns, or diverges."""
    rates = {
        (name, argument): float(rate)
        for name, layer in graph(run).items()
        # The cell of a recurrent layer repeats its settings.
        if layer.inputs
        for argument, rate in (layer.settings or {}).items()
        if argument in RATES and (layer.kind in DROPOUTS or argument != "rate")
        if is_number(rate) and thresholds.high_dropout < rate < 1
    }
    noise = sum(rate / (1 - rate) for rate in rates.values())
    if not noise > thresholds.dropout_noise:
        return
    (name, argument), rate = max(rates.items(), key=lambda item: item[1])
    factor = 1 / (1 - rate)
    if factor > thresholds.growth and is_never_finite(run, thresholds):
        numbers: tuple[Number, ...] = (Number("highest rate", rate),)
        effect = "makes the loss NaN or infinite"
        text = (
            f"Dropout multiplies the values that are left by {factor:.3g}, so their "
            "mean stays the same. The noise that it adds grows from layer to layer, "
            "and no learning rate makes up for it."
        )
    else:
        _, _, values = loss_values(run, thresholds)
        guess = without_penalties(run, thresholds)
        validation = read_metrics(run).get("val_loss", ((), np.array([])))[1]
        lowest = float(np.nanmin([late(values), *validation]))
        # Without a level of guessing, the first loss has to do.
        level = thresholds.hardly_fallen * values[0]
        if guess is not None:
            level = thresholds.unlearned_share * guess
        if not lowest > level:
            return
        numbers = Number("highest rate", rate), Number("lowest loss", lowest)
        at_chance = "" if guess is None else f", where guessing gives {guess:.3g}"
        effect = f"hides the signal: the loss reaches {lowest:.3g}{at_chance}"
        text = (
            f"Each update sees {1 - rate:.0%} of the values, so the noise of dropout "
            "is larger than the signal. The network learns hardly more than the mean "
            "of the targets."
        )
    names = tuple(dict.fromkeys(layer for layer, _ in rates))
    yield Finding(
        name=FindingName.TOO_MUCH_DROPOUT,
        severity=Severity.WARNING,
        layers=names,
        steps=whole(run),
        numbers=numbers,
        figure=FigureSpec("training-curves"),
        summary=f"Dropout of {rate:g} in {listed(names)} {effect}.",
        explanation=text,
        remedy=f"Lower the rate of {sanitize(name)} to 0.2, and raise it only if the "
        "network overfits.",
        source="Srivastava et al. (2014), section 7.3",
        change=layer_line(run, name, **{argument: 0.2}),
    )


def is_never_finite(run: Run, thresholds: Thresholds) -> bool:
    """Returns whether no recorded loss is finite."""
    _, losses = read_metrics(run).get("loss", (None, np.empty(0)))
    return len(losses) >= thresholds.min_losses and not np.isfinite(losses).any()


def late(values: Array) -> float:
    """Returns the median of the last quarter of the values."""
    return float(np.median(values[-max(len(values) // 4, 1) :]))


@dataclass(frozen=True)
class Penalty:
    """Regularization of the kernel or of the activations of a layer.

    Attributes:
        layer: str. Name of the layer.
        argument: str or `None`. Argument of the layer; `None` for
            `ActivityRegularization`.
        quantity: `Quantity`. What is penalized: weights or activations.
        row: int. Row of the layer table.
        count: float. Number of penalized values, of one example.
        settings: dict. Settings of the regularizer.
    """

    layer: str
    argument: str | None
    quantity: Quantity
    row: int
    count: float
    settings: Mapping[str, Any]

    def factor(self, name: str) -> float:
        value = self.settings.get(name)
        return float(value) if is_number(value) and value > 0 else 0.0

    def sizes(self, run: Run) -> Array:
        """Returns the root mean square of the penalized values, shape (record,)."""
        found: Array = root_mean_square(run, self.quantity)[:, self.row]
        return found

    def last(self, run: Run) -> float:
        """Returns the last penalty."""
        size = float(np.nan_to_num(self.sizes(run)[-1]))
        # A symmetric distribution has about this mean of |x|.
        mean = size * NORMAL_MEAN
        if self.quantity is Quantity.ACTIVATION and run.layers[self.row].lower >= 0:
            measured = read(run, self.quantity, Statistic.MEAN)[-1, self.row]
            mean = float(np.nan_to_num(measured))
        factors = self.factor("l1") * mean + self.factor("l2") * size**2
        return float(self.count * factors)

    def least(self, run: Run, thresholds: Thresholds) -> float:
        """Returns a penalty that the last one exceeds on other batches, too."""
        of_weights = self.quantity is Quantity.WEIGHT
        return self.last(run) * (1.0 if of_weights else thresholds.certain_activity)

    def fallen(self, run: Run) -> float:
        """Returns the ratio of the first to the last size."""
        sizes = self.sizes(run)
        # Values of 0 from the start did not collapse.
        return float(sizes[0] / max(sizes[-1], 1e-30)) if sizes[0] > 0 else 0.0


def penalties(run: Run) -> Iterator[Penalty]:
    rows = {layer.name: row for row, layer in enumerate(run.layers)}
    counts = read_counts(run, Quantity.WEIGHT)
    for name, layer in graph(run).items():
        settings = layer.settings or {}
        kernel = rows.get(f"{name}/kernel", rows.get(name, -1))
        examined = name if name in rows else next(iter(layer.inputs), "")
        activity = settings.get("activity_regularizer")
        is_layer = layer.kind == "ActivityRegularization"
        per_example = math.prod(float(one or 1) for one in (layer.shape or ())[1:])
        for one in (
            Penalty(
                name,
                "kernel_regularizer",
                Quantity.WEIGHT,
                kernel,
                float(counts[kernel]),
                mapping(settings.get("kernel_regularizer")),
            ),
            Penalty(
                name,
                None if is_layer else "activity_regularizer",
                Quantity.ACTIVATION,
                rows.get(examined, -1),
                per_example,
                settings if is_layer else mapping(activity),
            ),
        ):
            if one.row >= 0 and (one.factor("l1") or one.factor("l2")):
                yield one


def too_much_regularization(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds penalties or weight decay that pull weights or activations to 0."""
    found = [*penalties(run)]
    decay = weight_decay(run)
    if not found and not decay:
        return
    _, _, values = loss_values(run, thresholds)
    if not np.isfinite(root_mean_square(run, Quantity.WEIGHT)).any():
        raise NotChecked("the weights are not recorded")
    guess = without_penalties(run, thresholds, least=thresholds.min_examples)
    last = float(values[-1])
    total = sum(one.last(run) for one in found)
    certain = sum(one.least(run, thresholds) for one in found)
    shrinks = any(one.fallen(run) > thresholds.shrinking for one in found)
    share = thresholds.penalty_share
    dominates = guess is not None and total > share * last
    enough = thresholds.solved_share if dominates else thresholds.unlearned_share
    if guess is not None and not last - certain > enough * guess:
        return
    dominates |= guess is not None and shrinks and total > share * last / 2
    if not found:
        found = [
            Penalty(run.layers[row].name, None, Quantity.WEIGHT, int(row), 0.0, {})
            for row in np.flatnonzero(has_matrix(run))
        ]
    fallen = [one.fallen(run) for one in found]
    pairs = zip(found, fallen, strict=True)
    small = [one for one, ratio in pairs if ratio >= thresholds.collapse]
    if not (dominates or (small and (guess is not None or small == found))):
        return
    affected = small or found
    names = tuple(dict.fromkeys(one.layer for one in affected))
    ratio = max(fallen)
    cause, change = weaker(run, affected, decay)
    of_weights = affected[0].quantity is Quantity.WEIGHT
    what = "weights" if of_weights else "activations"
    fall = (
        f"the size of the {what} of {listed(names)} fell "
        + ("to 0" if ratio > 1e4 else f"{ratio:,.0f}-fold")
        if small
        else f"the penalty is {total / last:.0%} of the loss"
    )
    yield Finding(
        name=FindingName.TOO_MUCH_REGULARIZATION,
        severity=Severity.WARNING,
        layers=names,
        steps=whole(run),
        numbers=(
            Number("last loss", last),
            Number("last penalty", total),
            *(() if guess is None else (Number("loss of guessing", guess),)),
        ),
        figure=FigureSpec("layer-curves", quantity=affected[0].quantity),
        summary=f"{cause} is too strong: {fall}.",
        explanation=f"Regularization pulls all {what} to 0, whatever they predict. "
        f"With {what} near 0, the signal of the inputs does not reach the output.",
        remedy=f"Use a factor {WEAKER:g} times smaller.",
        source="Goodfellow, Bengio & Courville (2016), section 7.1",
        change=change,
    )


def weight_decay(run: Run) -> float:
    """Returns the weight decay if it could have shrunk the weights e-fold, else 0."""
    known = optimizer(run)
    decay, rate = known.get("weight_decay"), known.get("learning_rate")
    if not (is_number(decay) and is_number(rate) and run.records):
        return 0.0
    updates = int(run.steps[-1] - run.steps[0])
    return float(decay) if decay * rate * updates >= 1 else 0.0


def weaker(
    run: Run, found: Sequence[Penalty], decay: float
) -> tuple[str, CodeChange | None]:
    """Returns the name of the regularization, and the line with less of it."""
    one = max(found, key=lambda each: each.factor("l1") + each.factor("l2"))
    factors = {name: one.factor(name) for name in ("l1", "l2") if one.factor(name)}
    if not factors:
        smaller = float(f"{decay / WEAKER:.1g}")
        change = optimizer_line(run, weight_decay=smaller)
        return f"The weight decay of {decay:g}", change
    name = " and ".join(f"{key.upper()} of {value:g}" for key, value in factors.items())
    less = {key: float(f"{value / WEAKER:.2g}") for key, value in factors.items()}
    changed = {one.argument: {**one.settings, **less}} if one.argument else less
    kind = "" if one.quantity is Quantity.WEIGHT else "activity "
    change = layer_line(run, one.layer, **changed)
    return f"The {kind}regularization {name}", change
