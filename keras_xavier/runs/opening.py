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
from keras_xavier.runs.array_forms import ARRAYS, METRIC_ARRAYS, VERSION
from keras_xavier.runs.checksums import first_link
from keras_xavier.runs.errors import RunError
from keras_xavier.runs.intact import Snapshot, take_snapshot
from keras_xavier.runs.layer_tables import (
    left_out,
    merge_layers,
    select_measurements,
)
from keras_xavier.runs.linked_tables import Table, read_logs
from keras_xavier.runs.lock import FolderLock, refuse_second_writer, second_writer
from keras_xavier.runs.notes import GROUP as NOTES
from keras_xavier.runs.schema import (
    FORMAT,
    METADATA_LIMIT,
    METRIC_NAMES_LIMIT,
    Metadata,
    State,
    Writer,
    encode_root,
)
from keras_xavier.runs.store import ROOT, LocalStore, Store, open_store
from keras_xavier.runs.upgrading import upgrade
from keras_xavier.runs.validation import decode, read_root
from keras_xavier.statistics import Layer


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
        select = select_measurements(metadata, layers)
        appender = RunAppender(store, lock, metadata, select)
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
        merged = merge_layers(path, found, layers)
        snapshot = take_snapshot(store, path)
        if found.version < VERSION:
            store.make(tuple(ARRAYS))
        if found.version == 1:
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
            layers=merged,
            hyperparameters={**found.hyperparameters, **hyperparameters},
            attributes={**found.attributes, **attributes},
        )
        check_readable(metadata, path)
        last = snapshot.table.first(metadata.records).rows[-1:]
        last_units = snapshot.units.first(metadata.unit_records).rows[-1:]
        sums = {
            "statistics": int(last["statistics"].sum()),
            "histogram": int(last["histogram"].sum()),
            "units": int(last_units["units"].sum()),
        }
        appender = RunAppender(
            store,
            lock,
            metadata,
            select_measurements(metadata, layers),
            sums=sums,
            last_unit_step=int(last_units["step"][0]) if len(last_units) else None,
            last_log_step=int(logs.rows["step"][metadata.logs - 1])
            if metadata.logs
            else -1,
            damage=snapshot.damage,
            left_out=left_out(found.layers, layers),
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
    log_steps, unit_steps = logs.rows["step"], snapshot.units.rows["step"]
    if snapshot.missing:
        # Training continues from the last record, so its metrics end there, too.
        end = int(steps[-1]) if len(steps) else -1
        last_step = end if last_step is None else min(end, last_step)
    records, count, units = len(steps), len(log_steps), len(unit_steps)
    if last_step is not None:
        records = int(np.searchsorted(steps, last_step, side="right"))
        count = int(np.searchsorted(log_steps, last_step, side="right"))
        units = int(np.searchsorted(unit_steps, last_step, side="right"))
    link = first_link(metadata.identity)
    return replace(
        metadata,
        version=VERSION,
        records=records,
        logs=count,
        unit_records=units,
        last_step=int(steps[records - 1]) if records else None,
        record_checksum=int(snapshot.table.links[records - 1]) if records else link,
        log_checksum=int(logs.links[count - 1]) if count else link,
        unit_checksum=int(snapshot.units.links[units - 1]) if units else link,
        session=metadata.session + 1,
        session_records=records,
        session_logs=count,
        session_units=units,
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
