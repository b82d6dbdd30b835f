"""Output activations that do not fit the loss."""

import math
from collections.abc import Iterable

import numpy as np

from keras_xavier.diagnosis.code_changes import layer_line, together
from keras_xavier.diagnosis.finding import (
    CodeChange,
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.heads import (
    BINARY_LOSSES,
    CLASS_LOSSES,
    CURVES,
    LOGIT_LOSSES,
    Head,
    activation_change,
    heads,
    loss_change,
    number,
    over_one_unit,
    spelled,
    with_losses,
)
from keras_xavier.diagnosis.output_values import (
    OVER_UNITS,
    last_activation,
    last_axis,
)
from keras_xavier.diagnosis.program import graph
from keras_xavier.diagnosis.reading import read, whole
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.text import sanitize


def softmax_over_one_unit(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a softmax, or a loss that normalizes like it, over a single unit."""
    found = heads(run)
    last = {head.values.layer for head in found if head.values}
    for head in found:
        if over_one_unit(head):
            yield one_unit(run, head, *remedy_for_one_unit(run, head))
    names = {layer.name for layer in run.layers}
    for layer in graph(run).values():
        _, activation = last_activation(layer, {})
        hidden = layer.name not in last and layer.name in names
        axis = (layer.settings or {}).get("axis", -1)
        if hidden and activation in OVER_UNITS and last_axis(layer, axis) == 1:
            yield hidden_unit(run, layer.name, layer.kind)


def remedy_for_one_unit(run: Run, head: Head) -> tuple[str, CodeChange | None]:
    """Returns the remedy for a network with one unit that is normalized."""
    loss, target = head.loss, head.target
    binary = target is not None and target.is_binary
    if loss and loss.name in CLASS_LOSSES and target and target.highest > 1:
        classes = int(target.highest) + 1
        change = layer_line(
            run,
            head.values.layer if head.values and head.values.layer else "",
            units=classes,
            activation="softmax",
        )
        return (
            f"Use one unit for each of the {classes} classes, with a softmax.",
            change,
        )
    if binary or (loss and loss.name in (*BINARY_LOSSES, *CLASS_LOSSES)):
        change = activation_change(run, head, "sigmoid")
        if loss and loss.name not in BINARY_LOSSES:
            change = together(change, loss_change(run, head, name=BINARY_LOSSES[0]))
        return "Use a sigmoid and binary cross entropy.", change
    return "Use a linear output.", activation_change(run, head, None)


def one_unit(run: Run, head: Head, remedy: str, change: CodeChange | None) -> Finding:
    activation = head.values.activation if head.values else None
    if activation in OVER_UNITS:
        constant = 0 if activation == "log_softmax" else 1
        summary = (
            f"The {activation} of {head.name} is over one unit, so the output is "
            f"{constant} for every example."
        )
    else:
        summary = (
            f"{spelled(head).capitalize()} needs a unit for each class, and "
            f"{head.name} has one unit."
        )
    takes_logits = run.attributes.get("backend") == "tensorflow" and (
        head.loss is not None and head.loss.name in BINARY_LOSSES
    )
    effect = (
        "On TensorFlow, Keras computes the loss before the softmax: the loss falls, "
        "but the predictions do not change."
        if takes_logits
        else "The gradient is 0, so the network does not learn."
    )
    return Finding(
        name=FindingName.SOFTMAX_OVER_ONE_UNIT,
        severity=Severity.ERROR,
        layers=head.layers(run),
        steps=whole(run),
        numbers=(Number("units", 1),),
        figure=CURVES,
        summary=summary,
        explanation=(
            "A softmax divides the exponential of a unit by the sum over all units. "
            "With one unit, the quotient is 1 whatever the network computes, and cross "
            f"entropy over one class does the same. {effect}"
        ),
        remedy=remedy,
        change=change,
        source="Goodfellow, Bengio & Courville (2016), sections 6.2.2.2 and 6.2.2.3",
    )


def hidden_unit(run: Run, name: str, kind: str) -> Finding:
    return Finding(
        name=FindingName.SOFTMAX_OVER_ONE_UNIT,
        severity=Severity.WARNING,
        layers=(name,),
        steps=whole(run),
        numbers=(Number("units", 1),),
        figure=CURVES,
        summary=(
            f"The softmax of {sanitize(name)} is over one unit, so its output is 1 for "
            "every example and position."
        ),
        explanation=(
            "A softmax normalizes over the last axis by default, which has length 1 "
            "here. Scores of attention, for example, have to be normalized over the "
            "positions. The layer passes no information and receives no gradient."
        ),
        remedy="Normalize over another axis.",
        change=CodeChange("keras.layers.Softmax()", "keras.layers.Softmax(axis=1)")
        if kind == "Softmax"
        else CodeChange(
            f'keras.layers.{kind}(…, activation="softmax")',
            f"keras.layers.{kind}(…)\nkeras.layers.Softmax(axis=1)",
        ),
        source="Goodfellow, Bengio & Courville (2016), section 6.2.2.3",
    )


def logits_as_probabilities(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds losses that take probabilities and receive other values."""
    for head in with_losses(run):
        values = head.values
        if head.takes != "probabilities" or values is None or over_one_unit(head):
            continue
        if values.is_within(0, 1):
            continue
        if not values.is_certain and not is_clipped(run, head, thresholds):
            continue
        loss = head.loss
        suited = "softmax" if loss and loss.name in CLASS_LOSSES else "sigmoid"
        if loss and loss.name == "kl_divergence" and (values.units or 1) > 1:
            suited = "softmax"
        kind = (
            "is linear"
            if values.activation is None
            else f"has the activation {values.activation}"
        )
        has_logits = loss is not None and loss.name in LOGIT_LOSSES
        alternative = (
            ", or pass from_logits=True to the loss"
            if has_logits and values.activation is None
            else ""
        )
        verb = "Add" if values.activation is None else "Use"
        yield Finding(
            name=FindingName.LOGITS_AS_PROBABILITIES,
            severity=Severity.ERROR,
            layers=head.layers(run),
            steps=whole(run),
            numbers=extremes(run, head),
            figure=CURVES,
            summary=(
                f"{spelled(head).capitalize()} takes probabilities, but {head.name} "
                f"{kind}: its values may be any {allowed(values.lower, values.upper)}."
            ),
            explanation=(
                "The loss takes the logarithm of probabilities between 0 and 1. Keras "
                "clips other values to this range, where they get no gradient, and the "
                "loss is that of absolute certainty. The network learns by accident, "
                "or not at all."
            ),
            remedy=f"{verb} a {suited}{alternative}.",
            change=activation_change(run, head, suited),
            source="Goodfellow, Bengio & Courville (2016), section 6.2.2; keras.losses",
        )


def extremes(run: Run, head: Head) -> tuple[Number, Number]:
    """Returns the observed range of an output as numbers of a finding."""
    lowest, highest = observed(run, head)
    return Number("lowest output", lowest), Number("highest output", highest)


def is_clipped(run: Run, head: Head, thresholds: Thresholds) -> bool:
    """Returns whether a loss passes no gradient to some outputs outside 0 to 1.

    In subclassed models, a softmax may follow the last layer. Its gradients are not 0.
    """
    row = head.output.row
    lowest, highest = observed(run, head)
    if row is None or (lowest >= 0 and highest <= 1):
        return False
    zero = read(run, Quantity.PREACTIVATION_GRADIENT, Statistic.ZERO)[:, row]
    return bool(np.nanmax(zero, initial=0.0) > thresholds.clipped_share)


def observed(run: Run, head: Head) -> tuple[float, float]:
    """Returns the lowest and the highest recorded output; NaN if there is none."""
    if (row := head.output.row) is None:
        return math.nan, math.nan
    lowest = read(run, Quantity.ACTIVATION, Statistic.MIN)[:, row]
    highest = read(run, Quantity.ACTIVATION, Statistic.MAX)[:, row]
    if not (np.isfinite(lowest).any() and np.isfinite(highest).any()):
        return math.nan, math.nan
    return float(np.nanmin(lowest)), float(np.nanmax(highest))


def allowed(lower: float, upper: float) -> str:
    """Describes a range.

    >>> allowed(-math.inf, math.inf), allowed(0, math.inf), allowed(-1, 1)
    ('number', 'number from 0 up', 'number from -1 to 1')
    """
    start = "" if lower == -math.inf else f" from {number(lower)}"
    end = " up" if start and upper == math.inf else ""
    end = f" {'to' if start else 'up to'} {number(upper)}" if upper < math.inf else end
    return f"number{start}{end}"


def probabilities_as_logits(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds losses that take logits and receive probabilities: a double softmax."""
    for head in with_losses(run):
        values, loss = head.values, head.loss
        takes_logits = head.takes == "logits" or bool(loss and loss.name == "ctc")
        if not takes_logits or values is None or over_one_unit(head):
            continue
        if values.activation is None or not values.is_within(0, 1):
            continue
        over_classes = loss is not None and loss.name not in BINARY_LOSSES
        second = "softmax" if over_classes else "sigmoid"
        count = values.units if over_classes and values.units else 2
        others = (count - 1) if over_classes else 1
        best = math.log(1 + others / math.e)
        detected = (
            "On TensorFlow, Keras detects the common cases and takes the logits "
            "before the activation. "
            if run.attributes.get("backend") == "tensorflow"
            else ""
        )
        is_ctc = loss is not None and loss.name == "ctc"
        given = "CTC" if is_ctc else f"{spelled(head).capitalize()} (from_logits=True)"
        yield Finding(
            name=FindingName.PROBABILITIES_AS_LOGITS,
            severity=Severity.WARNING,
            layers=head.layers(run),
            steps=whole(run),
            numbers=(Number("lowest possible loss after a second activation", best),),
            figure=CURVES,
            summary=(
                f"{given} takes logits, but {head.name} already applies "
                f"{values.activation}."
            ),
            explanation=(
                f"The loss applies a {second} to values between 0 and 1, so even a "
                "certain and correct prediction has a loss of about "
                f"{best:.2g}. Gradients are small "
                "and training is slow, and the outputs are not the probabilities that "
                f"the loss measures. {detected}"
            ).rstrip(),
            remedy=f"Remove the {values.activation}."
            if is_ctc
            else f"Remove from_logits=True, or the {values.activation}.",
            change=activation_change(run, head, None)
            if is_ctc
            else loss_change(run, head, from_logits=False),
            source="keras.losses, from_logits",
        )


def output_not_positive(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds outputs that may be negative with the Poisson loss, which takes rates."""
    for head in with_losses(run):
        values, loss = head.values, head.loss
        if loss is None or loss.name != "poisson" or values is None:
            continue
        if not values.is_certain or values.lower >= 0:
            continue
        kind = values.activation or "linear"
        yield Finding(
            name=FindingName.OUTPUT_NOT_POSITIVE,
            severity=Severity.ERROR,
            layers=head.layers(run),
            steps=whole(run),
            numbers=extremes(run, head),
            figure=CURVES,
            summary=(
                f"The Poisson loss takes rates above 0, but {head.name} is {kind}: its "
                f"values may be any {allowed(values.lower, values.upper)}."
            ),
            explanation=(
                "The loss takes the logarithm of the output, which is NaN for negative "
                "outputs. A single example with a negative output makes the loss and "
                "all weights NaN."
            ),
            remedy="Use a softplus or an exponential as the activation function of "
            "the output.",
            change=activation_change(run, head, "softplus"),
            source="keras.losses.Poisson; McCullagh & Nelder (1989), Generalized "
            "linear models, section 6.1",
        )
