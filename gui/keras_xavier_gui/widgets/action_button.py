"""Buttons of the toolbar: symbols in the text color of the theme."""

from keras_xavier_gui.qt import QAction, Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.widgets.icons import icon

ICON_SIZE = 18
"""Pixels of a symbol on a button."""


PADDING, RADIUS = 5, 4
"""Pixels around a symbol, and of the corners of a button."""


class IconButton(QtWidgets.QToolButton):
    """A flat button with a symbol, which follows the theme.

    Args:
        name: Name of the symbol; see `icons.icon`.
        text: Name of the button for screen readers.
    """

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self._name = name
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QtCore.QSize(ICON_SIZE, ICON_SIZE))
        self.setAccessibleName(text)
        self.setToolTip(text)

    def set_icon(self, name: str) -> None:
        """Shows another symbol."""
        self._name = name
        if self.isVisible():
            self.setIcon(icon(name))

    def sizeHint(self) -> QtCore.QSize:
        side = ICON_SIZE + 2 * PADDING
        return QtCore.QSize(side, side)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter, palette = QtGui.QPainter(self), self.palette()
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked() or self.isDown():
            painter.setBrush(palette.mid())
            painter.drawRoundedRect(self.rect(), RADIUS, RADIUS)
        elif self.hasFocus() or (self.underMouse() and self.isEnabled()):
            painter.setBrush(palette.midlight())
            painter.drawRoundedRect(self.rect(), RADIUS, RADIUS)
        place = QtCore.QRect(QtCore.QPoint(0, 0), self.iconSize())
        place.moveCenter(self.rect().center())
        modes = QtGui.QIcon.Mode
        mode = modes.Normal if self.isEnabled() else modes.Disabled
        self.icon().paint(painter, place, Qt.AlignmentFlag.AlignCenter, mode)

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        # Not before: the window is shown before the symbols are read.
        self.setIcon(icon(self._name))

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        # The event also comes during construction.
        if event.type() == QtCore.QEvent.Type.PaletteChange and hasattr(self, "_name"):
            self.set_icon(self._name)


class ActionButton(IconButton):
    """A button for an action of a menu, which stays without symbol.

    Args:
        action: Action to trigger.
        name: Name of the symbol.
    """

    def __init__(self, action: QAction, name: str) -> None:
        super().__init__(name, action.text().replace("&", ""))
        self._action = action
        self.setCheckable(action.isCheckable())
        self.clicked.connect(lambda _checked: action.trigger())
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        """Takes over state and name of the action."""
        action = self._action
        self.setEnabled(action.isEnabled())
        self.setChecked(action.isChecked())
        name = action.text().replace("&", "").rstrip(" …")
        self.setAccessibleName(name)
        keys = action.shortcut().toString(QtGui.QKeySequence.SequenceFormat.NativeText)
        lines = [f"{name} ({keys})" if keys else name, action.statusTip()]
        self.setToolTip("\n".join(filter(None, lines)))


class MenuButton(IconButton):
    """A button that opens a menu.

    Args:
        menu: Menu to open.
        name: Name of the symbol.
        text: Name of the button.
    """

    def __init__(self, menu: QtWidgets.QMenu, name: str, text: str) -> None:
        super().__init__(name, text)
        self.setMenu(menu)
        self.setPopupMode(QtWidgets.QToolButton.ToolButtonPopupMode.InstantPopup)
