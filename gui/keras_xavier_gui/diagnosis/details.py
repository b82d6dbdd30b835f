"""The selected finding: its explanation, remedy, change of code and evidence."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

from keras_xavier.diagnosis import Finding, Number
from keras_xavier.diagnosis.reading import listed
from keras_xavier.diagnosis.trial_results import TrialResults
from keras_xavier.text import sanitize
from keras_xavier_gui.diagnosis.code_field import CodeField, CodeView
from keras_xavier_gui.diagnosis.findings import icon_of
from keras_xavier_gui.diagnosis.items import (
    RUN,
    FoldedFinding,
    Item,
    RunChecks,
    RunFinding,
    checks_text,
    place_text,
)
from keras_xavier_gui.diagnosis.numbers_table import NumbersTable
from keras_xavier_gui.diagnosis.trial_view import TrialView
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.training.command import experiment_of
from keras_xavier_gui.training.remedies import code_to_try
from keras_xavier_gui.widgets.icons import SIZE
from keras_xavier_gui.widgets.message_page import text_label

Field: TypeAlias = QtWidgets.QLabel | CodeView | CodeField | NumbersTable | TrialView
LINE_LENGTH = 100
"""Largest number of characters in a line of text: longer lines are hard to read."""


class Details(QtWidgets.QWidget):
    """Shows a finding, or the checks of a run, in full.

    Args:
        notify: Shows a message in the status bar.
    """

    evidence_asked = Signal()
    try_asked = Signal(str)
    """Path of the run whose remedies to try."""
    experiment_asked = Signal(object)
    """An `Experiment` that the user wants to set up."""
    compare_asked = Signal(str)
    """Path of the run whose remedies to compare."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        super().__init__()
        self._shown: Item | None = None
        self._icon = QtWidgets.QLabel()
        self.headline = text_label()
        self.evidence = QtWidgets.QPushButton("Show the &evidence")
        self.evidence.setToolTip("Show the plot with the evidence, at its step (Enter)")
        self.evidence.clicked.connect(lambda: self.evidence_asked.emit())
        self.try_button = QtWidgets.QPushButton("&Try remedies")
        self.try_button.setToolTip(
            "Train the network with each remedy beside the original, in a separate "
            "process"
        )
        self.try_button.clicked.connect(self._ask_to_try)
        row = QtWidgets.QHBoxLayout()
        row.setContentsMargins(8, 6, 8, 2)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self.headline, 1)
        row.addWidget(self.try_button)
        row.addWidget(self.evidence)
        self.summary = text_label()
        font = QtGui.QFont(self.summary.font())
        font.setBold(True)
        self.summary.setFont(font)
        self.explanation = text_label()
        self.before = CodeView("Lines of code to change")
        self.after = CodeField(
            "Lines of code after the change",
            "Copy c&ode",
            lambda: notify("Code copied"),
        )
        self.command = CodeField(
            "Command that applies the remedy",
            "Copy co&mmand",
            lambda: notify("Command copied"),
        )
        self.set_up = self.command.add_button(
            "New experiment …", "Set up this experiment, to change or to start it"
        )
        self.set_up.clicked.connect(self._ask_for_experiment)
        self.trials = TrialView()
        self.trials.compare_asked.connect(self._ask_to_compare)
        self.trial = CodeField(
            "Line of code that tries the remedies",
            "Copy ca&ll",
            lambda: notify("Code copied"),
        )
        self.numbers = NumbersTable()
        self.fields: dict[str, Field] = {
            "Runs": text_label(),
            "Cause": text_label(),
            "Remedy": text_label(),
            "Before": self.before,
            "After": self.after,
            "Command": self.command,
            "In Python": self.trial,
            "Tried": self.trials,
            "Numbers": self.numbers,
            "Source": text_label(),
        }
        self._titles = {name: QtWidgets.QLabel(name) for name in self.fields}
        self._codes = (
            *(self.before, self.after.code),
            *(self.command.code, self.trial.code),
        )
        self.area = QtWidgets.QScrollArea()
        self.area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setWidget(self._body())
        self.area.setAccessibleName("Details of the finding")
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.area, 1)
        # The scroll area comes before the widgets in it.
        chain = [self.try_button, self.evidence, self.area, self.before]
        for one in (self.after, self.command, self.trial):
            chain += [one.code, *one.buttons]
        chain += [self.trials.table, self.trials.compare, self.numbers]
        for first, second in pairwise(chain):
            QtWidgets.QWidget.setTabOrder(first, second)

    def show_item(self, item: Item | None) -> None:
        """Shows another item, or the same one after the run has grown."""
        if item is None or item == self._shown:
            return
        is_other = self._shown is None or item.key != self._shown.key
        if is_other:
            self.show_trials(None)
        self._shown = item
        icon = icon_of(item)
        self._icon.setPixmap(icon.pixmap(SIZE, SIZE) if icon else QtGui.QPixmap())
        self.evidence.setVisible(not isinstance(item, RunChecks))
        self.try_button.setVisible(isinstance(item, RunFinding) and item.can_try)
        command = "" if isinstance(item, RunChecks) else fixed_of(item).command
        self.set_up.setVisible(experiment_of(command) is not None)
        match item:
            case RunFinding():
                self._show_finding(item)
            case FoldedFinding():
                self._show_folded(item)
            case RunChecks():
                self._show_checks(item)
        if is_other:
            self.area.verticalScrollBar().setValue(0)

    def _ask_to_try(self) -> None:
        if isinstance(self._shown, RunFinding):
            self.try_asked.emit(self._shown.path)

    def show_trials(self, results: TrialResults | None) -> None:
        """Shows the results of remedies that were tried on the run of the finding."""
        if results is not None:
            self.trials.show_results(results)
        self.trials.setVisible(results is not None)
        self._titles["Tried"].setVisible(results is not None)

    def _ask_for_experiment(self) -> None:
        self.experiment_asked.emit(experiment_of(self.command.code.toPlainText()))

    def _ask_to_compare(self) -> None:
        if isinstance(self._shown, RunFinding):
            self.compare_asked.emit(self._shown.path)

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        # The event also comes during construction.
        if event.type() == QtCore.QEvent.Type.FontChange and hasattr(self, "area"):
            for code in self._codes:
                code.apply_text_size()

    def _show_finding(self, found: RunFinding) -> None:
        finding, cause = found.finding, found.cause
        self._show_headline(found, place_text([found]))
        self._show_numbers(finding.numbers)
        self._show_texts(
            sanitize(finding.summary),
            sanitize(finding.explanation),
            {
                "Cause": f"{cause.title}: {cause.summary}" if cause else "",
                **remedy_texts(fixed_of(found)),
                "In Python": "" if found.can_try else code_to_try(found.path),
                "Source": finding.source,
            },
        )

    def _show_folded(self, folded: FoldedFinding) -> None:
        """Shows what is the same in all runs, and the summaries of the runs."""
        first, *others = folded.found
        self._show_headline(first, place_text(folded.found))
        self._show_numbers(())
        shared = remedy_texts(first.finding)
        for one in others:
            theirs = remedy_texts(one.finding)
            shared = {
                name: text for name, text in shared.items() if text == theirs[name]
            }
        if not {"Before", "After"} <= shared.keys():
            # Half of a change is misleading.
            shared |= {"Before": "", "After": ""}
        runs: dict[str, list[str]] = {}
        for one in folded.found:
            runs.setdefault(one.finding.summary, []).append(one.run)
        lines = [f"{listed(tuple(of))}: {text}" for text, of in runs.items()]
        self._show_texts(
            "",
            sanitize(first.finding.explanation),
            {
                "Runs": "\n".join(lines),
                **shared,
                "Source": first.finding.source,
            },
        )

    def _show_headline(self, found: RunFinding, place: str) -> None:
        title = f"{found.kind}: {sanitize(found.finding.title)}"
        self.headline.setText("\n".join([title, place]))

    def _show_checks(self, checks: RunChecks) -> None:
        self.headline.setText("\n".join([checks.report.checks, checks.cells[RUN]]))
        self._show_numbers(())
        names = "\n".join(checks.runs) if len(checks.runs) > 1 else ""
        self._show_texts("", checks_text(checks.report), {"Runs": names})

    def _show_numbers(self, numbers: Sequence[Number]) -> None:
        self.numbers.show_numbers(numbers)
        self.numbers.setVisible(bool(numbers))
        self._titles["Numbers"].setVisible(bool(numbers))

    def _show_texts(
        self, summary: str, explanation: str, texts: dict[str, str]
    ) -> None:
        """Shows texts; fields without a text are hidden."""
        self.summary.setText(summary)
        self.summary.setVisible(bool(summary))
        self.explanation.setText(explanation)
        for name, field in self.fields.items():
            text = "\n".join(map(sanitize, texts.get(name, "").splitlines()))
            match field:
                case CodeField():
                    field.code.show_text(text)
                case CodeView():
                    field.show_text(text)
                case NumbersTable() | TrialView():
                    continue
                case _:
                    field.setText(text)
            field.setVisible(bool(text))
            self._titles[name].setVisible(bool(text))
        # Screen readers do not read the text in a scroll area.
        parts = [f"{name}: {text}" for name, text in texts.items() if text]
        parts += [f"Numbers: {self.numbers.text()}"] if self.numbers.rowCount() else []
        self.area.setAccessibleDescription("\n".join([summary, explanation, *parts]))

    def _body(self) -> QtWidgets.QWidget:
        text = QtWidgets.QWidget()
        letter = self.fontMetrics().averageCharWidth()
        text.setMaximumWidth(LINE_LENGTH * letter)
        grid = QtWidgets.QGridLayout(text)
        grid.setContentsMargins(8, 6, 8, 8)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.summary, 0, 0, 1, 2)
        grid.addWidget(self.explanation, 1, 0, 1, 2)
        top = Qt.AlignmentFlag.AlignTop
        for row, (name, field) in enumerate(self.fields.items(), 2):
            grid.addWidget(self._titles[name], row, 0, top)
            grid.addWidget(field, row, 1)
        grid.setRowStretch(len(self.fields) + 2, 1)
        # In a wide window, the area beside the text stays empty.
        body = QtWidgets.QWidget()
        beside = QtWidgets.QHBoxLayout(body)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(text, 1)
        beside.addStretch(0)
        return body


def fixed_of(item: RunFinding | FoldedFinding) -> Finding:
    """Returns the finding whose remedy is shown: the cause."""
    first = item.found[0]
    return first.cause or first.finding


def remedy_texts(fixed: Finding) -> dict[str, str]:
    """Returns the remedy of a finding: its text, its change of code, its command."""
    change = fixed.change
    return {
        "Remedy": fixed.remedy,
        "Before": change.before if change else "",
        "After": change.after if change else "",
        "Command": fixed.command,
    }
