"""Saturated layers, and top sigmoid layers stuck at 0."""

from collections.abc import Iterable

import numpy as np

from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.learned import has_learned
from keras_xavier.diagnosis.network import hidden_rows, weights_change
from keras_xavier.diagnosis.reading import (
    NO_RECORDS,
    NotChecked,
    is_bounded,
    lasting,
    layer_names,
    listed,
    read,
)
from keras_xavier.diagnosis.remedies import learning_rate, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.text import sanitize


def saturated_layers(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds saturated layers, ordered by when saturation began.

    Ignores output layers: a confident classifier saturates there.
    """
    if not run.records:
        raise NotChecked(NO_RECORDS)
    share = read(run, Quantity.ACTIVATION, Statistic.SATURATED)
    affected = {
        index: where
        for index in hidden_rows(run)
        if is_bounded(run.layers[index])
        and (
            where := lasting(
                share[:, index] > thresholds.saturated_share,
                thresholds.consecutive_records,
                ~np.isnan(share[:, index]),
            )
        )
    }
    if not affected:
        return
    begins = {
        index: int(np.argmax(share[:, index] > thresholds.saturated_share))
        for index in affected
    }
    order = sorted(affected, key=lambda index: (begins[index], index))
    layers = layer_names(run, order)
    last = max(where.last for where in affected.values())
    most = float(np.nanmax(share[last, order]))
    at_once = len({*begins.values()}) == 1
    ended = all(where.over for where in affected.values())
    is_initial = run.steps[0] <= thresholds.first_updates
    if min(begins.values()) > 0:
        reason = "training has increased them"
        first = "Lower the learning rate, or add normalization layers"
    elif is_initial and Quantity.WEIGHT in run.quantities:
        # Large initial weights and biases are another finding.
        reason = "the inputs of the network are large"
        first = "Scale the inputs to mean 0 and variance 1"
    else:
        reason = "the inputs or the weights of the network are large"
        first = (
            "Scale the inputs to mean 0 and variance 1, use smaller initial weights, "
            "or lower the learning rate"
        )
    is_error = most > thresholds.error_share and not has_learned(run, thresholds)
    yield Finding(
        name=FindingName.SATURATED_LAYER,
        severity=Severity.NOTE
        if ended
        else Severity.ERROR
        if is_error
        else Severity.WARNING,
        layers=layers,
        steps=(int(run.steps[min(begins.values())]), int(run.steps[last])),
        numbers=tuple(
            Number(f"{name} saturated from", int(run.steps[begins[index]]), "step")
            for name, index in zip(layers, order, strict=True)
        )
        + tuple(
            Number(f"saturated share of {name} at the end", float(share[last, index]))
            for name, index in zip(layers, order, strict=True)
        ),
        figure=FigureSpec("saturation", step=int(run.steps[last])),
        lines=(ReferenceLine(thresholds.saturated_share, "threshold"),),
        summary=(f"Up to {most:.0%} of the values of {listed(layers)} are saturated."),
        explanation=(
            "They have less than 5% of the steepest slope; the layers saturated "
            f"{'at the same step' if at_once else 'in this order'}. Their "
            f"preactivations are large, because {reason}. Hardly any gradient passes, "
            "so these layers and the layers below stop learning."
        ),
        remedy=f"{first}. Softsign saturates more slowly, and ReLU on one side only.",
        change=weights_change(run, order, "he_normal", "relu"),
        command=try_it(run, activation="softsign", initializer="normalized"),
        source="Glorot & Bengio (2010), sections 3.2 and 3.3, figure 3; LeCun et al. "
        "(1998), Efficient BackProp, section 4.3",
    )


def top_layer_stuck(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a top hidden layer stuck at 0 above unsaturated layers."""
    if not run.records:
        raise NotChecked(NO_RECORDS)
    layers = [i for i in hidden_rows(run) if is_like_sigmoid(run, i)]
    if len(layers) < 2:
        return
    *below, top = layers
    mean = read(run, Quantity.ACTIVATION, Statistic.MEAN)[:, top]
    std = read(run, Quantity.ACTIVATION, Statistic.STD)[:, top]
    share = read(run, Quantity.ACTIVATION, Statistic.SATURATED)
    stuck = (mean < thresholds.near_zero) & (std < thresholds.stuck_spread * mean)
    stuck &= (share[:, below] <= thresholds.saturated_share).all(axis=1)
    known = ~np.isnan(mean)
    if (where := lasting(stuck, thresholds.consecutive_records, known)) is None:
        return
    start, end = where.first, where.last
    later = np.flatnonzero(known[end + 1 :])
    escape = int(run.steps[end + 1 + later[0]]) if where.over else None
    name = run.layers[top].name
    most = float(np.nanmax(share[start : end + 1, top]))
    escaped = () if escape is None else (Number("recovered at", escape, "step"),)
    recovery = "" if escape is None else f"; it recovers at step {escape:,}"
    rate = learning_rate(run)
    severity = Severity.NOTE
    if escape is None:
        learned = has_learned(run, thresholds)
        severity = Severity.WARNING if learned else Severity.ERROR
    yield Finding(
        name=FindingName.TOP_LAYER_STUCK,
        severity=severity,
        layers=(name,),
        steps=(int(run.steps[start]), int(run.steps[end])),
        numbers=(
            Number("lowest mean", float(mean[start : end + 1].min())),
            Number("share of saturated values", most),
            Number("stuck for", int(run.steps[end] - run.steps[start]), "updates"),
            *escaped,
        ),
        figure=FigureSpec(
            "layer-curves", Quantity.ACTIVATION, step=int(run.steps[start])
        ),
        lines=(ReferenceLine(thresholds.near_zero, "threshold of the mean"),),
        summary=(
            f"{sanitize(name)} has collapsed to 0, where its sigmoid is flat, while "
            f"the layers below are not saturated{recovery}."
        ),
        explanation=(
            "Initially the layers below "
            "carry little information about the input, so the output layer learns to "
            "ignore them and pushes the top hidden layer to 0. At 0 this layer passes "
            "no gradient, and learning stalls until it recovers, if it does."
        ),
        remedy="Use an activation that is centered at 0, such as tanh or softsign, or "
        "fewer hidden layers.",
        change=weights_change(run, [top], "normalized", "tanh"),
        command=try_it(
            run, activation="tanh", initializer="normalized", learning_rate=rate
        ),
        source="Glorot & Bengio (2010), section 3.1, figure 2",
    )


def is_like_sigmoid(run: Run, index: int) -> bool:
    layer = run.layers[index]
    return is_bounded(layer) and layer.lower == 0
