"""Creates the actions of menus."""

from collections.abc import Callable
from typing import TypeAlias

from keras_xavier_gui.qt import QAction, QtGui, QtWidgets

Slot: TypeAlias = Callable[[], object]
Keys: TypeAlias = str | QtGui.QKeySequence.StandardKey


def add_action(
    menu: QtWidgets.QMenu, text: str, slot: Slot, *, keys: Keys = "", tip: str = ""
) -> QAction:
    """Adds an action to a menu.

    Args:
        menu: Menu to extend.
        text: Text of the action, with `&` before the mnemonic.
        slot: Called when the action is triggered.
        keys: Keyboard shortcut.
        tip: Status tip.

    Returns:
        The action.
    """
    action = menu.addAction(text)
    action.setShortcut(QtGui.QKeySequence(keys))
    action.setStatusTip(tip)
    # Qt passes whether the action is checked.
    action.triggered.connect(lambda _checked=False: slot())
    return action
