"""Diagnoses a run while a model trains, and stops training if requested."""

from collections.abc import Callable, Sequence

from keras_xavier.diagnosis import Rule, Thresholds
from keras_xavier.diagnosis.live import OnFinding, Watch
from keras_xavier.statistics import Measurement


class RunDiagnosis:
    """Diagnoses one run, if this is requested.

    Args:
        run: str. Path of the run.
        on_finding: As for `LayerStatistics`; `None`: the run is not diagnosed.
        rules: Sequence of rules.
        thresholds: `Thresholds` or `None`.
        stop: Function that ends the training run.

    Attributes:
        has_stopped: bool. Whether a finding has stopped training in this `fit`.
    """

    def __init__(
        self,
        run: str,
        on_finding: OnFinding | None,
        *,
        rules: Sequence[Rule],
        thresholds: Thresholds | None,
        stop: Callable[[], None],
    ) -> None:
        self.has_stopped = False
        self._stop = stop
        self._watch: Watch | None = None
        self._diagnosed: int | None = None
        if on_finding is not None:
            self._watch = Watch(
                run,
                on_finding,
                self._stop_training,
                rules=rules,
                thresholds=thresholds,
            )

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
