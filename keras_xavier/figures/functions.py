"""Runs as finished figures: what scripts call, and what is saved to a file."""

from collections.abc import Collection

from matplotlib.figure import Figure

from keras_xavier.figure_spec import AxisScale, Band, Facet
from keras_xavier.figures import of_runs
from keras_xavier.figures.given_runs import Runs
from keras_xavier.statistics import Quantity, Statistic


def overview(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    statistic: Statistic | str = Statistic.STD,
    *,
    layers: Collection[str] | None = None,
    full_range: bool = False,
) -> Figure:
    """Draws one statistic of all layers over training, as a map of colours.

    Args:
        runs: An opened run, or several: each has a panel, with the same colours.
        quantity: What was measured, such as `"preactivation_gradient"`.
        statistic: What is told of it, such as `"saturated"`.
        layers: Names of the layers to draw, or `None` for all.
        full_range: Whether colours reach the farthest values, and not only the 1st
            to the 99th percentile.

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
    return of_runs.overview(
        runs, quantity, statistic, layers=layers, full_range=full_range
    ).figure


def layer_curves(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    band: Band | str = Band.STD,
    layers: Collection[str] | None = None,
    panels: Facet | str | None = None,
    scale: AxisScale | str = AxisScale.LINEAR,
    smoothing: float = 0.0,
    log_steps: bool = False,
    full_range: bool = False,
    theory: bool = False,
) -> Figure:
    """Draws one quantity of each layer over training.

    Args:
        runs: An opened run, or several.
        quantity: Which, such as `"weight_gradient"`.
        band: `"std"` for mean ± standard deviation, `"percentiles"` for the
            2nd, 50th and 98th percentiles, `"p98-and-std"` for the standard
            deviation with the 98th percentile as marks.
        layers: Names of the layers to draw, or `None` for all.
        panels: What shares a panel: `"together"` for everything, `"layers"` for a
            panel for each layer, `"runs"` for one for each run, `"stacked"` for
            these one below the other. By default each of several runs has its own.
        scale: `"linear"`, `"log"`, or `"symlog"`: logarithmic to both sides.
        smoothing: Steps over which lines are averaged; 0 for not at all. The
            lines as they are stay visible.
        log_steps: Whether the axis of steps is logarithmic beyond step 1.
        full_range: Whether outliers that flatten all others are in view, too.
        theory: Whether dots show which standard deviation theory expects
            before training; see `theory.predicted_std`.

    Returns:
        A matplotlib figure; save it with `figure.savefig("gradients.png")`.

    Raises:
        ValueError: If there is no such quantity or layer.

    Example:

    ```python
    runs = [open_run("runs/standard"), open_run("runs/normalized")]
    layer_curves(runs, "weight_gradient", panels="layers").savefig("gradients.pdf")
    ```
    """
    return of_runs.layer_curves(
        runs,
        quantity,
        band=band,
        layers=layers,
        panels=panels,
        scale=scale,
        smoothing=smoothing,
        log_steps=log_steps,
        full_range=full_range,
        theory=theory,
    ).figure


def activations_over_time(
    runs: Runs,
    *,
    band: Band | str = Band.STD,
    layers: Collection[str] | None = None,
    panels: Facet | str | None = None,
    scale: AxisScale | str = AxisScale.LINEAR,
    smoothing: float = 0.0,
    log_steps: bool = False,
    full_range: bool = False,
) -> Figure:
    """Draws the activations of each layer over training.

    Args:
        runs: An opened run, or several.
        band: As in `layer_curves`.
        layers: Names of the layers to draw, or `None` for all.
        panels: As in `layer_curves`.
        scale: As in `layer_curves`.
        smoothing: As in `layer_curves`.
        log_steps: Whether the axis of steps is logarithmic beyond step 1.
        full_range: As in `layer_curves`.

    Returns:
        A matplotlib figure; save it with `figure.savefig("activations.png")`.

    Raises:
        ValueError: If no run has such a layer.

    Example:

    ```python
    figure = activations_over_time(open_run("runs/tanh"), band="percentiles")
    figure.savefig("activations.pdf")
    ```
    """
    return layer_curves(
        runs,
        Quantity.ACTIVATION,
        band=band,
        layers=layers,
        panels=panels,
        scale=scale,
        smoothing=smoothing,
        log_steps=log_steps,
        full_range=full_range,
    )


def saturation(
    runs: Runs,
    *,
    layers: Collection[str] | None = None,
    panels: Facet | str | None = None,
    smoothing: float = 0.0,
    log_steps: bool = False,
) -> Figure:
    """Draws which share of the activations of each layer is saturated.

    Args:
        runs: An opened run, or several.
        layers: Names of the layers to draw, or `None` for all.
        panels: As in `layer_curves`.
        smoothing: As in `layer_curves`.
        log_steps: Whether the axis of steps is logarithmic beyond step 1.

    Returns:
        A matplotlib figure; save it with `figure.savefig("saturation.png")`.

    Raises:
        ValueError: If no run has such a layer.

    Example:

    ```python
    saturation(open_run("runs/sigmoid")).savefig("saturation.pdf")
    ```
    """
    return of_runs.saturation(
        runs, layers=layers, panels=panels, smoothing=smoothing, log_steps=log_steps
    ).figure


def update_ratio(
    runs: Runs,
    *,
    layers: Collection[str] | None = None,
    panels: Facet | str | None = None,
    scale: AxisScale | str = AxisScale.LOG,
    smoothing: float = 0.0,
    log_steps: bool = False,
    full_range: bool = False,
) -> Figure:
    """Draws how large the updates of each layer are, relative to its weights.

    About 1e-3 is a rule of thumb: with far more a layer is unstable, with far less
    it stays as it is.

    Args:
        runs: An opened run, or several.
        layers: Names of the layers to draw, or `None` for all.
        panels: As in `layer_curves`.
        scale: As in `layer_curves`, but logarithmic by default.
        smoothing: As in `layer_curves`.
        log_steps: Whether the axis of steps is logarithmic beyond step 1.
        full_range: As in `layer_curves`.

    Returns:
        A matplotlib figure; save it with `figure.savefig("updates.png")`.

    Raises:
        ValueError: If no run has such a layer, or one has no weights.

    Example:

    ```python
    update_ratio(open_run("runs/tanh"), smoothing=1000)
    ```
    """
    return of_runs.update_ratio(
        runs,
        layers=layers,
        panels=panels,
        scale=scale,
        smoothing=smoothing,
        log_steps=log_steps,
        full_range=full_range,
    ).figure


def histograms(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    step: int | None = None,
    layers: Collection[str] | None = None,
    panels: Facet | str | None = None,
    scale: AxisScale | str = AxisScale.AUTO,
    full_range: bool = False,
) -> Figure:
    """Draws the histograms of one quantity of each layer at one step.

    Args:
        runs: An opened run, or several.
        quantity: Which, such as `"weight_update"`.
        step: A recorded step of all runs, or `None` for the last one of each.
        layers: Names of the layers to draw, or `None` for all.
        panels: As in `layer_curves`.
        scale: `"linear"`, `"symlog"` for logarithmic to both sides, or
            `"auto"`: linear, unless layers are too different for it.
        full_range: Whether the farthest values are in view, and not only the usual
            ones.

    Returns:
        A matplotlib figure; save it with `figure.savefig("weights.png")`.

    Raises:
        ValueError: If there is no such quantity, step or layer.

    Example:

    ```python
    histograms(open_run("runs/tanh"), "weight", step=0).savefig("weights.pdf")
    ```
    """
    return of_runs.histograms(
        runs,
        quantity,
        step=step,
        layers=layers,
        panels=panels,
        scale=scale,
        full_range=full_range,
    ).figure


def activation_histograms(
    runs: Runs, *, step: int | None = None, layers: Collection[str] | None = None
) -> Figure:
    """Draws the histograms of the activations of each layer at one step.

    Args:
        runs: An opened run, or several.
        step: A recorded step of all runs, or `None` for the last one of each.
        layers: Names of the layers to draw, or `None` for all.

    Returns:
        A matplotlib figure; save it with `figure.savefig("activations.png")`.

    Raises:
        ValueError: If the step was not recorded, or no run has such a layer.

    Example:

    ```python
    activation_histograms(open_run("runs/tanh"), step=0).savefig("activations.pdf")
    ```
    """
    return histograms(runs, Quantity.ACTIVATION, step=step, layers=layers)


def gradient_histograms(
    runs: Runs,
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
        runs: An opened run, or several.
        step: A recorded step of all runs, or `None` for the last one of each.
        layers: Names of the layers to draw, or `None` for all.
        quantity: Which gradients.

    Returns:
        A matplotlib figure; save it with `figure.savefig("gradients.png")`.

    Raises:
        ValueError: If the step was not recorded, or no run has such a layer.

    Example:

    ```python
    gradient_histograms(open_run("runs/tanh"), step=0).savefig("gradients.pdf")
    ```
    """
    return histograms(runs, quantity, step=step, layers=layers)


def histogram_map(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    layers: Collection[str] | None = None,
    scale: AxisScale | str = AxisScale.AUTO,
    log_steps: bool = False,
    full_range: bool = False,
) -> Figure:
    """Draws the histograms of each layer over training, as a map of colours.

    Args:
        runs: An opened run, or several: each has a column of panels, with the same
            axes and colours.
        quantity: Which, such as `"weight_gradient"`.
        layers: Names of the layers to draw, or `None` for all; of more than there
            is room for, some that are evenly spread are drawn: six of one run, four
            or fewer of each of several.
        scale: As in `histograms`.
        log_steps: Whether the axis of steps is logarithmic beyond step 1.
        full_range: As in `histograms`.

    Returns:
        A matplotlib figure; save it with `figure.savefig("map.png")`.

    Raises:
        ValueError: If there is no such quantity or layer.

    Example:

    ```python
    histogram_map(open_run("runs/tanh"), log_steps=True).savefig("map.pdf")
    ```
    """
    return of_runs.histogram_map(
        runs,
        quantity,
        layers=layers,
        scale=scale,
        log_steps=log_steps,
        full_range=full_range,
    ).figure


def ridgelines(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    layers: Collection[str] | None = None,
    panels: Facet | str | None = None,
    scale: AxisScale | str = AxisScale.AUTO,
    log_steps: bool = False,
    full_range: bool = False,
) -> Figure:
    """Draws the histograms of up to 20 steps, one under the other.

    Args:
        runs: An opened run, or several.
        quantity: Which, such as `"preactivation_gradient"`.
        layers: Names of the layers to draw, or `None` for all; of more than four,
            some that are evenly spread are drawn.
        panels: `"runs"` for panels of its own for each run, the default, or
            `"layers"` for all runs in one panel for each layer.
        scale: As in `histograms`.
        log_steps: Whether the steps are evenly spread on a logarithmic axis.
        full_range: As in `histograms`.

    Returns:
        A matplotlib figure; save it with `figure.savefig("ridges.png")`.

    Raises:
        ValueError: If there is no such quantity or layer, or `panels` is something
            else.

    Example:

    ```python
    ridgelines(open_run("runs/tanh"), layers=["hidden_1"]).savefig("ridges.pdf")
    ```
    """
    return of_runs.ridgelines(
        runs,
        quantity,
        layers=layers,
        panels=panels,
        scale=scale,
        log_steps=log_steps,
        full_range=full_range,
    ).figure


def depth_profile(
    runs: Runs,
    *,
    step: int | None = None,
    layers: Collection[str] | None = None,
    scale: AxisScale | str = AxisScale.LOG,
    theory: bool = False,
) -> Figure:
    """Draws standard deviations against depth, of activations and of gradients.

    These are the variances of equations 5 and 6 of Glorot & Bengio (2010), measured:
    with their normalized initialization both are level at step 0.

    Args:
        runs: An opened run, or several.
        step: A recorded step of all of them, or `None` for the last one of each.
        layers: Names of the layers to draw, or `None` for all.
        scale: As in `layer_curves`, but logarithmic by default.
        theory: As in `layer_curves`.

    Returns:
        A matplotlib figure; save it with `figure.savefig("profile.png")`.

    Raises:
        ValueError: If the step was not recorded, or no run has such a layer.

    Example:

    ```python
    profile([open_run("runs/standard"), open_run("runs/normalized")], step=0)
    ```
    """
    return of_runs.depth_profile(
        runs, step=step, layers=layers, scale=scale, theory=theory
    ).figure


def training_curves(
    runs: Runs,
    *,
    scale: AxisScale | str = AxisScale.LINEAR,
    smoothing: float = 0.0,
    log_steps: bool = False,
    full_range: bool = False,
) -> Figure:
    """Draws loss, error and the other metrics of one or more runs.

    Args:
        runs: An opened run, or several.
        scale: As in `layer_curves`.
        smoothing: As in `layer_curves`.
        log_steps: Whether the axis of steps is logarithmic beyond step 1.
        full_range: As in `layer_curves`.

    Returns:
        A matplotlib figure; save it with `figure.savefig("curves.png")`.

    Example:

    ```python
    found = find_runs("runs")
    training_curves([open_run(one.path) for one in found]).savefig("curves.png")
    ```
    """
    return of_runs.training_curves(
        runs,
        scale=scale,
        smoothing=smoothing,
        log_steps=log_steps,
        full_range=full_range,
    ).figure
