"""Ensures that a run has at most one writer.

Where the operating system supports it, the folder is locked; such a lock ends with its
process. Everywhere, the attributes of a run name its writer and the time of its last
heartbeat. A writer that finds another writer named there has lost the run.
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
"""Pause of the writer thread; with the time for writing, about a second."""
STALE_SECONDS = 10.0
"""A writer without a heartbeat for this long counts as dead."""


class FolderLock:
    """A lock on a local folder that ends with the process.

    Attributes:
        held: bool. Whether the operating system has locked the folder.
    """

    def __init__(self) -> None:
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def acquire(self, path: str) -> bool:
        """Locks a folder; returns `False` if another process has locked it."""
        if not LOCKS:
            return True
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:
            # Some network file systems do not support locks; the heartbeat remains.
            os.close(descriptor)
            return True
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Releases the lock; in a forked child, the parent keeps it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def refuse_second_writer(path: str, metadata: Metadata, *, locked: bool) -> None:
    """Raises an error if another writer is writing a run.

    Args:
        path: str. Path of the run, for the message.
        metadata: `Metadata`. Metadata of the run.
        locked: bool. Whether this process has locked the folder.

    Raises:
        RunError: If there is another writer; the message names it.
    """
    writer = metadata.writer
    silent = time.time() - metadata.heartbeat
    if metadata.state is not State.RUNNING or silent > STALE_SECONDS:
        return
    if writer.host == socket.gethostname() and (locked or not is_alive(writer.process)):
        return
    raise second_writer(path, writer)


def second_writer(path: str, writer: Writer | None) -> RunError:
    """Returns the error that names the other writer of a run."""
    if writer is None:
        return RunError(f"{path} is being written by another process.")
    if (writer.process, writer.host) == (os.getpid(), socket.gethostname()):
        advice = "This is the same process: close that writer first."
    else:
        advice = (
            "A run has one writer: end that process, or choose another path. If it "
            f"died, the run is released {STALE_SECONDS:.0f} s after its last heartbeat."
        )
    return RunError(f"{path} is being written by {writer}. {advice}")


def silent_seconds(metadata: Metadata) -> float:
    """Returns the seconds since the last heartbeat, at least 0: clocks may differ."""
    return max(0.0, time.time() - metadata.heartbeat)


def status(metadata: Metadata, silent: float) -> tuple[State, str | None]:
    """Returns state and reason of a run, `silent` seconds after its last heartbeat."""
    if metadata.state is State.RUNNING and silent > STALE_SECONDS:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(metadata.heartbeat))
        return (
            State.INTERRUPTED,
            f"no heartbeat from {metadata.writer} since {since}",
        )
    return metadata.state, metadata.reason


def is_alive(process: int) -> bool:
    """Returns whether a process of this machine exists; `True` if unknown."""
    if os.name != "posix":
        # On Windows, `os.kill` ends the process.
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
