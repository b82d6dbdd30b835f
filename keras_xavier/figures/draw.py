"""Runs as finished figures: what scripts call, and what is saved to a file."""

from collections.abc import Collection, Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_xavier.figures import layers as layers_
from keras_xavier.figures.curves import TrainingCurves, panels_of
from keras_xavier.figures.histograms import Histograms
from keras_xavier.figures.over_time import OverTime
from keras_xavier.figures.overview import Overview
from keras_xavier.figures.picture import FIGURE_SIZE
from keras_xavier.figures.profile import Profile
from keras_xavier.figures.reading import (
    curves_data,
    histogram_data,
    over_time_data,
    overview_data,
    profile_data,
)
from keras_xavier.figures.strips import Band
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic


def overview(
    run: Run,
    quantity: Quantity | str = Quantity.ACTIVATION,
    statistic: Statistic | str = Statistic.STD,
    *,
    layers: Collection[str] | None = None,
) -> Figure:
    """Draws one statistic of all layers over training, as a map of colours.

    Args:
        run: An opened run.
        quantity: What was measured, such as `"preactivation_gradient"`.
        statistic: What is told of it, such as `"saturated"`.
        layers: Names of the layers to draw, or `None` for all.

    Returns:
        A matplotlib figure; save it with `figure.savefig("overview.png")`.

    Raises:
        ValueError: If there is no such quantity, statistic or layer.

    Example:

    ```python
    run = open_run("runs/tanh")
    overview(run, "preactivation_gradient").savefig("overview.pdf")
    ```
    """
    figure = Figure(figsize=FIGURE_SIZE)
    data = overview_data(run, quantity, statistic)
    layers_.require(data.layers, layers)
    Overview(figure).update(data, visible=layers)
    return figure


def activations_over_time(
    run: Run, *, band: Band | str = Band.STD, layers: Collection[str] | None = None
) -> Figure:
    """Draws the activations of each layer over training.

    Args:
        run: An opened run.
        band: `"std"` for mean ± standard deviation, `"percentiles"` for the
            2nd, 50th and 98th percentiles.
        layers: Names of the layers to draw, or `None` for all.

    Returns:
        A matplotlib figure; save it with `figure.savefig("activations.png")`.

    Raises:
        ValueError: If the run has no such layer.

    Example:

    ```python
    figure = activations_over_time(open_run("runs/tanh"), band="percentiles")
    figure.savefig("activations.pdf")
    ```
    """
    return over_time(run, Quantity.ACTIVATION, band=band, layers=layers)


def over_time(
    run: Run,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    band: Band | str = Band.STD,
    layers: Collection[str] | None = None,
) -> Figure:
    """Draws one quantity of each layer over training.

    Args:
        run: An opened run.
        quantity: Which, such as `"weight_gradient"`.
        band: As in `activations_over_time`.
        layers: Names of the layers to draw, or `None` for all.

    Returns:
        A matplotlib figure; save it with `figure.savefig("gradients.png")`.

    Raises:
        ValueError: If there is no such quantity or layer.

    Example:

    ```python
    over_time(open_run("runs/tanh"), "weight_gradient").savefig("gradients.pdf")
    ```
    """
    figure = Figure(figsize=FIGURE_SIZE)
    data = over_time_data(run, quantity)
    layers_.require(data.layers, layers)
    OverTime(figure).update(data, band=band, visible=layers)
    return figure


def gradient_histograms(
    run: Run,
    *,
    step: int | None = None,
    layers: Collection[str] | None = None,
    quantity: Quantity | str = Quantity.PREACTIVATION_GRADIENT,
) -> Figure:
    """Draws the histograms of the gradients of each layer at one step.

    With the default quantity, the back-propagated gradients ∂C/∂s, these are
    those of figure 7 in Glorot & Bengio (2010); with `"weight_gradient"`, of
    figure 8.

    Args:
        run: An opened run.
        step: A recorded step, or `None` for the last one.
        layers: Names of the layers to draw, or `None` for all.
        quantity: Which gradients.

    Returns:
        A matplotlib figure; save it with `figure.savefig("gradients.png")`.

    Raises:
        ValueError: If the step was not recorded, or the run has no such layer.

    Example:

    ```python
    gradient_histograms(open_run("runs/tanh"), step=0).savefig("gradients.pdf")
    ```
    """
    return histograms(run, quantity, step=step, layers=layers)


def activation_histograms(
    run: Run, *, step: int | None = None, layers: Collection[str] | None = None
) -> Figure:
    """Draws the histograms of the activations of each layer at one step.

    Args:
        run: An opened run.
        step: A recorded step, or `None` for the last one.
        layers: Names of the layers to draw, or `None` for all.

    Returns:
        A matplotlib figure; save it with `figure.savefig("activations.png")`.

    Raises:
        ValueError: If the step was not recorded, or the run has no such layer.

    Example:

    ```python
    activation_histograms(open_run("runs/tanh"), step=0).savefig("activations.pdf")
    ```
    """
    return histograms(run, Quantity.ACTIVATION, step=step, layers=layers)


def profile(runs: Run | Sequence[Run], *, step: int | None = None) -> Figure:
    """Draws standard deviations against depth, of activations and of gradients.

    These are the variances of equations 5 and 6 of Glorot & Bengio (2010), measured:
    with their normalized initialization both are level at step 0.

    Args:
        runs: An opened run, or several.
        step: A recorded step of all of them, or `None` for the last one of each.

    Returns:
        A matplotlib figure; save it with `figure.savefig("profile.png")`.

    Raises:
        ValueError: If the step was not recorded.

    Example:

    ```python
    profile([open_run("runs/standard"), open_run("runs/normalized")], step=0)
    ```
    """
    several = [runs] if isinstance(runs, Run) else list(runs)
    figure = Figure(figsize=FIGURE_SIZE)
    profiles = [
        profile_data(run, -1 if step is None else _record_of(run, step), index=i)
        for i, run in enumerate(several)
        if len(run.steps)
    ]
    Profile(figure).update(profiles)
    return figure


def training_curves(runs: Run | Sequence[Run]) -> Figure:
    """Draws loss, error and the other metrics of one or more runs.

    Args:
        runs: An opened run, or several.

    Returns:
        A matplotlib figure; save it with `figure.savefig("curves.png")`.

    Example:

    ```python
    found = find_runs("runs")
    training_curves([open_run(one.path) for one in found]).savefig("curves.png")
    ```
    """
    several = [runs] if isinstance(runs, Run) else list(runs)
    width, height = FIGURE_SIZE
    curves = [curves_data(run, index=i) for i, run in enumerate(several)]
    figure = Figure(figsize=(width, height * (1 + 0.3 * (len(panels_of(curves)) - 1))))
    TrainingCurves(figure).update(curves)
    return figure


def histograms(
    run: Run,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    step: int | None = None,
    layers: Collection[str] | None = None,
) -> Figure:
    """Draws the histograms of one quantity of each layer at one step.

    Args:
        run: An opened run.
        quantity: Which, such as `"weight_update"`.
        step: A recorded step, or `None` for the last one.
        layers: Names of the layers to draw, or `None` for all.

    Returns:
        A matplotlib figure; save it with `figure.savefig("weights.png")`.

    Raises:
        ValueError: If there is no such quantity, step or layer.

    Example:

    ```python
    histograms(open_run("runs/tanh"), "weight", step=0).savefig("weights.pdf")
    ```
    """
    record = -1 if step is None else _record_of(run, step)
    figure = Figure(figsize=FIGURE_SIZE)
    picture = Histograms(figure)
    if len(run.steps):
        data = histogram_data(run, quantity, record)
        layers_.require(data.layers, layers)
        picture.update(data, visible=layers)
    return figure


def _record_of(run: Run, step: int) -> int:
    """Index of the record of a step.

    Raises:
        ValueError: If the step was not recorded.
    """
    steps = np.asarray(run.steps)
    after = int(np.searchsorted(steps, step))
    if after < len(steps) and steps[after] == step:
        return after
    nearest = " and ".join(f"{s}" for s in steps[max(after - 1, 0) : after + 1])
    raise ValueError(
        f"Step {step} was not recorded; the nearest are {nearest or 'none'}. "
        "Choose one of run.steps"
    )
