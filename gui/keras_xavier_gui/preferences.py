"""Preferences of the user, in a readable INI file.

Preferences are a convenience: the app starts whatever the file contains.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TypeAlias

from keras_xavier_gui.qt import QtCore, QtWidgets
from keras_xavier_gui.theme import LARGEST_FONT, SMALLEST_FONT, Theme, apply_theme
from keras_xavier_gui.theme import set_font_size as apply_font_size

MAX_RECENT = 10
"""Paths of recently opened runs and folders that are stored."""
Stateful: TypeAlias = QtWidgets.QSplitter | QtWidgets.QHeaderView
Control: TypeAlias = QtWidgets.QComboBox | QtWidgets.QSpinBox | QtWidgets.QCheckBox


def open_preferences() -> QtCore.QSettings:
    """Opens the preferences of this user."""
    return QtCore.QSettings(
        QtCore.QSettings.Format.IniFormat,
        QtCore.QSettings.Scope.UserScope,
        "keras-xavier",
        "keras-xavier",
    )


@contextmanager
def temporary_preferences() -> Iterator[QtCore.QSettings]:
    """Opens empty preferences, which are deleted at the end."""
    with TemporaryDirectory() as folder:
        preferences = QtCore.QSettings(
            f"{folder}/preferences.ini", QtCore.QSettings.Format.IniFormat
        )
        yield preferences
        preferences.sync()


def restore_appearance(preferences: QtCore.QSettings) -> None:
    """Applies the stored theme and text size to the app."""
    apply_theme(theme_of(preferences))
    points = preferences.value("look/font_size")
    try:
        size = float(str(points))
    except ValueError:
        return
    if SMALLEST_FONT <= size <= LARGEST_FONT:
        apply_font_size(size)


def theme_of(preferences: QtCore.QSettings) -> Theme:
    theme = preferences.value("look/theme")
    return Theme(theme) if theme in list(Theme) else Theme.SYSTEM


def set_theme(preferences: QtCore.QSettings, theme: Theme) -> None:
    preferences.setValue("look/theme", str(theme))


def set_font_size(preferences: QtCore.QSettings, points: float) -> None:
    preferences.setValue("look/font_size", points)


def save_layout(
    preferences: QtCore.QSettings,
    window: QtWidgets.QMainWindow,
    parts: Mapping[str, Stateful],
) -> None:
    """Stores the geometry of the window, and the state of splitters and headers."""
    preferences.setValue("window/geometry", window.saveGeometry())
    for name, part in parts.items():
        preferences.setValue(f"window/{name}", part.saveState())


def restore_layout(
    preferences: QtCore.QSettings,
    window: QtWidgets.QMainWindow,
    parts: Mapping[str, Stateful],
) -> None:
    """Restores the layout; Qt moves the window onto a screen if necessary."""
    geometry = preferences.value("window/geometry")
    if isinstance(geometry, QtCore.QByteArray):
        window.restoreGeometry(geometry)
    for name, part in parts.items():
        state = preferences.value(f"window/{name}")
        if isinstance(state, QtCore.QByteArray):
            part.restoreState(state)


def save_tabs(preferences: QtCore.QSettings, tabs: QtWidgets.QTabWidget) -> None:
    """Stores the current tab, and the controls of all tabs."""
    preferences.setValue("window/tab", tabs.currentIndex())
    for name, control in controls_of(tabs):
        match control:
            case QtWidgets.QComboBox():
                preferences.setValue(name, control.currentText())
            case QtWidgets.QSpinBox():
                preferences.setValue(name, control.value())
            case QtWidgets.QCheckBox():
                preferences.setValue(name, control.isChecked())


def restore_tabs(preferences: QtCore.QSettings, tabs: QtWidgets.QTabWidget) -> None:
    """Restores the tabs; invalid values are ignored."""
    for name, control in controls_of(tabs):
        # An INI file returns a string, whatever type was stored.
        value = str(preferences.value(name, ""))
        match control:
            case QtWidgets.QComboBox() if control.findText(value) >= 0:
                control.setCurrentText(value)
            case QtWidgets.QSpinBox() if value.isdecimal():
                control.setValue(min(int(value), control.maximum()))
            case QtWidgets.QCheckBox() if value:
                control.setChecked(value.lower() == "true")
    tabs.setCurrentIndex(last_tab(preferences, tabs.count()))


def controls_of(tabs: QtWidgets.QTabWidget) -> Iterator[tuple[str, Control]]:
    """Yields the controls of all tabs, each with the key that stores its value."""
    for i in range(tabs.count()):
        tab = tabs.widget(i)
        if tab is None:
            continue
        controls: list[Control] = [
            *tab.findChildren(QtWidgets.QComboBox),
            *tab.findChildren(QtWidgets.QSpinBox),
            *tab.findChildren(QtWidgets.QCheckBox),
        ]
        for control in controls:
            name = control.accessibleName()
            if not name and isinstance(control, QtWidgets.QCheckBox):
                name = control.text().replace("&", "")
            yield f"{tab.accessibleName()}/{name}", control


def last_tab(preferences: QtCore.QSettings, tabs: int) -> int:
    """Index of the tab shown last; 0 if it is invalid."""
    value = str(preferences.value("window/tab"))
    return int(value) if value.isdecimal() and int(value) < tabs else 0


def recent_paths(
    preferences: QtCore.QSettings, *, without: Collection[str] = ()
) -> list[str]:
    """Recently opened runs and folders, latest first.

    Args:
        preferences: Preferences of the user.
        without: Paths to leave out.
    """
    value = preferences.value("recent/paths")
    # An INI file returns a list of one string as a string.
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list):
        return []
    paths = [path for path in value if isinstance(path, str) and path][:MAX_RECENT]
    return [path for path in paths if path not in without]


def add_recent(preferences: QtCore.QSettings, paths: Sequence[str]) -> None:
    known = recent_paths(preferences, without=paths)
    preferences.setValue("recent/paths", [*paths, *known][:MAX_RECENT])


def lesson_width(preferences: QtCore.QSettings) -> int:
    """Width of the lesson's text in pixels; 0 if none is stored."""
    value = str(preferences.value("lesson/width", ""))
    return int(value) if value.isdecimal() else 0


def set_lesson_width(preferences: QtCore.QSettings, width: int) -> None:
    preferences.setValue("lesson/width", width)


def export_folder(preferences: QtCore.QSettings) -> str:
    """The folder of the last export; empty if it no longer exists."""
    folder = str(preferences.value("export/folder", ""))
    return folder if os.path.isdir(folder) else ""


def set_export_folder(preferences: QtCore.QSettings, folder: str) -> None:
    preferences.setValue("export/folder", folder)
