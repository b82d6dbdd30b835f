"""The list of runs as a model of Qt: folders, groups and runs."""

import time
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, overload

from keras_xavier_gui.qt import ModelIndex, Qt, QtCore, Signal
from keras_xavier_gui.run_panel.cell_cache import CellCache
from keras_xavier_gui.run_panel.cells import Cell
from keras_xavier_gui.run_panel.columns import (
    COLUMN_COUNT,
    FIXED,
    NAME,
    UPDATED,
    Extra,
)
from keras_xavier_gui.run_panel.damage_marks import DamageMarks
from keras_xavier_gui.run_panel.digest import Digest
from keras_xavier_gui.run_panel.grouping import Grouping, Rows
from keras_xavier_gui.run_panel.labels import update_differences, update_labels
from keras_xavier_gui.run_panel.row_roles import cell_data, header_data
from keras_xavier_gui.run_panel.run_tree import RunTree, adjacent
from keras_xavier_gui.run_panel.tree_nodes import FolderNode, Node, RunNode
from keras_xavier_gui.sources.listing import Entry, Listing
from keras_xavier_gui.widgets.status_bar import age

if TYPE_CHECKING:
    from keras_xavier.diagnosis import Report

NO_INDEX = QtCore.QModelIndex()
REMOVED = FolderNode(-1, "")
"""Stands for rows that have been removed while a view still asks for them."""


class RunTreeModel(QtCore.QAbstractItemModel):
    """The listed runs. Rows keep their identity when runs change or move."""

    updated = Signal()
    """A new listing is shown."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._tree = RunTree()
        self._marks = DamageMarks()
        self._cells = CellCache()
        self._settings: dict[str, Mapping[str, Any]] = {}
        self._listed: tuple[Entry, ...] = ()
        # Whether rows have changed since then.
        self._is_stale = False
        self._drops_missing = False

    # Queries

    @property
    def entries(self) -> list[Entry]:
        """All runs, in the order in which they were opened and found."""
        entries = [node.entry for node in self._tree.runs()]
        return sorted(entries, key=lambda entry: entry.order)

    @property
    def grouping(self) -> Grouping:
        """What the runs are listed by."""
        return self._tree.grouping

    def runs(self) -> list[RunNode]:
        """All runs, with what is known about them."""
        return list(self._tree.runs())

    @property
    def extras(self) -> tuple[Extra, ...]:
        """The columns after the fixed ones."""
        return self._cells.extras

    def node(self, index: ModelIndex) -> Node:
        """The folder, group or run of a row."""
        identity = index.internalId() if index.isValid() else self._tree.root.identity
        return self._tree.find(identity) or REMOVED

    def entry(self, index: ModelIndex) -> Entry | None:
        """The run of a row; `None` for a folder."""
        node = self.node(index)
        return node.entry if isinstance(node, RunNode) else None

    def path(self, index: ModelIndex) -> str:
        """Path of the folder or run of a row."""
        return self.node(index).path

    def run_paths(self, index: ModelIndex) -> list[str]:
        """Paths of the runs in a folder or group, or of a run."""
        node = self.node(index)
        runs = node.runs() if isinstance(node, FolderNode) else [node]
        return [run.path for run in runs]

    def find(self, path: str) -> QtCore.QModelIndex:
        """The row of a run; an invalid index if it is not listed."""
        node = self._tree.run(path)
        return self._index(node) if node else QtCore.QModelIndex()

    def only_folder(self) -> QtCore.QModelIndex:
        """The row of the opened folder if there is no other top-level row."""
        rows = self._tree.root.children
        is_folder = self.grouping is Grouping.FOLDER
        if is_folder and len(rows) == 1 and isinstance(rows[0], FolderNode):
            return self._index(rows[0])
        return QtCore.QModelIndex()

    def cell(self, index: ModelIndex) -> Cell:
        """The content of a cell."""
        return self._cells.cell(self.node(index), index.column())

    # Changes

    def update(self, listing: Listing) -> None:
        """Shows a new listing; runs that no longer exist stay, marked as missing."""
        entries = {one.run.path: self._marks.apply(one) for one in listing.entries}
        if tuple(entries.values()) != self._listed or self._is_stale:
            self._listed, self._is_stale = tuple(entries.values()), False
            self._show(entries)
        self.show_ages()
        self.updated.emit()

    def _show(self, entries: dict[str, Entry]) -> None:
        if self._drops_missing:
            self._drops_missing = False
            self._drop([one for one in self._tree.runs() if one.path not in entries])
        changed = []
        for node in self._tree.runs():
            fresh = entries.pop(node.path, None) or node.entry.as_missing()
            if fresh != node.entry:
                node.set_entry(fresh)
                changed.append(node)
        self._emit_changed(*changed)
        added = [self._tree.new_run(entry) for entry in entries.values()]
        places = self._tree.places()
        for rows, nodes in groupby(added, lambda node: places[node.path]):
            self._insert(rows, list(nodes))
        self._move_all(places)
        self._update_texts()

    def set_grouping(self, grouping: Grouping) -> None:
        """Lists the runs by something else. They stay selected."""
        if grouping != self.grouping:
            self._tree.grouping = grouping
            self._move_all(self._tree.places())
            self._update_texts()

    def set_extras(self, extras: Sequence[Extra]) -> None:
        """Sets the columns after the fixed ones."""
        self._cells.set_extras(extras)
        first, last = len(FIXED), COLUMN_COUNT - 1
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, first, last)
        rows = [one for folder in self._tree.folders() for one in folder.children]
        self._emit_changed(*rows, first=first, last=last)

    def show_digest(
        self, path: str, digest: Digest | None, report: "Report | None", problem: str
    ) -> None:
        """Shows metrics and findings of a run.

        Args:
            path: Path of the run.
            digest: Its metrics, if they have been read.
            report: Its diagnosis, if there is one.
            problem: Why it cannot be diagnosed.
        """
        node = self._tree.run(path)
        if node and (node.digest, node.report, node.problem) != (
            digest,
            report,
            problem,
        ):
            node.digest, node.report, node.problem = digest, report, problem
            self._is_stale |= self.grouping is Grouping.FINDING
            self._emit_changed(node, *self._tree.folders_above(node))

    def mark_damaged(self, reasons: Mapping[str, str]) -> None:
        """Marks runs that can be opened, but not read, as broken.

        The marks stay until the runs are written or `forget_damage` is called.

        Args:
            reasons: Why runs cannot be read, by path.
        """
        self._is_stale = True
        for path, reason in reasons.items():
            if node := self._tree.run(path):
                marked = self._marks.add(node.entry, reason)
                if marked != node.entry:
                    node.set_entry(marked)
                    self._emit_changed(node)

    def forget_damage(self) -> None:
        """Removes the marks of damaged runs, and of moves."""
        self._is_stale = True
        self._marks.clear()
        for node in self._tree.runs():
            if node.moved_from:
                node.moved_from = ""
                self._emit_changed(node)

    def rename(self, old: str, new: str, name: str) -> None:
        """Replaces the path of a run, which keeps its row."""
        self._is_stale = True
        # It may have been listed already.
        self.drop([new])
        if node := self._tree.run(old):
            self._tree.rename(node, new, name)
            self._emit_changed(node)
            self._update_texts()

    def mark_moved(self, path: str, moved_from: str) -> None:
        """Shows that a run was moved by another program."""
        if node := self._tree.run(path):
            node.moved_from = moved_from
            self._emit_changed(node)

    def drop(self, paths: Collection[str]) -> None:
        """Removes runs, and the folders that become empty."""
        self._is_stale = True
        self._drop([node for node in self._tree.runs() if node.path in paths])

    def drop_missing(self) -> None:
        """Removes the runs that no longer exist, with the next listing."""
        self._is_stale = True
        self._drops_missing = True

    def drop_source(self, source: str) -> None:
        """Removes the runs of an opened folder, or an opened run."""
        self._is_stale = True
        self._drop(
            [
                node
                for node in self._tree.runs()
                if source in (node.path, *node.entry.folders[:1])
            ]
        )

    def show_ages(self) -> None:
        """Updates the ages."""
        now, changed = time.time(), []
        for node in self._tree.runs():
            updated = node.entry.run.updated
            text = age(now - updated) if updated else ""
            if text != node.age:
                node.age = text
                changed.append(node)
        self._emit_changed(*changed, first=UPDATED, last=UPDATED)

    # Structure

    def _insert(self, rows: Rows, nodes: Sequence[Node]) -> None:
        """Adds rows all at once: with a thousand runs, each signal takes its time."""
        parent, missing = self._tree.innermost(rows)
        for key in missing:
            folder = self._tree.new_folder(key)
            self._attach(parent, [folder])
            parent = folder
        self._attach(parent, nodes)

    def _attach(self, parent: FolderNode, nodes: Sequence[Node]) -> None:
        row = len(parent.children)
        self.beginInsertRows(self._index(parent), row, row + len(nodes) - 1)
        self._tree.attach(parent, nodes)
        self.endInsertRows()
        self._emit_contents_changed(parent)

    def _move_all(self, places: Mapping[str, Rows]) -> None:
        """Moves the runs that are not at their places."""
        moving = [
            node
            for node in self._tree.runs()
            if self._tree.rows_above(node) != places[node.path]
            or self._is_of_other_kind(node)
        ]
        if moving:
            self.layoutAboutToBeChanged.emit()
            before = self.persistentIndexList()
            for node in moving:
                self._tree.move(node, places[node.path])
            after = [self._moved(index) for index in before]
            self.changePersistentIndexList(before, after)
            self._cells.clear()
            self.layoutChanged.emit()
        titles = self._tree.titles(places)
        for folder in self._tree.folders():
            if folder.title is not None and titles[folder.path] != folder.title:
                folder.title = titles[folder.path]

    def _is_of_other_kind(self, node: RunNode) -> bool:
        """Whether a run is in a folder instead of a group, or the reverse."""
        parent = node.parent
        if parent is None or parent.parent is None:
            return False
        return (parent.title is None) is not (self.grouping is Grouping.FOLDER)

    def _moved(self, index: QtCore.QModelIndex) -> QtCore.QModelIndex:
        node = self._tree.find(index.internalId())
        return self._index(node, index.column()) if node else QtCore.QModelIndex()

    def _drop(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            while node.parent and node.parent.parent and len(node.parent.children) == 1:
                node = node.parent
            parent = node.parent
            if parent is None:
                continue
            row = parent.children.index(node)
            self.beginRemoveRows(self._index(parent), row, row)
            self._tree.detach(node)
            self._tree.forget(node)
            self.endRemoveRows()
            self._emit_contents_changed(parent)
        self._update_texts()

    def _update_texts(self) -> None:
        """Updates the texts that depend on other rows."""
        settings = {node.path: node.settings for node in self._tree.runs()}
        changed: list[Node] = [*update_labels(self._tree.folders())]
        if settings != self._settings:
            self._settings = settings
            changed += update_differences(self._tree.runs())
        self._emit_changed(*dict.fromkeys(changed))
        self.show_ages()

    def _emit_contents_changed(self, folder: FolderNode) -> None:
        """Announces that folders contain other runs."""
        above = (folder, *self._tree.folders_above(folder))
        self._emit_changed(*(one for one in above if one.parent))

    def _emit_changed(
        self, *nodes: Node, first: int = NAME, last: int = COLUMN_COUNT - 1
    ) -> None:
        """Announces changes of adjacent rows at once: each signal takes its time."""
        for node in nodes:
            self._cells.forget(node, first, last)
        for top, bottom in adjacent(nodes):
            self.dataChanged.emit(self._index(top, first), self._index(bottom, last))

    # Overrides of Qt's model

    def _index(self, node: Node, column: int = NAME) -> QtCore.QModelIndex:
        if node.parent is None:
            return QtCore.QModelIndex()
        row = node.parent.children.index(node)
        return self.createIndex(row, column, node.identity)

    def index(
        self, row: int, column: int, parent: ModelIndex = NO_INDEX
    ) -> QtCore.QModelIndex:
        folder = self.node(parent)
        # `hasIndex` asks for the numbers of rows and columns, which takes longer.
        rows = folder.children if isinstance(folder, FolderNode) else ()
        if 0 <= row < len(rows) and 0 <= column < COLUMN_COUNT:
            return self.createIndex(row, column, rows[row].identity)
        return QtCore.QModelIndex()

    @overload
    def parent(self) -> QtCore.QObject | None: ...
    @overload
    def parent(self, index: ModelIndex, /) -> QtCore.QModelIndex: ...
    def parent(self, index: ModelIndex | None = None) -> Any:
        if index is None:
            return super().parent()
        node = self._tree.find(index.internalId()) if index.isValid() else None
        return self._index(node.parent) if node and node.parent else NO_INDEX

    def rowCount(self, parent: ModelIndex = NO_INDEX) -> int:
        node = self.node(parent)
        # Only the first column has rows below it.
        if parent.column() > 0 or not isinstance(node, FolderNode):
            return 0
        return len(node.children)

    def columnCount(self, parent: ModelIndex = NO_INDEX) -> int:
        return COLUMN_COUNT

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid() and self.entry(index) is None:
            # The cursor can be at a folder, which is never selected.
            return flags & ~Qt.ItemFlag.ItemIsSelectable
        return flags

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            return header_data(section, self.extras, role)
        return None

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        return cell_data(self.node(index), self.cell(index), index.column(), role)
