"""What is done to the files of runs, and refused in words where it must not be."""

import os
import sys
from collections.abc import Mapping

from keras_xavier.experiments.experiment import NETWORK_SUFFIX, PARTIAL_SUFFIX
from keras_xavier.runs import RunError, State, find_runs, run_path
from keras_xavier_gui.qt import QtCore
from keras_xavier_gui.sources.run_cache import is_remote, name_of
from keras_xavier_gui.sources.samples import THEY_STAY, is_sample

SEPARATORS = "/\\"
COMPANIONS = (NETWORK_SUFFIX, PARTIAL_SUFFIX, ".log")
"""Endings of what lies beside a run and belongs to it: without its network, it
cannot be resumed."""


def check_movable(path: str, state: State, name: str) -> None:
    """Refuses runs whose files must stay where they are.

    Raises:
        RunError: If the run is live, a sample, or not on this machine.
    """
    if is_sample(path):
        raise RunError(THEY_STAY)
    if is_remote(path):
        raise RunError(
            f"{name} is not on this machine. Use the tools of the place where it is."
        )
    if state is State.RUNNING:
        raise RunError(f"{name} is live. Wait until its training has ended.")


def look_again(path: str) -> None:
    """Refuses a run that is gone, or has become live since it was listed.

    Raises:
        RunError: If so.
    """
    if not os.path.lexists(path):
        raise RunError(f"{name_of(path)} is no longer there.")
    for run in find_runs(path):
        check_movable(path, run.state, run.name)


def rename(path: str, name: str) -> str:
    """Renames a run, and with it what belongs to it; all of it or nothing.

    Args:
        path: Where it is.
        name: Its new name, with or without `.zarr`.

    Returns:
        Its new path, in the same folder.

    Raises:
        RunError: If the name cannot be, or the run must stay as it is.
    """
    target = os.path.join(os.path.dirname(path), check_name(name))
    if target == path:
        return path
    look_again(path)
    moves = {path: target, **dict(zip(beside(path), beside(target), strict=True))}
    for old, new in moves.items():
        # Another's network, too, must not become that of this run.
        if os.path.lexists(new) and not is_same(old, new):
            what = name_of(new)
            raise RunError(f"{what} is there already. Choose another name.")
    try:
        rename_all({old: moves[old] for old in (path, *companions(path))})
    except OSError as error:
        raise RunError(f"{name_of(path)} cannot be renamed: {error}") from error
    return target


def companions(path: str) -> list[str]:
    """Paths of what lies beside a run and belongs to it: its network, its log."""
    return [one for one in beside(path) if os.path.lexists(one)]


def beside(path: str) -> list[str]:
    """Paths where that would lie, whether it is there or not."""
    return [path.removesuffix(".zarr") + ending for ending in COMPANIONS]


def is_same(old: str, new: str) -> bool:
    """Whether both are one file: where letters large and small are the same."""
    there = os.path.exists(old) and os.path.exists(new)
    return there and os.path.samefile(old, new)


def rename_all(moves: Mapping[str, str]) -> None:
    """Renames files and folders; should one fail, all are where they were.

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


def check_name(name: str) -> str:
    """Returns the file name of a run of some name.

    >>> check_name(" tanh ")
    'tanh.zarr'

    Raises:
        RunError: If it is none.
    """
    name = name.strip()
    stem = name.removesuffix(".zarr")
    if not stem.strip(". "):
        raise RunError("A name needs a letter or a digit.")
    # Windows takes what stands before a colon for a drive.
    if found := [one for one in SEPARATORS + ":" if one in name]:
        raise RunError(f"A name cannot have {found[0]} in it. Received: {name}")
    if not name.isprintable():
        raise RunError("A name is one line of letters that can be printed.")
    return run_path(name)


def move_to_bin(path: str) -> None:
    """Moves a run and what belongs to it to the bin, from where it can be taken back.

    Raises:
        RunError: If that is not possible, of the run or of what belongs to it; that
            is then where it was.
    """
    look_again(path)
    make_bin()
    # The run first: while it is there, its network is there.
    for one in (path, *companions(path)):
        file = QtCore.QFile(one)
        if not move_to_trash(file):
            raise RunError(
                f"{name_of(one)} cannot be moved to the bin: {file.errorString()}. "
                "It is where it was."
            )


def move_to_trash(file: QtCore.QFile) -> bool:
    return bool(file.moveToTrash())


def make_bin() -> None:
    """Makes the folder of the bin.

    Where it cannot, Qt 5 on Linux moves files into the working directory.

    Raises:
        RunError: If there can be no bin.
    """
    if not sys.platform.startswith("linux"):
        return
    place = QtCore.QStandardPaths.StandardLocation.GenericDataLocation
    folder = QtCore.QStandardPaths.writableLocation(place)
    try:
        os.makedirs(os.path.join(folder, "Trash"), mode=0o700, exist_ok=True)
    except OSError as error:
        raise RunError(f"There is no bin, and none can be made: {error}") from error
