"""The results of remedies that were tried: a table, and a button for the curves."""

import math

from keras_xavier.diagnosis.trial_results import TrialResult, TrialResults
from keras_xavier.text import sanitize
from keras_xavier_gui.qt import Qt, QtWidgets, Signal

GONE = {True: "gone", False: "remain", None: "–"}


class TrialView(QtWidgets.QWidget):
    """Lists each remedy with its result, the original first."""

    compare_asked = Signal()
    """The user wants to see the curves of the runs."""

    def __init__(self) -> None:
        super().__init__()
        self.caption = QtWidgets.QLabel()
        self.caption.setTextFormat(Qt.TextFormat.PlainText)
        self.caption.setWordWrap(True)
        self.table = QtWidgets.QTableWidget(0, 5)
        self.table.setAccessibleName("Results of the remedies")
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.table.setTabKeyNavigation(False)
        self.table.viewport().setAutoFillBackground(False)
        self.table.verticalHeader().setMinimumSectionSize(1)
        triggers, behavior = (
            QtWidgets.QAbstractItemView.EditTrigger,
            QtWidgets.QAbstractItemView.SelectionBehavior,
        )
        self.table.setEditTriggers(triggers.NoEditTriggers)
        self.table.setSelectionBehavior(behavior.SelectRows)
        off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.table.setHorizontalScrollBarPolicy(off)
        self.table.setVerticalScrollBarPolicy(off)
        resize = QtWidgets.QHeaderView.ResizeMode.ResizeToContents
        self.table.horizontalHeader().setSectionResizeMode(resize)
        self.compare = QtWidgets.QPushButton("Compare runs")
        self.compare.setToolTip(
            "Show the training curves of the original and of all remedies"
        )
        self.compare.clicked.connect(lambda: self.compare_asked.emit())
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.caption)
        column.addWidget(self.table)
        column.addWidget(self.compare, 0, Qt.AlignmentFlag.AlignLeft)

    def show_results(self, results: TrialResults) -> None:
        """Shows other results."""
        self.caption.setText(sanitize(caption(results)))
        titles = ("Change", results.measure, results.cost, "Helps", "Findings")
        self.table.setHorizontalHeaderLabels([sanitize(one) for one in titles])
        self.table.setRowCount(len(results.results))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for row, one in enumerate(results.results):
            for place, text in enumerate(cells(one, is_original=row == 0)):
                item = QtWidgets.QTableWidgetItem(sanitize(text))
                if place in (1, 2):
                    item.setData(Qt.ItemDataRole.TextAlignmentRole, int(right))
                self.table.setItem(row, place, item)
        self.table.resizeRowsToContents()
        rows = self.table.verticalHeader().length()
        header = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(rows + header + 2)


def caption(results: TrialResults) -> str:
    """States which remedy is best, and how the results were measured."""
    helpful = [one for one in results.results if one.helps]
    best = max(helpful, key=lambda one: (one.value, -one.cost), default=None)
    first = f"Best: {best.title}." if best else "No remedy helps."
    return (
        f"{first} Measured on {results.examples:,} held-out examples after "
        f"{results.updates:,} updates; {results.measure} of guessing: "
        f"{number(results.guessing)}."
    )


def cells(result: TrialResult, *, is_original: bool) -> tuple[str, ...]:
    """Returns the texts of a row."""
    if result.failure:
        return result.title, "failed", "–", "no", result.failure
    helps = "–" if is_original else "yes" if result.helps else "no"
    gone = "–" if is_original else GONE[result.is_gone]
    return result.title, number(result.value), number(result.cost), helps, gone


def number(value: float) -> str:
    """Formats a result.

    >>> number(0.12345), number(float("nan"))
    ('0.123', '–')
    """
    return "–" if math.isnan(value) else f"{value:.3g}"
