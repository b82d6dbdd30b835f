"""Paths of runs and folders, on this machine or elsewhere. No Qt."""

import os

from keras_xavier.runs import run_path
from keras_xavier.runs.store import expand_path
from keras_xavier.text import sanitize

MISSING = "The run no longer exists: it was deleted, or moved to another folder."


def is_remote(path: str) -> bool:
    return "://" in path


def find_source(path: str) -> str | None:
    """Returns the run or the folder of runs that a path denotes.

    Args:
        path: Path of a run, with or without `.zarr`, of a folder, or of a file inside
            a run; or an fsspec URL. Nothing needs to exist there yet.

    Returns:
        The same path for the same place, or `None` for a file outside of runs.
    """
    if is_remote(path):
        return path
    path = os.path.abspath(expand_path(path))
    if not os.path.exists(path):
        run = run_path(path)
        return run if os.path.exists(run) else path
    folder = path
    while os.path.basename(folder):
        if folder.endswith(".zarr"):
            return folder
        folder = os.path.dirname(folder)
    return path if os.path.isdir(path) else None


def why_missing(path: str) -> str:
    """Explains why nothing can be opened at a path; empty if something can.

    Remote paths are not checked.
    """
    if is_remote(path):
        return ""
    source = find_source(path)
    if source and not os.path.exists(source):
        return f"{path} does not exist."
    if source is None or not os.path.isdir(source):
        return f"{path} is a file, not a run: a run is a folder NAME.zarr."
    return ""


def is_missing(run: str) -> bool:
    """Whether the folder of a run does not exist; remote runs are not checked."""
    return not is_remote(run) and not os.path.lexists(run_path(run))


def is_within(path: str, source: str) -> bool:
    """Whether a run is the source or lies in it."""
    return path == source or path.startswith(source.rstrip("/" + os.sep) + os.sep)


def name_of(path: str) -> str:
    """The name of the run at a path."""
    return sanitize(os.path.basename(path.rstrip("/")).removesuffix(".zarr"))
