"""The figures of the report, with the findings of the paper and of our runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from keras_xavier.datasets import load
from keras_xavier.experiments.experiment import DATASET_TITLES
from keras_xavier.figure_spec import Band, FigureSpec
from keras_xavier.paper import figures, report_sentences
from keras_xavier.paper.reproduction import (
    LAYERS,
    PRETRAINED,
    SHAPESET,
    SIGMOID_LAYERS,
    Reproduction,
)
from keras_xavier.paper.schemes import (
    SCHEMES,
    SIGMOID,
    SOFTSIGN,
    SVM_ERROR,
    TANH,
    TANH_N,
)
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity


@dataclass(frozen=True)
class ReportFigure:
    """A figure of the report.

    Attributes:
        number: int. Number of the figure in the paper.
        title: str.
        message: str. Finding of the paper.
        ours: str. Finding in these runs, with numbers.
        runs: Tuple of `Run`. Runs that the figure draws; empty if it needs none.
        draw: Function without arguments that draws the figure.
        spec: `FigureSpec`. Figure of the app that shows the same. Defaults to None.
    """

    number: int
    title: str
    message: str
    ours: str
    runs: tuple[Run, ...]
    draw: Callable[[], Figure]
    spec: FigureSpec | None = None


def report_figures(of: Reproduction, svm_error: float) -> list[ReportFigure]:
    """Lists the figures of the paper for the runs of a reproduction.

    Args:
        of: `Reproduction`. All its runs must be finished.
        svm_error: float from 0 to 1. Test error of the support vector machine.

    Returns:
        List of `ReportFigure`. Figure 12 is omitted without MNIST and CIFAR-10.

    Raises:
        RunError: If a run is missing.
    """
    sigmoid = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    tanh, normalized, softsign = of.run(TANH), of.run(TANH_N), of.run(SOFTSIGN)
    both = (tanh, normalized)
    online: dict[str, Sequence[Run]] = {one.name: of.runs(one) for one in SCHEMES}
    online[f"Sigmoid, {SIGMOID_LAYERS} layers"] = [sigmoid]
    pretraining = f"{LAYERS} × {of.size.pretraining_updates:,} updates before"
    online[f"{PRETRAINED}\n{pretraining}"] = [of.run(TANH, pretrained=True)]
    others = {
        DATASET_TITLES[name]: {one.name: of.runs(one, name) for one in SCHEMES}
        for name in of.datasets
        if name != SHAPESET
    }
    found = [
        ReportFigure(
            1,
            "Shapeset-3×2",
            "Images of one or two shapes, which may overlap. The task is to classify "
            "which shapes an image contains.",
            report_sentences.samples(load(SHAPESET)),
            (),
            lambda: figures.figure_1(load(SHAPESET)),
        ),
        ReportFigure(
            2,
            "Activations of a sigmoid network",
            "The top hidden layer collapses to 0 immediately and stays there for a "
            "long time. The layers below keep means above 0.5, lower for layers nearer "
            "the input. Much later the top layer leaves saturation, and the network "
            "begins to learn.",
            report_sentences.sigmoid_layers(sigmoid),
            (sigmoid,),
            lambda: figures.figure_2(sigmoid),
            FigureSpec("layer-curves", Quantity.ACTIVATION, band=Band.STD),
        ),
        ReportFigure(
            3,
            "Activations of tanh and softsign networks",
            "With tanh, layer 1 saturates first, then layer 2, and so on. With "
            "softsign, the layers saturate together, and less.",
            report_sentences.extremes({"Tanh": tanh, "Softsign": softsign}),
            (tanh, softsign),
            lambda: figures.figure_3(tanh, softsign),
            FigureSpec("layer-curves", Quantity.ACTIVATION, band=Band.P98_AND_STD),
        ),
        ReportFigure(
            4,
            "Activations at the end of training",
            "Tanh: activations of the lower layers pile up at ±1 and at 0. Softsign: "
            "activations gather around ±0.6 to ±0.8, in the knees between the linear "
            "and the flat parts of the function.",
            report_sentences.ends({"Tanh": tanh, "Softsign": softsign}),
            (tanh, softsign),
            lambda: figures.figure_4(tanh, softsign),
            FigureSpec("histograms", Quantity.ACTIVATION),
        ),
        ReportFigure(
            5,
            "Cost over two weights",
            "The quadratic cost has wide plateaus where the cross-entropy still has a "
            "slope.",
            report_sentences.plateaus(),
            (),
            figures.figure_5,
        ),
        ReportFigure(
            6,
            "Activations at initialization",
            "Standard: deeper layers have a taller peak at 0. Normalized: the "
            "histograms of all layers are similar.",
            report_sentences.at_initialization(*both, Quantity.ACTIVATION),
            both,
            lambda: figures.figure_6(*both),
            FigureSpec("histograms", Quantity.ACTIVATION, step=0),
        ),
        ReportFigure(
            7,
            "Back-propagated gradients at initialization",
            "Standard: gradients shrink from the last layer to the first. Normalized: "
            "they do not.",
            report_sentences.at_initialization(*both, Quantity.PREACTIVATION_GRADIENT),
            both,
            lambda: figures.figure_7(*both),
            FigureSpec("histograms", Quantity.PREACTIVATION_GRADIENT, step=0),
        ),
        ReportFigure(
            8,
            "Weight gradients at initialization",
            "Weight gradients have about the same size in all layers, even with the "
            "standard initialization.",
            report_sentences.at_initialization(*both, Quantity.WEIGHT_GRADIENT),
            both,
            lambda: figures.figure_8(*both),
            FigureSpec("histograms", Quantity.WEIGHT_GRADIENT, step=0),
        ),
        ReportFigure(
            9,
            "Weight gradients during training",
            "Standard: the weight gradients of the layers diverge. Normalized: they "
            "stay together.",
            report_sentences.weight_gradients(*both),
            both,
            lambda: figures.figure_9(*both),
            FigureSpec("layer-curves", Quantity.WEIGHT_GRADIENT, band=Band.P98_AND_STD),
        ),
        ReportFigure(
            10,
            "Activations of a normalized tanh network",
            "Like figure 3, for tanh with the normalized initialization: layers no "
            "longer saturate one after another, starting from the bottom.",
            report_sentences.extremes({"Tanh N": normalized}),
            (normalized,),
            lambda: figures.figure_10(normalized),
            FigureSpec("layer-curves", Quantity.ACTIVATION, band=Band.P98_AND_STD),
        ),
        ReportFigure(
            11,
            "Test error on Shapeset-3×2",
            "From the highest to the lowest error: sigmoid, tanh, softsign, softsign "
            "N, tanh N, the pre-trained network. A support vector machine has "
            f"{SVM_ERROR}%.",
            report_sentences.online(online, svm_error),
            tuple(run for runs in online.values() for run in runs),
            lambda: figures.figure_11(
                online, svm_error=svm_error, svm_examples=of.size.svm_examples
            ),
            FigureSpec("training-curves"),
        ),
    ]
    if others:
        found.append(
            ReportFigure(
                12,
                "Test error on " + " and ".join(others),
                "The same order as on Shapeset-3×2, with smaller differences: tanh N "
                "and softsign have the lowest errors, sigmoid the highest.",
                " ".join(
                    f"{name}. {report_sentences.online(schemes)}"
                    for name, schemes in others.items()
                ),
                tuple(
                    run
                    for schemes in others.values()
                    for runs in schemes.values()
                    for run in runs
                ),
                lambda: figures.figure_12(others),
                FigureSpec("training-curves"),
            )
        )
    return found
