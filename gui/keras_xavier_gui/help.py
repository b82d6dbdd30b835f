"""Help: what a picture shows, and all keys."""

from typing import TYPE_CHECKING

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.widgets.command_palette import actions_of

if TYPE_CHECKING:
    from keras_xavier_gui.main_window import MainWindow

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
