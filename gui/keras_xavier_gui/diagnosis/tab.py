"""The Diagnosis tab: shows the findings in the selected runs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from keras_xavier.diagnosis.trial_results import TrialResults, read_results
from keras_xavier.runs import State
from keras_xavier.runs.store import trials_folder
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.diagnosis.details import Details
from keras_xavier_gui.diagnosis.export import findings_table
from keras_xavier_gui.diagnosis.findings import FindingsView
from keras_xavier_gui.diagnosis.items import (
    Item,
    Key,
    RunChecks,
    RunFinding,
    fold,
    fold_checks,
)
from keras_xavier_gui.diagnosis.messages import nothing_found, summary
from keras_xavier_gui.diagnosis.run_findings import findings_of
from keras_xavier_gui.plots.read_request import (
    none_readable,
    problem_text,
    readable,
    why_nothing,
)
from keras_xavier_gui.qt import Qt, QtGui, QtWidgets, Signal
from keras_xavier_gui.run_panel.digest import HIDDEN
from keras_xavier_gui.sources.paths import is_remote
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.tab import Tab
from keras_xavier_gui.widgets.message_page import READING, MessagePage
from keras_xavier_gui.widgets.status_bar import excerpt, plain

if TYPE_CHECKING:
    from keras_xavier.figures import Table


class DiagnosisTab(Tab):
    """The findings in the selected runs, as far as they have been diagnosed."""

    help = (
        "The causes of problems in the selected runs, by severity. With an error, "
        "training fails; with a warning, it is slower or worse than necessary; a note "
        "is a problem that was temporary. Beneath each cause are its consequences. "
        "A finding of several runs takes one line; expand it for each run. "
        "Each finding has an explanation, the remedy of the cause, the lines of code "
        "to change if they are known, the numbers it is based on, and its source. "
        "Enter or a double click shows the plot with the evidence: the layers are "
        "emphasized, the steps are shaded, and a line marks the threshold. Back "
        "(Alt+Left) returns. A button tries the remedies on networks that the app or "
        "keras-xavier train trained; for other models, the line of code to call is "
        "shown. The last row of a run lists the checks that passed, and those "
        "that were not possible. Live runs are checked again every few seconds."
    )

    evidence_asked = Signal(object)
    """A finding: a tuple of `RunFinding`, one for each run."""
    try_asked = Signal(str)
    """Path of a run."""
    experiment_asked = Signal(object)
    """An `Experiment` to set up."""
    compare_asked = Signal(str)
    """A folder of runs."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "Dia&gnosis")
        self._selection = context.selection
        self._digests = context.digests
        self.summary = text_line("Summary")
        self.problems = text_line("Unreadable runs")
        self.view = FindingsView()
        self.details = Details(context.notify)
        self.page = MessagePage()
        parts = QtWidgets.QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.view)
        parts.addWidget(self.details)
        parts.setSizes([200, 300])
        self.content = QtWidgets.QWidget()
        rows = QtWidgets.QVBoxLayout(self.content)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.summary)
        rows.addWidget(parts, 1)
        self._stack = QtWidgets.QStackedWidget()
        self._stack.addWidget(self.page)
        self._stack.addWidget(self.content)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.problems)
        layout.addWidget(self._stack, 1)
        self.view.chosen.connect(self.details.show_item)
        self.view.chosen.connect(lambda _item: self.update_trials())
        self.view.opened.connect(self.evidence_asked)
        self.details.evidence_asked.connect(self._ask_current)
        self.details.try_asked.connect(self.try_asked)
        self.details.experiment_asked.connect(self.experiment_asked)
        self.details.compare_asked.connect(
            lambda path: self.compare_asked.emit(trials_folder(path))
        )
        self._selection.runs_changed.connect(self._update)
        self._digests.changed.connect(self._update_run)

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        self._update()

    def table(self) -> "Table":
        """A row for each cause and each consequence."""
        return findings_table(self.view.findings.rows if self._shows_findings() else [])

    def file_name(self) -> str:
        return "diagnosis"

    # Showing

    def _update_run(self, path: str) -> None:
        if any(run.path == path for run in self._selection.all_runs):
            self._update()

    def _update(self) -> None:
        """Shows what is known of the selected runs."""
        if not self.isVisible():
            return
        # Also the runs that plots hide.
        selected, digests = self._selection.all_runs, self._digests
        runs = readable(selected)
        broken = {
            run.path: run.reason or "" for run in selected if run.state is State.BROKEN
        }
        problems = {
            run.path: problem for run in runs if (problem := digests.problem(run.path))
        }
        reports = {
            run.path: report
            for run in runs
            if (report := digests.report(run.path)) and run.path not in problems
        }
        diagnosed = [run for run in runs if run.path in reports]
        rows = [one for run in diagnosed for one in findings_of(run, reports[run.path])]
        checks = [
            RunChecks((run.path,), (run.name,), reports[run.path]) for run in diagnosed
        ]
        unreadable = {
            path: problem
            for path, problem in {**broken, **problems}.items()
            if problem != HIDDEN
        }
        self._show_problems(unreadable if diagnosed else {})
        if reason := why_nothing(self._selection):
            self._show_message(reason)
        elif HIDDEN in problems.values() and not diagnosed:
            self._show_message(HIDDEN)
        elif problems and not diagnosed:
            self._show_message(none_readable(problems))
        elif len(problems) + len(reports) < len(runs):
            # Some runs have just been selected; findings of the others stay until then.
            if not rows:
                self._show_message(READING)
            else:
                self._show_found(rows, checks, diagnosed)
        elif rows:
            self._show_found(rows, checks, diagnosed)
        else:
            self._show_message(nothing_found(diagnosed, reports))

    def _show_found(
        self,
        found: list[RunFinding],
        checks: list[RunChecks],
        diagnosed: list[Snapshot],
    ) -> None:
        self.summary.setText(summary(found, diagnosed))
        rows: list[Item] = [*fold(found), *fold_checks(checks)]
        self.view.show_found(rows, with_runs=len(self._selection.all_runs) > 1)
        self._stack.setCurrentWidget(self.content)

    def _show_message(self, text: str) -> None:
        self.page.set_text(text)
        self._stack.setCurrentWidget(self.page)

    def _show_problems(self, problems: Mapping[str, str]) -> None:
        text, _, reasons = problem_text(problems).partition("\n")
        self.problems.setText(text)
        self.problems.setToolTip(plain(excerpt(reasons)))
        self.problems.setVisible(bool(problems))

    def _shows_findings(self) -> bool:
        return self._stack.currentWidget() is self.content

    def _ask_current(self) -> None:
        item = self.view.current()
        if item is not None and not isinstance(item, RunChecks):
            self.evidence_asked.emit(item.found)

    def update_trials(self) -> None:
        """Shows the results of remedies that were tried on the selected run."""
        item = self.view.current()
        if not isinstance(item, RunFinding) or is_remote(item.path):
            return
        folder = trials_folder(item.path)

        def done(results: TrialResults | None) -> None:
            if self.view.current() == item:
                self.details.show_trials(results)

        def failed(error: Exception) -> None:
            if not isinstance(error, OSError | ValueError):
                self.context.watcher.failed.emit(error)
            self.context.notify(str(error))

        self.context.watcher.do(lambda: read_results(folder), done, failed)

    def choose(self, key: Key) -> None:
        """Selects a finding by its key."""
        self.view.choose(key)


def text_line(name: str) -> QtWidgets.QLabel:
    """Creates a label above the findings that does not widen the window."""
    label = QtWidgets.QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAccessibleName(name)
    label.setContentsMargins(8, 6, 8, 2)
    label.setSizePolicy(
        QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Fixed
    )
    return label
