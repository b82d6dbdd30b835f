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

EXAMPLES, WIDTH = 30, 1000


def mean_cosine(values):
    """Returns the mean cosine between different rows, as its definition says."""
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    count = len(unit)
    return (np.square(unit.sum(axis=0)).sum() - count) / (count * (count - 1))


def describe(values, rows):
    """Returns the statistics that theory predicts, and the number of values."""
    found = {
        Statistic.MEAN: values.mean(dtype=np.float64),
        Statistic.STD: values.std(dtype=np.float64),
    }
    if rows:
        wide = values.astype(np.float64)
        found[Statistic.UNIT_STD] = np.sqrt(wide.var(axis=0).mean())
        found[Statistic.COSINE] = mean_cosine(wide)
    return [found.get(one, np.nan) for one in STATISTICS], values.size


def measure(network, x, back=None):
    """Returns the statistics of all quantities in all layers, without other gradients.

    Args:
        network: List of (activation, kernel, bias), from the input up.
        x: Array of shape (example, unit). Inputs.
        back: Array of shape (example, unit). Gradient of the last preactivation.
            Defaults to None: the statistics contain no gradients.
    """
    z, signals = x, []
    for activation, kernel, bias in network:
        s = z @ kernel + bias
        z = NONLINEARITIES[activation].function(s).astype(x.dtype)
        signals.append((s, z))
    rows = [
        {
            Quantity.PREACTIVATION: describe(s, True),
            Quantity.ACTIVATION: describe(z, True),
            Quantity.WEIGHT: describe(kernel, False),
        }
        for (_, kernel, _), (s, z) in zip(network, signals, strict=True)
    ]
    if back is not None:
        gradients = back_propagate(network, signals, back)
        for row, gradient in zip(rows, gradients, strict=True):
            row[Quantity.PREACTIVATION_GRADIENT] = describe(gradient, True)
    return rows


def back_propagate(network, signals, back):
    """Returns ∂C/∂s of each layer, from the input up."""
    gradients = [back]
    below = zip(network[-2::-1], network[:0:-1], signals[-2::-1], strict=True)
    for (activation, _, _), (_, kernel, _), (s, _) in below:
        slope = NONLINEARITIES[activation].slope(s)
        gradients.append(gradients[-1] @ kernel.T * slope)
    return gradients[::-1]


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

    Bias variances are those of the given biases. `rename` changes the recorded names
    of activation functions, and `other` adds a row that is no layer.
    """

    def write(network, x, *, back=None, step=0, other=False, rename=None, **attributes):
        layers = [
            Layer(
                f"dense_{i}",
                "Dense",
                (rename or {}).get(activation, activation),
                len(bias),
                kernel.size,
            )
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
    """Kernels of 20 layers with weights of variance 1 / n, half of them transposed."""
    random = np.random.default_rng(0)
    drawn = random.random((10, WIDTH, WIDTH), "float32") * 2 - 1
    drawn *= np.float32((3 / WIDTH) ** 0.5)
    return np.concatenate([drawn, drawn.transpose(0, 2, 1)])


@pytest.fixture(scope="session")
def inputs():
    """Inputs of which every two have a cosine of about 1/2."""
    random = np.random.default_rng(1)
    common, own = random.normal(size=(1, WIDTH)), random.normal(size=(EXAMPLES, WIDTH))
    return (np.sqrt(0.5) * (common + own)).astype("float32")
