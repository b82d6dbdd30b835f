"""Reads metrics and diagnoses all listed runs in the background, a little at a time."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from keras_xavier.runs import (
    MissingNameError,
    Run,
    RunError,
    RunSummary,
    State,
    open_run,
)
from keras_xavier_gui.qt import QtCore, Signal
from keras_xavier_gui.run_panel.digest import HIDDEN, Digest, diagnose, digest
from keras_xavier_gui.sources.run_cache import UNEXPECTED
from keras_xavier_gui.sources.worker import Worker

if TYPE_CHECKING:
    from keras_xavier.diagnosis import Report

Fingerprint: TypeAlias = tuple[object, ...]
START_SECONDS = 0.3
"""The first figure is read before."""
REST = 1
"""With many new runs, reading takes at most half of the time of a core."""
SHORTEST_REST = 0.01


class Part(StrEnum):
    """What is read of a run."""

    METRICS = "metrics"
    FINDINGS = "findings"


RESTS = {Part.METRICS: 100, Part.FINDINGS: 50}
"""Pause after a part of a live run has been read, relative to the time that it took:
following live runs takes at most 3% of a core, however many and large they are."""


@dataclass
class Known:
    """What has been read of a run.

    Attributes:
        digest: Its metrics.
        report: Its diagnosis.
        problem: Why it cannot be diagnosed.
        read: For each part, the state of the run when it was read, and the time of a
            monotonic clock.
    """

    digest: Digest | None = None
    report: "Report | None" = None
    problem: str = ""
    read: dict[Part, tuple[Fingerprint, float]] = field(default_factory=dict)

    def is_current(self, part: Part, run: RunSummary) -> bool:
        return part in self.read and self.read[part][0] == fingerprint(run)


@dataclass(frozen=True)
class Job:
    """A run to read.

    Attributes:
        run: The run.
        parts: What to read.
    """

    run: RunSummary
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Result:
    """What has been read, the seconds that it took, and what prevented it."""

    seconds: float
    digest: Digest | None = None
    report: "Report | None" = None
    problem: str = ""


class RunDigests(QtCore.QObject):
    """Keeps metrics and findings of all listed runs up to date.

    New and finished runs are read at once, one after another. Live runs are read again
    after a pause in proportion to the time that reading takes.
    """

    changed = Signal(str)
    """Path of a run with a new digest, report or problem."""
    unreadable = Signal(object)
    """Why runs cannot be read, by path."""
    failed = Signal(object)
    """An unexpected exception."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: dict[str, RunSummary] = {}
        self._known: dict[str, Known] = {}
        self._hidden: frozenset[str] = frozenset()
        self._preferred: tuple[str, ...] = ()
        self._takes_preferred = False
        self._due = dict.fromkeys(Part, 0.0)
        self._job: Job | None = None
        self._is_started = False
        self._worker = Worker("keras-xavier diagnosing", self)
        # Live runs, which only the worker uses.
        self._open: dict[str, Run] = {}
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next)

    # Queries

    def digest(self, path: str) -> Digest | None:
        """The metrics of a run; `None` until they are read, and while hidden."""
        if path in self._hidden:
            return None
        return self._known[path].digest if path in self._known else None

    def report(self, path: str) -> "Report | None":
        """The diagnosis of a run; `None` until there is one, and while it is hidden."""
        if path in self._hidden:
            return None
        return self._known[path].report if path in self._known else None

    def problem(self, path: str) -> str:
        """Why there is no diagnosis of a run; `""` if there is, or will be."""
        known = self._known.get(path, Known())
        return known.problem or (HIDDEN if path in self._hidden else "")

    # Changes

    def start(self) -> None:
        """Starts to read, after the first figure."""
        if not self._is_started:
            self._is_started = True
            self._timer.start(round(START_SECONDS * 1000))

    def update(self, runs: Sequence[RunSummary]) -> None:
        """Sets the listed runs, in the order in which to read them."""
        self._runs = {run.path: run for run in runs}
        self._known = {
            path: known for path, known in self._known.items() if path in self._runs
        }
        self._go_on()

    def prefer(self, paths: Sequence[str]) -> None:
        """Sets the runs to read first, such as the selected ones."""
        self._preferred = tuple(paths)
        self._go_on()

    def hide(self, paths: Collection[str]) -> None:
        """Sets the runs whose diagnosis or metrics would reveal an answer.

        Which network of a lesson learns can be the answer to its question.
        """
        changed = self._hidden.symmetric_difference(paths)
        self._hidden = frozenset(paths)
        for path in changed:
            self.changed.emit(path)

    def read_again(self) -> None:
        """Reads all runs again; what is known stays until then."""
        for known in self._known.values():
            known.read.clear()
        self._go_on()

    def rename(self, old: str, new: str) -> None:
        """Replaces the path of a run."""
        if run := self._runs.pop(old, None):
            self._runs[new] = run
        if known := self._known.pop(old, None):
            self._known[new] = known

    def close(self) -> None:
        """Stops reading."""
        self._is_started = False
        self._timer.stop()
        self._worker.close()

    # Reading

    def _go_on(self) -> None:
        if self._is_started and self._job is None and not self._timer.isActive():
            self._next()

    def _next(self) -> None:
        """Starts the next job if one is due."""
        if not self._is_started or self._job is not None:
            return
        job = self._urgent_job() or self._job_of_live_run()
        if job is None:
            return
        self._job = job
        open_runs = self._open
        live = frozenset(
            run.path for run in self._runs.values() if run.state is State.RUNNING
        )

        def failed(error: Exception) -> None:
            self.failed.emit(error)
            self._store(job, Result(0.0, problem=UNEXPECTED))

        self._worker.submit(
            lambda: read(job, open_runs, live),
            lambda result: self._store(job, result),
            failed,
        )

    def _store(self, job: Job, result: Result) -> None:
        self._job = None
        path, now = job.run.path, time.monotonic()
        for part in job.parts:
            self._due[part] = now + RESTS[part] * result.seconds
        if path in self._runs:
            known = self._known.setdefault(path, Known())
            known.read |= dict.fromkeys(job.parts, (fingerprint(job.run), now))
            known.problem = result.problem
            if Part.METRICS in job.parts and result.digest:
                known.digest = result.digest
            if Part.FINDINGS in job.parts:
                known.report = result.report
            self.changed.emit(path)
            if result.problem:
                self.unreadable.emit({path: result.problem})
        if self._is_started:
            rest = max(SHORTEST_REST, REST * result.seconds)
            self._timer.start(round(1000 * rest))

    def _urgent_job(self) -> Job | None:
        """A run that is new, or not live."""
        for run in self._in_order():
            known = self._known.get(run.path)
            if not known or not known.read:
                return Job(run, tuple(Part))
            if run.state is not State.RUNNING and not all(
                known.is_current(part, run) for part in Part
            ):
                return Job(run, tuple(Part))
        return None

    def _job_of_live_run(self) -> Job | None:
        """A live run that has grown, if the pause after the last one is over."""
        now, waits = time.monotonic(), []
        self._takes_preferred = not self._takes_preferred
        for part in Part:
            grown = [
                run
                for run in self._in_order()
                if not self._known[run.path].is_current(part, run)
            ]
            # In turn, so that no run has to wait for others forever.
            chosen = [run for run in grown if run.path in self._preferred]
            if self._takes_preferred and chosen:
                grown = chosen
            if grown and now >= self._due[part]:
                return Job(min(grown, key=lambda run: self._since(part, run)), (part,))
            if grown:
                waits.append(self._due[part] - now)
        if waits:
            self._timer.start(round(1000 * max(SHORTEST_REST, min(waits))))
        return None

    def _in_order(self) -> Iterator[RunSummary]:
        preferred = [path for path in self._preferred if path in self._runs]
        for path in dict.fromkeys((*preferred, *self._runs)):
            if self._runs[path].state is not State.BROKEN:
                yield self._runs[path]

    def _since(self, part: Part, run: RunSummary) -> float:
        return self._known[run.path].read.get(part, ((), 0.0))[1]


def fingerprint(run: RunSummary) -> Fingerprint:
    """Returns everything that changes when records, metrics or the state change."""
    return run.created, run.revision, run.records, run.state


def read(job: Job, open_runs: dict[str, Run], live: frozenset[str]) -> Result:
    """Reads from a run; called in the thread.

    Args:
        job: What to read.
        open_runs: Live runs, which stay open.
        live: Paths of the live runs.
    """
    start, path = time.perf_counter(), job.run.path
    for other in open_runs.keys() - live:
        del open_runs[other]
    try:
        run = latest(path, open_runs)
        metrics = digest(run) if Part.METRICS in job.parts else None
        report = diagnose(run) if Part.FINDINGS in job.parts else None
    except (RunError, MissingNameError) as error:
        return Result(time.perf_counter() - start, problem=str(error))
    if path in live:
        open_runs[path] = run
    return Result(time.perf_counter() - start, metrics, report)


def latest(path: str, open_runs: dict[str, Run]) -> Run:
    """Opens a run, or refreshes it if it is open."""
    if run := open_runs.pop(path, None):
        try:
            run.refresh()
        except RunError:
            # Another run may have taken its place.
            return open_run(path)
        return run
    return open_run(path)
