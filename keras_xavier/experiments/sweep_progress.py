"""One table for all runs of a sweep."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from keras_xavier.experiments.experiment import Experiment, place
from keras_xavier.experiments.sweep import Outcome
from keras_xavier.runs import Run, RunError, open_run, run_exists

METRIC = "val_error"
LINE_SECONDS = 30.0
"""Between two lines, where stderr is no terminal."""


class SweepProgress(AbstractContextManager["SweepProgress"]):
    """Shows how each run is doing, how far it is, and how long it all takes.

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
        ended = {outcome.experiment for outcome in done}
        runs = {
            one: run
            for one, path in self.paths.items()
            if one not in ended and (run := peek(path)) is not None
        }
        made = {one: run.last_step or 0 for one, run in runs.items()}
        made |= {
            outcome.experiment: outcome.experiment.updates
            for outcome in done
            if not outcome.failure
        }
        if not self.before:
            self.before = {one: made.get(one, 0) for one in self.paths}
        summary = self.summary(done, runs, made)
        if self.console.is_terminal:
            self.live.update(table(summary, runs, done), refresh=True)
        elif time.monotonic() - self.told >= LINE_SECONDS:
            self.told = time.monotonic()
            self.console.print(summary, soft_wrap=True, highlight=False)

    def summary(
        self,
        done: Sequence[Outcome],
        runs: Mapping[Experiment, Run],
        made: Mapping[Experiment, int],
    ) -> str:
        total = sum(one.updates for one in self.paths)
        now = sum(made.values())
        failed = [outcome.experiment for outcome in done if outcome.failure]
        # What failed is not done, and not waited for.
        given_up = sum(one.updates for one in failed)
        new = now - sum(n for one, n in self.before.items() if one not in failed)
        words = f"{len(done) - len(failed)} of {len(self.paths)} runs"
        if failed:
            words += f", {len(failed)} failed"
        if waiting := len(self.paths) - len(done) - len(runs):
            words += f", {waiting} waiting"
        words += f", {now / total:.0%} of all updates"
        if new > 0:
            left = (time.monotonic() - self.started) * (total - given_up - now) / new
            words += f", about {duration(left)} left"
        return words


def table(
    summary: str, runs: Mapping[Experiment, Run], done: Sequence[Outcome]
) -> Table:
    """All runs that are there, and how each is doing.

    What is finished comes last, where a terminal of few lines leaves it out.
    """
    found = Table(title=summary, box=None, pad_edge=False, title_justify="left")
    for name in ("run", "state", "", "updates", "validation error"):
        found.add_column(name, justify="right" if name == "updates" else "left")
    for one, run in runs.items():
        metrics = run.metrics()
        error = f"{metrics[METRIC][1][-1]:.1%}" if METRIC in metrics else ""
        updates = run.last_step or 0
        bar = ProgressBar(total=one.updates, completed=updates, width=24)
        found.add_row(run.name, str(run.state), bar, f"{updates:,}", error)
    for outcome in sorted(done, key=lambda outcome: outcome.failure is None):
        one = outcome.experiment
        if outcome.failure:
            found.add_row(one.run_name(), "failed", "", "", Text(outcome.failure))
        else:
            found.add_row(one.run_name(), "finished", "", f"{one.updates:,}", "")
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
