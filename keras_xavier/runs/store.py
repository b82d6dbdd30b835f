"""Where the files of a run lie: a folder of this machine, or any fsspec URL.

A key is the path of a file inside the run, such as `"step/c.0"`. Runs come from
strangers too, so reading is bounded in size, and never leaves the folder.
"""

import contextlib
import os
import shutil
import stat
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from keras_xavier.runs.errors import RunError
from keras_xavier.text import sanitize

SUFFIX = ".zarr"
ROOT = "zarr.json"
"""The file that makes a folder a Zarr group."""
MOST_NAMED = 3
"""Runs of a folder that a message names."""


class Store(Protocol):
    """The files of one run."""

    path: str

    def read(self, key: str, limit: int) -> bytes | None:
        """Returns the bytes of a file of at most `limit` bytes, `None` if absent."""

    def write(self, key: str, data: bytes) -> None:
        """Replaces a file; who reads it sees the old bytes or the new ones."""

    def delete(self, key: str) -> None:
        """Removes a file or a folder, if it is there."""

    def names(self, key: str = "") -> list[str]:
        """Lists the names in a folder; none when there is no such folder."""

    def make(self, keys: tuple[str, ...]) -> None:
        """Makes the run's folder and the folders `keys` inside of it."""


def run_path(path: str | os.PathLike[str]) -> str:
    """Returns the path of a run, which ends with `.zarr`.

    Args:
        path: Path or fsspec URL of a run, with or without the ending.

    Example:

    >>> run_path("runs/tanh")
    'runs/tanh.zarr'
    """
    name = os.fspath(path).rstrip("/" + os.sep)
    return name if name.endswith(SUFFIX) else name + SUFFIX


def run_name(path: str) -> str:
    """Returns the last part of a run's path, without `.zarr`, to be shown."""
    return sanitize(path.replace(os.sep, "/").rpartition("/")[2].removesuffix(SUFFIX))


def run_exists(path: str | os.PathLike[str]) -> bool:
    """Tells whether there is anything at the path of a run, broken or not."""
    return bool(open_store(run_path(path)).names())


def explain_missing_run(path: str) -> str:
    """Says why there is no run at a path, where it has no `zarr.json`."""
    if "://" in path:
        return f"There is no run at {path}."
    if os.path.isdir(path):
        return f"{ROOT} is missing in {path}: this is no run, or only a part of one."
    if os.path.exists(path):
        return f"{path} is a file. A run is a folder, NAME{SUFFIX}."
    folder = path.removesuffix(SUFFIX)
    if not os.path.isdir(folder):
        return f"There is no run at {path}."
    try:
        runs = sorted(name for name in os.listdir(folder) if name.endswith(SUFFIX))
    except OSError:
        runs = []
    if not runs:
        return f"{folder} is a folder, and no run. A run is a folder, NAME{SUFFIX}."
    named = (os.path.join(folder, name) for name in runs[:MOST_NAMED])
    some = ", ".join(map(sanitize, named))
    more = f" and {len(runs) - MOST_NAMED} more" if len(runs) > MOST_NAMED else ""
    return f"{folder} is a folder of runs, not a run. Name one of them: {some}{more}."


def open_store(path: str) -> Store:
    """Opens the folder at a path of this machine or an fsspec URL."""
    scheme, separator, _ = path.partition("://")
    if not separator:
        return LocalStore(path)
    if scheme in ("file", "local"):
        location = urllib.parse.urlsplit(path).path
        return LocalStore(urllib.request.url2pathname(location))
    return FsspecStore(path)


class LocalStore:
    """A folder of this machine's file system."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._root = Path(path)

    def read(self, key: str, limit: int) -> bytes | None:
        path = self._path(key)
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
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
                raise RunError(f"{path} is not a plain file.")
            if status.st_size > limit:
                raise RunError(
                    f"{path} has {status.st_size} bytes. Allowed: {limit} at most."
                )
            return file.read(status.st_size)

    def write(self, key: str, data: bytes) -> None:
        path = self._path(key)
        # A file that is no part of the group disturbs Zarr in the root only.
        partial = self._path(f"{key.rpartition('/')[0] or 'step'}/partial")
        try:
            # A link that a stranger put there is not followed.
            partial.unlink(missing_ok=True)
            with partial.open("xb") as file:
                file.write(data)
            partial.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise

    def delete(self, key: str) -> None:
        path = self._root / key
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def names(self, key: str = "") -> list[str]:
        try:
            return sorted(os.listdir(self._root / key))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def make(self, keys: tuple[str, ...]) -> None:
        for folder in (self._root, *(self._root / key for key in keys)):
            folder.mkdir(parents=folder == self._root, exist_ok=True)

    def _path(self, key: str) -> Path:
        path = self._root / key
        if path.parent != self._root and path.parent.is_symlink():
            raise RunError(f"{path.parent} is a link. A run holds all of its files.")
        return path


class FsspecStore:
    """A folder behind an fsspec URL, such as `s3://…` or `memory://…`."""

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
            raise RunError(f"{path} is too large. Allowed: {limit} bytes at most.")
        return data

    def write(self, key: str, data: bytes) -> None:
        with remote_errors():
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


def open_remote(url: str) -> tuple[Any, str]:
    """Opens the file system of an fsspec URL; returns it, and the path there.

    Raises:
        RunError: If fsspec knows no such URL, or lacks a package for it.
    """
    import fsspec

    try:
        with remote_errors():
            files, root = fsspec.core.url_to_fs(url)
            # Other processes write there: what a listing said may have changed.
            files.invalidate_cache()
    except OSError as error:
        raise RunError(f"{url} cannot be reached: {error}") from error
    return files, root


@contextlib.contextmanager
def remote_errors() -> Iterator[None]:
    """Turns the errors of all the libraries behind fsspec into `OSError`."""
    try:
        yield
    except (OSError, RunError):
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
