"""Reads the data of plots from runs."""

from collections.abc import Sequence

import numpy as np

from keras_xavier.figures.data import (
    DepthProfileData,
    Floats,
    HistogramData,
    HistogramsOverTimeData,
    Integers,
    LayerCurvesData,
    OverviewData,
    TrainingCurvesData,
)
from keras_xavier.figures.records import (
    COUNTED,
    counted_values,
    nearest,
    spaced_records,
)
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import Run
from keras_xavier.runs.phases import read_phases
from keras_xavier.statistics import (
    ONLY_IN_TRAINING,
    Layer,
    Quantity,
    Statistic,
)
from keras_xavier.theory.prediction import expected

MEASURED = {
    "mean": Statistic.MEAN,
    "std": Statistic.STD,
    "p2": Statistic.P2,
    "p50": Statistic.P50,
    "p98": Statistic.P98,
    "saturated": Statistic.SATURATED,
}
NOT_ON_A_PROBE = (
    "Runs measured on a probe have no weight updates: only LayerStatistics without "
    "`probe` records them."
)
UNBOUNDED = (-np.inf, np.inf)
SMALLEST_BOUND, LARGEST_BOUND = 1e-30, 1e30
"""Range of bounds that an axis can show."""
FORWARD_AND_BACKWARD = (Quantity.ACTIVATION, Quantity.PREACTIVATION_GRADIENT)


def layer_curves_data(
    run: Run,
    quantity: Quantity | str,
    *,
    index: int = 0,
    theory: bool = False,
    previous: LayerCurvesData | None = None,
) -> LayerCurvesData:
    """Reads the statistics of one quantity over all steps.

    Args:
        run: `Run`.
        quantity: `Quantity` or str. Quantity to read.
        index: int. Determines the color of the run. Defaults to 0.
        theory: bool. Whether to add the prediction of theory. Defaults to `False`.
        previous: `LayerCurvesData`. Data read earlier from the same run, so that only
            later records are read. Defaults to `None`: all records are read.

    Returns:
        `LayerCurvesData` with the layers that have the quantity.

    Raises:
        ValueError: If no layer has the quantity.

    Example:

    ```python
    data = layer_curves_data(open_run("runs/tanh"), "activation")
    data.std[-1]  # One value for each layer, at the last step.
    ```
    """
    quantity = Quantity(quantity)
    steps = np.asarray(run.steps)
    columns = columns_of(run, quantity)
    start = 0
    if previous is not None and previous.quantity is quantity:
        before = (previous.steps, previous.mean)
        start = _known(run, quantity, Statistic.MEAN, steps, columns, before)
    read = run.read_several(quantity, list(MEASURED.values()), start=start)
    # The run may have got longer between two reads.
    read = read[: len(steps) - start, columns]
    new: dict[str, Floats] = {name: read[..., i] for i, name in enumerate(MEASURED)}
    if quantity is Quantity.WEIGHT_UPDATE:
        ratio = run.read_update_ratio(start=start)
        new["ratio"] = ratio[: len(steps) - start, columns]
    if previous is not None and start:
        new = {
            name: np.concatenate([getattr(previous, name)[:start], values])
            for name, values in new.items()
        }
    return LayerCurvesData(
        quantity=quantity,
        layers=tuple(run.layers[i].name for i in columns),
        steps=steps,
        run=run.name,
        bounds=bounds_of(run, quantity, columns),
        index=index,
        phases=read_phases(run.attributes),
        predicted=expected(run, quantity)[columns] if theory else None,
        activations=tuple(run.layers[i].activation or "" for i in columns),
        counted=counted_values(run, quantity, columns),
        **new,
    )


def overview_data(
    run: Run,
    quantity: Quantity | str,
    statistic: Statistic | str,
    *,
    previous: OverviewData | None = None,
) -> OverviewData:
    """Reads one statistic of one quantity in all layers, over all steps.

    Args:
        run: `Run`.
        quantity: `Quantity` or str. Quantity to read.
        statistic: `Statistic` or str. Statistic to read.
        previous: `OverviewData`. Data read earlier from the same run, so that only
            later records are read. Defaults to `None`: all records are read.

    Returns:
        `OverviewData` with the layers that have the quantity.

    Raises:
        ValueError: If no layer has the quantity.
    """
    quantity, statistic = Quantity(quantity), Statistic(statistic)
    steps = np.asarray(run.steps)
    columns = columns_of(run, quantity)
    start = 0
    if previous is not None and (previous.quantity, previous.statistic) == (
        quantity,
        statistic,
    ):
        before = (previous.steps, previous.values)
        start = _known(run, quantity, statistic, steps, columns, before)
    # The run may have got longer between two reads.
    values = run.read_statistics(quantity, statistic, start=start)
    values = values[: len(steps) - start, columns]
    if previous is not None and start:
        values = np.concatenate([previous.values[:start], values])
    layers = tuple(run.layers[i].name for i in columns)
    counted = counted_values(run, quantity, columns) if statistic in COUNTED else ()
    found = quantity, statistic, layers, steps, values, run.name
    return OverviewData(*found, phases=read_phases(run.attributes), counted=counted)


def histogram_data(
    run: Run, quantity: Quantity | str, record: int, *, index: int = 0
) -> HistogramData:
    """Reads the histograms of one quantity at one record.

    Args:
        run: `Run`.
        quantity: `Quantity` or str. Quantity to read.
        record: int. Index into `run.steps`; -1 is the last record.
        index: int. Determines the color of the run. Defaults to 0.

    Returns:
        `HistogramData` with the layers that have the quantity.

    Raises:
        IndexError: If the run has no such record.
        ValueError: If no layer has the quantity.
    """
    quantity = Quantity(quantity)
    columns = columns_of(run, quantity)
    return HistogramData(
        quantity=quantity,
        layers=tuple(run.layers[i].name for i in columns),
        step=int(run.steps[record]),
        counts=run.read_histogram(quantity, record)[columns],
        edges=run.edges(quantity)[columns],
        run=run.name,
        bounds=bounds_of(run, quantity, columns),
        index=index,
        is_last=record in (-1, len(run.steps) - 1),
        counted=counted_values(run, quantity, columns),
    )


def histograms_over_time_data(
    run: Run,
    quantity: Quantity | str,
    *,
    layers: Sequence[str] | None = None,
    between: tuple[float, float] | None = None,
    most: int = 120,
    log_steps: bool = False,
    near: Integers | None = None,
    index: int = 0,
    previous: HistogramsOverTimeData | None = None,
) -> HistogramsOverTimeData:
    """Reads the histograms of one quantity at evenly spaced steps.

    Args:
        run: `Run`.
        quantity: `Quantity` or str. Quantity to read.
        layers: Collection of str. Names of the layers to read. Defaults to `None`: all
            layers.
        between: Tuple of two float. First and last step to read. Defaults to `None`:
            all steps.
        most: int. Maximum number of records to read. Defaults to 120.
        log_steps: bool. Whether steps are evenly spaced on a logarithmic axis.
            Defaults to `False`.
        near: Array of steps. The records nearest to these steps are read. Defaults to
            `None`: evenly spaced records.
        index: int. Determines the color of the run. Defaults to 0.
        previous: `HistogramsOverTimeData`. Data read earlier from the same run, whose
            records are not read again. Defaults to `None`.

    Returns:
        `HistogramsOverTimeData` with the layers that have the quantity.

    Raises:
        ValueError: If no layer has the quantity.
    """
    quantity = Quantity(quantity)
    steps = np.asarray(run.steps)
    measured = columns_of(run, quantity)
    columns = [i for i in measured if layers is None or run.layers[i].name in layers]
    names = tuple(run.layers[i].name for i in columns)
    if near is None:
        records = spaced_records(steps, between, most, log_steps=log_steps)
    else:
        records = np.unique(nearest(steps, near))
    known = np.zeros(len(records), bool)
    counts = np.zeros((len(records), len(columns), BIN_COUNT), np.uint32)
    if (
        previous is not None
        and len(previous.steps)
        and (previous.quantity, previous.layers) == (quantity, names)
    ):
        old = np.searchsorted(previous.steps, steps[records])
        old = np.minimum(old, len(previous.steps) - 1)
        known = previous.steps[old] == steps[records]
        # A run that was overwritten by one with the same schedule differs here.
        if known.any():
            one = int(np.flatnonzero(known)[-1])
            read = run.read_histogram(quantity, int(records[one]))[columns]
            known &= bool(np.array_equal(read, previous.counts[old[one]]))
        counts[known] = previous.counts[old[known]]
    counts[~known] = run.read_histograms(quantity, records[~known], layers=columns)
    first, end = (records[0], records[-1] + 1) if len(records) else (0, 0)
    percentiles = run.read_several(
        quantity,
        (Statistic.P2, Statistic.P50, Statistic.P98),
        start=int(first),
        stop=int(end),
    )
    return HistogramsOverTimeData(
        quantity=quantity,
        layers=names,
        steps=steps[records],
        counts=counts,
        edges=run.edges(quantity)[columns],
        percentiles=percentiles[records - first][:, columns],
        ends=(int(steps[0]), int(steps[-1])) if len(steps) else (0, 0),
        records=int(end - first),
        all_layers=tuple(run.layers[i].name for i in measured),
        run=run.name,
        bounds=bounds_of(run, quantity, columns),
        index=index,
        counted=counted_values(run, quantity, columns),
        phases=read_phases(run.attributes),
    )


def depth_profile_data(
    run: Run,
    record: int,
    *,
    quantities: Sequence[Quantity] = FORWARD_AND_BACKWARD,
    index: int = 0,
    theory: bool = False,
) -> DepthProfileData:
    """Reads the standard deviations of two quantities in each layer.

    Args:
        run: `Run`.
        record: int. Index into `run.steps`; -1 is the last record.
        quantities: Tuple of two `Quantity`. Defaults to the activations and the
            back-propagated gradients.
        index: int. Determines the color of the run. Defaults to 0.
        theory: bool. Whether to add the prediction of theory. Defaults to `False`.

    Returns:
        `DepthProfileData` with the layers that have one of the quantities.

    Raises:
        IndexError: If the run has no such record.
    """
    step = int(run.steps[record])
    record = range(len(run.steps))[record]
    measured = {
        quantity: np.array([quantity not in layer.absent for layer in run.layers], bool)
        for quantity in quantities
    }
    columns = np.flatnonzero(np.any(list(measured.values()), axis=0))

    def read(quantity: Quantity) -> Floats:
        values = run.read_statistics(quantity, Statistic.STD, start=record)
        return values[0, columns].astype(np.float64)

    return DepthProfileData(
        run=run.name,
        layers=tuple(run.layers[i].name for i in columns),
        step=step,
        std={quantity: read(quantity) for quantity in quantities},
        measured={quantity: of[columns] for quantity, of in measured.items()},
        index=index,
        predicted={one: expected(run, one)[columns] for one in quantities}
        if theory
        else None,
        is_last=record == len(run.steps) - 1,
    )


def training_curves_data(run: Run, *, index: int = 0) -> TrainingCurvesData:
    """Reads the metrics of a run.

    Args:
        run: `Run`.
        index: int. Determines the color of the run. Defaults to 0.

    Returns:
        `TrainingCurvesData`.
    """
    phases = read_phases(run.attributes)
    return TrainingCurvesData(run.name, run.metrics(), index, phases)


def why_absent(layers: Sequence[Layer], quantity: Quantity) -> str | None:
    """Returns the reason why no layer has a quantity; `None` if a layer has it."""
    reasons = [layer.absent.get(quantity) for layer in layers]
    if not all(reasons):
        return None
    if ONLY_IN_TRAINING in reasons:
        return NOT_ON_A_PROBE
    known = "; ".join(sorted({reason for reason in reasons if reason}))
    return f"No layer has the {quantity.label.lower()}: {known}."


def columns_of(run: Run, quantity: Quantity) -> list[int]:
    """Returns indices of the layers that have a quantity.

    Raises:
        ValueError: If no layer has it.
    """
    if (reason := why_absent(run.layers, quantity)) is not None:
        raise ValueError(f"{run.path}: {reason}")
    return [i for i, layer in enumerate(run.layers) if quantity not in layer.absent]


def bounds_of(
    run: Run, quantity: Quantity, columns: list[int]
) -> tuple[tuple[float, float], ...]:
    """Returns infimum and supremum of a quantity in some layers."""
    is_activation = quantity is Quantity.ACTIVATION
    return tuple(
        drawn_bounds(run.layers[i]) if is_activation else UNBOUNDED for i in columns
    )


def drawn_bounds(layer: Layer) -> tuple[float, float]:
    """Returns infimum and supremum of an activation, unless no axis can show them."""
    bounds = layer.lower, layer.upper
    finite = [abs(bound) for bound in bounds if np.isfinite(bound)]
    size = max(finite, default=1.0)
    return bounds if SMALLEST_BOUND <= size <= LARGEST_BOUND else UNBOUNDED


def _known(
    run: Run,
    quantity: Quantity,
    statistic: Statistic,
    steps: Integers,
    columns: list[int],
    before: tuple[Integers, Floats],
) -> int:
    """Returns the number of earlier records that are unchanged in the run."""
    steps_before, values_before = before
    known = len(steps_before)
    if not 0 < known <= len(steps) or not np.array_equal(steps_before, steps[:known]):
        return 0
    # A run that was overwritten by one with the same schedule differs here.
    last = run.read_statistics(quantity, statistic, start=known - 1)[0, columns]
    return known if np.array_equal(values_before[-1], last, equal_nan=True) else 0
