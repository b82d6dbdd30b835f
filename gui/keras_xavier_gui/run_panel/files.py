"""Renames runs and moves them to the trash, together with their networks and logs."""

import os
import sys
from collections.abc import Mapping

from keras_xavier.experiments.experiment import NETWORK_SUFFIX, PARTIAL_SUFFIX
from keras_xavier.runs import RunError, State, find_runs, run_path
from keras_xavier_gui.qt import QtCore
from keras_xavier_gui.sources.paths import is_remote, name_of
from keras_xavier_gui.sources.samples import READ_ONLY, is_sample

SEPARATORS = "/\\"
COMPANIONS = (NETWORK_SUFFIX, PARTIAL_SUFFIX, ".log")
"""Suffixes of the files that belong to a run. It cannot be resumed without its
network."""


def check_movable(path: str, state: State, name: str) -> None:
    """Checks that the files of a run may be moved.

    Raises:
        RunError: If the run is live, a sample, or on another machine.
    """
    if is_sample(path):
        raise RunError(READ_ONLY)
    if is_remote(path):
        raise RunError(
            f"{name} is not on this machine. Use the tools of the system that stores "
            "it."
        )
    if state is State.RUNNING:
        raise RunError(f"{name} is live. Wait until training has ended.")


def check_again(path: str) -> None:
    """Checks the present state of a run, which was listed earlier.

    Raises:
        RunError: If it no longer exists, or its files may not be moved.
    """
    if not os.path.lexists(path):
        raise RunError(f"{name_of(path)} no longer exists.")
    for run in find_runs(path):
        check_movable(path, run.state, run.name)


def rename(path: str, name: str) -> str:
    """Renames a run and all files that belong to it, or none of them.

    Args:
        path: Path of the run.
        name: New name, with or without `.zarr`.

    Returns:
        The new path, in the same folder.

    Raises:
        RunError: If the name is invalid or taken, or the run may not be moved.
    """
    target = os.path.join(os.path.dirname(path), file_name(name))
    if target == path:
        return path
    check_again(path)
    moves = {
        path: target,
        **dict(zip(companion_paths(path), companion_paths(target), strict=True)),
    }
    for old, new in moves.items():
        # Nor may the run adopt the network of another one.
        if os.path.lexists(new) and not is_same(old, new):
            raise RunError(f"{name_of(new)} already exists. Choose another name.")
    try:
        rename_all({old: moves[old] for old in (path, *companions(path))})
    except OSError as error:
        raise RunError(f"{name_of(path)} cannot be renamed: {error}") from error
    return target


def companions(path: str) -> list[str]:
    """Existing files that belong to a run: its networks and its log."""
    return [one for one in companion_paths(path) if os.path.lexists(one)]


def companion_paths(path: str) -> list[str]:
    """Paths of the files that belong to a run, existing or not."""
    return [path.removesuffix(".zarr") + suffix for suffix in COMPANIONS]


def is_same(old: str, new: str) -> bool:
    """Whether both paths are one file, as on a case-insensitive file system."""
    exist = os.path.exists(old) and os.path.exists(new)
    return exist and os.path.samefile(old, new)


def rename_all(moves: Mapping[str, str]) -> None:
    """Renames files and folders; if one fails, the previous names are restored.

    Raises:
        OSError: If one fails.
    """
    done: list[tuple[str, str]] = []
    try:
        for old, new in moves.items():
            os.rename(old, new)
            done.append((old, new))
    except OSError:
        for old, new in reversed(done):
            os.rename(new, old)
        raise


def file_name(name: str) -> str:
    """Returns the file name of a run with this name.

    >>> file_name(" tanh ")
    'tanh.zarr'

    Raises:
        RunError: If the name is invalid.
    """
    name = name.strip()
    stem = name.removesuffix(".zarr")
    if not stem.strip(". "):
        raise RunError("The name must contain a letter or a digit.")
    # Windows takes the part before a colon for a drive.
    if found := [one for one in SEPARATORS + ":" if one in name]:
        raise RunError(f"The name must not contain {found[0]}. Received: {name}")
    if not name.isprintable():
        raise RunError("The name must be one line of printable characters.")
    return run_path(name)


def move_to_bin(path: str) -> None:
    """Moves a run and the files that belong to it to the trash.

    Raises:
        RunError: If one of them cannot be moved; it stays where it was.
    """
    check_again(path)
    make_bin()
    # The run first: as long as a run is listed, it has its network.
    for one in (path, *companions(path)):
        file = QtCore.QFile(one)
        if not move_to_trash(file):
            raise RunError(
                f"{name_of(one)} cannot be moved to the trash and stays where it was: "
                f"{file.errorString()}"
            )


def move_to_trash(file: QtCore.QFile) -> bool:
    return bool(file.moveToTrash())


def make_bin() -> None:
    """Creates the trash folder.

    Without this folder, Qt 5 on Linux moves files into the working directory.

    Raises:
        RunError: If there is no trash and none can be created.
    """
    if not sys.platform.startswith("linux"):
        return
    location = QtCore.QStandardPaths.StandardLocation.GenericDataLocation
    folder = QtCore.QStandardPaths.writableLocation(location)
    try:
        os.makedirs(os.path.join(folder, "Trash"), mode=0o700, exist_ok=True)
    except OSError as error:
        raise RunError(f"The trash cannot be created: {error}") from error
