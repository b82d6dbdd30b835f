"""The list of runs with its filter, and the buttons that group it."""

from keras_xavier_gui.qt import QActionGroup, QtWidgets
from keras_xavier_gui.run_panel.grouping import TITLES, Grouping
from keras_xavier_gui.run_panel.list_view import RunList
from keras_xavier_gui.run_panel.tree_model import RunTreeModel


class RunPanel(QtWidgets.QWidget):
    """The list of runs below its filter.

    Args:
        view: The list of runs.
        runs: The listed runs.

    Attributes:
        grouping: Menu of what the runs are listed by.
        columns: Menu of the columns.
    """

    def __init__(self, view: RunList, runs: RunTreeModel) -> None:
        super().__init__()
        self._runs = runs
        self.grouping = QtWidgets.QMenu("&Group runs", self)
        self.columns = QtWidgets.QMenu("&Columns", self)
        self.columns.aboutToShow.connect(lambda: view.columns.fill(self.columns))
        self._group = QActionGroup(self)
        for grouping, title in TITLES.items():
            action = self.grouping.addAction(title)
            action.setCheckable(True)
            action.setChecked(grouping is runs.grouping)
            action.setData(str(grouping))
            self._group.addAction(action)
            action.triggered.connect(
                lambda _checked, grouping=grouping: runs.set_grouping(grouping)
            )
        row = QtWidgets.QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(view.filter, 1)
        row.addWidget(menu_button("Group", "Group the runs", self.grouping))
        row.addWidget(menu_button("Columns", "Choose the columns", self.columns))
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(view.nothing)
        layout.addWidget(view, 1)

    def set_grouping(self, grouping: Grouping) -> None:
        """Lists the runs by something else."""
        for action in self._group.actions():
            action.setChecked(action.data() == grouping)
        self._runs.set_grouping(grouping)


def menu_button(text: str, tip: str, menu: QtWidgets.QMenu) -> QtWidgets.QToolButton:
    """Creates a flat button that opens a menu."""
    button = QtWidgets.QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAutoRaise(True)
    button.setMenu(menu)
    button.setPopupMode(QtWidgets.QToolButton.ToolButtonPopupMode.InstantPopup)
    return button
