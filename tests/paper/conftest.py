"""Synthetic runs of the networks of the paper."""

from dataclasses import asdict

import numpy as np
import pytest

from keras_xavier.histogram_bins import BIN_COUNT, count
from keras_xavier.paper.reproduction import SHAPESET, Reproduction, Size
from keras_xavier.runs import RunWriter
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Measurement, Quantity

RECORDS = 101
UPDATES = 10_000
SMALL = Size(
    units=10,
    updates={SHAPESET: UPDATES, "mnist": UPDATES, "cifar10": UPDATES},
    seeds=2,
    pretraining_updates=10,
    svm_examples=100,
)


@pytest.fixture
def reproduction(tmp_path):
    return Reproduction(tmp_path, SMALL, learning_rate=0.1)


@pytest.fixture
def write_run(reproduction):
    """Writes the run of a scheme with the given statistics."""

    def write(scheme, values, **options):
        names = ("dataset", "seed", "layers", "pretrained")
        chosen = {name: options.pop(name) for name in names if name in options}
        experiment = reproduction.experiment(scheme, **chosen)
        write_experiment(experiment, reproduction.runs_folder, values, **options)

    return write


@pytest.fixture(name="write_experiment")
def write_experiment_fixture():
    return write_experiment


def write_experiment(
    experiment, folder, values, *, errors=(0.5,), final=None, until=None, data=None
):
    """Writes a finished run of an experiment with the given statistics."""
    bounds = (0.0, 1.0) if experiment.activation == "sigmoid" else (-1.0, 1.0)
    layers = [
        Layer(f"hidden_{i + 1}", "Dense", experiment.activation, 10, 110, *bounds)
        for i in range(experiment.layers)
    ]
    layers.append(Layer("output", "Dense", "softmax", 9, 99))
    if not values and final is None:
        # Only the errors matter.
        steps = np.array([0, experiment.updates])
    else:
        steps = np.linspace(0, experiment.updates, RECORDS).astype(int)
        # Frequent at first, as with the default schedule.
        steps[1:4] = 1, 10, 50
    hyperparameters = asdict(experiment) | ({} if data is None else {"data": data})
    with RunWriter(
        experiment.run_path(folder), layers=layers, hyperparameters=hyperparameters
    ) as writer:
        for record, step in enumerate(steps):
            writer.record(int(step), measurement(layers, values, record, final))
        for number, error in enumerate(errors, start=1):
            step = (until or experiment.updates) * number // len(errors)
            writer.log(step, {"test_error": error, "val_error": error})


def measurement(layers, values, record, final):
    """Builds a measurement with the given statistics of the hidden layers.

    `values` are arrays that broadcast to shape (record, layer), by quantity and
    statistic. All statistics of the output layer are 0.1. `final` are the activations
    of each hidden layer in the last record, or a function from a record to them.
    """
    hidden = layers[:-1]
    statistics = np.full((len(QUANTITIES), len(layers), len(STATISTICS)), 0.1)
    for (quantity, statistic), array in values.items():
        array = np.broadcast_to(array, (RECORDS, len(hidden)))
        indices = QUANTITIES.index(quantity), STATISTICS.index(statistic)
        statistics[indices[0], :-1, indices[1]] = array[record]
    histogram = np.zeros((len(QUANTITIES), len(layers), BIN_COUNT), np.uint32)
    activations = final(record) if callable(final) else final
    if activations is not None and (callable(final) or record == RECORDS - 1):
        row = QUANTITIES.index(Quantity.ACTIVATION)
        for j, layer in enumerate(hidden):
            edges = layer.edges(Quantity.ACTIVATION)
            histogram[row, j] = count(np.asarray(activations[j]), edges)
    return Measurement(statistics.astype(np.float32), histogram, {})
