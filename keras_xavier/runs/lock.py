"""One writer at a time for each run.

Where the system can lock a folder, it does: such a lock ends with its process,
however that ends. Everywhere, the attributes of a run say who writes it and when
it last did; a writer that finds another's name there has lost the run.
"""

import os
import socket
import time

from keras_xavier.runs.errors import RunError
from keras_xavier.runs.schema import Metadata, State, Writer

try:
    import fcntl
except ImportError:
    LOCKS = False
else:
    LOCKS = True

HEARTBEAT_SECONDS = 0.8
"""Pause of the writing thread; with the writing itself about a second."""
STALE_SECONDS = 10.0
"""A writer without a heartbeat for so long counts as gone."""


class FolderLock:
    """A lock on a folder of this machine that ends with the process.

    Attributes:
        held: Whether the system has locked the folder.
    """

    def __init__(self) -> None:
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def acquire(self, path: str) -> bool:
        """Returns `False` if another writer holds the lock."""
        if not LOCKS:
            return True
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:
            # Some network file systems have no locks; the attributes remain.
            os.close(descriptor)
            return True
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Gives the lock back; in a forked child, leaves it to the parent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def refuse_second_writer(path: str, metadata: Metadata, *, locked: bool) -> None:
    """Raises if another writer is at work on a run.

    Args:
        path: Path of the run, for the message.
        metadata: What the run says.
        locked: Whether this process holds the system's lock on its folder.

    Raises:
        RunError: If so; it names the writer.
    """
    writer = metadata.writer
    silent = time.time() - metadata.heartbeat
    if metadata.state is not State.RUNNING or silent > STALE_SECONDS:
        return
    if writer.host == socket.gethostname() and (locked or not is_alive(writer.process)):
        return
    raise second_writer(path, writer)


def second_writer(path: str, writer: Writer | None) -> RunError:
    """Returns the error that tells who else is writing a run."""
    if writer is None:
        return RunError(f"{path} is being written by another process.")
    if (writer.process, writer.host) == (os.getpid(), socket.gethostname()):
        advice = "This is the same process: close that writer first."
    else:
        advice = (
            "A run has one writer: end that one, or choose another path. If it is "
            f"dead, its run is free {STALE_SECONDS:.0f} s after its last heartbeat."
        )
    return RunError(f"{path} is being written by {writer}. {advice}")


def silent_seconds(metadata: Metadata) -> float:
    """Returns the seconds since the last heartbeat; clocks may differ."""
    return max(0.0, time.time() - metadata.heartbeat)


def status(metadata: Metadata, silent: float) -> tuple[State, str | None]:
    """Returns how a run is doing, and why, after `silent` seconds of silent_seconds."""
    if metadata.state is State.RUNNING and silent > STALE_SECONDS:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(metadata.heartbeat))
        return (
            State.INTERRUPTED,
            f"no sign of life from {metadata.writer} since {since}",
        )
    return metadata.state, metadata.reason


def is_alive(process: int) -> bool:
    if os.name != "posix":
        # Windows would end the process instead of asking after it.
        return True
    if process <= 0:
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
