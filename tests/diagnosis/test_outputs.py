"""Output activations that do not fit the loss."""

import numpy as np
import pytest

from keras_xavier.diagnosis import RULES, examine
from keras_xavier.statistics import Quantity, Statistic

RANDOM = np.random.default_rng(0)
BITS = RANDOM.integers(0, 2, 300)
CLASSES = RANDOM.integers(0, 3, 300)
ONE_HOT = np.eye(3)[CLASSES]
REAL = RANDOM.normal(size=300)
BCE = {"class": "binary_crossentropy", "from_logits": False}
CC = {"class": "categorical_crossentropy", "from_logits": False}
SCC = {"class": "SparseCategoricalCrossentropy", "from_logits": False}
LOGITS = {"class": "SparseCategoricalCrossentropy", "from_logits": True}
NAMES = ("softmax_over_one_unit", "logits_as_probabilities", "probabilities_as_logits")


def found(run):
    """Names of the findings of this package's rules about outputs."""
    causes = examine(run).findings
    return [one.name for cause in causes for one in (cause, *cause.consequences)]


def activation_row(kind, **settings):
    return {"name": "last", "class": kind, "settings": settings, "shape": [None, 1]}


@pytest.mark.parametrize(
    "last",
    [
        (),
        (activation_row("Activation", activation="softmax"),),
        (activation_row("Softmax"),),
        (activation_row("Dropout", rate=0.1),),
    ],
)
@pytest.mark.parametrize(
    ("y", "loss", "activation"),
    [(BITS, BCE, "sigmoid"), (REAL, "mse", None), (BITS, "mse", "sigmoid")],
)
def test_softmax_over_one_unit(program, find, last, y, loss, activation):
    own = {} if last and last[0]["class"] != "Dropout" else {"activation": "softmax"}
    finding = find(program(y, loss, own, last=last), NAMES[0])
    assert finding.severity == "error"
    assert finding.layers == ("output",)
    assert "is 1 for every example" in finding.summary
    assert ("sigmoid" in finding.remedy) == (activation == "sigmoid")
    assert "softmax" in finding.change.before.lower()
    assert "softmax" not in finding.change.after.lower()


def test_cross_entropy_over_one_sigmoid_unit(program, find):
    """Keras divides the output by its sum, so the loss is always 0."""
    run = program(BITS, CC, {"activation": "sigmoid"})
    finding = find(run, NAMES[0])
    assert "needs a unit for each class" in finding.summary
    assert 'loss="binary_crossentropy"' in finding.change.after
    assert found(run)[0] == NAMES[0]


def test_a_softmax_over_one_hidden_unit(program, find):
    scores = {
        **{"name": "scores", "class": "Dense", "shape": [None, 20, 1]},
        **{"settings": {"units": 1, "activation": "softmax"}, "inputs": ["x"]},
    }
    run = program(REAL, "mse", before=[scores])
    assert find(run, NAMES[0]) is None, "the layer is not measured"


@pytest.mark.parametrize(
    ("y", "loss", "settings", "suited"),
    [
        (CLASSES, SCC, {"units": 3}, "softmax"),
        (ONE_HOT, CC, {"activation": "relu"}, "softmax"),
        (ONE_HOT, CC, {"activation": {"class": "LeakyReLU"}}, "softmax"),
        (ONE_HOT, CC, {"activation": "log_softmax"}, "softmax"),
        (ONE_HOT, "KLDivergence", {}, "softmax"),
        (ONE_HOT, {"class": "CategoricalGeneralizedCrossEntropy"}, {}, "softmax"),
        (BITS, BCE, {}, "sigmoid"),
        (BITS, BCE, {"activation": "tanh"}, "sigmoid"),
        (BITS, {"class": "bce", "from_logits": False}, {}, "sigmoid"),
        (
            BITS,
            {"class": "BinaryFocalCrossentropy", "from_logits": False},
            {},
            "sigmoid",
        ),
        (BITS, "dice", {}, "sigmoid"),
    ],
)
def test_logits_as_probabilities(program, find, y, loss, settings, suited):
    finding = find(program(y, loss, settings), NAMES[1])
    assert finding.severity == "error"
    assert f'activation="{suited}"' in finding.change.after
    assert suited in finding.remedy


@pytest.mark.parametrize(
    ("y", "loss", "settings"),
    [
        (CLASSES, SCC, {"units": 3, "activation": "softmax"}),
        (CLASSES, LOGITS, {"units": 3}),
        (ONE_HOT, CC, {"activation": "sparsemax"}),
        (ONE_HOT, CC, {"activation": "sigmoid"}),
        (BITS, BCE, {"activation": "hard_sigmoid"}),
        (BITS, {**BCE, "from_logits": True}, {}),
        (BITS, "binary_crossentropy", {}),  # a function of the program
        (ONE_HOT, "my_loss", {}),
        (ONE_HOT, CC, {"activation": "my_softmax"}),
        (ONE_HOT, "categorical_hinge", {}),
        (REAL, "huber_loss", {}),
    ],
)
def test_suitable_outputs_and_unknown_functions(program, y, loss, settings):
    assert not {*found(program(y, loss, settings))} & {*NAMES}


@pytest.mark.parametrize("kind", ["Lambda", "Multiply", "MyLayer"])
def test_unknown_layers_after_the_output(program, kind):
    last = [{"name": "last", "class": kind, "shape": [None, 3]}]
    assert NAMES[1] not in found(program(CLASSES, SCC, {"units": 3}, last=last))


@pytest.mark.parametrize(
    "kind", ["Reshape", "Dropout", "Identity", "BatchNormalization"]
)
def test_layers_that_leave_logits_as_they_are(program, kind):
    last = [{"name": "last", "class": kind, "shape": [None, 3]}]
    assert NAMES[1] in found(program(CLASSES, SCC, {"units": 3}, last=last))


@pytest.mark.parametrize("clipped", [True, False])
def test_logits_of_a_subclassed_model(program, clipped):
    """A softmax may follow the last layer: its gradients are not 0."""
    extremes = {
        (Quantity.ACTIVATION, Statistic.MIN): -2.0,
        (Quantity.ACTIVATION, Statistic.MAX): 2.0,
        (Quantity.PREACTIVATION_GRADIENT, Statistic.ZERO): 0.4 if clipped else 0.0,
    }
    run = program(
        CLASSES, SCC, {"units": 3}, changes=extremes, attributes={"model": {}}
    )
    assert (NAMES[1] in found(run)) == clipped


@pytest.mark.parametrize(
    ("y", "loss", "settings"),
    [
        (CLASSES, LOGITS, {"units": 3, "activation": "softmax"}),
        (ONE_HOT, {**CC, "from_logits": True}, {"activation": "softmax"}),
        (BITS, {**BCE, "from_logits": True}, {"activation": "sigmoid"}),
    ],
)
def test_probabilities_as_logits(program, find, y, loss, settings):
    finding = find(program(y, loss, settings), NAMES[2])
    assert finding.severity == "warning"
    assert "already applies" in finding.summary
    assert "from_logits=True" in finding.change.before or "crossentropy" in (
        finding.change.before
    )
    assert "from_logits=True" not in finding.change.after


def test_tensorflow_takes_the_logits_before_a_softmax(program, find):
    settings = {"units": 3, "activation": "softmax"}
    for backend in ("tensorflow", "jax"):
        run = program(CLASSES, LOGITS, settings, attributes={"backend": backend})
        explained = find(run, NAMES[2]).explanation
        assert ("On TensorFlow" in explained) == (backend == "tensorflow")


def test_losses_by_output(program):
    """Losses in a dict or a list."""
    settings = {"units": 3}
    for loss in ({"output": SCC}, [SCC], {"other": SCC}):
        assert NAMES[1] in found(program(CLASSES, loss, settings))
    assert NAMES[1] not in found(program(CLASSES, {"output": None}, settings))


def test_checks_that_are_not_possible(program, write):
    unchecked = {one.check for one in examine(write(), rules=RULES).unchecked}
    assert {"logits as probabilities", "probabilities as logits"} <= unchecked
    passed = examine(
        program(CLASSES, SCC, {"units": 3, "activation": "softmax"})
    ).passed
    assert "logits as probabilities" in passed


@pytest.mark.parametrize(
    ("activation", "is_found"), [(None, True), ("tanh", True), ("softplus", False)]
)
def test_the_poisson_loss_takes_rates(program, find, activation, is_found):
    counts = np.random.default_rng(0).poisson(3, 300)
    settings = {"activation": activation} if activation else {}
    finding = find(program(counts, "poisson", settings), "output_not_positive")
    assert bool(finding) == is_found
    if finding:
        assert 'activation="softplus"' in finding.change.after
