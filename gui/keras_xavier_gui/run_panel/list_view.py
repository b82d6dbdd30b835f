"""The list of runs: what is there, how it is doing, which ones are shown."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from keras_xavier.runs import State
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.run_panel.filter import RunFilter
from keras_xavier_gui.run_panel.tree_model import (
    COLUMNS,
    NAME,
    NO_INDEX,
    RECORDS,
    SETTINGS,
    STATE,
    TAGS,
    UPDATED,
    RunTreeModel,
)
from keras_xavier_gui.sources.run_cache import Entry
from keras_xavier_gui.widgets.icons import SIZE

WIDTHS = {NAME: 22, STATE: 12, SETTINGS: 28, TAGS: 16, UPDATED: 9, RECORDS: 9}
"""Of the columns, in letters."""
INDENTATION = 14
AIR = 3
"""Pixels between rows."""
NARROWEST = 40
ScrollHint = QtWidgets.QAbstractItemView.ScrollHint
Rows = QtCore.QItemSelectionModel.SelectionFlag


@dataclass(frozen=True)
class RunSelection:
    """The chosen runs by path; the one whose layers are shown comes first."""

    paths: tuple[str, ...]


class CellDelegate(QtWidgets.QStyledItemDelegate):
    """Of long names, the end tells them apart; of long lists, the start matters."""

    def initStyleOption(
        self, option: QtWidgets.QStyleOptionViewItem, index: QtCore.QModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        if index.column() != NAME:
            option.textElideMode = Qt.TextElideMode.ElideRight

    def sizeHint(
        self, option: QtWidgets.QStyleOptionViewItem, index: QtCore.QModelIndex
    ) -> QtCore.QSize:
        # The same with an icon and without: the first row decides for all.
        wide = super().sizeHint(option, index).width()
        return QtCore.QSize(wide, max(option.fontMetrics.height(), SIZE) + AIR)


class RunList(QtWidgets.QTreeView):
    """Shows folders and runs; several can be chosen with Ctrl and Shift.

    Runs that the filter hides stay chosen until others are chosen.

    Attributes:
        filter: The box to type what to look for.
        filtered: The model that is shown.
    """

    chosen = Signal(object)
    """A `RunSelection`."""

    def __init__(self, model: RunTreeModel) -> None:
        super().__init__()
        self._runs = model
        self._chosen = RunSelection(())
        self._collapsed: set[str] = set()
        self._changing = False
        self._filtering = False
        self._top: QtCore.QPersistentModelIndex | None = None
        self.filtered = RunFilter(model, self)
        # Before the view hears of rows that go, and with them of its selection.
        self.filtered.rowsAboutToBeRemoved.connect(self._before_removal)
        self.filtered.rowsAboutToBeInserted.connect(self._before_insertion)
        self.setModel(self.filtered)
        self.filtered.rowsRemoved.connect(self._after_removal)
        self.filtered.rowsInserted.connect(self._after_insertion)
        model.rowsRemoved.connect(self._forget_what_is_gone)
        self.filter = QtWidgets.QLineEdit()
        self.filter.setPlaceholderText("Filter runs")
        self.filter.setAccessibleName("Filter runs")
        self.filter.setToolTip(
            "Words of names, states, tags, notes or settings, such as: tanh units=300"
        )
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter)
        self.nothing = QtWidgets.QLabel("No run matches.")
        self.nothing.hide()
        for changed in (self.filtered.rowsInserted, self.filtered.rowsRemoved):
            changed.connect(self._say_if_nothing)
        self._set_up()
        self.selectionModel().selectionChanged.connect(self._report)
        self.selectionModel().currentChanged.connect(self._report)
        self.collapsed.connect(lambda index: self._note_expansion(index, open=False))
        self.expanded.connect(lambda index: self._note_expansion(index, open=True))

    def choose(self, path: str, *others: str) -> None:
        """Chooses runs; should the filter hide one, the filter is cleared."""
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

    def selection(self) -> RunSelection:
        """The runs that are marked, which are those that actions work on."""
        indices = self.selectionModel().selectedRows()
        paths = [self._path(index) for index in sorted(indices, key=self._place)]
        current = self.currentIndex()
        first = self._path(current) if current.isValid() else None
        if first not in paths:
            first = next(iter(self._chosen.paths), None)
        if first in paths:
            paths = [first, *(path for path in paths if path != first)]
        return RunSelection(tuple(paths))

    def follow(self, old: str, new: str) -> None:
        """Takes over a new path of a run."""
        paths = tuple(new if path == old else path for path in self._chosen.paths)
        self._tell(RunSelection(paths))

    def selectionCommand(
        self, index: QtCore.QModelIndex, event: QtCore.QEvent | None = None
    ) -> Rows:
        # To walk over a folder, or to open it, changes nothing of what is shown.
        if index.isValid() and not index.flags() & Qt.ItemFlag.ItemIsSelectable:
            return Rows.NoUpdate
        return super().selectionCommand(index, event)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        # The cursor stands at a row that nobody chose, perhaps the only one there is.
        arrow = event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        if arrow and not self.selectionModel().hasSelection():
            at = self.currentIndex()
            self.selectionModel().select(at, Rows.ClearAndSelect | Rows.Rows)
            if self.selectionModel().hasSelection():
                return
        super().keyPressEvent(event)

    def scrollTo(
        self,
        index: QtCore.QModelIndex,
        hint: ScrollHint = ScrollHint.EnsureVisible,
    ) -> None:
        # A click at the settings is not to move the names out of sight.
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
        header = self.header()
        header.setMinimumSectionSize(NARROWEST)
        for column, letters in WIDTHS.items():
            width = self.fontMetrics().horizontalAdvance("n" * letters)
            header.resizeSection(column, width)
        header.setToolTip("Click to sort; right click to choose the columns")
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_columns)
        self.setColumnHidden(RECORDS, True)
        self.setSortingEnabled(True)
        self.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)

    def _show_columns(self, position: QtCore.QPoint) -> None:
        """Lets the user choose the columns, all but that of the names."""
        menu = QtWidgets.QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column, name in enumerate(COLUMNS):
            if column != NAME:
                action = menu.addAction(name)
                action.setCheckable(True)
                action.setChecked(not self.isColumnHidden(column))
                action.toggled.connect(
                    lambda shown, column=column: self.setColumnHidden(column, not shown)
                )
        menu.popup(self.header().mapToGlobal(position))

    # What is chosen

    def _path(self, index: QtCore.QModelIndex) -> str:
        return self._runs.path(self.filtered.mapToSource(index))

    def _place(self, index: QtCore.QModelIndex) -> list[int]:
        """Rows from the top down to this one."""
        place: list[int] = []
        while index.isValid():
            place.insert(0, index.row())
            index = index.parent()
        return place

    def _is_hidden(self, path: str) -> bool:
        """Whether a run is listed, and the filter hides it."""
        source = self._runs.find(path)
        return source.isValid() and not self.filtered.mapFromSource(source).isValid()

    def _report(self) -> None:
        if self._changing:
            return
        selection = self.selection()
        if selection.paths or not any(map(self._is_hidden, self._chosen.paths)):
            self._tell(selection)

    def _tell(self, selection: RunSelection) -> None:
        if selection != self._chosen:
            self._chosen = selection
            self.chosen.emit(selection)

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

    def _forget_what_is_gone(self) -> None:
        """What is hidden stays chosen; what is no longer listed does not."""
        self._choose_root()
        paths = self._chosen.paths
        left = tuple(path for path in paths if self._runs.find(path).isValid())
        if left or not paths:
            self._tell(RunSelection(left))
            return
        if next_one := self._nearest_run(self.currentIndex()):
            self.choose(next_one)
        self._report()

    def _nearest_run(self, index: QtCore.QModelIndex) -> str | None:
        """Path of the next run that is seen, else of the one before."""
        for move in (self.indexBelow, self.indexAbove):
            near = index
            while near.isValid():
                if self._runs.entry(self.filtered.mapToSource(near)):
                    return self._path(near)
                near = move(near)
        return None

    def _before_insertion(self) -> None:
        """Remembers what stands at the top, unless it is the first row."""
        if not self._filtering and self.verticalScrollBar().value() > 0:
            self._top = QtCore.QPersistentModelIndex(self.indexAt(QtCore.QPoint(0, 0)))

    def _after_insertion(
        self, parent: QtCore.QModelIndex, first: int, last: int
    ) -> None:
        self._choose_root()
        self._show_expansion(parent, first, last)
        with self._quiet():
            for path in self._chosen.paths:
                index = self.filtered.mapFromSource(self._runs.find(path))
                if index.isValid() and not self.selectionModel().isSelected(index):
                    self.selectionModel().select(index, Rows.Select | Rows.Rows)
        if self._top is not None:
            top, self._top = QtCore.QModelIndex(self._top), None
            self.scrollTo(top, ScrollHint.PositionAtTop)

    # What is open

    def _filter(self, text: str) -> None:
        self._filtering = True
        self.filtered.set_text(text)
        self._filtering = False
        self._say_if_nothing()
        self._show_expansion(NO_INDEX, 0, self.filtered.rowCount() - 1)
        marked = self.selectionModel().selectedRows()
        if marked:
            self.scrollTo(marked[0])
            if not self.selectionModel().isSelected(self.currentIndex()):
                with self._quiet():
                    self.selectionModel().setCurrentIndex(marked[0], Rows.NoUpdate)

    def _say_if_nothing(self) -> None:
        """Says so if the filter hides all runs."""
        hidden = self._runs.rowCount() and not self.filtered.rowCount(self.rootIndex())
        self.nothing.setVisible(bool(self.filtered.words and hidden))

    def _choose_root(self) -> None:
        """Leaves the only folder out, which would say nothing."""
        root = self.filtered.mapFromSource(self._runs.only_folder())
        if root != self.rootIndex():
            self.setRootIndex(root)

    def _note_expansion(self, index: QtCore.QModelIndex, *, open: bool) -> None:
        if not self.filtered.words:
            change = self._collapsed.discard if open else self._collapsed.add
            change(self._path(index))

    def _show_expansion(
        self, parent: QtCore.QModelIndex, first: int, last: int
    ) -> None:
        """Folders are open, unless the user closed them; a filter opens all."""
        if parent.isValid():
            self._open(parent)
        for row in range(first, last + 1):
            index = self.filtered.index(row, NAME, parent)
            if self._open(index):
                self._show_expansion(index, 0, self.filtered.rowCount(index) - 1)

    def _open(self, folder: QtCore.QModelIndex) -> bool:
        """Opens a folder that is to be open; tells whether it is one."""
        if not self.filtered.rowCount(folder):
            return False
        is_open = bool(self.filtered.words) or self._path(folder) not in self._collapsed
        if is_open != self.isExpanded(folder):
            self.setExpanded(folder, is_open)
        return True


def with_filter(runs: RunList) -> QtWidgets.QWidget:
    """The list under its filter box."""
    box = QtWidgets.QWidget()
    layout = QtWidgets.QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(runs.filter)
    layout.addWidget(runs.nothing)
    layout.addWidget(runs, 1)
    return box


def most_interesting(entries: Iterable[Entry]) -> Entry | None:
    """The run to show first: a live one, else the one written last."""

    def interest(entry: Entry) -> tuple[bool, bool, float]:
        run = entry.run
        return run.state is State.RUNNING, run.state is not State.BROKEN, run.updated

    return max(entries, key=interest, default=None)
