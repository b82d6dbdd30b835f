"""Folders that cannot be written: deleted, moved, full, slow, remote, read-only."""

import os
import shutil
import signal
import stat
import subprocess
import threading
import warnings

import numpy as np
import pytest

from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import (
    RunError,
    RunWriter,
    State,
    find_runs,
    open_run,
    writer_thread,
)
from keras_xavier.runs.store import FsspecStore, LocalStore
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Measurement


def test_unwritable_path(tmp_path, layers):
    (tmp_path / "file").write_text("")

    with pytest.raises(RunError, match="cannot be written"):
        RunWriter(tmp_path / "file" / "run", layers=layers)


def test_deleted_folder(tmp_path, layers, measure):
    run = RunWriter(tmp_path / "run", layers=layers)
    run.record(0, measure(0))
    run.flush()
    shutil.rmtree(run.path)
    run.record(1, measure(1))
    with pytest.warns(RuntimeWarning, match=r"cannot be written.*no longer exists"):
        run.flush()
    # There is one warning; a second warning would be an error here.
    for step in range(2, 6):
        run.record(step, measure(step))
        run.flush()
    run.close()

    assert run.dropped == 5
    # A deleted run must not be created again.
    assert not os.path.exists(run.path)


def test_folder_that_is_moved_away_and_back(tmp_path, layers, measure):
    away = tmp_path / "away"
    with RunWriter(tmp_path / "run", layers=layers) as run:
        run.record(0, measure(0))
        run.flush()
        os.rename(run.path, away)
        run.record(1, measure(1))
        with pytest.warns(RuntimeWarning, match="cannot be written"):
            run.flush()
        os.rename(away, run.path)
        run.record(2, measure(2))

    assert run.dropped == 0
    assert open_run(run.path).steps.tolist() == [0, 1, 2]


def test_full_disk(tmp_path, layers, measure, monkeypatch):
    resource = pytest.importorskip("resource")
    one = measure(0)
    units = one.units[:, :20]
    record_bytes = one.statistics.nbytes + one.histogram.nbytes + units.nbytes
    monkeypatch.setattr(writer_thread, "QUEUE_BYTES", 6 * record_bytes)
    monkeypatch.setattr(writer_thread, "QUEUE_RECORDS", 2)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    run = RunWriter(tmp_path / "run", layers=layers)
    run.record(0, measure(0))
    run.flush()
    committed = open_run(run.path)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        run.record(1, measure(1))
        run.log(1, {"loss": 1.0})
        with pytest.warns(RuntimeWarning, match="File too large"):
            run.flush()
        for step in range(2, 11):
            run.record(step, measure(step))
            run.log(step, {"loss": 1.0})
            run.flush()
        assert run.dropped == 4
        assert not committed.refresh()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    run.record(20, measure(20))
    assert run.dropped == 5
    run.flush()
    run.record(30, measure(30))
    run.close()

    reader = open_run(run.path)
    assert reader.steps.tolist() == [*range(7), 30]
    assert reader.dropped == 5
    assert len(reader.metrics()["loss"][0]) == 10
    assert not [*(tmp_path / "run.zarr").rglob("partial")]


def hanging_writes(monkeypatch):
    """Makes writes wait for the event that is returned."""
    hang = threading.Event()
    write = LocalStore.write

    def wait(self, files, *, durable=True):
        hang.wait(20)
        write(self, files, durable=durable)

    monkeypatch.setattr(LocalStore, "write", wait)
    monkeypatch.setattr(writer_thread, "WAIT_SECONDS", 0.05)
    return hang


def test_large_records_wait_for_a_slow_folder(tmp_path, monkeypatch):
    layers = [Layer(str(i), "Dense", None, 4, 20) for i in range(300)]
    shape = len(QUANTITIES), len(layers)
    one = Measurement(
        np.zeros((*shape, len(STATISTICS)), np.float32),
        np.zeros((*shape, BIN_COUNT), np.uint32),
    )
    with RunWriter(tmp_path / "run", layers=layers) as run:
        hang = hanging_writes(monkeypatch)
        for step in range(writer_thread.QUEUE_RECORDS):
            run.record(step, one)
        assert run.dropped == 0
        with pytest.warns(RuntimeWarning, match="folder is too slow"):
            run.record(100, one)
        assert run.dropped == 1
        hang.set()
        monkeypatch.undo()
    assert open_run(run.path).steps.tolist() == [*range(writer_thread.QUEUE_RECORDS)]


def test_folder_that_does_not_respond(tmp_path, layers, measure, monkeypatch):
    run = RunWriter(tmp_path / "run", layers=layers)
    hang = hanging_writes(monkeypatch)
    run.record(0, measure(0))
    with pytest.warns(RuntimeWarning, match="does not answer"):
        run.flush()
    hang.set()
    monkeypatch.undo()
    run.record(1, measure(1))
    run.close()

    assert open_run(run.path).steps.tolist() == [0, 1]


def test_errors_of_remote_folders_become_warnings(layers, measure, monkeypatch):
    class CloudError(Exception):
        pass

    def fail(self, files, *, durable=True):
        raise CloudError("no such bucket")

    run = RunWriter("memory://errors/run", layers=layers)
    with monkeypatch.context() as context:
        context.setattr(FsspecStore, "write", fail)
        run.record(0, measure(0))
        with pytest.warns(RuntimeWarning, match="CloudError: no such bucket"):
            run.flush()
    run.close()

    assert open_run(run.path).steps.tolist() == [0]


def test_read_only_runs_can_be_read(write):
    path = write()
    before = {file: file.stat().st_mtime_ns for file in path.rglob("*")}
    for entry in (path, *path.rglob("*")):
        entry.chmod(stat.S_IRUSR | (stat.S_IXUSR if entry.is_dir() else 0))
    try:
        run = open_run(path)
        assert run.read_histogram("weight", 0).any()
        assert run.statistics("weight", "std").shape == (3, 3)
        assert not run.refresh()
        assert [found.state for found in find_runs(path)] == [State.FINISHED]
    finally:
        for entry in (path, *path.rglob("*")):
            entry.chmod(0o700)
    assert {file: file.stat().st_mtime_ns for file in path.rglob("*")} == before


def test_warnings_as_errors_do_not_end_the_thread(tmp_path, layers, measure):
    away = tmp_path / "away"
    run = RunWriter(tmp_path / "run", layers=layers)
    os.rename(run.path, away)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.record(0, measure(0))
        with pytest.raises(RuntimeWarning):
            run.flush()
    os.rename(away, run.path)
    run.close()

    assert open_run(run.path).steps.tolist() == [0]


def test_folder_that_hangs_while_the_run_is_closed(
    tmp_path, layers, measure, monkeypatch
):
    run = RunWriter(tmp_path / "run", layers=layers)
    hang = hanging_writes(monkeypatch)
    for step in range(20):
        run.record(step, measure(step))
    with pytest.warns(RuntimeWarning, match="does not answer"):
        run.close()
    assert run.dropped == 20
    hang.set()
    run._thread._thread.join(20)

    # The folder answered before the process ended, so nothing is lost.
    assert run.dropped == 0
    assert open_run(run.path).steps.tolist() == [*range(20)]
    assert open_run(run.path).state is State.FINISHED
    RunWriter(run.path, layers=layers, mode="resume").close()


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MB."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(["mount", *options], check=False).returncode:
        pytest.skip("cannot mount a disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_what_fits(small_disk, layers, measure):
    run = RunWriter(small_disk / "run", layers=layers)
    for step in range(80):
        run.record(step, measure(step))
        run.log(step, {"loss": 1.0})
    with pytest.warns(RuntimeWarning, match="No space left on device"):
        run.close()

    reader = open_run(run.path)
    assert 5 < reader.records < 80
    assert reader.steps.tolist() == [*range(reader.records)]
    assert reader.damage is None
    assert run.dropped == reader.dropped == 80 - reader.records
    assert reader.state is State.FINISHED
    assert reader.reason.startswith(f"{run.dropped} records were lost: OSError")


def test_a_full_disk_while_training(small_disk, layers, measure):
    run = RunWriter(small_disk / "run", layers=layers)

    def train():
        for step in range(60):
            run.record(step, measure(step))
            run.log(step, {"loss": 1.0})
            run.flush()

    with pytest.warns(RuntimeWarning, match="No space left on device"):
        train()
    run.close()

    reader = open_run(run.path)
    assert reader.records > 5
    assert run.dropped == reader.dropped == 60 - reader.records > 0
    assert "records were lost" in reader.reason
