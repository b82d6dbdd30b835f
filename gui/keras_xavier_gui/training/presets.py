"""Settings of the paper's figures, and what it tells to expect of settings. No Qt.

The paper does not tell the learning rate of each figure: it was chosen by
validation error. Those here show the same within the updates that are set.
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
    "Tanh, normalized initialization (figure 10)": Experiment(),
}
PAPER_ACTIVATIONS = {scheme.activation for scheme in SCHEMES}
PAPER_INITIALIZERS = {scheme.initializer for scheme in SCHEMES}
PAPER_LAYERS = 5
PAPER_UNITS = 1000
DEEP = 4
"""Hidden layers from which on the paper shows sigmoids that stall."""
NARROW = 300
EPOCH = 20_000
"""Updates that the paper calls an epoch; its figures span a hundred and more."""
TEST_ERRORS = {
    (scheme.activation, scheme.initializer): scheme.errors for scheme in SCHEMES
}
"""Table 1: test error in percent of five hidden layers, by data set."""


def expectation(experiment: Experiment) -> str:
    """What to expect of an experiment, in two or three short sentences."""
    sentences = [behaviour(experiment), table(experiment), reservation(experiment)]
    return " ".join(sentence for sentence in sentences if sentence)


def behaviour(experiment: Experiment) -> str:
    """What the paper saw happen in the layers."""
    match experiment:
        case Experiment(activation=activation) if activation not in PAPER_ACTIVATIONS:
            return "Not in the paper: this activation function is yours to explore."
        case Experiment(initializer=name) if name not in PAPER_INITIALIZERS:
            return (
                "Not in the paper, which compares the standard and the normalized "
                "initialization."
            )
        case Experiment(activation="sigmoid", initializer="normalized"):
            return (
                "Not in the paper, which trains sigmoids with the standard "
                "initialization only; the mean of a sigmoid stays far from 0 all "
                "the same."
            )
        case Experiment(activation="sigmoid", layers=layers, dataset=dataset) if (
            layers >= DEEP and dataset != "shapeset3x2"
        ):
            return (
                "The top hidden layer saturates at 0, which holds learning up for "
                "long; the paper shows it on Shapeset."
            )
        case Experiment(activation="sigmoid", layers=layers) if layers > DEEP:
            return (
                "The top hidden layer saturates at 0, and the error stays at chance; "
                "with five layers, the paper never saw it leave saturation."
            )
        case Experiment(activation="sigmoid", layers=layers) if layers == DEEP:
            return (
                "The top hidden layer saturates at 0 at once, and the error stays at "
                "chance for long: until about epoch 100, 2,000,000 updates "
                "(figure 2)."
            )
        case Experiment(activation="sigmoid"):
            return (
                "The paper shows sigmoids of four and five layers, where the top one "
                "saturates at 0; expect less of that with so few."
            )
        case Experiment(layers=1):
            return "With one hidden layer there is no depth for signals to fade over."
        case Experiment(initializer="normalized"):
            return (
                "Activations start alike in all layers (figure 6), and so do "
                "back-propagated gradients (figure 7)."
            )
        case Experiment(activation="tanh"):
            return (
                "Layers saturate one after the other, the first one first "
                "(figure 3); back-propagated gradients start the smaller, the lower "
                "the layer (figure 7)."
            )
    return (
        "Layers saturate together and less than those of tanh (figure 3); values "
        "gather around ±0.6 to ±0.8, where softsign is still not flat (figure 4)."
    )


def table(experiment: Experiment) -> str:
    """The paper's test error, where it has one."""
    errors = TEST_ERRORS.get((experiment.activation, experiment.initializer))
    if errors is None or experiment.layers != PAPER_LAYERS:
        return ""
    error = errors[experiment.dataset]
    name = DATASET_TITLES[experiment.dataset]
    return f"The paper's test error on {name} in the end: {error:.2f} % (table 1)."


def reservation(experiment: Experiment) -> str:
    """In what the experiment is less than the paper's."""
    if experiment.units < NARROW:
        return f"The paper's layers have {PAPER_UNITS:,} units; expect less of so few."
    if experiment.updates <= EPOCH:
        return "So few updates show the beginning: the paper trains for millions."
    return ""
