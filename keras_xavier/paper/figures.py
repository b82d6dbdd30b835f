"""The twelve figures of Glorot & Bengio (2010), drawn from runs.

Each function returns a matplotlib `Figure` in print colors, with the panels in the
order of the paper; save it with `figure.savefig("figure.pdf")`. "Standard" is the
PyTorch-style uniform initialization, "normalized" the Glorot uniform initialization.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from matplotlib.figure import Figure

from keras_xavier.datasets import Dataset
from keras_xavier.figure_spec import AxisScale, Band, Facet
from keras_xavier.figures import (
    Histograms,
    LayerCurves,
    contact_sheet,
    histogram_data,
    layer_curves_data,
)
from keras_xavier.figures.style import LIGHT
from keras_xavier.network.outputs import hidden_rows
from keras_xavier.paper.cost_surface import CostSurface, cost_surfaces
from keras_xavier.paper.test_error_curves import counted, draw_test_errors
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity

PANEL = (9.0, 3.4)
"""Width and height of a panel in inches."""
SAMPLES = 300
TICKS = (-10, -5, 0, 5, 10)
"""Ticks of the weight axes of a cost surface."""

Runs = Mapping[str, Run]
"""Runs by the titles of their panels."""


def figure_1(dataset: Dataset) -> Figure:
    """Draws samples of a data set; figure 1 of the paper shows Shapeset-3×2.

    Args:
        dataset: `Dataset`.

    Returns:
        `Figure` with a row of test images for each class.

    Example:

    >>> from keras_xavier import datasets
    >>> figure = figure_1(datasets.load("shapeset3x2"))
    """
    images, labels = dataset.test
    return contact_sheet(images[:SAMPLES], labels[:SAMPLES], dataset.class_names)


def figure_2(sigmoid: Run) -> Figure:
    """Plots the mean and std of the activations of a sigmoid network.

    Args:
        sigmoid: `Run` with four hidden layers and the standard initialization.

    Returns:
        `Figure` with the activations of the hidden layers over the steps.
    """
    return over_training({"Sigmoid": sigmoid}, Quantity.ACTIVATION, Band.STD)


def figure_3(tanh: Run, softsign: Run) -> Figure:
    """Plots the 98th percentile and std of activations over the steps.

    Args:
        tanh: `Run` with five hidden layers and the standard initialization.
        softsign: `Run` with the same layers and initialization.

    Returns:
        `Figure` with tanh above softsign.
    """
    return over_training(
        {"Tanh": tanh, "Softsign": softsign}, Quantity.ACTIVATION, Band.P98_AND_STD
    )


def figure_4(tanh: Run, softsign: Run) -> Figure:
    """Draws histograms of activations at the end of training.

    Args:
        tanh: `Run` with five hidden layers and the standard initialization.
        softsign: `Run` with the same layers and initialization.

    Returns:
        `Figure` with tanh above softsign.
    """
    return histograms({"Tanh": tanh, "Softsign": softsign}, Quantity.ACTIVATION, -1)


def figure_5(surfaces: Sequence[CostSurface] | None = None) -> Figure:
    """Draws the cross-entropy and the quadratic cost over two weights.

    Args:
        surfaces: Sequence of `CostSurface`. Defaults to None: `cost_surfaces()`.

    Returns:
        `Figure` with the surfaces side by side.
    """
    surfaces = surfaces or cost_surfaces()
    figure = Figure(figsize=(4.6 * len(surfaces), 4.6))
    for i, surface in enumerate(surfaces):
        axes = figure.add_subplot(1, len(surfaces), i + 1, projection="3d")
        first, second = surface.weights[:, None], surface.weights[None, :]
        axes.plot_surface(
            first, second, surface.cost, cmap=LIGHT.layers[0], linewidth=0, rcount=60
        )
        axes.set_title(surface.name)
        axes.set_xlabel("weight of layer 1")
        axes.set_ylabel("weight of layer 2")
        axes.set_zlabel("cost")
        # More ticks would overlap.
        axes.set_xticks(TICKS)
        axes.set_yticks(TICKS)
        axes.view_init(elev=32, azim=-58)
    figure.subplots_adjust(left=0.0, right=0.94, bottom=0.06, top=0.94, wspace=0.12)
    return figure


def figure_6(standard: Run, normalized: Run) -> Figure:
    """Draws histograms of activations at initialization.

    Args:
        standard: `Run` of a tanh network with the standard initialization.
        normalized: `Run` of the same network with the normalized initialization.

    Returns:
        `Figure` with standard above normalized.
    """
    return at_initialization(standard, normalized, Quantity.ACTIVATION)


def figure_7(standard: Run, normalized: Run) -> Figure:
    """Draws histograms of back-propagated gradients ∂C/∂s at initialization.

    Args:
        standard: `Run` of a tanh network with the standard initialization.
        normalized: `Run` of the same network with the normalized initialization.

    Returns:
        `Figure` with standard above normalized.
    """
    return at_initialization(standard, normalized, Quantity.PREACTIVATION_GRADIENT)


def figure_8(standard: Run, normalized: Run) -> Figure:
    """Draws histograms of weight gradients ∂C/∂W at initialization.

    Outliers are outside the axis limits, as they would compress the histograms.

    Args:
        standard: `Run` of a tanh network with the standard initialization.
        normalized: `Run` of the same network with the normalized initialization.

    Returns:
        `Figure` with standard above normalized.
    """
    return at_initialization(
        standard, normalized, Quantity.WEIGHT_GRADIENT, full_range=False
    )


def figure_9(standard: Run, normalized: Run) -> Figure:
    """Plots the std of weight gradients ∂C/∂W over the steps.

    The axis is logarithmic. Lines are smoothed over a fiftieth of the steps.

    Args:
        standard: `Run` of a tanh network with the standard initialization.
        normalized: `Run` of the same network with the normalized initialization.

    Returns:
        `Figure` with standard above normalized.
    """
    return over_training(
        {"Tanh": standard, "Tanh N": normalized},
        Quantity.WEIGHT_GRADIENT,
        Band.P98_AND_STD,
        scale=AxisScale.LOG,
        smoothing=(standard.last_step or 0) / 50,
    )


def figure_10(normalized: Run) -> Figure:
    """Plots the 98th percentile and std of activations over the steps.

    Args:
        normalized: `Run` of a tanh network with the normalized initialization.

    Returns:
        `Figure` with one panel, to compare with tanh in `figure_3`.
    """
    return over_training({"Tanh N": normalized}, Quantity.ACTIVATION, Band.P98_AND_STD)


def figure_11(
    schemes: Mapping[str, Sequence[Run]], *, svm_error: float, svm_examples: int
) -> Figure:
    """Plots the test error during online learning of Shapeset-3×2.

    Args:
        schemes: dict. Sequences of `Run`, one for each seed, by name of the scheme.
        svm_error: float from 0 to 1. Test error of a support vector machine.
        svm_examples: int. Training examples of the support vector machine.

    Returns:
        `Figure` with a line for each scheme.
    """
    levels = {f"RBF SVM, {counted(svm_examples, 'example')}": svm_error}
    return draw_test_errors({"Shapeset-3×2": schemes}, levels=levels)


def figure_12(datasets: Mapping[str, Mapping[str, Sequence[Run]]]) -> Figure:
    """Plots the test error during training on MNIST and CIFAR-10.

    Args:
        datasets: dict. Schemes as in `figure_11`, by title of the data set.

    Returns:
        `Figure` with a panel for each data set.
    """
    return draw_test_errors(datasets, logarithmic=True)


def at_initialization(
    standard: Run, normalized: Run, quantity: Quantity, *, full_range: bool = True
) -> Figure:
    runs = {"Tanh": standard, "Tanh N": normalized}
    return histograms(runs, quantity, 0, full_range=full_range)


def over_training(
    runs: Runs,
    quantity: Quantity,
    band: Band,
    *,
    scale: AxisScale = AxisScale.LINEAR,
    smoothing: float = 0.0,
) -> Figure:
    data = [
        replace(layer_curves_data(run, quantity, index=i), run=title)
        for i, (title, run) in enumerate(runs.items())
    ]
    plot = LayerCurves(paper_figure(len(runs)))
    plot.update(
        data,
        band=band,
        visible=hidden(runs),
        panels=panels(runs),
        scale=scale,
        smoothing=smoothing,
        full_range=True,
    )
    return plot.figure


def histograms(
    runs: Runs, quantity: Quantity, record: int, *, full_range: bool = True
) -> Figure:
    """Draws histograms on a linear axis, as in the paper."""
    data = [
        replace(histogram_data(run, quantity, record, index=i), run=title)
        for i, (title, run) in enumerate(runs.items())
    ]
    plot = Histograms(paper_figure(len(runs)))
    plot.update(
        data,
        visible=hidden(runs),
        panels=panels(runs),
        scale=AxisScale.LINEAR,
        full_range=full_range,
    )
    return plot.figure


def paper_figure(rows: int) -> Figure:
    return Figure(figsize=(PANEL[0], PANEL[1] * rows))


def panels(runs: Runs) -> Facet:
    return Facet.STACKED if len(runs) > 1 else Facet.TOGETHER


def hidden(runs: Runs) -> list[str]:
    """Returns the names of the hidden layers; the figures of the paper omit others."""
    return list(
        dict.fromkeys(
            run.layers[index].name
            for run in runs.values()
            for index in hidden_rows(run.layers, run.attributes)
        )
    )
