"""What recording imports."""

import os
import subprocess
import sys

import keras
import pytest

PROGRAM = """
import sys
import keras
import numpy as np
import keras_xavier as kx

model = kx.models.mlp((4,), classes=3, layers=2, units=5)
schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
model.compile(keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy")
x, y = np.zeros((8, 4)), np.zeros(8)
record = kx.LayerStatistics(sys.argv[1], probe=(x, y))
model.fit(x, y, verbose=0, callbacks=[record])
assert "tensorflow" not in sys.modules
units = kx.open_run(sys.argv[1]).attributes["model"]["layers"][1]["settings"]["units"]
assert units == 5
# Keras finds it as soon as the program needs it.
keras.utils.set_random_seed(0)
assert "tensorflow" in sys.modules
"""


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="it is the backend")
def test_tensorflow_is_not_imported_on_another_backend(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "run")]
    subprocess.run(command, check=True, env=os.environ, timeout=250)
