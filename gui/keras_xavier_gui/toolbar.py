"""The toolbar of the window: the same controls in the same places in every tab."""

import itertools
from collections.abc import Sequence

from keras_xavier_gui.qt import Qt, QtWidgets
from keras_xavier_gui.tab import Tab

MARGIN, GAP = 8, 8
"""Pixels around the toolbar, and between its rows and groups."""
GROUP_GAP = 2
"""Pixels between the buttons of a group."""


class Toolbar(QtWidgets.QWidget):
    """Buttons, and the controls of the current tab in two rows.

    Buttons for the window and the view are on the left of the first row, buttons for
    exporting on its right.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Toolbar")
        self._rows = (stack(), stack())
        self._shown: Tab | None = None
        self._controls: tuple[list[QtWidgets.QWidget], ...] = ([], [])
        self._left, self._right = group(), group()
        first = QtWidgets.QHBoxLayout()
        first.setSpacing(2 * GAP)
        first.addLayout(self._left)
        first.addLayout(self._rows[0], 1)
        first.addLayout(self._right)
        for buttons in (self._left, self._right):
            # In a narrow window, the controls beside them take several lines.
            first.setAlignment(buttons, Qt.AlignmentFlag.AlignTop)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(GAP)
        layout.addLayout(first)
        layout.addLayout(self._rows[1])

    def add_buttons(
        self,
        left: Sequence[Sequence[QtWidgets.QToolButton]],
        right: Sequence[Sequence[QtWidgets.QToolButton]],
    ) -> None:
        """Adds groups of buttons on both sides of the first row."""
        for layout, groups in ((self._left, left), (self._right, right)):
            for i, buttons in enumerate(groups):
                if i:
                    layout.addSpacing(GAP)
                for button in buttons:
                    layout.addWidget(button)

    def add_tab(self, tab: Tab) -> None:
        """Adds the controls of a tab."""
        for layout, row in zip(self._rows, tab.rows, strict=True):
            row.hide()
            layout.addWidget(row)
        self._controls[0].extend(tab.first_row.controls())
        self._controls[1].extend(tab.second_row.controls())

    def show_tab(self, tab: Tab) -> None:
        """Shows the controls of a tab."""
        before, self._shown = self._shown, tab
        for row in before.rows if before else ():
            row.hide()
        for row in tab.rows:
            row.show()

    def order_focus(self, following: QtWidgets.QWidget) -> None:
        """Makes the Tab key move from left to right and from top to bottom.

        Args:
            following: Widget that follows the toolbar.
        """
        first, second = self._controls
        chain = [
            *widgets_of(self._left),
            *first,
            *widgets_of(self._right),
            *second,
            following,
        ]
        focusable = [
            one for one in chain if one.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        for one, other in itertools.pairwise(focusable):
            QtWidgets.QWidget.setTabOrder(one, other)


def stack() -> QtWidgets.QVBoxLayout:
    """A layout for widgets of which one is visible.

    `QStackedLayout` would also measure the hidden widgets, ten times as many.
    """
    layout = QtWidgets.QVBoxLayout()
    layout.setSpacing(0)
    return layout


def group() -> QtWidgets.QHBoxLayout:
    """A row of buttons."""
    layout = QtWidgets.QHBoxLayout()
    layout.setSpacing(GROUP_GAP)
    return layout


def widgets_of(layout: QtWidgets.QLayout) -> list[QtWidgets.QWidget]:
    """The widgets in a row of buttons."""
    items = [layout.itemAt(place) for place in range(layout.count())]
    widgets = [one.widget() for one in items if one is not None]
    return [one for one in widgets if one is not None]
