"""Closes open runs when their process ends, receives SIGTERM or SIGHUP, or forks."""

import atexit
import os
import signal
import threading
import warnings
from types import FrameType
from typing import Any, Protocol

from keras_xavier.runs.schema import State


class Closable(Protocol):
    def close(self, state: State = ..., reason: str | None = ...) -> None: ...

    def abandon(self) -> None: ...


SIGNALS = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
"""Signals that end a process: sent by schedulers, and when a terminal closes."""

_open: dict[int, Closable] = {}


def register(writer: Closable) -> None:
    """Closes a run when the process ends."""
    # Not at import: exit functions are called last in, first out, and the libraries
    # for remote folders must still work.
    if not _open:
        atexit.unregister(close_all)
        atexit.register(close_all)
    _open[id(writer)] = writer
    replace_handlers(signal.SIG_DFL, terminate)


def unregister(writer: Closable) -> None:
    """Removes a closed run."""
    _open.pop(id(writer), None)
    if not _open:
        replace_handlers(terminate, signal.SIG_DFL)


def replace_handlers(old: Any, new: Any) -> None:
    """Replaces handlers of `SIGNALS` that are `old`, if this thread may do that."""
    if is_main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) is old:
                signal.signal(number, new)


def is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def terminate(number: int, frame: FrameType | None) -> None:
    close_all(f"the process was sent {signal.Signals(number).name}")
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
