"""A training process that the app follows to its end."""

from keras_xavier_gui.qt import QtCore, Signal
from keras_xavier_gui.sources.run_watcher import Poller
from keras_xavier_gui.sources.worker import Worker
from keras_xavier_gui.training.process import TrainingProcess, TrainingStatus
from keras_xavier_gui.widgets.status_bar import HOUR, MINUTE

POLL_SECONDS = 0.4
GRACE_SECONDS = 20.0
"""Time to stop before being killed; an evaluation takes a few seconds."""
FAILURE_LINES = 6
"""Last lines of the log that are shown after a failure."""


class TrainingJob(QtCore.QObject):
    """Follows a training process until it ends.

    Args:
        process: The process.
        worker: Thread that polls the process.
        parent: Parent of the object.

    Attributes:
        process: The process.
        status: Its latest status.
        is_stopping: Whether it was asked to stop.
        was_killed: Whether it was killed.
    """

    updated = Signal()
    """There is a new status."""
    ended = Signal()
    failed = Signal(object)
    """An unexpected exception."""

    def __init__(
        self,
        process: TrainingProcess,
        worker: Worker,
        parent: QtCore.QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.process = process
        self.status = TrainingStatus()
        self.is_stopping = False
        self.was_killed = False
        self._poller = Poller(worker, POLL_SECONDS, lambda: process.poll, self)
        self._poller.found.connect(self._set_status)
        self._poller.failed.connect(self.failed)
        self._grace = QtCore.QTimer(self)
        self._grace.setSingleShot(True)
        self._grace.timeout.connect(self.kill)
        # An interrupt can be lost, as in a destructor: Python ignores it there.
        self._reminder = QtCore.QTimer(self)
        self._reminder.setSingleShot(True)
        self._reminder.timeout.connect(self._interrupt_again)
        self._poller.now()

    @property
    def is_running(self) -> bool:
        return self.status.exit_status is None

    def stop(self) -> None:
        """Asks the process to end after the current update; kills it if it does not."""
        if self.is_running and not self.is_stopping:
            self.is_stopping = True
            self.process.stop()
            self._grace.start(round(GRACE_SECONDS * 1000))
            self._reminder.start(round(GRACE_SECONDS * 1000 / 2))
            self.updated.emit()

    def kill(self) -> None:
        """Ends the process at once; recorded steps are kept."""
        if self.is_running:
            self.is_stopping = self.was_killed = True
            self.process.kill()
            self.updated.emit()

    def _interrupt_again(self) -> None:
        if self.is_running:
            self.process.stop()

    def release(self) -> None:
        """Stops following the process, whether it has ended or not."""
        self._stop_timers()
        self._poller.stop()
        if self.is_running:
            self.process.release()

    def _stop_timers(self) -> None:
        self._grace.stop()
        self._reminder.stop()

    def _set_status(self, status: TrainingStatus) -> None:
        self.status = status
        if not self.is_running:
            self._poller.stop()
            self._stop_timers()
        self.updated.emit()
        if not self.is_running:
            self.ended.emit()


def progress(job: TrainingJob) -> str:
    """Describes the progress of a running job."""
    status, process = job.status, job.process
    if job.is_stopping:
        return "Stopping …"
    if status.step is None:
        return "Starting TensorFlow …"
    text = f"{status.step:,} of {process.total:,} {process.unit}"
    if status.seconds_left is not None:
        text += f", {duration(status.seconds_left)} left"
    return text


def outcome(job: TrainingJob) -> str:
    """Describes how a job ended, with the last lines of its log after a failure."""
    status, process = job.status, job.process
    total, unit = process.total, process.unit
    done = f"{status.step or 0:,} of {total:,} {unit}"
    kept = process.kept if status.step is not None else "nothing was recorded"
    lines = status.log.splitlines()
    exit_status = status.exit_status or 0
    if exit_status == 0 and (status.step or 0) >= total:
        # The last line repeats the path and the updates before the errors.
        last = lines[-1] if lines else ""
        rest = last.removeprefix(process.path) if last.startswith(process.path) else ""
        errors = rest.removeprefix(f"  {total} {unit}")
        return f"Finished: {total:,} {unit}.{errors}"
    if job.was_killed:
        return f"Killed after {done}; {kept}."
    result = process.result(status.log, exit_status)
    if result and not job.is_stopping:
        return result
    if job.is_stopping or exit_status == 0:
        return f"Stopped after {done}; {kept}."
    how = f"signal {-exit_status}" if exit_status < 0 else f"exit status {exit_status}"
    return "\n".join([f"Failed after {done} ({how}).", *lines[-FAILURE_LINES:]])


def duration(seconds: float) -> str:
    """Formats an approximate duration.

    >>> duration(3.2), duration(200), duration(9000)
    ('4 s', '3 min', '2 h 30 min')
    """
    if seconds < MINUTE:
        return f"{int(seconds) + 1} s"
    minutes = round(seconds / MINUTE)
    if seconds < HOUR:
        return f"{minutes} min"
    return f"{minutes // 60:,} h {minutes % 60} min"
