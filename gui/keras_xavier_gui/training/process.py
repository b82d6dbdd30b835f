"""A training process, which may outlive the app. No Qt.

Unlike `subprocess`, QProcess kills its process when it is deleted, passes on the
Ctrl-C meant for the app, and returns no exit status of detached processes. Output
goes to a file beside the run rather than through a pipe, so that the process can
still write when the app is closed.
"""

import contextlib
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from signal import SIGINT
from typing import BinaryIO

from keras_xavier.runs import Run, RunError, open_run, run_exists, run_path
from keras_xavier_gui.training.terminal import Terminal

PROGRAM = (sys.executable, "-P", "-m", "keras_xavier")
"""With `-P`, Python imports nothing from the working directory."""
MAX_BYTES = 1 << 18
"""Bytes of the log read at once; earlier ones are skipped."""
PACE_RECORDS = 20
"""Latest records from which the time left is estimated."""
_released: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class TrainingStatus:
    """A training process at one moment.

    Attributes:
        log: Last lines of its output.
        step: Its progress, such as the last recorded step; `None` before the first.
        seconds_left: Estimated time left, if known.
        exit_status: Exit status; `None` while it runs.
    """

    log: str = ""
    step: int | None = None
    seconds_left: float | None = None
    exit_status: int | None = None


class TrainingProcess:
    """Starts a training process.

    All methods but `stop` and `kill` may wait for a disk.

    Args:
        arguments: Words of the command line after `keras-xavier`.
        path: Path of the run, on this machine.
        total: Number of `unit`s after which it ends.
        program: Words of the command line before `arguments`.

    Attributes:
        unit: Unit of its progress.
        kept: What remains of an interrupted run, for messages.
        has_several_runs: Whether `path` is a folder of runs to compare.
        shows_log: Whether the app shows the output while it runs.

    Raises:
        OSError: If the log cannot be written, or the program does not exist.
    """

    unit = "updates"
    kept = "the run is kept"
    has_several_runs = False
    shows_log = True

    def __init__(
        self,
        arguments: Sequence[str],
        path: str,
        total: int,
        *,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        self.path = path
        self.total = total
        self._terminal = Terminal()
        self._run: Run | None = None
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with create_log(path) as log:
            self.log_path = log.name
            self._log = open(log.name, "rb")  # noqa: SIM115 (closed at the end)
            try:
                # Arguments are a list and there is no shell.
                self._process = subprocess.Popen(  # noqa: S603
                    [*program, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # The log is read as UTF-8, whatever the locale is.
                    env=os.environ | {"PYTHONIOENCODING": "utf-8:replace"},
                    start_new_session=True,
                )
            except OSError:
                self._log.close()
                os.unlink(log.name)
                raise

    def poll(self) -> TrainingStatus:
        """Returns the present status."""
        # First: if the process has ended, the log read afterwards is complete.
        exit_status = self._process.poll()
        # A failing disk must not hide the exit status.
        with contextlib.suppress(OSError):
            size = os.fstat(self._log.fileno()).st_size
            self._log.seek(max(self._log.tell(), size - MAX_BYTES))
            self._terminal.feed(self._log.read(MAX_BYTES))
        if exit_status is not None:
            self._log.close()
        step, seconds_left = self.progress()
        return TrainingStatus(self._terminal.text(), step, seconds_left, exit_status)

    def result(self, log: str, exit_status: int) -> str | None:
        """Returns the result that the log states; `None` if it states none."""
        return None

    def stop(self) -> None:
        """Asks the process to end after the current update."""
        if os.name == "posix":
            self._process.send_signal(SIGINT)
        else:
            self._process.terminate()

    def kill(self) -> None:
        """Ends the process at once; recorded steps are kept."""
        self._process.kill()

    def release(self) -> None:
        """Keeps the process running without the app."""
        self._log.close()
        # A deleted Popen object would warn that its process still runs.
        _released.append(self._process)

    def progress(self) -> tuple[int | None, float | None]:
        """Returns the progress and the estimated seconds left, if known."""
        try:
            if self._run is None:
                self._run = open_run(self.path)
            else:
                self._run.refresh()
            steps, times = self._run.steps, self._run.wall_times
        except RunError:
            # The run may not exist yet; the list of runs shows other problems.
            self._run = None
            return None, None
        if not len(steps):
            return None, None
        last = int(steps[-1])
        recent = steps[-PACE_RECORDS:]
        done = int(recent[-1] - recent[0])
        if not done:
            return last, None
        seconds = float(times[len(steps) - 1] - times[len(steps) - len(recent)])
        passed = time.time() - float(times[len(steps) - 1])
        left = (self.total - last) * seconds / done - passed
        return last, max(left, 0.0)


def create_log(run: str) -> BinaryIO:
    """Creates a log file for a run; existing files are never overwritten."""
    base = run.removesuffix(".zarr")
    for number in itertools.count(1):
        path = f"{base}.log" if number == 1 else f"{base}-{number}.log"
        try:
            return open(path, "xb")
        except FileExistsError:
            continue
    raise AssertionError


def existing_file(run: str) -> str | None:
    """Returns the run or network that already exists at a path, if any."""
    path = run_path(run)
    network = path.removesuffix(".zarr") + ".keras"
    if run_exists(path) or os.path.lexists(path):
        return path
    return network if os.path.lexists(network) else None


def free_path(folder: str, name: str, busy: Sequence[str] = ()) -> str:
    """Returns a path without a run: NAME, NAME-2, …

    Args:
        folder: Path of the folder.
        name: Preferred name of the run.
        busy: Paths of runs that are about to be recorded.
    """
    for number in itertools.count(1):
        path = os.path.join(folder, name if number == 1 else f"{name}-{number}")
        if run_path(path) not in busy and not existing_file(path):
            return path
    raise AssertionError
