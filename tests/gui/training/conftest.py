"""Fixtures for tests of training: a fake program, and a window."""

import functools
import sys
from pathlib import Path

import pytest

from keras_xavier.experiments.experiment import Experiment
from keras_xavier_gui.training import manager

TRAINER = Path(__file__).with_name("trainer.py")


@pytest.fixture(scope="session")
def trainer():
    """Returns the command line of the fake program for a kind of behavior."""
    return lambda behavior: (sys.executable, str(TRAINER), behavior)


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
    """Answers to the question when the window closes, in order."""
    given = []

    def ask(parent, running):
        return given.pop(0) if given else manager.Answer.KEEP_RUNNING

    monkeypatch.setattr(manager, "ask", ask)
    return given


@pytest.fixture
def window(answers, make_window):
    """The main window without runs; no process outlives it."""
    made = make_window()
    processes = []
    start = manager.TrainingProcess

    def remember(*arguments, **options):
        processes.append(start(*arguments, **options))
        return processes[-1]

    manager.TrainingProcess = remember
    yield made
    manager.TrainingProcess = start
    for process in processes:
        process.kill()
        process._process.wait()


@pytest.fixture
def start(window, trainer, experiment, qtbot, tmp_path):
    """Starts the fake program from the window, and returns its pane."""

    def begin(behavior, name="mine"):
        window.training.program = trainer(behavior)
        known = len(window.training.area.panes())
        window.training.start(experiment, str(tmp_path / "runs" / name))
        qtbot.waitUntil(lambda: len(window.training.area.panes()) > known)
        return window.training.area.panes()[0]

    return begin
