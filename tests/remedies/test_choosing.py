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


def chosen(name, loss, *, output=None, numbers=(), limit=1, rate=0.5):
    """Returns the first remedies for a finding of a regression."""
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(1, activation=output)]
    )
    model.compile(keras.optimizers.SGD(rate), loss)
    figure = FigureSpec("training-curves")
    texts = {"summary": "", "explanation": "", "remedy": "", "source": ""}
    finding = Finding(name, Severity.ERROR, (), (0, 0), numbers, figure, **texts)
    program = describe_program(model)
    facts = find_facts(program, read_examples((X, COUNTS), batches=9)[0])
    return choose([finding], program, facts, limit)


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
