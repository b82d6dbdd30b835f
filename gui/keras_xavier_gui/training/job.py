"""One training that the app follows: how it is doing, and its end."""

from keras_xavier_gui.qt import QtCore, Signal
from keras_xavier_gui.sources.run_watcher import Poller
from keras_xavier_gui.sources.worker import Worker
from keras_xavier_gui.training.process import Look, TrainingProcess
from keras_xavier_gui.widgets.status_bar import HOUR, MINUTE

LOOK_SECONDS = 0.4
GRACE_SECONDS = 20.0
"""From asking it to stop until it is killed: an evaluation takes some seconds."""
FAILURE_LINES = 6


class Training(QtCore.QObject):
    """Follows a process until it ends.

    Attributes:
        process: What trains.
        look: What was seen of it last.
        is_stopping: Whether it was asked to stop.
        was_killed: Whether it was killed.
    """

    looked = Signal()
    ended = Signal()
    failed = Signal(object)
    """An exception that was not foreseen."""

    def __init__(
        self,
        process: TrainingProcess,
        background: Worker,
        parent: QtCore.QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.process = process
        self.look = Look()
        self.is_stopping = False
        self.was_killed = False
        self._poller = Poller(background, LOOK_SECONDS, lambda: process.look, self)
        self._poller.found.connect(self._take)
        self._poller.failed.connect(self.failed)
        self._patience = QtCore.QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self.kill)
        self._poller.now()

    @property
    def is_running(self) -> bool:
        return self.look.status is None

    def stop(self) -> None:
        """Asks it to end after the present update; kills it if it does not."""
        if self.is_running and not self.is_stopping:
            self.is_stopping = True
            self.process.stop()
            self._patience.start(round(GRACE_SECONDS * 1000))
            self.looked.emit()

    def kill(self) -> None:
        """Ends it at once; what is recorded is kept."""
        if self.is_running:
            self.is_stopping = self.was_killed = True
            self.process.kill()
            self.looked.emit()

    def release(self) -> None:
        """Follows it no longer, whether it has ended or not."""
        self._patience.stop()
        self._poller.stop()
        if self.is_running:
            self.process.release()

    def _take(self, look: Look) -> None:
        self.look = look
        if look.status is not None:
            self._poller.stop()
            self._patience.stop()
        self.looked.emit()
        if look.status is not None:
            self.ended.emit()


def progress(training: Training) -> str:
    """How far a training is, in words."""
    look, process = training.look, training.process
    if training.is_stopping:
        return "Stopping …"
    if look.step is None:
        return "Starting TensorFlow …"
    text = f"{look.step:,} of {process.total:,} {process.unit}"
    if look.seconds_left is not None:
        text += f", {duration(look.seconds_left)} left"
    return text


def outcome(training: Training) -> str:
    """How a training has ended, in words, and the last lines of its log."""
    look, process = training.look, training.process
    total, unit = process.total, process.unit
    done = f"{look.step or 0:,} of {total:,} {unit}"
    kept = process.kept if look.step is not None else "nothing was recorded"
    lines = look.log.splitlines()
    if look.status == 0 and (look.step or 0) >= total:
        # Of the last line, what the pane does not tell already: the errors.
        last = lines[-1] if lines else ""
        told = last.removeprefix(process.path) if last.startswith(process.path) else ""
        errors = told.removeprefix(f"  {total} {unit}")
        return f"Finished: {total:,} {unit}.{errors}"
    if training.was_killed:
        return f"Killed after {done}; {kept}."
    if training.is_stopping or look.status == 0:
        return f"Stopped after {done}; {kept}."
    status = look.status or 0
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    return "\n".join([f"Failed after {done} ({how}).", *lines[-FAILURE_LINES:]])


def duration(seconds: float) -> str:
    """A time to wait, roughly.

    >>> duration(3.2), duration(200), duration(9000)
    ('4 s', '3 min', '2 h 30 min')
    """
    if seconds < MINUTE:
        return f"{int(seconds) + 1} s"
    minutes = round(seconds / MINUTE)
    if seconds < HOUR:
        return f"{minutes} min"
    return f"{minutes // 60:,} h {minutes % 60} min"
