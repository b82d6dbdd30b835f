"""Table of the runs of a sweep while it runs."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.experiments.sweep import Outcome
from keras_xavier.runs import Run, RunError, open_run, run_exists

METRIC = "val_error"
LINE_SECONDS = 30.0
"""Seconds between lines if stderr is not a terminal."""


class SweepProgress(AbstractContextManager["SweepProgress"]):
    """Shows the state and progress of each run, and the remaining time.

    Reads the runs from disk, like the app. If stderr is not a terminal, a summary line
    is printed every 30 seconds instead of the table.

    Args:
        experiments: Sequence of `Experiment`. Experiments of the sweep.
        folder: str. Folder of their runs.
        console: `rich.console.Console`. Defaults to None: stderr.

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
        self.paths = {one: one.run_path(folder) for one in experiments}
        self.console = console or Console(stderr=True)
        self.live = Live(console=self.console, auto_refresh=False, transient=True)
        self.started = time.monotonic()
        self.printed = 0.0
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
        elif time.monotonic() - self.printed >= LINE_SECONDS:
            self.printed = time.monotonic()
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
        # Updates of failed runs count neither as done nor as remaining.
        abandoned = sum(one.updates for one in failed)
        new = now - sum(n for one, n in self.before.items() if one not in failed)
        text = f"{len(done) - len(failed)} of {len(self.paths)} runs"
        if failed:
            text += f", {len(failed)} failed"
        if waiting := len(self.paths) - len(done) - len(runs):
            text += f", {waiting} waiting"
        text += f", {now / total:.0%} of all updates"
        if new > 0:
            left = (time.monotonic() - self.started) * (total - abandoned - now) / new
            text += f", about {duration(left)} left"
        return text


def table(
    summary: str, runs: Mapping[Experiment, Run], done: Sequence[Outcome]
) -> Table:
    """Builds the table of all started runs.

    Finished runs come last, because a small terminal cuts off the end of the table.
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
    """Opens a run; returns `None` if it does not exist or cannot be read."""
    try:
        return open_run(path) if run_exists(path) else None
    except RunError:
        return None


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "a minute"
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
