"""Writing runs: queues, arguments, existing paths, and locks."""

import os
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from keras_xavier.runs import (
    Notes,
    RunError,
    RunWriter,
    State,
    open_run,
    read_notes,
    write_notes,
)
from keras_xavier.runs.store import LocalStore
from keras_xavier.statistics import Layer, Measurement, Quantity


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

    def wait(self, files, *, durable=True):
        assert threading.current_thread() is not threading.main_thread()
        blocked.wait(20)
        write(self, files, durable=durable)

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
    with pytest.raises(ValueError, match=r"'overwrite', 'resume'.*mode='append'"):
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
    with pytest.raises(RunError, match="limited to 16,777,216 bytes"):
        RunWriter(path, layers=layers, attributes={"long": "x" * 2**24})
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


def test_closing_ends_the_thread(tmp_path, layers):
    before = threading.active_count()
    handler = signal.getsignal(signal.SIGTERM)
    for _ in range(3):
        RunWriter(tmp_path / "run", layers=layers, mode="overwrite").close()

    assert threading.active_count() == before
    assert signal.getsignal(signal.SIGTERM) is handler


def test_layer_tables_round_trip(tmp_path):
    layers = (
        Layer("a/../b", "Dense", None, 1, 1),
        Layer("ünïcode ✓", "Conv2D", "sine", 3, 0, -1, 1),
        Layer("", "Dense", "x" * 300, 1, 1, 0.1 + 0.2),
    )
    RunWriter(tmp_path / "run", layers=layers).close()

    assert open_run(tmp_path / "run").layers == layers


@pytest.mark.parametrize(
    "made", [[], ["step"], ["step/partial-1", "bin_edges/c.0.0.0"]]
)
def test_a_run_whose_creation_was_killed_can_be_created(tmp_path, layers, made):
    path = tmp_path / "run.zarr"
    for name in made:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).mkdir() if name == "step" else (path / name).write_bytes(b"1")
    with pytest.raises(RunError, match=r"no run at .* Use mode='create'"):
        RunWriter(path, layers=layers, mode="resume")

    RunWriter(path, layers=layers).close()

    assert open_run(path).state is State.FINISHED
    assert not [*path.rglob("partial*")]


def test_a_network_of_ten_thousand_layers(tmp_path):
    absent = {Quantity.WEIGHT_UPDATE: "only training steps have it, see `probe`"}
    layers = [
        Layer(f"block_{i}/dense_{i}", "Dense", "tanh", 9, 9, -1.0, 1.0, absent)
        for i in range(10_000)
    ]
    RunWriter(tmp_path / "run", layers=layers).close()

    assert open_run(tmp_path / "run").layers == tuple(layers)


def test_notes_written_by_many_processes_at_once(write):
    path = write()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: write_notes(path, Notes(str(i))), range(200)))

    assert read_notes(path).text.isdecimal()
    assert [file.name for file in (path / "notes").iterdir()] == ["zarr.json"]
