"""LayerStatistics with training on several devices.

Each training run has a separate process, because backends detect devices only when
they start.
"""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_xavier.runs import open_run
from keras_xavier.statistics import Quantity

BACKEND = keras.backend.backend()

TRAINING = """
import sys

import keras
import numpy as np

from keras_xavier.recording.layer_statistics import LayerStatistics

generator = np.random.default_rng(0)
x = generator.normal(size=(32, 6)).astype("float32")
y = generator.integers(0, 3, 32)


def train(run, source):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.layers.Input((6,)),
            keras.layers.Dense(8, "tanh", name="hidden"),
            keras.layers.Dense(3, "softmax", name="output"),
        ]
    )
    optimizer = keras.optimizers.SGD(0.1)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    probe = (x[:10], y[:10]) if source == "probe" else None
    callback = LayerStatistics(run, probe=probe, every=2, step_quality=True)
    options = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}
    model.fit(x, y, callbacks=[callback], **options)
"""

MIRRORED = """
import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
# One strategy for all runs: TensorFlow confuses collective operations of two.
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
for source in "probe", "batch":
    train(f"{sys.argv[1]}/{source}_of_one", source)
    with strategy.scope():
        train(f"{sys.argv[1]}/{source}_of_two", source)
"""

DATA_PARALLEL = """
import jax

assert len(jax.devices()) == 2
for source in "probe", "batch":
    train(f"{sys.argv[1]}/{source}_of_one", source)
keras.distribution.set_distribution(
    keras.distribution.DataParallel(devices=["cpu:0", "cpu:1"])
)
for source in "probe", "batch":
    train(f"{sys.argv[1]}/{source}_of_two", source)
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Folders with the runs of both sources, for one device and for two."""
    folder = tmp_path_factory.mktemp("runs")
    script = folder / "train.py"
    script.write_text(TRAINING + (DATA_PARALLEL if BACKEND == "jax" else MIRRORED))
    environment = os.environ | {
        "KERAS_BACKEND": BACKEND,
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    }
    done = subprocess.run(
        [sys.executable, script, folder],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "RuntimeWarning" not in done.stderr
    return folder


@pytest.mark.skipif(BACKEND == "torch", reason="Keras does not distribute on PyTorch")
@pytest.mark.parametrize(
    ("source", "steps"), [("probe", [0, 2, 4, 6, 8]), ("batch", [0, 2, 4, 6, 7])]
)
def test_statistics_are_of_the_whole_batch(runs, source, steps):
    one, two = (open_run(runs / f"{source}_of_{n}") for n in ("one", "two"))
    assert one.steps.tolist() == two.steps.tolist() == steps
    assert one.layers == two.layers
    assert two.state == "finished"
    for quantity in Quantity:
        for name in ("mean", "std", "min", "max", "saturated", "zero"):
            np.testing.assert_allclose(
                two.read_statistics(quantity, name),
                one.read_statistics(quantity, name),
                rtol=1e-4,
                atol=1e-6,
                err_msg=f"{quantity} {name}",
            )
        for step in range(len(steps)):
            counts = [r.read_histogram(quantity, step).sum(axis=-1) for r in (one, two)]
            assert counts[0].tolist() == counts[1].tolist()
    for name in one.metrics():
        expected, found = (r.metrics()[name][1] for r in (one, two))
        np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.skipif(BACKEND == "torch", reason="Keras does not distribute on PyTorch")
def test_all_devices_write_one_run(runs):
    assert sorted(path.name for path in runs.glob("*.zarr")) == [
        "batch_of_one.zarr",
        "batch_of_two.zarr",
        "probe_of_one.zarr",
        "probe_of_two.zarr",
    ]
