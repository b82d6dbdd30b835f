"""The twelve figures of Glorot & Bengio (2010), of your own runs.

Each is a matplotlib `Figure` in the colours of print, with the panels in the order of
the paper's; save it with `figure.savefig("figure.pdf")`.
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
from keras_xavier.paper.cost_surface import CostSurface, cost_surfaces
from keras_xavier.paper.test_error_curves import counted, draw_test_errors
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, hidden_layers

PANEL = (9.0, 3.4)
"""Inches of a panel."""
SAMPLES = 300
TICKS = (-10, -5, 0, 5, 10)
"""Weights that are written at the axes of a cost surface."""

Runs = Mapping[str, Run]
"""Runs by the titles of their panels."""


def figure_1(dataset: Dataset) -> Figure:
    """Samples of a data set.

    Args:
        dataset: Whose; the paper's are of Shapeset-3×2.

    Returns:
        A row of test images for each class.

    Example:

    >>> from keras_xavier import datasets
    >>> figure = figure_1(datasets.load("shapeset3x2"))
    """
    images, labels = dataset.test
    return contact_sheet(images[:SAMPLES], labels[:SAMPLES], dataset.class_names)


def figure_2(sigmoid: Run) -> Figure:
    """Mean and standard deviation of the activations of a sigmoid network.

    Args:
        sigmoid: A run with four hidden layers and the standard initialization.

    Returns:
        The activations of the hidden layers over training.
    """
    return over_training({"Sigmoid": sigmoid}, Quantity.ACTIVATION, Band.STD)


def figure_3(tanh: Run, softsign: Run) -> Figure:
    """98th percentile and standard deviation of activations over training.

    Args:
        tanh: A run with five hidden layers and the standard initialization.
        softsign: Likewise.

    Returns:
        Tanh above, softsign below.
    """
    return over_training(
        {"Tanh": tanh, "Softsign": softsign}, Quantity.ACTIVATION, Band.P98_AND_STD
    )


def figure_4(tanh: Run, softsign: Run) -> Figure:
    """Histograms of activations at the end of training.

    Args:
        tanh: A run with five hidden layers and the standard initialization.
        softsign: Likewise.

    Returns:
        Tanh above, softsign below.
    """
    return histograms({"Tanh": tanh, "Softsign": softsign}, Quantity.ACTIVATION, -1)


def figure_5(surfaces: Sequence[CostSurface] | None = None) -> Figure:
    """Cross-entropy and quadratic cost over two weights of a network.

    Args:
        surfaces: Costs to draw; those of `cost_surfaces` by default.

    Returns:
        A surface for each.
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
        # More of them overlap.
        axes.set_xticks(TICKS)
        axes.set_yticks(TICKS)
        axes.view_init(elev=32, azim=-58)
    figure.subplots_adjust(left=0.0, right=0.94, bottom=0.06, top=0.94, wspace=0.12)
    return figure


def figure_6(standard: Run, normalized: Run) -> Figure:
    """Histograms of activations at initialization.

    Args:
        standard: A run of a tanh network with the standard initialization.
        normalized: The same with the normalized one.

    Returns:
        Standard above, normalized below.
    """
    return at_initialization(standard, normalized, Quantity.ACTIVATION)


def figure_7(standard: Run, normalized: Run) -> Figure:
    """Histograms of back-propagated gradients ∂C/∂s at initialization.

    Args:
        standard: A run of a tanh network with the standard initialization.
        normalized: The same with the normalized one.

    Returns:
        Standard above, normalized below.
    """
    return at_initialization(standard, normalized, Quantity.PREACTIVATION_GRADIENT)


def figure_8(standard: Run, normalized: Run) -> Figure:
    """Histograms of weight gradients ∂C/∂W at initialization.

    The view leaves out what is farthest from 0, which would make all others narrow.

    Args:
        standard: A run of a tanh network with the standard initialization.
        normalized: The same with the normalized one.

    Returns:
        Standard above, normalized below.
    """
    return at_initialization(
        standard, normalized, Quantity.WEIGHT_GRADIENT, full_range=False
    )


def figure_9(standard: Run, normalized: Run) -> Figure:
    """Standard deviation of weight gradients ∂C/∂W over training.

    The axis is logarithmic, as layers differ by factors, and lines are averaged over
    a fiftieth of the training, as each is of one probe.

    Args:
        standard: A run of a tanh network with the standard initialization.
        normalized: The same with the normalized one.

    Returns:
        Standard above, normalized below.
    """
    return over_training(
        {"Tanh": standard, "Tanh N": normalized},
        Quantity.WEIGHT_GRADIENT,
        Band.P98_AND_STD,
        scale=AxisScale.LOG,
        smoothing=(standard.last_step or 0) / 50,
    )


def figure_10(normalized: Run) -> Figure:
    """98th percentile and standard deviation of activations over training.

    Args:
        normalized: A run of a tanh network with the normalized initialization.

    Returns:
        One panel, to be held beside that of tanh in `figure_3`.
    """
    return over_training({"Tanh N": normalized}, Quantity.ACTIVATION, Band.P98_AND_STD)


def figure_11(
    schemes: Mapping[str, Sequence[Run]], *, svm_error: float, svm_examples: int
) -> Figure:
    """Test error while learning Shapeset-3×2 online.

    Args:
        schemes: Runs by the name of their scheme, one for each seed.
        svm_error: Test error of a support vector machine, from 0 to 1.
        svm_examples: Number of examples that it learned.

    Returns:
        A line for each scheme.
    """
    levels = {f"RBF SVM, {counted(svm_examples, 'example')}": svm_error}
    return draw_test_errors({"Shapeset-3×2": schemes}, levels=levels)


def figure_12(datasets: Mapping[str, Mapping[str, Sequence[Run]]]) -> Figure:
    """Test error while learning MNIST and CIFAR-10.

    Args:
        datasets: Runs by data set, and as in `figure_11`.

    Returns:
        A panel for each data set.
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
    picture = LayerCurves(paper_figure(len(runs)))
    picture.update(
        data,
        band=band,
        visible=hidden(runs),
        panels=panels(runs),
        scale=scale,
        smoothing=smoothing,
        full_range=True,
    )
    return picture.figure


def histograms(
    runs: Runs, quantity: Quantity, record: int, *, full_range: bool = True
) -> Figure:
    """Histograms along a linear axis, as in the paper, on which a layer with small
    values has a high peak at 0."""
    data = [
        replace(histogram_data(run, quantity, record, index=i), run=title)
        for i, (title, run) in enumerate(runs.items())
    ]
    picture = Histograms(paper_figure(len(runs)))
    picture.update(
        data,
        visible=hidden(runs),
        panels=panels(runs),
        scale=AxisScale.LINEAR,
        full_range=full_range,
    )
    return picture.figure


def paper_figure(rows: int) -> Figure:
    return Figure(figsize=(PANEL[0], PANEL[1] * rows))


def panels(runs: Runs) -> Facet:
    return Facet.STACKED if len(runs) > 1 else Facet.TOGETHER


def hidden(runs: Runs) -> list[str]:
    """Names of the hidden layers: the paper shows no others."""
    return list(
        dict.fromkeys(
            run.layers[index].name
            for run in runs.values()
            for index in hidden_layers(run.layers)
        )
    )
