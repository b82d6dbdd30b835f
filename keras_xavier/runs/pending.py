"""Runs of this process whose last records and final state are still to be written.

Short fits that follow each other do not wait for the disk. A reader in the same process
finishes such a run first, so that it sees all records.
"""

import os
from collections.abc import Callable

_pending: dict[str, Callable[[], None]] = {}


def add(path: str, finish: Callable[[], None]) -> None:
    """Adds a run, with the function that writes and closes it."""
    _pending[key(path)] = finish


def remove(path: str) -> None:
    """Removes a run that is closed or recorded again."""
    if _pending:
        _pending.pop(key(path), None)


def finish(path: str) -> None:
    """Writes and closes the run at a path, if it is pending."""
    if _pending and (found := _pending.pop(key(path), None)):
        found()


def key(path: str) -> str:
    return path if "://" in path else os.path.realpath(path)
