"""The command palette: finds a command, a figure, a layer or a run by typing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from keras_xavier_gui.qt import QAction, Qt, QtCore, QtGui, QtWidgets

WIDTH, HEIGHT = 560, 380
MOST = 200
"""Entries that are listed; typing more finds the others."""


@dataclass(frozen=True)
class Entry:
    """Something that the palette finds.

    Attributes:
        name: Path of names, such as `"Layer › hidden_1"`.
        run: Called when the entry is chosen.
        keys: Keyboard shortcut.
    """

    name: str
    run: Callable[[], object]
    keys: str = ""


def menu_entries(menu_bar: QtWidgets.QMenuBar) -> list[Entry]:
    """Returns an entry for each enabled action of the menus."""
    native = QtGui.QKeySequence.SequenceFormat.NativeText
    return [
        Entry(name, action.trigger, action.shortcut().toString(native))
        for name, action in actions_of(menu_bar)
        if action.isEnabled()
    ]


def actions_of(
    menu: QtWidgets.QWidget, path: str = ""
) -> Iterator[tuple[str, QAction]]:
    """Yields the path and the action of each item of a menu and its submenus."""
    for action in menu.actions():
        name = path + action.text().replace("&", "")
        if submenu := cast(QtWidgets.QMenu | None, action.menu()):
            # Some menus are filled when they are opened.
            submenu.aboutToShow.emit()
            yield from actions_of(submenu, f"{name} › ")
        elif not action.isSeparator():
            yield name, action


def matches(typed: str, name: str) -> bool:
    """Whether a name contains each typed word."""
    return all(word in name.lower() for word in typed.lower().split())


def rank(typed: str, name: str) -> tuple[bool, bool]:
    """Sorts names that begin with the typed text first, then names whose end does."""
    name, typed = name.lower(), typed.lower().strip()
    last = name.rpartition(" › ")[2]
    return not last.startswith(typed), not name.startswith(typed)


class CommandPalette(QtWidgets.QDialog):
    """A text field and the matching entries; Enter runs the current entry."""

    def __init__(self, window: QtWidgets.QWidget, entries: Sequence[Entry]) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Command palette")
        self.resize(WIDTH, HEIGHT)
        self._entries = list(entries)
        self.line = QtWidgets.QLineEdit()
        self.line.setPlaceholderText("Type a command, figure, quantity, layer or run")
        self.line.setAccessibleName("Command")
        self.list = QtWidgets.QListWidget()
        self.list.setAccessibleName("Matching commands")
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.count = QtWidgets.QLabel()
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        layout.addWidget(self.count)
        self.line.textChanged.connect(self._filter)
        self.line.returnPressed.connect(self.trigger_current)
        self.list.itemActivated.connect(lambda _item: self.trigger_current())
        self.line.installEventFilter(self)
        self._filter("")

    def trigger_current(self) -> None:
        """Closes the palette and runs the current entry."""
        item = self.list.currentItem()
        if item is not None:
            run = item.data(Qt.ItemDataRole.UserRole)
            self.accept()
            # After the dialog has closed: the command may open another one.
            QtCore.QTimer.singleShot(0, run)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        pressed = event.type() == QtCore.QEvent.Type.KeyPress
        if pressed and cast(QtGui.QKeyEvent, event).key() in keys:
            QtWidgets.QApplication.sendEvent(self.list, event)
            return True
        return super().eventFilter(watched, event)

    def _filter(self, typed: str) -> None:
        self.list.clear()
        found = [entry for entry in self._entries if matches(typed, entry.name)]
        if typed.strip():
            found.sort(key=lambda entry: rank(typed, entry.name))
        for entry in found[:MOST]:
            text = f"{entry.name}    {entry.keys}" if entry.keys else entry.name
            item = QtWidgets.QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, entry.run)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        shown = min(len(found), MOST)
        self.count.setText(f"{shown:,} of {len(found):,}" if shown < len(found) else "")
