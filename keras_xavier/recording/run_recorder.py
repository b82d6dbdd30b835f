"""Opens, resumes, writes and diagnoses one run while a model trains."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, get_args

import numpy as np

from keras_xavier.diagnosis import Rule, Thresholds
from keras_xavier.diagnosis.live import OnFinding, Watch
from keras_xavier.runs import (
    Mode,
    RunError,
    RunWriter,
    State,
    open_run,
    run_exists,
    run_path,
)
from keras_xavier.statistics import Layer, Measurement

MODES = get_args(Mode)

_writers: dict[tuple[int, str], RunWriter] = {}
"""Open writers, by thread and path."""


class RunRecorder:
    """Writes the records of one run, and diagnoses it as it grows.

    Args:
        run: str. Path of the run.
        source: str. The measured data: `"probe"` or `"batch"`.
        hyperparameters: dict, JSON-serializable.
        mode: str. `"create"`, `"overwrite"` or `"resume"`.
        on_finding: As for `LayerStatistics`.
        rules: Sequence of rules.
        thresholds: `Thresholds` or `None`.
        stop: Function that ends the training run.

    Attributes:
        last_step: int or `None`. Step of the last record.
    """

    def __init__(
        self,
        run: str,
        *,
        source: str,
        hyperparameters: Mapping[str, Any],
        mode: Mode,
        on_finding: OnFinding | None,
        rules: Sequence[Rule],
        thresholds: Thresholds | None,
        stop: Callable[[], None],
    ) -> None:
        self.last_step: int | None = None
        self._run = run
        self._source = source
        self._hyperparameters = hyperparameters
        self._mode = mode
        self._writer: RunWriter | None = None
        self._watch: Watch | None = None
        if on_finding is not None:
            self._watch = Watch(
                run, on_finding, stop, rules=rules, thresholds=thresholds
            )

    @property
    def is_open(self) -> bool:
        return self._writer is not None

    @property
    def _next_mode(self) -> Mode:
        """The mode of the next writer: a run that has records is resumed."""
        return self._mode if self.last_step is None else "resume"

    def check_run(self) -> None:
        """Raises `RunError` if the run cannot be recorded, before training begins."""
        # Left open by another callback, whose `fit` ended without a notification.
        if left := _writers.pop(self._key(), None):
            left.close(State.INTERRUPTED)
        check_run(self._run, self._next_mode, source=self._source)

    def check_step(self, step: int) -> None:
        """Raises an error if the run has records of later steps than the model's."""
        if self.last_step is None:
            if self._mode == "resume":
                check_step(self._run, step)
        elif step < self.last_step:
            raise RunError(
                f"The run {self._run} is recorded up to step {self.last_step}, but the "
                f"model is at step {step}. Create another LayerStatistics for a new "
                "model."
            )

    def open(
        self,
        layers: Sequence[Layer],
        attributes: Mapping[str, Any],
        *,
        resume_from: int,
    ) -> None:
        """Starts the run, or resumes it and drops the records after `resume_from`."""
        mode = self._next_mode
        self._writer = RunWriter(
            self._run,
            layers=layers,
            hyperparameters=self._hyperparameters,
            attributes=attributes,
            mode=mode,
            resume_from=resume_from if mode == "resume" else None,
        )
        _writers[self._key()] = self._writer
        steps = open_run(self._writer.path).steps
        self.last_step = int(steps[-1]) if len(steps) else None

    def record(self, step: int, measurement: Measurement) -> None:
        """Writes a measurement, and diagnoses the run if a diagnosis is due."""
        if self._writer is None:
            return
        self._writer.record(step, measurement)
        self._writer.log(step, measurement.scalars)
        self.last_step = step
        if self._watch:
            self._watch.recorded(measurement, self._writer.flush)

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Stores the numbers among the metrics; a program may log anything."""
        if self._writer:
            numbers = {
                name: value
                for name, value in metrics.items()
                if np.ndim(value) == 0 and hasattr(value, "__float__")
            }
            self._writer.log(step, numbers)

    def flush(self) -> None:
        if self._writer:
            self._writer.flush()

    def close(self, error: BaseException | None = None) -> None:
        """Finishes the run, or marks it failed or interrupted by an error."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        _writers.pop(self._key(), None)
        if error is None:
            writer.close(State.FINISHED)
        else:
            writer.close_after(error)

    def diagnose(self) -> None:
        """Diagnoses the finished run if `on_finding` is set."""
        if self._watch and self.last_step is not None:
            self._watch.diagnose()

    def _key(self) -> tuple[int, str]:
        return threading.get_ident(), run_path(self._run)


def check_mode(mode: str) -> None:
    """Raises `ValueError` if a mode is unknown."""
    if mode not in MODES:
        raise ValueError(f"`mode` must be one of {MODES}. Received: mode={mode!r}")


def check_run(run: str, mode: Mode, *, source: str) -> None:
    """Checks before training that a run can be recorded.

    Raises:
        RunError: If the run exists and `mode` is `"create"`, does not exist and `mode`
            is `"resume"`, or was recorded from another source.
    """
    exists = run_exists(run)
    if exists and mode == "create":
        raise RunError(
            f"{run_path(run)} already exists. Resume it with mode='resume', replace it "
            "with mode='overwrite', or choose another path."
        )
    if mode != "resume":
        return
    if not exists:
        raise RunError(
            f"There is no run to resume at {run_path(run)}. Use mode='create'."
        )
    before = open_run(run).attributes.get("source", source)
    if before != source:
        raise RunError(
            f"{run_path(run)} was measured on a {before} and cannot be resumed on a "
            f"{source}. Start another run."
        )


def check_step(run: str, step: int) -> None:
    """Checks that a run is not resumed with an untrained model.

    Raises:
        RunError: If the model is at step 0 and the run has records of later steps.
    """
    steps = open_run(run).steps
    if step == 0 and len(steps) and steps[-1] > 0:
        raise RunError(
            f"{run_path(run)} is recorded up to step {steps[-1]}, but the model is at "
            "step 0, so all records would be lost. Load the model that the run was "
            "recorded from, with its optimizer, or start the run over with "
            "mode='overwrite'."
        )


def numbered_runs(run: str, mode: Mode) -> Iterator[str]:
    """Yields the paths of copies of a callback: `NAME-1`, `NAME-2` and so on.

    With `mode="create"`, runs that exist are skipped.
    """
    name = str(run).removesuffix(".zarr")
    for number in count(1):
        numbered = f"{name}-{number}"
        if mode != "create" or not run_exists(numbered):
            yield numbered
