"""Creates a run, or resumes one, for the process that writes it."""

import os
import socket
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from keras_xavier.runs.appender import RunAppender
from keras_xavier.runs.checksums import first_link
from keras_xavier.runs.errors import RunError
from keras_xavier.runs.intact import Snapshot, Table, read_logs, take_snapshot
from keras_xavier.runs.lock import FolderLock, refuse_second_writer, second_writer
from keras_xavier.runs.notes import GROUP as NOTES
from keras_xavier.runs.schema import (
    ARRAYS,
    FORMAT,
    METADATA_LIMIT,
    METRIC_ARRAYS,
    METRIC_NAMES_LIMIT,
    Metadata,
    State,
    Writer,
    encode_root,
)
from keras_xavier.runs.store import ROOT, LocalStore, Store, open_store
from keras_xavier.runs.upgrading import upgrade
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
        found = decode(root, path)
        refuse_second_writer(path, found, locked=lock.held)
        refuse_other_network(path, found, layers)
        snapshot = take_snapshot(store, path)
        if found.version == 1:
            store.make(tuple(ARRAYS))
            snapshot, logs = upgrade(store, snapshot)
        else:
            logs = read_logs(store, found)
        metadata = replace(
            truncate(snapshot, logs, last_step),
            writer=this_writer(),
            heartbeat=time.time(),
            state=State.RUNNING,
            reason=None,
            revision=found.revision + 1,
            layers=merge_layers(found.layers, layers),
            hyperparameters={**found.hyperparameters, **hyperparameters},
            attributes={**found.attributes, **attributes},
        )
        check_readable(metadata, path)
        last = snapshot.table.first(metadata.records).rows[-1:]
        appender = RunAppender(
            store,
            lock,
            metadata,
            sums=(int(last["statistics"][0]), int(last["histogram"][0]))
            if len(last)
            else (0, 0),
            last_log_step=int(logs.rows["step"][metadata.logs - 1])
            if metadata.logs
            else -1,
            damage=snapshot.damage,
        )
        appender.restart()
        if found.version == 1:
            for name in METRIC_ARRAYS:
                store.delete(name)
    except BaseException:
        lock.release()
        raise
    return appender


def truncate(snapshot: Snapshot, logs: Table, last_step: int | None) -> Metadata:
    """Returns the metadata of a run that ends after `last_step`."""
    metadata, steps = snapshot.metadata, snapshot.table.rows["step"]
    log_steps = logs.rows["step"]
    if snapshot.missing:
        # Training continues from the last record, so its metrics end there, too.
        end = int(steps[-1]) if len(steps) else -1
        last_step = end if last_step is None else min(end, last_step)
    records, count = len(steps), len(log_steps)
    if last_step is not None:
        records = int(np.searchsorted(steps, last_step, side="right"))
        count = int(np.searchsorted(log_steps, last_step, side="right"))
    link = first_link(metadata.identity)
    return replace(
        metadata,
        records=records,
        logs=count,
        last_step=int(steps[records - 1]) if records else None,
        record_checksum=int(snapshot.table.links[records - 1]) if records else link,
        log_checksum=int(logs.links[count - 1]) if count else link,
        session=metadata.session + 1,
        session_records=records,
        session_logs=count,
    )


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
    # A process that was killed while it created the run has left no root.
    begun = ROOT not in names and {*names} <= {*ARRAYS}
    if names and not overwrite and not begun:
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
    ours = (ROOT, *ARRAYS, *METRIC_ARRAYS, NOTES)
    if strange := sorted({*names} - {*ours}):
        raise RunError(
            f"{store.path} is not overwritten, because it contains {strange[0]!r}, "
            "which is not part of a run. Remove it yourself, or choose another path."
        )
    for name in ours:
        store.delete(name)


def check_readable(metadata: Metadata, path: str) -> None:
    """Raises an error now if no reader would accept the run later."""
    if taken := metadata.own_attributes().keys() & metadata.attributes.keys():
        raise ValueError(
            f"The attribute {min(taken)!r} is reserved. Choose another name."
        )
    root = encode_root(metadata)
    decode(root, path)
    # Metrics are added later.
    most = METADATA_LIMIT - METRIC_NAMES_LIMIT
    if len(root) > most:
        raise RunError(
            f"The attributes of a run are limited to {most:,} bytes. "
            f"Received: {len(root):,} bytes. Record fewer layers or hyperparameters."
        )


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
