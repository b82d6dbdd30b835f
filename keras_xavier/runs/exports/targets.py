"""Export targets: written as a whole, and replaced only on request."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVENTS = "events.out.tfevents."
"""Prefix of event files, by which TensorBoard finds them."""
OWN_SUFFIX = ".keras-xavier"
"""Suffix of event files of this package."""


@contextmanager
def new_file(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yields the path of a temporary file, which then replaces `path`.

    Raises:
        FileExistsError: If `path` exists and must not be replaced.
    """
    if path.is_dir():
        raise FileExistsError(f"{path} is a folder. Choose a file name.")
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
    """Yields the path of a temporary file, which then replaces event files in a folder.

    Raises:
        FileExistsError: If the folder contains files that must not be replaced.
    """
    if path.exists() and not path.is_dir():
        raise FileExistsError(f"{path} is a file. Choose a folder name.")
    before = sorted(path.iterdir()) if path.is_dir() else []
    if before and not overwrite:
        raise target_exists(path)
    for found in before:
        if not (found.name.startswith(EVENTS) and found.name.endswith(OWN_SUFFIX)):
            raise FileExistsError(
                f"{path} is not overwritten, because it contains {found.name!r}, which "
                "is not part of an export. Remove it yourself, or choose another name."
            )
    path.mkdir(parents=True, exist_ok=True)
    part = path / f".{os.getpid()}.part"
    try:
        yield part
        for found in before:
            found.unlink(missing_ok=True)
        # TensorBoard continues reading a known file, so each export has a new name.
        part.replace(path / f"{EVENTS}{time.time_ns()}{OWN_SUFFIX}")
    finally:
        part.unlink(missing_ok=True)


def target_exists(path: Path) -> FileExistsError:
    return FileExistsError(
        f"{path} already exists. Use `overwrite` to replace it, or choose another name."
    )
