"""The list of runs with its filter and buttons, and with what is read for it."""

from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import QActionGroup, QtWidgets
from keras_xavier_gui.run_panel.grouping import TITLES, Grouping
from keras_xavier_gui.run_panel.list_view import RunList
from keras_xavier_gui.widgets.action_button import MenuButton

GROUPING = "runs/grouping"
SPACING = 4


class RunPanel(QtWidgets.QWidget):
    """The list of runs below its filter.

    Args:
        context: State and services of the app.
        view: The list of runs.

    Attributes:
        grouping: Menu of what the runs are listed by.
        columns: Menu of the columns.
    """

    def __init__(self, context: AppContext, view: RunList) -> None:
        super().__init__()
        self._runs, self._digests = context.runs, context.digests
        self._preferences = context.preferences
        self._view = view
        self._names: tuple[str, ...] = ()
        self.grouping = QtWidgets.QMenu("&Group runs", self)
        self.columns = QtWidgets.QMenu("C&olumns", self)
        self.columns.aboutToShow.connect(lambda: view.columns.fill(self.columns))
        self._group = QActionGroup(self)
        for grouping, title in TITLES.items():
            action = self.grouping.addAction(title)
            action.setCheckable(True)
            action.setChecked(grouping is self._runs.grouping)
            action.setData(str(grouping))
            self._group.addAction(action)
            action.triggered.connect(
                lambda _checked, grouping=grouping: self._runs.set_grouping(grouping)
            )
        row = QtWidgets.QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(view.filter, 1)
        row.addWidget(MenuButton(self.grouping, "file-tree-outline", "Group runs"))
        row.addWidget(MenuButton(self.columns, "view-column-outline", "Columns"))
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(view.nothing)
        layout.addWidget(view, 1)
        self._runs.updated.connect(self._update)
        self._digests.changed.connect(self._show_digest)
        self._digests.unreadable.connect(self._runs.mark_damaged)
        view.chosen.connect(self._digests.prefer)

    def set_grouping(self, grouping: Grouping) -> None:
        """Lists the runs by something else."""
        for action in self._group.actions():
            action.setChecked(action.data() == grouping)
        self._runs.set_grouping(grouping)

    def reload(self) -> None:
        """Drops missing runs with the next listing, and reads the others again."""
        self._runs.drop_missing()
        self._runs.forget_damage()
        self._digests.read_again()

    def save(self) -> None:
        """Stores columns and grouping."""
        self._view.columns.save(self._preferences)
        self._preferences.update({GROUPING: str(self._runs.grouping)})

    def restore(self) -> None:
        """Restores columns and grouping; invalid values are ignored."""
        self._view.columns.restore(self._preferences)
        stored = self._preferences.text(GROUPING)
        if stored in list(Grouping):
            self.set_grouping(Grouping(stored))

    def _update(self) -> None:
        self._digests.update([entry.run for entry in self._runs.entries])
        self._view.columns.update()
        names = tuple(run.label for run in self._runs.runs())
        if names != self._names:
            self._names = names
            self._view.columns.fit()

    def _show_digest(self, path: str) -> None:
        digests = self._digests
        self._runs.show_digest(
            path, digests.digest(path), digests.report(path), digests.problem(path)
        )
        self._view.columns.update()
        self._view.columns.fit()
