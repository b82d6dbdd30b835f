"""The base class of all tabs of the window."""

from typing import TYPE_CHECKING

from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import QtWidgets
from keras_xavier_gui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from keras_xavier.figures import Table


class Tab(QtWidgets.QWidget):
    """A tab of the window.

    Args:
        context: State and services of the app.
        title: Title of the tab, with `&` before the mnemonic.

    Attributes:
        first_row: Layout of the controls that select the content. The toolbar of the
            window shows both rows.
        second_row: Layout of the other controls.
        rows: The widgets with these layouts.
    """

    def __init__(self, context: AppContext, title: str) -> None:
        super().__init__()
        self.context = context
        self.title = title
        self.first_row, self.second_row = FlowLayout(), FlowLayout()
        # Without parents, rows that no toolbar shows would be windows.
        self.rows = (QtWidgets.QWidget(self), QtWidgets.QWidget(self))
        for widget, layout in zip(
            self.rows, (self.first_row, self.second_row), strict=True
        ):
            layout.setContentsMargins(0, 0, 0, 0)
            widget.setLayout(layout)
            widget.hide()
        self.setAccessibleName(title.replace("&", ""))

    @property
    def help(self) -> str:
        """Explains what the tab shows."""
        raise NotImplementedError

    def table(self) -> "Table":
        """The data that the tab shows, as a table; without columns if none."""
        raise NotImplementedError

    def file_name(self) -> str:
        """Name of a file with these data, without its suffix."""
        raise NotImplementedError
