"""Descriptions of where NaN and infinite values begin, with their remedies."""

import math
from dataclasses import dataclass

from keras_xavier.diagnosis.finding import Number
from keras_xavier.diagnosis.nonfinite_origin import (
    FORWARD,
    Kind,
    Origin,
    growth,
    largest,
    unrecorded_before,
    wrong_data,
)
from keras_xavier.diagnosis.program import (
    graph,
    outputs,
)
from keras_xavier.diagnosis.reading import listed, read, read_all_rows
from keras_xavier.diagnosis.remedies import learning_rate, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Role, Statistic
from keras_xavier.text import sanitize

DATA = {Role.INPUT: "inputs", Role.TARGET: "targets"}
LARGEST_EXPONENT = 88.0
"""exp(89) overflows in float32."""
NEAR_OVERFLOW = 1e15
"""Size above which products and squares of values may overflow in float32."""
LOWER = (
    "Lower the learning rate, or clip gradients with the optimizer's "
    "global_clipnorm=1.0."
)
SAFE_LOSS = (
    "Compute the loss from logits (from_logits=True), or keep the arguments of "
    "logarithms, roots and divisions away from 0, for example with "
    "keras.ops.maximum(x, 1e-7)."
)


@dataclass(frozen=True)
class Text:
    """Texts of a finding.

    Attributes:
        summary: str.
        cause: str.
        remedy: str.
        command: str. Defaults to `""`.
        numbers: Tuple of `Number`. Defaults to none.
    """

    summary: str
    cause: str
    remedy: str
    command: str = ""
    numbers: tuple[Number, ...] = ()


def text(run: Run, thresholds: Thresholds, origin: Origin, record: int) -> Text:
    """Describes an origin, and its remedy."""
    step = int(run.steps[record])
    name = sanitize(origin.name)
    match origin.kind:
        case Kind.DATA:
            return of_data(run, origin, step)
        case Kind.WEIGHT | Kind.UPDATE:
            return of_weights(run, thresholds, origin, record)
        case Kind.OPERATION:
            return of_operation(run, origin, record)
        case Kind.PROGRAM:
            return Text(
                f"At step {step:,}, {name} receives NaN or infinite values that the "
                f"program computes{after(run, origin)}.",
                "The layers below it are finite, so an operation between the layers "
                "produces them: a logarithm or a root of a negative number, a division "
                "by 0, or an overflow.",
                "Keep the arguments of logarithms, roots and divisions in "
                f"front of {name} in their range, for example with "
                "keras.ops.maximum(x, 1e-7).",
            )
        case Kind.FORWARD:
            return of_forward(run, thresholds, origin, record)
        case Kind.LOSS:
            return of_loss_slope(run, thresholds, origin, record)
    return of_gradient(run, origin, record)


def of_data(run: Run, origin: Origin, step: int) -> Text:
    what = origin.name
    if origin.row is not None:
        what = DATA[run.layers[origin.row].role]
    wrong = mapping(wrong_data(run).get(what))
    first = wrong.get("first")
    place = ", ".join(str(one) for one in first) if isinstance(first, list) else ""
    return Text(
        f"The {what} contain NaN or infinite values"
        + (
            f": {wrong.get('count')} in the data passed to fit, the first at "
            f"index [{place}]."
            if place
            else f": {origin.share:.2g} of the values of {sanitize(origin.name)} in "
            "one batch."
        ),
        f"The model receives them as {what}, and from step {step:,} on its own values "
        "are NaN.",
        find_in(what),
    )


def find_in(what: str) -> str:
    array = "x" if what == "inputs" else "y"
    return (
        f"List NaN and Inf in the {what} with numpy.argwhere(~numpy.isfinite({array})),"
        " and remove these examples or replace the values."
    )


def of_weights(run: Run, thresholds: Thresholds, origin: Origin, record: int) -> Text:
    step, name = int(run.steps[record]), sanitize(origin.name)
    what = f"the {plural(origin.quantity)} of {name}"
    if origin.kind is Kind.UPDATE:
        summary = f"At step {step:,}, {what} are the first values that are not finite."
        cause = "All gradients are finite, so the optimizer produces the values."
    elif record:
        between = int(run.steps[record - 1])
        summary = (
            f"All values are finite at step {between:,}; until step {step:,}, an "
            f"update makes {what} NaN or infinite."
        )
        cause = "An update since the previous record made the weights nonfinite."
    else:
        summary = f"At the first record, step {step:,}, {what} are not finite."
        cause = "The weights were set to NaN or infinite values before."
    if grown := has_grown(run, thresholds, record):
        return Text(
            summary,
            f"{cause} Before, {grown[0]} had grown {grown[1]:,.3g} times.",
            LOWER,
            lower_rate(run),
            (Number(f"growth of the {grown[0]}", grown[1]),),
        )
    return Text(
        summary,
        f"{cause} Nothing had grown in the records before, so an overflow is unlikely: "
        "batches that are not recorded contain NaN, or the loss takes a logarithm or a "
        "root of 0 or divides by 0."
        if record
        else cause,
        "Check the inputs and targets with numpy.isfinite(x).all(), and record every "
        f"step (every=1) to see where the values begin. {SAFE_LOSS}"
        if record
        else "Check the initializers and the loaded weights.",
    )


def of_operation(run: Run, origin: Origin, record: int) -> Text:
    step, name = int(run.steps[record]), sanitize(origin.name)
    known = graph(run).get(origin.name.split(":")[0])
    kind = known.kind if known else "layer"
    rows = {layer.name: i for i, layer in enumerate(run.layers)}
    before = [rows[one] for one in known.inputs if one in rows] if known else []
    received = ""
    if before:
        low, high = (
            float(read_all_rows(run, Quantity.ACTIVATION, one)[record, before[0]])
            for one in (Statistic.MIN, Statistic.MAX)
        )
        if math.isfinite(low) and math.isfinite(high):
            received = f" It receives values from {low:.3g} to {high:.3g}."
    return Text(
        f"At step {step:,}, {name} ({kind}) turns finite values into NaN or infinite "
        f"values: {origin.share:.0%} of its output.",
        f"All layers below it are finite.{received} A logarithm or a root of a "
        "negative number is NaN, a logarithm of 0 and a division by 0 are infinite, "
        "and large exponents overflow.",
        f"Keep the inputs of {name} in its range, for example with "
        "keras.ops.maximum(x, 1e-7), or use another operation.",
    )


def of_forward(run: Run, thresholds: Thresholds, origin: Origin, record: int) -> Text:
    step, name = int(run.steps[record]), sanitize(origin.name)
    row = origin.row or 0
    what = plural(origin.quantity)
    between = unrecorded_before(run, row, down=False)
    summary = (
        f"At step {step:,}, the {what} of {name} contain NaN or infinite values, the "
        "first in the order of computation."
    )
    if origin.row == first_measured(run):
        return Text(
            summary,
            "Its weights are finite and no layer is below it, so the values come from "
            "the inputs.",
            find_in("inputs"),
        )
    if between:
        names = listed(tuple(between))
        return Text(
            summary,
            f"They begin in {names}, which {'is' if len(between) == 1 else 'are'} not "
            "recorded, or in the layer itself: the weights and the recorded layers "
            "below are finite.",
            f"Check {names} for logarithms and roots of negative numbers, divisions by "
            "0 and overflow.",
        )
    rows = [i for i in range(row) if run.layers[i].role is Role.LAYER]
    size = max(
        (
            one
            for one in (
                largest(run, Quantity.PREACTIVATION, record, [row]),
                largest(run, Quantity.ACTIVATION, record, rows),
            )
            if math.isfinite(one)
        ),
        default=0.0,
    )
    of_exponent = (
        origin.quantity is Quantity.ACTIVATION
        and largest(run, Quantity.PREACTIVATION, record, [row]) > LARGEST_EXPONENT
    )
    if size > NEAR_OVERFLOW or of_exponent:
        when = "before any update, " if step == 0 else ""
        grown = has_grown(run, thresholds, record)
        since = f" Since the first record, {grown[0]} has grown." if grown else ""
        return Text(
            summary,
            f"An overflow, {when}of {'exponentials of' if of_exponent else ''} values "
            f"up to {size:.2g}: float32 ends at 3.4e38.{since}",
            LOWER
            if grown
            else "Use activation functions that do not grow exponentially, scale the "
            "inputs to mean 0 and variance 1, and initialize the weights with smaller "
            "values. The learning rate is not the cause."
            if step == 0
            else "Use activation functions that do not grow exponentially, or add "
            "normalization layers.",
            lower_rate(run) if grown else "",
            (Number("largest value before the overflow", size),),
        )
    return Text(
        summary,
        "The weights and the values below are finite, so the layer produces them: "
        "by an overflow, a division by 0, or a logarithm or a root of a negative "
        "number.",
        f"Check the operations of {name} and of its activation function.",
    )


def of_loss_slope(
    run: Run, thresholds: Thresholds, origin: Origin, record: int
) -> Text:
    step = int(run.steps[record])
    what, range_text = values_of_outputs(run, record)
    grown = has_grown(run, thresholds, record)
    return Text(
        f"At step {step:,}, all activations are finite, and the "
        f"{plural(origin.quantity)} of {sanitize(origin.name)} are not: NaN begins in "
        "the slope of the loss.",
        "All activations are finite, so the loss or its slope is not: a logarithm "
        f"of 0, a division by 0, a root at 0, or an overflow.{range_text}{what}",
        f"{SAFE_LOSS}{' ' + LOWER if grown else ''}",
        lower_rate(run) if grown else "",
    )


def of_gradient(run: Run, origin: Origin, record: int) -> Text:
    step = int(run.steps[record])
    name = sanitize(origin.name)
    row = origin.row or 0
    above = [
        i
        for i in range(row + 1, len(run.layers))
        if run.layers[i].role is Role.LAYER
        and Quantity.PREACTIVATION_GRADIENT not in run.layers[i].absent
    ]
    upper = sanitize(run.layers[above[0]].name) if above else "the loss"
    between = unrecorded_before(run, row, down=True)
    own = read_all_rows(run, Quantity.PREACTIVATION_GRADIENT, Statistic.NONFINITE)
    if origin.quantity is Quantity.WEIGHT_GRADIENT and own[record, row] == 0:
        return Text(
            f"At step {step:,}, all activations and back-propagated gradients are "
            f"finite, and the weight gradients of {name} are not.",
            "Each is a sum of products of a gradient and an input of the layer, so the "
            "products overflow.",
            f"{LOWER} Scale the inputs and targets to mean 0 and variance 1.",
            lower_rate(run),
        )
    if between:
        where = listed(tuple(between))
        rest = ""
    else:
        where = f"the activation function of {name}"
        rest = f", or in what follows it before {upper}"
    return Text(
        f"At step {step:,}, all activations are finite, and NaN or infinite values "
        f"begin in the gradient on its way from {upper} down to {name}.",
        f"The gradient of {upper} is finite, so they begin in {where}{rest}: the slope "
        "of a root is infinite at 0, as is the slope of a norm, a logarithm or a "
        "division.",
        f"Keep the arguments of {where} away from 0, for example with "
        "keras.ops.sqrt(x + 1e-12).",
    )


def values_of_outputs(run: Run, record: int) -> tuple[str, str]:
    """Describes the values that the loss receives."""
    for one in outputs(run):
        if one.row is None:
            continue
        low, high = (
            float(read(run, Quantity.ACTIVATION, end)[record, one.row])
            for end in (Statistic.MIN, Statistic.MAX)
        )
        if not (math.isfinite(low) and math.isfinite(high)):
            continue
        found = f" The outputs of {sanitize(run.layers[one.row].name)} range from "
        found += f"{low:.3g} to {high:.3g}."
        if low < 0:
            return " The logarithm or the root of a negative number is NaN.", found
        if low == 0:
            return " The logarithm of 0 is infinite.", found
        return "", found
    return "", ""


def has_grown(
    run: Run, thresholds: Thresholds, record: int
) -> tuple[str, float] | None:
    """Returns what had grown before a record, and how much; `None` if nothing had."""
    if record < 2:
        return None
    what, ratio = growth(run, record - 1)
    return (sanitize(what), ratio) if ratio >= thresholds.growth else None


def lower_rate(run: Run) -> str:
    return try_it(run, learning_rate=(learning_rate(run) or 0.1) / 10)


def after(run: Run, origin: Origin) -> str:
    """Names the layer before the values that the program computes."""
    above = range(origin.row or 0)
    rows = [
        i
        for i in above
        if run.layers[i].role is Role.LAYER
        and Quantity.ACTIVATION not in run.layers[i].absent
    ]
    return f" after {sanitize(run.layers[rows[-1]].name)}" if rows else ""


def first_measured(run: Run) -> int:
    """Returns the first layer of a run without rows of inputs; -1 if there are some."""
    if any(layer.role is Role.INPUT for layer in run.layers):
        return -1
    known = (
        index
        for index, layer in enumerate(run.layers)
        if not {*FORWARD} <= layer.absent.keys()
    )
    return next(known, -1)


def plural(quantity: Quantity) -> str:
    return f"{quantity.replace('_', ' ')}s"
