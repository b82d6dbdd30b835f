"""Fixtures for tests of the app: simulated runs, a window, a check for leaks."""

import gc
import importlib.util
import os
import threading
from pathlib import Path

# Before Qt is imported.
os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from qtpy.compat import isalive

from keras_xavier_gui import preferences
from keras_xavier_gui.main_window import WINDOW_SIZE, MainWindow
from keras_xavier_gui.qt import QtCore, QtWidgets
from keras_xavier_gui.requested_view import UNCHANGED
from keras_xavier_gui.widgets.error_log import ErrorLog

SIMULATION = Path(__file__).with_name("simulation.py")


def pytest_configure(config):
    for message in (
        # On machines without a login session; Qt creates the directory.
        "XDG_RUNTIME_DIR not set",
        # From the offscreen platform.
        "This plugin does not support",
    ):
        config.addinivalue_line("qt_log_ignore", message)


@pytest.fixture(scope="session")
def simulation():
    """The module simulation.py."""
    spec = importlib.util.spec_from_file_location("simulation", SIMULATION)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def simulation_script():
    return SIMULATION


@pytest.fixture(autouse=True)
def fresh_preferences(tmp_path, monkeypatch):
    """Stores preferences in a temporary folder instead of the user's."""
    file = tmp_path / "preferences" / "preferences.json"
    monkeypatch.setattr(preferences, "user_path", lambda: file)
    return file


KEPT_BY_QT = {"QTipLabel", "QShortcutMap"}
"""Widgets that Qt creates once and never deletes."""


@pytest.fixture(autouse=True)
def no_leaks(qapp, find_leaks):
    """Fails a test that leaves a widget, a running timer or a thread."""
    yield
    qapp.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    qapp.processEvents()
    gc.collect()
    assert find_leaks() == []


@pytest.fixture
def find_leaks(qapp):
    """Lists new widgets, new threads and running timers."""
    widgets, threads = qapp.allWidgets(), threading.enumerate()

    def find():
        return [
            *leaked_widgets(qapp, widgets),
            *(
                f"thread {one.name}"
                for one in threading.enumerate()
                if one not in threads
            ),
            *running(QtCore.QTimer, "isActive"),
            *running(QtCore.QThread, "isRunning"),
        ]

    return find


def running(kind, question):
    """Lists the objects of a class of Qt for which a method returns True."""
    return [
        f"{kind.__name__} {one.objectName()}".rstrip()
        for one in gc.get_objects()
        if type(one) is kind and isalive(one) and getattr(one, question)()
    ]


def leaked_widgets(qapp, before):
    """Lists classes and names of new widgets."""
    return [
        f"{one.metaObject().className()} {one.objectName()} {one.windowTitle()}"
        for one in qapp.allWidgets()
        if one not in before and one.metaObject().className() not in KEPT_BY_QT
    ]


@pytest.fixture
def errors(qapp):
    """The log of errors, which must be empty at the end."""
    log = ErrorLog()
    yield log
    assert not log.errors, log.text()


@pytest.fixture
def make_window(qtbot, errors):
    """Opens the main window with paths, as the application does."""
    windows = []

    def make(*paths, errors=errors, spec=UNCHANGED):
        window = MainWindow(errors)
        windows.append(window)
        # The screen of the offscreen platform is smaller than any real screen.
        if "window/geometry" not in window.preferences:
            window.resize(*WINDOW_SIZE)
        window.show()
        window.load([str(path) for path in paths], spec)
        # The first window of a process imports matplotlib.
        qtbot.waitUntil(lambda: window.tabs.count() > 0, timeout=30_000)
        return window

    yield make
    for window in filter(isalive, windows):
        window.close()
        window.deleteLater()
    QtWidgets.QApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
