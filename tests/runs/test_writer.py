"""Writing runs: queues, locks, resuming, and folders that cannot be written."""

import os
import re
import shutil
import signal
import stat
import threading
import time
import warnings

import numpy as np
import pytest

from keras_xavier.runs import (
    RunError,
    RunWriter,
    State,
    find_runs,
    open_run,
    writer_thread,
)
from keras_xavier.runs.schema import CHUNK_ROWS
from keras_xavier.runs.store import FsspecStore, LocalStore
from keras_xavier.statistics import QUANTITIES, Layer, Measurement

WEIGHT = QUANTITIES.index("weight")


def wait_until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.02)


def test_records_are_written_within_seconds(tmp_path, layers, measure):
    with RunWriter(tmp_path / "run", layers=layers) as run:
        run.record(0, measure(0))
        reader = open_run(run.path)
        wait_until(lambda: reader.refresh() and len(reader.steps) == 1)

        assert reader.state is State.RUNNING
        heartbeat = reader.last_update
        wait_until(lambda: reader.refresh() or reader.last_update > heartbeat)


def test_flush_waits_for_the_disk(tmp_path, layers, measure):
    with RunWriter(tmp_path / "run", layers=layers) as run:
        for step in range(3):
            run.record(step, measure(step))
            run.flush()
            assert open_run(run.path).steps.tolist() == [*range(step + 1)]


def test_recording_does_not_block_on_the_disk(tmp_path, layers, measure, monkeypatch):
    blocked = threading.Event()
    write = LocalStore.write

    def wait(self, key, data):
        assert threading.current_thread() is not threading.main_thread()
        blocked.wait(20)
        write(self, key, data)

    run = RunWriter(tmp_path / "run", layers=layers)
    monkeypatch.setattr(LocalStore, "write", wait)
    for step in range(20):
        run.record(step, measure(step))
        run.log(step, {"loss": 1.0})
    blocked.set()
    run.close()

    assert len(open_run(run.path).steps) == 20


def test_steps_must_ascend(tmp_path, layers, measure):
    with RunWriter(tmp_path / "run", layers=layers) as run:
        run.record(5, measure(5))
        with pytest.raises(ValueError, match="Received: step=5 after 5"):
            run.record(5, measure(5))
        run.log(7, {"loss": 1.0})
        with pytest.raises(ValueError, match="Received: step=6 after 7"):
            run.log(6, {"loss": 1.0})
        with pytest.raises(ValueError, match="step=-1"):
            run.record(-1, measure(0))


def test_measurements_of_other_layers_are_refused(tmp_path, layers, measure):
    right = measure(0)
    wrong = Measurement(right.statistics[:, :2], right.histogram[:, :2])
    shapes = [re.escape(str(one.statistics.shape)) for one in (right, wrong)]
    with (
        RunWriter(tmp_path / "run", layers=layers) as run,
        pytest.raises(ValueError, match=rf"{shapes[0]}.*Received: {shapes[1]}"),
    ):
        run.record(0, wrong)


def test_closed_runs_cannot_be_written(tmp_path, layers, measure):
    run = RunWriter(tmp_path / "run", layers=layers)
    run.close()
    run.close(State.FAILED)

    with pytest.raises(RunError, match="is closed"):
        run.record(0, measure(0))
    with pytest.raises(RunError, match="is closed"):
        run.log(0, {})
    with pytest.raises(RunError, match="is closed"):
        run.flush()
    assert open_run(run.path).state is State.FINISHED


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (ValueError("no \udcff good"), State.FAILED, "ValueError: no ? good"),
        (KeyboardInterrupt(), State.INTERRUPTED, "Ctrl-C"),
    ],
)
def test_an_error_in_the_block_becomes_the_reason(
    tmp_path, layers, error, state, reason
):
    with (
        pytest.raises(type(error)),
        RunWriter(tmp_path / "run", layers=layers) as run,
    ):
        raise error

    assert open_run(run.path).state is state
    assert open_run(run.path).reason == reason


def test_invalid_arguments(tmp_path, layers):
    path = tmp_path / "run"
    with pytest.raises(ValueError, match=r"'overwrite' or 'resume'.*mode='append'"):
        RunWriter(path, layers=layers, mode="append")
    with pytest.raises(ValueError, match="resume_from requires mode='resume'"):
        RunWriter(path, layers=layers, resume_from=3)
    with pytest.raises(ValueError, match=r"hyperparameters must be.*function"):
        RunWriter(path, layers=layers, hyperparameters={"f": wait_until})
    with pytest.raises(ValueError, match="attributes must be"):
        RunWriter(path, layers=layers, attributes={"limit": float("inf")})
    with pytest.raises(ValueError, match="'state' is reserved"):
        RunWriter(path, layers=layers, attributes={"state": "fine"})
    with pytest.raises(RunError, match="axis layer are not unique"):
        RunWriter(path, layers=[layers[0], layers[0]])
    with pytest.raises(ValueError, match="at least one layer"):
        RunWriter(path, layers=[])
    with pytest.raises(RunError, match="limited to 4,194,304 bytes"):
        RunWriter(path, layers=layers, attributes={"long": "x" * 2**23})
    with (
        pytest.raises(ValueError, match="state must be"),
        RunWriter(path, layers=layers) as run,
    ):
        run.close(State.BROKEN)


def test_existing_paths(tmp_path, layers, write):
    path = write()

    with pytest.raises(RunError, match=r"already exists.*mode='resume'.*'overwrite'"):
        RunWriter(path, layers=layers)
    assert len(open_run(path).steps) == 3

    with RunWriter(path, layers=layers[:2], mode="overwrite"):
        pass
    assert open_run(path).steps.shape == (0,)
    assert open_run(path).layers == layers[:2]
    assert not [*path.glob("histogram/c.*")]


def test_an_empty_folder_can_be_used(tmp_path, layers):
    (tmp_path / "run.zarr").mkdir()
    RunWriter(tmp_path / "run", layers=layers).close()

    assert open_run(tmp_path / "run").state is State.FINISHED


@pytest.mark.parametrize(
    ("name", "content"),
    [("notes.txt", "mine"), ("zarr.json", '{"node_type":"group"}'), ("step", "mine")],
)
def test_overwriting_removes_runs_only(tmp_path, layers, name, content):
    path = tmp_path / "run.zarr"
    path.mkdir()
    (path / name).write_text(content)
    if name == "step":
        (path / "zarr.json").write_text('{"node_type":"group"}')

    with pytest.raises(RunError, match="is not overwritten"):
        RunWriter(path, layers=layers, mode="overwrite")
    assert (path / name).read_text() == content


def test_a_broken_run_can_be_overwritten(write, layers):
    path = write()
    root = path / "zarr.json"
    root.write_text(root.read_text()[:-200])

    RunWriter(path, layers=layers, mode="overwrite").close()

    assert open_run(path).state is State.FINISHED


def test_unwritable_path(tmp_path, layers):
    (tmp_path / "file").write_text("")

    with pytest.raises(RunError, match="cannot be written"):
        RunWriter(tmp_path / "file" / "run", layers=layers)


@pytest.mark.parametrize("mode", ["create", "overwrite", "resume"])
def test_the_error_names_the_other_writer(tmp_path, layers, measure, mode):
    with RunWriter(tmp_path / "run", layers=layers) as first:
        with pytest.raises(RunError, match=f"written by process {os.getpid()} on"):
            RunWriter(tmp_path / "run", layers=layers, mode=mode)
        first.record(0, measure(0))

    assert open_run(tmp_path / "run").steps.tolist() == [0]
    RunWriter(tmp_path / "run", layers=layers, mode="resume").close()


def test_the_error_names_the_other_writer_of_a_url(layers):
    # There is no folder to lock, so the heartbeat decides.
    url = "memory://lock/run"
    with (
        RunWriter(url, layers=layers),
        pytest.raises(RunError, match=f"written by process {os.getpid()} on"),
    ):
        RunWriter(url, layers=layers, mode="overwrite")


def test_a_writer_that_lost_its_run_stops(layers, measure, monkeypatch):
    url = "memory://lost/run"
    first = RunWriter(url, layers=layers)
    monkeypatch.setattr("keras_xavier.runs.lock.STALE_SECONDS", -1.0)
    with RunWriter(url, layers=layers, mode="overwrite") as second:
        second.record(7, measure(7))
        first.record(1, measure(1))
        with pytest.warns(RuntimeWarning, match="is now written by process") as caught:
            first.flush()
        first.record(2, measure(2))
        first.close()

    assert len(caught) == 1
    assert first.dropped == 2
    assert open_run(url).steps.tolist() == [7]
    assert open_run(url).state is State.FINISHED


@pytest.mark.parametrize(
    ("resume_from", "kept"), [(None, 5), (25, 3), (40, 5), (0, 1), (-1, 0)]
)
def test_resuming_removes_later_records(write, layers, measure, resume_from, kept):
    path = write(records=5, hyperparameters={"a": 1, "b": 2})
    created = open_run(path).created

    with RunWriter(
        path,
        layers=layers,
        hyperparameters={"b": 3},
        mode="resume",
        resume_from=resume_from,
    ) as run:
        reader = open_run(path)
        assert reader.state is State.RUNNING
        assert reader.steps.tolist() == [0, 10, 20, 30, 40][:kept]
        assert reader.metrics().get("loss", [[]])[0].tolist() == [
            0, 10, 20, 30, 40,
        ][:kept]  # fmt: skip
        run.record(100, measure(100))
        run.log(100, {"loss": 9.0})

    reader = open_run(path)
    steps = [*[0, 10, 20, 30, 40][:kept], 100]
    losses = [*[1, 1 / 2, 1 / 3, 1 / 4, 1 / 5][:kept], 9.0]
    assert reader.steps.tolist() == steps
    assert reader.created == created
    assert reader.hyperparameters == {"a": 1, "b": 3}
    np.testing.assert_array_equal(
        [reader.read_histogram("weight", i) for i in range(len(steps))],
        [measure(step).histogram[WEIGHT] for step in steps],
    )
    assert reader.metrics()["loss"][1].tolist() == losses


def test_resuming_removes_chunks_of_later_records(write, layers):
    path = write(records=45)
    chunks = len([*path.glob("histogram/c.*")])

    RunWriter(path, layers=layers, mode="resume", resume_from=10).close()

    assert chunks == 3
    assert [chunk.name for chunk in path.glob("histogram/c.*")] == ["c.0.0.0.0"]


def test_resuming_at_the_end_of_a_chunk(tmp_path, layers):
    steps = [*range(CHUNK_ROWS)]
    with RunWriter(tmp_path / "run", layers=layers) as run:
        for step in steps:
            run.log(step, {"loss": 1.0})
    with RunWriter(tmp_path / "run", layers=layers, mode="resume") as run:
        run.log(steps[-1], {"error": 0.5})
        run.log(CHUNK_ROWS, {"loss": 1.0})

    metrics = open_run(tmp_path / "run").metrics()
    assert metrics["loss"][0].tolist() == [*steps, CHUNK_ROWS]
    assert metrics["error"][0].tolist() == [steps[-1]]


def test_resuming_removes_uncommitted_records(write, layers, measure):
    path = write(records=3)
    committed = (path / "zarr.json").read_bytes()
    with RunWriter(path, layers=layers, mode="resume") as run:
        for step in range(100, 140):
            run.record(step, measure(step))
        run.log(100, {"new": 1.0})
    (path / "zarr.json").write_bytes(committed)

    assert open_run(path).steps.tolist() == [0, 10, 20]
    with RunWriter(path, layers=layers, mode="resume") as run:
        run.record(50, measure(50))

    reader = open_run(path)
    assert reader.steps.tolist() == [0, 10, 20, 50]
    assert [*reader.metrics()] == ["loss"]
    np.testing.assert_array_equal(
        reader.read_histogram("weight", -1), measure(50).histogram[WEIGHT]
    )


def test_errors_of_resuming(tmp_path, write, layers):
    with pytest.raises(RunError, match=r"no run at .*none.zarr to resume"):
        RunWriter(tmp_path / "none", layers=layers, mode="resume")
    assert not (tmp_path / "none.zarr").exists()
    path = write()
    with pytest.raises(RunError, match="its layers are hidden_1, hidden_2, output"):
        RunWriter(path, layers=layers[:2], mode="resume")
    RunWriter(path, layers=layers, mode="resume").close()
    (path / "step" / "c.0").unlink()
    with pytest.raises(RunError, match=r"step/c.0: the file is missing"):
        RunWriter(path, layers=layers, mode="resume")


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
    record_bytes = one.statistics.nbytes + one.histogram.nbytes
    monkeypatch.setattr(writer_thread, "QUEUE_BYTES", 6 * record_bytes)
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


def test_folder_that_does_not_respond(tmp_path, layers, measure, monkeypatch):
    hang = threading.Event()
    write = LocalStore.write

    def wait(self, key, data):
        hang.wait(20)
        write(self, key, data)

    run = RunWriter(tmp_path / "run", layers=layers)
    monkeypatch.setattr(LocalStore, "write", wait)
    monkeypatch.setattr(writer_thread, "WAIT_SECONDS", 0.05)
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

    def fail(self, key, data):
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


def test_closing_ends_the_thread(tmp_path, layers):
    before = threading.active_count()
    handler = signal.getsignal(signal.SIGTERM)
    for _ in range(3):
        RunWriter(tmp_path / "run", layers=layers, mode="overwrite").close()

    assert threading.active_count() == before
    assert signal.getsignal(signal.SIGTERM) is handler


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


def test_layer_tables_round_trip(tmp_path):
    layers = (
        Layer("a/../b", "Dense", None, 1, 1),
        Layer("ünïcode ✓", "Conv2D", "sine", 3, 0, -1, 1),
        Layer("", "Dense", "x" * 300, 1, 1, 0.1 + 0.2),
    )
    RunWriter(tmp_path / "run", layers=layers).close()

    assert open_run(tmp_path / "run").layers == layers
