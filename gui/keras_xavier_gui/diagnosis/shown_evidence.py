"""The finding whose evidence the plots mark."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from keras_xavier.figure_spec import Evidence, FigureSpec
from keras_xavier_gui.qt import QtCore, Signal
from keras_xavier_gui.sources.selection import Emphasis, Selection

if TYPE_CHECKING:
    from keras_xavier_gui.diagnosis.items import RunFinding


class ShownEvidence(QtCore.QObject):
    """The finding whose evidence is shown, of one run or of several.

    Its runs and layers are emphasized, and its figure shades its steps and draws its
    thresholds, until the user ends it or deselects its runs.

    Args:
        selection: The selected runs, layers and step.
        parent: Parent of the object.

    Attributes:
        found: The finding in each of its runs; empty while no evidence is shown.
    """

    changed = Signal()
    left = Signal()
    """The user has selected other runs."""

    def __init__(
        self, selection: Selection, parent: QtCore.QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.found: tuple[RunFinding, ...] = ()
        self._selection = selection
        selection.runs_changed.connect(self._clear_without_runs)

    @property
    def spec(self) -> FigureSpec:
        """The figure with the evidence, and all options that select its content."""
        return self.found[0].finding.figure.with_defaults()

    def show(self, found: Sequence["RunFinding"]) -> None:
        """Shows the evidence of a finding; of none, to end it."""
        if tuple(found) == self.found:
            return
        had_mark, self.found = bool(self.found), tuple(found)
        if self.found:
            layers = (name for one in self.found for name in one.finding.layers)
            runs = frozenset(one.path for one in self.found)
            self._selection.mark(Emphasis(runs, frozenset(layers)))
            if runs & self._selection.hidden_runs:
                self._selection.hide_runs(self._selection.hidden_runs - runs)
        elif had_mark:
            self._selection.mark(None)
        self.changed.emit()

    def update(self, later: Iterable["RunFinding"]) -> None:
        """Replaces findings by those of later reports."""
        by_key = {one.key: one for one in later}
        found = tuple(by_key.get(one.key, one) for one in self.found)
        if found != self.found:
            self.found = found
            self.changed.emit()

    def marks(self, figure: str, values: Mapping[str, Any]) -> Evidence | None:
        """Returns what a figure has to mark; `None` if it does not show the evidence.

        Args:
            figure: Name of the figure.
            values: Its options.
        """
        if not self.found or not shows(figure, values, self.spec):
            return None
        findings = [one.finding for one in self.found]
        first = min(one.steps[0] for one in findings)
        last = max(one.steps[1] for one in findings)
        remains = any(one.remains for one in self.found)
        paths = {one.path for one in self.found}
        # Thresholds that depend on the run differ between runs.
        lines = (set(one.lines) for one in findings)
        common = set.intersection(*lines)
        return Evidence(
            findings[0].title,
            (first, None if remains else last),
            tuple(one for one in findings[0].lines if one in common),
            frozenset(run.color for run in self._selection.runs if run.path in paths),
        )

    def _clear_without_runs(self) -> None:
        if self._selection.is_awaited:
            return
        selected = {run.path for run in self._selection.all_runs}
        if self.found and not selected.intersection(one.path for one in self.found):
            self.show(())
            self.left.emit()


def shows(figure: str, values: Mapping[str, Any], spec: FigureSpec) -> bool:
    """Returns whether a figure with its options shows the content of a spec."""
    if figure != spec.figure:
        return False
    return all(values.get(name) == value for name, value in spec.subject().items())
