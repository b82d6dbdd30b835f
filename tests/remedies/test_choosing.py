"""Which remedies are chosen, without training."""

import keras
import numpy as np
import pytest

from keras_xavier.diagnosis import FigureSpec, Finding, FindingName, Number, Severity
from keras_xavier.remedies.choosing import choose
from keras_xavier.remedies.examples import read_examples
from keras_xavier.remedies.program import describe_program, find_facts

X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
COUNTS = np.random.default_rng(1).poisson(3, 64).astype("float32")


def named(name, numbers=()):
    figure = FigureSpec("training-curves")
    texts = {"summary": "", "explanation": "", "remedy": "", "source": ""}
    return Finding(name, Severity.ERROR, (), (0, 0), numbers, figure, **texts)


def chosen(
    name, loss, *, output=None, numbers=(), limit=1, rate=0.5, layers=(), **options
):
    """Returns the first remedies for a finding of a regression."""
    model = keras.Sequential(
        [keras.Input((4,)), *layers, keras.layers.Dense(1, activation=output)]
    )
    model.compile(keras.optimizers.SGD(rate, **options), loss)
    program = describe_program(model)
    facts = find_facts(program, read_examples((X, COUNTS), batches=9)[0])
    return choose([named(name, numbers)], program, facts, limit)


def test_a_summed_loss_becomes_a_mean():
    loss = keras.losses.Huber(delta=2.0, reduction="sum")
    (remedy,) = chosen(FindingName.LOSS_SUMMED, loss)
    assert remedy.title == "Mean of the loss over the batch"
    assert remedy.program.loss.reduction == "sum_over_batch_size"
    assert loss.reduction == "sum"
    # The parameter, which is not part of the configuration, is kept.
    errors = np.array([[0.0]]), np.array([[3.0]])
    assert float(remedy.program.loss(*errors)) == float(loss(*errors)) == 4.0
    (change,) = remedy.changes
    assert 'keras.losses.Huber(reduction="sum")' in change.before
    assert "keras.losses.Huber()" in change.after
    assert chosen(FindingName.LOSS_SUMMED, "mse")[0].title == "Learning rate 0.05"


@pytest.mark.parametrize("output", [None, "tanh"])
def test_the_poisson_loss_gets_a_positive_output(output):
    (remedy,) = chosen(FindingName.OUTPUT_NOT_POSITIVE, "poisson", output=output)
    assert remedy.title == "Softplus output"
    assert 'activation="softplus"' in remedy.changes[0].after


@pytest.mark.parametrize(
    ("factor", "rate"), [(30.0, "0.015"), (2.2, "0.25"), (0.5, "0.05")]
)
def test_the_measured_factor_comes_before_usual_ones(factor, rate):
    numbers = (Number("factor", factor),)
    found = chosen(FindingName.LEARNING_RATE_TOO_HIGH, "mse", numbers=numbers)
    assert found[0].title == f"Learning rate {rate}"


COSINE = keras.optimizers.schedules.CosineDecay(
    0.0, 9, warmup_target=0.25, warmup_steps=3
)
STEPS = keras.optimizers.schedules.PiecewiseConstantDecay([5], [0.125, 1e-8])
NORMAL = keras.layers.BatchNormalization(momentum=0.999)


@pytest.mark.parametrize(
    ("name", "options", "title", "code"),
    [
        (
            FindingName.CLIPPING_TOO_STRONG,
            {"clipvalue": 1e-5},
            "Clipping with clipvalue=1",
            "clipvalue=1.0",
        ),
        (
            FindingName.LEARNING_RATE_DECAYS_TOO_EARLY,
            {"rate": COSINE},
            "Constant learning rate 0.25",
            "learning_rate=0.25",
        ),
        (
            FindingName.LEARNING_RATE_TOO_LOW,
            {"rate": STEPS},
            "Constant learning rate 0.125",
            "learning_rate=0.125",
        ),
        (
            FindingName.LEARNING_RATE_TOO_HIGH,
            {"momentum": 0.999},
            "Momentum 0.9",
            "momentum=0.9",
        ),
        (
            FindingName.MOVING_STATISTICS_NOT_CONVERGED,
            {"layers": [NORMAL]},
            "Batch normalization with momentum 0.9",
            "momentum=0.9",
        ),
    ],
)
def test_the_setting_at_fault_is_changed_first(name, options, title, code):
    (remedy,) = chosen(name, "mse", **options)
    assert remedy.title == title
    assert code in remedy.changes[0].after


def test_functions_without_a_gradient_are_removed():
    x = keras.Input((4,))
    hidden = keras.layers.Dense(3)(x)
    steps = keras.ops.stop_gradient(keras.ops.round(hidden))
    model = keras.Model(x, keras.layers.Dense(1)(steps))
    model.compile("adam", "mse")
    program = describe_program(model)
    facts = find_facts(program, read_examples((X, COUNTS), batches=9)[0])
    (remedy,) = choose([named(FindingName.ZERO_GRADIENT)], program, facts, 1)
    assert remedy.changes[0].before.split("(...)\n")[0] == "keras.ops.round"
    kinds = [type(one).__name__ for one in remedy.program.build().operations]
    assert kinds == ["InputLayer", "Dense", "Dense"]
