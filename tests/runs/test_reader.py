"""Following a run, its state, and paths that are not runs."""

import os
import shutil
import time

import fsspec
import pytest

from keras_xavier.runs import (
    RunError,
    RunWriter,
    State,
    following,
    open_run,
    run_exists,
    run_path,
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tanh", "tanh.zarr"),
        ("runs/tanh.zarr", "runs/tanh.zarr"),
        ("runs/tanh.zarr/", "runs/tanh.zarr"),
        ("runs/tanh/", "runs/tanh.zarr"),
        ("runs/v1.5", "runs/v1.5.zarr"),
        ("s3://bucket/runs/tanh", "s3://bucket/runs/tanh.zarr"),
    ],
)
def test_run_path(path, expected):
    assert run_path(path) == expected


def test_run_exists(tmp_path, write):
    write()
    (tmp_path / "empty.zarr").mkdir()

    assert run_exists(tmp_path / "run")
    assert run_exists(tmp_path / "run.zarr")
    assert not run_exists(tmp_path / "empty")
    assert not run_exists(tmp_path / "none")
    assert not run_exists("memory://none")


def test_refresh_returns_whether_the_run_changed(tmp_path, layers, measure):
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        run = open_run(writer.path)
        assert not run.refresh()

        writer.record(0, measure(0))
        writer.flush()
        assert run.steps.tolist() == []
        assert run.refresh()
        assert not run.refresh()
        assert run.steps.tolist() == [0]

        writer.log(0, {"loss": 1.0})
        writer.flush()
        assert run.refresh()
        assert [*run.metrics()] == ["loss"]

        before = run.last_update
        time.sleep(0.01)
        writer.flush()
        assert not run.refresh()
        assert run.last_update > before
    assert run.refresh()
    assert run.state is State.FINISHED
    assert not run.refresh()


def test_refresh_notices_another_value_of_the_last_step(tmp_path, layers):
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        writer.log(0, {"loss": 1.0})
        writer.flush()
        run = open_run(writer.path)
        writer.log(0, {"val_loss": 2.0})
        writer.flush()

        assert run.refresh()
        assert run.metrics()["val_loss"][1].tolist() == [2.0]


def test_a_run_does_not_change_until_refresh(tmp_path, layers, measure):
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        writer.record(0, measure(0))
        writer.flush()
        run = open_run(writer.path)
        writer.record(1, measure(1))
        writer.flush()

        assert run.read_statistics("weight", "std").shape == (1, 3)
        assert run.records == len(run.steps) == len(run.wall_times) == 1
        with pytest.raises(IndexError):
            run.read_histogram("weight", 1)
        assert run.refresh()
        assert run.read_histogram("weight", 1).shape[0] == 3


def test_following_a_run_that_was_resumed_from_an_earlier_step(write, layers, measure):
    path = write(records=5)
    run = open_run(path)
    assert len(run.steps) == 5
    with RunWriter(path, layers=layers, mode="resume", resume_from=10) as writer:
        assert run.refresh()
        assert run.steps.tolist() == [0, 10]
        for step in (11, 12, 13):
            writer.record(step, measure(step))
        writer.flush()
        assert run.refresh()
        assert run.steps.tolist() == [0, 10, 11, 12, 13]


def test_replaced_run(write, layers):
    path = write()
    run = open_run(path)
    RunWriter(path, layers=layers, mode="overwrite").close()

    with pytest.raises(RunError, match=r"was replaced by another run. Open it again"):
        run.refresh()
    assert open_run(path).steps.shape == (0,)


def test_deleted_run(write):
    path = write()
    run = open_run(path)
    shutil.rmtree(path)

    with pytest.raises(RunError, match="There is no run at"):
        run.refresh()
    with pytest.raises(RunError, match="the file is missing"):
        run.read_histogram("weight", 0)


def test_errors_explain_why_a_path_is_not_a_run(write, tmp_path):
    (tmp_path / "empty.zarr").mkdir()
    (tmp_path / "file.zarr").write_text("")
    (tmp_path / "none").mkdir()
    for name in "abcd":
        (tmp_path / "some" / f"{name}.zarr").mkdir(parents=True)
    for name, why in (
        ("empty", "zarr.json is missing in .*empty.zarr"),
        ("file", "file.zarr is a file. A run is a folder"),
        ("none", "none is a folder, but not a run"),
        ("absent", "There is no run at .*absent.zarr"),
        ("some", "some is a folder of runs.*some.a.zarr, .*c.zarr and 1 more"),
    ):
        with pytest.raises(RunError, match=why):
            open_run(tmp_path / name)


def test_refreshing_a_broken_run(write):
    path = write()
    run = open_run(path)
    (path / "zarr.json").write_text("{")

    with pytest.raises(RunError, match=r"its zarr.json is damaged"):
        run.refresh()


def test_a_run_without_heartbeat_is_interrupted(tmp_path, layers, monkeypatch):
    clock = [time.time(), 1000.0]
    monkeypatch.setattr(following.time, "time", lambda: clock[0])
    monkeypatch.setattr(following.time, "monotonic", lambda: clock[1])

    def wait(seconds):
        clock[0] += seconds
        clock[1] += seconds

    with RunWriter(tmp_path / "run", layers=layers) as writer:
        run = open_run(writer.path)
        assert run.state is State.RUNNING
        wait(9)
        assert not run.refresh() or run.last_update > run.created
        root = (tmp_path / "run.zarr" / "zarr.json").read_bytes()
    (tmp_path / "run.zarr" / "zarr.json").write_bytes(root)

    run = open_run(writer.path)
    assert run.state is State.RUNNING
    wait(12)
    assert run.state is State.INTERRUPTED
    assert run.refresh()
    assert not run.refresh()
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.last_update))
    assert run.reason.startswith(f"no heartbeat from process {os.getpid()} on ")
    assert run.reason.endswith(since)


def test_clocks_of_writer_and_reader_may_differ(tmp_path, layers, monkeypatch):
    # The clock of the writer is an hour behind.
    clock = time.time() + 3600
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        monkeypatch.setattr(following.time, "time", lambda: clock)
        run = open_run(writer.path)
        assert run.state is State.INTERRUPTED
        time.sleep(0.01)
        writer.flush()
        assert run.refresh()
        assert run.state is State.RUNNING
        assert run.reason is None


@pytest.mark.parametrize("state", [State.FINISHED, State.FAILED, State.INTERRUPTED])
def test_final_state_and_reason(tmp_path, layers, state):
    writer = RunWriter(tmp_path / "run", layers=layers)
    run = open_run(writer.path)
    writer.close(state, "because")

    assert run.refresh()
    assert (run.state, run.reason) == (state, "because")
    assert repr(run) == f"<Run {writer.path}: {state}, 0 records>"


def test_unsupported_url():
    with pytest.raises(RunError, match=r"nosuch://run.zarr cannot be reached"):
        open_run("nosuch://run")


def test_errors_of_remote_folders_are_converted(layers, monkeypatch):
    class CloudError(Exception):
        pass

    def fail(*_, **__):
        raise CloudError("no credentials")

    RunWriter("memory://trouble/run", layers=layers).close()
    run = open_run("memory://trouble/run")
    monkeypatch.setattr(
        fsspec.implementations.memory.MemoryFileSystem, "cat_file", fail
    )

    with pytest.raises(RunError, match="cannot be read: CloudError: no credentials"):
        run.refresh()


def test_remote_files_are_limited_in_size(layers):
    RunWriter("memory://large/run", layers=layers).close()
    files = fsspec.filesystem("memory")
    files.pipe_file("/large/run.zarr/zarr.json", b" " * (2**24 + 1))

    allowed = r"is too large. Allowed: at most 16,777,216 bytes"
    with pytest.raises(RunError, match=allowed):
        open_run("memory://large/run")
