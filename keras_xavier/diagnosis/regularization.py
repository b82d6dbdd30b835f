"""Dropout, penalties and weight decay that leave nothing to learn with."""

from collections.abc import Iterable, Iterator
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
    layer_names,
    listed,
    read_metrics,
    root_mean_square,
    whole,
)
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run
from keras_xavier.runs.value_counts import value_counts
from keras_xavier.statistics import Quantity
from keras_xavier.text import sanitize

DROPOUTS = ("Dropout", *(f"SpatialDropout{rank}D" for rank in (1, 2, 3)))
RATES = ("rate", "dropout", "recurrent_dropout")
HIGH_RATE = 0.5
NOISE = 2.0
"""Sum of p / (1 - p), the variance of a value relative to its square that dropout of
rate p adds. Two layers of rate 0.5, as in common networks, add 2."""
UNLEARNED = 0.8
"""Loss relative to the loss of guessing. Wide networks with dropout of 0.9 learn."""
COLLAPSE = 10.0
"""Ratio of the initial size of weights to their last. L2 penalties that help divide
it by less than 5."""
WEAKER = 100.0


def too_much_dropout(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds dropout above 0.5 in a network that hardly learns."""
    rates = {
        (name, argument): float(rate)
        for name, layer in graph(run).items()
        # The cell of a recurrent layer repeats its settings.
        if layer.inputs
        for argument, rate in (layer.settings or {}).items()
        if argument in RATES and (layer.kind in DROPOUTS or argument != "rate")
        if is_number(rate) and HIGH_RATE < rate < 1
    }
    if not rates or sum(rate / (1 - rate) for rate in rates.values()) <= NOISE:
        return
    _, _, values = loss_values(run, thresholds)
    guess = without_penalties(run, thresholds)
    validation = read_metrics(run).get("val_loss", ((), np.array([])))[1]
    lowest = float(np.nanmin([late(values), *validation]))
    # Without a level of guessing, the first loss has to do.
    if not lowest > (0.9 * values[0] if guess is None else UNLEARNED * guess):
        return
    (name, argument), rate = max(rates.items(), key=lambda item: item[1])
    names = tuple(dict.fromkeys(layer for layer, _ in rates))
    level = "" if guess is None else f", where guessing gives {guess:.3g}"
    yield Finding(
        name=FindingName.TOO_MUCH_DROPOUT,
        severity=Severity.WARNING,
        layers=names,
        steps=whole(run),
        numbers=(Number("highest rate", rate), Number("lowest loss", lowest)),
        figure=FigureSpec("training-curves"),
        summary=f"Dropout of {rate:g} in {listed(names)} hides the signal: the loss "
        f"reaches {lowest:.3g}{level}.",
        explanation=f"Each update sees {1 - rate:.0%} of the values, so the noise of "
        "dropout is larger than the signal. The network learns hardly more than the "
        "mean of the targets.",
        remedy=f"Lower the rate of {sanitize(name)} to 0.2, and raise it only if the "
        "network overfits.",
        source="Srivastava et al. (2014), section 7.3",
        change=layer_line(run, name, **{argument: 0.2}),
    )


def late(values: Array) -> float:
    """Returns the median of the last quarter of the values."""
    return float(np.median(values[-max(len(values) // 4, 1) :]))


@dataclass(frozen=True)
class Penalty:
    """Regularization of the kernel of a layer: its row and its factors."""

    layer: str
    row: int
    settings: dict[str, Any]

    def factor(self, name: str) -> float:
        value = self.settings.get(name)
        return float(value) if is_number(value) and value > 0 else 0.0


def penalties(run: Run) -> Iterator[Penalty]:
    rows = {layer.name: row for row, layer in enumerate(run.layers)}
    for name, layer in graph(run).items():
        given = mapping((layer.settings or {}).get("kernel_regularizer"))
        row = rows.get(f"{name}/kernel", rows.get(name))
        one = Penalty(name, -1 if row is None else row, {**given})
        if row is not None and (one.factor("l1") or one.factor("l2")):
            yield one


def too_much_regularization(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds penalties or weight decay that pull the weights to 0."""
    found = [*penalties(run)]
    decay = weight_decay(run)
    if not found and not decay:
        return
    _, _, values = loss_values(run, thresholds)
    sizes = root_mean_square(run, Quantity.WEIGHT)
    if not np.isfinite(sizes[:, has_matrix(run)]).any():
        raise NotChecked("the weights are not recorded")
    guess = without_penalties(run, thresholds)
    last = float(values[-1])
    total = sum(size_of(one, run, sizes) for one in found)
    # Weights of 0 from the start did not collapse.
    fallen = np.where(sizes[0] > 0, sizes[0] / np.maximum(sizes[-1], 1e-30), 0.0)
    if guess is not None and not last - total > UNLEARNED * guess:
        return
    rows = [one.row for one in found] or [*np.flatnonzero(has_matrix(run))]
    small = [row for row in rows if fallen[row] >= COLLAPSE]
    dominates = guess is not None and total > 0.5 * last
    if not (dominates or (small and (guess is not None or small == rows))):
        return
    affected = small or rows
    names = layer_names(run, affected)
    ratio = float(np.max(fallen[affected]))
    cause, change = weaker(run, found, decay)
    fall = (
        f"the size of the weights of {listed(names)} fell "
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
        figure=FigureSpec("layer-curves", quantity=Quantity.WEIGHT),
        summary=f"{cause} is too strong: {fall}.",
        explanation="The smallest weights have the smallest penalty, whatever they "
        "predict. Without weights, the signal of the inputs does not reach the output.",
        remedy=f"Use a {WEAKER:g} times smaller factor.",
        source="Goodfellow, Bengio & Courville (2016), section 7.1",
        change=change,
    )


def size_of(one: Penalty, run: Run, sizes: Array) -> float:
    """Returns the last penalty, with the root mean square as the mean of |W|."""
    count = value_counts(run, Quantity.WEIGHT)[one.row]
    size = float(np.nan_to_num(sizes[-1, one.row]))
    return float(count * (one.factor("l1") * size + one.factor("l2") * size**2))


def weight_decay(run: Run) -> float:
    """Returns the weight decay if it could have shrunk the weights e-fold, else 0."""
    known = optimizer(run)
    decay, rate = known.get("weight_decay"), known.get("learning_rate")
    if not (is_number(decay) and is_number(rate) and run.records):
        return 0.0
    updates = int(run.steps[-1] - run.steps[0])
    return float(decay) if decay * rate * updates >= 1 else 0.0


def weaker(
    run: Run, found: list[Penalty], decay: float
) -> tuple[str, CodeChange | None]:
    """Returns the name of the regularization, and the line with less of it."""
    if not found:
        smaller = float(f"{decay / WEAKER:.1g}")
        change = optimizer_line(run, weight_decay=smaller)
        return f"The weight decay of {decay:g}", change
    one = max(found, key=lambda each: each.factor("l1") + each.factor("l2"))
    factors = {name: one.factor(name) for name in ("l1", "l2") if one.factor(name)}
    name = " and ".join(f"{key.upper()} of {value:g}" for key, value in factors.items())
    less = {key: float(f"{value / WEAKER:.2g}") for key, value in factors.items()}
    regularizer = {**one.settings, **less}
    change = layer_line(run, one.layer, kernel_regularizer=regularizer)
    return f"The regularization {name}", change
