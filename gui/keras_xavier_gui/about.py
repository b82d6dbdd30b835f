"""What this is, and with what it runs, to be copied into a report."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import keras_xavier
from keras_xavier_gui.help import open_page
from keras_xavier_gui.qt import BINDING, Qt, QtCore, QtWidgets
from keras_xavier_gui.widgets.message_page import text_label

if TYPE_CHECKING:
    from keras_xavier_gui.main_window import MainWindow

WHAT = "A microscope for training deep networks."
LICENCE = (
    "Free software under the Apache License 2.0. With PyQt5, the installed app as a "
    "whole falls under the terms of the GNU GPL 3."
)


def versions() -> dict[str, str]:
    """Versions of all that matters for a report, by name."""
    return {
        "keras-xavier": keras_xavier.__version__,
        "Python": platform.python_version(),
        "Qt": f"{QtCore.qVersion()} ({BINDING})",
        # Not imported for that: it takes its time.
        "matplotlib": version_of("matplotlib"),
        "System": platform.platform(),
    }


def version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def show_about(window: "MainWindow") -> None:
    """Opens a page with versions and licence."""
    text = "\n".join(f"{name} {value}" for name, value in versions().items())
    what, numbers, licence = (text_label() for _ in range(3))
    what.setText(WHAT)
    numbers.setText(text)
    licence.setText(LICENCE)
    for label in (what, numbers, licence):
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        label.setAccessibleName(label.text())
    copy = QtWidgets.QPushButton("&Copy versions")
    copy.clicked.connect(lambda: QtWidgets.QApplication.clipboard().setText(text))
    layout = QtWidgets.QVBoxLayout()
    for widget in (what, numbers, licence):
        layout.addWidget(widget)
    layout.addWidget(copy, alignment=Qt.AlignmentFlag.AlignLeft)
    open_page(window, "About keras-xavier", layout)
