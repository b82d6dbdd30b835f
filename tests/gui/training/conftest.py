"""What the tests of trainings share: a program that stands in for the real one."""

import functools
import sys
from pathlib import Path

import pytest

from keras_xavier.experiments.experiment import Experiment
from keras_xavier_gui.training import manager as trainings

TRAINER = Path(__file__).with_name("trainer.py")


@pytest.fixture(scope="session")
def trainer():
    """Makes the words that start the stand-in, which behaves as told."""
    return lambda manner: (sys.executable, str(TRAINER), manner)


@pytest.fixture
def qtbot(qtbot):
    """Waits longer: processes start slowly on a busy machine."""
    qtbot.waitUntil = functools.partial(qtbot.waitUntil, timeout=30_000)
    return qtbot


@pytest.fixture
def experiment():
    return Experiment(layers=1, units=10, updates=1_000_000)


@pytest.fixture
def answers(monkeypatch):
    """What the question at closing is answered with, one after the other."""
    given = []

    def ask(parent, running):
        return given.pop(0) if given else trainings.Answer.KEEP_RUNNING

    monkeypatch.setattr(trainings, "ask", ask)
    return given


@pytest.fixture
def window(answers, make_window):
    """The main window without runs; no process outlives it."""
    made = make_window()
    processes = []
    start = trainings.TrainingProcess

    def remember(*arguments, **options):
        processes.append(start(*arguments, **options))
        return processes[-1]

    trainings.TrainingProcess = remember
    yield made
    trainings.TrainingProcess = start
    for process in processes:
        process.kill()
        process._process.wait()


@pytest.fixture
def start(window, trainer, experiment, qtbot, tmp_path):
    """Starts the stand-in from the window; gives back its pane."""

    def begin(manner, name="mine"):
        window.training.program = trainer(manner)
        known = len(window.training.area.panes())
        window.training.start(experiment, str(tmp_path / "runs" / name))
        qtbot.waitUntil(lambda: len(window.training.area.panes()) > known)
        return window.training.area.panes()[0]

    return begin
