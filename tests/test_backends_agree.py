"""Backends measure the same values for equal weights and data."""

import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from keras_xavier.runs import open_run
from keras_xavier.statistics import QUANTITIES, STATISTICS, Quantity, Statistic

BACKENDS = ("tensorflow", "jax", "torch")
MEASURE = """
import sys
import keras
import numpy as np
from keras import layers
import keras_xavier as kx

folder = sys.argv[1]
model = keras.Sequential(
    [
        layers.Input((8, 8, 2)),
        layers.Conv2D(6, 3, activation="softsign", name="convolution"),
        layers.BatchNormalization(name="normalization"),
        layers.Flatten(),
        layers.Dense(40, "tanh", name="dense"),
        layers.Dense(30, "sigmoid", name="sigmoid"),
        layers.Dense(20, "relu", name="relu"),
        layers.Dense(5, "softmax", name="output"),
    ]
)
generator = np.random.default_rng(0)
for weight in model.weights:
    values = generator.normal(size=weight.shape) / np.sqrt(np.prod(weight.shape[:-1]))
    # Variances are positive.
    weight.assign(1 + 0.1 * np.abs(values) if "variance" in weight.path else values)
optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
model.compile(optimizer, "sparse_categorical_crossentropy")
x = generator.normal(size=(60, 8, 8, 2)).astype("float32")
y = generator.integers(0, 5, 60)
model.fit(
    x, y, batch_size=20, shuffle=False, verbose=0,
    callbacks=[
        kx.LayerStatistics(f"{folder}/batch", every=1),
        kx.LayerStatistics(f"{folder}/probe", probe=(x, y), every=1),
    ],
)
found = kx.layer_jacobian_singular_values(model, x[:2], layers=["dense", "sigmoid"])
np.save(f"{folder}/jacobians.npy", found[0].values)
"""
ORDERED = (Statistic.P2, Statistic.P25, Statistic.P50, Statistic.P75, Statistic.P98)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Measurements of the same training on each backend."""
    if missing := [name for name in BACKENDS if not find_spec(name)]:
        pytest.skip(f"{', '.join(missing)} are not installed")
    found = {name: tmp_path_factory.mktemp(name) for name in BACKENDS}
    for name, folder in found.items():
        subprocess.run(
            [sys.executable, "-c", MEASURE, str(folder)],
            check=True,
            env=os.environ | {"KERAS_BACKEND": name},
        )
    return found


@pytest.mark.parametrize("other", BACKENDS[1:])
@pytest.mark.parametrize("source", ["batch", "probe"])
def test_statistics_agree(folders, source, other):
    one, two = (open_run(folders[name] / source) for name in (BACKENDS[0], other))
    assert one.layers == two.layers
    assert one.steps.tolist() == two.steps.tolist()
    for quantity in QUANTITIES:
        if (source, quantity) == ("probe", Quantity.WEIGHT_UPDATE):
            continue
        scale = one.read_statistics(quantity, Statistic.STD)
        assert np.nanmax(scale) > 0
        for statistic in STATISTICS:
            expected = one.read_statistics(quantity, statistic)
            found = two.read_statistics(quantity, statistic)
            # Relative to the spread of the values, because means and medians cancel.
            tolerance = 1e-4 * np.nan_to_num(np.maximum(scale, np.abs(expected)))
            if statistic in ORDERED:
                # A value at the edge of a fine bin may fall on either side.
                tolerance += 0.016 * np.nan_to_num(np.abs(expected))
            assert (np.isnan(expected) == np.isnan(found)).all()
            difference = np.nan_to_num(np.abs(found - expected))
            assert (difference <= tolerance).all(), (quantity, statistic)


@pytest.mark.parametrize("other", BACKENDS[1:])
@pytest.mark.parametrize("source", ["batch", "probe"])
def test_histograms_agree_up_to_values_at_edges(folders, source, other):
    one, two = (open_run(folders[name] / source) for name in (BACKENDS[0], other))
    for quantity in QUANTITIES:
        for record in range(len(one.steps)):
            expected = one.read_histogram(quantity, record).astype(int)
            found = two.read_histogram(quantity, record).astype(int)
            assert (expected.sum(axis=-1) == found.sum(axis=-1)).all()
            moved = np.abs(found - expected).sum()
            assert moved <= 2e-3 * expected.sum() + 2, (quantity, record)


@pytest.mark.parametrize("other", BACKENDS[1:])
def test_scalars_agree(folders, other):
    for source in ("batch", "probe"):
        one, two = (open_run(folders[name] / source) for name in (BACKENDS[0], other))
        assert one.metrics().keys() == two.metrics().keys()
        for name, (_, expected) in one.metrics().items():
            np.testing.assert_allclose(two.metrics()[name][1], expected, rtol=1e-4)


@pytest.mark.parametrize("other", BACKENDS[1:])
def test_singular_values_agree(folders, other):
    one, two = (
        np.load(folders[name] / "jacobians.npy") for name in (BACKENDS[0], other)
    )
    np.testing.assert_allclose(two, one, rtol=1e-4, atol=1e-5)
