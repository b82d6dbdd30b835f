"""Plays a run: the chosen step goes on by itself."""

from keras_xavier_gui.qt import QtCore, Signal
from keras_xavier_gui.sources.selection import Selection

FRAMES_PER_SECOND = 8
LONGEST_SECONDS = 25.0
"""Of many records some are passed over, so that a run takes no longer."""


class Player(QtCore.QObject):
    """Moves the chosen step from record to record, up to the last one."""

    changed = Signal(bool)
    """Whether it plays."""

    def __init__(
        self, selection: Selection, parent: QtCore.QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._choice = selection
        self._timer = QtCore.QTimer(self)
        self._timer.setInterval(round(1000 / FRAMES_PER_SECOND))
        self._timer.timeout.connect(self._go_on)

    @property
    def is_playing(self) -> bool:
        return bool(self._timer.isActive())

    def play(self) -> None:
        """Plays from the chosen step on, or from the first one if that is the last."""
        record = self._choice.record
        if record is None:
            return
        if self._choice.step is None:
            self._choice.set_record(0)
        self._timer.start()
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

    def _go_on(self) -> None:
        if not len(self._choice.steps) or self._choice.step is None:
            self.stop()
            return
        frames = FRAMES_PER_SECOND * LONGEST_SECONDS
        self._choice.move(max(1, round(len(self._choice.steps) / frames)))
        if self._choice.step is None:
            self.stop()
