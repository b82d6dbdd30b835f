"""Runs whose process is killed, exits, fails or forks."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
import xarray

from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunError, RunWriter, State, open_run
from keras_xavier.runs.lock import STALE_SECONDS
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer

LAYERS = [
    Layer("hidden", "Dense", "tanh", 9, 9),
    Layer("output", "Dense", None, 9, 9),
]

WRITER = """
import os, signal, sys, time
import numpy as np
from keras_xavier.runs import RunWriter, State
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.statistics import *

layers = [Layer("hidden", "Dense", "tanh", 9, 9), Layer("output", "Dense", None, 9, 9)]
shape = len(QUANTITIES), len(layers)
path, mode = sys.argv[1:]

def measure(step):
    return Measurement(
        np.full((*shape, len(STATISTICS)), step, np.float32),
        np.full((*shape, BIN_COUNT), step, np.uint32),
        units=np.full((len(layers), UNIT_LIMIT, 4), step, np.float32),
    )

writer = RunWriter(path, layers=layers, mode=mode)
"""

TRAIN = """
step = writer._last_step
while True:
    step += 1
    writer.record(step, measure(step))
    writer.log(step, {"loss": float(step)})
    print(step, time.time(), flush=True)
    time.sleep(0.005)
"""


@pytest.fixture
def start():
    """Starts processes that write a run; ends them after the test."""
    started = []

    def popen(path: Path, code: str, mode: str = "create") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [
                *(sys.executable, "-W", "error", "-c", WRITER + textwrap.dedent(code)),
                *(str(path), mode),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield popen
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def finish(start):
    """Runs a writing process; returns its exit status and stderr."""

    def run(path: Path, code: str) -> tuple[int, str]:
        process = start(path, code)
        _, err = process.communicate(timeout=60)
        return process.returncode, err

    return run


def check_whole(path: Path) -> np.ndarray:
    """Reads a whole run and returns its steps."""
    run = open_run(path)
    steps = run.steps
    for quantity in QUANTITIES:
        for statistic in STATISTICS:
            read = run.read_statistics(quantity, statistic)
            np.testing.assert_array_equal(read, np.tile(steps[:, None], (1, 2)))
        counts = run.read_histograms(quantity, range(len(steps)))
        expected = np.broadcast_to(steps[:, None, None], (len(steps), 2, BIN_COUNT))
        np.testing.assert_array_equal(counts, expected)
    unit_steps = run.unit_steps
    assert np.isin(unit_steps, steps).all()
    assert len(unit_steps) >= min(len(steps), 16)
    for layer in range(2):
        expected = np.broadcast_to(unit_steps[:, None, None], (len(unit_steps), 9, 4))
        np.testing.assert_array_equal(run.read_units(layer), expected)
    for metric_steps, values in run.metrics().values():
        np.testing.assert_array_equal(metric_steps, values)
    found = xarray.open_zarr(path)
    assert found.sizes["step"] >= len(steps)
    np.testing.assert_array_equal(found.histogram[: len(steps), 0, 0, 0], steps)
    assert len(run.wall_times) == len(steps)
    return steps


def test_killed_at_random_moments(tmp_path, start):
    path = tmp_path / "run.zarr"
    moments = np.random.default_rng(os.getpid())
    recorded = -1
    for attempt in range(3):
        process = start(path, TRAIN, mode="resume" if attempt else "create")
        first = process.stdout.readline()
        time.sleep(moments.uniform(0, 2.5))
        process.send_signal(signal.SIGKILL)
        killed = time.time()
        out, err = process.communicate()
        assert process.returncode == -signal.SIGKILL, err

        steps = check_whole(path)
        assert int(first.split()[0]) == recorded + 1
        recorded = steps[-1] if len(steps) else -1
        assert steps.tolist() == [*range(recorded + 1)]
        lines = [line.split() for line in (first + out).splitlines(keepends=True)]
        lost = [
            float(line[1])
            for line in lines
            if len(line) == 2 and int(line[0]) > recorded
        ]
        # A second, and more on a busy machine.
        assert not lost or killed - lost[0] < 3.0


def test_a_killed_run_is_interrupted_since_its_last_heartbeat(
    tmp_path, monkeypatch, start
):
    path = tmp_path / "run.zarr"
    process = start(path, "print(1, flush=True); time.sleep(60)")
    process.stdout.readline()
    run = open_run(path)
    assert run.state is State.RUNNING
    process.kill()
    process.communicate()

    monkeypatch.setattr("keras_xavier.runs.lock.STALE_SECONDS", -1.0)
    assert run.refresh()
    assert run.state is State.INTERRUPTED
    assert f"process {process.pid} on" in run.reason
    assert "since 20" in run.reason
    assert STALE_SECONDS >= 5


def test_a_run_has_one_writing_process(tmp_path, start):
    path = tmp_path / "run.zarr"
    process = start(path, "print(1, flush=True); time.sleep(60)")
    process.stdout.readline()
    for mode in ("create", "overwrite", "resume"):
        with pytest.raises(RunError, match=f"written by process {process.pid} on"):
            RunWriter(path, layers=LAYERS, mode=mode)
    process.kill()
    process.communicate()

    # The lock ended with its process, so there is no wait.
    RunWriter(path, layers=LAYERS, mode="resume").close()


def test_sigterm_keeps_all_records(tmp_path, start):
    path = tmp_path / "run.zarr"
    process = start(path, TRAIN)
    for _ in range(20):
        recorded = int(process.stdout.readline().split()[0])
    process.terminate()
    _, err = process.communicate(timeout=30)

    assert process.returncode == -signal.SIGTERM
    assert err == ""
    assert check_whole(path)[-1] >= recorded
    assert open_run(path).state is State.INTERRUPTED
    assert open_run(path).reason == "the process was sent SIGTERM"


def test_sigterm_closes_all_runs(tmp_path, start):
    code = """
    second = RunWriter(path.replace("run.zarr", "second"), layers=layers)
    second.record(0, measure(0))
    print(1, flush=True)
    time.sleep(60)
    """
    process = start(tmp_path / "run.zarr", code)
    process.stdout.readline()
    process.terminate()
    process.communicate(timeout=30)

    assert check_whole(tmp_path / "second.zarr").tolist() == [0]
    for name in ("run", "second"):
        assert open_run(tmp_path / name).state is State.INTERRUPTED


def test_other_signal_handlers_are_kept(tmp_path, finish):
    code = """
    writer.close()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    mine = lambda *_: None
    signal.signal(signal.SIGTERM, mine)
    with RunWriter(path, layers=layers, mode="overwrite"):
        assert signal.getsignal(signal.SIGTERM) is mine
    assert signal.getsignal(signal.SIGTERM) is mine
    """
    assert finish(tmp_path / "run.zarr", code) == (0, "")


@pytest.mark.parametrize(
    ("code", "status"),
    [("pass", 0), ("sys.exit(3)", 3), ("raise ValueError('bad')", 1)],
)
def test_all_records_are_kept_when_a_process_ends(tmp_path, code, status, finish):
    path = tmp_path / "run.zarr"
    ended, err = finish(
        path, f"for s in range(5): writer.record(s, measure(s))\n{code}"
    )

    assert ended == status, err
    assert check_whole(path).tolist() == [0, 1, 2, 3, 4]
    assert open_run(path).state is State.INTERRUPTED
    assert open_run(path).reason == "the process ended before the run did"


def test_an_error_inside_the_block(tmp_path, finish):
    path = tmp_path / "run.zarr"
    code = """
    with writer:
        writer.record(0, measure(0))
        raise ValueError("the loss is NaN")
    """
    finish(path, code)

    assert check_whole(path).tolist() == [0]
    assert open_run(path).state is State.FAILED
    assert open_run(path).reason == "ValueError: the loss is NaN"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_does_not_affect_the_run(tmp_path, finish):
    path = tmp_path / "run.zarr"
    code = """
    writer.record(0, measure(0))
    if os.fork() == 0:
        time.sleep(0.2)
        sys.exit()
    os.wait()
    writer.record(1, measure(1))
    writer.flush()
    if os.fork() == 0:
        os.close(1)
        os.close(2)
        end = time.monotonic() + 20
        while time.monotonic() < end and not os.path.exists(path + ".done"):
            time.sleep(0.05)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)
    """
    ended, err = finish(path, code)

    assert ended == -signal.SIGKILL, err
    assert check_whole(path).tolist() == [0, 1]
    assert open_run(path).state is State.RUNNING
    # The child is alive, but does not hold the lock of its parent.
    RunWriter(path, layers=LAYERS, mode="resume").close()
    Path(f"{path}.done").touch()


def test_a_growing_run_can_be_followed(tmp_path, start):
    path = tmp_path / "run.zarr"
    process = start(path, TRAIN)
    process.stdout.readline()
    run = open_run(path)
    lengths = []
    end = time.monotonic() + 30
    while len(lengths) < 3:
        assert time.monotonic() < end
        if run.refresh():
            steps = check_whole(path)
            assert steps[: len(run.steps)].tolist() == run.steps.tolist()
            lengths.append(len(run.steps))
        time.sleep(0.01)
    assert lengths == sorted(set(lengths))


@pytest.mark.parametrize(
    "modules",
    [
        ("keras", "tensorflow", "jax", "torch", "qtpy", "PyQt5"),
        ("xarray", "pandas", "zarr", "fsspec", "matplotlib"),
    ],
)
def test_imports_of_reading_a_run(tmp_path, modules, finish):
    path = tmp_path / "run.zarr"
    finish(path, "writer.record(0, measure(0)); writer.close()")
    block = f"import sys\nfor name in {modules!r}: sys.modules[name] = None\n"
    reading = """
from keras_xavier.runs import find_runs, open_run
(found,) = find_runs(sys.argv[1])
run = open_run(found.path)
run.read_statistics("activation", "std"), run.read_histogram("weight", 0)
run.edges("weight"), run.steps, run.metrics(), run.refresh()
"""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", block + reading, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
