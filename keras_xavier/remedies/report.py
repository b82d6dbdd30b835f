"""Results of remedies that were tried."""

import io
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.diagnosis.trial_results import TrialResult, TrialResults
from keras_xavier.runs import Run, open_run
from keras_xavier.text import sanitize

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 100
ERRORS = 2.0
"""Standard errors by which a measure is clearly better."""
SMALLEST_GAIN = 0.05
USEFUL_COST = 0.95
"""Cost, relative to that of guessing, from which predictions are useful."""
LOWER_COST = 0.8
"""Cost, relative to the original's, that is clearly lower."""


@dataclass(frozen=True)
class Result:
    """Result of one training run.

    Attributes:
        title: str. The change in a few words; `"Original"` for the program without
            changes.
        changes: Tuple of `kx.diagnosis.CodeChange`. The change as lines of code before
            and after; in the lines, `x` and `y` stand for inputs and targets.
        run: str. Path of the run.
        value: float. Accuracy or R² on the held-out examples at the end; NaN if the
            predictions are not finite, or training failed.
        cost: float. Cross-entropy, or mean squared error in the units of the targets,
            on the held-out examples at the end.
        helps: bool. Whether the result is clearly better than the original and than
            guessing.
        is_gone: bool or `None`. Whether the findings are gone. `None` if the original
            does not have them within as many updates.
        failure: str. Error message; `""` if training succeeded.
    """

    title: str
    changes: tuple[CodeChange, ...]
    run: str
    value: float
    cost: float
    helps: bool = False
    is_gone: bool | None = None
    failure: str = ""


@dataclass(frozen=True)
class TrialReport:
    """Results of `try_remedies`; prints as a table.

    Attributes:
        problems: Tuple of str. Names of the findings.
        measure: str. What `value` of a result is: `"accuracy"`, `"balanced accuracy"`
            (mean over the classes), or `"R²"`.
        cost: str. What `cost` of a result is.
        examples: int. Number of held-out examples.
        guessing: float. Measure of guessing: the most frequent class, or the mean.
        original: `Result`. The program without changes.
        results: Tuple of `Result`, in the order in which they were tried.
        updates: int. Number of updates of each training run.
    """

    problems: tuple[str, ...]
    measure: str
    cost: str
    examples: int
    guessing: float
    original: Result
    results: tuple[Result, ...]
    updates: int

    @property
    def helpful(self) -> tuple[Result, ...]:
        """Tuple of `Result`. The remedies that help, the best one first."""
        helping = [one for one in self.results if one.helps]
        return tuple(sorted(helping, key=lambda one: (-rounded(one.value), one.cost)))

    def trial_results(self) -> TrialResults:
        """Returns the results for a file, from which the app reads them."""
        return TrialResults(
            self.measure,
            self.cost,
            self.guessing,
            self.examples,
            self.updates,
            tuple(
                TrialResult(
                    one.title,
                    os.path.basename(one.run),
                    one.value,
                    one.cost,
                    bool(one.helps),
                    one.is_gone,
                    one.failure,
                )
                for one in (self.original, *self.results)
            ),
        )

    def runs(self) -> Iterator[Run]:
        """Opens the runs: the original, then the remedies."""
        for one in (self.original, *self.results):
            if not one.failure:
                yield open_run(one.run)

    def figure(self) -> "Figure":
        """Draws loss and measure of all runs over the updates.

        Returns:
            matplotlib `Figure`.
        """
        from keras_xavier.figures.functions import FUNCTIONS

        return FUNCTIONS["training_curves"](list(self.runs()))

    def __str__(self) -> str:
        page = io.StringIO()
        console = Console(file=page, width=WIDTH, markup=False, highlight=False)
        console.print(self.table())
        console.print(self.conclusion())
        for one in self.helpful[:1]:
            for change in one.changes:
                console.print()
                for sign, text in (("-", change.before), ("+", change.after)):
                    for row in text.splitlines():
                        console.print(f"  {sign} {row}", soft_wrap=True)
        return page.getvalue().rstrip()

    def table(self) -> Table:
        """Returns the results as a table of rich."""
        found = Table(box=None, pad_edge=False, title_justify="left")
        found.title = (
            f"{self.measure[0].upper()}{self.measure[1:]} on {self.examples:,} "
            f"held-out examples after {self.updates:,} updates; guessing: "
            f"{shown(self.guessing)}"
        )
        for name in ("change", self.measure, self.cost, "helps", "findings"):
            is_number = name in (self.measure, self.cost)
            found.add_column(name, justify="right" if is_number else "left")
        for one in (self.original, *self.results):
            is_original = one is self.original
            gone = {True: "gone", False: "remain", None: ""}[one.is_gone]
            found.add_row(
                sanitize(one.title),
                "failed" if one.failure else shown(one.value),
                shown(one.cost),
                "" if is_original else "yes" if one.helps else "no",
                "" if is_original else sanitize(one.failure) or gone,
            )
        return found

    def conclusion(self) -> str:
        if best := self.helpful:
            return f"Best: {best[0].title}"
        if not self.results:
            return "No remedy applies to this model."
        return "No remedy helps."


def rounded(value: float) -> float:
    return round(value, 2)


def shown(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3g}"


def is_better(
    value: float, cost: float, error: float, original: Any, guess: Any
) -> bool:
    """Returns whether a result is clearly better than the original and than guessing.

    The measure must exceed both by 0.05 and by two standard errors; or, with a measure
    that is not worse, the cost must be 20% lower than the original's and 5% lower
    than that of guessing.

    Args:
        value: float. Measure.
        cost: float. Cost.
        error: float. Standard error of the measure.
        original: `Result` or `Score`. The original.
        guess: `Score`. Guessing.
    """
    if math.isnan(value):
        return False
    margin = max(SMALLEST_GAIN, ERRORS * error)
    before = -math.inf if math.isnan(original.value) else original.value
    base = -math.inf if math.isnan(guess.value) else guess.value
    if value > base + margin and value > before + margin:
        return True
    if math.isnan(original.cost):
        return False
    is_lower = cost < LOWER_COST * original.cost and cost < USEFUL_COST * guess.cost
    return is_lower and value >= before - ERRORS * error and value > base
