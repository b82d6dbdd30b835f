"""Checksums: flipped bits in the root, and chunks in the wrong place."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from keras_xavier.runs import RunError, codec, open_run
from keras_xavier.runs.array_forms import LOG_ARRAYS
from keras_xavier.runs.schema import LOG_ROWS, encode_root
from keras_xavier.runs.validation import decode


def test_any_flipped_bit_in_the_root_is_noticed(write):
    run = write()
    root = (run / "zarr.json").read_bytes()
    random = np.random.default_rng(0)
    for where in random.choice(8 * len(root), 400, replace=False):
        changed = bytearray(root)
        changed[where // 8] ^= 1 << where % 8
        (run / "zarr.json").write_bytes(changed)
        with pytest.raises(RunError, match=r"run\.zarr cannot be read"):
            open_run(run)


def test_swapped_chunks_are_noticed(write, monkeypatch):
    path = write(records=45)
    chunks = sorted((path / "histogram").glob("c.*"))[:2]
    first, second = (chunk.read_bytes() for chunk in chunks)
    chunks[0].write_bytes(second)
    chunks[1].write_bytes(first)
    assert open_run(path).records == 0
    # Long after the end of a run, only its last chunk is checked when it is opened.
    monkeypatch.setattr("keras_xavier.runs.intact.RECENT_SECONDS", -60.0)
    run = open_run(path)

    with pytest.raises(RunError, match="has other records"):
        run.read_histogram("weight", 0)
    with pytest.raises(RunError, match="has other records"):
        [*run.read_records("histogram")]


def test_a_bomb_of_metrics_takes_little_memory_and_time(write):
    path = write()
    run = decode((path / "zarr.json").read_bytes(), "run")
    forged = replace(run, logs=500 * LOG_ROWS)
    for name in LOG_ARRAYS:
        array = forged.array(name)
        chunk = codec.encode(np.zeros(array.chunk, array.data_type))
        for index in range(500):
            (path / array.key(index)).write_bytes(chunk)
    (path / "zarr.json").write_bytes(encode_root(forged))

    tracemalloc.start()
    try:
        assert len(open_run(path).metrics()["loss"][0]) == 0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 2**20
