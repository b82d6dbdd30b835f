"""Experiments of the paper, and their expected results. No Qt.

The paper chose learning rates by validation error and does not list them. The rates
here show the same results within the given number of updates.
"""

from keras_xavier.experiments.experiment import DATASET_TITLES, Experiment
from keras_xavier.paper.schemes import SCHEMES

PRESETS = {
    "Quick first try: sigmoid, 4 layers of 100 units": Experiment(
        activation="sigmoid",
        initializer="standard",
        layers=4,
        units=100,
        learning_rate=0.1,
        updates=4000,
    ),
    "Sigmoid, 4 hidden layers (figure 2)": Experiment(
        activation="sigmoid", initializer="standard", layers=4, learning_rate=0.1
    ),
    "Tanh, 5 hidden layers (figure 3)": Experiment(initializer="standard"),
    "Softsign, 5 hidden layers (figure 3)": Experiment(
        activation="softsign", initializer="standard"
    ),
    "Tanh, normalized (Glorot uniform) initialization (figure 10)": Experiment(),
}
PAPER_ACTIVATIONS = {scheme.activation for scheme in SCHEMES}
PAPER_INITIALIZERS = {scheme.initializer for scheme in SCHEMES}
PAPER_LAYERS = 5
PAPER_UNITS = 1000
DEEP = 4
"""Least number of hidden layers with which sigmoid networks stall in the paper."""
NARROW = 300
EPOCH = 20_000
"""Updates that the paper calls an epoch; its figures show more than a hundred."""
TEST_ERRORS = {
    (scheme.activation, scheme.initializer): scheme.errors for scheme in SCHEMES
}
"""Table 1: test error in percent with five hidden layers, by dataset."""


def expectation(experiment: Experiment) -> str:
    """Describes the expected results of an experiment in a few sentences."""
    sentences = [
        behavior(experiment),
        expected_error(experiment),
        limitation(experiment),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def behavior(experiment: Experiment) -> str:
    """Describes the behavior of the layers in the paper."""
    match experiment:
        case Experiment(activation=activation) if activation not in PAPER_ACTIVATIONS:
            return "Not in the paper, which does not study this activation function."
        case Experiment(initializer=name) if name not in PAPER_INITIALIZERS:
            return (
                "Not in the paper, which compares the standard (PyTorch-style uniform) "
                "and the normalized (Glorot uniform) initialization."
            )
        case Experiment(activation="sigmoid", initializer="normalized"):
            return (
                "Not in the paper, which trains sigmoid networks with the standard "
                "initialization only. The mean of a sigmoid is far from 0 with either "
                "initialization."
            )
        case Experiment(activation="sigmoid", layers=layers, dataset=dataset) if (
            layers >= DEEP and dataset != "shapeset3x2"
        ):
            return (
                "The top hidden layer saturates at 0, which delays learning; the "
                "paper shows this on Shapeset."
            )
        case Experiment(activation="sigmoid", layers=layers) if layers > DEEP:
            return (
                "The top hidden layer saturates at 0, and the error stays at chance. "
                "With five layers, it never leaves saturation in the paper."
            )
        case Experiment(activation="sigmoid", layers=layers) if layers == DEEP:
            return (
                "The top hidden layer saturates at 0 at once, and the error stays at "
                "chance until about epoch 100, which is 2,000,000 updates (figure 2)."
            )
        case Experiment(activation="sigmoid"):
            return (
                "In the paper, sigmoid networks have four or five layers, and the top "
                "layer saturates at 0. With fewer layers, expect less saturation."
            )
        case Experiment(layers=1):
            return "With one hidden layer, signals cannot fade with depth."
        case Experiment(initializer="normalized"):
            return (
                "At first, activations have the same distribution in all layers "
                "(figure 6), and so do back-propagated gradients (figure 7)."
            )
        case Experiment(activation="tanh"):
            return (
                "Layers saturate one after another, starting with the first "
                "(figure 3). At first, back-propagated gradients are smaller in lower "
                "layers (figure 7)."
            )
    return (
        "Layers saturate together, and less than tanh layers (figure 3). Activations "
        "cluster around ±0.6 to ±0.8, where softsign is not flat yet (figure 4)."
    )


def expected_error(experiment: Experiment) -> str:
    """States the test error in the paper; empty if it has none."""
    errors = TEST_ERRORS.get((experiment.activation, experiment.initializer))
    if errors is None or experiment.layers != PAPER_LAYERS:
        return ""
    error = errors[experiment.dataset]
    name = DATASET_TITLES[experiment.dataset]
    return f"Final test error on {name} in the paper: {error:.2f}% (table 1)."


def limitation(experiment: Experiment) -> str:
    """States how the experiment is smaller than in the paper."""
    if experiment.units < NARROW:
        return (
            f"Layers in the paper have {PAPER_UNITS:,} units; effects are weaker here."
        )
    if experiment.updates <= EPOCH:
        return (
            "This is only the beginning of training: the paper trains for millions of "
            "updates."
        )
    return ""
