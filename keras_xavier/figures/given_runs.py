"""Runs that are given to be drawn: which of them, which layers, which record."""

from collections.abc import Collection, Sequence
from typing import Any

from keras_xavier.figures import layers as layers_
from keras_xavier.figures.arrangement import FacetLayout
from keras_xavier.figures.data import HistogramsOverTimeData
from keras_xavier.figures.loaders import columns_of
from keras_xavier.figures.reading_over_steps import histograms_over_time_data
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity

Runs = Run | Sequence[Run]
"""One run, or several."""


def several(runs: Runs) -> list[Run]:
    return [runs] if isinstance(runs, Run) else list(runs)


def recorded(runs: Runs) -> list[tuple[int, Run]]:
    """Runs with records, and their indices."""
    return [(i, run) for i, run in enumerate(several(runs)) if len(run.steps)]


def comparable(runs: Runs) -> list[tuple[int, Run]]:
    """Runs with records, or all if none has any, and their indices."""
    return recorded(runs) or list(enumerate(several(runs)))


def names_in(
    runs: Sequence[tuple[int, Run]],
    quantity: Quantity | str,
    layers: Collection[str] | None,
) -> tuple[list[str], list[list[str]]]:
    """Names of runs, and of the layers of each that have the quantity.

    Raises:
        ValueError: If a run has none of these, or no run has the wanted ones.
    """
    names = [
        [run.layers[i].name for i in columns_of(run, Quantity(quantity))]
        for _, run in runs
    ]
    layers_.require(names_of(names), layers)
    return [run.name for _, run in runs], names


def read_shown(
    runs: Sequence[tuple[int, Run]],
    arrangement: FacetLayout,
    quantity: Quantity | str,
    **how: Any,
) -> list[HistogramsOverTimeData]:
    """Reads the layers that have a panel, and no others."""
    return [
        histograms_over_time_data(
            run, quantity, layers=arrangement.chosen(place), index=index, **how
        )
        for place, (index, run) in enumerate(runs)
        if place in arrangement.shown or not arrangement.shown
    ]


def names_of(layers: Sequence[Sequence[str]]) -> list[str]:
    """Names of the layers of all runs."""
    return list(dict.fromkeys(name for names in layers for name in names))
