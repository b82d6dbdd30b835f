"""Diagnoses a run while a model trains, and stops training if requested."""

from collections.abc import Callable

from keras_xavier.diagnosis.live import LiveOptions, Watch
from keras_xavier.statistics import Measurement


class RunDiagnosis:
    """Diagnoses one run, if this is requested.

    Args:
        run: str. Path of the run.
        options: `LiveOptions`. Without `on_finding`, the run is not diagnosed.
        stop: Function that ends the training run.

    Attributes:
        has_stopped: bool. Whether a finding has stopped training in this `fit`.
    """

    def __init__(
        self, run: str, options: LiveOptions, stop: Callable[[], None]
    ) -> None:
        self.has_stopped = False
        self._stop = stop
        self._watch: Watch | None = None
        self._diagnosed: int | None = None
        if options.on_finding is not None:
            self._watch = Watch(run, options, self._stop_training)

    def recorded(self, measurement: Measurement, flush: Callable[[], None]) -> None:
        """Diagnoses the run after a record, if a diagnosis is due."""
        if self._watch:
            self._watch.recorded(measurement, flush)

    def finish(self, last_step: int | None) -> None:
        """Diagnoses a run that has ended, if it has records that are not diagnosed."""
        if self._watch and last_step not in (None, self._diagnosed):
            self._diagnosed = last_step
            self._watch.diagnose()

    def _stop_training(self) -> None:
        self.has_stopped = True
        self._stop()
