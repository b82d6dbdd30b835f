"""Runs of random networks, computed with NumPy."""

import numpy as np
import pytest

import keras_xavier as kx
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunWriter
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    Layer,
    Measurement,
    Quantity,
    Role,
    Statistic,
)
from keras_xavier.theory.nonlinearities import NONLINEARITIES

EXAMPLES, WIDTH = 60, 1000


def mean_cosine(values):
    """Returns the mean cosine between different rows, as its definition says."""
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    count = len(unit)
    return (np.square(unit.sum(axis=0)).sum() - count) / (count * (count - 1))


def describe(values, rows):
    """Returns the statistics that theory predicts, and the number of values."""
    found = {
        Statistic.MEAN: values.mean(),
        Statistic.STD: values.std(),
        Statistic.UNIT_STD: np.sqrt(values.var(axis=0).mean()) if rows else np.nan,
        Statistic.COSINE: mean_cosine(values) if rows else np.nan,
    }
    return [found.get(one, np.nan) for one in STATISTICS], values.size


def measure(network, x, back):
    """Returns the statistics of all quantities in all layers.

    Args:
        network: List of (activation, kernel, bias), from the input up.
        x: Array of shape (example, unit). Inputs.
        back: Array of shape (example, unit). Gradient of the last preactivation.
    """
    z, signals = x, []
    for activation, kernel, bias in network:
        s = z @ kernel + bias
        z = NONLINEARITIES[activation].function(s)
        signals.append((s, z))
    gradients = [back]
    below = zip(network[-2::-1], network[:0:-1], signals[-2::-1], strict=True)
    for (activation, _, _), (_, kernel, _), (s, _) in below:
        slope = NONLINEARITIES[activation].slope(s)
        gradients.append(gradients[-1] @ kernel.T * slope)
    rows = zip(network, signals, gradients[::-1], strict=True)
    return [
        {
            Quantity.PREACTIVATION: describe(s, True),
            Quantity.ACTIVATION: describe(z, True),
            Quantity.PREACTIVATION_GRADIENT: describe(gradient, True),
            Quantity.WEIGHT: describe(kernel, False),
        }
        for (_, kernel, _), (s, z), gradient in rows
    ]


def to_measurement(rows, before=0):
    """Returns a record; `before` is the number of rows that are no layers."""
    shape = len(QUANTITIES), before + len(rows)
    statistics = np.full((*shape, len(STATISTICS)), np.nan, "float32")
    histogram = np.zeros((*shape, BIN_COUNT), "uint32")
    for index, row in enumerate(rows):
        for quantity, (values, size) in row.items():
            place = QUANTITIES.index(quantity), before + index
            statistics[place], histogram[(*place, 0)] = values, size
    return Measurement(statistics, histogram)


@pytest.fixture
def write_network(tmp_path):
    """Returns a function that writes the run of a network at step 0.

    Bias variances are those of the given biases.
    """

    def write(network, x, *, back=None, step=0, other=False, **attributes):
        random = np.random.default_rng(0)
        back = random.normal(size=(len(x), network[-1][1].shape[1])) if back is None else back
        layers = [
            Layer(f"dense_{i}", "Dense", activation, len(bias), kernel.size)
            for i, (activation, kernel, bias) in enumerate(network)
        ]
        variances = {
            layer.name: float(np.square(bias).mean())
            for layer, (_, _, bias) in zip(layers, network, strict=True)
        }
        before = [Layer("input:x", "InputLayer", None, 3, 0, role=Role.INPUT)]
        before = before if other else []
        attributes = {"bias_variances": variances} | attributes
        path = tmp_path / f"run_{len(list(tmp_path.iterdir()))}"
        with RunWriter(path, layers=before + layers, attributes=attributes) as writer:
            measured = measure(network, x, back)
            writer.record(step, to_measurement(measured, len(before)))
        return kx.open_run(path)

    return write


@pytest.fixture(scope="session")
def kernels():
    """Kernels of 20 layers with weights of variance 1 / n."""
    random = np.random.default_rng(0)
    shape = 20, WIDTH, WIDTH
    return (random.random(shape, "float32") * 2 - 1) * np.float32((3 / WIDTH) ** 0.5)


@pytest.fixture(scope="session")
def inputs():
    """Inputs of which every two have a cosine of about 1/2."""
    random = np.random.default_rng(1)
    common, own = random.normal(size=(1, WIDTH)), random.normal(size=(EXAMPLES, WIDTH))
    return np.sqrt(0.5) * (common + own)
