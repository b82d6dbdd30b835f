"""Closes open runs when their process ends, receives SIGTERM, or forks."""

import atexit
import os
import signal
import threading
import warnings
from types import FrameType
from typing import Protocol

from keras_xavier.runs.schema import State


class Closable(Protocol):
    def close(self, state: State = ..., reason: str | None = ...) -> None: ...

    def abandon(self) -> None: ...


_open: dict[int, Closable] = {}


def register(writer: Closable) -> None:
    """Closes a run when the process ends."""
    # Not at import: exit functions are called last in, first out, and the libraries
    # for remote folders must still work.
    if not _open:
        atexit.unregister(close_all)
        atexit.register(close_all)
    _open[id(writer)] = writer
    if is_main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, terminate)


def unregister(writer: Closable) -> None:
    """Removes a closed run."""
    _open.pop(id(writer), None)
    handled = signal.getsignal(signal.SIGTERM) is terminate
    if not _open and handled and is_main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def terminate(number: int, frame: FrameType | None) -> None:
    close_all("the process was sent SIGTERM")
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def close_all(reason: str = "the process ended before the run did") -> None:
    with warnings.catch_warnings():
        # An error here would leave the other runs open.
        warnings.simplefilter("always")
        for writer in list(_open.values()):
            writer.close(State.INTERRUPTED, reason)


def abandon_all() -> None:
    for writer in _open.values():
        writer.abandon()
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=abandon_all)
