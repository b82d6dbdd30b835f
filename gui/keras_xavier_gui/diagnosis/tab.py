"""The Diagnosis tab: diagnoses runs while it is visible, and shows the findings."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from keras_xavier.diagnosis import Report, examine
from keras_xavier.diagnosis.remedies import trials_folder
from keras_xavier.diagnosis.trial_results import TrialResults, read_results
from keras_xavier.runs import Run, State
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
from keras_xavier_gui.plots.read_request import (
    none_readable,
    problem_text,
    readable,
    why_nothing,
)
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.paths import is_remote
from keras_xavier_gui.sources.run_cache import ReadResult, Snapshot
from keras_xavier_gui.sources.selection import facts
from keras_xavier_gui.tab import Tab
from keras_xavier_gui.training.remedies import can_try
from keras_xavier_gui.widgets.message_page import READING, MessagePage
from keras_xavier_gui.widgets.status_bar import excerpt, plain

if TYPE_CHECKING:
    from keras_xavier.figures import Table

REST_SECONDS = 2.0
"""Shortest pause between two diagnoses of live runs."""
REST = 40
"""Diagnosing takes at most a fortieth of the time, however large the runs are."""


class DiagnosisTab(Tab):
    """The findings in the selected runs.

    A run is diagnosed when it is selected, and again after it has changed and a pause
    is over. There is one request at a time.
    """

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

    unreadable = Signal(object)
    """Why runs could not be read, by path."""
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
        self._evidence = context.evidence
        # For each run, its state when it was diagnosed, and its report or why it
        # cannot be read.
        self._known: dict[str, tuple[tuple[object, ...], Report | str]] = {}
        self._reading = False
        self._rest = QtCore.QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._update)
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

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        self._update()

    def hideEvent(self, event: QtGui.QHideEvent) -> None:
        super().hideEvent(event)
        self._rest.stop()

    def table(self) -> "Table":
        """A row for each cause and each consequence."""
        return findings_table(self.view.findings.rows if self._shows_findings() else [])

    def file_name(self) -> str:
        return "diagnosis"

    # Diagnosing

    def _update(self) -> None:
        """Diagnoses the runs that have changed, and shows the findings so far."""
        if not self.isVisible():
            return
        runs = readable(self._selection)
        self._known = {
            run.path: self._known[run.path]
            for run in self._selection.runs
            if run.path in self._known
        }
        changed = {run.path: facts(run) for run in runs if self._has_changed(run)}
        is_new = any(path not in self._known for path in changed)
        is_due = is_new or not self._rest.isActive()
        if changed and is_due and not self._reading:
            self._start(changed)
        self._show()

    def _has_changed(self, run: Snapshot) -> bool:
        known = self._known.get(run.path)
        return known is None or known[0] != facts(run)

    def _start(self, changed: Mapping[str, tuple[object, ...]]) -> None:
        self._reading = True

        def done(result: ReadResult) -> None:
            self._reading = False
            self._store(changed, result)
            self._update()

        self.context.watcher.read(tuple(changed), timed_diagnosis, done)

    def _store(
        self, changed: Mapping[str, tuple[object, ...]], result: ReadResult
    ) -> None:
        """Stores the findings, and pauses in proportion to the time they took."""
        seconds = 0.0
        for path, (found, taken) in result.found.items():
            self._known[path] = changed[path], found
            seconds += taken
        # Unreadable runs are not tried again until they change.
        for path, reason in result.reasons.items():
            self._known[path] = changed[path], reason
        if result.problems:
            self.unreadable.emit(result.problems)
        self._take_rest(seconds)

    def _take_rest(self, seconds: float) -> None:
        if self.isVisible():
            self._rest.start(round(1000 * max(REST_SECONDS, REST * seconds)))

    # Showing

    def _show(self) -> None:
        runs = readable(self._selection)
        known = {
            run.path: self._known[run.path][1]
            for run in runs
            if run.path in self._known
        }
        problems = {path: one for path, one in known.items() if isinstance(one, str)}
        broken = {
            run.path: run.reason or ""
            for run in self._selection.runs
            if run.state is State.BROKEN
        }
        reports = {path: one for path, one in known.items() if isinstance(one, Report)}
        diagnosed = [run for run in runs if run.path in reports]
        rows = [one for run in diagnosed for one in findings_of(run, reports[run.path])]
        checks = [
            RunChecks((run.path,), (run.name,), reports[run.path]) for run in diagnosed
        ]
        self._evidence.update({one.key: one for one in flatten(rows)})
        self._show_problems({**broken, **problems} if diagnosed else {})
        if reason := why_nothing(self._selection):
            self._show_message(reason)
        elif problems and not diagnosed:
            self._show_message(none_readable(problems))
        elif len(known) < len(runs):
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
        self.view.show_found(rows, with_runs=len(self._selection.runs) > 1)
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


def findings_of(run: Snapshot, report: Report) -> list[RunFinding]:
    """Returns the causes of a run."""
    return [
        RunFinding(
            run.path,
            run.name,
            finding,
            can_try=can_try(run),
            last_step=report.last_step,
        )
        for finding in report.findings
    ]


def flatten(found: Sequence[RunFinding]) -> list[RunFinding]:
    """Returns causes and consequences."""
    return [one for cause in found for one in (cause, *cause.children)]


def timed_diagnosis(run: Run) -> tuple[Report, float]:
    """Returns the report and the seconds it took; called in the reading thread."""
    start = time.monotonic()
    return examine(run), time.monotonic() - start


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
