"""Preferences of the user: appearance, layout, recent paths.

Preferences are a convenience: the app starts whatever the file contains.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from keras_xavier_gui.preferences_file import FILE, Preferences, user_path
from keras_xavier_gui.qt import Qt, QtCore, QtWidgets
from keras_xavier_gui.theme import LARGEST_FONT, SMALLEST_FONT, Theme, apply_theme
from keras_xavier_gui.theme import set_font_size as apply_font_size

MAX_RECENT = 10
"""Paths of recently opened runs and folders that are stored."""
GEOMETRY, MAXIMIZED = "window/geometry", "window/maximized"
SIDEBAR, TOOLBAR = "window/sidebar_hidden", "window/toolbar_hidden"
"""Preferences: true if the user has hidden this part of the window."""


def open_preferences() -> Preferences:
    """Opens the preferences of this user."""
    return Preferences(user_path())


@contextmanager
def temporary_preferences() -> Iterator[Preferences]:
    """Opens empty preferences, which are deleted at the end."""
    with TemporaryDirectory() as folder:
        yield Preferences(Path(folder, FILE))


def restore_appearance(preferences: Preferences) -> None:
    """Applies the stored theme and text size to the app."""
    apply_theme(theme_of(preferences))
    size = preferences.get("look/font_size")
    if isinstance(size, int | float) and SMALLEST_FONT <= size <= LARGEST_FONT:
        apply_font_size(size)


def theme_of(preferences: Preferences) -> Theme:
    theme = preferences.text("look/theme")
    return Theme(theme) if theme in list(Theme) else Theme.SYSTEM


def set_theme(preferences: Preferences, theme: Theme) -> None:
    preferences.update({"look/theme": str(theme)})


def set_font_size(preferences: Preferences, points: float) -> None:
    preferences.update({"look/font_size": points})


def save_layout(
    preferences: Preferences,
    window: QtWidgets.QMainWindow,
    splitters: Mapping[str, QtWidgets.QSplitter],
) -> None:
    """Stores the geometry of the window, and the sizes of splitters.

    As numbers, because `restoreState` of Qt crashes or hangs on damaged states.
    """
    place = window.normalGeometry()
    preferences.update(
        {
            GEOMETRY: [place.x(), place.y(), place.width(), place.height()],
            MAXIMIZED: window.isMaximized(),
            **{f"window/{name}": one.sizes() for name, one in splitters.items()},
        }
    )


def restore_layout(
    preferences: Preferences,
    window: QtWidgets.QMainWindow,
    splitters: Mapping[str, QtWidgets.QSplitter],
) -> None:
    """Restores the layout as far as it fits the screens."""
    restore_geometry(preferences, window)
    for name, splitter in splitters.items():
        sizes = preferences.numbers(f"window/{name}")
        if len(sizes) == splitter.count() and min(sizes) >= 0 < sum(sizes):
            splitter.setSizes(sizes)


def restore_geometry(preferences: Preferences, window: QtWidgets.QMainWindow) -> None:
    match preferences.numbers(GEOMETRY):
        case [x, y, width, height] if width > 0 < height:
            place = QtCore.QRect(x, y, width, height)
            screen = QtWidgets.QApplication.screenAt(place.center()) or window.screen()
            available = screen.availableGeometry()
            window.resize(place.size().boundedTo(available.size()))
            if available.contains(place):
                window.move(place.topLeft())
    if preferences.get(MAXIMIZED) is True:
        window.setWindowState(Qt.WindowState.WindowMaximized)


def set_part_hidden(preferences: Preferences, part: str, hidden: bool) -> None:
    preferences.update({part: hidden})


def is_part_hidden(preferences: Preferences, part: str) -> bool:
    """Returns whether the user has hidden a part of the window, such as `SIDEBAR`."""
    return preferences.get(part) is True


def recent_paths(
    preferences: Preferences, *, without: Collection[str] = ()
) -> list[str]:
    """Recently opened runs and folders, latest first.

    Args:
        preferences: Preferences of the user.
        without: Paths to leave out.
    """
    value = preferences.get("recent/paths")
    if not isinstance(value, list):
        return []
    paths = [path for path in value if isinstance(path, str) and path][:MAX_RECENT]
    return [path for path in paths if path not in without]


def add_recent(preferences: Preferences, paths: Sequence[str]) -> None:
    known = recent_paths(preferences, without=paths)
    preferences.update({"recent/paths": [*paths, *known][:MAX_RECENT]})


def lesson_width(preferences: Preferences) -> int:
    """Width of the lesson's text in pixels; 0 if none is stored."""
    return max(0, preferences.number("lesson/width") or 0)


def set_lesson_width(preferences: Preferences, width: int) -> None:
    preferences.update({"lesson/width": width})


def export_folder(preferences: Preferences) -> str:
    """The folder of the last export; empty if it no longer exists."""
    folder = preferences.text("export/folder")
    return folder if os.path.isdir(folder) else ""


def set_export_folder(preferences: Preferences, folder: str) -> None:
    preferences.update({"export/folder": folder})
