"""The command palette: everything that can be done, found by typing."""

from collections.abc import Iterator
from typing import Any

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets

WIDTH, HEIGHT = 560, 380


def actions_of(menu: QtWidgets.QWidget, path: str = "") -> Iterator[tuple[str, Any]]:
    """All actions of a menu and its submenus, with where they are."""
    for action in menu.actions():
        name = path + action.text().replace("&", "")
        if submenu := action.menu():
            submenu.aboutToShow.emit()
            yield from actions_of(submenu, f"{name} › ")
        elif not action.isSeparator():
            yield name, action


def matches(wanted: str, name: str) -> bool:
    """Whether each word that was typed is part of a name."""
    return all(word in name.lower() for word in wanted.lower().split())


class CommandPalette(QtWidgets.QDialog):
    """A line to type into, and the actions that fit; Enter does the first one."""

    def __init__(self, window: QtWidgets.QMainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Commands")
        self.resize(WIDTH, HEIGHT)
        self._actions = [
            (name, action)
            for name, action in actions_of(window.menuBar())
            if action.isEnabled()
        ]
        self.line = QtWidgets.QLineEdit()
        self.line.setPlaceholderText("Type what you want to do")
        self.line.setAccessibleName("Command")
        self.list = QtWidgets.QListWidget()
        self.list.setAccessibleName("Commands that fit")
        self.list.setUniformItemSizes(True)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self.line.textChanged.connect(self._filter)
        self.line.returnPressed.connect(self.do_chosen)
        self.list.itemActivated.connect(lambda _item: self.do_chosen())
        self.line.installEventFilter(self)
        self._filter("")

    def do_chosen(self) -> None:
        """Closes, and does what is chosen."""
        item = self.list.currentItem()
        if item is not None:
            action = item.data(Qt.ItemDataRole.UserRole)
            self.accept()
            # After the dialog is gone: the action may open another.
            QtCore.QTimer.singleShot(0, action.trigger)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if event.type() == QtCore.QEvent.Type.KeyPress and event.key() in keys:
            QtWidgets.QApplication.sendEvent(self.list, event)
            return True
        return super().eventFilter(watched, event)

    def _filter(self, wanted: str) -> None:
        self.list.clear()
        native = QtGui.QKeySequence.SequenceFormat.NativeText
        for name, action in self._actions:
            if matches(wanted, name):
                keys = action.shortcut().toString(native)
                item = QtWidgets.QListWidgetItem(f"{name}    {keys}" if keys else name)
                item.setData(Qt.ItemDataRole.UserRole, action)
                self.list.addItem(item)
        self.list.setCurrentRow(0)
