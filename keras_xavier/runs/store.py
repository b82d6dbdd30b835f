"""Stores the files of a run: in a local folder, or at any fsspec URL.

A key is the path of a file inside the run, such as `"step/c.0"`. A run may come from an
untrusted source, so reading is limited in size and never leaves the folder.
"""

import contextlib
import errno
import os
import shutil
import stat
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from keras_xavier.runs import pending
from keras_xavier.runs.errors import RunError
from keras_xavier.text import sanitize

SUFFIX = ".zarr"
ROOT = "zarr.json"
"""The file that makes a folder a Zarr group."""
PARTIAL = "partial"
"""Beginning of the names of files that are being written."""
MOST_NAMED = 3
"""Maximum number of runs that a message lists."""


class Store(Protocol):
    """The files of one run."""

    path: str

    def read(self, key: str, limit: int) -> bytes | None:
        """Reads a file of at most `limit` bytes; `None` if it does not exist."""

    def write(self, files: Mapping[str, bytes], *, durable: bool = True) -> None:
        """Replaces files by key, each atomically: readers see old or new bytes.

        Args:
            files: dict of key to content.
            durable: bool. Whether to wait until they have reached the disk, where the
                store can. Defaults to True.
        """

    def delete(self, key: str) -> None:
        """Removes a file or a folder, if it exists."""

    def names(self, key: str = "") -> list[str]:
        """Lists the names in a folder; an empty list if it does not exist."""

    def make(self, keys: tuple[str, ...]) -> None:
        """Creates the folder of the run and its subfolders `keys`."""


def run_path(path: str | os.PathLike[str]) -> str:
    """Returns the path of a run with the ending `.zarr`.

    Args:
        path: str or path. Path or fsspec URL of a run, with or without the ending. In
            a path that does not exist, `~` and environment variables are replaced.

    Returns:
        str. The path with the ending.

    Example:

    >>> run_path("runs/tanh")
    'runs/tanh.zarr'
    """
    name = with_suffix(os.fspath(path))
    return name if os.path.lexists(name) else with_suffix(expand_path(path))


def with_suffix(path: str) -> str:
    path = path.rstrip("/" + os.sep)
    return path if path.endswith(SUFFIX) else path + SUFFIX


def expand_path(path: str | os.PathLike[str]) -> str:
    """Replaces `~` and environment variables in a local path that does not exist.

    The name of a folder that exists is taken as it is: a run from an untrusted source
    may be named `$HOME`.

    Args:
        path: str or path. Local path or fsspec URL, as entered by a user.

    Returns:
        str. The path; a URL is returned unchanged.

    Example:

    >>> expand_path("~/runs") == os.path.join(os.path.expanduser("~"), "runs")
    True
    """
    text = os.fspath(path)
    if "://" in text or os.path.lexists(text):
        return text
    return os.path.expanduser(os.path.expandvars(text))


def run_name(path: str) -> str:
    """Returns the last part of the path of a run, without `.zarr`, for display."""
    return sanitize(path.replace(os.sep, "/").rpartition("/")[2].removesuffix(SUFFIX))


def trials_folder(path: str) -> str:
    """Returns the folder in which remedies of a run are recorded if none is given."""
    return f"{path.removesuffix(SUFFIX)}-remedies"


def run_exists(path: str | os.PathLike[str]) -> bool:
    """Returns whether a run, or any other file or folder, exists at a path.

    Args:
        path: str or path. Path or fsspec URL of a run, with or without `.zarr`.

    Returns:
        bool. `True` also for a broken run.

    Example:

    >>> run_exists("runs/never-recorded")
    False
    """
    return bool(open_store(run_path(path)).names())


def explain_missing_run(path: str) -> str:
    """Returns the reason why a path without a `zarr.json` is not a run."""
    if "://" in path:
        return f"There is no run at {path}."
    if os.path.isdir(path):
        return (
            f"{ROOT} is missing in {path}: this is not a run, or the run is incomplete."
        )
    if os.path.exists(path):
        return f"{path} is a file. A run is a folder NAME{SUFFIX}."
    folder = path.removesuffix(SUFFIX)
    if not os.path.isdir(folder):
        return f"There is no run at {path}."
    try:
        runs = sorted(name for name in os.listdir(folder) if name.endswith(SUFFIX))
    except OSError:
        runs = []
    if not runs:
        return f"{folder} is a folder, but not a run. A run is a folder NAME{SUFFIX}."
    named = (os.path.join(folder, name) for name in runs[:MOST_NAMED])
    some = ", ".join(map(sanitize, named))
    more = f" and {len(runs) - MOST_NAMED} more" if len(runs) > MOST_NAMED else ""
    return f"{folder} is a folder of runs, not a run. Choose one of them: {some}{more}."


def open_store(path: str) -> Store:
    """Opens the store at a local path or an fsspec URL."""
    pending.finish(path)
    scheme, separator, _ = path.partition("://")
    if not separator:
        return LocalStore(path)
    if scheme in ("file", "local"):
        location = urllib.parse.urlsplit(path).path
        return LocalStore(urllib.request.url2pathname(location))
    return FsspecStore(path)


class LocalStore:
    """A local folder."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._root = Path(path)

    def read(self, key: str, limit: int) -> bytes | None:
        path = self._path(key)
        # Without O_NONBLOCK, opening a named pipe would block.
        flags = os.O_RDONLY
        for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
            flags |= getattr(os, name, 0)
        try:
            descriptor = os.open(path, flags)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise RunError(f"{path} is not a regular file.")
            if status.st_size > limit:
                raise RunError(
                    f"{path} has {status.st_size:,} bytes. Allowed: at most {limit:,}."
                )
            return file.read(status.st_size)

    def write(self, files: Mapping[str, bytes], *, durable: bool = True) -> None:
        partials: dict[Path, Path] = {}
        try:
            with contextlib.ExitStack() as opened:
                descriptors = []
                for key, data in files.items():
                    path = self._path(key)
                    # Zarr ignores a file that is not part of the format, except in the
                    # root. Each has another name, as two processes may write notes.
                    folder = self._path(f"{key.rpartition('/')[0] or 'step'}/c").parent
                    partial = folder / f"{PARTIAL}-{uuid.uuid4().hex}"
                    file = opened.enter_context(partial.open("xb", buffering=0))
                    partials[partial] = path
                    write_all(file.fileno(), data)
                    descriptors.append(file.fileno())
                # Not one by one: the system then writes them together.
                for descriptor in descriptors if durable else ():
                    os.fsync(descriptor)
            for partial, path in partials.items():
                partial.replace(path)
            for folder in {path.parent for path in partials.values()}:
                if durable:
                    sync_folder(folder)
        except OSError:
            for partial in partials:
                with contextlib.suppress(OSError):
                    partial.unlink(missing_ok=True)
            raise

    def delete(self, key: str) -> None:
        path = self._root / key
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        if key == ROOT:
            sync_folder(self._root)

    def names(self, key: str = "") -> list[str]:
        try:
            return sorted(os.listdir(self._root / key))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def make(self, keys: tuple[str, ...]) -> None:
        for folder in (self._root, *(self._root / key for key in keys)):
            folder.mkdir(parents=folder == self._root, exist_ok=True)
        for folder in (self._root.absolute().parent, self._root):
            sync_folder(folder)

    def _path(self, key: str) -> Path:
        path = self._root / key
        if path.parent != self._root and path.parent.is_symlink():
            raise RunError(
                f"{path.parent} is a link. A run must contain all of its files."
            )
        return path


class FsspecStore:
    """A folder at an fsspec URL, such as `s3://…` or `memory://…`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._files, self._root = open_remote(path)

    def read(self, key: str, limit: int) -> bytes | None:
        path = f"{self._root}/{key}"
        with remote_errors():
            try:
                data: bytes = self._files.cat_file(path, start=0, end=limit + 1)
            except FileNotFoundError:
                return None
        if len(data) > limit:
            raise RunError(f"{path} is too large. Allowed: at most {limit:,} bytes.")
        return data

    def write(self, files: Mapping[str, bytes], *, durable: bool = True) -> None:
        with remote_errors():
            for key, data in files.items():
                self._files.pipe_file(f"{self._root}/{key}", data)

    def delete(self, key: str) -> None:
        with remote_errors(), contextlib.suppress(FileNotFoundError):
            self._files.rm(f"{self._root}/{key}", recursive=True)

    def names(self, key: str = "") -> list[str]:
        path = f"{self._root}/{key}".rstrip("/")
        with remote_errors():
            self._files.invalidate_cache(path)
            try:
                found = self._files.ls(path, detail=False)
            except (FileNotFoundError, NotADirectoryError):
                return []
        return sorted(name.rstrip("/").rpartition("/")[2] for name in found)

    def make(self, keys: tuple[str, ...]) -> None:
        with remote_errors():
            for folder in (self._root, *(f"{self._root}/{key}" for key in keys)):
                self._files.makedirs(folder, exist_ok=True)


def write_all(descriptor: int, data: bytes) -> None:
    """Writes all bytes to a file without a buffer."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def sync_folder(folder: Path) -> None:
    """Waits until the names of the files in a folder have reached the disk."""
    if os.name != "posix":
        # Windows opens no folders.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems sync files only.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


def open_remote(url: str) -> tuple[Any, str]:
    """Opens the file system of an fsspec URL; returns it and the path within it.

    Raises:
        RunError: If fsspec does not support the URL, or lacks a package for it.
    """
    import fsspec

    try:
        with remote_errors():
            files, root = fsspec.core.url_to_fs(url)
            # Other processes write there, so a cached listing may be out of date.
            files.invalidate_cache()
    except OSError as error:
        raise RunError(f"{url} cannot be reached: {error}") from error
    return files, root


@contextlib.contextmanager
def remote_errors() -> Iterator[None]:
    """Converts the errors of all libraries behind fsspec to `OSError`."""
    try:
        yield
    except (OSError, RunError):
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
