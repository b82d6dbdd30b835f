"""Actions on the selected runs: rename, note, copy, move to the trash."""

import os
from collections.abc import Callable, Sequence
from typing import Any

from keras_xavier.runs import Notes, RunError, run_path, write_notes
from keras_xavier.text import shorten
from keras_xavier_gui.actions import Keys, add_action
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import QAction, Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.run_panel import files
from keras_xavier_gui.run_panel.list_view import RunList
from keras_xavier_gui.run_panel.notes_dialog import NotesDialog
from keras_xavier_gui.sources.listing import Entry
from keras_xavier_gui.sources.paths import is_remote, is_within, name_of
from keras_xavier_gui.sources.samples import READ_ONLY, is_sample
from keras_xavier_gui.widgets.status_bar import plain

MAX_NAMES = 10
"""Runs listed by name in a question."""
COMPANIONS_TOO = "Their networks and logs (NAME.keras, NAME.log) are moved, too."


class RunActions(QtCore.QObject):
    """The Runs menu, which is also the context menu of the list of runs.

    Args:
        context: State and services of the app.
        run_list: The list of runs.
        parent: Parent of dialogs.

    Attributes:
        menu: The menu.
    """

    def __init__(
        self, context: AppContext, run_list: RunList, parent: QtWidgets.QWidget
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._list = run_list
        self._window = parent
        self.menu = QtWidgets.QMenu("&Runs", parent)
        # Tooltips explain why an action is disabled.
        self.menu.setToolTipsVisible(True)
        self._for_one: list[QAction] = []
        self._for_all: list[QAction] = []
        self._changing: dict[QAction, str] = {}
        self._add_actions()
        self.menu.aboutToShow.connect(self._enable)
        self._list.selectionModel().selectionChanged.connect(self._enable)
        self._list.selectionModel().currentChanged.connect(self._enable)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._list.customContextMenuRequested.connect(
            lambda at: self.menu.popup(self._list.viewport().mapToGlobal(at))
        )
        self._enable()

    def entries(self) -> list[Entry]:
        """The selected runs, without runs that the filter hides."""
        runs = self._context.runs
        paths = self._list.selected_paths()
        return [entry for path in paths if (entry := runs.entry(runs.find(path)))]

    # Actions

    def rename(self) -> None:
        """Asks for a new name until it is valid, and renames the run."""
        entry = self.entries()[0]
        if self._is_movable(entry):
            self._ask_name(entry.run.path, entry.run.name)

    def edit_notes(self) -> None:
        """Opens the dialog for the notes of the run."""
        run = self.entries()[0].run
        dialog = NotesDialog(run.name, run.notes, self._window)
        closed: list[int] = []

        def write(notes: Notes) -> None:
            self._do(lambda: write_notes(run.path, notes), done, refused)

        def done(_: None) -> None:
            self._context.watcher.list_now()
            if not closed:
                dialog.accept()

        def refused(why: str) -> None:
            # The user may have closed the dialog with Escape.
            show = self._warn if closed else dialog.show_problem
            show(why)

        dialog.finished.connect(closed.append)
        dialog.save_asked.connect(write)
        dialog.open()

    def copy_paths(self) -> None:
        """Copies the paths of the runs, one on each line."""
        paths = [entry.run.path for entry in self.entries()]
        QtWidgets.QApplication.clipboard().setText("\n".join(paths))
        self._context.notify(f"Copied: {', '.join(paths)}")

    def reveal(self) -> None:
        """Opens the folders of the runs in the file manager."""
        paths = [entry.run.path for entry in self.entries()]
        local = [path for path in paths if not is_remote(path)]
        if not local:
            self._context.notify("A file manager can only show runs on this machine.")
        for folder in dict.fromkeys(map(os.path.dirname, local)):
            if not QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(folder)):
                self._context.notify(f"No file manager could open {folder}.")

    def move_to_bin(self) -> None:
        """Asks for confirmation, and moves the runs to the trash."""
        entries = self.entries()
        if not entries or not all(map(self._is_movable, entries)):
            return
        button = QtWidgets.QMessageBox.StandardButton
        answer = QtWidgets.QMessageBox.question(
            self._window,
            "Move to trash",
            plain(f"Move to the trash?\n\n{listed_names(entries)}\n\n{COMPANIONS_TOO}"),
            button.Yes | button.No,
            button.No,
        )
        if answer == button.Yes:
            paths = [entry.run.path for entry in entries]
            self._do(lambda: move_all_to_bin(paths), self._drop, self._warn)

    def close_sources(self) -> None:
        """Removes opened runs and folders from the list; their files stay."""
        sources = self._sources()
        self._context.watcher.close_sources(sources)
        for source in sources:
            self._context.runs.drop_source(source)
            self._context.runs.drop_source(run_path(source))

    # Internals

    def _add_actions(self) -> None:
        def add(
            text: str, slot: Callable[[], None], tip: str, keys: Keys = ""
        ) -> QAction:
            action = add_action(self.menu, text, slot, keys=keys, tip=tip)
            # In text boxes, Delete and similar keys edit the text.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            self._list.addAction(action)
            return action

        rename = add(
            "Re&name …",
            self.rename,
            "Rename the run, its network and its log",
            "F2",
        )
        notes = add(
            "&Notes and tags …", self.edit_notes, "Edit the notes of the run", "Ctrl+E"
        )
        self._within = add(
            "Select all in &group",
            self._list.choose_all_within,
            "Select all runs in the folder or group at the cursor",
            "Ctrl+Return",
        )
        self.menu.addSeparator()
        copy = add(
            "&Copy path", self.copy_paths, "Copy the paths of the runs", "Ctrl+Shift+C"
        )
        reveal = add(
            "&Show in file manager", self.reveal, "Open the folders of the runs"
        )
        self.menu.addSeparator()
        bin_ = add(
            "&Move to trash …",
            self.move_to_bin,
            "Move the runs, their networks and logs to the trash",
            "Del",
        )
        self._close = add(
            "C&lose",
            self.close_sources,
            "Remove the opened folder or run from the list; its files are kept",
        )
        self.menu.addSeparator()
        self._filter = add_action(
            self.menu,
            "&Filter runs",
            self._list.filter.setFocus,
            keys="Ctrl+Shift+F",
            tip="List only runs with this name, state, tag or hyperparameter",
        )
        self._for_one = [rename, notes]
        self._for_all = [copy, reveal, bin_]
        self._changing = {one: one.statusTip() for one in (rename, notes, bin_)}

    def _enable(self) -> None:
        paths = self._list.selected_paths()
        for action in self._for_one:
            action.setEnabled(len(paths) == 1)
        for action in self._for_all:
            action.setEnabled(bool(paths))
        has_samples = any(map(is_sample, paths))
        for action, tip in self._changing.items():
            action.setEnabled(action.isEnabled() and not has_samples)
            action.setStatusTip(READ_ONLY if has_samples else tip)
            action.setToolTip(READ_ONLY if has_samples else "")
        current = self._list.currentIndex()
        is_folder = current.isValid() and self._list.filtered.hasChildren(current)
        self._within.setEnabled(is_folder)
        sources = self._sources()
        names = ", ".join(name_of(source) or source for source in sources)
        self._close.setText(f"C&lose {names.replace('&', '&&')}".rstrip())
        self._close.setEnabled(bool(sources))

    def _sources(self) -> list[str]:
        """The opened paths of the selected runs, or of the folder at the cursor."""
        paths = list(self._list.selected_paths())
        current = self._list.currentIndex()
        if not paths and current.isValid():
            index = self._list.filtered.mapToSource(current)
            paths = [self._context.runs.path(index)]
        return [
            source
            for source in self._context.watcher.sources
            if any(
                is_within(path, source) or path == run_path(source) for path in paths
            )
        ]

    def _is_movable(self, entry: Entry) -> bool:
        """Whether the files of a run may be moved; notifies the user if not."""
        try:
            files.check_movable(entry.run.path, entry.run.state, entry.run.name)
        except RunError as error:
            self._context.notify(str(error))
            return False
        return True

    def _ask_name(self, path: str, name: str, problem: str = "") -> None:
        typed, accepted = QtWidgets.QInputDialog.getText(
            self._window,
            "Rename",
            # The label sets the width of the text box.
            plain(f"{problem}\n\nNew name of {shorten(name_of(path), 60)}:".strip()),
            QtWidgets.QLineEdit.EchoMode.Normal,
            name,
        )
        if accepted:
            self._do(
                lambda: files.rename(path, typed),
                lambda new: self.replace_path(path, new),
                lambda why: self._ask_name(path, typed, why),
            )

    def replace_path(self, old: str, new: str) -> None:
        """Replaces the path of a run that was moved; it stays selected."""
        if new != old:
            self._context.runs.rename(old, new, name_of(new))
            self._context.selection.rename(old, new)
            self._context.watcher.rename(old, new)
            self._context.digests.rename(old, new)
            self._list.rename(old, new)

    def _drop(self, result: tuple[list[str], list[str]]) -> None:
        moved, problems = result
        self._context.runs.drop(moved)
        self._context.watcher.list_now()
        if problems:
            self._warn("\n\n".join(problems))
        else:
            self._context.notify(
                f"Moved to the trash: {', '.join(map(name_of, moved))}"
            )

    def _warn(self, problem: str) -> None:
        QtWidgets.QMessageBox.warning(self._window, "Runs", plain(problem))

    def _do(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], object],
        refused: Callable[[str], object],
    ) -> None:
        """Runs a function in the reading thread, since it may wait for a disk."""

        def failed(error: Exception) -> None:
            if not isinstance(error, RunError):
                self._context.watcher.failed.emit(error)
            refused(str(error))

        self._context.watcher.do(work, done, failed)


def move_all_to_bin(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Moves runs to the trash; returns the moved runs, and the problems."""
    moved, problems = [], []
    for path in paths:
        try:
            files.move_to_bin(path)
        except RunError as error:
            problems.append(str(error))
        if not os.path.lexists(path):
            moved.append(path)
    return moved, problems


def listed_names(entries: Sequence[Entry]) -> str:
    """Names of the first runs, one on each line, and the number of others."""
    names = [entry.label for entry in entries[:MAX_NAMES]]
    if more := len(entries) - len(names):
        names.append(f"and {more} more")
    return "\n".join(names)
