"""Cells of a notebook that run in the process of the tests."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from keras_xavier.recording import LayerStatistics
from keras_xavier.runs import open_run


class Screen(DisplayPublisher):
    """Shows outputs as a front end does: an update replaces an earlier output."""

    def __init__(self, **options):
        super().__init__(**options)
        self.outputs, self.updates = {}, 0

    def publish(self, data, metadata=None, *, transient=None, update=False, **others):
        name = (transient or {}).get("display_id", len(self.outputs))
        assert update == (name in self.outputs)
        self.outputs[name] = data
        self.updates += update

    @property
    def images(self):
        return [one["image/png"] for one in self.outputs.values() if "image/png" in one]


@dataclass
class Notebook:
    """Runs functions as cells."""

    shell: InteractiveShell
    screen: Screen

    def run(self, cell):
        """Runs a cell; raises its error after the cell has ended."""
        self.shell.user_ns["cell"] = cell
        self.shell.run_cell("cell()").raise_error()


@pytest.fixture
def notebook(monkeypatch):
    shell = InteractiveShell.instance()
    screen = Screen(parent=shell)
    monkeypatch.setattr(shell, "display_pub", screen)
    monkeypatch.setattr(shell, "showtraceback", lambda *args, **options: None)
    yield Notebook(shell, screen)
    InteractiveShell.clear_instance()


X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int32")


def make_model():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, "tanh", name="hidden"),
            keras.layers.Dense(2, "softmax", name="output"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return make_model()


@pytest.fixture
def fit(model):
    """Trains for ten steps."""

    def fit(*callbacks):
        model.fit(X, Y, batch_size=4, verbose=0, callbacks=[*callbacks])

    return fit


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """Two recorded runs."""
    keras.utils.set_random_seed(0)
    runs = []
    for name in "first", "second":
        path = str(tmp_path_factory.mktemp("runs") / name)
        recorder = LayerStatistics(path, every=4)
        make_model().fit(X, Y, batch_size=4, verbose=0, callbacks=[recorder])
        runs.append(open_run(path))
    return runs
