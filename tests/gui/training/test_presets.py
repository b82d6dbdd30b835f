import itertools

from keras_xavier.experiments.experiment import (
    ACTIVATIONS,
    DATASETS,
    INITIALIZERS,
    Experiment,
)
from keras_xavier_gui.training.presets import PRESETS, expectation


def expected(**hyperparameters):
    return expectation(Experiment(**hyperparameters))


def test_deep_sigmoid_networks_are_expected_to_stay_at_chance():
    text = expectation(PRESETS["Sigmoid, 4 hidden layers (figure 2)"])
    assert "saturates at 0" in text
    assert "chance" in text


def test_sigmoid_networks_on_mnist_are_not_expected_to_stay_at_chance():
    text = expected(activation="sigmoid", initializer="standard", dataset="mnist")
    assert "chance" not in text
    assert "2.21%" in text


def test_test_errors_are_listed_for_the_depth_of_the_paper_only():
    assert "15.60%" in expected()
    assert "55.78%" in expected(
        activation="softsign", initializer="standard", dataset="cifar10"
    )
    assert "table 1" not in expected(layers=3)


def test_experiments_that_are_not_in_the_paper_are_marked():
    assert "Not in the paper" in expected(activation="gelu")
    assert "Not in the paper" in expected(initializer="he_normal")
    assert "Not in the paper" in expected(activation="sigmoid")


def test_experiments_smaller_than_in_the_paper_are_marked():
    assert "1,000 units" in expected(units=50)
    assert "millions" in expected(updates=1000)
    assert "millions" not in expected(updates=5_000_000)


def test_every_experiment_has_expected_results():
    for activation, initializer, dataset, layers in itertools.product(
        ACTIVATIONS, INITIALIZERS, DATASETS, (1, 3, 4, 5, 9)
    ):
        text = expected(
            activation=activation,
            initializer=initializer,
            dataset=dataset,
            layers=layers,
        )
        assert 30 < len(text) < 300
        assert text.endswith(".")
