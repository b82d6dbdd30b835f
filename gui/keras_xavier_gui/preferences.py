"""What is kept from one start to the next, in a readable INI file.

Settings are a convenience: whatever the file says, the app starts.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from keras_xavier_gui.qt import QtCore, QtWidgets
from keras_xavier_gui.theme import (
    LARGEST_FONT,
    SMALLEST_FONT,
    Theme,
    apply_theme,
    set_font_size,
)

MOST_RECENT = 10


def open_settings() -> QtCore.QSettings:
    """The settings of this user."""
    return QtCore.QSettings(
        QtCore.QSettings.Format.IniFormat,
        QtCore.QSettings.Scope.UserScope,
        "keras-xavier",
        "keras-xavier",
    )


@contextmanager
def no_settings() -> Iterator[QtCore.QSettings]:
    """Settings of nobody, which are forgotten at the end."""
    with TemporaryDirectory() as folder:
        settings = QtCore.QSettings(
            f"{folder}/settings.ini", QtCore.QSettings.Format.IniFormat
        )
        yield settings
        settings.sync()


def restore_look(settings: QtCore.QSettings) -> None:
    """Gives the app the theme and the size of texts that were chosen."""
    apply_theme(theme_of(settings))
    points = settings.value("look/font_size")
    try:
        size = float(points)
    except (TypeError, ValueError):
        return
    if SMALLEST_FONT <= size <= LARGEST_FONT:
        set_font_size(size)


def theme_of(settings: QtCore.QSettings) -> Theme:
    """The theme that was chosen."""
    theme = settings.value("look/theme")
    return Theme(theme) if theme in list(Theme) else Theme.SYSTEM


def save_layout(
    settings: QtCore.QSettings,
    window: QtWidgets.QMainWindow,
    parts: Mapping[str, QtWidgets.QSplitter | QtWidgets.QHeaderView],
) -> None:
    settings.setValue("window/geometry", window.saveGeometry())
    for name, part in parts.items():
        settings.setValue(f"window/{name}", part.saveState())


def restore_layout(
    settings: QtCore.QSettings,
    window: QtWidgets.QMainWindow,
    parts: Mapping[str, QtWidgets.QSplitter | QtWidgets.QHeaderView],
) -> None:
    """Puts the window where it was; Qt itself moves it onto a screen."""
    geometry = settings.value("window/geometry")
    if isinstance(geometry, QtCore.QByteArray):
        window.restoreGeometry(geometry)
    for name, part in parts.items():
        state = settings.value(f"window/{name}")
        if isinstance(state, QtCore.QByteArray):
            part.restoreState(state)


def save_tabs(settings: QtCore.QSettings, tabs: QtWidgets.QTabWidget) -> None:
    """Keeps which tab is seen, and how the controls of each are set."""
    settings.setValue("window/tab", tabs.currentIndex())
    for name, control in controls_of(tabs):
        match control:
            case QtWidgets.QComboBox():
                settings.setValue(name, control.currentText())
            case QtWidgets.QSpinBox():
                settings.setValue(name, control.value())
            case QtWidgets.QCheckBox():
                settings.setValue(name, control.isChecked())


def restore_tabs(settings: QtCore.QSettings, tabs: QtWidgets.QTabWidget) -> None:
    """Sets tabs and controls as they were; what makes no sense stays as it is."""
    for name, control in controls_of(tabs):
        # Whatever it was, it comes back from an INI file as a string.
        stored = str(settings.value(name, ""))
        match control:
            case QtWidgets.QComboBox() if control.findText(stored) >= 0:
                control.setCurrentText(stored)
            case QtWidgets.QSpinBox() if stored.isdecimal():
                control.setValue(min(int(stored), control.maximum()))
            case QtWidgets.QCheckBox() if stored:
                control.setChecked(stored.lower() == "true")
    tabs.setCurrentIndex(last_tab(settings, tabs.count()))


def controls_of(
    tabs: QtWidgets.QTabWidget,
) -> Iterator[tuple[str, QtWidgets.QWidget]]:
    """The controls of all tabs, and under which name their settings are kept."""
    for i in range(tabs.count()):
        tab = tabs.widget(i)
        for kind in (QtWidgets.QComboBox, QtWidgets.QSpinBox, QtWidgets.QCheckBox):
            for control in tab.findChildren(kind):
                name = control.accessibleName() or control.text().replace("&", "")
                yield f"{tab.accessibleName()}/{name}", control


def last_tab(settings: QtCore.QSettings, tabs: int) -> int:
    """The tab that was seen last; the first one if that makes no sense."""
    stored = str(settings.value("window/tab"))
    return int(stored) if stored.isdecimal() and int(stored) < tabs else 0


def recent_paths(settings: QtCore.QSettings) -> list[str]:
    """Runs and folders opened before, the latest first."""
    stored = settings.value("recent/paths")
    # A list of one comes back from an INI file as a string.
    stored = [stored] if isinstance(stored, str) else stored
    if not isinstance(stored, list):
        return []
    return [path for path in stored if isinstance(path, str) and path][:MOST_RECENT]


def add_recent(settings: QtCore.QSettings, paths: Sequence[str]) -> None:
    known = [path for path in recent_paths(settings) if path not in paths]
    settings.setValue("recent/paths", [*paths, *known][:MOST_RECENT])


def lesson_width(settings: QtCore.QSettings) -> int:
    """Pixels that the text of a lesson was wide; 0 if that is not known."""
    stored = str(settings.value("lesson/width", ""))
    return int(stored) if stored.isdecimal() else 0


def set_lesson_width(settings: QtCore.QSettings, width: int) -> None:
    settings.setValue("lesson/width", width)


def export_folder(settings: QtCore.QSettings) -> str:
    """Where something was saved last, if that is still there."""
    folder = str(settings.value("export/folder", ""))
    return folder if os.path.isdir(folder) else ""


def set_export_folder(settings: QtCore.QSettings, folder: str) -> None:
    settings.setValue("export/folder", folder)
