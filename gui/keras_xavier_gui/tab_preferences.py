"""Preferences of tabs: the current tab, and the controls of all tabs."""

from collections.abc import Iterator
from typing import TypeAlias

from keras_xavier_gui.preferences_file import Preferences, Value
from keras_xavier_gui.qt import QtWidgets
from keras_xavier_gui.tab import Tab

Control: TypeAlias = (
    QtWidgets.QToolButton
    | QtWidgets.QComboBox
    | QtWidgets.QSpinBox
    | QtWidgets.QCheckBox
)
KINDS: tuple[type[Control], ...] = (
    QtWidgets.QToolButton,
    QtWidgets.QComboBox,
    QtWidgets.QSpinBox,
    QtWidgets.QCheckBox,
)


def save_tabs(preferences: Preferences, tabs: QtWidgets.QTabWidget) -> None:
    """Stores the current tab, and the controls of all tabs."""
    values: dict[str, Value] = {"window/tab": tabs.currentIndex()}
    for name, control in controls_of(tabs):
        match control:
            case QtWidgets.QComboBox():
                values[name] = control.currentText()
            case QtWidgets.QSpinBox():
                values[name] = control.value()
            case QtWidgets.QCheckBox() | QtWidgets.QToolButton():
                values[name] = control.isChecked()
    preferences.update(values)


def restore_tabs(preferences: Preferences, tabs: QtWidgets.QTabWidget) -> None:
    """Restores the tabs; invalid values are ignored."""
    for name, control in controls_of(tabs):
        match control, preferences.get(name):
            case QtWidgets.QComboBox(), str(text) if control.findText(text) >= 0:
                control.setCurrentText(text)
            case QtWidgets.QSpinBox(), int() if number := preferences.number(name):
                control.setValue(min(number, control.maximum()))
            case QtWidgets.QCheckBox() | QtWidgets.QToolButton(), bool(checked):
                control.setChecked(checked)
    tabs.setCurrentIndex(last_tab(preferences, tabs.count()))


def controls_of(tabs: QtWidgets.QTabWidget) -> Iterator[tuple[str, Control]]:
    """Yields the controls of all tabs, each with the key that stores its value."""
    for i in range(tabs.count()):
        tab = tabs.widget(i)
        if tab is None:
            continue
        # The rows of controls are in the toolbar. Pins come first: a quantity without
        # a pin is shared.
        parts = (tab, *(tab.rows if isinstance(tab, Tab) else ()))
        # One search for all kinds, as it visits every object in the tab.
        widgets = [w for part in parts for w in part.findChildren(QtWidgets.QWidget)]
        controls: list[Control] = [
            one
            for kind in KINDS
            for one in widgets
            if isinstance(one, kind)
            and (not isinstance(one, QtWidgets.QToolButton) or one.isCheckable())
        ]
        for control in controls:
            name = control.accessibleName()
            if not name and isinstance(control, QtWidgets.QCheckBox):
                name = control.text().replace("&", "")
            yield f"{tab.accessibleName()}/{name}", control


def last_tab(preferences: Preferences, tabs: int) -> int:
    """Index of the tab shown last; 0 if it is invalid."""
    index = preferences.number("window/tab") or 0
    return index if 0 <= index < tabs else 0
