"""Measures of success are the same for all kinds of outputs of one task."""

import numpy as np
import pytest

from keras_xavier.remedies.report import is_better
from keras_xavier.remedies.task import Kind, Score, find_task, guessing, score

CLASSES = np.array([0, 1, 2, 1] * 10)
BITS = np.array([0.0, 1.0] * 20)


@pytest.mark.parametrize(
    ("targets", "loss", "activation", "kind"),
    [
        (CLASSES, "sparse_categorical_crossentropy", "softmax", Kind.CLASSES),
        (CLASSES, "mean_squared_error", None, Kind.REGRESSION),
        (CLASSES, "mean_squared_error", "softmax", Kind.CLASSES),
        (np.eye(3)[CLASSES], "mean_squared_error", None, Kind.ONE_HOT),
        (BITS, None, None, Kind.BINARY),
        (BITS[:, None], "mean_squared_error", "sigmoid", Kind.BINARY),
        (np.array([[1, 1], [0, 1]] * 9), None, "softmax", Kind.LABELS),
        (BITS + 0.5, "binary_crossentropy", "sigmoid", Kind.REGRESSION),
        (np.array([np.nan, *BITS]), "mean_squared_error", None, Kind.BINARY),
        (CLASSES.reshape(4, 10), "sparse_categorical_crossentropy", None, Kind.CLASSES),
    ],
)
def test_the_task_follows_from_the_targets(targets, loss, activation, kind):
    assert find_task(targets, loss=loss, activation=activation).kind is kind


def test_probabilities_logits_and_one_hot_rows_have_one_accuracy_and_cost():
    chances = np.random.default_rng(0).dirichlet([1, 1, 1], len(CLASSES))
    classes = find_task(
        CLASSES, loss="sparse_categorical_crossentropy", activation="softmax"
    )
    rows = np.eye(3)[CLASSES]
    one_hot = find_task(rows, loss=None, activation=None)
    scores = [
        score(classes, CLASSES, chances, logits=False),
        score(classes, CLASSES, np.log(chances), logits=True),
        score(one_hot, rows, chances, logits=False),
    ]
    for one in scores:
        assert one.value == scores[0].value
        assert one.cost == pytest.approx(scores[0].cost, rel=1e-6)


@pytest.mark.parametrize(("logits", "expected"), [(False, 1.0), (True, 0.5)])
def test_the_threshold_of_two_classes_depends_on_the_loss(logits, expected):
    task = find_task(BITS, loss="binary_crossentropy", activation="sigmoid")
    predictions = np.where(BITS, 0.6, 0.4)[:, None]
    assert score(task, BITS, predictions, logits=logits).value == expected


def test_guessing_has_no_skill():
    targets = np.random.default_rng(1).normal(5, 2, (50, 2))
    regression = find_task(targets, loss="mean_squared_error", activation=None)
    assert guessing(regression, targets).value == pytest.approx(0)
    task = find_task(CLASSES, loss="sparse_categorical_crossentropy", activation=None)
    assert guessing(task, CLASSES).value == 0.5
    assert guessing(task, CLASSES).cost == pytest.approx(1.5 * np.log(2))


def test_rare_classes_count_as_much_as_frequent_ones():
    rare = (np.arange(100) < 5).astype(float)
    task = find_task(rare, loss="binary_crossentropy", activation="sigmoid")
    assert task.measure == "balanced accuracy"
    assert score(task, rare, np.zeros((100, 1)), logits=False).value == 0.5


@pytest.mark.parametrize("predictions", [np.nan, np.inf])
def test_predictions_that_are_not_finite_are_no_success(predictions):
    for targets, loss in ((BITS, "binary_crossentropy"), (BITS * 3, "mse")):
        task = find_task(targets, loss=loss, activation=None)
        filled = np.full((len(targets), 1), predictions)
        value = score(task, targets, filled, logits=False).value
        assert np.isnan(value)
        assert not is_better(value, np.nan, 0, Score(0.1, 1), Score(0.5, 1))


@pytest.mark.parametrize(
    ("value", "cost", "expected"),
    [(0.9, 0.3, True), (0.52, 0.7, False), (0.6, 0.69, False), (0.62, 0.5, True)],
)
def test_a_remedy_must_beat_the_original_and_guessing(value, cost, expected):
    original, guess = Score(0.6, 1.0), Score(0.5, 0.69)
    assert is_better(value, cost, 0.02, original, guess) is expected
