"""Help pages: explanation of a tab, keyboard shortcuts, and versions."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

import keras_xavier
from keras_xavier_gui.qt import BINDING, Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.theme import TextSize, scaled_font
from keras_xavier_gui.widgets.command_palette import actions_of
from keras_xavier_gui.widgets.message_page import text_label

WIDTH = 520
"""Pixels of a page of text."""
MAX_SCREEN_SHARE = 0.7
GENERAL = (
    "Select a run on the left, or several with Ctrl. All plots show the same runs, "
    "layers and step."
)
OTHER_KEYS = {
    "In plots": (
        ("← →", "previous and next recorded step"),
        ("Click on a step", "select it; all plots show or mark it"),
        ("Mouse wheel, + −", "zoom"),
        ("Shift with arrow keys", "move the view"),
        ("Home, double click", "show all data and follow them"),
        ("↑ ↓", "read values: the line above and below"),
        ("← → while reading", "previous and next value of the line"),
        ("Tab while reading", "next line, also in other panels"),
        ("Enter, Esc while reading", "select the step, stop reading"),
        ("Click in the legend", "hide or show a layer or a run"),
        ("Double click in the legend", "show a layer or a run alone, or all again"),
        ("Right click, Menu", "copy the value, hide the line, open the layer card"),
    ),
    "In lists": (
        ("Ctrl+click, Shift+click", "select several runs, to compare them"),
        ("Space", "show or hide the current layer"),
        ("Enter on a finding", "show the plot with its evidence"),
        ("Ctrl+C in a table of numbers", "copy the selected rows, or all"),
    ),
    "In lessons": (("Esc", "close the lesson; it reopens at the same step"),),
    "Everywhere": (
        ("Tab, Shift+Tab", "next and previous control"),
        ("Alt with an underlined letter", "go to the control with this letter"),
    ),
}
"""Keys without a menu item, and mouse actions."""
ABOUT = "A microscope for training deep networks."
LICENSE = (
    "Free software under the Apache License 2.0. With PyQt5, the installed app as a "
    "whole falls under the terms of the GNU GPL 3."
)


class Explained(Protocol):
    """A tab with an explanation."""

    title: str

    @property
    def help(self) -> str:
        """Explanation of the tab."""


def show_help(tab: Explained | None, parent: QtWidgets.QWidget) -> None:
    """Opens a page that explains a tab, or the app if there is no tab."""
    title, text = "keras-xavier", GENERAL
    if tab is not None:
        title, text = tab.title.replace("&", ""), f"{tab.help}\n\n{GENERAL}"
    label = paragraph(text)
    label.setMinimumWidth(WIDTH)
    layout = QtWidgets.QVBoxLayout()
    layout.addWidget(label)
    open_page(parent, title, layout)


def show_keys(window: QtWidgets.QMainWindow) -> None:
    """Opens a page with all keyboard shortcuts."""
    page = QtWidgets.QWidget()
    rows = QtWidgets.QFormLayout(page)
    rows.setHorizontalSpacing(24)
    for title, keys in {**shortcuts_of(window.menuBar()), **OTHER_KEYS}.items():
        heading = QtWidgets.QLabel(title)
        heading.setFont(scaled_font(heading.font(), TextSize.NORMAL, bold=True))
        rows.addRow(heading)
        for key, what in keys:
            rows.addRow(key, QtWidgets.QLabel(what))
    area = QtWidgets.QScrollArea()
    area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setWidget(page)
    area.setAccessibleName("Keyboard shortcuts")
    bar = area.verticalScrollBar().sizeHint().width()
    area.setMinimumWidth(page.sizeHint().width() + bar)
    room = round(MAX_SCREEN_SHARE * window.screen().availableGeometry().height())
    area.setMinimumHeight(min(page.sizeHint().height(), room))
    layout = QtWidgets.QVBoxLayout()
    layout.addWidget(area)
    open_page(window, "Keyboard shortcuts", layout)


def shortcuts_of(menu_bar: QtWidgets.QMenuBar) -> dict[str, list[tuple[str, str]]]:
    """Returns the shortcuts and names of all actions, by menu."""
    native = QtGui.QKeySequence.SequenceFormat.NativeText
    found: dict[str, list[tuple[str, str]]] = {}
    for path, action in actions_of(menu_bar):
        if keys := action.shortcut().toString(native):
            menu, _, name = path.partition(" › ")
            found.setdefault(menu, []).append((keys, name))
    return found


def show_about(parent: QtWidgets.QWidget) -> None:
    """Opens a page with versions and license."""
    numbers = "\n".join(f"{name} {value}" for name, value in versions().items())
    copy = QtWidgets.QPushButton("&Copy versions")
    copy.clicked.connect(lambda: QtWidgets.QApplication.clipboard().setText(numbers))
    layout = QtWidgets.QVBoxLayout()
    for text in (ABOUT, numbers, LICENSE):
        layout.addWidget(paragraph(text))
    layout.addWidget(copy, alignment=Qt.AlignmentFlag.AlignLeft)
    open_page(parent, "About keras-xavier", layout)


def versions() -> dict[str, str]:
    """Returns the versions that a bug report needs, by name."""
    return {
        "keras-xavier": keras_xavier.__version__,
        "Python": platform.python_version(),
        "Qt": f"{QtCore.qVersion()} ({BINDING})",
        # Without importing it, which takes long.
        "matplotlib": version_of("matplotlib"),
        "System": platform.platform(),
    }


def version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def paragraph(text: str) -> QtWidgets.QLabel:
    """Returns a label whose text can be selected with the keyboard, too."""
    label = text_label()
    label.setText(text)
    label.setAccessibleName(text)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


def open_page(
    parent: QtWidgets.QWidget, title: str, content: QtWidgets.QLayout
) -> None:
    """Opens a dialog with a page to read."""
    dialog = QtWidgets.QDialog(parent)
    dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    buttons = QtWidgets.QDialogButtonBox(
        QtWidgets.QDialogButtonBox.StandardButton.Close
    )
    buttons.rejected.connect(dialog.reject)
    layout = QtWidgets.QVBoxLayout(dialog)
    layout.addLayout(content)
    layout.addWidget(buttons)
    dialog.open()
