"""Finds the runs in a folder."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from keras_xavier.runs.arrays import read_chunk
from keras_xavier.runs.configuration import configuration
from keras_xavier.runs.errors import DamagedChunkError, RunError
from keras_xavier.runs.following import FollowedRun
from keras_xavier.runs.lock import silent_seconds, status
from keras_xavier.runs.notes import Notes, read_notes
from keras_xavier.runs.schema import Metadata, State
from keras_xavier.runs.store import (
    SUFFIX,
    expand_path,
    open_remote,
    open_store,
    remote_errors,
    run_name,
    run_path,
)
from keras_xavier.runs.validation import decode, require_root


@dataclass(frozen=True)
class RunSummary:
    """A run in a list of runs.

    Attributes:
        path: str. Path or URL of the run.
        name: str. Last part of the path, without `.zarr`.
        state: `State`. State of the run.
        reason: str or `None`. Reason for the state, if it is known.
        records: int. Number of records that the run lists.
        last_step: int or `None`. Step of the last record.
        updated: float. Time of the writer's last heartbeat, in seconds since 1970; 0
            for a broken run.
        created: float. Time of creation, in seconds since 1970; 0 for a broken run.
        hyperparameters: dict. Hyperparameters of the training run.
        configuration: dict. Recorded configuration of the training run, such as
            `"optimizer.learning_rate"`.
        revision: int. Incremented with every change of the records and metrics.
        notes: `Notes`. Note and tags.
        identity: str. Identifier that a run keeps when its folder is moved; empty for
            a broken run.
    """

    path: str
    name: str
    state: State
    reason: str | None = None
    records: int = 0
    last_step: int | None = None
    updated: float = 0.0
    created: float = 0.0
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 0
    notes: Notes = field(default_factory=Notes)
    identity: str = ""


def find_runs(folder: str | os.PathLike[str]) -> list[RunSummary]:
    """Finds the runs in a folder and its subfolders.

    Args:
        folder: str or path. Path or fsspec URL of a folder or a run.

    Returns:
        List of `RunSummary`, sorted by path. Unreadable runs are listed with the state
        `State.BROKEN`.

    Raises:
        RunError: If the folder does not exist.

    Example:

    ```python
    for run in kx.find_runs("runs"):
        print(run.name, run.state, run.last_step)
    ```
    """
    path = expand_path(folder)
    if len(path) > 1:
        path = path.rstrip("/" + os.sep)
    return [summarize(found) for found in sorted(walk(path))]


def summarize(path: str) -> RunSummary:
    """Summarizes one run, which may be broken."""
    name = run_name(path)
    try:
        metadata = read_metadata(path)
    except RunError as error:
        return RunSummary(path, name, State.BROKEN, str(error), notes=read_notes(path))
    state, reason = status(metadata, silent_seconds(metadata))
    return RunSummary(
        path=path,
        name=name,
        state=state,
        reason=reason,
        records=metadata.records,
        last_step=metadata.last_step,
        updated=metadata.heartbeat,
        created=metadata.created,
        hyperparameters=metadata.hyperparameters,
        configuration=configuration(metadata.attributes),
        revision=metadata.revision,
        notes=read_notes(path),
        identity=metadata.identity,
    )


def read_metadata(path: str) -> Metadata:
    """Reads the metadata of a run; of version 1, the last step, too."""
    store = open_store(path)
    metadata = decode(require_root(store, path), path)
    if metadata.version > 1 or not metadata.records:
        return metadata
    array = metadata.array("step")
    index, row = divmod(metadata.records - 1, array.chunk[0])
    try:
        return replace(metadata, last_step=int(read_chunk(store, array, index)[row]))
    except DamagedChunkError:
        run = FollowedRun(path)
        return replace(metadata, records=run.records, last_step=run.last_step)


def walk(path: str) -> Iterator[str]:
    """Yields the paths of all runs in a folder, or of a run itself."""
    if "://" in path:
        yield from walk_remote(path)
        return
    if not os.path.isdir(path):
        path = run_path(path)
    if not os.path.isdir(path):
        raise RunError(f"Folder {os.fspath(path)} does not exist.")
    if path.endswith(SUFFIX):
        yield path
        return
    for parent, folders, _ in os.walk(path):
        for name in [name for name in folders if name.endswith(SUFFIX)]:
            folders.remove(name)
            yield os.path.join(parent, name)


def walk_remote(url: str) -> Iterator[str]:
    files, root = open_remote(url)
    try:
        with remote_errors():
            if not files.isdir(root):
                raise RunError(f"Folder {url} does not exist.")
            if url.endswith(SUFFIX):
                yield url
                return
            for parent, folders, _ in files.walk(root, detail=True):
                # Not all file systems can convert a path into a URL with its host.
                inside = parent.removeprefix(root.rstrip("/"))
                for name in [name for name in folders if name.endswith(SUFFIX)]:
                    del folders[name]
                    yield f"{url.rstrip('/')}{inside}/{name}"
    except OSError as error:
        raise RunError(f"{url} cannot be reached: {error}") from error
