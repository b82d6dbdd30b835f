"""Links the list of runs with the lines of plots."""

from collections.abc import Iterable

from keras_xavier_gui.qt import ModelIndex
from keras_xavier_gui.run_panel.list_view import RunList
from keras_xavier_gui.run_panel.tree_model import RunTreeModel
from keras_xavier_gui.sources.selection import Emphasis, Selection
from keras_xavier_gui.widgets.row_emphasis import RowEmphasis, RowMarks, RowVeil


def link_runs(view: RunList, runs: RunTreeModel, selection: Selection) -> RowMarks:
    """Marks the rows of emphasized runs, and emphasizes the run under the mouse.

    Only plotted runs are emphasized. Selected runs that plots hide are veiled.

    Args:
        view: The list of runs.
        runs: Its model.
        selection: The selection.

    Returns:
        The veils.
    """

    def subject(index: ModelIndex) -> Emphasis | None:
        source = view.filtered.mapToSource(index)
        path = runs.path(source)
        drawn = {run.path for run in selection.runs}
        return Emphasis(frozenset({path})) if path in drawn else None

    def rows(paths: Iterable[str]) -> list[ModelIndex]:
        found = [view.filtered.mapFromSource(runs.find(path)) for path in paths]
        return [index for index in found if index.isValid()]

    def hidden() -> list[ModelIndex]:
        shown = {run.path for run in selection.runs}
        return rows(run.path for run in selection.all_runs if run.path not in shown)

    RowEmphasis(view, selection, subject, lambda emphasis: rows(emphasis.runs))
    veils = RowMarks(view, hidden, RowVeil)
    selection.runs_changed.connect(veils.place)
    return veils
