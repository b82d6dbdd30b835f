"""Help: what a picture shows, and all keys."""

from typing import TYPE_CHECKING

from keras_xavier_gui.qt import Qt, QtCore, QtWidgets

if TYPE_CHECKING:
    from keras_xavier_gui.main_window import MainWindow

WIDTH = 520
GENERAL = (
    "Choose a run at the left, or several with Ctrl. All pictures show the same runs, "
    "layers and step."
)
ALL_KEYS = (
    ("Ctrl+N", "train a network, in a process of its own"),
    ("Ctrl+O", "open a run or a folder of runs; or drop it on the window"),
    ("F5", "read everything anew; what you have chosen stays"),
    ("Ctrl+1, Ctrl+2, …", "go to a picture"),
    ("F1", "what this picture shows"),
    ("Ctrl+Shift+P", "find anything that can be done by typing"),
    ("Ctrl+R, Ctrl+Shift+F", "go to the runs, filter them"),
    ("F2, Ctrl+E, Delete, on a run", "rename it, note something of it, bin it"),
    ("Ctrl+F", "filter the layers"),
    ("Space", "show or hide the layer at the cursor"),
    ("Ctrl or Shift with a click", "choose several runs, to compare them"),
    ("← →, in the picture", "previous and next recorded step"),
    ("Click, at a step", "choose it; all pictures show or mark it"),
    ("Alt+← Alt+→", "the same, from everywhere"),
    ("Ctrl+Space", "play the run"),
    ("Mouse wheel, + −", "zoom"),
    ("Shift with arrows", "move the view"),
    ("Home, double click", "show all data and follow them"),
    ("Ctrl+H", "fit the height to what is in view"),
    ("Ctrl+T", "numbers in a table"),
    ("Ctrl+S, Ctrl+Shift+S", "save the picture, the numbers"),
    ("Ctrl+Alt+C", "copy the picture"),
    ("Ctrl+Alt+= Ctrl+Alt+−", "larger and smaller texts"),
)


def show_help(window: "MainWindow") -> None:
    """Explains the tab that is seen."""
    tab = window.tabs.currentWidget()
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
    open_page(window, title, layout)


def show_keys(window: "MainWindow") -> None:
    """Opens a page with all keys."""
    rows = QtWidgets.QFormLayout()
    rows.setHorizontalSpacing(24)
    for keys, what in ALL_KEYS:
        rows.addRow(keys, QtWidgets.QLabel(what))
    open_page(window, "Keys", rows)


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
