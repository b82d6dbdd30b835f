"""Losses and activations that do not fit labels of classes."""

import math
from collections.abc import Iterable

import numpy as np

from keras_xavier.diagnosis.code_changes import together
from keras_xavier.diagnosis.finding import Finding, FindingName, Number, Severity
from keras_xavier.diagnosis.heads import (
    BINARY_LOSSES,
    CLASS_LOSSES,
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
    with_losses,
)
from keras_xavier.diagnosis.program import graph
from keras_xavier.diagnosis.reading import NotChecked, finite_losses, whole
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.runs import Run
from keras_xavier.statistics import Statistic


def softmax_for_several_labels(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a softmax that is trained with several labels for each example."""
    checked = False
    for head in heads(run):
        values, target = head.values, head.target
        if values is None or target is None:
            continue
        checked = True
        units = values.units
        if not values.is_distribution or units != target.units or units in (None, 1):
            continue
        if not target.is_binary or target.sums_to_one:
            continue
        labels = float(np.average(target.sums))
        # Rows without a label may be padding, or positions to leave out.
        shape = getattr(graph(run).get(head.output.name), "shape", None)
        has_positions = shape is not None and len(shape) > 2
        if labels < 1 and (has_positions or target.examples < thresholds.min_targets):
            continue
        change = activation_change(run, head, "sigmoid")
        if head.loss and head.loss.name not in BINARY_LOSSES:
            change = together(change, loss_change(run, head, name=BINARY_LOSSES[0]))
        yield Finding(
            name=FindingName.SOFTMAX_FOR_SEVERAL_LABELS,
            severity=Severity.WARNING,
            layers=head.layers(run),
            steps=whole(run),
            numbers=(
                Number("mean number of labels of an example", labels),
                Number("units", target.units),
            ),
            figure=CURVES,
            summary=(
                f"Examples have {number(labels)} labels on average, but the outputs "
                f"of the softmax of {head.name} sum to 1."
            ),
            explanation=(
                "A softmax chooses one of several classes: one output rises only if "
                "others fall. Examples with several labels, or without any, cannot be "
                "predicted. A sigmoid decides about each label on its own."
            ),
            remedy="Use a sigmoid and binary cross entropy.",
            change=change,
            source="Goodfellow, Bengio & Courville (2016), sections 6.2.2.2 and "
            "6.2.2.3",
        )
    if not checked:
        raise NotChecked("the outputs or the targets are not recorded")


def regression_loss_for_classes(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds classes that are trained with a loss for regression or for two classes."""
    for head in with_losses(run):
        values, target, loss = head.values, head.target, head.loss
        if values is None or target is None or loss is None or over_one_unit(head):
            continue
        of_classes = values.is_distribution and (values.units or 1) > 1
        one_hot = target.is_binary and target.sums_to_one
        if loss.name in MARGIN_LOSSES and of_classes and one_hot:
            yield wrong_loss(run, head, Severity.WARNING, math.nan)
        if loss.name not in REGRESSION_LOSSES:
            continue
        if of_classes and target.units == 1 != values.units:
            yield broadcast_labels(run, head)
        elif (of_classes and one_hot) or is_one_label(head):
            chance = float(np.mean(target.of(Statistic.UNIT_STD) ** 2))
            is_squared = loss.name == REGRESSION_LOSSES[0]
            reached = lowest_loss(run) / chance if is_squared and chance else math.nan
            works = reached < thresholds.solved_share
            severity = Severity.NOTE if works else Severity.WARNING
            yield wrong_loss(run, head, severity, reached)


def is_one_label(head: Head) -> bool:
    """Returns whether one sigmoid unit predicts a label of 0 or 1."""
    values, target = head.values, head.target
    return bool(
        values
        and target
        and values.activation in ("sigmoid", "hard_sigmoid")
        and values.units == target.units == 1
        and target.is_binary
    )


def lowest_loss(run: Run) -> float:
    return float(min(finite_losses(run), default=math.nan))


def wrong_loss(run: Run, head: Head, severity: Severity, reached: float) -> Finding:
    one = is_one_label(head)
    suited = BINARY_LOSSES[0] if one else CLASS_LOSSES[0]
    activation = head.values.activation if head.values else None
    measured = (
        ()
        if math.isnan(reached)
        else (Number("lowest loss relative to constant predictions", reached),)
    )
    return Finding(
        name=FindingName.REGRESSION_LOSS_FOR_CLASSES,
        severity=severity,
        layers=head.layers(run),
        steps=whole(run),
        numbers=(Number("units", head.target.units if head.target else 1), *measured),
        figure=CURVES,
        summary=(
            f"The targets are classes and {head.name} applies {activation}, but the "
            f"loss is {spelled(head)}."
        ),
        explanation=(
            f"Where the {activation} is certain and wrong, the gradient of this loss "
            "vanishes with the slope of the activation. Cross entropy undoes the "
            "exponential, so that wrong predictions have the largest gradient."
            + (
                " Training works here, but is slower than necessary."
                if severity is Severity.NOTE
                else " Training is slow, or stops at predictions of one class."
            )
        ),
        remedy="Use binary cross entropy as the loss."
        if one
        else "Use categorical cross entropy as the loss.",
        change=loss_change(run, head, name=suited),
        source="Glorot & Bengio (2010), section 4.1, figure 5; Goodfellow, Bengio & "
        "Courville (2016), section 6.2.1.1",
    )


def broadcast_labels(run: Run, head: Head) -> Finding:
    units = head.values.units if head.values and head.values.units else 1
    return Finding(
        name=FindingName.REGRESSION_LOSS_FOR_CLASSES,
        severity=Severity.ERROR,
        layers=head.layers(run),
        steps=whole(run),
        numbers=(
            Number("units", units),
            Number("highest target", head.target.highest if head.target else math.nan),
        ),
        figure=CURVES,
        summary=(
            f"The loss, {spelled(head)}, compares the number of the class with each "
            f"of the {units:,} probabilities of {head.name}."
        ),
        explanation=(
            "The targets have one value for each example, and the output one for each "
            "class; the loss broadcasts the targets to all units. No probabilities are "
            "close to a class number such as 2. The network learns equal probabilities."
        ),
        remedy="Use sparse categorical cross entropy as the loss.",
        change=loss_change(run, head, name="sparse_categorical_crossentropy"),
        source="keras.losses.SparseCategoricalCrossentropy",
    )
