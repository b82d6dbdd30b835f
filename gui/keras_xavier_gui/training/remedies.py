"""Trying remedies: a process for networks of the app, code for other models. No Qt."""

from collections.abc import Sequence

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.runs import RunError, State, find_runs
from keras_xavier.runs.store import trials_folder
from keras_xavier_gui.sources.paths import is_remote
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.samples import is_sample
from keras_xavier_gui.training.process import PROGRAM, TrainingProcess

MOST_RUNS = 6
"""The original and at most five remedies."""
CONCLUSIONS = ("Best: ", "No remedy ")
"""How the last sentence of the report begins."""


class RemedyProcess(TrainingProcess):
    """Runs `keras-xavier diagnose --try`, which skips runs that are finished.

    Args:
        run: Path of a run that `keras-xavier train` recorded.
        program: Words of the command line before the arguments of `keras-xavier`.

    Raises:
        OSError: If the log cannot be written, or the program does not exist.
    """

    unit = "training runs"
    kept = "recorded runs are kept"
    has_several_runs = True

    def __init__(self, run: str, *, program: Sequence[str] = PROGRAM) -> None:
        arguments = ["diagnose", run, "--try"]
        super().__init__(arguments, trials_folder(run), MOST_RUNS, program=program)

    def progress(self) -> tuple[int | None, float | None]:
        """Number of finished runs; `None` before the first is started."""
        try:
            runs = find_runs(self.path)
        except RunError:
            return None, None
        if not runs:
            return None, None
        return sum(run.state is State.FINISHED for run in runs), None

    def result(self, log: str, exit_status: int) -> str | None:
        # With findings, the exit status is 1, as it is after an exception.
        if exit_status not in (0, 1):
            return None
        lines = [one for one in log.splitlines() if one.startswith(CONCLUSIONS)]
        return f"Finished. {lines[-1]}" if lines else None


def can_try(run: Snapshot) -> bool:
    """Returns whether the app can train the network of a run."""
    if is_remote(run.path) or is_sample(run.path):
        return False
    try:
        Experiment.from_hyperparameters(run.hyperparameters, run.path)
    except ValueError:
        return False
    return True


def code_to_try(path: str) -> str:
    """Returns the line of code that tries remedies; empty for samples."""
    if is_sample(path):
        return ""
    return f"kx.try_remedies({path!r}, model, (x_train, y_train))"
