"""One table for all runs of a sweep."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from keras_xavier.paper.experiment import Experiment
from keras_xavier.paper.sweep import Outcome, place
from keras_xavier.runs import Run, RunError, open_run, run_exists

METRIC = "val_error"
LINE_SECONDS = 30.0
"""Between two lines, where stderr is no terminal."""


class SweepProgress(AbstractContextManager["SweepProgress"]):
    """Shows which runs are being trained, how far each is, and how long it takes.

    It reads the runs, as the app does. Where stderr is no terminal, a line is
    printed from time to time instead.

    Args:
        experiments: What is run.
        folder: Where their runs are.
        console: Where to print; stderr by default.

    Example:

    >>> with SweepProgress(experiments, "runs") as progress:  # doctest: +SKIP
    ...     sweep(experiments, "runs", watch=progress)
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        folder: str,
        *,
        console: Console | None = None,
    ) -> None:
        self.paths = {one: place(one, folder) for one in experiments}
        self.console = console or Console(stderr=True)
        self.live = Live(console=self.console, auto_refresh=False, transient=True)
        self.started = time.monotonic()
        self.told = 0.0
        self.before: dict[Experiment, int] = {}

    def __enter__(self) -> "SweepProgress":
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.live.stop()

    def __call__(self, done: Sequence[Outcome]) -> None:
        finished = {outcome.experiment for outcome in done}
        runs = {
            one: run
            for one, path in self.paths.items()
            if one not in finished and (run := peek(path)) is not None
        }
        made = {one: run.last_step or 0 for one, run in runs.items()}
        made |= {outcome.experiment: outcome.experiment.updates for outcome in done}
        if not self.before:
            self.before = {one: made.get(one, 0) for one in self.paths}
        summary = self.summary(done, made)
        if self.console.is_terminal:
            self.live.update(table(summary, runs, done), refresh=True)
        elif time.monotonic() - self.told >= LINE_SECONDS:
            self.told = time.monotonic()
            self.console.print(summary, soft_wrap=True, highlight=False)

    def summary(self, done: Sequence[Outcome], made: dict[Experiment, int]) -> str:
        total = sum(one.updates for one in self.paths)
        now = sum(made.values())
        new = now - sum(self.before.values())
        words = (
            f"{len(done)} of {len(self.paths)} runs, {now / total:.0%} of all updates"
        )
        if new > 0:
            left = (time.monotonic() - self.started) * (total - now) / new
            words += f", about {duration(left)} left"
        return words


def table(summary: str, runs: dict[Experiment, Run], done: Sequence[Outcome]) -> Table:
    """The runs that are trained, and those that failed."""
    found = Table(title=summary, box=None, pad_edge=False, title_justify="left")
    for name in ("run", "", "updates", "validation error"):
        found.add_column(name, justify="right" if name in ("updates",) else "left")
    for one, run in runs.items():
        metrics = run.metrics()
        error = f"{metrics[METRIC][1][-1]:.1%}" if METRIC in metrics else ""
        found.add_row(
            run.name,
            ProgressBar(total=one.updates, completed=run.last_step or 0, width=24),
            f"{run.last_step or 0:,}",
            error,
        )
    for outcome in done:
        if outcome.failure:
            found.add_row(outcome.experiment.run_name(), "failed", "", outcome.failure)
    return found


def peek(path: str) -> Run | None:
    """A run, if it is there and can be read at this moment."""
    try:
        return open_run(path) if run_exists(path) else None
    except RunError:
        return None


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "a minute"
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
