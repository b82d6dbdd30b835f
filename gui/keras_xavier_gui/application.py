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
from keras_xavier.cli.output import Parser
from keras_xavier.figure_spec import FigureSpec
from keras_xavier_gui.main_window import AS_LEFT, MainWindow
from keras_xavier_gui.preferences import no_settings, open_settings, restore_look
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.sources.run_cache import why_missing
from keras_xavier_gui.sources.samples import SAMPLE_RUNS
from keras_xavier_gui.widgets.error_log import ErrorLog, catching

DEFAULT_FOLDER = "runs"
WAKE_UP_SECONDS = 0.5
GARBAGE_THRESHOLD = 50_000
"""New objects after which Python looks for garbage; 700 by default."""
OPTIONS = {
    "--samples": "show the sample runs that come with the app",
    "--fresh": "start without the settings of earlier times, and keep none",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Shows runs; the command keras-xavier-view.

    Args:
        arguments: Words of the command line; those of the process by default.

    Returns:
        Exit status.
    """
    parser = Parser(
        prog="keras-xavier-view",
        description="Show runs in the desktop app, saved ones and those in training.",
    )
    parser.add_argument(
        "paths", nargs="*", metavar="RUN|FOLDER", help="runs, or folders of them"
    )
    for option, what in OPTIONS.items():
        parser.add_argument(option, action="store_true", help=what)
    options = parser.parse_args(arguments)
    return view(options.paths, fresh=options.fresh, samples=options.samples)


def view(
    paths: Sequence[str],
    *,
    fresh: bool = False,
    samples: bool = False,
    spec: FigureSpec = AS_LEFT,
    lesson: int | None = None,
) -> int:
    """Shows runs in the desktop app, until its window is closed.

    Args:
        paths: Runs and folders of runs. Without any, and without a lesson, the
            folder `runs` is opened if there is one.
        fresh: Whether the settings of earlier times are left out, and those of
            this time forgotten.
        samples: Whether the sample runs are opened, too.
        look: What is to be seen first.
        lesson: Number of the lesson that is opened, if any.

    Returns:
        Exit status.
    """
    if not has_display():
        say(
            "keras-xavier: the desktop app needs a display, and there is none "
            "(neither DISPLAY nor WAYLAND_DISPLAY is set)."
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
    settings = no_settings() if fresh else nullcontext(open_settings())
    with catching(errors), quitting_on_interrupt(), settings as kept:
        restore_look(kept)
        window = MainWindow(errors, kept)
        window.show()
        window.load(paths, spec)
        if lesson is not None:
            window.lessons.open(lesson)
        status: int = application.exec()
    # Before the application goes, whatever order Python would choose.
    window.deleteLater()
    application.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    return status


def make_application() -> QtWidgets.QApplication:
    """The application, sharp on screens of every density."""
    if running := QtWidgets.QApplication.instance():
        return running
    # Nearly all that is made at the start stays: looking for garbage among it again
    # and again would take a tenth of the time to the first picture.
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
    # Numbers look the same in Qt's widgets as in pictures and texts.
    QtCore.QLocale.setDefault(QtCore.QLocale(QtCore.QLocale.Language.English))
    return application


@contextmanager
def quitting_on_interrupt() -> Iterator[None]:
    """Lets Ctrl-C in the terminal close the window."""

    def close(number: int, frame: FrameType | None) -> None:
        QtWidgets.QApplication.closeAllWindows()

    earlier = signal.signal(signal.SIGINT, close)
    # Python looks at signals only when it runs, and Qt may wait for long.
    wake_up = QtCore.QTimer()
    wake_up.timeout.connect(lambda: None)
    wake_up.start(round(WAKE_UP_SECONDS * 1000))
    try:
        yield
    finally:
        wake_up.stop()
        signal.signal(signal.SIGINT, earlier)


def has_display() -> bool:
    """Whether a window can be shown; Qt would abort the process where not."""
    if not sys.platform.startswith("linux"):
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(os.environ.get(name) for name in names)


def say(message: str) -> None:
    # Under pythonw there is no stderr.
    if sys.stderr is not None:
        print(message, file=sys.stderr, flush=True)
