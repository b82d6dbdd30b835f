"""What is kept from one start to the next, in a readable INI file.

Settings are a convenience: whatever the file says, the app starts.
"""

from collections.abc import Mapping, Sequence

from keras_xavier_gui.qt import QtCore, QtWidgets

MOST_RECENT = 10


def open_settings() -> QtCore.QSettings:
    """The settings of this user."""
    return QtCore.QSettings(
        QtCore.QSettings.Format.IniFormat,
        QtCore.QSettings.Scope.UserScope,
        "keras-xavier",
        "keras-xavier",
    )


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
