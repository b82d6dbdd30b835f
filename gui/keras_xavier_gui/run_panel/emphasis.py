"""Links the list of runs with the lines of plots."""

from keras_xavier_gui.qt import ModelIndex
from keras_xavier_gui.run_panel.list_view import RunList
from keras_xavier_gui.run_panel.tree_model import RunTreeModel
from keras_xavier_gui.sources.selection import Emphasis, Selection
from keras_xavier_gui.widgets.row_emphasis import RowEmphasis


def link_runs(view: RunList, runs: RunTreeModel, selection: Selection) -> RowEmphasis:
    """Marks the rows of emphasized runs, and emphasizes the run under the mouse.

    Only plotted runs are emphasized.

    Args:
        view: The list of runs.
        runs: Its model.
        selection: The selection.
    """

    def subject(index: ModelIndex) -> Emphasis | None:
        source = view.filtered.mapToSource(index)
        path = runs.path(source)
        drawn = {run.path for run in selection.runs}
        return Emphasis(frozenset({path})) if path in drawn else None

    def rows(emphasis: Emphasis) -> list[ModelIndex]:
        found = [view.filtered.mapFromSource(runs.find(p)) for p in emphasis.runs]
        return [index for index in found if index.isValid()]

    return RowEmphasis(view, selection, subject, rows)
