"""The menus: what can be done, and with which keys."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_xavier_gui.qt import QtCore, QtGui, QtWidgets

if TYPE_CHECKING:
    from keras_xavier_gui.main_window import MainWindow

Slot = Callable[[], object]
Keys = str | QtGui.QKeySequence.StandardKey

ALL_KEYS = (
    ("Ctrl+O", "open a run or a folder of runs; or drop it on the window"),
    ("F5", "read everything anew; what you have chosen stays"),
    ("Ctrl+1, Ctrl+2, …", "go to a picture"),
    ("Ctrl+Shift+F", "filter the runs"),
    ("F2, Ctrl+E, Delete, on a run", "rename it, note something of it, bin it"),
    ("Ctrl+F", "filter the layers"),
    ("Space", "show or hide the layer at the cursor"),
    ("Ctrl or Shift with a click", "choose several runs, for the training curves"),
    ("← →, in the picture", "previous and next recorded step"),
    ("Click, at a step", "choose it; all pictures show or mark it"),
    ("Alt+← Alt+→", "the same, from everywhere"),
    ("Mouse wheel, + −", "zoom"),
    ("Shift with arrows", "move the view"),
    ("Home, double click", "show all data and follow them"),
    ("Ctrl+S", "save the picture"),
)


def add_menus(window: "MainWindow") -> None:
    """Fills the menu bar; the pictures are not there yet."""
    keys = QtGui.QKeySequence.StandardKey
    file = window.menuBar().addMenu("&File")
    add_action(
        file,
        "&Open run or folder …",
        window.ask_to_open,
        keys=keys.Open,
        tip="Open a run, or all runs of a folder",
    )
    recent = file.addMenu("Open &recent")
    recent.aboutToShow.connect(lambda: fill_recent(recent, window))
    add_action(
        file,
        "Re&load",
        window.reload,
        keys="F5",
        tip="Read everything anew; what you have chosen stays",
    )
    file.addSeparator()
    add_action(
        file,
        "&Save picture …",
        lambda: window.picture() and window.picture().save(),
        keys=keys.Save,
        tip="Save the picture as PNG, SVG or PDF",
    )
    file.addSeparator()
    add_action(file, "&Quit", window.close, keys="Ctrl+Q")
    window.view_menu = window.menuBar().addMenu("&View")
    add_action(
        window.menuBar().addMenu("&Help"), "&Keys", lambda: show_keys(window), keys="F1"
    )


def add_view_actions(window: "MainWindow") -> None:
    """Fills the menu of views, now that the pictures are there."""
    menu, tabs = window.view_menu, window.tabs
    for i in range(tabs.count()):
        go = functools.partial(tabs.setCurrentIndex, i)
        add_action(menu, tabs.tabText(i), go, keys=f"Ctrl+{i + 1}")
    groups: tuple[tuple[tuple[str, str, Slot], ...], ...] = (
        (
            ("&Reset view", "Ctrl+0", lambda: window.picture().reset_view()),
            ("Zoom &in", "Ctrl++", lambda: window.picture().canvas.zoom_in()),
            ("Zoom &out", "Ctrl+-", lambda: window.picture().canvas.zoom_out()),
        ),
        (
            ("&Previous step", "Alt+Left", lambda: window.choice.move(-1)),
            ("&Next step", "Alt+Right", lambda: window.choice.move(1)),
            ("&Latest step", "Alt+End", lambda: window.choice.set_step(None)),
        ),
        (("&Filter layers", "Ctrl+F", lambda: window.layer_list.filter.setFocus()),),
    )
    for group in groups:
        menu.addSeparator()
        for text, keys, slot in group:
            add_action(menu, text, slot, keys=keys)


def add_action(
    menu: QtWidgets.QMenu, text: str, slot: Slot, *, keys: Keys = "", tip: str = ""
) -> QtGui.QAction:
    action = menu.addAction(text)
    action.setShortcut(QtGui.QKeySequence(keys))
    action.setStatusTip(tip)
    # What Qt hands over, whether the action is checked, is of no use.
    action.triggered.connect(lambda _checked=False: slot())
    return action


def fill_recent(menu: QtWidgets.QMenu, window: "MainWindow") -> None:
    """Lists what was opened before."""
    menu.clear()
    paths = window.recent()
    for path in paths:
        # An ampersand in a path is no mnemonic.
        add_action(menu, path.replace("&", "&&"), lambda path=path: window.open([path]))
    if not paths:
        menu.addAction("Nothing yet").setEnabled(False)


def show_keys(parent: QtWidgets.QWidget) -> None:
    """Opens a page with all keys."""
    dialog = QtWidgets.QDialog(parent)
    dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Keys")
    rows = QtWidgets.QFormLayout()
    rows.setHorizontalSpacing(24)
    for keys, what in ALL_KEYS:
        rows.addRow(keys, QtWidgets.QLabel(what))
    buttons = QtWidgets.QDialogButtonBox(
        QtWidgets.QDialogButtonBox.StandardButton.Close
    )
    buttons.rejected.connect(dialog.reject)
    layout = QtWidgets.QVBoxLayout(dialog)
    layout.addLayout(rows)
    layout.addWidget(buttons)
    dialog.open()
