"""The list of runs, where the user selects the runs to show."""

from collections.abc import Iterator
from contextlib import contextmanager

from keras_xavier_gui.qt import ModelIndex, Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.run_panel.column_chooser import ColumnChooser
from keras_xavier_gui.run_panel.columns import NAME
from keras_xavier_gui.run_panel.delegate import CellDelegate
from keras_xavier_gui.run_panel.filter import RunFilter
from keras_xavier_gui.run_panel.tree_model import NO_INDEX, RunTreeModel

INDENTATION = 14
SCROLLING = (
    *(Qt.Key.Key_PageUp, Qt.Key.Key_PageDown),
    *(Qt.Key.Key_Home, Qt.Key.Key_End),
)
ScrollHint = QtWidgets.QAbstractItemView.ScrollHint
Rows = QtCore.QItemSelectionModel.SelectionFlag


class RunList(QtWidgets.QTreeView):
    """Shows folders and runs; Ctrl and Shift select several.

    Runs that the filter hides stay selected until the user selects others.

    Args:
        model: The listed runs.

    Attributes:
        columns: Chooses the columns.
        filter: Text box of the filter.
        filtered: The filtered and sorted model.
    """

    chosen = Signal(object)
    """Paths of the selected runs, a tuple in the order of the list."""

    def __init__(self, model: RunTreeModel) -> None:
        super().__init__()
        self._runs = model
        self._chosen: tuple[str, ...] = ()
        self._collapsed: set[str] = set()
        self._changing = False
        self._filtering = False
        self._top: QtCore.QPersistentModelIndex | None = None
        self.filtered = RunFilter(model, self)
        # Connected before the view, which deselects the rows being removed.
        self.filtered.rowsAboutToBeRemoved.connect(self._before_removal)
        self.filtered.rowsAboutToBeInserted.connect(self._before_insertion)
        self.setModel(self.filtered)
        self.filtered.rowsRemoved.connect(self._after_removal)
        self.filtered.rowsInserted.connect(self._after_insertion)
        model.rowsRemoved.connect(self._deselect_removed)
        # Runs have moved to other rows.
        model.layoutAboutToBeChanged.connect(self._before_removal)
        model.layoutChanged.connect(self._after_move)
        self.filter = QtWidgets.QLineEdit()
        self.filter.setPlaceholderText("Filter runs")
        self.filter.setAccessibleName("Filter runs")
        self.filter.setToolTip(
            "Words in names, states, tags, notes or hyperparameters, such as: "
            "tanh units=300"
        )
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter)
        self.nothing = QtWidgets.QLabel("No run matches.")
        self.nothing.hide()
        for changed in (self.filtered.rowsInserted, self.filtered.rowsRemoved):
            changed.connect(self._show_if_no_match)
        self._set_up()
        self.columns = ColumnChooser(self, model)
        self.selectionModel().selectionChanged.connect(self._report)
        self.collapsed.connect(lambda index: self._store_expansion(index, open=False))
        self.expanded.connect(lambda index: self._store_expansion(index, open=True))

    def choose(self, path: str, *others: str) -> None:
        """Selects runs, and clears the filter if it hides one of them."""
        is_first = True
        for one in (path, *others):
            source = self._runs.find(one)
            if source.isValid() and not self.filtered.mapFromSource(source).isValid():
                self.filter.clear()
            index = self.filtered.mapFromSource(source)
            if not index.isValid():
                continue
            if is_first:
                self.selectionModel().setCurrentIndex(
                    index, Rows.ClearAndSelect | Rows.Rows
                )
            else:
                self.selectionModel().select(index, Rows.Select | Rows.Rows)
            is_first = False

    def choose_all_within(self) -> None:
        """Selects all runs in the folder or group at the cursor."""
        source = self.filtered.mapToSource(self.currentIndex())
        if self.currentIndex().isValid() and (paths := self._runs.run_paths(source)):
            self.choose(*paths)

    def selected_paths(self) -> tuple[str, ...]:
        """Paths of the visible selected runs, on which actions work."""
        indices = self.selectionModel().selectedRows()
        return tuple(self._path(index) for index in sorted(indices, key=self._place))

    def rename(self, old: str, new: str) -> None:
        """Replaces the path of a run."""
        self._set_chosen(tuple(new if path == old else path for path in self._chosen))

    def selectionCommand(
        self, index: ModelIndex, event: QtCore.QEvent | None = None
    ) -> Rows:
        # Moving to a folder or expanding it does not change the selection.
        if index.isValid() and not index.flags() & Qt.ItemFlag.ItemIsSelectable:
            return Rows.NoUpdate
        # Scrolling through the list does not replace a selection of several runs.
        if isinstance(event, QtGui.QKeyEvent) and event.key() in SCROLLING:
            extends = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            if not extends and len(self._chosen) > 1:
                return Rows.NoUpdate
        return super().selectionCommand(index, event)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        # The first arrow key selects the row of the cursor, perhaps the only row.
        arrow = event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        if arrow and not self.selectionModel().hasSelection():
            at = self.currentIndex()
            self.selectionModel().select(at, Rows.ClearAndSelect | Rows.Rows)
            if self.selectionModel().hasSelection():
                return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self.columns.fit()

    def scrollTo(
        self,
        index: ModelIndex,
        hint: ScrollHint = ScrollHint.EnsureVisible,
    ) -> None:
        # A click in another column must not scroll the names out of view.
        across = self.horizontalScrollBar().value()
        super().scrollTo(index, hint)
        self.horizontalScrollBar().setValue(across)

    def _set_up(self) -> None:
        self.setItemDelegate(CellDelegate(self))
        self.setIndentation(INDENTATION)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setAccessibleName("Runs")
        self.setSelectionMode(
            QtWidgets.QAbstractItemView.SelectionMode.ExtendedSelection
        )
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollMode(
            QtWidgets.QAbstractItemView.ScrollMode.ScrollPerPixel
        )
        self.setSortingEnabled(True)
        self.header().sortIndicatorChanged.connect(self._report)

    # Selection

    def _path(self, index: QtCore.QModelIndex) -> str:
        return self._runs.path(self.filtered.mapToSource(index))

    def _place(self, index: QtCore.QModelIndex) -> list[int]:
        """Row numbers from the top level down to this row."""
        place: list[int] = []
        while index.isValid():
            place.insert(0, index.row())
            index = index.parent()
        return place

    def _is_hidden(self, path: str) -> bool:
        """Whether the filter hides a listed run."""
        source = self._runs.find(path)
        return source.isValid() and not self.filtered.mapFromSource(source).isValid()

    def _report(self) -> None:
        if self._changing:
            return
        paths = self.selected_paths()
        if paths or not any(map(self._is_hidden, self._chosen)):
            self._set_chosen(paths)

    def _set_chosen(self, paths: tuple[str, ...]) -> None:
        if paths != self._chosen:
            self._chosen = paths
            self.chosen.emit(paths)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        before, self._changing = self._changing, True
        try:
            yield
        finally:
            self._changing = before

    def _before_removal(self) -> None:
        self._changing = True

    def _after_removal(self) -> None:
        self._changing = False

    def _deselect_removed(self) -> None:
        """Deselects runs that are no longer listed; hidden runs stay selected."""
        self._set_root()
        left = tuple(path for path in self._chosen if self._runs.find(path).isValid())
        if left or not self._chosen:
            self._set_chosen(left)
            return
        if next_one := self._nearest_run(self.currentIndex()):
            self.choose(next_one)
        self._report()

    def _nearest_run(self, index: QtCore.QModelIndex) -> str | None:
        """Path of the next visible run, or else of the previous one."""
        for move in (self.indexBelow, self.indexAbove):
            near = index
            while near.isValid():
                if self._runs.entry(self.filtered.mapToSource(near)):
                    return self._path(near)
                near = move(near)
        return None

    def _before_insertion(self) -> None:
        """Remembers the topmost visible row, unless it is the first row."""
        if not self._filtering and self.verticalScrollBar().value() > 0:
            self._top = QtCore.QPersistentModelIndex(self.indexAt(QtCore.QPoint(0, 0)))

    def _after_insertion(
        self, parent: QtCore.QModelIndex, first: int, last: int
    ) -> None:
        self._set_root()
        self._show_expansion(parent, first, last)
        with self._quiet():
            for path in self._chosen:
                index = self.filtered.mapFromSource(self._runs.find(path))
                if index.isValid() and not self.selectionModel().isSelected(index):
                    self.selectionModel().select(index, Rows.Select | Rows.Rows)
        if self._top is not None:
            top, self._top = self._top, None
            self.scrollTo(model_index(top), ScrollHint.PositionAtTop)

    def _after_move(self) -> None:
        self._changing = False
        self._set_root()
        self._show_expansion(NO_INDEX, 0, self.filtered.rowCount() - 1)
        self._report()

    # Expansion

    def _filter(self, text: str) -> None:
        self._filtering = True
        self.filtered.set_text(text)
        self._filtering = False
        self._show_if_no_match()
        self._show_expansion(NO_INDEX, 0, self.filtered.rowCount() - 1)
        marked = self.selectionModel().selectedRows()
        if marked:
            self.scrollTo(marked[0])
            if not self.selectionModel().isSelected(self.currentIndex()):
                with self._quiet():
                    self.selectionModel().setCurrentIndex(marked[0], Rows.NoUpdate)

    def _show_if_no_match(self) -> None:
        """Shows a message if the filter hides all runs."""
        hidden = self._runs.rowCount() and not self.filtered.rowCount(self.rootIndex())
        self.nothing.setVisible(bool(self.filtered.words and hidden))

    def _set_root(self) -> None:
        """Hides the only folder, whose row would be redundant."""
        root = self.filtered.mapFromSource(self._runs.only_folder())
        if root != self.rootIndex():
            self.setRootIndex(root)
        # Arrows take space, and only folders need them.
        rows = range(self.filtered.rowCount(root))
        indices = (self.filtered.index(row, NAME, root) for row in rows)
        self.setRootIsDecorated(any(map(self.filtered.hasChildren, indices)))

    def _store_expansion(self, index: QtCore.QModelIndex, *, open: bool) -> None:
        if not self.filtered.words:
            change = self._collapsed.discard if open else self._collapsed.add
            change(self._path(index))

    def _show_expansion(
        self, parent: QtCore.QModelIndex, first: int, last: int
    ) -> None:
        """Expands folders the user did not collapse; a filter expands all."""
        if parent.isValid():
            self._open(parent)
        for row in range(first, last + 1):
            index = self.filtered.index(row, NAME, parent)
            if self._open(index):
                self._show_expansion(index, 0, self.filtered.rowCount(index) - 1)

    def _open(self, folder: QtCore.QModelIndex) -> bool:
        """Expands or collapses a row if it is a folder; returns whether it is."""
        if not self.filtered.rowCount(folder):
            return False
        is_open = bool(self.filtered.words) or self._path(folder) not in self._collapsed
        if is_open != self.isExpanded(folder):
            self.setExpanded(folder, is_open)
        return True


def model_index(index: QtCore.QPersistentModelIndex) -> QtCore.QModelIndex:
    """Converts an index in a way that PyQt5 and PySide6 both support."""
    return index.sibling(index.row(), index.column())
