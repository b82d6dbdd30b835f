"""Programs train with the callback as they train without it."""

import warnings
from importlib import import_module

import keras
import numpy as np
import pytest
from program import BACKEND, BATCH, PROGRAMS, X, Y

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run, run_exists

for table in ("programs_of_models", "programs_of_training"):
    import_module(table)
HERE = {n: one for n, one in PROGRAMS.items() if BACKEND in one.backends}
CASES = [
    *((name, "batch", one.batch) for name, one in HERE.items()),
    *((name, "probe", one.probe) for name, one in HERE.items() if one.probe),
]
# Of Keras itself, with and without the callback.
KERAS = (
    "ignore:The model does not have any trainable weights:UserWarning",
    "ignore:Gradients do not exist for variables:UserWarning",
    "ignore:In the future `np.object`:FutureWarning",
    "ignore:__array__ implementation:DeprecationWarning",
)


def train(name, *callbacks):
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    return PROGRAMS[name].run(*callbacks)


@pytest.fixture(scope="module")
def plain():
    """Results without the callback, by name."""
    return {}


@pytest.mark.parametrize(("name", "source", "expected"), CASES)
@pytest.mark.filterwarnings(*KERAS)
def test_a_program_is_not_harmed(name, source, expected, tmp_path, plain):
    run = str(tmp_path / "run")
    probe = (X[:BATCH], Y[:BATCH]) if source == "probe" else None
    if name not in plain:
        plain[name] = train(name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = train(name, LayerStatistics(run, probe=probe, every=2))
    ours = [str(one.message) for one in caught if one.category is RuntimeWarning]
    check_equal(found, plain[name], exact=source == "probe" or BACKEND == "torch")
    if expected in ("recorded", "partly"):
        assert len(ours) <= (expected == "partly")
        stored = open_run(run)
        assert stored.state == ("interrupted" if expected == "partly" else "finished")
        assert len(stored.steps) >= PROGRAMS[name].steps
        assert stored.layers
    else:
        assert len(ours) == 1
        assert "training continues" in ours[0]
        assert not run_exists(run) or not len(open_run(run).steps)


def check_equal(found, expected, *, exact):
    """Compares results; a recorded step is another program, which may round so."""
    found, expected = map(keras.tree.flatten, (found, expected))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        if isinstance(one, (float, np.ndarray)) and not exact:
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
        else:
            np.testing.assert_array_equal(one, other)
