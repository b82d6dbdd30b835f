"""The figures of a reproduction, with what the paper shows in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from keras_xavier.datasets import load
from keras_xavier.experiments.experiment import DATASET_TITLES
from keras_xavier.paper import figures
from keras_xavier.paper import report_sentences as observations
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
        number: The paper's.
        title: What it shows.
        message: What the paper shows there, in words.
        ours: What these runs show there, in numbers.
        runs: The runs it is drawn of.
        draw: Draws it.
        look: Options of `keras-xavier view` that show it of these runs; none for
            what is not of runs.
    """

    number: int
    title: str
    message: str
    ours: str
    runs: tuple[Run, ...]
    draw: Callable[[], Figure]
    look: str = ""


def plates(of: Reproduction, svm_error: float) -> list[ReportFigure]:
    """The figures of the paper, of these runs.

    Args:
        of: A reproduction whose runs are finished.
        svm_error: Test error of the support vector machine, from 0 to 1.

    Returns:
        All that can be drawn; figure 12 needs MNIST or CIFAR-10.

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
            "Images of one or two shapes, which may overlap; the task is to tell which "
            "shapes are there.",
            observations.samples(load(SHAPESET)),
            (),
            lambda: figures.figure_1(load(SHAPESET)),
        ),
        ReportFigure(
            2,
            "Activations of a sigmoid network",
            "The top hidden layer goes to 0 at once and stays there for long, while "
            "the layers below keep means above 0.5, the lower the nearer they are to "
            "the input; much later it leaves its saturation, and the network begins "
            "to learn.",
            observations.sigmoid_layers(sigmoid),
            (sigmoid,),
            lambda: figures.figure_2(sigmoid),
            "--figure layer-curves --quantity activation --band std",
        ),
        ReportFigure(
            3,
            "Activations of tanh and softsign networks",
            "With tanh, layer 1 saturates first, then layer 2, and so on. With "
            "softsign the layers move together, and less far.",
            observations.extremes({"Tanh": tanh, "Softsign": softsign}),
            (tanh, softsign),
            lambda: figures.figure_3(tanh, softsign),
            "--figure layer-curves --quantity activation --band p98-and-std",
        ),
        ReportFigure(
            4,
            "Activations at the end of training",
            "Tanh: in the lower layers they pile up at ±1, and at 0. Softsign: they "
            "are around ±0.6 to ±0.8, in the knees between its linear part and its "
            "flat ones.",
            observations.ends({"Tanh": tanh, "Softsign": softsign}),
            (tanh, softsign),
            lambda: figures.figure_4(tanh, softsign),
            "--figure histograms --quantity activation",
        ),
        ReportFigure(
            5,
            "Cost over two weights",
            "The quadratic cost has wide plateaus where the cross-entropy still has a "
            "slope.",
            observations.plateaus(),
            (),
            figures.figure_5,
        ),
        ReportFigure(
            6,
            "Activations at initialization",
            "Standard: the peak at 0 is the higher the deeper the layer. Normalized: "
            "all layers look alike.",
            observations.at_initialization(*both, Quantity.ACTIVATION),
            both,
            lambda: figures.figure_6(*both),
            "--figure histograms --quantity activation --step 0",
        ),
        ReportFigure(
            7,
            "Back-propagated gradients at initialization",
            "Standard: gradients get smaller on their way down, from the last layer to "
            "the first. Normalized: they do not.",
            observations.at_initialization(*both, Quantity.PREACTIVATION_GRADIENT),
            both,
            lambda: figures.figure_7(*both),
            "--figure histograms --quantity preactivation_gradient --step 0",
        ),
        ReportFigure(
            8,
            "Weight gradients at initialization",
            "They are about the same in all layers, even with the standard "
            "initialization.",
            observations.at_initialization(*both, Quantity.WEIGHT_GRADIENT),
            both,
            lambda: figures.figure_8(*both),
            "--figure histograms --quantity weight_gradient --step 0",
        ),
        ReportFigure(
            9,
            "Weight gradients during training",
            "Standard: those of the layers diverge. Normalized: they stay together.",
            observations.weight_gradients(*both),
            both,
            lambda: figures.figure_9(*both),
            "--figure layer-curves --quantity weight_gradient --band p98-and-std",
        ),
        ReportFigure(
            10,
            "Activations of a normalized tanh network",
            "As figure 3, for tanh with the normalized initialization: layers no "
            "longer saturate one after another from the bottom.",
            observations.extremes({"Tanh N": normalized}),
            (normalized,),
            lambda: figures.figure_10(normalized),
            "--figure layer-curves --quantity activation --band p98-and-std",
        ),
        ReportFigure(
            11,
            "Test error on Shapeset-3×2",
            "From the highest error to the lowest: sigmoid, tanh, softsign, softsign "
            "N, tanh N, and below them the pre-trained network. A support vector "
            f"machine stays at {SVM_ERROR} %.",
            observations.online(online, svm_error),
            tuple(run for runs in online.values() for run in runs),
            lambda: figures.figure_11(
                online, svm_error=svm_error, svm_examples=of.size.svm_examples
            ),
            "--figure training-curves",
        ),
    ]
    if others:
        found.append(
            ReportFigure(
                12,
                "Test error on " + " and ".join(others),
                "The same order as on Shapeset-3×2, less far apart: tanh N and "
                "softsign first, sigmoid last.",
                " ".join(
                    f"{name}. {observations.online(schemes)}"
                    for name, schemes in others.items()
                ),
                tuple(
                    run
                    for schemes in others.values()
                    for runs in schemes.values()
                    for run in runs
                ),
                lambda: figures.figure_12(others),
                "--figure training-curves",
            )
        )
    return found
