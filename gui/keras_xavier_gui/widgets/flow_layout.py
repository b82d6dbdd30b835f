"""Rows of controls that wrap: they are never cut off and do not widen the window."""

from typing import cast

from keras_xavier_gui.qt import Qt, QtCore, QtWidgets


class FlowLayout(QtWidgets.QLayout):
    """Lays widgets out like words; widgets that can grow fill the rest of their row.

    Args:
        spacing: int. Pixels between widgets and between rows. Defaults to 8.
    """

    def __init__(self, *, spacing: int = 8) -> None:
        super().__init__()
        self._items: list[QtWidgets.QLayoutItem] = []
        self.setSpacing(spacing)

    # What Qt asks of a layout

    def addItem(self, item: QtWidgets.QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QtWidgets.QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QtWidgets.QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._height_of_rows(QtCore.QRect(0, 0, width, 0))

    def setGeometry(self, rect: QtCore.QRect) -> None:
        super().setGeometry(rect)
        self._height_of_rows(rect, place=True)

    def minimumSize(self) -> QtCore.QSize:
        margins = self.contentsMargins()
        widths = [item.minimumSize().width() for item in self._items]
        heights = [item.minimumSize().height() for item in self._items]
        return QtCore.QSize(
            max(widths, default=0) + margins.left() + margins.right(),
            max(heights, default=0) + margins.top() + margins.bottom(),
        )

    def sizeHint(self) -> QtCore.QSize:
        margins, items = self.contentsMargins(), self._visible_items()
        width = sum(map(width_of, items)) + self.spacing() * max(len(items) - 1, 0)
        width += margins.left() + margins.right()
        return QtCore.QSize(width, self.heightForWidth(width))

    # Its widgets and rows

    def add_pair(
        self,
        label: QtWidgets.QWidget,
        control: QtWidgets.QWidget,
        *more: QtWidgets.QWidget,
    ) -> None:
        """Adds a control with its label and more widgets, which stay side by side."""
        pair = QtWidgets.QWidget()
        row = QtWidgets.QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self.spacing())
        row.addWidget(label)
        row.addWidget(control, 1)
        for one in more:
            row.addWidget(one)
        pair.setSizePolicy(
            control.sizePolicy().horizontalPolicy(),
            QtWidgets.QSizePolicy.Policy.Fixed,
        )
        self.addWidget(pair)

    def controls(self) -> list[QtWidgets.QWidget]:
        """All widgets in order, including the widgets of a pair."""
        found: list[QtWidgets.QWidget] = []
        for item in items_of(self):
            widget = widget_of(item)
            pair = widget.layout() if type(widget) is QtWidgets.QWidget else None
            found += [widget] if pair is None else map(widget_of, items_of(pair))
        return found

    def _height_of_rows(self, rect: QtCore.QRect, *, place: bool = False) -> int:
        """Returns the height of the rows, and places them if asked to."""
        inner, spacing = rect.marginsRemoved(self.contentsMargins()), self.spacing()
        y = inner.y()
        for row in self._rows(inner.width()):
            height = max(map(height_of, row))
            if place:
                self._place(row, QtCore.QRect(inner.x(), y, inner.width(), height))
            y += height + spacing
        if y > inner.y():
            y -= spacing
        return y - rect.y() + self.contentsMargins().bottom()

    def _place(self, row: list[QtWidgets.QLayoutItem], rect: QtCore.QRect) -> None:
        widths = [min(width_of(item), rect.width()) for item in row]
        rest = rect.width() - sum(widths) - self.spacing() * (len(row) - 1)
        growing = [i for i, item in enumerate(row) if grows(item)]
        for i in growing:
            widths[i] += max(rest, 0) // len(growing)
        x = rect.x()
        for item, width in zip(row, widths, strict=True):
            height = min(height_of(item), rect.height())
            y = rect.y() + (rect.height() - height) // 2
            item.setGeometry(QtCore.QRect(x, y, width, height))
            x += width + self.spacing()

    def _rows(self, width: int) -> list[list[QtWidgets.QLayoutItem]]:
        rows: list[list[QtWidgets.QLayoutItem]] = []
        room = 0
        for item in self._visible_items():
            needed = width_of(item) + self.spacing()
            if not rows or needed > room:
                rows.append([])
                room = width + self.spacing()
            rows[-1].append(item)
            room -= needed
        return rows

    def _visible_items(self) -> list[QtWidgets.QLayoutItem]:
        return [item for item in items_of(self) if not item.isEmpty()]


def items_of(layout: QtWidgets.QLayout) -> list[QtWidgets.QLayoutItem]:
    """The items of a layout, in their order."""
    items = map(layout.itemAt, range(layout.count()))
    return [item for item in items if item is not None]


def widget_of(item: QtWidgets.QLayoutItem) -> QtWidgets.QWidget:
    """The widget of an item; these layouts have no other items."""
    return cast(QtWidgets.QWidget, item.widget())


def grows(item: QtWidgets.QLayoutItem) -> bool:
    """Whether a widget fills the rest of its row."""
    policy = widget_of(item).sizePolicy().horizontalPolicy()
    policies = QtWidgets.QSizePolicy.Policy
    return policy in (policies.Expanding, policies.Ignored)


def width_of(item: QtWidgets.QLayoutItem) -> int:
    """The width that a widget needs: its minimum width if it grows."""
    size = item.minimumSize() if grows(item) else item.sizeHint()
    return int(size.width())


def height_of(item: QtWidgets.QLayoutItem) -> int:
    return int(item.sizeHint().height())
