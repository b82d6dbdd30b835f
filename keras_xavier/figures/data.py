"""What the pictures show: plain arrays."""

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
        quantity: What was measured.
        statistic: What is told of it.
        layers: Names of the layers that have the quantity, in model order.
        steps: Array `(step,)`, ascending.
        values: Array `(step, layer)`, NaN where the statistic is not defined.
        run: Name of the run.
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
        quantity: What was measured.
        layers: Names of the layers that have it, in model order.
        steps: Array `(step,)`, ascending.
        mean: Array `(step, layer)`, NaN where a value was not finite; and so
            are the others.
        std: Standard deviation.
        p2: 2nd percentile.
        p50: Median.
        p98: 98th percentile.
        saturated: Share of saturated values; NaN where that is not defined.
        run: Name of the run.
        bounds: Infimum and supremum of the quantity in each layer; none given
            means unbounded.
        index: Tells the runs apart by colour, whichever are shown.
        ratio: Of weight updates only: √⟨ΔW²⟩ / √⟨W²⟩.
        predicted: What theory expects `std` to be before training, `(layer,)`; NaN
            where it says nothing, `None` where it was not asked.
        activations: Name of the activation function of each layer; empty where there
            is none, or it is not known.
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
        quantity: What was measured.
        layers: Names of the layers that have it, in model order.
        step: The recorded step.
        counts: Array `(layer, BIN_COUNT)`.
        edges: Array `(layer, EDGE_COUNT)`.
        run: Name of the run.
        bounds: Infimum and supremum of the quantity in each layer; none given
            means unbounded.
        index: Tells the runs apart by colour, whichever are shown.
        is_last: Whether it is the last recorded step.
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
        quantity: What was measured.
        layers: Names of the layers, in model order.
        steps: The steps that were read, ascending, `(step,)`.
        counts: Array `(step, layer, BIN_COUNT)`.
        edges: Array `(layer, EDGE_COUNT)`.
        percentiles: The 2nd, the 50th and the 98th, `(step, layer, 3)`.
        ends: First and last step of the run.
        records: How many records the run has between the first and the last of
            `steps`.
        all_layers: Names of all layers of the run that have the quantity.
        run: Name of the run.
        bounds: Infimum and supremum of the quantity in each layer; none given
            means unbounded.
        index: Tells the runs apart by colour, whichever are shown.
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
    """Spread in each layer of one run, at one step.

    Attributes:
        run: Name of the run.
        layers: Names of the layers that pass something on, in model order.
        step: The recorded step.
        std: Standard deviations by quantity, arrays `(layer,)`; NaN where a value
            was not finite, or the layer does not have the quantity.
        measured: By quantity, which layers have it.
        index: Tells the runs apart by colour, whichever are shown.
        predicted: What theory expects `std` to be before training; NaN where it says
            nothing, `None` where it was not asked.
        is_last: Whether it is the last recorded step.
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
        run: Name of the run.
        metrics: Steps and values of each metric, such as `loss` and `val_loss`.
        index: Tells the runs apart by colour, whichever are shown.
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
