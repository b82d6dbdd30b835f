"""Targets that the output cannot reach, or that the loss does not allow."""

import math
from collections.abc import Iterable

from keras_xavier.diagnosis.code_changes import layer_line, together
from keras_xavier.diagnosis.data_values import DataValues
from keras_xavier.diagnosis.finding import (
    CodeChange,
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.heads import (
    BINARY_LOSSES,
    CURVES,
    MARGIN_LOSSES,
    REGRESSION_LOSSES,
    Head,
    activation_change,
    heads,
    loss_change,
    number,
    over_one_unit,
    spelled,
)
from keras_xavier.diagnosis.reading import (
    NotChecked,
    finite_losses,
    read_metrics,
    whole,
)
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.runs import Run
from keras_xavier.statistics import Statistic

TOLERANCE = 0.01
"""Part of a range by which targets may lie outside of it, as rounding moves them."""
ALLOWED = {
    **dict.fromkeys(("binary_crossentropy", "binary_focal_crossentropy"), (0.0, 1.0)),
    **dict.fromkeys(("categorical_crossentropy", "kl_divergence"), (0.0, 1.0)),
    **dict.fromkeys(("categorical_focal_crossentropy", "dice", "tversky"), (0.0, 1.0)),
    **dict.fromkeys(("hinge", "squared_hinge"), (-1.0, 1.0)),
    **dict.fromkeys(("poisson", "mean_squared_logarithmic_error"), (0.0, math.inf)),
}
"""Targets for which the losses are defined."""
FUNCTIONS = ("mse", "mae", "rmse", "squared_error", "absolute_error", "huber")
"""Parts of the names of functions that measure a distance."""


def targets_out_of_range(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds targets that the output cannot reach, or that the loss does not allow."""
    checked = False
    for head in heads(run):
        target = head.target
        if target is None or not has_distance(head) or over_one_unit(head):
            continue
        checked = True
        found = (
            outside_loss(run, head, target, thresholds)
            or labels_beyond_units(run, head, target)
            or labels_not_integers(run, head, target)
            or zeros_in_quotient(run, head, target, thresholds)
            or outside_output(run, head, target, thresholds)
        )
        if found is not None:
            yield found
    if not checked:
        raise NotChecked("the targets, or a loss of Keras, are not recorded")


def has_distance(head: Head) -> bool:
    """Returns whether the loss is known, or a distance by its name."""
    loss = head.loss
    if loss is None:
        return False
    known = (*ALLOWED, *REGRESSION_LOSSES)
    return (
        loss.name in known
        or head.is_sparse
        or any(part in loss.name for part in FUNCTIONS)
    )


def outside_loss(
    run: Run, head: Head, target: DataValues, thresholds: Thresholds
) -> Finding | None:
    """Finds targets for which a loss is not defined, such as -1 for cross entropy."""
    name = head.loss.name if head.loss else ""
    if name not in ALLOWED:
        return None
    lower, upper = ALLOWED[name]
    share = target.share_outside(lower - TOLERANCE, upper + TOLERANCE)
    if share <= thresholds.outside_share:
        return None
    change, remedy = None, "Scale the targets to this range."
    values = head.values
    if name in BINARY_LOSSES or name in MARGIN_LOSSES:
        remedy = "Convert the labels to 0 and 1."
        if target.lowest >= -1 and target.highest <= 1 and target.lowest < 0:
            change = CodeChange("model.fit(x, y)", "model.fit(x, (y + 1) / 2)")
        elif values and values.units == 1 and target.has_integers:
            classes = int(target.highest) + 1
            remedy = (
                "For two classes, convert the labels to 0 and 1. For more classes, use "
                "a softmax and sparse categorical cross entropy."
            )
            change = together(
                layer_line(
                    run, values.layer or "", units=classes, activation="softmax"
                ),
                loss_change(run, head, name="sparse_categorical_crossentropy"),
            )
        if not target.has_integers:
            remedy = "For regression, use a linear output and mean squared error."
            change = together(
                activation_change(run, head, None),
                loss_change(run, head, name="mean_squared_error"),
            )
    return Finding(
        name=FindingName.TARGETS_OUT_OF_RANGE,
        severity=Severity.ERROR,
        layers=head.layers(run),
        steps=whole(run),
        numbers=evidence(target, share),
        figure=CURVES,
        summary=(
            f"The targets, {span(target)}, lie outside the range of "
            f"{spelled(head)}, {interval(lower, upper)}."
        ),
        explanation=(
            "The loss is not defined for such targets: its minimum is not where "
            "outputs and targets are equal. It may fall below 0 or without limit. The "
            "network is pushed to the ends of its range."
        ),
        remedy=remedy,
        change=change,
        source="keras.losses; Goodfellow, Bengio & Courville (2016), section 6.2.2",
    )


def labels_beyond_units(run: Run, head: Head, target: DataValues) -> Finding | None:
    """Finds numbers of classes for which the output has no unit."""
    values, loss = head.values, head.loss
    if not head.is_sparse or loss is None or loss.settings.get("axis", -1) != -1:
        return None
    if loss.settings.get("ignore_class") is not None:
        return None
    units = values.units if values and values.is_certain else None
    if target.lowest >= 0 and (units is None or target.highest <= units - 1):
        return None
    if target.lowest < 0:
        remedy = "Number the classes from 0 up, or set ignore_class."
        change = None
    elif target.lowest >= 1 and units is not None and target.highest <= units:
        remedy = "Number the classes from 0 up."
        change = CodeChange("model.fit(x, y)", "model.fit(x, y - 1)")
    else:
        remedy = "Use one unit for each class."
        layer = values.layer if values and values.layer else ""
        change = layer_line(run, layer, units=int(target.highest) + 1)
    return Finding(
        name=FindingName.TARGETS_OUT_OF_RANGE,
        severity=Severity.ERROR,
        layers=head.layers(run),
        steps=whole(run),
        numbers=(
            Number("lowest label", target.lowest),
            Number("highest label", target.highest),
            Number("units", units or math.nan),
        ),
        figure=CURVES,
        summary=(
            f"The labels are {span(target)}, but the {units:,} units of {head.name} "
            f"stand for labels 0 to {units - 1:,}."
            if units
            else f"The labels, {span(target)}, are negative."
        ),
        explanation=(
            "With n units, labels are integers from 0 to n - 1. What happens to other "
            "labels depends on the backend: the loss is NaN, or 0, or an error is "
            "raised. The network cannot predict these classes."
        ),
        remedy=remedy,
        change=change,
        source="keras.losses.SparseCategoricalCrossentropy",
    )


def labels_not_integers(run: Run, head: Head, target: DataValues) -> Finding | None:
    """Finds numbers of classes that the loss truncates."""
    if not head.is_sparse or target.has_integers:
        return None
    return Finding(
        name=FindingName.TARGETS_OUT_OF_RANGE,
        severity=Severity.ERROR,
        layers=head.layers(run),
        steps=whole(run),
        numbers=evidence(target, math.nan)[:2],
        figure=CURVES,
        summary=f"The labels, {span(target)}, are not integers, and are truncated.",
        explanation=(
            f"{spelled(head).capitalize()} takes the numbers of classes. It rounds "
            "labels such as 0.7 down to 0, so classes are confused. Labels become "
            "fractions if they are scaled like inputs."
        ),
        remedy="Pass the numbers of the classes as integers. For regression, use a "
        "linear output and mean squared error.",
        source="keras.losses.SparseCategoricalCrossentropy",
    )


def zeros_in_quotient(
    run: Run, head: Head, target: DataValues, thresholds: Thresholds
) -> Finding | None:
    """Finds targets of 0 by which a percentage error divides."""
    if not head.loss or head.loss.name != "mean_absolute_percentage_error":
        return None
    share = float(target.of(Statistic.ZERO).mean())
    if share <= thresholds.outside_share:
        return None
    return Finding(
        name=FindingName.TARGETS_OUT_OF_RANGE,
        severity=Severity.ERROR,
        layers=head.layers(run),
        steps=whole(run),
        numbers=(Number("share of targets that are 0", share),),
        figure=CURVES,
        summary=f"{share:.0%} of the targets are 0, and the percentage error divides "
        "by the targets.",
        explanation=(
            "Keras divides by 1e-7 instead of 0, so these examples have a loss of some "
            "10⁹ times their error. All other examples are without influence. The "
            "network learns to predict 0."
        ),
        remedy="Use the mean absolute error, or leave out targets of 0.",
        change=loss_change(run, head, name="mean_absolute_error"),
        source="keras.losses.MeanAbsolutePercentageError",
    )


def outside_output(
    run: Run, head: Head, target: DataValues, thresholds: Thresholds
) -> Finding | None:
    """Finds targets outside the range of the output's activation function."""
    values, loss = head.values, head.loss
    if values is None or loss is None or head.is_sparse:
        return None
    if values.is_distribution and target.units == 1:
        # Numbers of classes: `regression_loss_for_classes` reports them.
        return None
    if not values.is_certain and not stays_inside(run, head, target, thresholds):
        return None
    lower, upper = values.lower, values.upper
    what = values.activation or "linear"
    if head.takes == "probabilities" or loss.name == "kl_divergence":
        return None
    if head.takes == "logits":
        if loss.name not in BINARY_LOSSES or values.is_within(0, 1):
            return None
        # The loss applies a sigmoid.
        lower, upper = sigmoid(lower), sigmoid(upper)
        what = f"sigmoid({what})"
    if loss.name in MARGIN_LOSSES:
        # Keras converts labels of 0 and 1 to -1 and 1.
        if values.contains(-1, 1) or not (target.is_binary or target.lowest < 0):
            return None
        if values.is_distribution:
            return None
        share = float(1 - target.of(Statistic.MEAN).mean())
        share = share if target.is_binary else target.share_outside(lower, upper)
    else:
        reach = 1.0 if math.isinf(upper - lower) else upper - lower
        margin = TOLERANCE * (min(target.size, reach) if math.isinf(upper) else reach)
        share = target.share_outside(lower - margin, upper + margin)
    if share <= thresholds.outside_share:
        return None
    suited = None if loss.name not in MARGIN_LOSSES else "tanh"
    is_most = share > thresholds.unreachable_share
    finite = math.isfinite(lower) and math.isfinite(upper)
    scale = f", or scale the targets to {interval(lower, upper)}" if finite else ""
    return Finding(
        name=FindingName.TARGETS_OUT_OF_RANGE,
        severity=Severity.ERROR if is_most else Severity.WARNING,
        layers=head.layers(run),
        steps=whole(run),
        numbers=evidence(target, share),
        figure=CURVES,
        summary=(
            f"The targets, {span(target)}, lie outside the range of {what}, "
            f"{interval(lower, upper)}."
        ),
        explanation=(
            f"The output of {head.name} is limited, whatever the weights are. For "
            "targets outside, the network moves to the end of its range, where the "
            "slope is 0 or nearly 0. It then hardly learns from the other targets "
            "either."
        ),
        remedy="Use a tanh or a linear output."
        if suited
        else f"Use a linear output{scale}.",
        change=activation_change(run, head, suited),
        source="Goodfellow, Bengio & Courville (2016), section 6.2.2.1",
    )


def stays_inside(
    run: Run, head: Head, target: DataValues, thresholds: Thresholds
) -> bool:
    """Returns whether the loss never shows an output outside the bounds.

    In subclassed models, other operations may follow the last layer. With them, the
    loss falls below its minimum for outputs inside the bounds.
    """
    values, loss = head.values, head.loss
    if values is None or loss is None or loss.name not in REGRESSION_LOSSES[:2]:
        return False
    finite = finite_losses(run)
    if len(finite) < thresholds.min_losses:
        return False
    if read_metrics(run)["loss"][0][-1] < thresholds.min_updates:
        return False
    if target.share_outside(values.lower, values.upper) < thresholds.unreachable_share:
        return False
    power = 2 if loss.name == REGRESSION_LOSSES[0] else 1
    least = target.least_distance(values.lower, values.upper, power)
    return bool(finite.min() >= least > 0)


def sigmoid(value: float) -> float:
    return 0.0 if value == -math.inf else 1 / (1 + math.exp(-value))


def evidence(target: DataValues, share: float) -> tuple[Number, ...]:
    return (
        Number("lowest target", target.lowest),
        Number("highest target", target.highest),
        Number("share of targets outside, at least", share),
    )


def span(target: DataValues) -> str:
    """Describes the range of the targets."""
    return f"{number(target.lowest)} to {number(target.highest)}"


def interval(lower: float, upper: float) -> str:
    """Describes a range.

    >>> interval(0, 1), interval(0, math.inf), interval(-math.inf, 0)
    ('0 to 1', '0 and above', '0 and below')
    """
    if math.isinf(upper):
        return f"{number(lower)} and above"
    if math.isinf(lower):
        return f"{number(upper)} and below"
    return f"{number(lower)} to {number(upper)}"
