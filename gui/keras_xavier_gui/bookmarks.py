"""Bookmarks: views that are stored under a name, to return to them another day."""

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass

from keras_xavier.text import shorten
from keras_xavier_gui.actions import add_action
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.history.history import History, describe
from keras_xavier_gui.history.view_state import ViewState, from_dict
from keras_xavier_gui.history.views import capture
from keras_xavier_gui.preferences_file import Preferences, Value
from keras_xavier_gui.qt import QtCore, QtWidgets, Signal
from keras_xavier_gui.tabs import Tabs

KEY = "views/bookmarks"
MOST = 50
MAX_NAME = 80


@dataclass(frozen=True)
class Bookmark:
    """A view with a name."""

    name: str
    view: ViewState


def read_bookmarks(preferences: Preferences) -> list[Bookmark]:
    """Returns the stored bookmarks, latest first; damaged ones are left out."""
    stored = preferences.get(KEY)
    found: list[Bookmark] = []
    for one in stored[:MOST] if isinstance(stored, list) else []:
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str) or not name.strip():
            continue
        try:
            found.append(Bookmark(shorten(name, MAX_NAME), from_dict(one.get("view"))))
        except ValueError:
            continue
    return found


def store_bookmarks(preferences: Preferences, bookmarks: Sequence[Bookmark]) -> None:
    """Stores bookmarks in place of those stored before."""
    values: list[Value] = [
        {"name": one.name, "view": one.view.as_dict()} for one in bookmarks
    ]
    preferences.update({KEY: values[:MOST]})


class Bookmarks(QtCore.QObject):
    """The menu of bookmarks.

    Args:
        context: State and services of the app.
        tabs: The tabs.
        history: Shows views.
        window: Window of the dialog that asks for a name.

    Attributes:
        menu: Adds, shows and removes bookmarks.
    """

    runs_asked = Signal(list, list)
    """Paths of runs to open, and of all runs to select."""

    def __init__(
        self,
        context: AppContext,
        tabs: Tabs,
        history: History,
        window: QtWidgets.QWidget,
    ) -> None:
        super().__init__(window)
        self._context = context
        self._tabs = tabs
        self._history = history
        self._window = window
        self.menu = QtWidgets.QMenu("&Bookmarks", window)
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self._fill)
        self._add = add_action(
            self.menu,
            "&Add bookmark …",
            self.ask_to_add,
            keys="Ctrl+D",
            tip="Store runs, tab, options, layers, step, page and zoom under a name",
        )

    def ask_to_add(self) -> None:
        """Asks for a name, and stores the present view."""
        view = capture(self._context, self._tabs)
        name, is_given = QtWidgets.QInputDialog.getText(
            self._window, "Add bookmark", "Name of the view:", text=describe(view)
        )
        if is_given and name.strip():
            name = shorten(name.strip(), MAX_NAME)
            others = [one for one in self._read() if one.name != name]
            self._store([Bookmark(name, view), *others])
            self._context.notify(f"Bookmark “{name}” added")

    def show(self, bookmark: Bookmark) -> None:
        """Shows the view of a bookmark; its runs are opened if necessary."""
        listed = {entry.run.path for entry in self._context.runs.entries}
        missing = [path for path in bookmark.view.runs if path not in listed]
        if to_open := [path for path in missing if os.path.isdir(path)]:
            known = [one for one in bookmark.view.runs if one in {*listed, *to_open}]
            self.runs_asked.emit(to_open, known)
        if gone := len(missing) - len(to_open):
            runs = "1 run" if gone == 1 else f"{gone:,} runs"
            self._context.notify(f"{runs} of this bookmark cannot be found")
        self._history.show(bookmark.view, opening=to_open)

    def remove(self, bookmark: Bookmark) -> None:
        """Removes a bookmark."""
        self._store([one for one in self._read() if one.name != bookmark.name])

    def _read(self) -> list[Bookmark]:
        return read_bookmarks(self._context.preferences)

    def _store(self, bookmarks: Sequence[Bookmark]) -> None:
        store_bookmarks(self._context.preferences, bookmarks)

    def _fill(self) -> None:
        """Lists the bookmarks, which another window may have changed."""
        for action in self.menu.actions():
            if action is not self._add:
                self.menu.removeAction(action)
                (action.menu() or action).deleteLater()
        bookmarks = self._read()
        self.menu.addSeparator()
        for one in bookmarks:
            text = one.name.replace("&", "&&")
            add_action(self.menu, text, functools.partial(self.show, one))
        if bookmarks:
            removing = self.menu.addMenu("&Remove")
            for one in bookmarks:
                text = one.name.replace("&", "&&")
                add_action(removing, text, functools.partial(self.remove, one))
        else:
            self.menu.addAction("No bookmarks").setEnabled(False)
