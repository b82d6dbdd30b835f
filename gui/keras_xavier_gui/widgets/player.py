"""Plays a run: moves the selected step from record to record."""

from keras_xavier_gui.qt import QtCore, Signal
from keras_xavier_gui.sources.selection import Selection

SPEEDS = {"¼×": 0.25, "½×": 0.5, "1×": 1.0, "2×": 2.0, "4×": 4.0, "8×": 8.0}
RECORDS_PER_SECOND = 8.0
LONGEST_SECONDS = 25.0
"""Longest time to play a run at normal speed; of many records some are skipped."""
MAX_FRAMES_PER_SECOND = 16.0


class Player(QtCore.QObject):
    """Moves the selected step from record to record, up to the last one."""

    changed = Signal(bool)
    """Whether a run is playing."""

    def __init__(
        self, selection: Selection, parent: QtCore.QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._selection = selection
        self._speed = 1.0
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._advance)

    @property
    def is_playing(self) -> bool:
        return bool(self._timer.isActive())

    def play(self) -> None:
        """Plays from the selected step, or from the first one if it is the last."""
        if self._selection.record is None:
            return
        if self._selection.step is None:
            self._selection.set_record(0)
        self._timer.start(self._interval())
        self.changed.emit(True)

    def stop(self) -> None:
        if self._timer.isActive():
            self._timer.stop()
            self.changed.emit(False)

    def toggle(self) -> None:
        if self.is_playing:
            self.stop()
        else:
            self.play()

    def set_speed(self, speed: float) -> None:
        """Sets the speed relative to the normal speed."""
        self._speed = speed
        if self.is_playing:
            self._timer.start(self._interval())

    def _records_per_second(self) -> float:
        records = len(self._selection.steps)
        return self._speed * max(RECORDS_PER_SECOND, records / LONGEST_SECONDS)

    def _interval(self) -> int:
        """Milliseconds between two frames."""
        frames = min(self._records_per_second(), MAX_FRAMES_PER_SECOND)
        return round(1000 / frames)

    def _advance(self) -> None:
        if not len(self._selection.steps) or self._selection.step is None:
            self.stop()
            return
        records = self._records_per_second() * self._interval() / 1000
        self._selection.move(max(1, round(records)))
        if self._selection.step is None:
            self.stop()
