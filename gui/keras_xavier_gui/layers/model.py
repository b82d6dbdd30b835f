"""The model of the tree of layers, whose check boxes show and hide layers."""

from collections.abc import Iterable
from typing import Any, overload

from keras_xavier.statistics import Layer, Role
from keras_xavier_gui.layers.tree import Node, block_names, details, layer_tree
from keras_xavier_gui.qt import ModelIndex, Qt, QtCore
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.widgets.status_bar import plain

NAME, KIND = range(2)
HEADINGS = ("Layer", "Kind")
NO_INDEX = QtCore.QModelIndex()
State = Qt.CheckState


class LayerTreeModel(QtCore.QAbstractItemModel):
    """The layers of all selected runs; unchecked layers stay unchecked in other runs.

    Rows that are not layers, such as biases and inputs, are unchecked at first.

    Args:
        selection: The selected runs and layers.
        parent: Owner of the model. Defaults to None.
    """

    def __init__(
        self, selection: Selection, parent: QtCore.QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._selection = selection
        self._listed: object = None
        self._names: object = None
        self._blocks: dict[str, tuple[str, ...]] = {}
        self._filter = ""
        self._nodes: list[Node] = [Node("", "")]
        self._places: dict[Node, int] = {}
        self._by_key: dict[str, Node] = {}
        self._states: dict[Node, Qt.CheckState] = {}
        selection.runs_changed.connect(self._update)
        selection.layers_changed.connect(self._show_checks)
        self._update()

    @property
    def root(self) -> Node:
        """The root, which contains all listed items."""
        return self._nodes[0]

    @property
    def is_filtered(self) -> bool:
        """Whether a filter selects the listed rows."""
        return bool(self._filter)

    def set_filter(self, text: str) -> None:
        """Lists only the rows that match a text."""
        self._filter = text.strip()
        self._update()

    def _update(self) -> None:
        layers, classes = self._selection.layers, self._classes()
        names = [(one.name, one.role) for one in layers]
        listed = names, classes, self._filter
        if listed == self._listed:
            return
        self.beginResetModel()
        if names != self._names:
            self._names, self._blocks = names, block_names(layers)
        self._listed = listed
        root = layer_tree(layers, classes, self._filter, self._blocks)
        self._nodes = [root, *root.walk()]
        self._places = {node: place for place, node in enumerate(self._nodes)}
        self._by_key = {node.key: node for node in self._nodes}
        self._states = self._all_states()
        self.endResetModel()

    def _classes(self) -> dict[str, str]:
        classes: dict[str, str] = {}
        for run in self._selection.runs:
            for name, kind in run.classes.items():
                classes.setdefault(name, kind)
        return classes

    # Showing and hiding layers

    def check(self, rows: Iterable[Layer], *, checked: bool) -> None:
        """Shows or hides rows."""
        layers, others = by_role(rows)
        hidden, extra = self._selection.hidden, self._selection.extra
        if checked:
            self._selection.set_hidden(hidden - layers, extra | others)
        else:
            self._selection.set_hidden(hidden | layers, extra - others)

    def check_only(self, rows: Iterable[Layer]) -> None:
        """Shows some rows and hides all others."""
        layers, others = by_role(rows)
        every, _ = by_role(self._selection.layers)
        self._selection.set_hidden((self._selection.hidden | every) - layers, others)

    def invert(self, rows: Iterable[Layer]) -> None:
        """Hides the layers that are shown, and shows those that are hidden."""
        layers, _ = by_role(rows)
        self._selection.set_hidden(self._selection.hidden ^ layers)

    def _all_states(self) -> dict[Node, Qt.CheckState]:
        drawn = {row.name for row in self.root.rows if self._selection.is_drawn(row)}

        def state(node: Node) -> Qt.CheckState:
            count = sum(row.name in drawn for row in node.layers)
            if not count:
                return State.Unchecked
            return (
                State.Checked if count == len(node.layers) else State.PartiallyChecked
            )

        return {node: state(node) for node in self._nodes}

    def _show_checks(self) -> None:
        before, self._states = self._states, self._all_states()
        parents = {
            node.parent
            for node in self._nodes[1:]
            if node.parent and before[node] is not self._states[node]
        }
        for parent in parents:
            first, last = parent.children[0], parent.children[-1]
            self.dataChanged.emit(self.index_of(first), self.index_of(last, KIND))

    # Items

    def node(self, index: ModelIndex) -> Node:
        """Returns the item at an index."""
        return self._nodes[index.internalId() if index.isValid() else 0]

    def index_of(self, node: Node, column: int = NAME) -> QtCore.QModelIndex:
        """Returns the index of an item."""
        if node.parent is None:
            return QtCore.QModelIndex()
        return self.createIndex(node.place, column, self._places[node])

    def index_of_key(self, key: str) -> QtCore.QModelIndex:
        """Returns the index of a row or a block by its name, invalid if not listed."""
        node = self._by_key.get(key)
        return QtCore.QModelIndex() if node is None else self.index_of(node)

    # Overrides of Qt's model

    def index(
        self, row: int, column: int, parent: ModelIndex = NO_INDEX
    ) -> QtCore.QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QtCore.QModelIndex()
        return self.index_of(self.node(parent).children[row], column)

    @overload
    def parent(self) -> QtCore.QObject | None: ...
    @overload
    def parent(self, index: ModelIndex, /) -> QtCore.QModelIndex: ...
    def parent(self, index: ModelIndex | None = None) -> Any:
        if index is None:
            return super().parent()
        parent = self.node(index).parent
        return QtCore.QModelIndex() if parent is None else self.index_of(parent)

    def rowCount(self, parent: ModelIndex = NO_INDEX) -> int:
        # Only the first column has items below it.
        return 0 if parent.column() > 0 else len(self.node(parent).children)

    def columnCount(self, parent: ModelIndex = NO_INDEX) -> int:
        return len(HEADINGS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return None

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid() and index.column() == NAME:
            return flags | Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        node = self.node(index)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return node.label if index.column() == NAME else node.description
            case Qt.ItemDataRole.CheckStateRole if index.column() == NAME:
                return self._states[node]
            case Qt.ItemDataRole.ToolTipRole:
                return plain(details(node))
        return None

    def setData(
        self,
        index: ModelIndex,
        value: Any,
        role: int = Qt.ItemDataRole.EditRole,
    ) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != NAME:
            return False
        node, checked = self.node(index), State(value) == State.Checked
        # Hiding a layer hides its biases, which it does not show.
        self.check(node.layers if checked else node.rows, checked=checked)
        return True


def by_role(rows: Iterable[Layer]) -> tuple[frozenset[str], frozenset[str]]:
    """Returns the names of layers, and the names of other rows."""
    rows = list(rows)
    layers = frozenset(one.name for one in rows if one.role is Role.LAYER)
    return layers, frozenset(one.name for one in rows) - layers
