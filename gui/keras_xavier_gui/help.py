"""Help: what a tab shows, all keys, and the versions for a report."""

import platform
from importlib.metadata import PackageNotFoundError, version

import keras_xavier
from keras_xavier_gui.qt import BINDING, Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.tab import Tab
from keras_xavier_gui.widgets.command_palette import actions_of
from keras_xavier_gui.widgets.message_page import text_label

WHAT = "A microscope for training deep networks."
LICENCE = (
    "Free software under the Apache License 2.0. With PyQt5, the installed app as a "
    "whole falls under the terms of the GNU GPL 3."
)
WIDTH = 520
MOST_OF_SCREEN = 0.7
GENERAL = (
    "Choose a run at the left, or several with Ctrl. All pictures show the same runs, "
    "layers and step."
)
OTHER_KEYS = {
    "In pictures": (
        ("← →", "previous and next recorded step"),
        ("Click, at a step", "choose it; all pictures show or mark it"),
        ("Mouse wheel, + −", "zoom"),
        ("Shift with arrows", "move the view"),
        ("Home, double click", "show all data and follow them"),
    ),
    "In lists": (
        ("Ctrl or Shift with a click", "choose several runs, to compare them"),
        ("Space", "show or hide the layer at the cursor"),
        ("Enter, at a finding", "show the picture that shows it"),
        ("Ctrl+C, in a table of numbers", "copy the chosen rows, or all"),
    ),
    "In lessons": (("Esc", "close the lesson; it goes on where you were"),),
    "Everywhere": (
        ("Tab, Shift+Tab", "go to the next or to the previous control"),
        ("Alt with an underlined letter", "go to what has it in its name"),
    ),
}
"""Keys that no menu tells, and what the mouse does."""


def show_help(tab: Tab | None, parent: QtWidgets.QWidget) -> None:
    """Explains a tab."""
    if tab is None:
        title, text = "keras-xavier", GENERAL
    else:
        title, text = tab.title.replace("&", ""), f"{tab.help}\n\n{GENERAL}"
    label = QtWidgets.QLabel(text)
    label.setWordWrap(True)
    label.setMinimumWidth(WIDTH)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setAccessibleName(text)
    layout = QtWidgets.QVBoxLayout()
    layout.addWidget(label)
    open_page(parent, title, layout)


def show_keys(window: QtWidgets.QMainWindow) -> None:
    """Opens a page with all keys."""
    page = QtWidgets.QWidget()
    rows = QtWidgets.QFormLayout(page)
    rows.setHorizontalSpacing(24)
    for title, keys in {**keys_of(window.menuBar()), **OTHER_KEYS}.items():
        heading = QtWidgets.QLabel(title)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        rows.addRow(heading)
        for key, what in keys:
            rows.addRow(key, QtWidgets.QLabel(what))
    area = QtWidgets.QScrollArea()
    area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setWidget(page)
    area.setAccessibleName("Keys")
    bar = area.verticalScrollBar().sizeHint().width()
    area.setMinimumWidth(page.sizeHint().width() + bar)
    room = round(MOST_OF_SCREEN * window.screen().availableGeometry().height())
    area.setMinimumHeight(min(page.sizeHint().height(), room))
    layout = QtWidgets.QVBoxLayout()
    layout.addWidget(area)
    open_page(window, "Keys", layout)


def keys_of(menu_bar: QtWidgets.QMenuBar) -> dict[str, list[tuple[str, str]]]:
    """Keys of all actions and what these do, by menu."""
    native = QtGui.QKeySequence.SequenceFormat.NativeText
    found: dict[str, list[tuple[str, str]]] = {}
    for path, action in actions_of(menu_bar):
        if keys := action.shortcut().toString(native):
            menu, _, name = path.partition(" › ")
            found.setdefault(menu, []).append((keys, name))
    return found


def open_page(
    parent: QtWidgets.QWidget, title: str, content: QtWidgets.QLayout
) -> None:
    """Opens a page to be read and closed."""
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


def show_about(parent: QtWidgets.QWidget) -> None:
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
    open_page(parent, "About keras-xavier", layout)
