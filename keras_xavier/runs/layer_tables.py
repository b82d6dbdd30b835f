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
UNITS_SINCE = 3
"""Version of the format that has statistics of single units."""


def difference(before: Layer, now: Layer | None, found: Metadata) -> str | None:
    """Returns why a row of a model does not continue a row of a run; `None` if it does.

    Freezing layers and other sizes of batches change rows without a difference here.

    Args:
        before: `Layer`. The row of the run.
        now: `Layer` or `None`. The row of the model of the same name.
        found: `Metadata`. Metadata of the run. Earlier versions knew fewer activation
            functions, bounds, and axes of units.
    """
    name = sanitize(before.name)
    if now is None:
        return f"the model has no {name}"
    may_differ = set()
    if began_earlier(found) and before.activation is None:
        may_differ.add("activation")
    if found.version < UNITS_SINCE and before.parameters == now.parameters:
        # The units were those of the last axis.
        may_differ.add("units")
    for word in ("kind", "role", "units", "activation"):
        one, other = getattr(before, word), getattr(now, word)
        if one != other and word not in may_differ:
            verb = "are" if word == "units" else "is"
            return (
                f"the {word} of {name} {verb} {one} in the run and {other} in the model"
            )
    if has_other_bins(before, now) and has_bounds(before):
        return f"the activations of {name} have other bounds, and so other bins"
    for quantity in now.absent.keys() - before.absent.keys() - {*TRAINED}:
        return f"{name} has no {quantity} any more: {now.absent[quantity]}"
    return None


def began_earlier(found: Metadata) -> bool:
    """Returns whether an earlier version began a run, which knew fewer statistics."""
    return found.statistics != STATISTICS


def has_bounds(layer: Layer) -> bool:
    """Returns whether a row has a bound, so that its activation function was known."""
    return bool(np.isfinite([layer.lower, layer.upper]).any())


def has_other_bins(before: Layer, now: Layer) -> bool:
    """Returns whether the histograms of activations have other edges."""
    edges = [one.edges(Quantity.ACTIVATION) for one in (before, now)]
    return not np.array_equal(edges[0], edges[1], equal_nan=True)


def merge_layers(path: str, found: Metadata, now: Sequence[Layer]) -> tuple[Layer, ...]:
    """Merges the layer table of a run with the layer table of a resumed model.

    A layer has a quantity if it has it in one of them, and a quantity is counted in
    part if it is counted in part in one of them. Rows that the run lacks are left out.
    These may be layers only if the run was begun by an earlier version, which recorded
    fewer statistics and perhaps fewer layers. Bounds are those of the run, and so are
    its bins.

    Args:
        path: str. Path of the run, for the message.
        found: `Metadata`. Metadata of the run.
        now: List of `Layer`. The layer table of the model.

    Raises:
        RunError: If a row of the run is missing or differs, or the model has more
            layers.
    """
    rows = {layer.name: layer for layer in now}
    differences = (
        difference(layer, rows.get(layer.name), found) for layer in found.layers
    )
    why = next(filter(None, differences), None)
    if why is None and not began_earlier(found):
        why = without_rows(found.layers, now)
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
            units=other.units,
            parameters=max(one.parameters, other.parameters),
            absent={q: why for q, why in one.absent.items() if q in other.absent},
            counted={**other.counted, **one.counted},
        )
        for one, other in pairs
    )


def left_out(before: Sequence[Layer], now: Sequence[Layer]) -> str | None:
    """Returns a remark about what a run does not store of a resumed model."""
    remarks = filter(None, (without_rows(before, now), without_histograms(before, now)))
    return ", and ".join(remarks) or None


def without_rows(before: Sequence[Layer], now: Sequence[Layer]) -> str | None:
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


def without_histograms(before: Sequence[Layer], now: Sequence[Layer]) -> str | None:
    """Returns a remark about histograms of activations whose bounds were unknown."""
    rows = {layer.name: layer for layer in now}
    found = [
        one.name
        for one in before
        if one.name in rows and has_other_bins(one, rows[one.name])
    ]
    if not found:
        return None
    return (
        "it has no further histograms of the activations of "
        f"{', '.join(map(sanitize, found))}, whose bounds were unknown"
    )


def select_measurements(
    metadata: Metadata, layers: Sequence[Layer]
) -> Callable[[Measurement], Measurement]:
    """Returns a function that selects what a run stores of a measurement.

    Runs of earlier versions have fewer quantities, rows and statistics. Where their
    bins are others, the histograms are empty: counts cannot be divided exactly.

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
    other_bins = [
        row
        for row, one in enumerate(metadata.layers)
        if has_other_bins(one, layers[layer[row]])
    ]
    complete = complete and not other_bins
    activation = QUANTITIES.index(Quantity.ACTIVATION)
    bounded = np.ix_([quantity.index(activation)], other_bins)

    def select(measurement: Measurement) -> Measurement:
        units = measurement.units
        if units is not None:
            units = units[np.ix_(layer, unit, of_unit)]
        if complete:
            return replace(measurement, units=units)
        histogram = measurement.histogram[np.ix_(quantity, layer)]
        histogram[bounded] = 0
        return replace(
            measurement,
            statistics=measurement.statistics[np.ix_(quantity, layer, statistic)],
            histogram=histogram,
            units=units,
        )

    return select
