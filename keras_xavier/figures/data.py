"""What the pictures show: plain arrays, read from runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs import Run
from keras_xavier.statistics import Layer, Quantity, Statistic

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]

NAMES = {
    Quantity.PREACTIVATION: "Preactivation",
    Quantity.ACTIVATION: "Activation",
    Quantity.PREACTIVATION_GRADIENT: "Back-propagated gradient",
    Quantity.WEIGHT: "Weight",
    Quantity.WEIGHT_GRADIENT: "Weight gradient",
    Quantity.WEIGHT_UPDATE: "Weight update",
}
"""Names of the quantities in titles."""
SYMBOLS = {
    Quantity.PREACTIVATION: "s = zW + b",
    Quantity.ACTIVATION: "z = φ(s)",
    Quantity.PREACTIVATION_GRADIENT: "∂C/∂s",
    Quantity.WEIGHT: "W",
    Quantity.WEIGHT_GRADIENT: "∂C/∂W",
    Quantity.WEIGHT_UPDATE: "ΔW",
}


@dataclass(frozen=True)
class OverTimeData:
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
        run: Name of the run.
        bounds: Infimum and supremum of the quantity in each layer; none given
            means unbounded.
    """

    quantity: Quantity
    layers: tuple[str, ...]
    steps: Integers
    mean: Floats
    std: Floats
    p2: Floats
    p50: Floats
    p98: Floats
    run: str = ""
    bounds: tuple[tuple[float, float], ...] = ()


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
    """

    quantity: Quantity
    layers: tuple[str, ...]
    step: int
    counts: Integers
    edges: Floats
    run: str = ""
    bounds: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class CurvesData:
    """The training curves of one run.

    Attributes:
        run: Name of the run.
        metrics: Steps and values of each metric, such as `loss` and `val_loss`.
        index: Tells the runs apart by colour, whichever are shown.
    """

    run: str
    metrics: Mapping[str, tuple[Integers, Floats]]
    index: int = 0


MEASURED = {
    "mean": Statistic.MEAN,
    "std": Statistic.STD,
    "p2": Statistic.P2,
    "p50": Statistic.P50,
    "p98": Statistic.P98,
}


def over_time_data(
    run: Run, quantity: Quantity | str, *, previous: OverTimeData | None = None
) -> OverTimeData:
    """Reads the statistics of one quantity over all steps.

    Args:
        run: An opened run.
        quantity: What to read.
        previous: What was read before from the same run: then only later
            records are read, unless the run has been written anew.

    Returns:
        The statistics of the layers that have the quantity.

    Raises:
        ValueError: If no layer has it.

    Example:

    ```python
    data = over_time_data(open_run("runs/tanh"), "activation")
    data.std[-1]  # of each layer, at the last step
    ```
    """
    quantity = Quantity(quantity)
    steps = np.asarray(run.steps)
    columns = _columns(run, quantity)
    start = _known(run, quantity, steps, columns, previous)
    new = {
        # The run may have got longer between two reads.
        name: run.read_statistics(quantity, statistic, start=start)[
            : len(steps) - start, columns
        ]
        for name, statistic in MEASURED.items()
    }
    if previous is not None and start:
        new = {
            name: np.concatenate([getattr(previous, name)[:start], values])
            for name, values in new.items()
        }
    layers = tuple(run.layers[i].name for i in columns)
    return OverTimeData(
        quantity=quantity,
        layers=layers,
        steps=steps,
        run=run.name,
        bounds=_bounds(run, quantity, columns),
        **new,
    )


def histogram_data(run: Run, quantity: Quantity | str, record: int) -> HistogramData:
    """Reads the histograms of one quantity in one record.

    Args:
        run: An opened run.
        quantity: What to read.
        record: Index into `run.steps`; -1 is the last record.

    Returns:
        The histograms of the layers that have the quantity.

    Raises:
        IndexError: If the run has no such record.
        ValueError: If no layer has the quantity.
    """
    quantity = Quantity(quantity)
    columns = _columns(run, quantity)
    return HistogramData(
        quantity=quantity,
        layers=tuple(run.layers[i].name for i in columns),
        step=int(run.steps[record]),
        counts=run.read_histogram(quantity, record)[columns],
        edges=run.edges(quantity)[columns],
        run=run.name,
        bounds=_bounds(run, quantity, columns),
    )


def curves_data(run: Run, *, index: int = 0) -> CurvesData:
    """Reads the training curves of a run.

    Args:
        run: An opened run.
        index: Decides on its colour.

    Returns:
        Its metrics.
    """
    return CurvesData(run=run.name, metrics=run.metrics(), index=index)


def why_absent(layers: Sequence[Layer], quantity: Quantity) -> str | None:
    """Why no layer of a run has a quantity; `None` if one has it."""
    reasons = [layer.absent.get(quantity) for layer in layers]
    if not all(reasons):
        return None
    known = "; ".join(sorted({reason for reason in reasons if reason}))
    return f"No layer has the {NAMES[quantity].lower()}: {known}."


def _columns(run: Run, quantity: Quantity) -> list[int]:
    if (reason := why_absent(run.layers, quantity)) is not None:
        raise ValueError(f"{run.path}: {reason}")
    return [i for i, layer in enumerate(run.layers) if quantity not in layer.absent]


def _bounds(
    run: Run, quantity: Quantity, columns: list[int]
) -> tuple[tuple[float, float], ...]:
    def bounds(layer: Layer) -> tuple[float, float]:
        if quantity is Quantity.ACTIVATION:
            return layer.lower, layer.upper
        return -np.inf, np.inf

    return tuple(bounds(run.layers[i]) for i in columns)


def _known(
    run: Run,
    quantity: Quantity,
    steps: Integers,
    columns: list[int],
    previous: OverTimeData | None,
) -> int:
    """How many records of the previous reading are still those of the run."""
    if previous is None or not len(previous.steps):
        return 0
    known = len(previous.steps)
    if previous.quantity is not quantity or known > len(steps):
        return 0
    if not np.array_equal(previous.steps, steps[:known]):
        return 0
    # A run that was overwritten by one with the same schedule differs here.
    mean = run.read_statistics(quantity, Statistic.MEAN, start=known - 1)[0, columns]
    return known if np.array_equal(previous.mean[-1], mean, equal_nan=True) else 0
