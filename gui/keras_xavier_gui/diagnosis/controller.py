"""Shows the evidence of findings in the plots, and returns to the findings."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from keras_xavier.figure_spec import FigureSpec
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.diagnosis.evidence_bar import EvidenceBar
from keras_xavier_gui.history.history import History
from keras_xavier_gui.qt import QtCore
from keras_xavier_gui.sources.paths import is_within
from keras_xavier_gui.tabs import Tabs

if TYPE_CHECKING:
    from keras_xavier_gui.diagnosis.items import RunFinding


class EvidenceController(QtCore.QObject):
    """Shows the evidence of a finding beside the runs that are selected.

    Args:
        context: State and services of the app.
        tabs: The tabs.
        history: Remembers the view before.
        show_spec: Function that shows a figure.
        choose: Function that selects runs by their paths.

    Attributes:
        bar: Names the finding below its plot.
    """

    def __init__(
        self,
        context: AppContext,
        tabs: Tabs,
        history: History,
        show_spec: Callable[[FigureSpec], None],
        choose: Callable[..., None],
    ) -> None:
        super().__init__(tabs)
        self.bar = EvidenceBar(context, tabs)
        self._context = context
        self._tabs = tabs
        self._history = history
        self._show_spec = show_spec
        self._choose = choose
        # The steps selected before and by the evidence.
        self._steps: tuple[int | None, int | None] = None, None
        context.digests.changed.connect(self._update)
        context.evidence.left.connect(self._restore_step)
        # A folder of runs to compare once they are listed.
        self._awaited = ""
        context.watcher.listed.connect(lambda _: self._compare_awaited())
        # Whether the page with the panel of a run with the finding is searched for.
        self._seeks_panel = False
        tabs.evidence_asked.connect(self.show)
        tabs.plot_changed.connect(self._seek_panel)
        self.bar.diagnosis_asked.connect(self.return_to_finding)

    def show(self, found: "Sequence[RunFinding]") -> None:
        """Shows the figure and the layers of a finding; the same runs stay selected."""
        self._history.remember()
        evidence, selection = self._context.evidence, self._context.selection
        if evidence.found:
            self._restore_step()
        before = selection.step
        evidence.show(found)
        selection.show_layers([name for one in found for name in one.layers])
        self._show_spec(evidence.spec)
        self._seeks_panel = True
        self._steps = before, selection.step
        if (plot := self._tabs.plot()) and plot.has_current_data:
            plot.reset_view()

    def _update(self, path: str) -> None:
        """Updates the evidence of a live run."""
        evidence, report = self._context.evidence, self._context.digests.report(path)
        if report is None or all(one.path != path for one in evidence.found):
            return
        # Not before: the diagnosis takes a while to import.
        from keras_xavier_gui.diagnosis.run_findings import (
            findings_of,
            with_consequences,
        )

        for run in self._context.selection.all_runs:
            if run.path == path:
                evidence.update(with_consequences(findings_of(run, report)))

    def compare(self, folder: str) -> None:
        """Shows the training curves of all runs in a folder."""
        paths = self._runs_in(folder)
        if not paths:
            # They are compared once they are listed.
            self._awaited = folder
            self._context.watcher.open([folder])
            return
        self._awaited = ""
        self._history.remember()
        self._choose(*paths)
        self._show_spec(FigureSpec("training-curves"))

    def _compare_awaited(self) -> None:
        if self._awaited and self._runs_in(self._awaited):
            self.compare(self._awaited)

    def _runs_in(self, folder: str) -> list[str]:
        """Returns the paths of the listed runs in a folder."""
        entries = self._context.runs.entries
        return [one.run.path for one in entries if is_within(one.run.path, folder)]

    def _seek_panel(self) -> None:
        """Turns to the first page with a panel of a run with the finding."""
        plot = self._tabs.plot()
        if not self._seeks_panel or plot is None or plot.is_reading:
            return
        marks, pages = plot.plot.marks, plot.page_bar
        if marks.evidence is None:
            return
        self._seeks_panel = False
        if not marks.panels_of("") and pages.isVisible():
            is_last = pages.value() == pages.maximum()
            self._seeks_panel = not is_last
            pages.setValue(0 if is_last else pages.value() + 1)

    def _restore_step(self) -> None:
        """Selects the step from before the evidence, unless the user selected one."""
        selection, (before, shown) = self._context.selection, self._steps
        if selection.step == shown:
            selection.set_step(before)

    def return_to_finding(self) -> None:
        """Shows the finding in the Diagnosis tab."""
        self._tabs.show_finding(self._context.evidence.found[0].key)
