"""Where NaN and infinite values begin, in the order of computation."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from keras_xavier.diagnosis.program import (
    PASSIVE,
    LayerSetup,
    graph,
)
from keras_xavier.diagnosis.reading import (
    Array,
    read,
    read_all_rows,
    read_metrics,
    root_mean_square,
)
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run
from keras_xavier.statistics import (
    NONFINITE_METRIC,
    QUANTITIES,
    Quantity,
    Role,
    Statistic,
)

FORWARD = (Quantity.PREACTIVATION, Quantity.ACTIVATION)
BACKWARD = (Quantity.PREACTIVATION_GRADIENT, Quantity.WEIGHT_GRADIENT)
DATA = (Role.INPUT, Role.TARGET)
LOSSES = ("loss", "probe_loss")
INPUT = "/input"
HARMLESS = (
    *(*PASSIVE, "Add", "Concatenate", "ZeroPadding2D", "MaxPooling2D"),
    *("GlobalAveragePooling2D", "AveragePooling2D", "GlobalMaxPooling2D"),
    *("GlobalAveragePooling1D", "MaxPooling1D", "Transpose", "GetItem"),
)
"""Layers and operations that pass finite values and gradients on."""


class Kind(StrEnum):
    """Kind of the origin of nonfinite values."""

    DATA = "data"
    WEIGHT = "weight"
    OPERATION = "operation"
    """a layer or an operation without a row of its own, and with finite inputs"""
    PROGRAM = "program"
    """what the program computes between its layers"""
    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"


@dataclass(frozen=True)
class Origin:
    """The first nonfinite values of a run.

    Attributes:
        kind: `Kind`.
        name: str. Name of the row, the layer or the operation.
        row: int or `None`. Row of the layer table.
        quantity: `Quantity`.
        share: float. Share of nonfinite values.
    """

    kind: Kind
    name: str
    row: int | None
    quantity: Quantity
    share: float


def shares_of(run: Run) -> dict[Quantity, Array]:
    """Returns the shares of nonfinite values, by quantity, shape (record, row)."""
    return {
        one: np.nan_to_num(read_all_rows(run, one, Statistic.NONFINITE))
        for one in QUANTITIES
    }


def find_origin(run: Run, shares: Mapping[Quantity, Array], record: int) -> Origin:
    """Finds the origin of the nonfinite values of a record.

    Args:
        run: `Run`.
        shares: As from `shares_of`.
        record: int. First record with nonfinite values.
    """
    now = {one: share[record] for one, share in shares.items()}
    layers = run.layers

    def at(kind: Kind, row: int, quantity: Quantity, share: float) -> Origin:
        return Origin(kind, layers[row].name, row, quantity, share)

    data = [i for i, layer in enumerate(layers) if layer.role in DATA]
    # Data that are not finite in any record were so in earlier batches, too.
    values = shares[Quantity.ACTIVATION][:, data].max(axis=0, initial=0)
    if (values > 0).any():
        row = data[int(np.argmax(values > 0))]
        return at(Kind.DATA, row, Quantity.ACTIVATION, float(values.max()))
    for what, role in (("inputs", Role.INPUT), ("targets", Role.TARGET)):
        if what in wrong_data(run):
            rows = [i for i in data if layers[i].role is role]
            row_of_data = rows[0] if rows else None
            name = what if row_of_data is None else layers[row_of_data].name
            return Origin(Kind.DATA, name, row_of_data, Quantity.ACTIVATION, np.nan)
    weights = now[Quantity.WEIGHT]
    if (weights > 0).any():
        row = int(np.argmax(weights > 0))
        return at(Kind.WEIGHT, row, Quantity.WEIGHT, float(weights[row]))
    forward = np.max([now[one] for one in FORWARD], axis=0)
    if found := watched_at(run, int(run.steps[record])):
        name, share = found
        is_input = name.endswith(INPUT)
        kind = Kind.PROGRAM if is_input else Kind.OPERATION
        name = name.removesuffix(INPUT)
        rows = [i for i, layer in enumerate(layers) if layer.name == name]
        row_of_input = rows[0] if rows and is_input else None
        if not is_input or row_of_input is not None:
            return Origin(kind, name, row_of_input, Quantity.ACTIVATION, share)
    if (forward > 0).any():
        row = int(np.argmax(forward > 0))
        quantity = next(one for one in FORWARD if now[one][row] > 0)
        return at(Kind.FORWARD, row, quantity, float(now[quantity][row]))
    backward = np.max([now[one] for one in BACKWARD], axis=0)
    if (backward > 0).any():
        # The gradient of a bias follows that of its layer.
        of_layers = [i for i in np.flatnonzero(backward > 0) if is_layer(run, int(i))]
        row = int([*np.flatnonzero(backward > 0), *of_layers][-1])
        quantity = next(one for one in BACKWARD if now[one][row] > 0)
        share = float(now[quantity][row])
        is_first = row >= last_with_gradient(run)
        return at(Kind.LOSS if is_first else Kind.BACKWARD, row, quantity, share)
    row = int(np.argmax(now[Quantity.WEIGHT_UPDATE]))
    share = float(now[Quantity.WEIGHT_UPDATE][row])
    return at(Kind.UPDATE, row, Quantity.WEIGHT_UPDATE, share)


def is_layer(run: Run, row: int) -> bool:
    return run.layers[row].role is Role.LAYER


def wrong_data(run: Run) -> Mapping[str, object]:
    """Returns the nonfinite values of the data of `fit`, if they were checked."""
    return mapping(mapping(run.attributes.get("training")).get("nonfinite"))


def watched_at(run: Run, step: int) -> tuple[str, float] | None:
    """Returns what produced nonfinite values at a step, and their share."""
    found = {}
    for name, (steps, values) in read_metrics(run).items():
        if name.startswith(NONFINITE_METRIC):
            for share in values[steps == step]:
                found[name.removeprefix(NONFINITE_METRIC)] = float(share)
    # An operation with finite inputs comes before inputs that are not finite.
    names = sorted(found, key=lambda name: name.endswith(INPUT))
    return (names[0], found[names[0]]) if names else None


def last_with_gradient(run: Run) -> int:
    """Returns the last row with gradients, which the loss reaches first."""
    rows = (
        i
        for i, layer in enumerate(run.layers)
        if layer.role is Role.LAYER and not {*BACKWARD} <= layer.absent.keys()
    )
    return max(rows, default=0)


def nonfinite_losses(run: Run) -> dict[str, tuple[int, int | None]]:
    """Returns the metrics that end as NaN or infinite values.

    Returns:
        Dict from the name of a metric to the first step of its last nonfinite values,
        and the step before with a finite value, or `None`.
    """
    found = {}
    for name, (steps, values) in read_metrics(run).items():
        if name.startswith(NONFINITE_METRIC) or not len(values):
            continue
        finite = np.flatnonzero(np.isfinite(values))
        last = int(finite[-1]) if len(finite) else -1
        if last < len(values) - 1:
            found[name] = int(steps[last + 1]), int(steps[last]) if last >= 0 else None
    return found


def unrecorded_before(run: Run, row: int, *, down: bool) -> list[str]:
    """Returns layers and operations between a layer and the rows next to it.

    Args:
        run: `Run`.
        row: int. Row of the layer.
        down: bool. Whether to follow the gradient, to the layers after it; otherwise
            the layers before it are returned.
    """
    known = graph(run)
    start = run.layers[row].name.split(":")[0]
    is_watched = run.attributes.get("watches_nonfinite") is True and not down
    recorded = {layer.name for layer in run.layers if layer.role is Role.LAYER}
    after: dict[str, list[str]] = {}
    for name, one in known.items():
        for before in one.inputs:
            after.setdefault(before, []).append(name)

    def neighbors(name: str) -> list[str]:
        if down:
            return after.get(name, [])
        return list(known[name].inputs) if name in known else []

    found: list[str] = []
    waiting = neighbors(start)
    while waiting:
        name = waiting.pop(0)
        if name in found or name in recorded or name not in known:
            continue
        found.append(name)
        waiting += neighbors(name)
    return [name for name in found if may_begin_in(known[name], is_watched)]


def may_begin_in(one: LayerSetup, is_watched: bool) -> bool:
    return one.kind not in HARMLESS and not (is_watched and not one.parameters)


def growth(run: Run, before: int) -> tuple[str, float]:
    """Returns what has grown most from the first record to another, and by how much.

    Args:
        run: `Run`.
        before: int. The other record.
    """
    found = {"": 1.0}
    for quantity in (*FORWARD, Quantity.PREACTIVATION_GRADIENT, Quantity.WEIGHT):
        sizes = root_mean_square(run, quantity)[[0, before]]
        known = np.isfinite(sizes).all(axis=0) & (sizes[0] > 0)
        if known.any():
            ratio = sizes[1, known] / sizes[0, known]
            row = np.flatnonzero(known)[int(np.argmax(ratio))]
            what = f"{quantity.replace('_', ' ')}s of {run.layers[row].name}"
            found[what] = float(ratio.max())
    last = int(run.steps[before])
    for name in LOSSES:
        steps, values = read_metrics(run).get(name, (np.empty(0), np.empty(0)))
        values = values[np.isfinite(values) & (steps <= max(last, 1))]
        if len(values) > 1 and values[0] > 0:
            found[name] = float(values[-1] / values[0])
    what = max(found, key=lambda one: found[one])
    return what, found[what]


def largest(run: Run, quantity: Quantity, record: int, rows: list[int]) -> float:
    """Returns the largest absolute value of a quantity in some rows; NaN if unknown."""
    ends = [
        np.abs(read(run, quantity, one)[record, rows])
        for one in (Statistic.MIN, Statistic.MAX)
    ]
    found = np.array(ends)
    return float(np.nanmax(found)) if np.isfinite(found).any() else float("nan")
