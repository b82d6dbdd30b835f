"""The panel of layers: the tree with a filter and buttons."""

from keras_xavier.statistics import Layer
from keras_xavier_gui.layers.model import LayerTreeModel
from keras_xavier_gui.layers.view import LayerTree
from keras_xavier_gui.qt import QtCore, QtWidgets
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.widgets.flow_layout import FlowLayout
from keras_xavier_gui.widgets.row_emphasis import RowEmphasis

BUTTON_MARGIN = 18
"""Pixels beside the text of a button."""
FILTER_TIP = (
    "Words in names of layers, such as query, or else in classes, such as Dense;\n"
    "* and ? stand for any letters, as in */bias.\n"
    "Enter shows only the layers in this list."
)


class LayerPanel(QtWidgets.QWidget):
    """The layers, with a filter and buttons for all layers that the filter lists.

    Args:
        selection: The selected runs and layers.
    """

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self.model = LayerTreeModel(selection, self)
        self.view = LayerTree(self.model, selection)
        self.filter = QtWidgets.QLineEdit()
        self.filter.setPlaceholderText("Filter layers")
        self.filter.setAccessibleName("Filter layers")
        self.filter.setToolTip(FILTER_TIP)
        self.filter.setClearButtonEnabled(True)
        self.all = QtWidgets.QPushButton("&All")
        self.none = QtWidgets.QPushButton("&None")
        self.invert = QtWidgets.QPushButton("Invert")
        self.only = QtWidgets.QPushButton("Only these")
        self.all.setToolTip("Show all layers in this list")
        self.none.setToolTip("Hide all layers in this list")
        self.invert.setToolTip("Show the hidden layers in this list, hide the others")
        self.nothing = QtWidgets.QLabel("No layer matches.")
        self.nothing.hide()
        self.filter.textChanged.connect(self.model.set_filter)
        self.filter.returnPressed.connect(self.only.click)
        self.all.clicked.connect(lambda: self.check_listed(checked=True))
        self.none.clicked.connect(lambda: self.check_listed(checked=False))
        self.invert.clicked.connect(lambda: self.model.invert(self.model.root.layers))
        self.only.clicked.connect(lambda: self.model.check_only(self.these()))
        self.model.modelReset.connect(self._enable)
        self.view.selectionModel().selectionChanged.connect(self._enable)
        self.emphasis = RowEmphasis(
            self.view, selection, self.view.subject, self.view.rows_of
        )
        self._enable()
        row = FlowLayout(spacing=6)
        for widget in (self.filter, *self.buttons):
            row.addWidget(widget)
        self._fit_texts()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.nothing)
        layout.addWidget(self.view, 1)

    @property
    def buttons(self) -> tuple[QtWidgets.QPushButton, ...]:
        """The buttons, from left to right."""
        return self.all, self.none, self.invert, self.only

    def these(self) -> list[Layer]:
        """The filtered layers; without a filter, the layers selected in the tree."""
        if self.model.is_filtered:
            return self.model.root.layers
        return [row for node in self.view.chosen() for row in node.layers]

    def check_listed(self, *, checked: bool) -> None:
        """Shows or hides all layers that the filter lists.

        Rows that are not layers are hidden, too, but they are only shown if the filter
        lists nothing else.
        """
        root = self.model.root
        self.model.check(root.layers if checked else root.rows, checked=checked)

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        # Qt also sends this event while the panel is being created.
        if event.type() == QtCore.QEvent.Type.FontChange and hasattr(self, "only"):
            self._fit_texts()

    def _fit_texts(self) -> None:
        """Makes the filter and the buttons as wide as their texts."""
        for button in self.buttons:
            wide = button.fontMetrics().horizontalAdvance(button.text())
            button.setFixedWidth(wide + BUTTON_MARGIN)
        hint = self.filter.placeholderText()
        wide = self.filter.fontMetrics().horizontalAdvance(hint)
        self.filter.setMinimumWidth(wide + BUTTON_MARGIN)

    def _enable(self) -> None:
        is_listed = bool(self.model.root.rows)
        self.nothing.setVisible(self.model.is_filtered and not is_listed)
        self.filter.setEnabled(is_listed or self.model.is_filtered)
        for button in (self.all, self.none, self.invert):
            button.setEnabled(is_listed)
        self.only.setEnabled(bool(self.these()))
        what = "in this list" if self.model.is_filtered else "that are selected"
        self.only.setToolTip(f"Show only the layers {what}, and hide all others")
