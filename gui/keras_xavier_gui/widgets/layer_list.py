"""A list of the layers of the selected runs, to show or hide them."""

from collections.abc import Sequence
from typing import Any

from keras_xavier.statistics import ONLY_IN_TRAINING, Layer, Role
from keras_xavier_gui.qt import ModelIndex, Qt, QtCore, QtWidgets
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.widgets.flow_layout import FlowLayout
from keras_xavier_gui.widgets.status_bar import plain

BUTTON_MARGIN = 24
"""Pixels beside the text of a button."""
REASONS = {ONLY_IN_TRAINING: "the run is measured on a probe, not in training"}
"""Reasons shown in tooltips, by the reasons stored in runs."""
NO_INDEX = QtCore.QModelIndex()
ROLE_NAMES = {
    Role.INPUT: "input",
    Role.TARGET: "target",
    Role.BIAS: "bias",
    Role.ATTENTION: "attention",
    Role.GATE: "gate",
    Role.TIME_STEP: "time step",
}
"""Names of rows that are not layers, by role."""
ROLES = (Role.LAYER, *ROLE_NAMES)
"""The order of the groups of rows."""


class LayerListModel(QtCore.QAbstractListModel):
    """Layers to check; unchecked layers stay unchecked in other runs, too.

    Rows that are not layers, such as biases and inputs, follow after the layers. They
    are unchecked at first.
    """

    def __init__(
        self, selection: Selection, parent: QtCore.QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._selection = selection
        self._layers: tuple[Layer, ...] = ()
        selection.runs_changed.connect(self._update)
        selection.layers_changed.connect(self._show_checks)

    def _update(self) -> None:
        # Sorting is stable: layers stay in model order.
        layers = self._selection.layers
        ordered = tuple(sorted(layers, key=lambda one: ROLES.index(one.role)))
        if [one.name for one in ordered] != [one.name for one in self._layers]:
            self.beginResetModel()
            self._layers = ordered
            self.endResetModel()

    def _show_checks(self) -> None:
        if self._layers:
            self.dataChanged.emit(self.index(0), self.index(len(self._layers) - 1))

    def check(self, rows: Sequence[int], *, checked: bool) -> None:
        """Shows or hides the layers of some rows."""
        chosen = [self._layers[row] for row in rows]
        layers = {one.name for one in chosen if one.role is Role.LAYER}
        others = {one.name for one in chosen if one.role is not Role.LAYER}
        hidden, extra = self._selection.hidden, self._selection.extra
        if checked:
            self._selection.set_hidden(hidden - layers, extra | others)
        else:
            self._selection.set_hidden(hidden | layers, extra - others)

    def is_layer(self, row: int) -> bool:
        """Returns whether a row is a layer."""
        return self._layers[row].role is Role.LAYER

    def rowCount(self, parent: ModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._layers)

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.isValid() else flags

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        layer = self._layers[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return label_of(layer)
            case Qt.ItemDataRole.CheckStateRole:
                shown = self._selection.is_drawn(layer)
                return Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.ToolTipRole:
                return plain(details(layer))
        return None

    def setData(
        self,
        index: ModelIndex,
        value: Any,
        role: int = Qt.ItemDataRole.EditRole,
    ) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        checked = Qt.CheckState(value) == Qt.CheckState.Checked
        self.check([index.row()], checked=checked)
        return True


class LayerList(QtWidgets.QWidget):
    """The layers, with a filter and buttons that check all filtered layers."""

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self.model = LayerListModel(selection, self)
        self.filtered = QtCore.QSortFilterProxyModel(self)
        self.filtered.setSourceModel(self.model)
        self.filtered.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.filter = QtWidgets.QLineEdit()
        self.filter.setPlaceholderText("Filter layers")
        self.filter.setAccessibleName("Filter layers")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self.filtered.setFilterFixedString)
        self.all = QtWidgets.QPushButton("&All")
        self.none = QtWidgets.QPushButton("&None")
        self.view = QtWidgets.QListView()
        self.view.setModel(self.filtered)
        self.view.setUniformItemSizes(True)
        self.view.setAccessibleName("Layers")
        self.view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.all.setToolTip("Show all layers in this list")
        self.none.setToolTip("Hide all layers in this list")
        self.all.clicked.connect(lambda: self.check_listed(checked=True))
        self.none.clicked.connect(lambda: self.check_listed(checked=False))
        self.nothing = QtWidgets.QLabel("No layer matches.")
        self.nothing.hide()
        self.filter.textChanged.connect(self._show_if_nothing)
        self.filtered.modelReset.connect(self._show_if_nothing)
        selection.runs_changed.connect(self._enable)
        self._enable()
        row = FlowLayout(spacing=6)
        for widget in (self.filter, self.all, self.none):
            row.addWidget(widget)
        self._fit_texts()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.nothing)
        layout.addWidget(self.view, 1)

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        # Qt also sends this event while the list is being created.
        if event.type() == QtCore.QEvent.Type.FontChange and hasattr(self, "none"):
            self._fit_texts()

    def _fit_texts(self) -> None:
        """Makes the filter and the buttons as wide as their texts."""
        for button in (self.all, self.none):
            wide = button.fontMetrics().horizontalAdvance(button.text())
            button.setFixedWidth(wide + BUTTON_MARGIN)
        hint = self.filter.placeholderText()
        wide = self.filter.fontMetrics().horizontalAdvance(hint)
        self.filter.setMinimumWidth(wide + BUTTON_MARGIN)

    def check_listed(self, *, checked: bool) -> None:
        """Shows or hides all layers that the filter lists.

        Without a filter, rows that are not layers are hidden, but not shown.
        """
        rows = [
            self.filtered.mapToSource(self.filtered.index(row, 0)).row()
            for row in range(self.filtered.rowCount())
        ]
        if checked and not self.filter.text():
            rows = [row for row in rows if self.model.is_layer(row)]
        self.model.check(rows, checked=checked)

    def _show_if_nothing(self) -> None:
        """Shows a message if the filter hides all layers."""
        hidden = self.model.rowCount() and not self.filtered.rowCount()
        self.nothing.setVisible(bool(hidden))

    def _enable(self) -> None:
        for widget in (self.filter, self.all, self.none):
            widget.setEnabled(self.model.rowCount() > 0)


def label_of(layer: Layer) -> str:
    """Returns the name of a row; rows that are not layers are labeled."""
    role = "" if layer.role is Role.LAYER else f"  ({ROLE_NAMES[layer.role]})"
    return f"{layer.name}{role}"


def details(layer: Layer) -> str:
    """Returns kind, activation and size of a layer, and its missing quantities."""
    parts = [layer.kind]
    if layer.activation:
        parts.append(layer.activation)
    parts += [f"{layer.units:,} units", f"{layer.parameters:,} parameters"]
    lines = [" · ".join(parts)]
    lines += [
        f"no {name.replace('_', ' ')}: {REASONS.get(why, why)}"
        for name, why in layer.absent.items()
    ]
    return "\n".join(lines)
