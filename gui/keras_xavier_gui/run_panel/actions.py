"""What can be done with the runs that are marked in the list."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from keras_xavier.runs import Notes, RunError, run_path, write_notes
from keras_xavier.text import shorten
from keras_xavier_gui.menus import Keys, add_action
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.run_panel import files as run_files
from keras_xavier_gui.run_panel.notes_dialog import NotesDialog
from keras_xavier_gui.sources.run_cache import Entry, is_remote, is_within, name_of
from keras_xavier_gui.sources.samples import THEY_STAY, is_sample
from keras_xavier_gui.widgets.status_bar import plain

if TYPE_CHECKING:
    from keras_xavier_gui.main_window import MainWindow

MOST_NAMES = 10
"""Named one by one before something is done to all."""
GO_ALONG = "Networks and logs beside them (NAME.keras, NAME.log) go along."


class RunActions(QtCore.QObject):
    """The menu of runs, which is also the context menu of the list.

    Args:
        window: Whose runs they are; the menu is added to its menu bar.
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._list = window.run_list
        self.menu = QtWidgets.QMenu("&Runs", window)
        # They say why something cannot be done.
        self.menu.setToolTipsVisible(True)
        window.menuBar().insertMenu(window.view_menu.menuAction(), self.menu)
        self._for_one: list[QtGui.QAction] = []
        self._for_all: list[QtGui.QAction] = []
        self._changing: dict[QtGui.QAction, str] = {}
        self._fill()
        self.menu.aboutToShow.connect(self._enable)
        self._list.selectionModel().selectionChanged.connect(self._enable)
        self._list.selectionModel().currentChanged.connect(self._enable)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._list.customContextMenuRequested.connect(
            lambda at: self.menu.popup(self._list.viewport().mapToGlobal(at))
        )
        self._enable()

    def entries(self) -> list[Entry]:
        """The marked runs; one that the filter hides is none of them."""
        runs = self._window.runs
        paths = self._list.selection().paths
        return [entry for path in paths if (entry := runs.entry(runs.find(path)))]

    # What can be done

    def rename(self) -> None:
        """Asks for a new name, again and again until it is one."""
        entry = self.entries()[0]
        if self._is_movable(entry):
            self._ask_name(entry.run.path, entry.run.name)

    def edit_notes(self) -> None:
        """Lets note something of a run."""
        run = self.entries()[0].run
        dialog = NotesDialog(run.name, run.notes, self._window)
        closed: list[int] = []

        def write(notes: Notes) -> None:
            self._do(lambda: write_notes(run.path, notes), done, refused)

        def done(_: None) -> None:
            self._window.watcher.look_for_runs()
            if not closed:
                dialog.accept()

        def refused(why: str) -> None:
            # Closed meanwhile, with Escape.
            show = self._warn if closed else dialog.show_problem
            show(why)

        dialog.finished.connect(closed.append)
        dialog.written.connect(write)
        dialog.open()

    def copy_paths(self) -> None:
        """Copies the paths of the runs, a line each."""
        paths = [entry.run.path for entry in self.entries()]
        QtWidgets.QApplication.clipboard().setText("\n".join(paths))
        self._window.notify(f"Copied: {', '.join(paths)}")

    def reveal(self) -> None:
        """Opens the folders where the runs are in the file manager."""
        paths = [entry.run.path for entry in self.entries()]
        local = [path for path in paths if not is_remote(path)]
        if not local:
            self._window.notify("Only runs of this machine are in a file manager.")
        for folder in dict.fromkeys(map(os.path.dirname, local)):
            if not QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(folder)):
                self._window.notify(f"No file manager opens {folder}.")

    def move_to_bin(self) -> None:
        """Moves the runs to the bin, once the user agrees."""
        entries = self.entries()
        if not entries or not all(map(self._is_movable, entries)):
            return
        button = QtWidgets.QMessageBox.StandardButton
        answer = QtWidgets.QMessageBox.question(
            self._window,
            "Move to bin",
            plain(f"Move to the bin?\n\n{named(entries)}\n\n{GO_ALONG}"),
            button.Yes | button.No,
            button.No,
        )
        if answer == button.Yes:
            paths = [entry.run.path for entry in entries]
            self._do(lambda: bin_all(paths), self._take_off, self._warn)

    def close_sources(self) -> None:
        """Takes what was opened off the list; nothing happens to the files."""
        sources = self._sources()
        self._window.watcher.close_sources(sources)
        for source in sources:
            self._window.runs.drop_source(source)
            self._window.runs.drop_source(run_path(source))

    # How

    def _fill(self) -> None:
        def add(
            text: str, slot: Callable[[], None], tip: str, keys: Keys = ""
        ) -> QtGui.QAction:
            action = add_action(self.menu, text, slot, keys=keys, tip=tip)
            # Where letters are typed, Delete and the like are for these.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            self._list.addAction(action)
            return action

        rename = add(
            "Re&name …",
            self.rename,
            "Give the run another name, and its network and log",
            "F2",
        )
        notes = add(
            "&Note and tags …", self.edit_notes, "Note something of the run", "Ctrl+E"
        )
        self.menu.addSeparator()
        copy = add(
            "&Copy path", self.copy_paths, "Copy where the runs are", "Ctrl+Shift+C"
        )
        reveal = add(
            "&Show in file manager", self.reveal, "Open the folder of the runs"
        )
        self.menu.addSeparator()
        bins = add(
            "&Move to bin …",
            self.move_to_bin,
            "Move the runs to the bin, with their networks and logs; asks first",
            "Del",
        )
        self._close = add(
            "C&lose",
            self.close_sources,
            "Take what was opened off the list; its files stay",
        )
        self.menu.addSeparator()
        self._filter = add_action(
            self.menu,
            "&Filter runs",
            self._list.filter.setFocus,
            keys="Ctrl+Shift+F",
            tip="List only runs of some name, state, tag or setting",
        )
        self._for_one = [rename, notes]
        self._for_all = [copy, reveal, bins]
        self._changing = {one: one.statusTip() for one in (rename, notes, bins)}

    def _enable(self) -> None:
        paths = self._list.selection().paths
        count = len(paths)
        for action in self._for_one:
            action.setEnabled(count == 1)
        for action in self._for_all:
            action.setEnabled(count > 0)
        of_samples = any(map(is_sample, paths))
        for action, tip in self._changing.items():
            action.setEnabled(action.isEnabled() and not of_samples)
            action.setStatusTip(THEY_STAY if of_samples else tip)
            action.setToolTip(THEY_STAY if of_samples else "")
        sources = self._sources()
        names = ", ".join(name_of(source) or source for source in sources)
        self._close.setText(f"C&lose {names.replace('&', '&&')}".rstrip())
        self._close.setEnabled(bool(sources))

    def _sources(self) -> list[str]:
        """What was opened, of the marked runs and the folder at the cursor."""
        paths = list(self._list.selection().paths)
        current = self._list.currentIndex()
        if not paths and current.isValid():
            paths = [self._window.runs.path(self._list.filtered.mapToSource(current))]
        return [
            source
            for source in self._window.watcher.sources
            if any(
                is_within(path, source) or path == run_path(source) for path in paths
            )
        ]

    def _is_movable(self, entry: Entry) -> bool:
        """Whether a run's files may be moved; says why not."""
        try:
            run_files.check_movable(entry.run.path, entry.run.state, entry.run.name)
        except RunError as error:
            self._window.notify(str(error))
            return False
        return True

    def _ask_name(self, path: str, name: str, problem: str = "") -> None:
        typed, agreed = QtWidgets.QInputDialog.getText(
            self._window,
            "Rename",
            # As wide as the name, so that there is room to type.
            plain(f"{problem}\n\nNew name of {shorten(name_of(path), 60)}:".strip()),
            QtWidgets.QLineEdit.EchoMode.Normal,
            name,
        )
        if agreed:
            self._do(
                lambda: run_files.rename(path, typed),
                lambda new: self._follow(path, new),
                lambda why: self._ask_name(path, typed, why),
            )

    def _follow(self, old: str, new: str) -> None:
        """Goes on with a run at its new path."""
        if new != old:
            window = self._window
            window.runs.rename(old, new, name_of(new))
            window.selection.rename(old, new, name_of(new))
            window.watcher.rename(old, new)
            window.run_list.follow(old, new)

    def _take_off(self, found: tuple[list[str], list[str]]) -> None:
        moved, problems = found
        self._window.runs.drop(moved)
        self._window.watcher.look_for_runs()
        if problems:
            self._warn("\n\n".join(problems))
        else:
            self._window.notify(f"In the bin: {', '.join(map(name_of, moved))}")

    def _warn(self, problem: str) -> None:
        QtWidgets.QMessageBox.warning(self._window, "Runs", plain(problem))

    def _do(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], object],
        refused: Callable[[str], object],
    ) -> None:
        """Has something done that may wait for a disk."""

        def failed(error: Exception) -> None:
            if not isinstance(error, RunError):
                self._window.watcher.failed.emit(error)
            refused(str(error))

        self._window.watcher.do(work, done, failed)


def bin_all(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Moves runs to the bin; returns those that are there, and what went wrong."""
    moved, problems = [], []
    for path in paths:
        try:
            run_files.move_to_bin(path)
        except RunError as error:
            problems.append(str(error))
        if not os.path.lexists(path):
            moved.append(path)
    return moved, problems


def named(entries: Sequence[Entry]) -> str:
    """Runs by name, the first ones at least."""
    names = [entry.label for entry in entries[:MOST_NAMES]]
    if more := len(entries) - len(names):
        names.append(f"and {more} more")
    return "\n".join(names)
