"""Starts the app."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from types import FrameType

import keras_xavier
from keras_xavier.figure_spec import FigureSpec
from keras_xavier_gui import preferences as stored
from keras_xavier_gui.main_window import MainWindow
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, running_application
from keras_xavier_gui.requested_view import UNCHANGED
from keras_xavier_gui.sources.paths import why_missing
from keras_xavier_gui.sources.samples import SAMPLE_RUNS
from keras_xavier_gui.widgets.error_log import ErrorLog, catching

DEFAULT_FOLDER = "runs"
WAKE_UP_SECONDS = 0.5
GARBAGE_THRESHOLD = 50_000
"""Number of new objects that triggers garbage collection; Python's default is 700."""


def view(
    paths: Sequence[str],
    *,
    fresh: bool = False,
    samples: bool = False,
    spec: FigureSpec = UNCHANGED,
    lesson: int | None = None,
) -> int:
    """Shows runs in the desktop app until the user closes its window.

    Args:
        paths: Sequence of str. Runs and folders of runs. If it is empty and there is
            no lesson, the folder `runs` is opened if it exists.
        fresh: bool. Whether to start with default preferences, and not to store
            them. Defaults to False.
        samples: bool. Whether to open the sample runs, too. Defaults to False.
        spec: `FigureSpec`. Figure to show first. Defaults to the figure shown last.
        lesson: int. Number of a lesson to open. Defaults to None.

    Returns:
        The exit status: 0, or 1 without a display.
    """
    if not has_display():
        say(
            "keras-xavier: the desktop app requires a display, and neither DISPLAY nor "
            "WAYLAND_DISPLAY is set."
        )
        return 1
    if samples:
        paths = [*paths, SAMPLE_RUNS]
    if not paths and lesson is None and os.path.isdir(DEFAULT_FOLDER):
        paths = [DEFAULT_FOLDER]
    for path in paths:
        if why := why_missing(path):
            say(f"keras-xavier: {why}")
    if sys.stderr is not None:
        logging.basicConfig(format="%(name)s: %(message)s")
    application = make_application()
    errors = ErrorLog()
    opened = (
        stored.temporary_preferences()
        if fresh
        else nullcontext(stored.open_preferences())
    )
    with catching(errors), quitting_on_interrupt(), opened as preferences:
        stored.restore_appearance(preferences)
        window = MainWindow(errors, preferences)
        window.show()
        window.load(paths, spec)
        if lesson is not None:
            window.lessons.open(lesson)
        status: int = application.exec()
    # Before the application, because Python deletes objects in any order.
    window.deleteLater()
    application.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    return status


def make_application() -> QtWidgets.QApplication:
    """Creates the application, sharp on high-density screens."""
    if QtWidgets.QApplication.instance():
        return running_application()
    # Nearly all objects created at startup survive: repeated garbage collection
    # would take a tenth of the time to the first plot.
    gc.set_threshold(GARBAGE_THRESHOLD)
    if QtCore.qVersion().startswith("5."):
        # Qt 6 does both by itself.
        attributes = Qt.ApplicationAttribute
        QtWidgets.QApplication.setAttribute(attributes.AA_EnableHighDpiScaling)
        QtWidgets.QApplication.setAttribute(attributes.AA_UseHighDpiPixmaps)
        QtGui.QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
            Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
        )
    application = QtWidgets.QApplication(["keras-xavier"])
    application.setApplicationName("keras-xavier")
    application.setApplicationVersion(keras_xavier.__version__)
    application.setDesktopFileName("keras-xavier")
    # Qt's widgets format numbers as plots and messages do.
    QtCore.QLocale.setDefault(QtCore.QLocale(QtCore.QLocale.Language.English))
    return application


@contextmanager
def quitting_on_interrupt() -> Iterator[None]:
    """Closes the window on Ctrl-C in the terminal."""

    def close(number: int, frame: FrameType | None) -> None:
        QtWidgets.QApplication.closeAllWindows()

    earlier = signal.signal(signal.SIGINT, close)
    # Python handles signals only while it runs, and Qt may wait for long.
    wake_up = QtCore.QTimer()
    wake_up.timeout.connect(lambda: None)
    wake_up.start(round(WAKE_UP_SECONDS * 1000))
    try:
        yield
    finally:
        wake_up.stop()
        signal.signal(signal.SIGINT, earlier)


def has_display() -> bool:
    """Whether a window can be shown; without a display, Qt aborts the process."""
    if not sys.platform.startswith("linux"):
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(os.environ.get(name) for name in names)


def say(message: str) -> None:
    # Under pythonw there is no stderr.
    if sys.stderr is not None:
        print(message, file=sys.stderr, flush=True)
