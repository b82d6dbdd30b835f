"""Compares the layer table of a run with the layer table of a model that resumes it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from keras_xavier.runs.errors import RunError
from keras_xavier.runs.schema import Metadata
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_STATISTICS,
    Layer,
    Measurement,
    Quantity,
    Role,
)
from keras_xavier.text import sanitize

TRAINED = (
    Quantity.PREACTIVATION_GRADIENT,
    Quantity.WEIGHT_GRADIENT,
    Quantity.WEIGHT_UPDATE,
)
"""The quantities that a layer may lack while it, or the layers below, are frozen."""


def difference(before: Layer, now: Layer | None, *, began_earlier: bool) -> str | None:
    """Returns why a row of a model does not continue a row of a run; `None` if it does.

    Freezing layers and other sizes of batches change rows without a difference here.

    Args:
        before: `Layer`. The row of the run.
        now: `Layer` or `None`. The row of the model of the same name.
        began_earlier: bool. Whether an earlier version began the run. It knew fewer
            activation functions and bounds.
    """
    name = sanitize(before.name)
    if now is None:
        return f"the model has no {name}"
    unknown = began_earlier and before.activation is None
    for word in ("kind", "role", "units", "activation"):
        one, other = getattr(before, word), getattr(now, word)
        if one != other and not (word == "activation" and unknown):
            verb = "are" if word == "units" else "is"
            return (
                f"the {word} of {name} {verb} {one} in the run and {other} in the model"
            )
    edges = [one.edges(Quantity.ACTIVATION) for one in (before, now)]
    if not np.array_equal(edges[0], edges[1], equal_nan=True):
        return f"the activations of {name} have other bounds, and so other bins"
    for quantity in now.absent.keys() - before.absent.keys() - {*TRAINED}:
        return f"{name} has no {quantity} any more: {now.absent[quantity]}"
    return None


def merge_layers(path: str, found: Metadata, now: Sequence[Layer]) -> tuple[Layer, ...]:
    """Merges the layer table of a run with the layer table of a resumed model.

    A layer has a quantity if it has it in one of them, and a quantity is counted in
    part if it is counted in part in one of them. Rows that the run lacks are left out.
    These may be layers only if the run was begun by an earlier version, which recorded
    fewer statistics and perhaps fewer layers.

    Args:
        path: str. Path of the run, for the message.
        found: `Metadata`. Metadata of the run.
        now: List of `Layer`. The layer table of the model.

    Raises:
        RunError: If a row of the run is missing or differs, or the model has more
            layers.
    """
    rows = {layer.name: layer for layer in now}
    began_earlier = found.statistics != STATISTICS
    differences = (
        difference(layer, rows.get(layer.name), began_earlier=began_earlier)
        for layer in found.layers
    )
    why = next(filter(None, differences), None)
    if why is None and not began_earlier:
        why = left_out(found.layers, now)
    if why:
        raise RunError(
            f"{path} cannot be resumed: its layers are "
            f"{', '.join(layer.name for layer in found.layers)}. "
            f"Received: {', '.join(layer.name for layer in now)}; {why}. Start "
            "another run."
        )
    pairs = [(layer, rows[layer.name]) for layer in found.layers]
    return tuple(
        replace(
            one,
            parameters=max(one.parameters, other.parameters),
            absent={q: why for q, why in one.absent.items() if q in other.absent},
            counted={**other.counted, **one.counted},
        )
        for one, other in pairs
    )


def left_out(before: Sequence[Layer], now: Sequence[Layer]) -> str | None:
    """Returns a remark about layers of the model that the run lacks."""
    known = {layer.name for layer in before}
    found = [
        layer.name
        for layer in now
        if layer.name not in known and layer.role is Role.LAYER
    ]
    if not found:
        return None
    return f"it has no rows for the layers {', '.join(map(sanitize, found))}"


def select_measurements(
    metadata: Metadata, layers: Sequence[Layer]
) -> Callable[[Measurement], Measurement]:
    """Returns a function that selects what a run stores of a measurement.

    Runs of earlier versions have fewer quantities, rows and statistics.

    Args:
        metadata: `Metadata`. Metadata of the run.
        layers: List of `Layer`. The rows of the measurements.
    """
    rows = {layer.name: row for row, layer in enumerate(layers)}
    quantity = [QUANTITIES.index(one) for one in metadata.quantities]
    layer = [rows[one.name] for one in metadata.layers]
    statistic = [STATISTICS.index(one) for one in metadata.statistics]
    of_unit = [UNIT_STATISTICS.index(one) for one in metadata.unit_statistics]
    unit = range(metadata.unit_width)
    lengths = len(QUANTITIES), len(layers), len(STATISTICS)
    complete = (quantity, layer, statistic) == tuple(map(list, map(range, lengths)))

    def select(measurement: Measurement) -> Measurement:
        units = measurement.units
        if units is not None:
            units = units[np.ix_(layer, unit, of_unit)]
        if complete:
            return replace(measurement, units=units)
        return replace(
            measurement,
            statistics=measurement.statistics[np.ix_(quantity, layer, statistic)],
            histogram=measurement.histogram[np.ix_(quantity, layer)],
            units=units,
        )

    return select
