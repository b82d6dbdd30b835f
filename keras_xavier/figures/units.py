"""Statistics of single units: reading them, sorting them, and finding stuck units."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.data import Floats, Integers
from keras_xavier.figures.rows import bounds_of, table_rows
from keras_xavier.runs import Run
from keras_xavier.runs.phases import Phase, read_phases
from keras_xavier.statistics import (
    UNIT_STATISTICS,
    Layer,
    Quantity,
    Role,
    Statistic,
    unit_indices,
)

MEAN, STD, ZERO, SATURATED = (
    UNIT_STATISTICS.index(one)
    for one in (Statistic.MEAN, Statistic.STD, Statistic.ZERO, Statistic.SATURATED)
)
MOSTLY = 0.95
"""Share of saturated values from which a unit is saturated."""
FEATURES = (Role.INPUT, Role.TARGET)
"""Rows whose units are features, which have a meaningful order."""


@dataclass(frozen=True)
class LayerUnits:
    """The units of one layer at some steps.

    Attributes:
        name: str. Name of the layer.
        values: Array of float, of shape (record, unit, statistic). The statistics
            `UNIT_STATISTICS` of the activations.
        indices: Array of int, of shape (unit,). Indices of the recorded units.
        units: int. Number of all units of the layer.
        bounds: Tuple of two float. Infimum and supremum of the activation.
        is_input: bool. Whether the units are features of an input or a target.
    """

    name: str
    values: Floats
    indices: NDArray[np.int64]
    units: int
    bounds: tuple[float, float]
    is_input: bool = False

    @property
    def count(self) -> str:
        """The number of units, in letters.

        >>> LayerUnits("a", np.zeros((1, 2, 4)), np.arange(2), 9, (-1, 1)).count
        '2 of 9 units'
        """
        noun = "feature" if self.is_input else "unit"
        nouns = noun if self.units == 1 else f"{noun}s"
        shown = len(self.indices)
        some = f"{shown:,} of " if shown < self.units else ""
        return f"{some}{self.units:,} {nouns}"


@dataclass(frozen=True)
class UnitsData:
    """The units of some layers of a run, at steps at which they were recorded.

    Attributes:
        run: str. Name of the run.
        steps: Array of int, of shape (record,). Steps that were read, ascending.
        units: Tuple of `LayerUnits`. The layers that were read, in model order.
        all_layers: Tuple of str. Names of all layers of the run with activations.
        ends: Tuple of two int. First and last step of the run.
        records: int. Number of records of the run, of which some contain units.
        wanted: int. The step that was asked for, or the last step. Defaults to 0.
        index: int. Determines the color of the run. Defaults to 0.
        phases: Tuple of `Phase`. Steps from which the model was compiled again.
            Defaults to none.
    """

    run: str
    steps: Integers
    units: tuple[LayerUnits, ...]
    all_layers: tuple[str, ...]
    ends: tuple[int, int]
    records: int
    wanted: int = 0
    index: int = 0
    phases: tuple[Phase, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that were read."""
        return tuple(one.name for one in self.units)


def unit_layers(
    layers: Sequence[Layer],
    wanted: Collection[str] | None = None,
    *,
    without: Collection[int] = (),
) -> list[int]:
    """Returns the rows of a layer table whose units can be drawn; see `table_rows`."""
    rows = table_rows(layers, wanted, without=without)
    return [i for i in rows if Quantity.ACTIVATION not in layers[i].absent]


def units_data(
    run: Run,
    layers: Collection[str],
    *,
    step: int | None = None,
    every: bool = False,
    all_layers: Sequence[str] = (),
    index: int = 0,
) -> UnitsData:
    """Reads the statistics of the units of some layers.

    Args:
        run: `Run`.
        layers: Collection of str. Names of the layers to read.
        step: int. The step nearest to which units are read. Defaults to `None`: the
            last step.
        every: bool. Whether to read all steps. Defaults to `False`.
        all_layers: Sequence of str. Names of the layers that could be read. Defaults
            to none.
        index: int. Determines the color of the run. Defaults to 0.

    Returns:
        `UnitsData` with the layers that have units; without steps if the run has none.
    """
    steps, recorded = np.asarray(run.steps), np.asarray(run.unit_steps)
    last = int(steps[-1]) if len(steps) else 0
    wanted = last if step is None else step
    chosen = slice(None)
    if not every and len(recorded):
        nearest = int(np.argmin(np.abs(recorded - wanted)))
        chosen = slice(nearest, nearest + 1)
    found = []
    for row, layer in enumerate(run.layers):
        if layer.name in layers and len(recorded):
            indices = unit_indices(layer.units)
            values = run.read_units(row)[chosen, : len(indices)]
            # The share of zeros is defined for any values.
            if not np.isnan(values[..., ZERO]).all():
                found.append(
                    LayerUnits(
                        *(layer.name, values, indices, layer.units),
                        bounds=bounds_of(run, Quantity.ACTIVATION, [row])[0],
                        is_input=layer.role in FEATURES,
                    )
                )
    return UnitsData(
        run=run.name,
        steps=recorded[chosen],
        units=tuple(found),
        all_layers=tuple(all_layers),
        ends=(int(steps[0]), last) if len(steps) else (0, 0),
        records=len(steps),
        wanted=wanted,
        index=index,
        phases=read_phases(run.attributes),
    )


def is_dead(values: Floats) -> NDArray[np.bool_]:
    """Returns whether all values of each unit are 0, of shape (record, unit)."""
    return np.asarray(values[..., ZERO] >= 1)


def is_saturated(values: Floats) -> NDArray[np.bool_]:
    """Returns whether nearly all values of each unit are saturated, and not 0."""
    return np.asarray(values[..., SATURATED] >= MOSTLY) & ~is_dead(values)


def sort_units(values: Floats) -> NDArray[np.intp]:
    """Sorts units by the first record at which they are stuck, then by their last mean.

    Units that never saturate or die come last.

    Args:
        values: Array of shape (record, unit, statistic).

    Returns:
        Array of int, of shape (unit,). Positions of the units, in order.
    """
    stuck = is_saturated(values) | is_dead(values)
    first = np.where(stuck.any(axis=0), stuck.argmax(axis=0), len(values))
    return np.lexsort((-np.nan_to_num(values[-1, :, MEAN]), first))


def why_no_units(data: Sequence[UnitsData]) -> str:
    """Returns why there are no units to draw; empty if there are some."""
    if not data:
        return "No runs selected"
    if not any(len(one.steps) for one in data):
        runs = "This run has" if len(data) == 1 else "These runs have"
        return f"{runs} no statistics of units, which runs of earlier versions lack"
    if not any(one.units for one in data):
        return "No layers with units selected"
    return ""
