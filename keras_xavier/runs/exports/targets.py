"""Where exports go: nothing is half written, and nothing of others is replaced."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVENTS = "events.out.tfevents."
"""How the names of event files begin, by which TensorBoard finds them."""
OURS = ".keras-xavier"
"""How the names of ours end."""


@contextmanager
def new_file(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Has a file written beside its place, and puts it there when it is whole.

    Raises:
        FileExistsError: If there is one already that is not to be replaced.
    """
    if path.is_dir():
        raise FileExistsError(f"{path} is a folder. Choose the name of a file.")
    if path.exists() and not overwrite:
        raise target_exists(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Has an event file written into a folder, in the place of an earlier one.

    Raises:
        FileExistsError: If there is something that is not to be replaced.
    """
    if path.exists() and not path.is_dir():
        raise FileExistsError(f"{path} is a file. Choose the name of a folder.")
    before = sorted(path.iterdir()) if path.is_dir() else []
    if before and not overwrite:
        raise target_exists(path)
    for found in before:
        if not (found.name.startswith(EVENTS) and found.name.endswith(OURS)):
            raise FileExistsError(
                f"{path} is not overwritten, because it has {found.name!r}, which no "
                "export has. Remove it yourself, or choose another name."
            )
    path.mkdir(parents=True, exist_ok=True)
    part = path / f".{os.getpid()}.part"
    try:
        yield part
        for found in before:
            found.unlink(missing_ok=True)
        # TensorBoard reads on in a file that it knows: another one, another name.
        part.replace(path / f"{EVENTS}{time.time_ns()}{OURS}")
    finally:
        part.unlink(missing_ok=True)


def target_exists(path: Path) -> FileExistsError:
    return FileExistsError(
        f"{path} is there already. Give `overwrite` to replace it, or choose another "
        "name."
    )
