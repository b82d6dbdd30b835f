"""Controls in a row that goes on below where it is too long.

So larger texts, or a narrow window, neither cut controls nor make the window wider.
"""

from collections.abc import Iterator

from keras_xavier_gui.qt import Qt, QtCore, QtWidgets


class FlowLayout(QtWidgets.QLayout):
    """Lays widgets out like words; those that can grow take what is left of a row."""

    def __init__(self, *, spacing: int = 8) -> None:
        super().__init__()
        self._items: list[QtWidgets.QLayoutItem] = []
        self._pairs: dict[QtWidgets.QWidget, tuple[QtWidgets.QWidget, ...]] = {}
        self.setSpacing(spacing)

    def add_pair(self, label: QtWidgets.QWidget, control: QtWidgets.QWidget) -> None:
        """Adds a control with its label, which stay side by side."""
        pair = QtWidgets.QWidget()
        row = QtWidgets.QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self.spacing())
        row.addWidget(label)
        row.addWidget(control, 1)
        pair.setSizePolicy(
            control.sizePolicy().horizontalPolicy(),
            QtWidgets.QSizePolicy.Policy.Fixed,
        )
        self._pairs[pair] = label, control
        self.addWidget(pair)

    def controls(self) -> list[QtWidgets.QWidget]:
        """All widgets, in their order, those of pairs one by one."""
        found: list[QtWidgets.QWidget] = []
        for item in self._items:
            widget = item.widget()
            inner = widget.layout() if type(widget) is QtWidgets.QWidget else None
            parts = (
                [inner.itemAt(i).widget() for i in range(inner.count())]
                if inner
                else []
            )
            found += parts or [widget]
        return found

    # What Qt asks for

    def addItem(self, item: QtWidgets.QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QtWidgets.QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QtWidgets.QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientations(Qt.Orientation.Horizontal)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        margins = self.contentsMargins()
        inner = width - margins.left() - margins.right()
        heights = [max(map(height_of, row)) for row in self._rows(inner)]
        gaps = self.spacing() * max(len(heights) - 1, 0)
        return sum(heights) + gaps + margins.top() + margins.bottom()

    def sizeHint(self) -> QtCore.QSize:
        margins = self.contentsMargins()
        items = self._seen()
        width = sum(map(width_of, items)) + self.spacing() * max(len(items) - 1, 0)
        width += margins.left() + margins.right()
        return QtCore.QSize(width, self.heightForWidth(width))

    def minimumSize(self) -> QtCore.QSize:
        margins = self.contentsMargins()
        width = max((item.minimumSize().width() for item in self._seen()), default=0)
        height = max(map(height_of, self._seen()), default=0)
        return QtCore.QSize(
            width + margins.left() + margins.right(),
            height + margins.top() + margins.bottom(),
        )

    def setGeometry(self, rect: QtCore.QRect) -> None:
        super().setGeometry(rect)
        inner = rect.marginsRemoved(self.contentsMargins())
        y = inner.y()
        for row in self._rows(inner.width()):
            height = max(map(height_of, row))
            widths = [min(width_of(item), inner.width()) for item in row]
            rest = inner.width() - sum(widths) - self.spacing() * (len(row) - 1)
            growing = [i for i, item in enumerate(row) if grows(item)]
            for i in growing:
                widths[i] += max(rest, 0) // len(growing)
            x = inner.x()
            for item, width in zip(row, widths, strict=True):
                own = min(height_of(item), height)
                item.setGeometry(QtCore.QRect(x, y + (height - own) // 2, width, own))
                x += width + self.spacing()
            y += height + self.spacing()

    def _seen(self) -> list[QtWidgets.QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _rows(self, width: int) -> Iterator[list[QtWidgets.QLayoutItem]]:
        row: list[QtWidgets.QLayoutItem] = []
        taken = 0
        for item in self._seen():
            needed = width_of(item) + (self.spacing() if row else 0)
            if row and taken + needed > width:
                yield row
                row, taken, needed = [], 0, width_of(item)
            row.append(item)
            taken += needed
        if row:
            yield row


def grows(item: QtWidgets.QLayoutItem) -> bool:
    """Whether a control takes what is left of its row."""
    policy = item.widget().sizePolicy().horizontalPolicy()
    kinds = QtWidgets.QSizePolicy.Policy
    return policy in (kinds.Expanding, kinds.Ignored)


def width_of(item: QtWidgets.QLayoutItem) -> int:
    """Room that a control needs; one that grows can do with little."""
    size = item.minimumSize() if grows(item) else item.sizeHint()
    return int(size.width())


def height_of(item: QtWidgets.QLayoutItem) -> int:
    return int(item.sizeHint().height())
