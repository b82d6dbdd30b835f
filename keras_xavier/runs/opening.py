"""Creates a run, or resumes one, for the process that writes it."""

import os
import socket
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from keras_xavier.runs.appender import Log, RunAppender
from keras_xavier.runs.arrays import read_whole
from keras_xavier.runs.errors import RunError
from keras_xavier.runs.lock import FolderLock, refuse_second_writer, second_writer
from keras_xavier.runs.notes import GROUP as NOTES
from keras_xavier.runs.schema import (
    ARRAYS,
    FORMAT,
    Metadata,
    State,
    Writer,
    encode_json,
)
from keras_xavier.runs.store import ROOT, LocalStore, Store, open_store
from keras_xavier.runs.validation import decode, read_root
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Quantity


def create(
    path: str,
    layers: Sequence[Layer],
    hyperparameters: Mapping[str, Any],
    attributes: Mapping[str, Any],
    *,
    overwrite: bool,
) -> RunAppender:
    """Creates a run.

    Raises:
        RunError: If the path exists and must not be overwritten.
        OSError: If the path cannot be written.
    """
    now = time.time()
    metadata = Metadata(
        identity=uuid.uuid4().hex,
        writer=this_writer(),
        created=now,
        heartbeat=now,
        layers=tuple(layers),
        hyperparameters=hyperparameters,
        attributes=attributes,
    )
    check_readable(metadata, path)
    store = open_store(path)
    store.make(())
    lock = take_lock(store)
    try:
        clear(store, overwrite=overwrite, locked=lock.held)
        store.make(tuple(ARRAYS))
        appender = RunAppender(store, lock, metadata)
        appender.start()
    except BaseException:
        lock.release()
        raise
    return appender


def resume(
    path: str,
    layers: Sequence[Layer],
    hyperparameters: Mapping[str, Any],
    attributes: Mapping[str, Any],
    last_step: int | None,
) -> RunAppender:
    """Resumes a run after its last record, or after `last_step`.

    Raises:
        RunError: If there is no run, or its layers differ.
        OSError: If the path cannot be written.
    """
    store = open_store(path)
    if read_root(store) is None:
        raise RunError(f"There is no run at {path} to resume. Use mode='create'.")
    lock = take_lock(store)
    try:
        root = read_root(store)
        if root is None:
            raise RunError(f"{path} no longer exists.")
        before = decode(root, path)
        refuse_second_writer(path, before, locked=lock.held)
        refuse_other_network(path, before, layers)
        steps = read_whole(store, before.array("step"))
        metric_steps = read_whole(store, before.array("metric_step"))
        if last_step is not None:
            steps = steps[steps <= last_step]
            metric_steps = metric_steps[metric_steps <= last_step]
        last_log = None
        if len(metric_steps):
            values = read_whole(store, before.array("metrics"))[len(metric_steps) - 1]
            metrics = dict(zip(before.metrics, values.tolist(), strict=True))
            last_log = Log(int(metric_steps[-1]), metrics)
        metadata = replace(
            before,
            writer=this_writer(),
            heartbeat=time.time(),
            state=State.RUNNING,
            reason=None,
            revision=before.revision + 1,
            records=len(steps),
            metric_records=len(metric_steps),
            layers=merge_layers(before.layers, layers),
            hyperparameters={**before.hyperparameters, **hyperparameters},
            attributes={**before.attributes, **attributes},
        )
        check_readable(metadata, path)
        appender = RunAppender(
            store,
            lock,
            metadata,
            last_step=int(steps[-1]) if len(steps) else -1,
            last_log=last_log,
        )
        appender.restart()
    except BaseException:
        lock.release()
        raise
    return appender


def this_writer() -> Writer:
    return Writer(os.getpid(), socket.gethostname(), uuid.uuid4().hex)


def take_lock(store: Store) -> FolderLock:
    lock = FolderLock()
    if isinstance(store, LocalStore) and not lock.acquire(store.path):
        found = find_run(store)
        raise second_writer(store.path, found.writer if found else None)
    return lock


def find_run(store: Store) -> Metadata | None:
    """Returns the metadata of a run; `None` if the run is missing or broken."""
    try:
        root = read_root(store)
        return None if root is None else decode(root, store.path)
    except RunError:
        return None


def clear(store: Store, *, overwrite: bool, locked: bool) -> None:
    """Removes an existing run at this path, if it may be removed."""
    names = store.names()
    if names and not overwrite:
        raise RunError(
            f"{store.path} already exists. Resume it with mode='resume', replace it "
            "with mode='overwrite', or choose another path."
        )
    if found := find_run(store):
        refuse_second_writer(store.path, found, locked=locked)
    elif FORMAT.encode() not in (read_root(store) or FORMAT.encode()):
        raise RunError(
            f"{store.path} is not overwritten, because it is not a run of "
            "keras-xavier. Remove it yourself, or choose another path."
        )
    if strange := sorted({*names} - {ROOT, *ARRAYS, NOTES}):
        raise RunError(
            f"{store.path} is not overwritten, because it contains {strange[0]!r}, "
            "which is not part of a run. Remove it yourself, or choose another path."
        )
    for name in (ROOT, *ARRAYS, NOTES):
        store.delete(name)


def check_readable(metadata: Metadata, path: str) -> None:
    """Raises an error now if no reader would accept the run later."""
    if taken := metadata.own_attributes().keys() & metadata.attributes.keys():
        raise ValueError(
            f"The attribute {min(taken)!r} is reserved. Choose another name."
        )
    decode(encode_json(metadata.document()), path)


TRAINED = (
    Quantity.PREACTIVATION_GRADIENT,
    Quantity.WEIGHT_GRADIENT,
    Quantity.WEIGHT_UPDATE,
)
"""The quantities that a layer may lack while it, or the layers below, are frozen."""


def fixed_part(layer: Layer) -> Layer:
    """Returns a layer without the properties that freezing layers changes."""
    absent = {q: why for q, why in layer.absent.items() if q not in TRAINED}
    return replace(layer, parameters=0, absent=absent)


def merge_layers(before: Sequence[Layer], now: Sequence[Layer]) -> tuple[Layer, ...]:
    """Merges layer tables: a layer has a quantity if it has it in one of them."""
    return tuple(
        replace(
            one,
            parameters=max(one.parameters, other.parameters),
            absent={q: why for q, why in one.absent.items() if q in other.absent},
        )
        for one, other in zip(before, now, strict=True)
    )


def refuse_other_network(path: str, found: Metadata, layers: Sequence[Layer]) -> None:
    """Raises an error if records of these layers do not fit into a run."""
    if found.quantities != QUANTITIES or found.statistics != STATISTICS:
        raise RunError(
            f"{path} cannot be resumed: it was recorded with other statistics by "
            "another version of keras-xavier. Start another run."
        )
    if [fixed_part(one) for one in found.layers] != [*map(fixed_part, layers)]:
        raise RunError(
            f"{path} cannot be resumed: its layers are "
            f"{', '.join(layer.name for layer in found.layers)}. "
            f"Received: {', '.join(layer.name for layer in layers)}, or with other "
            "properties. Start another run."
        )
