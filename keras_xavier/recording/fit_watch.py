"""Notices the end of a `fit` that ends without `on_train_end`.

Keras calls no callback if another callback, the data or Ctrl-C ends `fit`. In a
notebook the process continues, so the run would be running forever.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, Self

import keras
import numpy as np

from keras_xavier.probing import TrainingSteps
from keras_xavier.recording.nonfinite_data import nonfinite_data
from keras_xavier.runs import State

UNKNOWN = "fit ended early for an unknown reason; the program has handled the error"
WRAPPED = (
    "on_epoch_begin",
    "on_epoch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_begin",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_test_end",
)
"""The methods of a callback list through which errors of other callbacks pass."""


@dataclass(frozen=True)
class Ending:
    """The final state of a training run, and its reason."""

    state: State
    reason: str | None = None

    @classmethod
    def after(cls, error: BaseException) -> Self:
        """Returns the ending of a training run that ended with an exception."""
        if isinstance(error, KeyboardInterrupt):
            return cls(State.INTERRUPTED, "Ctrl-C")
        return cls(State.FAILED, f"{type(error).__name__}: {error}")

    def at_step(self, step: int | None, planned: int | None) -> "Ending":
        """Adds the step at which training ended to the reason, if it is known."""
        if step is None:
            return self
        text = f"step {step:,}"
        if planned is not None:
            text += f" of {planned:,}"
        return Ending(self.state, ": ".join(filter(None, [text, self.reason])))


class FitWatch:
    """Observes whether a `fit` is still executing. Created in `on_train_begin`.

    The frame of `fit` shows it: while `fit` executes, its frame is on the stack of its
    thread. This needs no notification, and holds when an exception is kept with its
    traceback, as in notebooks.

    Attributes:
        callbacks: Sequence of `keras.callbacks.Callback`. All callbacks of this `fit`;
            empty if it was not called through `fit`.
        arguments: Dict. Known arguments of `fit`: `batch_size`, `epochs` and
            `steps_per_epoch`, JSON-serializable.
    """

    def __init__(self) -> None:
        self.callbacks: Sequence[keras.callbacks.Callback] = ()
        self.arguments: dict[str, Any] = {}
        self._thread = threading.get_ident()
        self._error: BaseException | None = None
        self._earlier = uncaught_error()
        self._fit: FrameType | None = None
        self._caller: FrameType | None = None
        self._line = 0
        self._list: keras.callbacks.CallbackList | None = None
        for frame in outer_frames(sys._getframe(1)):
            if frame.f_code.co_name == "fit":
                self._fit = frame
                self._find_caller(frame)
                break
            if frame.f_code.co_name == "on_train_begin":
                found = frame.f_locals.get("self")
                if isinstance(found, keras.callbacks.CallbackList):
                    self._list, self.callbacks = found, found.callbacks
        if self._list is not None and self._fit is not None:
            self._wrap(self._list)
            self.arguments = arguments_of(self._fit, self._list)

    @property
    def is_known(self) -> bool:
        """Whether the frame of `fit` was found."""
        return self._fit is not None

    def nonfinite_data(self) -> dict[str, Any]:
        """Returns where the data are not finite, as `nonfinite_data` does.

        Reads all of the data, so this is for the first `fit` of a run only.
        """
        return {} if self._fit is None else nonfinite_data(self._fit.f_locals)

    def is_over(self) -> bool:
        """Returns whether `fit` has ended; `False` if unknown. For any thread."""
        if self._fit is None:
            return False
        # A stack that changes while another thread walks it may look cut off.
        return not (self._is_on_stack() or self._is_on_stack())

    def _is_on_stack(self) -> bool:
        """Returns whether the frame of `fit` is on the stack of its thread."""
        top = sys._current_frames().get(self._thread)
        try:
            return any(frame is self._fit for frame in outer_frames(top))
        except AttributeError:
            # A frame was replaced meanwhile, so the thread is executing.
            return True

    def ending(self) -> Ending:
        """Returns how a `fit` that is over has ended."""
        error = self._error
        if error is None:
            candidates = [uncaught_error(), handled_error(self._thread)]
            error = next(filter(self._has_passed, candidates), None)
        if error is None:
            return Ending(State.INTERRUPTED, UNKNOWN)
        return Ending.after(error)

    def release(self) -> None:
        """Releases the frames, which keep the training data in memory."""
        if self._list is not None:
            for name in WRAPPED:
                vars(self._list).pop(name, None)
        self._fit = self._caller = self._list = None
        self._error = self._earlier = None
        self.callbacks = ()

    def _find_caller(self, fit: FrameType) -> None:
        for frame in outer_frames(fit.f_back):
            if not frame.f_globals.get("__name__", "").startswith("keras."):
                self._caller, self._line = frame, frame.f_lineno
                break

    def _has_passed(self, error: BaseException | None) -> bool:
        """Returns whether an error has left this `fit`."""
        if error is None or error is self._earlier:
            return False
        trace = error.__traceback__
        while trace is not None:
            frame = trace.tb_frame
            if frame is self._fit:
                return True
            if frame is self._caller and trace.tb_lineno == self._line:
                return True
            trace = trace.tb_next
        return False

    def _wrap(self, callbacks: keras.callbacks.CallbackList) -> None:
        """Observes errors of other callbacks, which a caller of `fit` may handle."""
        for name in WRAPPED:
            # Another LayerStatistics of this fit may have wrapped it.
            vars(callbacks)[name] = self._observed(getattr(callbacks, name))

    def _observed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def observed(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            except BaseException as error:
                self._error = error
                raise

        return observed


def callbacks_of_fit() -> Sequence[keras.callbacks.Callback]:
    """Returns all callbacks of a `fit`, in the `on_train_begin` of one of them."""
    for frame in outer_frames(sys._getframe(1)):
        found = frame.f_locals.get("self")
        if isinstance(found, keras.callbacks.CallbackList):
            return found.callbacks
    return ()


def arguments_of(
    fit: FrameType, callbacks: keras.callbacks.CallbackList
) -> dict[str, Any]:
    """Returns arguments of `fit`, with the batch size of the data if it is known."""
    found = {
        "epochs": callbacks.params.get("epochs"),
        "steps_per_epoch": callbacks.params.get("steps"),
    }
    data = getattr(fit.f_locals.get("epoch_iterator"), "data_adapter", None)
    found["batch_size"] = getattr(data, "batch_size", None)
    return {name: int(value) for name, value in found.items() if is_integer(value)}


def is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer)


def planned_step(
    steps: TrainingSteps, params: Mapping[str, Any] | None, epoch: int
) -> int | None:
    """Returns the step at which a `fit` is to end, if that is known.

    Args:
        steps: `TrainingSteps` at the beginning of an epoch.
        params: Dict. The parameters of the callback.
        epoch: int. Index of the epoch.
    """
    params = params or {}
    epochs, batches = params.get("epochs"), params.get("steps")
    if epochs is None or batches is None:
        return None
    return steps.after(batches * (epochs - epoch))


def is_last_epoch(params: Mapping[str, Any] | None, epoch: int) -> bool:
    """Returns whether an epoch is known to be the last of `fit`."""
    epochs = (params or {}).get("epochs")
    return epochs is not None and epoch + 1 >= epochs


def is_last_execution(
    steps: TrainingSteps, params: Mapping[str, Any] | None, epoch: int
) -> bool:
    """Returns whether the next execution is known to be the last of `fit`."""
    batches = (params or {}).get("steps")
    if batches is None or not is_last_epoch(params, epoch):
        return False
    return bool(steps.batches_of_epoch + steps.batches >= batches)


def stopped_by(
    callbacks: Sequence[keras.callbacks.Callback], logs: Mapping[str, Any] | None
) -> str | None:
    """Returns the callback that has stopped training, if that is known."""
    loss = (logs or {}).get("loss", 0.0)
    for one in callbacks:
        if isinstance(one, keras.callbacks.EarlyStopping) and one.stopped_epoch:
            return "EarlyStopping"
        if isinstance(one, keras.callbacks.TerminateOnNaN) and not np.isfinite(loss):
            return "TerminateOnNaN"
    return None


def outer_frames(frame: FrameType | None) -> Iterator[FrameType]:
    """Yields a frame and the frames that called it, from the inside out."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def uncaught_error() -> BaseException | None:
    """Returns the last exception that reached the top of a script or a cell."""
    # Python 3.11 has only `last_value`, and IPython sets both.
    error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    return error if isinstance(error, BaseException) else None


def handled_error(thread: int) -> BaseException | None:
    """Returns the exception that a thread is handling."""
    found: Any = sys._current_exceptions().get(thread)
    # Python 3.11 returns type, value and traceback.
    return found[1] if isinstance(found, tuple) else found
