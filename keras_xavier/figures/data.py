"""What plots draw, as plain arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.statistics import Quantity, Statistic

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]


@dataclass(frozen=True)
class OverviewData:
    """One statistic of one quantity in all layers, over the recorded steps.

    Attributes:
        quantity: The quantity.
        statistic: The statistic.
        layers: Names of the layers that have the quantity, in model order.
        steps: Recorded steps, of shape (step,), ascending.
        values: Array of shape (step, layer), NaN where the statistic is not defined.
        run: str. Name of the run.
    """

    quantity: Quantity
    statistic: Statistic
    layers: tuple[str, ...]
    steps: Integers
    values: Floats
    run: str = ""


@dataclass(frozen=True)
class LayerCurvesData:
    """Statistics of one quantity in some layers, over the recorded steps.

    Attributes:
        quantity: The quantity.
        layers: Names of the layers that have it, in model order.
        steps: Recorded steps, of shape (step,), ascending.
        mean: Array of shape (step, layer), NaN where a value was not finite, as in the
            other statistics.
        std: Standard deviation.
        p2: 2nd percentile.
        p50: Median.
        p98: 98th percentile.
        saturated: Share of saturated values; NaN where it is not defined.
        run: str. Name of the run.
        bounds: Infimum and supremum of the quantity in each layer; empty if unbounded.
        index: int. Chooses the color of the run.
        ratio: √⟨ΔW²⟩ / √⟨W²⟩, of weight updates only.
        predicted: The prediction of `std` before training, of shape (layer,); NaN where
            theory has no prediction, `None` if it was not read.
        activations: Names of the activation functions; empty where unknown.
    """

    quantity: Quantity
    layers: tuple[str, ...]
    steps: Integers
    mean: Floats
    std: Floats
    p2: Floats
    p50: Floats
    p98: Floats
    saturated: Floats
    run: str = ""
    bounds: tuple[tuple[float, float], ...] = ()
    index: int = 0
    ratio: Floats | None = None
    predicted: Floats | None = None
    activations: tuple[str, ...] = ()


@dataclass(frozen=True)
class HistogramData:
    """Histograms of one quantity in some layers, at one step.

    Attributes:
        quantity: The quantity.
        layers: Names of the layers that have it, in model order.
        step: int. The recorded step.
        counts: Array of shape (layer, BIN_COUNT).
        edges: Array of shape (layer, EDGE_COUNT).
        run: str. Name of the run.
        bounds: Infimum and supremum of the quantity in each layer; empty if unbounded.
        index: int. Chooses the color of the run.
        is_last: bool. Whether it is the last recorded step.
    """

    quantity: Quantity
    layers: tuple[str, ...]
    step: int
    counts: Integers
    edges: Floats
    run: str = ""
    bounds: tuple[tuple[float, float], ...] = ()
    index: int = 0
    is_last: bool = False


@dataclass(frozen=True)
class HistogramsOverTimeData:
    """Histograms of one quantity in some layers, at some of the recorded steps.

    Attributes:
        quantity: The quantity.
        layers: Names of the layers, in model order.
        steps: Steps that were read, of shape (step,), ascending.
        counts: Array of shape (step, layer, BIN_COUNT).
        edges: Array of shape (layer, EDGE_COUNT).
        percentiles: The 2nd, 50th and 98th, of shape (step, layer, 3).
        ends: First and last step of the run.
        records: int. Number of records of the run between the first and the last of
            `steps`.
        all_layers: Names of all layers of the run that have the quantity.
        run: str. Name of the run.
        bounds: Infimum and supremum of the quantity in each layer; empty if unbounded.
        index: int. Chooses the color of the run.
    """

    quantity: Quantity
    layers: tuple[str, ...]
    steps: Integers
    counts: Integers
    edges: Floats
    percentiles: Floats
    ends: tuple[int, int]
    records: int
    all_layers: tuple[str, ...]
    run: str = ""
    bounds: tuple[tuple[float, float], ...] = ()
    index: int = 0


@dataclass(frozen=True)
class DepthProfileData:
    """Standard deviations in each layer of one run, at one step.

    Attributes:
        run: str. Name of the run.
        layers: Names of the layers that have one of the quantities, in model order.
        step: int. The recorded step.
        std: Standard deviations of each quantity, of shape (layer,); NaN where a value
            was not finite, or the layer does not have the quantity.
        measured: The layers that have each quantity, as bool of shape (layer,).
        index: int. Chooses the color of the run.
        predicted: The prediction of `std` before training; NaN where theory has no
            prediction, `None` if it was not read.
        is_last: bool. Whether it is the last recorded step.
    """

    run: str
    layers: tuple[str, ...]
    step: int
    std: Mapping[Quantity, Floats]
    measured: Mapping[Quantity, NDArray[np.bool_]]
    index: int = 0
    predicted: Mapping[Quantity, Floats] | None = None
    is_last: bool = False


@dataclass(frozen=True)
class TrainingCurvesData:
    """The training curves of one run.

    Attributes:
        run: str. Name of the run.
        metrics: Steps and values of each metric, such as `loss` and `val_loss`.
        index: int. Chooses the color of the run.
    """

    run: str
    metrics: Mapping[str, tuple[Integers, Floats]]
    index: int = 0


def why_empty(runs: Sequence[Any], has_layers: bool) -> str:
    """The usual reasons why nothing is drawn of layers, or no text."""
    if not runs:
        return "No run is chosen"
    if not any(one.layers for one in runs):
        return f"No layer of this run has the quantity {runs[0].quantity}"
    if not any(len(getattr(one, "steps", "1")) for one in runs):
        return "No records yet"
    return "" if has_layers else "No layer is chosen"
