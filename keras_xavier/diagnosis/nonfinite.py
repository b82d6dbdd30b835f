"""NaN and infinite values, and their origin."""

from collections.abc import Iterable

import numpy as np

from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.reading import Array, layer_names, read_all_rows
from keras_xavier.diagnosis.remedies import learning_rate, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.statistics import QUANTITIES, Quantity, Role, Statistic
from keras_xavier.text import sanitize

WEIGHT = Quantity.WEIGHT
FORWARD = (Quantity.PREACTIVATION, Quantity.ACTIVATION)
DATA = {Role.INPUT: "inputs", Role.TARGET: "targets"}
FILE = "x_train.npy"
FILES = {Role.TARGET: "y_train.npy"}
BACKWARD = (Quantity.PREACTIVATION_GRADIENT, Quantity.WEIGHT_GRADIENT)


def nonfinite(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds the first layer and step with NaN or infinite values."""
    shares = {one: read_all_rows(run, one, Statistic.NONFINITE) for one in QUANTITIES}
    worst = np.nanmax(
        [np.nan_to_num(one).max(axis=1, initial=0) for one in shares.values()], axis=0
    )
    affected_records = np.flatnonzero(worst > 0)
    if not len(affected_records):
        return
    record = int(affected_records[0])
    quantity, index = origin({one: share[record] for one, share in shares.items()})
    step = int(run.steps[record])
    before = int(run.steps[record - 1]) if record else None
    over = bool(worst[-1] == 0)
    rate = learning_rate(run)
    role = run.layers[index].role
    from_data = role in DATA or (quantity in FORWARD and index == first_measured(run))
    affected = [
        int(one)
        for one in np.flatnonzero(
            np.any([np.nan_to_num(share[record]) > 0 for share in shares.values()], 0)
        )
        if one != index
    ]
    name = sanitize(run.layers[index].name)
    values = f"values of {name}" if role in DATA else f"{plural(quantity)} of {name}"
    last_finite = () if before is None else (Number("last finite at", before, "step"),)
    yield Finding(
        name=FindingName.NONFINITE_VALUES,
        severity=Severity.NOTE if over else Severity.ERROR,
        layers=layer_names(run, [index, *affected]),
        steps=(step, int(run.steps[affected_records[-1]])),
        numbers=(
            Number(
                f"nonfinite share of {plural(quantity)}",
                shares[quantity][record, index],
            ),
            Number("first nonfinite at", step, "step"),
            *last_finite,
            Number("nonfinite in", len(affected_records), "records"),
        ),
        figure=FigureSpec("layer-curves", quantity, step=step),
        summary=(
            f"At step {step:,}, the {values} contain NaN or infinite values, the first "
            "in the order of computation."
        ),
        explanation=(
            f"{cause(quantity, role, from_data=from_data)} They spread to all values "
            "that depend on them, "
            + (
                "but later records are finite again."
                if over
                else "and weights that are NaN stay NaN."
            )
        ),
        remedy=(
            f"Find NaN and Inf in the {DATA.get(role, 'inputs')}, and remove or "
            "replace them."
            if from_data
            else "Lower the learning rate, clip gradients with the optimizer's "
            "global_clipnorm=1.0, and compute the loss from logits (from_logits=True)."
        ),
        command=(
            f"python -c \"import numpy; x = numpy.load('{FILES.get(role, FILE)}'); "
            'print(numpy.argwhere(~numpy.isfinite(x)))"'
            if from_data
            else try_it(run, learning_rate=(rate or 0.1) / 10)
        ),
        source="IEEE 754-2019, section 6; Pascanu, Mikolov & Bengio (2013), section "
        "3.2",
    )


def origin(shares: dict[Quantity, Array]) -> tuple[Quantity, int]:
    """Finds the first nonfinite value of a record in the order of computation.

    Args:
        shares: dict. Share of nonfinite values by quantity, arrays of shape (layer,).

    Returns:
        Tuple of the quantity and the index of the layer.
    """
    weights = np.nan_to_num(shares[WEIGHT]) > 0
    for index in range(len(weights)):
        if weights[index]:
            return WEIGHT, index
        for quantity in FORWARD:
            if shares[quantity][index] > 0:
                return quantity, index
    for index in reversed(range(len(weights))):
        for quantity in BACKWARD:
            if shares[quantity][index] > 0:
                return quantity, index
    return Quantity.WEIGHT_UPDATE, int(np.nanargmax(shares[Quantity.WEIGHT_UPDATE]))


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


def cause(quantity: Quantity, role: Role, *, from_data: bool) -> str:
    if role in DATA:
        return f"The model receives them as {DATA[role]}."
    if from_data:
        return (
            "Its weights are finite and no layer is below it, so the values come from "
            "the inputs."
        )
    if quantity is WEIGHT:
        return "An update since the previous record made the weights nonfinite."
    if quantity in FORWARD:
        return (
            "The weights and the values below are finite, so the layer produces them: "
            "by an overflow, a division by 0, or a logarithm or a root of a negative "
            "number."
        )
    if quantity in BACKWARD:
        return (
            "All activations are finite, so the loss or its slope is not: a logarithm "
            "of 0, a division by 0, or an overflow."
        )
    return "All gradients are finite, so the optimizer produces the values."
