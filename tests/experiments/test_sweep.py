"""Sweeps with real Ray workers."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from keras_xavier.cli import main
from keras_xavier.experiments.experiment import Experiment, checkpoint_path
from keras_xavier.experiments.sweep import not_resumable, sweep
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunError, RunWriter, State, open_run
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Measurement

LINUX = pytest.mark.skipif(
    not os.path.exists("/proc"), reason="reads processes in /proc"
)
# Processes start slowly on a busy machine.
pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("ray_running")]
SMALL = {"layers": 2, "units": 12, "learning_rate": 0.05}


def test_runs_are_created_resumed_restarted_and_skipped(tmp_path):
    gone, short, done = (
        Experiment(updates=20, seed=seed, **SMALL) for seed in (0, 1, 2)
    )
    lost = Experiment(dataset="cifar10", updates=20, **SMALL)
    counts = []
    *made, failed = sweep(
        [gone, short, done, lost],
        tmp_path,
        data_dir=str(tmp_path / "none"),
        watch=lambda outcomes: counts.append(len(outcomes)),
    )
    # A failure does not stop the other experiments.
    assert "DatasetError: cifar10 is not prepared" in failed.failure
    assert [outcome.failure for outcome in made] == [None] * 3
    assert counts[0] == 0
    assert counts[-1] == 4
    for one, outcome in zip((gone, short, done), made, strict=True):
        assert outcome.run == one.run_path(tmp_path)
        run = open_run(outcome.run)
        assert run.state is State.FINISHED
        assert run.last_step == 20
    before = [open_run(outcome.run) for outcome in made]

    checkpoint_path(gone.run_path(tmp_path)).unlink()
    assert not_resumable([gone, short], tmp_path) == []
    longer = [replace(one, updates=40) for one in (gone, short)]
    assert not_resumable(longer, tmp_path) == [gone.run_path(tmp_path)]
    outcomes = sweep([*longer, done], tmp_path)
    assert [outcome.failure for outcome in outcomes] == [None] * 3
    after = [open_run(outcome.run) for outcome in outcomes]
    assert [run.last_step for run in after] == [40, 40, 20]
    assert after[0].created > before[0].created
    assert after[0].steps.tolist()[:3] == [0, 1, 2]
    assert after[1].created == before[1].created
    assert after[2].last_update == before[2].last_update


def write_run(experiment, path, updates):
    """Writes a finished run with empty statistics."""
    layer = Layer("hidden_1", "Dense", "tanh", 12, 100, -1.0, 1.0)
    empty = Measurement(
        np.zeros((len(QUANTITIES), 1, len(STATISTICS)), np.float32),
        np.zeros((len(QUANTITIES), 1, BIN_COUNT), np.uint32),
    )
    hyperparameters = asdict(experiment)
    with RunWriter(path, layers=[layer], hyperparameters=hyperparameters) as writer:
        writer.record(updates, empty)


def test_a_run_with_other_hyperparameters_is_an_error(tmp_path):
    one = Experiment(updates=40, **SMALL)
    write_run(replace(one, units=13), one.run_path(tmp_path), 40)
    with pytest.raises(RunError, match="exists with different hyperparameters: units"):
        sweep([one], tmp_path)


def test_a_longer_run_does_not_replace_a_shorter_one(tmp_path):
    long = Experiment(updates=40, **SMALL)
    write_run(long, long.run_path(tmp_path), 40)
    with pytest.raises(
        RunError, match="already has 40 updates, more than the requested 20"
    ):
        sweep([replace(long, updates=20)], tmp_path)


def test_equal_run_names_are_rejected_before_ray_starts(tmp_path):
    one = Experiment(updates=40, **SMALL)
    with pytest.raises(ValueError, match="would be one run"):
        sweep([one, replace(one, updates=60)], tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_sweep_trains_all_combinations_and_chooses_a_rate(tmp_path, capsys):
    folder, file = tmp_path / "runs", tmp_path / "rates.json"
    arguments = [
        *("sweep", "--layers", "2", "--units", "12", "--updates", "4"),
        *("--learning-rate", "0.05", "1e-9", "--folder", str(folder)),
    ]
    assert main([*arguments, "--choose", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(str(folder)) for line in lines)
    assert all("4 updates  validation error" in line for line in lines)
    (choice,) = json.loads(file.read_text())
    errors = choice["validation_errors"]
    assert set(errors) == {"0.05", "1e-09"}
    assert errors[f"{choice['learning_rate']:g}"] == min(errors.values())


def test_sweep_reports_failed_runs_with_the_reason(tmp_path, capsys):
    arguments = [
        *("sweep", "--layers", "2", "--units", "12", "--updates", "4"),
        *("--dataset", "shapeset3x2", "cifar10", "--folder", str(tmp_path)),
        *("--data-dir", str(tmp_path / "none")),
    ]
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 1
    assert "cifar10 is not prepared" in printed.err


def writer_of(run):
    return run._metadata.writer.process


@LINUX
def test_the_run_of_a_dead_worker_resumes_from_its_checkpoint(tmp_path):
    from keras_xavier.experiments.training import plan

    one = Experiment(updates=4_000, **SMALL)
    path = one.run_path(tmp_path)
    epoch = plan(0, one.updates)[0].epoch
    lost = []
    ended = threading.Event()

    def kill_worker():
        while not lost and not ended.wait(0.05):
            if not checkpoint_path(path).exists():
                continue
            run = open_run(path)
            command = Path(f"/proc/{writer_of(run)}/cmdline").read_bytes()
            # Make sure to kill the worker of this sweep only.
            assert b"ray::train_on_one_processor" in command
            lost.append((run, run.steps, run.wall_times))
            os.kill(writer_of(run), signal.SIGKILL)

    watcher = threading.Thread(target=kill_worker)
    watcher.start()
    try:
        (outcome,) = sweep([one], tmp_path)
    finally:
        ended.set()
        watcher.join()
    assert outcome.failure is None
    ((before, steps, times),) = lost
    assert epoch <= steps[-1] < one.updates
    after = open_run(path)
    assert writer_of(after) != writer_of(before)
    assert after.state is State.FINISHED
    # Records up to the checkpoint of the dead worker are kept …
    kept = np.count_nonzero(steps <= epoch)
    assert after.created == before.created
    np.testing.assert_array_equal(after.wall_times[:kept], times[:kept])
    # … and continue without gaps or duplicates.
    between = np.diff(after.steps)
    assert between.min() > 0
    assert between.max() <= 100
    assert after.last_step == one.updates
    evaluations = list(range(epoch, one.updates + 1, epoch))
    assert after.metrics()["val_error"][0].tolist() == evaluations


@pytest.fixture
def cluster():
    """Starts a Ray cluster with one processor; yields its address and environment."""
    # A new token: others cannot connect, and no token of the user is needed.
    environment = os.environ | {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(),
    }
    port, client_port = free_port(), free_port()
    # The paths of Ray's sockets would be too long in a folder of pytest.
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:
        command = [
            *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head"),
            *("--block", "--num-cpus=1", "--include-dashboard=false"),
            *("--node-ip-address=127.0.0.1", f"--port={port}"),
            *(f"--ray-client-server-port={client_port}", f"--temp-dir={folder}"),
        ]
        head = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(port, head)
            yield f"127.0.0.1:{port}", environment
        finally:
            # `ray stop` would also end the processes of other clusters.
            head.terminate()
            head.wait(60)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(port, process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None
        time.sleep(0.2)
    raise TimeoutError


@LINUX
@pytest.mark.nightly
def test_a_sweep_runs_on_a_cluster(cluster, tmp_path):
    address, environment = cluster
    one = Experiment(updates=20, **SMALL)
    command = [
        *(sys.executable, "-m", "keras_xavier", "sweep", "--address", address),
        *("--layers", "2", "--units", "12", "--learning-rate", "0.05"),
        *("--updates", "20", "--folder", "runs"),
    ]
    # A relative folder refers to the working directory of the command, not of workers.
    swept = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert swept.returncode == 0, swept.stderr
    assert one.is_complete(open_run(one.run_path(tmp_path / "runs")))
