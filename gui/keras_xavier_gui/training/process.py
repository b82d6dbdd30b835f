"""A training in a process of its own, which may outlive the app. No Qt.

Why not QProcess: it kills its process when it goes, its process gets the Ctrl-C
that is meant for the app, and one that it starts detached does not tell how it
ended. Output goes to a file beside the run, not through a pipe, so that the
process can go on writing when there is no app any more.
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
"""`-P`: nothing that lies about in the present folder is imported."""
MOST_BYTES = 1 << 18
"""Of the log, at one look; what came before is skipped."""
PACE_RECORDS = 20
"""Records whose pace tells the time left."""
_released: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Look:
    """What is known of a training at one moment.

    Attributes:
        log: Its last lines.
        step: How far it is, such as the step of the last record; `None` before the
            first one.
        seconds_left: An estimate, where there is one.
        status: Exit status once it has ended.
    """

    log: str = ""
    step: int | None = None
    seconds_left: float | None = None
    status: int | None = None


class TrainingProcess:
    """Starts training.

    All but `stop` and `kill` may wait for a disk.

    Args:
        arguments: Words of the command line, after `keras-xavier`.
        path: Where it records, a path of this machine.
        total: Of what it counts, see `unit`; then it ends.
        program: Words of the command line before those.

    Attributes:
        unit: What its progress is counted in.
        kept: What is left when it is broken off.

    Raises:
        OSError: If nothing can be written beside the run, or the program is not
            there.
    """

    unit = "updates"
    kept = "the run is kept"

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
        self._opened: Run | None = None
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
                    # The log is read as UTF-8, whatever this machine prefers.
                    env=os.environ | {"PYTHONIOENCODING": "utf-8:replace"},
                    start_new_session=True,
                )
            except OSError:
                self._log.close()
                os.unlink(log.name)
                raise

    def look(self) -> Look:
        """Looks how it is doing."""
        # Asked first: what is read after its end is complete.
        status = self._process.poll()
        # A disk that fails must not hide how the process is doing.
        with contextlib.suppress(OSError):
            size = os.fstat(self._log.fileno()).st_size
            self._log.seek(max(self._log.tell(), size - MOST_BYTES))
            self._terminal.feed(self._log.read(MOST_BYTES))
        if status is not None:
            self._log.close()
        step, seconds_left = self.progress()
        return Look(self._terminal.text(), step, seconds_left, status)

    def stop(self) -> None:
        """Asks it to end after the present update."""
        if os.name == "posix":
            self._process.send_signal(SIGINT)
        else:
            self._process.terminate()

    def kill(self) -> None:
        """Ends it at once; what is recorded is kept."""
        self._process.kill()

    def release(self) -> None:
        """Lets it go on without the app."""
        self._log.close()
        # A forgotten process object would warn that its process still runs.
        _released.append(self._process)

    def progress(self) -> tuple[int | None, float | None]:
        """How far it is, and how many seconds are left, as far as is known."""
        try:
            if self._opened is None:
                self._opened = open_run(self.path)
            else:
                self._opened.refresh()
            steps, times = self._opened.steps, self._opened.wall_times
        except RunError:
            # Not there yet, perhaps; the list of runs tells what is wrong with it.
            self._opened = None
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
    """Makes a file for the output of a training; never one that is there already."""
    base = run.removesuffix(".zarr")
    for number in itertools.count(1):
        path = f"{base}.log" if number == 1 else f"{base}-{number}.log"
        try:
            return open(path, "xb")
        except FileExistsError:
            continue
    raise AssertionError


def taken(run: str) -> str | None:
    """What lies already where a run is to be recorded."""
    path = run_path(run)
    network = path.removesuffix(".zarr") + ".keras"
    if run_exists(path) or os.path.lexists(path):
        return path
    return network if os.path.lexists(network) else None


def free_path(folder: str, name: str, busy: Sequence[str] = ()) -> str:
    """A path in a folder where there is no run yet: NAME, NAME-2, …

    Args:
        folder: Where to look.
        name: How the run is to be called.
        busy: Paths of runs that are about to be made.
    """
    for number in itertools.count(1):
        path = os.path.join(folder, name if number == 1 else f"{name}-{number}")
        if run_path(path) not in busy and not taken(path):
            return path
    raise AssertionError
