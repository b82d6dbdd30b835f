"""Reports errors of recording as one warning, so that training continues."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from keras_xavier.probing import MismatchError
from keras_xavier.runs import RunError


class OneWarning:
    """Reports the first error of recording as a warning, and no further error.

    Args:
        run: str. Path of the run.
        source: str. The measured data: `"probe"` or `"batch"`.

    Attributes:
        run: str. Path of the run.
        failed: bool. Whether recording has ended because it cannot be prepared.
        has_trained: bool. Whether training has begun, so that no error may end it.
        lacks_quality: bool. Whether the quality of steps is not measured, after an
            error that costs nothing else.
    """

    def __init__(self, run: str, source: str) -> None:
        self.run = run
        self.failed = False
        self.has_trained = False
        self.lacks_quality = False
        self._warned = False
        other = "Pass a probe" if source == "batch" else "Leave out the probe"
        self._remedy = f"\n{other}, or select other layers with `layers`."

    @contextmanager
    def while_recording(self, step: int) -> Iterator[None]:
        """Ends the block at an error, which costs a record."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - recording never stops training
            self._warn(
                f"{self.run} lacks the record of step {step}, and perhaps further "
                "records, but training continues: "
                f"{type(error).__name__}: {error}{self._remedy if self.failed else ''}"
            )

    @contextmanager
    def while_preparing(self) -> Iterator[None]:
        """Ends the block at an error, which ends recording.

        An argument of the callback that fits neither the model nor the run raises an
        error instead, but only before training has begun.
        """
        try:
            yield
        except Exception as error:
            self.failed = True
            of_arguments = isinstance(error, (MismatchError, RunError))
            if of_arguments and not self.has_trained:
                raise
            self._warn(
                f"{self.run} gets no further records, but training continues: "
                f"{type(error).__name__}: {error}"
                f"{'' if of_arguments else self._remedy}"
            )

    @contextmanager
    def while_measuring_quality(self) -> Iterator[None]:
        """Ends the block at an error, after which steps have no quality."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - recording never stops training
            if not self.lacks_quality:
                self.lacks_quality = True
                warnings.warn(
                    f"{self.run} has no step quality, but everything else is recorded: "
                    f"{type(error).__name__}: {error}",
                    RuntimeWarning,
                    stacklevel=3,
                )

    def _warn(self, message: str) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(message, RuntimeWarning, stacklevel=4)
