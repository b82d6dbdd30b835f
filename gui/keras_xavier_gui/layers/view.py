"""The tree of layers, with its context menu."""

from collections.abc import Callable, Iterator, Sequence

from keras_xavier.statistics import Layer
from keras_xavier_gui.layers.model import KIND, NAME, LayerTreeModel
from keras_xavier_gui.layers.tree import MOST_BESIDE, Node
from keras_xavier_gui.qt import (
    ModelIndex,
    QAction,
    Qt,
    QtCore,
    QtGui,
    QtWidgets,
    Signal,
)
from keras_xavier_gui.sources.selection import Emphasis, Selection

KIND_SHARE = 0.36
"""Share of the width for the classes of layers."""
INDENTATION = 14
CHECK_MARGIN = 6
"""Pixels around a check box that belong to it."""
FIGURES_OF_LAYER = {
    "layer-card": "Layer card",
    "unit-map": "Unit map",
    "units-at-step": "Units at one step",
}
"""Figures that the context menu opens for a layer, with their labels."""
FIRST_FIGURE = "layer-card"
"""The figure that a double click opens."""
Command = QtCore.QItemSelectionModel.SelectionFlag


class KindDelegate(QtWidgets.QStyledItemDelegate):
    """Elides classes on the right; names are elided in the middle."""

    def initStyleOption(
        self, option: QtWidgets.QStyleOptionViewItem, index: ModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideRight


class LayerTree(QtWidgets.QTreeView):
    """The layers; plots emphasize the layers that are selected here.

    Args:
        model: The model.
        selection: The selected runs and layers.
    """

    figure_asked = Signal(str, str)
    """Name of a figure, and name of the layer to show in it."""

    def __init__(self, model: LayerTreeModel, selection: Selection) -> None:
        super().__init__()
        self._layers, self._selection = model, selection
        self._open: dict[str, bool] = {}
        self._is_following = False
        self.setModel(model)
        self.setUniformRowHeights(True)
        self.setIndentation(INDENTATION)
        self.setAccessibleName("Layers")
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSelectionMode(self.SelectionMode.ExtendedSelection)
        self.setExpandsOnDoubleClick(False)
        self.setItemDelegateForColumn(KIND, KindDelegate(self))
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(INDENTATION)
        header.setSectionResizeMode(NAME, QtWidgets.QHeaderView.ResizeMode.Stretch)
        self.expanded.connect(lambda index: self._remember(index, is_open=True))
        self.collapsed.connect(lambda index: self._remember(index, is_open=False))
        self.doubleClicked.connect(self._open_item)
        model.modelReset.connect(self._restore)
        selection.marked_changed.connect(self._show_marked)
        self.selectionModel().selectionChanged.connect(self._mark)
        self._restore()

    def chosen(self) -> list[Node]:
        """The selected items."""
        # Much faster than selectedRows() if the items have different parents.
        indices = self.selectionModel().selection().indexes()
        return [self._layers.node(one) for one in indices if one.column() == NAME]

    def subject(self, index: ModelIndex) -> Emphasis:
        """Returns the layers of an item."""
        names = {row.name for row in self._layers.node(index).layers}
        return Emphasis(layers=frozenset(names))

    def rows_of(self, emphasis: Emphasis) -> Iterator[ModelIndex]:
        """Yields the visible items that are emphasized layers or contain them."""
        for name in emphasis.layers:
            shown = index = self._layers.index_of_key(name)
            while index.isValid():
                index = index.parent()
                if index.isValid() and not self.isExpanded(index):
                    shown = index
            if shown.isValid():
                yield shown

    def actions_of(self, nodes: Sequence[Node]) -> list[QAction | None]:
        """Returns the actions of the context menu; `None` is a separator.

        Args:
            nodes: The items to show, hide or open.
        """
        layers = [row for node in nodes for row in node.layers]
        rows = [row for node in nodes for row in node.rows]
        one = nodes[0].layer if len(nodes) == 1 else None

        def action(label: str, slot: Callable[[], object], *, enabled: bool) -> QAction:
            made = QAction(label, self)
            made.setEnabled(enabled)
            made.triggered.connect(lambda: slot())
            return made

        def figure(name: str, label: str) -> QAction:
            return action(label, lambda: self._ask(name, one), enabled=one is not None)

        model, known = self._layers, bool(nodes)
        return [
            action("Only these", lambda: model.check_only(layers), enabled=known),
            action("Show", lambda: model.check(layers, checked=True), enabled=known),
            action("Hide", lambda: model.check(rows, checked=False), enabled=known),
            None,
            *(figure(name, label) for name, label in FIGURES_OF_LAYER.items()),
            None,
            action("Expand all", self._expand_blocks, enabled=True),
            action("Collapse all", self.collapseAll, enabled=True),
        ]

    # Events

    def contextMenuEvent(self, event: QtGui.QContextMenuEvent) -> None:
        menu = QtWidgets.QMenu(self)
        for action in self.actions_of(self.chosen()):
            if action is None:
                menu.addSeparator()
            else:
                action.setParent(menu)
                menu.addAction(action)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        keys = Qt.Key
        if event.key() == keys.Key_Escape and self.chosen():
            self.clearSelection()
        elif event.key() in (keys.Key_Return, keys.Key_Enter):
            self._open_item(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.header().resizeSection(KIND, round(KIND_SHARE * event.size().width()))

    def selectionCommand(
        self, index: ModelIndex, event: QtCore.QEvent | None = None
    ) -> QtCore.QItemSelectionModel.SelectionFlag:
        # A click on a check box hides a layer: emphasizing it would dim the others.
        if isinstance(event, QtGui.QMouseEvent) and self._is_on_check(index, event):
            return Command.NoUpdate
        return super().selectionCommand(index, event)

    def _is_on_check(self, index: ModelIndex, event: QtGui.QMouseEvent) -> bool:
        metric = QtWidgets.QStyle.PixelMetric.PM_IndicatorWidth
        wide = self.style().pixelMetric(metric, None, self) + CHECK_MARGIN
        left = self.visualRect(index).left()
        return index.column() == NAME and 0 <= event.position().x() - left < wide

    def _open_item(self, index: QtCore.QModelIndex) -> None:
        """Opens a figure of a layer; expands or collapses a block."""
        node = self._layers.node(index)
        if node.layer is not None:
            self._ask(FIRST_FIGURE, node.layer)
        elif index.isValid():
            self.setExpanded(index, not self.isExpanded(index))

    def _ask(self, figure: str, layer: Layer | None) -> None:
        if layer is not None:
            self.figure_asked.emit(figure, layer.name)

    # Expanded and selected items

    def _remember(self, index: QtCore.QModelIndex, *, is_open: bool) -> None:
        # A filter expands everything.
        if not self._layers.is_filtered:
            self._open[self._layers.node(index).key] = is_open

    def _restore(self) -> None:
        """Expands the items as before, and all blocks of a small network."""
        layers = self._layers
        is_small = len(layers.root.layers) <= MOST_BESIDE
        for node in layers.root.walk():
            usual = (is_small or layers.is_filtered) and node.contains_layers
            is_open = usual if layers.is_filtered else self._open.get(node.key, usual)
            if node.children and is_open:
                with QtCore.QSignalBlocker(self):
                    self.setExpanded(layers.index_of(node), True)
        self._show_marked()

    def _expand_blocks(self) -> None:
        """Expands everything but the layers themselves, below which are biases."""
        for node in self._layers.root.walk():
            if node.contains_layers:
                self.setExpanded(self._layers.index_of(node), True)

    def _mark(self) -> None:
        """Emphasizes the layers of the selected items in all plots."""
        if self._is_following:
            return
        names = {row.name for node in self.chosen() for row in node.layers}
        self._selection.mark(Emphasis(layers=frozenset(names)) if names else None)

    def _show_marked(self) -> None:
        """Selects the layers that were marked in a plot."""
        marked = self._selection.marked
        names = marked.layers if marked else frozenset()
        if names == {row.name for node in self.chosen() for row in node.layers}:
            return
        indices = [self._layers.index_of_key(name) for name in sorted(names)]
        selected = QtCore.QItemSelection()
        for index in filter(QtCore.QModelIndex.isValid, indices):
            selected.append(QtCore.QItemSelectionRange(index))
        self._is_following = True
        self.selectionModel().select(selected, Command.ClearAndSelect | Command.Rows)
        self._is_following = False
        if len(names) == 1 and indices[0].isValid():
            self.setCurrentIndex(indices[0])
            self.scrollTo(indices[0])
