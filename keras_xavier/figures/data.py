"""The data of plots, as plain arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs.phases import Phase
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.theory.depth import DepthScales

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]


@dataclass(frozen=True)
class OverviewData:
    """One statistic of one quantity in all layers, over the recorded steps.

    Attributes:
        quantity: `Quantity`.
        statistic: `Statistic`.
        layers: Tuple of str. Names of the layers that have the quantity, in model
            order.
        steps: Array of int, of shape (step,). Recorded steps, ascending.
        values: Array of float, of shape (step, layer). NaN where the statistic is not
            defined.
        run: str. Name of the run. Defaults to `""`.
        phases: Tuple of `Phase`. Steps from which the model was compiled again.
            Defaults to none.
        counted: Tuple of pairs of int. For each layer that was counted in part, the
            number of counted values and of all values. Defaults to an empty tuple.
        wanted: `Statistic` or `None`. The statistic that was asked for, if `statistic`
            takes its place. Defaults to `None`: the same.
    """

    quantity: Quantity
    statistic: Statistic
    layers: tuple[str, ...]
    steps: Integers
    values: Floats
    run: str = ""
    phases: tuple[Phase, ...] = ()
    counted: tuple[tuple[int, int], ...] = ()
    wanted: Statistic | None = None


@dataclass(frozen=True)
class LayerCurvesData:
    """Statistics of one quantity in some layers, over the recorded steps.

    Attributes:
        quantity: `Quantity`.
        layers: Tuple of str. Names of the layers that have the quantity, in model
            order.
        steps: Array of int, of shape (step,). Recorded steps, ascending.
        mean: Array of float, of shape (step, layer). NaN where a value was not finite,
            as in the other statistics.
        std: Array of shape (step, layer). Standard deviation.
        p2: Array of shape (step, layer). 2nd percentile.
        p50: Array of shape (step, layer). Median.
        p98: Array of shape (step, layer). 98th percentile.
        saturated: Array of shape (step, layer). Share of saturated values; NaN where it
            is not defined.
        run: str. Name of the run. Defaults to `""`.
        bounds: Tuple of pairs of float. Infimum and supremum of the quantity in each
            layer. Defaults to an empty tuple: unbounded.
        index: int. Determines the color of the run. Defaults to 0.
        ratio: Array of shape (step, layer) or `None`. √⟨ΔW²⟩ / √⟨W²⟩, for weight
            updates only. Defaults to `None`.
        predicted: dict of `Statistic` to array of shape (layer,). Predictions of `std`,
            `unit_std` and `cosine` before training; NaN where theory has no
            prediction. Defaults to an empty dict: not read.
        theory_remarks: dict of `Statistic` to str. Where and why theory does not
            describe the run; empty strings if it does. Defaults to an empty dict.
        no_theory: str. Why theory has no prediction; empty if it has one. Defaults to
            `""`.
        activations: Tuple of str. Names of the activation functions; empty strings
            where unknown. Defaults to an empty tuple.
        phases: Tuple of `Phase`. Steps from which the model was compiled again.
            Defaults to none.
        counted: Tuple of pairs of int. For each layer that was counted in part, the
            number of counted values and of all values. Defaults to an empty tuple.
        unit_std: Array of shape (step, layer) or `None`. Standard deviation within
            units. `None` if the run lacks it, as runs of earlier versions; NaN where it
            is not defined. The same holds for the following statistics.
        cosine: Array of shape (step, layer) or `None`. Mean cosine between examples.
        dead: Array of shape (step, layer) or `None`. Share of dead units.
        constant: Array of shape (step, layer) or `None`. Share of constant units.
        saturated_units: Array of shape (step, layer) or `None`. Share of saturated
            units.
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
    predicted: Mapping[Statistic, Floats] = field(default_factory=dict)
    theory_remarks: Mapping[Statistic, str] = field(default_factory=dict)
    no_theory: str = ""
    activations: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
    counted: tuple[tuple[int, int], ...] = ()
    unit_std: Floats | None = None
    cosine: Floats | None = None
    dead: Floats | None = None
    constant: Floats | None = None
    saturated_units: Floats | None = None


@dataclass(frozen=True)
class HistogramData:
    """Histograms of one quantity in some layers, at one step.

    Attributes:
        quantity: `Quantity`.
        layers: Tuple of str. Names of the layers that have the quantity, in model
            order.
        step: int. The recorded step.
        counts: Array of int, of shape (layer, BIN_COUNT). Values in each bin.
        edges: Array of float, of shape (layer, EDGE_COUNT). Edges of the bins.
        run: str. Name of the run. Defaults to `""`.
        bounds: Tuple of pairs of float. Infimum and supremum of the quantity in each
            layer. Defaults to an empty tuple: unbounded.
        index: int. Determines the color of the run. Defaults to 0.
        is_last: bool. Whether `step` is the last recorded step. Defaults to `False`.
        counted: Tuple of pairs of int. For each layer that was counted in part, the
            number of counted values and of all values. Defaults to an empty tuple.
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
    counted: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class HistogramsOverTimeData:
    """Histograms of one quantity in some layers, at some of the recorded steps.

    Attributes:
        quantity: `Quantity`.
        layers: Tuple of str. Names of the layers, in model order.
        steps: Array of int, of shape (step,). Steps that were read, ascending.
        counts: Array of int, of shape (step, layer, BIN_COUNT). Values in each bin.
        edges: Array of float, of shape (layer, EDGE_COUNT). Edges of the bins.
        percentiles: Array of float, of shape (step, layer, 3). The 2nd, 50th and 98th
            percentile.
        ends: Tuple of two int. First and last step of the run.
        records: int. Number of records of the run from the first to the last of
            `steps`.
        all_layers: Tuple of str. Names of all layers of the run that have the quantity.
        run: str. Name of the run. Defaults to `""`.
        bounds: Tuple of pairs of float. Infimum and supremum of the quantity in each
            layer. Defaults to an empty tuple: unbounded.
        index: int. Determines the color of the run. Defaults to 0.
        phases: Tuple of `Phase`. Steps from which the model was compiled again.
            Defaults to none.
        counted: Tuple of pairs of int. For each layer that was counted in part, the
            number of counted values and of all values. Defaults to an empty tuple.
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
    phases: tuple[Phase, ...] = ()
    counted: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class DepthProfileData:
    """One statistic of two quantities in each layer of one run, at one step.

    Attributes:
        run: str. Name of the run.
        layers: Tuple of str. Names of the layers that have one of the quantities, in
            model order.
        step: int. The recorded step.
        values: dict of `Quantity` to array of shape (layer,). The statistic; NaN where
            it is not defined, a value was not finite, or the layer does not have the
            quantity.
        measured: dict of `Quantity` to bool array of shape (layer,). Whether each layer
            has the quantity.
        statistics: dict of `Quantity` to `Statistic`. The statistic of each quantity.
        wanted: `Statistic`. The statistic that was asked for; weights and runs of
            earlier versions have `std` in place of `unit_std`.
        index: int. Determines the color of the run. Defaults to 0.
        predicted: dict like `values` or `None`. Prediction of `values` before training;
            NaN where theory has no prediction. Defaults to `None`: not read.
        theory_remarks: Tuple of str. Where and why theory does not describe the run;
            empty strings if it does. Defaults to an empty tuple.
        no_theory: str. Why theory has no prediction of any quantity; empty if it has
            one. Defaults to `""`.
        is_last: bool. Whether `step` is the last recorded step. Defaults to `False`.
        left_out: Tuple of str. Names of the output layers that were left out. Defaults
            to an empty tuple.
        depth_scales: `DepthScales` or `None`. Depth scales of the chain of layers.
            Defaults to `None`: not read, or its layers are not alike.
    """

    run: str
    layers: tuple[str, ...]
    step: int
    values: Mapping[Quantity, Floats]
    measured: Mapping[Quantity, NDArray[np.bool_]]
    statistics: Mapping[Quantity, Statistic]
    wanted: Statistic
    index: int = 0
    predicted: Mapping[Quantity, Floats] | None = None
    theory_remarks: tuple[str, ...] = ()
    no_theory: str = ""
    is_last: bool = False
    left_out: tuple[str, ...] = ()
    depth_scales: DepthScales | None = None


@dataclass(frozen=True)
class TrainingCurvesData:
    """The training curves of one run.

    Attributes:
        run: str. Name of the run.
        metrics: dict of str to `(steps, values)`, two arrays of equal length. Metrics
            by name, such as `loss` and `val_loss`.
        index: int. Determines the color of the run. Defaults to 0.
        phases: Tuple of `Phase`. Steps from which the model was compiled again.
            Defaults to none.
    """

    run: str
    metrics: Mapping[str, tuple[Integers, Floats]]
    index: int = 0
    phases: tuple[Phase, ...] = ()


def why_empty(runs: Sequence[Any], has_layers: bool) -> str:
    """Returns the reason why no layers are drawn; empty if layers are drawn."""
    if not runs:
        return "No runs selected"
    if not any(one.layers for one in runs):
        return f"No layer of this run has the quantity {runs[0].quantity}"
    if not any(len(getattr(one, "steps", "1")) for one in runs):
        return "No records yet"
    return "" if has_layers else "No layers selected"
