"""Reads the data of plots from runs."""

from collections.abc import Collection, Sequence

import numpy as np

from keras_xavier.figures.data import (
    DepthProfileData,
    Floats,
    Integers,
    LayerCurvesData,
    OverviewData,
    TrainingCurvesData,
)
from keras_xavier.figures.records import COUNTED, counted_values
from keras_xavier.figures.rows import bounds_of, columns_of, table_rows
from keras_xavier.figures.statistic_scales import OF_UNITS
from keras_xavier.network.outputs import output_rows
from keras_xavier.runs import Run
from keras_xavier.runs.phases import read_phases
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.theory.prediction import (
    chain_depth_scales,
    expected,
    theory_remark,
    why_no_theory,
)

MEASURED = (
    *(Statistic.MEAN, Statistic.STD, Statistic.P2, Statistic.P50, Statistic.P98),
    *(Statistic.SATURATED, Statistic.UNIT_STD, Statistic.COSINE, Statistic.DEAD),
    *(Statistic.CONSTANT, Statistic.SATURATED_UNITS),
)
"""The statistics of layer curves, which are attributes of `LayerCurvesData`."""
THEORETICAL = (Statistic.STD, Statistic.UNIT_STD, Statistic.COSINE)
"""The statistics of layer curves that theory predicts."""
FORWARD_AND_BACKWARD = (Quantity.ACTIVATION, Quantity.PREACTIVATION_GRADIENT)


def layer_curves_data(
    run: Run,
    quantity: Quantity | str,
    *,
    layers: Collection[str] | None = None,
    index: int = 0,
    theory: bool = False,
    previous: LayerCurvesData | None = None,
) -> LayerCurvesData:
    """Reads the statistics of one quantity over all steps.

    Args:
        run: `Run`.
        quantity: `Quantity` or str. Quantity to read.
        layers: Collection of str. Names or globs of rows to read that are not layers,
            such as `"*/bias"`. Defaults to `None`: all layers.
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
    columns = columns_of(run, quantity, layers)
    names = tuple(run.layers[i].name for i in columns)
    known = run.statistic_names
    measured = [one for one in MEASURED if one in known or one not in OF_UNITS]
    start = 0
    if previous is not None and (previous.quantity, previous.layers) == (
        quantity,
        names,
    ):
        before = (previous.steps, previous.mean)
        start = _known(run, quantity, Statistic.MEAN, steps, columns, before)
    read = run.read_several(quantity, measured, start=start)
    # The run may have got longer between two reads.
    read = read[: len(steps) - start, columns]
    new: dict[str, Floats] = {str(one): read[..., i] for i, one in enumerate(measured)}
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
        layers=names,
        steps=steps,
        run=run.name,
        bounds=bounds_of(run, quantity, columns),
        index=index,
        phases=read_phases(run.attributes),
        predicted={one: expected(run, quantity, one)[columns] for one in THEORETICAL}
        if theory
        else {},
        theory_remarks={one: theory_remark(run, quantity, one) for one in THEORETICAL}
        if theory
        else {},
        # It does not depend on later records.
        no_theory=previous.no_theory
        if previous is not None and start
        else why_no_theory(run, quantity),
        activations=tuple(run.layers[i].activation or "" for i in columns),
        counted=counted_values(run, quantity, columns),
        **new,
    )


def overview_data(
    run: Run,
    quantity: Quantity | str,
    statistic: Statistic | str,
    *,
    layers: Collection[str] | None = None,
    previous: OverviewData | None = None,
) -> OverviewData:
    """Reads one statistic of one quantity in all layers, over all steps.

    Runs of earlier versions lack the standard deviation within units; their standard
    deviation of all values is read instead.

    Args:
        run: `Run`.
        quantity: `Quantity` or str. Quantity to read.
        statistic: `Statistic` or str. Statistic to read.
        layers: Collection of str. Names or globs of rows to read that are not layers,
            such as `"*/bias"`. Defaults to `None`: all layers.
        previous: `OverviewData`. Data read earlier from the same run, so that only
            later records are read. Defaults to `None`: all records are read.

    Returns:
        `OverviewData` with the layers that have the quantity.

    Raises:
        ValueError: If no layer has the quantity, or the run lacks the statistic.
    """
    quantity, wanted = Quantity(quantity), Statistic(statistic)
    steps = np.asarray(run.steps)
    columns = columns_of(run, quantity, layers)
    names = tuple(run.layers[i].name for i in columns)
    statistic = available(run, quantity, wanted, columns)
    start = 0
    if previous is not None and (
        previous.quantity,
        previous.statistic,
        previous.layers,
    ) == (quantity, statistic, names):
        before = (previous.steps, previous.values)
        start = _known(run, quantity, statistic, steps, columns, before)
    # The run may have got longer between two reads.
    values = run.read_statistics(quantity, statistic, start=start)
    values = values[: len(steps) - start, columns]
    if previous is not None and start:
        values = np.concatenate([previous.values[:start], values])
    counted = counted_values(run, quantity, columns) if statistic in COUNTED else ()
    return OverviewData(
        *(quantity, statistic, names, steps, values, run.name),
        phases=read_phases(run.attributes),
        counted=counted,
        wanted=wanted,
    )


def available(
    run: Run, quantity: Quantity, wanted: Statistic, columns: Sequence[int]
) -> Statistic:
    """Returns a statistic, or `std` if `unit_std` was not recorded.

    Raises:
        ValueError: If the run lacks another statistic.
    """
    if wanted not in run.statistic_names:
        if wanted is Statistic.UNIT_STD:
            return Statistic.STD
        raise ValueError(
            f"{run.path} has no {wanted.label}: it was recorded by an earlier version. "
            f"Allowed: {', '.join(run.statistic_names)}"
        )
    if wanted is not Statistic.UNIT_STD or not len(run.steps):
        return wanted
    last = len(run.steps)
    read = run.read_several(
        *(quantity, (wanted, Statistic.STD)), start=last - 1, stop=last
    )
    unit_std, std = read[0, columns].T
    has_none = np.isnan(unit_std).all() and not np.isnan(std).all()
    return Statistic.STD if has_none else wanted


def depth_profile_data(
    run: Run,
    record: int,
    *,
    quantities: Sequence[Quantity] = FORWARD_AND_BACKWARD,
    statistic: Statistic | str = Statistic.UNIT_STD,
    layers: Collection[str] | None = None,
    with_output: bool = False,
    index: int = 0,
    theory: bool = False,
) -> DepthProfileData:
    """Reads one statistic of two quantities in each layer.

    Runs of earlier versions lack the standard deviation within units; their standard
    deviation of all values is read instead.

    Args:
        run: `Run`.
        record: int. Index into `run.steps`; -1 is the last record.
        quantities: Tuple of two `Quantity`. Defaults to the activations and the
            back-propagated gradients.
        statistic: `Statistic` or str. Statistic to read. Defaults to
            `Statistic.UNIT_STD`.
        layers: Collection of str. Names or globs of rows to read in addition, such as
            an output layer. Defaults to `None`.
        with_output: bool. Whether to read output layers. Defaults to `False`.
        index: int. Determines the color of the run. Defaults to 0.
        theory: bool. Whether to add the prediction of theory. Defaults to `False`.

    Returns:
        `DepthProfileData` with the layers that have one of the quantities.

    Raises:
        IndexError: If the run has no such record.
        ValueError: If the run lacks the statistic.
    """
    step = int(run.steps[record])
    record = range(len(run.steps))[record]
    without = set() if with_output else output_rows(run.layers, run.attributes)
    rows = table_rows(run.layers, layers, without=without)
    columns = [
        i for i in rows if any(one not in run.layers[i].absent for one in quantities)
    ]
    measured = {
        quantity: np.array(
            [quantity not in run.layers[i].absent for i in columns], bool
        )
        for quantity in quantities
    }
    wanted = Statistic(statistic)
    statistics = {one: available(run, one, wanted, columns) for one in quantities}

    why = [why_no_theory(run, one, statistics[one]) for one in quantities]

    def read(quantity: Quantity) -> Floats:
        one = statistics[quantity]
        values = run.read_several(quantity, [one], start=record, stop=record + 1)
        return values[0, columns, 0].astype(np.float64)

    return DepthProfileData(
        run=run.name,
        layers=tuple(run.layers[i].name for i in columns),
        step=step,
        values={quantity: read(quantity) for quantity in quantities},
        measured=measured,
        statistics=statistics,
        wanted=wanted,
        index=index,
        predicted={
            one: expected(run, one, statistics[one])[columns] for one in quantities
        }
        if theory
        else None,
        depth_scales=chain_depth_scales(run) if theory else None,
        theory_remarks=tuple(
            theory_remark(run, one, statistics[one]) for one in quantities
        )
        if theory
        else (),
        no_theory=min(why, key=bool),
        is_last=record == len(run.steps) - 1,
        left_out=tuple(run.layers[i].name for i in sorted(without.difference(rows))),
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
