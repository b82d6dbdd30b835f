"""Checks before training that a run can be recorded."""

import warnings
from collections.abc import Iterator
from itertools import count

from keras_xavier.runs import Mode, RunError, open_run, run_exists, run_path
from keras_xavier.runs.store import open_store
from keras_xavier.runs.validation import read_root
from keras_xavier.runs.writer import MODES


def check_mode(mode: str) -> None:
    """Raises `ValueError` if a mode is unknown."""
    if mode not in MODES:
        raise ValueError(f"`mode` must be one of {MODES}. Received: mode={mode!r}")


def resolve_mode(run: str, mode: Mode) -> Mode:
    """Returns the mode to open a run with, for `"resume_or_create"`."""
    if mode != "resume_or_create":
        return mode
    store = open_store(run_path(run))
    if not store.names():
        return "create"
    # Killed while it was created, before it had a record.
    return "overwrite" if read_root(store) is None else "resume"


def check_run(run: str, mode: Mode, *, source: str) -> None:
    """Checks before training that a run can be recorded.

    Raises:
        RunError: If the run exists and `mode` is `"create"`, does not exist and `mode`
            is `"resume"`, or was recorded from another source.
    """
    mode = resolve_mode(run, mode)
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
            f"There is no run to resume at {run_path(run)}. Use mode='create', or "
            "mode='resume_or_create' for jobs that may be restarted."
        )
    before = open_run(run).attributes.get("source", source)
    if before != source:
        raise RunError(
            f"{run_path(run)} was measured on a {before} and cannot be resumed on a "
            f"{source}. Start another run."
        )


def check_resumed(run: str, mode: Mode, step: int) -> Mode:
    """Checks that a run can be resumed at a step, and returns the mode to open it with.

    Raises:
        RunError: If the model is untrained and `mode` is `"resume"`.
    """
    if resolve_mode(run, mode) != "resume":
        return mode
    if mode == "resume" or step > 0:
        check_step(run, step)
        return mode
    # A job was restarted before it had saved the model.
    if last := open_run(run).last_step:
        warnings.warn(
            f"{run_path(run)} starts over: it was recorded up to step {last:,}, but "
            "the model is at step 0.",
            RuntimeWarning,
            stacklevel=2,
        )
    return "overwrite"


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
            "mode='overwrite'. If the model was compiled after it was loaded, set "
            f"model.optimizer.iterations.assign({steps[-1]})."
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
