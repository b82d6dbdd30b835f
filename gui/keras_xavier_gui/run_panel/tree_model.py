"""Folders and the runs in them, as a model for the list of runs."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, overload

from keras_xavier.runs import State
from keras_xavier_gui.qt import ModelIndex, Qt, QtCore
from keras_xavier_gui.run_panel.formatting import differences, in_short, searchable
from keras_xavier_gui.run_panel.tree_nodes import (
    COLUMNS,
    HYPERPARAMETERS,
    NAME,
    RECORDS,
    STATE,
    UPDATED,
    FolderNode,
    Node,
    RunNode,
    alignment,
    short_names,
)
from keras_xavier_gui.sources.listing import Entry, Listing, natural
from keras_xavier_gui.widgets.status_bar import age, state_name

NO_INDEX = QtCore.QModelIndex()


class RunTreeModel(QtCore.QAbstractItemModel):
    """The listed runs. Rows keep their identity when runs change."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._root = FolderNode(0, "")
        # Views hold identities, not nodes: a removed node is never used again.
        self._nodes: dict[int, Node] = {0: self._root}
        self._runs: dict[str, RunNode] = {}
        self._last = 0
        self._hyperparameters: dict[str, Mapping[str, Any]] = {}
        # Why runs cannot be read, and when these runs were written.
        self._damaged: dict[str, tuple[str, float]] = {}

    # Queries

    @property
    def entries(self) -> list[Entry]:
        """All runs, in the order in which they were opened and found."""
        entries = [node.entry for node in self._root.runs()]
        return sorted(entries, key=lambda entry: entry.order)

    def entry(self, index: ModelIndex) -> Entry | None:
        """The run of a row; `None` for a folder."""
        node = self._node(index)
        return node.entry if isinstance(node, RunNode) else None

    def path(self, index: ModelIndex) -> str:
        """Path of the folder or run of a row."""
        return self._node(index).path

    def count(self, folder: ModelIndex) -> int:
        """Number of runs in a folder, at any depth."""
        node = self._node(folder)
        return len(list(node.runs())) if isinstance(node, FolderNode) else 0

    def find(self, path: str) -> QtCore.QModelIndex:
        """The row of a run; an invalid index if it is not listed."""
        node = self._runs.get(path)
        return self._index(node) if node else QtCore.QModelIndex()

    def only_folder(self) -> QtCore.QModelIndex:
        """The row of the opened folder if there is no other top-level row."""
        rows = self._root.children
        if len(rows) == 1 and isinstance(rows[0], FolderNode):
            return self._index(rows[0])
        return QtCore.QModelIndex()

    def matches(self, index: ModelIndex, words: Sequence[str]) -> bool:
        """Whether the text of a run contains all words, which are in lower case."""
        entry = self.entry(index)
        if entry is None:
            return not words
        text = searchable(entry).casefold() if words else ""
        return all(word in text for word in words)

    def sort_key(self, index: ModelIndex) -> tuple[Any, ...]:
        """Sort key of a row: folders first, numbers in names by value."""
        node = self._node(index)
        name = natural(node.name.casefold())
        if not isinstance(node, RunNode):
            return False, name
        run = node.entry.run
        match index.column():
            case 1:
                return True, state_name(run.state, run.reason), name
            case 2:
                return True, natural(node.hyperparameters), name
            case 3:
                return True, run.notes.tags, name
            case 4:
                # By age: latest first.
                return True, -run.updated, name
            case 5:
                return True, run.records, name
        return True, name

    # Changes

    def update(self, listing: Listing) -> None:
        """Shows a new listing; runs that no longer exist stay, marked as missing."""
        found = {entry.run.path: self._with_damage(entry) for entry in listing.entries}
        in_other_folders = []
        for node in list(self._root.runs()):
            fresh = found.get(node.path) or node.entry.as_missing()
            if fresh.folders != node.entry.folders:
                in_other_folders.append(node)
                continue
            found.pop(node.path, None)
            if fresh != node.entry:
                node.entry = fresh
                self._emit_changed(node)
        for folders, entries in groupby(found.values(), lambda entry: entry.folders):
            added = [self._new_run(entry) for entry in entries]
            self._insert(self._folder(folders), added)
        # After the new rows, so that their runs stay selected.
        self._drop(in_other_folders)

    def mark_damaged(self, reasons: Mapping[str, str]) -> None:
        """Marks runs that can be opened, but not read, as broken.

        The marks stay until the runs are written or `forget_damage` is called.

        Args:
            reasons: Why runs cannot be read, by path.
        """
        for path, reason in reasons.items():
            node = self._runs.get(path)
            if node and node.entry.run.state is not State.BROKEN:
                self._damaged[path] = reason, node.entry.run.updated
                node.entry = self._with_damage(node.entry)
                self._emit_changed(node)

    def forget_damage(self) -> None:
        """Removes the marks of damaged runs."""
        self._damaged.clear()

    def _with_damage(self, entry: Entry) -> Entry:
        """Returns the entry as broken if its run is marked."""
        run = entry.run
        reason, updated = self._damaged.get(run.path, ("", 0.0))
        if not reason or updated != run.updated or run.state is State.BROKEN:
            return entry
        return replace(entry, run=replace(run, state=State.BROKEN, reason=reason))

    def rename(self, old: str, new: str, name: str) -> None:
        """Replaces the path of a run, which keeps its row."""
        # It may have been listed already.
        self.drop([new])
        if node := self._runs.pop(old, None):
            run = replace(node.entry.run, path=new, name=name)
            label = os.path.join(os.path.dirname(node.entry.label), name)
            node.path = new
            self._runs[new] = node
            node.entry = replace(node.entry, run=run, label=label)
            self._emit_changed(node)
            self._update_texts()

    def drop(self, paths: Sequence[str]) -> None:
        """Removes runs, and the folders that become empty."""
        self._drop([node for node in self._root.runs() if node.path in paths])

    def drop_gone(self) -> None:
        """Removes the runs that no longer exist."""
        runs = self._root.runs()
        self._drop([node for node in runs if node.entry.is_missing])

    def drop_source(self, source: str) -> None:
        """Removes an opened folder or run."""
        for node in list(self._root.children):
            if node.path == source:
                self._remove(node)
        self._update_texts()

    def show_ages(self) -> None:
        """Updates the ages."""
        now = time.time()
        for node in self._root.runs():
            updated = node.entry.run.updated
            text = age(now - updated) if updated else ""
            if text != node.age:
                node.age = text
                self._emit_changed(node, UPDATED, UPDATED)

    def _drop(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            while node.parent and node.parent.parent and len(node.parent.children) == 1:
                node = node.parent
            self._remove(node)
        self._update_texts()

    def _folder(self, paths: Sequence[str]) -> FolderNode:
        """The innermost of some nested folders; missing rows are added."""
        node = self._root
        for path in paths:
            inner = (
                one
                for one in node.children
                if one.path == path and isinstance(one, FolderNode)
            )
            known = next(inner, None)
            if known is None:
                known = FolderNode(self._next_identity(), path)
                self._register(known)
                self._insert(node, [known])
            node = known
        return node

    def _new_run(self, entry: Entry) -> RunNode:
        node = RunNode(self._next_identity(), entry.run.path, entry=entry)
        self._register(node)
        return node

    def _next_identity(self) -> int:
        self._last += 1
        return self._last

    def _register(self, node: Node) -> None:
        self._nodes[node.identity] = node
        node.label = node.name

    def _insert(self, parent: FolderNode, nodes: Sequence[Node]) -> None:
        """Adds rows all at once: with a thousand runs, each signal takes its time."""
        row = len(parent.children)
        self.beginInsertRows(self._index(parent), row, row + len(nodes) - 1)
        for node in nodes:
            node.parent = parent
            parent.children.append(node)
            if isinstance(node, RunNode):
                self._runs[node.path] = node
        self.endInsertRows()

    def _remove(self, node: Node) -> None:
        parent = node.parent
        if parent is None:
            return
        row = parent.children.index(node)
        self.beginRemoveRows(self._index(parent), row, row)
        del parent.children[row]
        removed = [node]
        if isinstance(node, FolderNode):
            removed += node.descendants()
        for one in removed:
            # A run in another folder has a new row already.
            if self._runs.get(one.path) is one:
                del self._runs[one.path]
        self.endRemoveRows()
        for one in removed:
            del self._nodes[one.identity]

    def _update_texts(self) -> None:
        """Updates the texts that depend on other rows."""
        runs = list(self._root.runs())
        hyperparameters = {node.path: node.entry.run.hyperparameters for node in runs}
        if hyperparameters != self._hyperparameters:
            self._hyperparameters = hyperparameters
            differing = differences(hyperparameters)
            for node in runs:
                text = in_short(differing[node.path])
                if text != node.hyperparameters:
                    node.hyperparameters = text
                    self._emit_changed(node, HYPERPARAMETERS, HYPERPARAMETERS)
        for folder in list(self._nodes.values()):
            if isinstance(folder, FolderNode):
                labels = short_names(folder.children)
                for child, label in zip(folder.children, labels, strict=True):
                    if label != child.label:
                        child.label = label
                        self._emit_changed(child, NAME, NAME)
                if folder.parent:
                    self._update_count(folder)
        self.show_ages()

    def _update_count(self, folder: FolderNode) -> None:
        count = len(list(folder.runs()))
        text = "1 run" if count == 1 else f"{count:,} runs"
        if text != folder.count_text:
            folder.count_text = text
            self._emit_changed(folder, STATE, STATE)

    def _emit_changed(self, node: Node, first: int = NAME, last: int = RECORDS) -> None:
        self.dataChanged.emit(self._index(node, first), self._index(node, last))

    # Overrides of Qt's model

    def _node(self, index: ModelIndex) -> Node:
        return self._nodes[index.internalId() if index.isValid() else 0]

    def _index(self, node: Node, column: int = NAME) -> QtCore.QModelIndex:
        if node.parent is None:
            return QtCore.QModelIndex()
        row = node.parent.children.index(node)
        return self.createIndex(row, column, node.identity)

    def index(
        self, row: int, column: int, parent: ModelIndex = NO_INDEX
    ) -> QtCore.QModelIndex:
        folder = self._node(parent)
        if not self.hasIndex(row, column, parent) or not isinstance(folder, FolderNode):
            return QtCore.QModelIndex()
        return self.createIndex(row, column, folder.children[row].identity)

    @overload
    def parent(self) -> QtCore.QObject | None: ...
    @overload
    def parent(self, index: ModelIndex, /) -> QtCore.QModelIndex: ...
    def parent(self, index: ModelIndex | None = None) -> Any:
        if index is None:
            return super().parent()
        node = self._nodes.get(index.internalId()) if index.isValid() else None
        return self._index(node.parent) if node and node.parent else NO_INDEX

    def rowCount(self, parent: ModelIndex = NO_INDEX) -> int:
        node = self._node(parent)
        # Only the first column has rows below it.
        if parent.column() > 0 or not isinstance(node, FolderNode):
            return 0
        return len(node.children)

    def columnCount(self, parent: ModelIndex = NO_INDEX) -> int:
        return len(COLUMNS)

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
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return alignment(section)
        return None

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(index.column())
        return self._node(index).data(index.column(), role)
