"""The command palette: finds an action by typing."""

from collections.abc import Iterator
from typing import cast

from keras_xavier_gui.qt import QAction, Qt, QtCore, QtGui, QtWidgets

WIDTH, HEIGHT = 560, 380


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


class CommandPalette(QtWidgets.QDialog):
    """A text field and the matching actions; Enter triggers the current one."""

    def __init__(self, window: QtWidgets.QMainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Command palette")
        self.resize(WIDTH, HEIGHT)
        self._actions = [
            (name, action)
            for name, action in actions_of(window.menuBar())
            if action.isEnabled()
        ]
        self.line = QtWidgets.QLineEdit()
        self.line.setPlaceholderText("Type a command")
        self.line.setAccessibleName("Command")
        self.list = QtWidgets.QListWidget()
        self.list.setAccessibleName("Matching commands")
        self.list.setUniformItemSizes(True)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self.line.textChanged.connect(self._filter)
        self.line.returnPressed.connect(self.trigger_current)
        self.list.itemActivated.connect(lambda _item: self.trigger_current())
        self.line.installEventFilter(self)
        self._filter("")

    def trigger_current(self) -> None:
        """Closes the palette and triggers the current action."""
        item = self.list.currentItem()
        if item is not None:
            action = item.data(Qt.ItemDataRole.UserRole)
            self.accept()
            # After the dialog has closed: the action may open another one.
            QtCore.QTimer.singleShot(0, action.trigger)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        pressed = event.type() == QtCore.QEvent.Type.KeyPress
        if pressed and cast(QtGui.QKeyEvent, event).key() in keys:
            QtWidgets.QApplication.sendEvent(self.list, event)
            return True
        return super().eventFilter(watched, event)

    def _filter(self, typed: str) -> None:
        self.list.clear()
        native = QtGui.QKeySequence.SequenceFormat.NativeText
        for name, action in self._actions:
            if matches(typed, name):
                keys = action.shortcut().toString(native)
                item = QtWidgets.QListWidgetItem(f"{name}    {keys}" if keys else name)
                item.setData(Qt.ItemDataRole.UserRole, action)
                self.list.addItem(item)
        self.list.setCurrentRow(0)
